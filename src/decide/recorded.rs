//! Which command an entry answers, read back from what the entry keeps.
//!
//! No default arm: whoever adds an event says here how its command is read back, or that the record does not keep
//! enough of it.

use std::sync::Arc;

use super::command::{
    ApplySubsidy, CloseYear, Command, CorrectAwards, DemandClawback, LiftBlacklistEntry, PoolInterest, PoolTransfer,
    RecordClawback, RecordFact, RecordPrincipalPayment, RecordRecovery, Request, ReverseEntry,
};
use crate::book::access::{Endorsed, WITHDRAW_FROM_POOL};
use crate::book::event::{
    ApplicationChange, ApplicationChanged, Asked, BlacklistEntryLifted, ClaimChange, ClaimChanged, Entry, Event,
    LoanChange, LoanChanged, PoolMoved, PoolMovement, Refused, Reversed, SubsidyApplied, YearClosed,
};
use crate::book::fact::FactRecorded;
use crate::identifier::{ApplicationId, ClaimId, FunderId, PoolId, Sequence};
use crate::money::Amount;

/// The request that the entry answers; `None` when the record does not keep enough of it.
///
/// The effective date is given even where the caller had left it out: it comes to the same.
pub fn request_of(entry: &Entry, earlier: &Earlier<'_>) -> Option<Request> {
    Some(Request {
        caller: entry.actor.clone(),
        key: entry.request,
        effective_date: Some(entry.late_for.unwrap_or(entry.effective_date)),
        book_late: entry.late_for.is_some(),
        command: command_of(&entry.event, earlier)?,
    })
}

/// An entry from before, as it is in the journal.
pub type Earlier<'a> = dyn Fn(Sequence) -> Option<Arc<Entry>> + 'a;

fn command_of(event: &Event, earlier: &Earlier<'_>) -> Option<Command> {
    Some(match event {
        Event::EnterpriseRegistered(details) => Command::RegisterEnterprise(details.clone()),
        Event::EnterpriseUpdated(details) => Command::UpdateEnterprise(details.clone()),
        Event::InstitutionRegistered(details) => Command::RegisterInstitution(details.clone()),
        Event::IpRightRegistered(details) => Command::RegisterIpRight(details.clone()),
        Event::IpRightChanged(changed) => Command::RecordIpRightEvent(changed.clone()),
        Event::PledgeRegistered(details) => Command::RegisterPledge(details.clone()),
        Event::PledgeReleased(key) => Command::ReleasePledge(key.clone()),
        Event::BlacklistEntryAdded(details) => Command::AddBlacklistEntry(details.clone()),
        Event::BlacklistEntryLifted(lifted) => Command::LiftBlacklistEntry(lift(lifted)),
        Event::LoanFiled(filed) => Command::FileLoan(filed.terms.clone()),
        Event::LoanChanged(changed) => loan_command(changed),
        Event::SubsidyApplied(applied) => Command::ApplySubsidy(apply(applied)),
        Event::ApplicationChanged(changed) => application_command(changed)?,
        Event::RedLetterInvoiceRecorded(red) => Command::RecordRedLetterInvoice(red.clone()),
        Event::BudgetAppropriated(change) => Command::AppropriateBudget(change.clone()),
        Event::BudgetAdjusted(change) => Command::AdjustBudget(change.clone()),
        Event::PoolMoved(moved) => pool_command(moved),
        Event::ClaimSubmitted(submitted) => Command::SubmitClaim(submitted.loan, submitted.principal_loss),
        Event::ClaimChanged(changed) => claim_command(changed),
        Event::RulebookAdopted(adopted) => Command::AdoptRulebook(adopted.clone()),
        Event::ReferenceRateRecorded(rate) => Command::RecordReferenceRate(rate.clone()),
        Event::FactRecorded(recorded) => Command::RecordFact(record_fact(recorded)),
        Event::StatementSignedOff(signed) => Command::SignOffStatement(Arc::clone(signed)),
        Event::PeriodClosed(month) => Command::ClosePeriod(*month),
        Event::PeriodClosedOver(over) => Command::ClosePeriodOver(over.month, over.reason.clone()),
        Event::YearClosed(closed) => Command::CloseYear(close_year(closed)),
        Event::Reversed(Reversed { entry, reason, undone: _ }) => {
            Command::ReverseEntry(ReverseEntry { sequence: *entry, entry: earlier(*entry), reason: reason.clone() })
        }
        Event::ClosingRun(run) => Command::RunClosing(run.programme.clone(), run.year),
        Event::AwardsCorrected(run) => Command::CorrectAwards(CorrectAwards {
            rulebook: run.rulebook.clone(),
            programme: run.programme.clone(),
            reason: run.reason.clone(),
        }),
        Event::Refused(refused) => refused_command(refused)?,
        Event::AccessChanged(change) => Command::ChangeAccess(change.clone()),
        Event::Endorsed(endorsed) => endorsed_command(endorsed)?,
    })
}

fn lift(lifted: &BlacklistEntryLifted) -> LiftBlacklistEntry {
    let BlacklistEntryLifted { entry, enterprise, reason } = lifted;
    LiftBlacklistEntry { enterprise: *enterprise, entry: *entry, reason: reason.clone() }
}

fn apply(applied: &SubsidyApplied) -> ApplySubsidy {
    ApplySubsidy {
        enterprise: applied.enterprise,
        programme: applied.programme.clone(),
        loan: applied.loan,
        items: applied.lines.iter().map(|line| line.item.clone()).collect(),
    }
}

/// The first day was given, or was the effective date: it comes to the same.
fn record_fact(recorded: &FactRecorded) -> RecordFact {
    let FactRecorded { fact, from, document, digest, supersedes } = recorded.clone();
    RecordFact { fact, from: Some(from), document, digest, supersedes }
}

fn close_year(closed: &YearClosed) -> CloseYear {
    let carried = closed.lines.iter().filter(|line| line.is_carried).map(|line| line.line.clone());
    CloseYear { year: closed.year, carried: carried.collect(), document: closed.document.clone() }
}

fn loan_command(changed: &LoanChanged) -> Command {
    let loan = changed.loan;
    match &changed.change {
        LoanChange::Disbursed(amount) => Command::DisburseLoan(loan, *amount),
        LoanChange::InterestPaid(payment) => Command::RecordInterestPayment(loan, payment.clone()),
        LoanChange::PrincipalPaid(amount, reference) => {
            let reference = reference.clone();
            Command::RecordPrincipalPayment(RecordPrincipalPayment { loan, amount: *amount, reference })
        }
        LoanChange::Extended(matures_on) => Command::ExtendLoan(loan, *matures_on),
        LoanChange::MarkedOverdue(since) => Command::MarkLoanOverdue(loan, *since),
        LoanChange::MarkedNonPerforming => Command::MarkLoanNonPerforming(loan),
        LoanChange::MarkedCured => Command::MarkLoanCured(loan),
        LoanChange::Settled => Command::SettleLoan(loan),
        LoanChange::Closed => Command::CloseLoan(loan),
        LoanChange::Withdrawn(reason) => Command::WithdrawLoan(loan, reason.clone()),
    }
}

fn application_command(changed: &ApplicationChanged) -> Option<Command> {
    let application = changed.application;
    Some(match &changed.change {
        ApplicationChange::Approved => Command::ApproveSubsidy(application),
        ApplicationChange::Refused(reason) => Command::RefuseSubsidy(application, reason.clone()),
        ApplicationChange::Withdrawn(reason) => Command::WithdrawSubsidy(application, reason.clone()),
        ApplicationChange::Paid(reference) => Command::PaySubsidy(application, reference.clone()),
        // The reference of a payment that was not made is not kept, and nothing is decided by it.
        ApplicationChange::PaymentRefused(_) => Command::PaySubsidy(application, String::new()),
        ApplicationChange::ClawbackDemanded(demand) => {
            let reason = demand.reason.clone();
            Command::DemandClawback(DemandClawback { application, amount: demand.amount, reason })
        }
        ApplicationChange::ClawbackReceived(amount, reference) => {
            let reference = reference.clone();
            Command::RecordClawback(RecordClawback { application, amount: *amount, reference })
        }
        // Members of a group: their head is the answer.
        ApplicationChange::ClosingShare(_) | ApplicationChange::Corrected(_) => return None,
    })
}

fn pool_command(moved: &PoolMoved) -> Command {
    let PoolMoved { pool, movement, amount, reference } = moved.clone();
    let transfer = |funder: FunderId| PoolTransfer {
        pool: moved.pool.clone(),
        funder,
        amount: moved.amount,
        reference: moved.reference.clone(),
    };
    match movement {
        PoolMovement::Contribution(funder) => Command::ContributeToPool(transfer(funder)),
        PoolMovement::Withdrawal(funder) => Command::WithdrawFromPool(transfer(funder)),
        PoolMovement::Interest => Command::RecordPoolInterest(PoolInterest { pool, amount, reference }),
    }
}

fn claim_command(changed: &ClaimChanged) -> Command {
    let claim = changed.claim;
    match &changed.change {
        ClaimChange::Resumed(_) => Command::ResumeClaim(claim),
        ClaimChange::Approved => Command::ApproveClaim(claim),
        ClaimChange::Refused(reason) => Command::RefuseClaim(claim, reason.clone()),
        ClaimChange::Paid(reference) => Command::PayClaim(claim, reference.clone()),
        ClaimChange::Recovered(recovery) => {
            Command::RecordRecovery(RecordRecovery { claim, amount: recovery.amount, cost: recovery.cost })
        }
        ClaimChange::WrittenOff => Command::WriteOffClaim(claim),
    }
}

/// The command that the first of two persons gave: the subject names all of it.
fn endorsed_command(endorsed: &Endorsed) -> Option<Command> {
    let (id, reference) = endorsed.subject.split_once(' ').unwrap_or((&endorsed.subject, ""));
    Some(match endorsed.rpc.as_str() {
        "SubsidyService/ApproveSubsidy" => Command::ApproveSubsidy(ApplicationId::parse(id).ok()?),
        "SubsidyService/PaySubsidy" => Command::PaySubsidy(ApplicationId::parse(id).ok()?, reference.to_owned()),
        "PoolService/ApproveClaim" => Command::ApproveClaim(ClaimId::parse(id).ok()?),
        "PoolService/PayClaim" => Command::PayClaim(ClaimId::parse(id).ok()?, reference.to_owned()),
        WITHDRAW_FROM_POOL => {
            let mut words = reference.splitn(3, ' ');
            let (funder, amount) = (words.next()?, words.next()?);
            Command::WithdrawFromPool(PoolTransfer {
                pool: PoolId::parse(id).ok()?,
                funder: FunderId::parse(funder).ok()?,
                amount: Amount::parse(amount).ok()?,
                reference: words.next()?.to_owned(),
            })
        }
        _ => return None,
    })
}

fn refused_command(refused: &Refused) -> Option<Command> {
    Some(match refused.asked.as_ref()? {
        Asked::Loan(terms) => Command::FileLoan(terms.clone()),
        Asked::Pledge(details) => Command::RegisterPledge(details.clone()),
    })
}
