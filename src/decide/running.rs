//! The running sums that an application is judged on.

use std::collections::BTreeMap;

use super::subsidy::Left;
use crate::book::Book;
use crate::book::application::Evidence;
use crate::book::event::ApplicationLine;
use crate::book::nouns::{CostItem, EvidenceKey};
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::Programme;
use crate::rulebook::facts::{CapKey, Usage, WideKey};

/// The running sums of the book plus what the application's earlier lines take.
pub(super) struct Running<'a> {
    book: &'a Book,
    pub(super) programme: &'a Programme,
    caps: BTreeMap<CapKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    days: BTreeMap<LoanId, u32>,
    evidence: BTreeMap<EvidenceKey, (Amount, Amount)>,
    grants: u32,
    granted: Amount,
}

impl<'a> Running<'a> {
    pub(super) fn new(book: &'a Book, programme: &'a Programme) -> Self {
        Self {
            book,
            programme,
            caps: BTreeMap::new(),
            wide: BTreeMap::new(),
            days: BTreeMap::new(),
            evidence: BTreeMap::new(),
            grants: 0,
            granted: Amount::ZERO,
        }
    }

    /// Takes a decided line into the sums.
    pub(super) fn take(&mut self, line: &ApplicationLine) {
        for key in &line.cap_uses {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(line.award);
        }
        for key in &line.wide_uses {
            let sum = self.wide.entry(key.clone()).or_default();
            *sum = sum.plus(line.award);
        }
        let payment = self.book.interest_payment(&line.item.evidence).filter(|_| line.award.is_positive());
        if let Some((loan, days)) = payment.and_then(|payment| Some((payment.loan?, payment.days()))) {
            let sum = self.days.entry(loan).or_default();
            *sum = sum.saturating_add(days);
        }
        let entry = self.evidence.entry(line.item.evidence.clone());
        let (_, used) = entry.or_insert((line.item.evidence_total, Amount::ZERO));
        *used = used.plus(line.evidence_used);
        if line.award.is_positive() {
            self.grants = self.grants.saturating_add(1);
            self.granted = self.granted.plus(line.award);
        }
    }

    /// The total of a piece of evidence, if some of it was used before.
    pub(super) fn total_of(&self, key: &EvidenceKey) -> Option<Amount> {
        let here = self.evidence.get(key).map(|(total, _)| *total);
        here.or_else(|| self.settled(key).map(|evidence| evidence.total))
    }

    fn settled(&self, key: &EvidenceKey) -> Option<&'a Evidence> {
        self.book.evidence.get(key).filter(|evidence| evidence.is_settled())
    }
}

impl Left for Running<'_> {
    /// For how many days of interest on a loan the programme granted before this line.
    fn interest_days(&self, loan: LoanId) -> u32 {
        let before = self.book.interest_days.get(&(self.programme.id.clone(), loan)).copied().unwrap_or(0);
        before.saturating_add(self.days.get(&loan).copied().unwrap_or(0))
    }

    fn evidence_left(&self, item: &CostItem) -> Amount {
        let left = self.settled(&item.evidence).map_or(item.evidence_total, Evidence::left);
        let used = self.evidence.get(&item.evidence).map_or(Amount::ZERO, |(_, used)| *used);
        left.minus(used).floored_at_zero()
    }
}

impl Usage for Running<'_> {
    fn used(&self, key: &CapKey) -> Amount {
        let here = self.caps.get(key).copied().unwrap_or(Amount::ZERO);
        self.book.cap_used(key).plus(here)
    }

    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32 {
        let before = self.book.grants.get(&(programme.clone(), enterprise)).copied().unwrap_or(0);
        let here = if *programme == self.programme.id { self.grants } else { 0 };
        before.saturating_add(here)
    }

    fn is_year_closed(&self, programme: &ProgrammeId, year: FiscalYear) -> bool {
        self.book.closing_runs.contains_key(&(programme.clone(), year))
    }

    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount {
        let here = if *line == self.programme.budget { self.granted } else { Amount::ZERO };
        self.book.budget(line, year).available().minus(here)
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        let here = self.wide.get(key).copied().unwrap_or(Amount::ZERO);
        let before = self.book.wide_use.get(key).copied().unwrap_or(Amount::ZERO);
        Some(before.plus(here))
    }
}
