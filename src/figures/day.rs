//! What counts for one day.

use super::Sign;
use crate::book::event::{ApplicationChange, ApplicationChanged, Entry, Event, LoanChange, LoanChanged, Undone};
use crate::book::loan::Loan;
use crate::book::registry::Pledge;
use crate::identifier::ApplicationId;
use crate::money::Amount;

/// Sums of a day; amounts in yuan. What a reversal takes back counts on the reversal's own day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Day {
    /// Loans filed on it and not withdrawn since.
    pub filed: u64,
    /// Their principal.
    pub principal: Amount,
    /// Of it the IP part.
    pub ip_part: Amount,
    /// All that was drawn down so far of the loans of which something was first drawn down on it.
    pub drawn: Amount,
    /// Pledges registered on it.
    pub pledges: u64,
    /// What they secure.
    pub secured: Amount,
    /// Those of them that are not void.
    pub pledges_standing: u64,
    /// Granted and paid on it, less what came back since of the award.
    pub subsidies: Amount,
    /// Drawn down on it.
    pub disbursed: Amount,
    /// Principal repaid on it.
    pub repaid: Amount,
    /// Interest paid on it.
    pub interest: Amount,
    /// Subsidies that came back on it.
    pub returned: Amount,
}

impl Day {
    pub(super) fn count_filed(&mut self, loan: &Loan, sign: Sign) {
        sign.count(&mut self.filed, 1);
        sign.amount(&mut self.principal, loan.terms.principal);
        sign.amount(&mut self.ip_part, loan.terms.ip_part);
    }

    pub(super) fn count_pledge(&mut self, pledge: &Pledge, sign: Sign) {
        sign.count(&mut self.pledges, 1);
        sign.amount(&mut self.secured, pledge.details.secured_amount);
        sign.count(&mut self.pledges_standing, u64::from(!pledge.void));
    }

    /// Both days together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            filed: self.filed.saturating_add(other.filed),
            principal: self.principal.plus(other.principal),
            ip_part: self.ip_part.plus(other.ip_part),
            drawn: self.drawn.plus(other.drawn),
            pledges: self.pledges.saturating_add(other.pledges),
            secured: self.secured.plus(other.secured),
            pledges_standing: self.pledges_standing.saturating_add(other.pledges_standing),
            subsidies: self.subsidies.plus(other.subsidies),
            disbursed: self.disbursed.plus(other.disbursed),
            repaid: self.repaid.plus(other.repaid),
            interest: self.interest.plus(other.interest),
            returned: self.returned.plus(other.returned),
        }
    }

    /// Takes the money in that an event moved.
    pub(super) fn take(&mut self, event: &Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these move a loan's money or bring a subsidy back")]
        match event {
            Event::LoanChanged(LoanChanged { change, .. }) => match change {
                LoanChange::Disbursed(amount) => Sign::On.amount(&mut self.disbursed, *amount),
                LoanChange::PrincipalPaid(amount, _) => Sign::On.amount(&mut self.repaid, *amount),
                LoanChange::InterestPaid(paid) => Sign::On.amount(&mut self.interest, paid.amount),
                _ => {}
            },
            Event::ApplicationChanged(ApplicationChanged {
                change: ApplicationChange::ClawbackReceived(amount, _),
                ..
            }) => Sign::On.amount(&mut self.returned, *amount),
            Event::Reversed(reversed) => match &reversed.undone {
                Undone::Disbursed(_, amount) => Sign::Off.amount(&mut self.disbursed, *amount),
                Undone::PrincipalPaid { amount, .. } => Sign::Off.amount(&mut self.repaid, *amount),
                Undone::InterestPaid(_, paid) => Sign::Off.amount(&mut self.interest, paid.amount),
                Undone::PoolMoved(_) | Undone::BudgetChanged(_) | Undone::SubsidyPaid(_) | Undone::ClaimPaid(_) => {}
            },
            _ => {}
        }
    }
}

/// Whether [`Day::take`] may find something in an event.
pub(super) const fn moves(event: &Event) -> bool {
    matches!(event, Event::LoanChanged(_) | Event::ApplicationChanged(_) | Event::Reversed(_))
}

/// The application of which an entry brought money back.
pub(super) fn money_came_back(entry: &Entry) -> Option<ApplicationId> {
    let Event::ApplicationChanged(changed) = &entry.event else { return None };
    let ApplicationChange::ClawbackReceived(..) = &changed.change else { return None };
    Some(changed.application)
}
