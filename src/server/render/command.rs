//! What a command asks for, field by field, under the names that the request's fields have in the API.
//!
//! For comparing two requests: both are told in the same canonical way (`5000000` and `5000000.00` are one amount).

use crate::book::access::{AccessChange, Switched};
use crate::book::event::RulebookAdopted;
use crate::book::fact::FactRecorded;
use crate::book::nouns::Month;
use crate::calendar::CivilDate;
use crate::decide::command::{
    ApplySubsidy, CloseYear, Command, CorrectAwards, DemandClawback, LiftBlacklistEntry, PoolInterest, PoolTransfer,
    RecordClawback, RecordFact, RecordPrincipalPayment, RecordRecovery, ReverseEntry,
};
use crate::identifier::{ApplicationId, ClaimId, LoanId};
use crate::server::describe::{Fields, fields_of};

use super::{access, event, fact, reconciliation};

/// Every field that the command sets. `day` is the effective date, which some fields default to.
pub(crate) fn fields(command: &Command, day: CivilDate) -> Fields {
    match command {
        Command::RegisterEnterprise(_)
        | Command::UpdateEnterprise(_)
        | Command::RegisterInstitution(_)
        | Command::RegisterIpRight(_)
        | Command::RecordIpRightEvent(_)
        | Command::RegisterPledge(_)
        | Command::ReleasePledge(_)
        | Command::AddBlacklistEntry(_)
        | Command::LiftBlacklistEntry(_) => of_registry(command),
        Command::RecordReferenceRate(rate) => fields_of("ReferenceRate", &fact::rate(rate)),
        Command::RecordFact(recorded) => of_fact(recorded, day),
        Command::ReverseEntry(ReverseEntry { sequence, entry: _, reason }) => {
            list([("sequence", sequence), ("reason", reason)])
        }
        Command::SignOffStatement(signed) => fields_of("StatementSignedOff", &reconciliation::signed_off(signed)),
        Command::ChangeAccess(change) => of_access(change),
        Command::AdoptRulebook(RulebookAdopted { rulebook, reason }) => {
            let mut fields =
                list([("text (rulebook)", &rulebook.reference()), ("text (SHA-256)", &hex::encode(rulebook.digest))]);
            fields.extend(reason.iter().flat_map(|reason| list([("reason", reason)])));
            fields
        }
        Command::CorrectAwards(CorrectAwards { rulebook, programme, reason }) => list([
            ("rulebook.rulebook_id", &rulebook.id),
            ("rulebook.version", &rulebook.version),
            ("programme_id", programme),
            ("reason", reason),
        ]),
        Command::ClosePeriod(month) => fields_of("Month", &event::month(*month)),
        Command::ClosePeriodOver(month, reason) => over(*month, reason),
        Command::CloseYear(CloseYear { year, carried, document }) => {
            let mut fields = list([("year", &year.value()), ("document", document)]);
            fields.extend(indexed("carried_budget_line_ids", carried));
            fields
        }
        Command::AppropriateBudget(change) | Command::AdjustBudget(change) => {
            fields_of("BudgetChange", &event::budget(change))
        }
        Command::FileLoan(_)
        | Command::DisburseLoan(..)
        | Command::RecordInterestPayment(..)
        | Command::RecordPrincipalPayment(_)
        | Command::ExtendLoan(..)
        | Command::MarkLoanOverdue(..)
        | Command::MarkLoanNonPerforming(_)
        | Command::MarkLoanCured(_)
        | Command::SettleLoan(_)
        | Command::CloseLoan(_)
        | Command::WithdrawLoan(..) => of_loan(command),
        Command::ApplySubsidy(_)
        | Command::ApproveSubsidy(_)
        | Command::RefuseSubsidy(..)
        | Command::WithdrawSubsidy(..)
        | Command::PaySubsidy(..)
        | Command::DemandClawback(_)
        | Command::RecordClawback(_)
        | Command::RecordRedLetterInvoice(_)
        | Command::RunClosing(..) => of_subsidy(command),
        Command::ContributeToPool(_)
        | Command::WithdrawFromPool(_)
        | Command::RecordPoolInterest(_)
        | Command::SubmitClaim(..)
        | Command::ResumeClaim(_)
        | Command::ApproveClaim(_)
        | Command::RefuseClaim(..)
        | Command::PayClaim(..)
        | Command::RecordRecovery(_)
        | Command::WriteOffClaim(_) => of_pool(command),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`fields` names every command and sends those of registries here")]
fn of_registry(command: &Command) -> Fields {
    match command {
        Command::RegisterEnterprise(details) | Command::UpdateEnterprise(details) => {
            fields_of("EnterpriseDetails", &event::enterprise(details))
        }
        Command::RegisterInstitution(details) => fields_of("InstitutionDetails", &event::institution(details)),
        Command::RegisterIpRight(details) => fields_of("IpRightDetails", &event::ip_right(details)),
        Command::RecordIpRightEvent(changed) => fields_of("IpRightChanged", &event::ip_right_changed(changed)),
        Command::RegisterPledge(details) => flat("pledge.", fields_of("PledgeDetails", &event::pledge(details))),
        Command::ReleasePledge(key) => fields_of("PledgeKey", &event::pledge_key(key)),
        Command::AddBlacklistEntry(details) => fields_of("BlacklistDetails", &event::blacklist(details)),
        Command::LiftBlacklistEntry(LiftBlacklistEntry { enterprise, entry, reason }) => {
            list([("enterprise", enterprise), ("blacklist_sequence", entry), ("reason", reason)])
        }
        _ => Fields::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`fields` names every command and sends those of loans here")]
fn of_loan(command: &Command) -> Fields {
    let id = |loan: &LoanId| list([("loan_id", loan)]);
    match command {
        Command::FileLoan(terms) => fields_of("LoanTerms", &event::loan_terms(terms)),
        Command::DisburseLoan(loan, amount) => list([("loan_id", loan), ("amount", amount)]),
        Command::RecordInterestPayment(loan, paid) => {
            let mut fields = id(loan);
            fields.extend(fields_of("InterestPaid", &event::interest_paid(paid)));
            fields
        }
        Command::RecordPrincipalPayment(RecordPrincipalPayment { loan, amount, reference }) => {
            list([("loan_id", loan), ("amount", amount), ("reference", reference)])
        }
        Command::ExtendLoan(loan, matures_on) => list([("loan_id", loan), ("matures_on", matures_on)]),
        Command::MarkLoanOverdue(loan, since) => list([("loan_id", loan), ("overdue_since", since)]),
        Command::MarkLoanNonPerforming(loan)
        | Command::MarkLoanCured(loan)
        | Command::SettleLoan(loan)
        | Command::CloseLoan(loan) => id(loan),
        Command::WithdrawLoan(loan, reason) => list([("loan_id", loan), ("reason", reason)]),
        _ => Fields::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`fields` names every command and sends those of subsidies here")]
fn of_subsidy(command: &Command) -> Fields {
    let with = |application: &ApplicationId, name, text: &String| list([("application_id", application), (name, text)]);
    match command {
        Command::ApplySubsidy(ApplySubsidy { enterprise, programme, loan, items }) => {
            let mut fields = list([("enterprise", enterprise), ("programme_id", programme)]);
            fields.extend(loan.map(|loan| ("loan_id".to_owned(), loan.to_string())));
            for (index, item) in items.iter().enumerate() {
                let item = fields_of("CostItem", &event::cost_item(item)).into_iter();
                fields.extend(item.map(|(path, text)| (format!("items[{index}].{path}"), text)));
            }
            fields
        }
        Command::ApproveSubsidy(application) => list([("application_id", application)]),
        Command::RefuseSubsidy(application, reason) | Command::WithdrawSubsidy(application, reason) => {
            with(application, "reason", reason)
        }
        Command::PaySubsidy(application, reference) => with(application, "reference", reference),
        Command::DemandClawback(DemandClawback { application, amount, reason }) => {
            list([("application_id", application), ("amount", amount), ("reason", reason)])
        }
        Command::RecordClawback(RecordClawback { application, amount, reference }) => {
            list([("application_id", application), ("amount", amount), ("reference", reference)])
        }
        Command::RecordRedLetterInvoice(red) => fields_of("RedLetterInvoice", &event::red_letter(red)),
        Command::RunClosing(programme, year) => list([("programme_id", programme), ("year", &year.value())]),
        _ => Fields::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`fields` names every command and sends those of pools here")]
fn of_pool(command: &Command) -> Fields {
    let with = |claim: &ClaimId, name, text: &String| list([("claim_id", claim), (name, text)]);
    match command {
        Command::ContributeToPool(moved) | Command::WithdrawFromPool(moved) => {
            let PoolTransfer { pool, funder, amount, reference } = moved;
            list([("pool_id", pool), ("funder_id", funder), ("amount", amount), ("reference", reference)])
        }
        Command::RecordPoolInterest(PoolInterest { pool, amount, reference }) => {
            list([("pool_id", pool), ("amount", amount), ("reference", reference)])
        }
        Command::SubmitClaim(loan, loss) => list([("loan_id", loan), ("principal_loss", loss)]),
        Command::ResumeClaim(claim) | Command::ApproveClaim(claim) | Command::WriteOffClaim(claim) => {
            list([("claim_id", claim)])
        }
        Command::RefuseClaim(claim, reason) => with(claim, "reason", reason),
        Command::PayClaim(claim, reference) => with(claim, "reference", reference),
        Command::RecordRecovery(RecordRecovery { claim, amount, cost }) => {
            list([("claim_id", claim), ("amount", amount), ("cost", cost)])
        }
        _ => Fields::new(),
    }
}

fn over(month: Month, reason: &str) -> Fields {
    let mut fields = fields_of("Month", &event::month(month));
    fields.extend(list([("open_items_reason", &reason)]));
    fields
}

fn of_fact(recorded: &RecordFact, day: CivilDate) -> Fields {
    let RecordFact { fact, from, document, digest, supersedes } = recorded.clone();
    let whole = FactRecorded { fact, from: from.unwrap_or(day), document, digest, supersedes };
    fields_of("FactRecorded", &fact::recorded(&whole))
}

fn of_access(change: &AccessChange) -> Fields {
    match change {
        AccessChange::PrincipalBound(details) => fields_of("PrincipalDetails", &access::principal(details))
            .into_iter()
            .map(|(path, text)| (format!("principal.{path}"), text))
            .collect(),
        AccessChange::PrincipalSwitched(Switched { id, enabled: _, reason }) => {
            list([("name", id), ("reason", reason)])
        }
        AccessChange::InstitutionSwitched(Switched { id, enabled: _, reason }) => {
            list([("institution_id", id), ("reason", reason)])
        }
        AccessChange::DelegationGranted(details) => fields_of("DelegationDetails", &access::delegation(details)),
        AccessChange::DelegationRevoked(revoked) => {
            list([("delegation_sequence", &revoked.delegation), ("reason", &revoked.reason)])
        }
    }
}

fn list<const N: usize>(fields: [(&str, &dyn std::fmt::Display); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect()
}

fn indexed(name: &str, items: &[impl std::fmt::Display]) -> Fields {
    items.iter().enumerate().map(|(index, item)| (format!("{name}[{index}]"), item.to_string())).collect()
}

/// The same with a prefix cut off: what is a message of its own in an entry is flat in the request.
fn flat(prefix: &str, fields: Fields) -> Fields {
    let cut = |path: String| path.strip_prefix(prefix).map(ToOwned::to_owned).unwrap_or(path);
    fields.into_iter().map(|(path, text)| (cut(path), text)).collect()
}
