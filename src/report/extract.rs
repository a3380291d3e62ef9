//! What the entries say that were known then and took effect until then.

use std::collections::{BTreeMap, BTreeSet};

use super::Words;
use super::question::Question;
use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::{
    ApplicationChange, ApplicationChanged, BudgetChange, Entry, Event, LoanChange, LoanChanged, Reversed, Undone,
    YearClosed,
};
use crate::book::registry::Enterprise;
use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::identifier::{ApplicationId, BudgetLineId, InstitutionId, LoanId, ProgrammeId, Sequence, Uscc};
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
    pub appropriations: BTreeMap<(BudgetLineId, FiscalYear), Appropriated>,
    /// Which budget entries are adjustments: a reversal takes back in the column of its original.
    adjustments: BTreeSet<Sequence>,
    /// When the last known entry was recorded.
    pub last_recorded_at: Option<Timestamp>,
}

/// What moved an account, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turnover {
    /// The balance before the first day; debit positive.
    pub opening: Amount,
    /// Debits within the days.
    pub debit: Amount,
    /// Credits within the days, positive.
    pub credit: Amount,
}

impl Turnover {
    /// A reversal is posted in red (红字冲销): it takes back on the side of the original, so that turnovers show what
    /// truly moved.
    fn post(&mut self, amount: Amount, is_reversal: bool) {
        if amount.is_negative() == is_reversal {
            self.debit = self.debit.plus(amount);
        } else {
            self.credit = self.credit.minus(amount);
        }
    }

    /// The balance at the end of the last day; debit positive.
    pub fn closing(self) -> Amount {
        self.opening.plus(self.debit).minus(self.credit)
    }
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

/// A budget line's year, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appropriated {
    /// By appropriation.
    pub initial: Amount,
    /// By adjustments, up less down.
    pub adjusted: Amount,
    /// Carried over from the year before when that was closed (上年结转).
    pub carried_in: Amount,
    /// Carried over to the next year when this one was closed (结转下年).
    pub carried_out: Amount,
    /// Lapsed when the year was closed (结余收回).
    pub lapsed: Amount,
}

impl Appropriated {
    /// What the year had to spend.
    pub fn whole(&self) -> Amount {
        self.carried_in.plus(self.initial).plus(self.adjusted)
    }
}

/// A subsidy's money until the last day, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Payments {
    /// Paid out, less payments that bounced.
    pub paid: Amount,
    /// Received back.
    pub returned: Amount,
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
            appropriations: BTreeMap::new(),
            adjustments: BTreeSet::new(),
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
        self.take_budget(entry);
        self.take_payment(entry);
        if is_within {
            self.take_flow(&entry.event);
        }
    }

    fn take_budget(&mut self, entry: &Entry) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these change what is appropriated")]
        match &entry.event {
            Event::BudgetAppropriated(change) => self.change_budget(change, change.amount, false),
            Event::BudgetAdjusted(change) => {
                self.adjustments.insert(entry.sequence);
                self.change_budget(change, change.amount, true);
            }
            Event::Reversed(Reversed { entry, undone: Undone::BudgetChanged(change), .. }) => {
                self.change_budget(change, change.amount.negated(), self.adjustments.contains(entry));
            }
            Event::YearClosed(closed) => self.carry_over(closed),
            _ => {}
        }
    }

    fn change_budget(&mut self, change: &BudgetChange, amount: Amount, is_adjustment: bool) {
        let of_year = self.appropriations.entry((change.line.clone(), change.year)).or_default();
        let sum = if is_adjustment { &mut of_year.adjusted } else { &mut of_year.initial };
        *sum = sum.plus(amount);
    }

    fn carry_over(&mut self, closed: &YearClosed) {
        for line in &closed.lines {
            let of_year = self.appropriations.entry((line.line.clone(), closed.year)).or_default();
            let Some(next) = closed.year.next().filter(|_| line.is_carried) else {
                of_year.lapsed = of_year.lapsed.plus(line.left);
                continue;
            };
            of_year.carried_out = of_year.carried_out.plus(line.left);
            let of_next = self.appropriations.entry((line.line.clone(), next)).or_default();
            of_next.carried_in = of_next.carried_in.plus(line.left);
        }
    }

    /// The treasury's side of a subsidy: what was posted to its account, whatever the award became since.
    fn take_payment(&mut self, entry: &Entry) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these pay a subsidy or bring it back")]
        let (application, is_return) = match &entry.event {
            Event::ApplicationChanged(ApplicationChanged { application, change: ApplicationChange::Paid(_) })
            | Event::Reversed(Reversed { undone: Undone::SubsidyPaid(application), .. }) => (*application, false),
            Event::ApplicationChanged(ApplicationChanged {
                application,
                change: ApplicationChange::ClawbackReceived(..),
            }) => (*application, true),
            _ => return,
        };
        let cash = entry.postings.iter().filter(|posting| posting.account == Account::TreasuryCash);
        let moved = Amount::total(cash.map(|posting| posting.amount));
        let payments = self.payments.entry(application).or_default();
        if is_return {
            payments.returned = payments.returned.plus(moved);
        } else {
            payments.paid = payments.paid.minus(moved);
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

    fn enterprise(&self, uscc: Uscc) -> Option<&Enterprise> {
        self.book.enterprises.get(&uscc)
    }
}
