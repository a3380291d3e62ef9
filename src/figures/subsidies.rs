//! Sums over subsidies, and the money behind each.

use super::{Figures, Sign};
use crate::book::Book;
use crate::book::account::Account;
use crate::book::application::Application;
use crate::book::event::{ApplicationChange, ApplicationChanged, Entry, Event, Reversed, Undone};
use crate::book::nouns::ApplicationState;
use crate::identifier::ApplicationId;
use crate::money::Amount;

/// Sums over applications; amounts in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sums {
    /// How many.
    pub applications: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// The cost that was shown.
    pub cost: Amount,
    /// What was computed and still stands.
    pub granted: Amount,
    /// What left the treasury.
    pub paid: Amount,
    /// Demanded back, or overpaid by a correction, and not received yet.
    pub due_back: Amount,
    /// Of it what a correction of the award took off after it was paid.
    pub overpaid: Amount,
    /// What came back.
    pub returned: Amount,
}

impl Sums {
    /// What one application counts for.
    pub fn of(application: &Application, money: Payments) -> Self {
        let granted = if is_granted(application.state) { application.granted } else { Amount::ZERO };
        Self {
            applications: 1,
            refused: u64::from(application.state == ApplicationState::Refused),
            cost: Amount::total(application.lines.iter().map(|line| line.cost)),
            granted,
            paid: money.paid,
            due_back: application.demanded.minus(application.received_back).plus(application.overpaid),
            overpaid: application.overpaid,
            returned: money.returned,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.count(&other, Sign::On);
        self
    }

    fn count(&mut self, other: &Self, sign: Sign) {
        sign.count(&mut self.applications, other.applications);
        sign.count(&mut self.refused, other.refused);
        sign.amount(&mut self.cost, other.cost);
        sign.amount(&mut self.granted, other.granted);
        sign.amount(&mut self.paid, other.paid);
        sign.amount(&mut self.due_back, other.due_back);
        sign.amount(&mut self.overpaid, other.overpaid);
        sign.amount(&mut self.returned, other.returned);
    }

    /// What the treasury is out of pocket.
    pub fn net(self) -> Amount {
        self.paid.minus(self.returned)
    }
}

/// Whether the amount computed still stands.
pub const fn is_granted(state: ApplicationState) -> bool {
    match state {
        ApplicationState::Submitted
        | ApplicationState::Approved
        | ApplicationState::Paid
        | ApplicationState::ClawbackDemanded
        | ApplicationState::ClawedBack
        | ApplicationState::AwaitingClosing => true,
        ApplicationState::Refused | ApplicationState::Withdrawn => false,
    }
}

/// A subsidy's money, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Payments {
    /// Paid out, less payments that bounced.
    pub paid: Amount,
    /// Received back.
    pub returned: Amount,
}

impl Payments {
    /// What the book's figures say, which follow the award: right but for what was corrected after it was paid.
    pub(super) fn of(application: &Application) -> Self {
        let paid = if application.paid.is_some() { application.granted } else { Amount::ZERO };
        Self { paid, returned: application.received_back }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { paid: self.paid.plus(other.paid), returned: self.returned.plus(other.returned) }
    }
}

/// The treasury's side of a subsidy: what an entry posted to its account, whatever the award becomes; `None` for an
/// entry that neither pays a subsidy nor brings one back.
pub fn payment_of(entry: &Entry) -> Option<(ApplicationId, Payments)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these pay a subsidy or bring it back")]
    let (application, is_return) = match &entry.event {
        Event::ApplicationChanged(ApplicationChanged { application, change: ApplicationChange::Paid(_) })
        | Event::Reversed(Reversed { undone: Undone::SubsidyPaid(application), .. }) => (*application, false),
        Event::ApplicationChanged(ApplicationChanged {
            application,
            change: ApplicationChange::ClawbackReceived(..),
        }) => (*application, true),
        _ => return None,
    };
    let cash = entry.postings.iter().filter(|posting| posting.account == Account::TreasuryCash);
    let moved = Amount::total(cash.map(|posting| posting.amount));
    let payments = if is_return {
        Payments { paid: Amount::ZERO, returned: moved }
    } else {
        Payments { paid: moved.negated(), returned: Amount::ZERO }
    };
    Some((application, payments))
}

impl Figures {
    pub(super) fn count_application(&mut self, book: &Book, application: &Application, money: Payments, sign: Sign) {
        let district = book.enterprises.get(&application.enterprise).map(|one| one.details.district.clone());
        let key = (application.submitted_on.year(), district);
        let sums = self.subsidies.entry(key.clone()).or_default();
        sums.count(&Sums::of(application, money), sign);
        if sums.applications == 0 {
            self.subsidies.remove(&key);
        }
        if let Some((day, _)) = &application.paid {
            let stands = application.granted.minus(application.received_back);
            sign.amount(&mut self.days.entry(*day).or_default().subsidies, stands);
        }
    }
}
