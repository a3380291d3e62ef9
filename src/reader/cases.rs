//! The entries about each loan, application, claim, right and pledge, in the order of the journal, so that a time line
//! looks at nothing else.

use super::sequences::Sequences;
use crate::book::chunked::Chunked;
use crate::book::event::{ApplicationChange, Entry, Event, Undone};
use crate::book::nouns::PledgeKey;
use crate::calendar::CivilDate;
use crate::identifier::{ApplicationId, ClaimId, LoanId, RightId, Sequence};

/// Whose time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A loan.
    Loan(LoanId),
    /// An application.
    Application(ApplicationId),
    /// A claim.
    Claim(ClaimId),
    /// A right.
    Right(RightId),
    /// A pledge registration.
    Pledge(PledgeKey),
}

/// The time lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cases {
    /// Of what a sequence names, without the entry of that sequence, which made it.
    numbered: Chunked<u64, Sequences>,
    rights: Chunked<RightId, Sequences>,
    pledges: Chunked<PledgeKey, Sequences>,
    /// The day on which money was last demanded back.
    demanded: Chunked<ApplicationId, CivilDate>,
}

impl Cases {
    /// Takes an entry in. Entries come in the order of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        if let Event::LoanChanged(changed) = &entry.event {
            self.note(changed.loan.number(), entry);
        } else if let Event::ApplicationChanged(changed) = &entry.event {
            self.note(changed.application.number(), entry);
            if let ApplicationChange::ClawbackDemanded(_) | ApplicationChange::Corrected(_) = &changed.change {
                self.demanded.insert(changed.application, entry.effective_date);
            }
        } else if let Event::ClaimChanged(changed) = &entry.event {
            self.note(changed.claim.number(), entry);
        } else if let Event::Endorsed(endorsed) = &entry.event {
            if let Some(number) = endorsed_case(&endorsed.subject) {
                self.note(number, entry);
            }
        } else if let Event::Reversed(reversed) = &entry.event {
            if let Some(number) = undone(&reversed.undone) {
                self.note(number, entry);
            }
        } else if let Event::FactRecorded(recorded) = &entry.event {
            if let Some(loan) = recorded.fact.key().loan() {
                self.note(loan.number(), entry);
            }
        } else {
            self.note_registered(entry);
        }
    }

    fn note_registered(&mut self, entry: &Entry) {
        if let Event::IpRightRegistered(details) = &entry.event {
            self.rights.update(details.right.clone(), |list| list.push(entry.sequence));
        } else if let Event::IpRightChanged(changed) = &entry.event {
            self.rights.update(changed.right.clone(), |list| list.push(entry.sequence));
        } else if let Event::PledgeRegistered(details) = &entry.event {
            self.pledges.update(details.pledge.clone(), |list| list.push(entry.sequence));
        } else if let Event::PledgeReleased(pledge) = &entry.event {
            self.pledges.update(pledge.clone(), |list| list.push(entry.sequence));
        }
    }

    fn note(&mut self, number: u64, entry: &Entry) {
        self.numbered.update(number, |list| list.push(entry.sequence));
    }

    /// The entries about something that exists, in the order of the journal.
    pub fn about(&self, subject: &Subject) -> Vec<Sequence> {
        match subject {
            Subject::Loan(id) => self.of_number(id.number()),
            Subject::Application(id) => self.of_number(id.number()),
            Subject::Claim(id) => self.of_number(id.number()),
            Subject::Right(id) => self.rights.get(id).into_iter().flat_map(Sequences::iter).collect(),
            Subject::Pledge(key) => self.pledges.get(key).into_iter().flat_map(Sequences::iter).collect(),
        }
    }

    fn of_number(&self, number: u64) -> Vec<Sequence> {
        let later = self.numbered.get(&number).into_iter().flat_map(Sequences::iter);
        std::iter::once(Sequence::new(number)).chain(later).collect()
    }

    /// The day on which money was last demanded back.
    pub fn demanded_on(&self, application: ApplicationId) -> Option<CivilDate> {
        self.demanded.get(&application).copied()
    }
}

/// The case that a first approval is about: the first word of its subject.
fn endorsed_case(subject: &str) -> Option<u64> {
    let first = subject.split(' ').next()?;
    let application = ApplicationId::parse(first).map(ApplicationId::number);
    application.or_else(|_| ClaimId::parse(first).map(ClaimId::number)).ok()
}

/// What a reversal is about, if it has a number.
const fn undone(undone: &Undone) -> Option<u64> {
    match undone {
        Undone::PoolMoved(_) | Undone::BudgetChanged(_) => None,
        Undone::Disbursed(loan, _) | Undone::InterestPaid(loan, _) | Undone::PrincipalPaid { loan, .. } => {
            Some(loan.number())
        }
        Undone::SubsidyPaid(application) => Some(application.number()),
        Undone::ClaimPaid(claim) => Some(claim.number()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::samples::samples;

    /// The samples hold every event: each that names a case is on its time line, and on no other.
    #[test]
    fn every_sample_about_a_case_is_on_its_time_line() {
        let mut cases = Cases::default();
        let all = samples();
        for entry in &all {
            cases.apply(entry);
        }
        let mut seen = 0;
        for entry in &all {
            let subject = if let Event::ApplicationChanged(changed) = &entry.event {
                Subject::Application(changed.application)
            } else if let Event::LoanChanged(changed) = &entry.event {
                Subject::Loan(changed.loan)
            } else if let Event::ClaimChanged(changed) = &entry.event {
                Subject::Claim(changed.claim)
            } else if let Event::IpRightChanged(changed) = &entry.event {
                Subject::Right(changed.right.clone())
            } else if let Event::PledgeReleased(key) = &entry.event {
                Subject::Pledge(key.clone())
            } else {
                continue;
            };
            seen += 1;
            assert!(cases.about(&subject).contains(&entry.sequence), "{entry:?}");
        }
        assert!(seen > 10, "{seen}");
        assert_eq!(cases.about(&Subject::Loan(LoanId::new(999_999))), [Sequence::new(999_999)], "its own entry only");
    }

    #[test]
    fn a_first_approval_is_about_the_first_word() {
        assert_eq!(endorsed_case("application-57 BF-1"), Some(57));
        assert_eq!(endorsed_case("claim-60"), Some(60));
        assert_eq!(endorsed_case("hebi-pool city 5.00 X"), None);
    }
}
