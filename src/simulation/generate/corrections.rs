//! What a finance clerk does at a month's end: statements signed off, entries taken back, months and years closed.

use std::sync::Arc;

use crate::book::Book;
use crate::book::nouns::Month;
use crate::book::reconciliation::{Class, Counts, StatementOf, StatementSignedOff};
use crate::calendar::FiscalYear;
use crate::decide::command::{CloseYear, Command, ReverseEntry};
use crate::identifier::{BudgetLineId, InstitutionId, Sequence};

use super::{Generator, Plan};

impl Generator {
    /// Mostly by the one who may, of something that may be taken back. The entry itself is put in by whoever sends it.
    pub(super) fn reverse(&mut self, book: &Book) -> Option<Plan> {
        let bank = self.any_bank();
        let anything = Sequence::new(self.random.below(book.last_sequence().value() + 3));
        let step = self.random.below(10);
        let statement = match step {
            0..2 => StatementOf::Loans(bank.clone()),
            2..5 => StatementOf::Repayments(bank.clone()),
            5..7 => StatementOf::Pool(self.world.pool.clone()),
            _ => StatementOf::Treasury,
        };
        let (from, to) = (self.days_ago(60, 60), self.in_days(1));
        let shown = book.reconciliation.entries_between(&statement, from, to);
        let sequence = if step == 9 { anything } else { self.random.pick(shown)? };
        let caller = if step < 5 { self.bank(&bank) } else { self.finance() };
        let reason = "误记".to_owned();
        Some(Plan { caller, command: Command::ReverseEntry(ReverseEntry { sequence, entry: None, reason }) })
    }

    /// A statement of a month or of a part of it; most of what it would show, as found or not.
    pub(super) fn sign_off(&mut self, book: &Book) -> Option<Plan> {
        let bank = self.any_bank();
        let statement = match self.random.below(10) {
            0..2 => StatementOf::Loans(bank),
            2..5 => StatementOf::Repayments(bank),
            5..7 => StatementOf::Pool(self.world.pool.clone()),
            7 => StatementOf::Pool(self.world.other_pool.clone()),
            8 => StatementOf::Loans(InstitutionId::parse("bank-9").expect("a bank")),
            _ => StatementOf::Treasury,
        };
        let day = self.days_ago(0, 200);
        let first = Month::of(day).first_day()?;
        let last = first.plus_months(1)?.plus_days(-1)?;
        let from = if self.random.chance(20) { self.days_ago(0, 500).min(last) } else { first };
        let to = if self.random.chance(20) { day.max(from) } else { last };
        let (mut matched, mut differing) = (Vec::new(), Vec::new());
        for sequence in book.reconciliation.entries_between(&statement, from, to) {
            let is_new = book.reconciliation.reconciled_by(&statement, sequence).is_none();
            match self.random.below(20) {
                0 => {}
                1..3 => differing.push(sequence),
                3 => matched.push(sequence),
                _ if is_new => matched.push(sequence),
                _ => {}
            }
        }
        let mut counts = Counts::default();
        counts.add(Class::Equal, matched.len());
        counts.add(Class::AmountDiffers, differing.len());
        let file = u8::try_from(self.random.below(30)).expect("a small number");
        let signed = StatementSignedOff {
            statement,
            from,
            to,
            file_digest: [file; 32],
            file_name: "对账单.xlsx".to_owned(),
            tolerance_days: 3,
            compared_at: book.last_sequence(),
            comparison_digest: [file; 32],
            counts,
            matched,
            differing,
            note: "说明".to_owned(),
        };
        let caller = if self.random.chance(50) { self.finance() } else { self.officer() };
        Some(Plan { caller, command: Command::SignOffStatement(Arc::new(signed)) })
    }

    /// The next open month of the year before, then that year; now and then one that is not to be closed.
    pub(super) fn year_end(&mut self, book: &Book) -> Option<Plan> {
        let year = if self.random.chance(90) { self.today.year().previous()? } else { self.today.year() };
        let caller = self.finance();
        let open = (1..=12).map(|month| Month { year, month }).find(|month| !book.closed_months.contains(month));
        if let Some(month) = open.filter(|_| self.random.chance(90)) {
            let command = if self.random.chance(20) {
                Command::ClosePeriod(month)
            } else {
                Command::ClosePeriodOver(month, "年终结账".to_owned())
            };
            return Some(Plan { caller, command });
        }
        Some(Plan { caller, command: Command::CloseYear(self.close_year(year)) })
    }

    fn close_year(&mut self, year: FiscalYear) -> CloseYear {
        let carried = match self.random.below(10) {
            0 => vec![BudgetLineId::parse("unheard-of").expect("a budget line")],
            1..4 => Vec::new(),
            _ => vec![self.world.budget.clone()],
        };
        CloseYear { year, carried, document: "鹤财〔2019〕1号".to_owned() }
    }
}

/// Puts the entry that a reversal names into it, as the server does.
pub fn with_entry(
    mut request: crate::decide::command::Request,
    entry: impl FnOnce(Sequence) -> Option<Arc<crate::book::event::Entry>>,
) -> crate::decide::command::Request {
    if let Command::ReverseEntry(reverse) = &mut request.command {
        reverse.entry = entry(reverse.sequence);
    }
    request
}
