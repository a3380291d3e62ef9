//! Whose figures an entry may change.

use crate::book::Book;
use crate::book::event::{Entry, Event, LoanChange, Undone};
use crate::book::nouns::{EnterpriseDetails, PledgeKey, RightChange};
use crate::identifier::{ApplicationId, ClaimId, LoanId};

/// What an entry touches; some of it is there only before or only after.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) loan: Option<LoanId>,
    pub(super) applications: Vec<ApplicationId>,
    pub(super) pledges: Vec<PledgeKey>,
}

impl Touched {
    /// What this entry touches, by the book as it is before.
    pub(super) fn by(book: &Book, entry: &Entry) -> Self {
        let loan = |loan| Self { loan, ..Self::default() };
        let applications = |applications| Self { applications, ..Self::default() };
        let pledges = |pledges| Self { pledges, ..Self::default() };
        match &entry.event {
            Event::LoanFiled(_) => loan(Some(LoanId::created_by(entry.sequence))),
            // Interest, which half of all entries are, changes nothing that a loan counts for.
            Event::LoanChanged(changed) if matches!(changed.change, LoanChange::InterestPaid(_)) => Self::default(),
            Event::LoanChanged(changed) => loan(Some(changed.loan)),
            Event::ClaimSubmitted(submitted) => loan(Some(submitted.loan)),
            Event::ClaimChanged(changed) => loan(loan_of(book, changed.claim)),
            Event::SubsidyApplied(_) => applications(vec![ApplicationId::created_by(entry.sequence)]),
            // A correction of what was paid may make a supplement with the number of its entry.
            Event::ApplicationChanged(changed) => {
                applications(vec![changed.application, ApplicationId::created_by(entry.sequence)])
            }
            Event::EnterpriseRegistered(details) | Event::EnterpriseUpdated(details) => {
                applications(moved(book, details))
            }
            Event::PledgeRegistered(details) => pledges(vec![details.pledge.clone()]),
            Event::IpRightChanged(changed) if changed.change == RightChange::Invalidated => {
                pledges(book.rights.get(&changed.right).map(|right| right.pledges.clone()).unwrap_or_default())
            }
            Event::Reversed(reversed) => match &reversed.undone {
                Undone::Disbursed(id, _) | Undone::InterestPaid(id, _) | Undone::PrincipalPaid { loan: id, .. } => {
                    loan(Some(*id))
                }
                Undone::ClaimPaid(claim) => loan(loan_of(book, *claim)),
                Undone::SubsidyPaid(application) => applications(vec![*application]),
                Undone::PoolMoved(_) | Undone::BudgetChanged(_) => Self::default(),
            },
            Event::InstitutionRegistered(_)
            | Event::IpRightRegistered(_)
            | Event::IpRightChanged(_)
            | Event::PledgeReleased(_)
            | Event::BlacklistEntryAdded(_)
            | Event::BlacklistEntryLifted(_)
            | Event::RedLetterInvoiceRecorded(_)
            | Event::BudgetAppropriated(_)
            | Event::BudgetAdjusted(_)
            | Event::PoolMoved(_)
            | Event::RulebookAdopted(_)
            | Event::PeriodClosed(_)
            | Event::AccessChanged(_)
            | Event::Endorsed(_)
            | Event::StatementSignedOff(_)
            | Event::ClosingRun(_)
            | Event::AwardsCorrected(_)
            | Event::PeriodClosedOver(_)
            | Event::YearClosed(_)
            | Event::ReferenceRateRecorded(_)
            | Event::FactRecorded(_)
            | Event::Refused(_) => Self::default(),
        }
    }
}

fn loan_of(book: &Book, claim: ClaimId) -> Option<LoanId> {
    book.claims.get(&claim).map(|claim| claim.loan)
}

/// All applications of an enterprise that moves to another district.
fn moved(book: &Book, details: &EnterpriseDetails) -> Vec<ApplicationId> {
    let known = book.enterprises.get(&details.uscc).filter(|known| known.details.district != details.district);
    known.map(|known| known.applications.clone()).unwrap_or_default()
}
