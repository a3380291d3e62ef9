//! What budget lines were appropriated, year by year.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::event::{BudgetChange, Entry, Event, Reversed, Undone, YearClosed};
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, Sequence};
use crate::money::Amount;

/// A budget line's year, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// Appropriations and adjustments of each budget line and year.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Appropriations {
    /// By line and year.
    pub years: BTreeMap<(BudgetLineId, FiscalYear), Appropriated>,
    /// Which budget entries are adjustments: a reversal takes back in the column of its original.
    adjustments: BTreeSet<Sequence>,
}

impl Appropriations {
    /// Takes an entry in.
    pub fn take(&mut self, entry: &Entry) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these change what is appropriated")]
        match &entry.event {
            Event::BudgetAppropriated(change) => self.change(change, change.amount, false),
            Event::BudgetAdjusted(change) => {
                self.adjustments.insert(entry.sequence);
                self.change(change, change.amount, true);
            }
            Event::Reversed(Reversed { entry, undone: Undone::BudgetChanged(change), .. }) => {
                self.change(change, change.amount.negated(), self.adjustments.contains(entry));
            }
            Event::YearClosed(closed) => self.carry_over(closed),
            _ => {}
        }
    }

    fn change(&mut self, change: &BudgetChange, amount: Amount, is_adjustment: bool) {
        let of_year = self.years.entry((change.line.clone(), change.year)).or_default();
        let sum = if is_adjustment { &mut of_year.adjusted } else { &mut of_year.initial };
        *sum = sum.plus(amount);
    }

    fn carry_over(&mut self, closed: &YearClosed) {
        for line in &closed.lines {
            let of_year = self.years.entry((line.line.clone(), closed.year)).or_default();
            let Some(next) = closed.year.next().filter(|_| line.is_carried) else {
                of_year.lapsed = of_year.lapsed.plus(line.left);
                continue;
            };
            of_year.carried_out = of_year.carried_out.plus(line.left);
            let of_next = self.years.entry((line.line.clone(), next)).or_default();
            of_next.carried_in = of_next.carried_in.plus(line.left);
        }
    }
}
