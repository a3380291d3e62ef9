//! What the entries say that were known then and took effect until then.

use std::collections::BTreeMap;

use super::Words;
use super::question::Question;
use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::{ApplicationChange, ApplicationChanged, Entry, Event, LoanChange, LoanChanged, Undone};
use crate::book::registry::Enterprise;
use crate::book::shelf::Held;
use crate::calendar::{CivilDate, Timestamp};
use crate::figures::{Appropriations, Payments, Turnover, payment_of};
use crate::identifier::{ApplicationId, InstitutionId, LoanId, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::RulebookRef;

/// A fold over entries: the book as it stood at the end of a day, and what moved within the days asked for.
#[derive(Debug)]
pub struct Extract {
    from: CivilDate,
    to: CivilDate,
    known_at: Sequence,
    /// The state at the end of the last day, as known then.
    pub book: Book,
    /// Every account with what moved it, in the order of the chart.
    pub turnovers: BTreeMap<Account, Turnover>,
    /// What was drawn down, repaid and paid as interest within the days, by loan.
    pub loan_flows: BTreeMap<LoanId, LoanFlow>,
    /// What came back of a paid subsidy within the days, in yuan.
    pub clawbacks: BTreeMap<ApplicationId, Amount>,
    /// What left the treasury for a subsidy and came back of it until the last day. The book's own figures follow the
    /// award, which a correction may lower after it was paid; these are the money.
    pub payments: BTreeMap<ApplicationId, Payments>,
    /// Appropriations and adjustments of each budget line and year until the last day, in yuan.
    pub appropriations: Appropriations,
    /// When the last known entry was recorded.
    pub last_recorded_at: Option<Timestamp>,
}

/// A loan's money within the days asked for, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoanFlow {
    /// Drawn down.
    pub disbursed: Amount,
    /// Principal repaid.
    pub repaid: Amount,
    /// Interest paid.
    pub interest: Amount,
}

impl Extract {
    /// Nothing taken yet.
    pub fn new(question: &Question) -> Self {
        Self {
            from: question.from,
            to: question.to,
            known_at: question.known_at,
            book: Book::new(),
            turnovers: BTreeMap::new(),
            loan_flows: BTreeMap::new(),
            clawbacks: BTreeMap::new(),
            payments: BTreeMap::new(),
            appropriations: Appropriations::default(),
            last_recorded_at: None,
        }
    }

    /// Takes the next entry of the journal in; one that was not known or not in effect leaves no trace.
    pub fn take(&mut self, entry: &Entry) {
        if entry.sequence > self.known_at {
            return;
        }
        self.last_recorded_at = Some(entry.recorded_at);
        if entry.effective_date > self.to {
            return;
        }
        self.book.apply(entry);
        let is_within = self.from <= entry.effective_date;
        let is_reversal = matches!(entry.event, Event::Reversed(_));
        for posting in &entry.postings {
            let turnover = self.turnovers.entry(posting.account.clone()).or_default();
            if is_within {
                turnover.post(posting.amount, is_reversal);
            } else {
                turnover.opening = turnover.opening.plus(posting.amount);
            }
        }
        self.appropriations.take(entry);
        self.take_payment(entry);
        if is_within {
            self.take_flow(&entry.event);
        }
    }

    fn take_payment(&mut self, entry: &Entry) {
        if let Some((application, moved)) = payment_of(entry) {
            let payments = self.payments.entry(application).or_default();
            *payments = payments.plus(moved);
        }
    }

    fn take_flow(&mut self, event: &Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these move a loan's money or bring a subsidy back")]
        match event {
            Event::LoanChanged(LoanChanged { loan, change, .. }) => {
                let flow = self.loan_flows.entry(*loan).or_default();
                match change {
                    LoanChange::Disbursed(amount) => flow.disbursed = flow.disbursed.plus(*amount),
                    LoanChange::PrincipalPaid(amount, _) => flow.repaid = flow.repaid.plus(*amount),
                    LoanChange::InterestPaid(paid) => flow.interest = flow.interest.plus(paid.amount),
                    _ => {}
                }
            }
            Event::Reversed(reversed) => self.take_flow_back(&reversed.undone),
            Event::ApplicationChanged(ApplicationChanged {
                application,
                change: ApplicationChange::ClawbackReceived(amount, _),
            }) => {
                let back = self.clawbacks.entry(*application).or_default();
                *back = back.plus(*amount);
            }
            _ => {}
        }
    }

    /// A reversal takes back in its own days what was counted in those of its original.
    fn take_flow_back(&mut self, undone: &Undone) {
        match undone {
            Undone::Disbursed(loan, amount) => {
                let flow = self.loan_flows.entry(*loan).or_default();
                flow.disbursed = flow.disbursed.minus(*amount);
            }
            Undone::PrincipalPaid { loan, amount, .. } => {
                let flow = self.loan_flows.entry(*loan).or_default();
                flow.repaid = flow.repaid.minus(*amount);
            }
            Undone::InterestPaid(loan, paid) => {
                let flow = self.loan_flows.entry(*loan).or_default();
                flow.interest = flow.interest.minus(paid.amount);
            }
            Undone::PoolMoved(_) | Undone::BudgetChanged(_) | Undone::SubsidyPaid(_) | Undone::ClaimPaid(_) => {}
        }
    }

    /// Whether a day is within those asked for.
    pub fn is_within(&self, date: CivilDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// What moved an account; nothing for one that was never posted to.
    pub fn turnover(&self, account: &Account) -> Turnover {
        self.turnovers.get(account).copied().unwrap_or_default()
    }

    /// An enterprise's name; its number when it is not registered.
    pub fn enterprise_name(&self, uscc: Uscc) -> String {
        self.enterprise(uscc).map_or_else(|| uscc.to_string(), |enterprise| enterprise.details.name.clone())
    }

    /// An enterprise's district; empty when it is not registered.
    pub fn district(&self, uscc: Uscc) -> String {
        self.enterprise(uscc).map(|enterprise| enterprise.details.district.to_string()).unwrap_or_default()
    }

    /// An institution's name; its short name when it is not registered.
    pub fn institution_name(&self, id: &InstitutionId) -> String {
        self.book.institutions.get(id).map_or_else(|| id.to_string(), |details| details.name.clone())
    }

    /// A programme's name in the version that an application was judged by; its id when that is not adopted.
    pub fn programme_name(&self, rulebook: &RulebookRef, programme: &ProgrammeId) -> Words {
        let version = self.book.rulebooks.iter().find(|one| one.reference() == *rulebook);
        version.and_then(|version| version.programme(programme)).map_or_else(
            || Words::new(programme.as_str(), programme.as_str()),
            |programme| Words::new(&programme.name.en, &programme.name.zh),
        )
    }

    fn enterprise(&self, uscc: Uscc) -> Option<Held<'_, Enterprise>> {
        self.book.enterprises.get(&uscc)
    }
}
