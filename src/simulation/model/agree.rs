//! Comparing: an entry with what was expected of it, and the whole book with the whole list of facts.

use crate::book::Book;
use crate::book::event::{
    ApplicationChange, ApplicationLine, ClaimChange, ClaimDecision, Entry, Event, LoanChange, PoolMoved, PoolMovement,
};
use crate::book::nouns::EvidenceKey;
use crate::identifier::ClaimId;
use crate::money::Amount;
use crate::rulebook::terms::LossParty;

use super::life::exposure;
use super::schemes::{BUDGET, Scheme};
use super::{AppFact, Judged, LineFact, Model, Postings, Proof, What, days, fen, summed};

/// The postings of an entry, added up by account.
pub(super) fn postings(entry: &Entry) -> Postings {
    summed(entry.postings.iter().map(|posting| (posting.account.to_string(), fen(posting.amount))).collect())
}

/// Whether an event says what was expected.
pub(super) fn event(what: &What, event: &Event) -> Result<(), String> {
    match (what, event) {
        (What::Enterprise(uscc), Event::EnterpriseRegistered(details) | Event::EnterpriseUpdated(details)) => {
            same("uscc", uscc, &details.uscc)
        }
        (What::Institution(id, _), Event::InstitutionRegistered(details)) => same("id", id, &details.institution),
        (What::Right { right, .. }, Event::IpRightRegistered(details)) => same("right", right, &details.right),
        (What::RightChanged(right, change), Event::IpRightChanged(changed)) => {
            same("change", &(right, change), &(&changed.right, &changed.change))
        }
        (What::Pledge(expected), Event::PledgeRegistered(details)) => same("pledge", expected, details),
        (What::Released(expected), Event::PledgeReleased(key)) => same("pledge", expected, key),
        (What::Listed(who, until), Event::BlacklistEntryAdded(details)) => {
            same("entry", &(*who, *until), &(details.enterprise, details.until.map(days)))
        }
        (What::Unlisted(entry), Event::BlacklistEntryLifted(lifted)) => same("entry", entry, &lifted.entry.value()),
        (What::Loan(terms), Event::LoanFiled(filed)) => {
            same("exposure", &exposure(terms, 0), &fen(filed.exposure))?;
            same("rulebook", terms.scheme.reference(), &*filed.rulebook.to_string())
        }
        (_, Event::LoanChanged(changed)) => loan_change(what, changed.loan.number(), &changed.change),
        (What::Applied(expected), Event::SubsidyApplied(applied)) => {
            let refusal =
                if expected.granted() > 0 { None } else { expected.lines.iter().find_map(|line| line.refusal) };
            same("refusal", &refusal, &applied.refusal)?;
            same("granted", &expected.granted(), &fen(applied.granted))?;
            same("budget year", &expected.budget_year, &applied.budget_year.value())?;
            same("budget line", BUDGET, applied.budget_line.as_str())?;
            lines(expected, &applied.lines)
        }
        (_, Event::ApplicationChanged(changed)) => {
            application_change(what, changed.application.number(), &changed.change)
        }
        (What::RedLetter { red, blue, fen: amount }, Event::RedLetterInvoiceRecorded(found)) => {
            same("invoice", &(*red, *blue, *amount), &(found.red, found.blue, fen(found.amount)))
        }
        (What::Appropriated(year, amount), Event::BudgetAppropriated(change))
        | (What::Adjusted(year, amount), Event::BudgetAdjusted(change)) => {
            same("budget", &(*year, *amount), &(change.year.value(), fen(change.amount)))
        }
        (_, Event::PoolMoved(moved)) => pool_moved(what, moved),
        (What::Claim(claim), Event::ClaimSubmitted(submitted)) => {
            same("loan", &claim.loan, &submitted.loan.number())?;
            same("loss", &claim.loss, &fen(submitted.principal_loss))?;
            decision(&claim.judged, &submitted.decision)
        }
        (_, Event::ClaimChanged(changed)) => claim_change(what, changed.claim.number(), &changed.change),
        (What::Adopted(scheme), Event::RulebookAdopted(adopted)) => {
            same("rulebook", scheme, &Scheme::of_rulebook(adopted.rulebook.id.as_str()))
        }
        (What::MonthClosed(month, 0), Event::PeriodClosed(closed)) => same("month", month, closed),
        (What::MonthClosed(month, open), Event::PeriodClosedOver(closed)) => {
            same("month", month, &closed.month)?;
            same("open items", open, &usize::try_from(closed.open_items).unwrap_or(usize::MAX))
        }
        (What::Undone(seq, _), Event::Reversed(reversed)) => same("entry", seq, &reversed.entry.value()),
        (What::YearClosed { year, left, carried }, Event::YearClosed(closed)) => {
            let of_line = closed.lines.first().map(|line| (fen(line.left), line.is_carried));
            same("year", year, &closed.year.value())?;
            same("what is left", &(*left, *carried), &of_line.unwrap_or_default())
        }
        (What::SignedOff(expected), Event::StatementSignedOff(signed)) => {
            same("sign-off", &**expected, &super::statements::SignedFact::of(signed))
        }
        _ => Err("another event".to_owned()),
    }
}

fn pool_moved(what: &What, moved: &PoolMoved) -> Result<(), String> {
    let scheme = Scheme::of_pool(moved.pool.as_str()).ok_or("a pool that nobody has")?;
    let amount = fen(moved.amount);
    let found = match &moved.movement {
        PoolMovement::Contribution(funder) => What::PoolIn(scheme, funder.to_string(), amount),
        PoolMovement::Withdrawal(funder) => What::PoolOut(scheme, funder.to_string(), amount),
        PoolMovement::Interest => What::PoolInterest(scheme, amount),
    };
    same("movement", what, &found)
}

fn loan_change(what: &What, id: u64, change: &LoanChange) -> Result<(), String> {
    let found = match change {
        LoanChange::Disbursed(amount) => What::Disbursed(id, fen(*amount)),
        LoanChange::InterestPaid(payment) => What::Interest(id, fen(payment.amount), payment.reference.clone()),
        LoanChange::PrincipalPaid(amount, reference) => What::Principal(id, fen(*amount), reference.clone()),
        LoanChange::Extended(matures) => What::Extended(id, days(*matures)),
        LoanChange::MarkedOverdue(since) => What::Overdue(id, days(*since)),
        LoanChange::MarkedNonPerforming => What::NonPerforming(id),
        LoanChange::MarkedCured => What::Cured(id),
        LoanChange::Settled => What::Settled(id),
        LoanChange::Closed => What::LoanClosed(id),
        LoanChange::Withdrawn(_) => What::LoanWithdrawn(id),
    };
    same("step", what, &found)
}

fn application_change(what: &What, id: u64, change: &ApplicationChange) -> Result<(), String> {
    let found = match change {
        ApplicationChange::Approved => What::Approved(id),
        ApplicationChange::Refused(_) => What::AppRefused(id),
        ApplicationChange::Withdrawn(_) => What::AppWithdrawn(id),
        ApplicationChange::Paid(_) => What::Paid(id),
        ApplicationChange::PaymentRefused(refusal) => What::PaymentRefused(id, *refusal),
        ApplicationChange::ClawbackDemanded(demand) => What::Demanded(id, fen(demand.amount)),
        ApplicationChange::ClawbackReceived(amount, _) => What::GivenBack(id, fen(*amount)),
        ApplicationChange::ClosingShare(_) | ApplicationChange::Corrected(_) => {
            return Err("the generator asks for no groups".to_owned());
        }
    };
    same("step", what, &found)
}

fn claim_change(what: &What, id: u64, change: &ClaimChange) -> Result<(), String> {
    let found = match change {
        ClaimChange::Resumed(found) => {
            let What::Resumed(expected_id, judged) = what else { return Err("another step".to_owned()) };
            same("claim", expected_id, &id)?;
            return decision(judged, found);
        }
        ClaimChange::Approved => What::ClaimApproved(id),
        ClaimChange::Refused(_) => What::ClaimRefused(id),
        ClaimChange::Paid(_) => What::ClaimPaid(id),
        ClaimChange::Recovered(recovery) => {
            let share = |wanted| share(&recovery.shares, wanted);
            same("share of the pool", &fen(recovery.to_pool), &share(LossParty::Pool))?;
            What::Recovered { claim: id, to_pool: fen(recovery.to_pool), to_bank: share(LossParty::Bank) }
        }
        ClaimChange::WrittenOff => What::WrittenOff(id),
    };
    same("step", what, &found)
}

fn lines(expected: &AppFact, found: &[ApplicationLine]) -> Result<(), String> {
    same("number of lines", &expected.lines.len(), &found.len())?;
    for (expected, found) in expected.lines.iter().zip(found) {
        let evidence = match &found.item.evidence {
            EvidenceKey::Invoice(number) => Proof::Invoice(*number),
            EvidenceKey::InterestPayment(sequence) => Proof::Interest(sequence.value()),
            EvidenceKey::Document(_) => unreachable!("the simulator proves nothing by a document"),
        };
        let found = LineFact {
            kind: found.item.item.code(),
            cost: fen(found.item.cost),
            paid_year: found.item.paid_on.year().value(),
            evidence,
            evidence_total: fen(found.item.evidence_total),
            evidence_used: fen(found.evidence_used),
            award: fen(found.award),
            refusal: found.explanation.refusal,
        };
        same("line", expected, &found)?;
    }
    Ok(())
}

fn decision(expected: &Judged, found: &ClaimDecision) -> Result<(), String> {
    let found = Judged {
        covered: fen(found.covered_loss),
        pool: share(&found.shares, LossParty::Pool),
        bank: share(&found.shares, LossParty::Bank),
        refusal: found.explanation.refusal,
    };
    same("decision", expected, &found)
}

fn share(shares: &[(LossParty, Amount)], wanted: LossParty) -> i128 {
    shares.iter().filter(|(party, _)| *party == wanted).map(|(_, share)| fen(*share)).sum()
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(name: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{name}: expected {expected:?}, found {found:?}")) }
}

impl Model {
    /// Compares the whole book with the whole list of facts: every balance, state and sum.
    pub fn compare(&self, book: &Book) -> Result<(), String> {
        let last = self.facts.last().map_or(0, |fact| fact.seq);
        same("last sequence", &last, &book.last_sequence().value())?;
        self.compare_balances(book)?;
        self.compare_loans(book)?;
        self.compare_applications(book)?;
        self.compare_claims(book)?;
        self.compare_rights(book)
    }

    fn compare_balances(&self, book: &Book) -> Result<(), String> {
        let lines = self.facts.iter().flat_map(|fact| fact.postings.clone()).collect();
        let found = book.accounts.iter().map(|(account, amount)| (account.to_string(), fen(*amount))).collect();
        same("balances", &summed(lines), &summed(found))?;
        for (key, used) in &book.cap_use {
            let counted = match (key.year, key.loan) {
                (Some(year), None) => self.counted(key.enterprise, year.value()),
                (None, Some(loan)) => self.counted_for(loan.number()),
                _ => return Err(format!("a cap of no kind that there is: {key:?}")),
            };
            same(&format!("{key:?}"), &counted, &fen(*used))?;
        }
        for ((_, year), budget) in &book.budgets {
            same(&format!("budget of {year}"), &self.available(year.value()), &fen(budget.available()))?;
        }
        for (key, evidence) in book.evidence.iter() {
            let proof = match &key {
                EvidenceKey::Invoice(number) => Proof::Invoice(*number),
                EvidenceKey::InterestPayment(sequence) => Proof::Interest(sequence.value()),
                EvidenceKey::Document(_) => unreachable!("the simulator proves nothing by a document"),
            };
            let found = fen(evidence.used) + fen(evidence.cancelled);
            same(&format!("use of {key:?}"), &self.used_up(&proof), &found)?;
        }
        for (id, pool) in &book.pools {
            let scheme = Scheme::of_pool(id.as_str()).ok_or("a pool that nobody has")?;
            let expected = self.pool(scheme);
            same("the pool's cash", &expected.cash, &fen(pool.cash))?;
            same("the pool's free balance", &expected.free, &fen(pool.free_balance()))?;
            same("the pool's exposure", &expected.exposure, &fen(pool.exposure))?;
            for ((bank, year), found) in &pool.bank_years {
                let found = (fen(found.filed), fen(found.losses));
                same(&format!("{bank} in {year}"), &self.bank_year(scheme, bank, year.value()), &found)?;
            }
        }
        Ok(())
    }

    fn compare_loans(&self, book: &Book) -> Result<(), String> {
        let loans = self.loans();
        same("number of loans", &loans.len(), &book.loans.len())?;
        for (id, found) in &book.loans {
            let expected = &loans[&id.number()];
            let expected = (
                (expected.state, expected.matures, expected.disbursed_on, expected.ended, expected.overdue_since),
                (expected.disbursed, expected.repaid, expected.interest, expected.exposure),
                (expected.last_event, expected.claim),
            );
            let found = (
                (
                    found.state.code(),
                    days(found.matures_on),
                    found.disbursed_on.map(days),
                    found.ended_on.map(days),
                    found.overdue_since.map(days),
                ),
                (fen(found.disbursed), fen(found.repaid), fen(found.interest_paid), fen(found.exposure)),
                (days(found.last_event_on), found.claim.map(ClaimId::number)),
            );
            same(&id.to_string(), &expected, &found)?;
        }
        Ok(())
    }

    fn compare_applications(&self, book: &Book) -> Result<(), String> {
        let applications = self.applications();
        same("number of applications", &applications.len(), &book.applications.len())?;
        for (id, found) in &book.applications {
            let expected = &applications[&id.number()];
            let back: Vec<i128> = found.lines.iter().map(|line| fen(line.received_back)).collect();
            same(&id.to_string(), &expected.given_back_by_line(), &back)?;
            let expected =
                (expected.state, expected.fact.granted(), expected.demanded, expected.given_back, expected.paid);
            let found = (
                found.state.code(),
                fen(found.granted),
                fen(found.demanded),
                fen(found.received_back),
                found.paid.as_ref().map(|(day, _)| days(*day)),
            );
            same(&id.to_string(), &expected, &found)?;
        }
        Ok(())
    }

    fn compare_claims(&self, book: &Book) -> Result<(), String> {
        let claims = self.claims();
        same("number of claims", &claims.len(), &book.claims.len())?;
        for (id, found) in &book.claims {
            let expected = &claims[&id.number()];
            let expected = (expected.state, &expected.fact.judged, expected.returned);
            let judged = Judged {
                covered: fen(found.covered_loss),
                pool: share(&found.shares, LossParty::Pool),
                bank: share(&found.shares, LossParty::Bank),
                refusal: found.refusal,
            };
            same(&id.to_string(), &expected, &(found.state.code(), &judged, fen(found.returned)))?;
        }
        Ok(())
    }

    /// 5: no right under two active pledges on any day, read off the model's own list.
    fn compare_rights(&self, book: &Book) -> Result<(), String> {
        for (id, found) in &book.rights {
            let pledges = self.pledges_of(id);
            same(&format!("number of pledges of {id}"), &pledges.len(), &found.pledges.len())?;
            let ends = pledges.iter().flat_map(|pledge| [Some(pledge.from), pledge.released]).flatten();
            for day in ends {
                let active = pledges.iter().filter(|pledge| pledge.is_active_on(day)).count();
                if active > 1 {
                    return Err(format!("{id} is under {active} pledges on day {day}"));
                }
            }
        }
        Ok(())
    }
}
