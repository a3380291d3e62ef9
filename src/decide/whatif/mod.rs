//! What if another rulebook had been in force: the ledger's own facts, judged again, and what differs.
//!
//! A second book, the *shadow*, takes the entries of the journal one by one. What is fact (registrations, loans, pledges,
//! budgets, pools) it takes as it was recorded. An application is decided anew on the shadow, in its place in the order
//! of arrival, under the other rulebook where that one would have been in force; what officers then did with it
//! (approved, refused, paid) happens in the shadow too, as far as its state allows. Nothing is written anywhere, and
//! two runs over the same entries say the same.
//!
//! *In force from a day*: the other rulebook decides what is applied for from that day on, and loans filed from that day
//! on. A loan filed before keeps its version where that version says so. A programme that the other rulebook does not
//! have stays as it was, unless it is a version of the same rulebook, which then has dropped it.

mod report;
mod shadow;
mod tally;

use crate::book::Book;
use crate::book::event::{Entry, Event};
use crate::calendar::CivilDate;
use crate::decide::command::{Command, Request, Stamp};
use crate::decide::decide;
use crate::rulebook::Rulebook;

pub use report::{BudgetUse, Changed, Figures, Report, Side};

use shadow::Shadow;
use tally::Tally;

/// An application as `decide` makes it on this book, from what was recorded of the request; `None` for another event,
/// and where the request would be rejected. On the book as it was before the entry it is the entry itself, to the byte.
pub fn again(book: &Book, entry: &Entry) -> Option<Entry> {
    let Event::SubsidyApplied(applied) = &entry.event else { return None };
    let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
    let request = Request {
        caller: entry.actor.clone(),
        key: entry.request,
        effective_date: Some(entry.late_for.unwrap_or(entry.effective_date)),
        book_late: entry.late_for.is_some(),
        command: Command::ApplySubsidy(shadow::request_of(applied)),
    };
    decide(book, &stamp, &request).ok()
}

/// A run over a journal. Give it every entry from the first on, then ask for the report.
#[derive(Debug)]
pub struct WhatIf {
    shadow: Shadow,
    tally: Tally,
    entries: u64,
}

impl WhatIf {
    /// Tries a rulebook out, in force from this day on; without a day, over the whole history.
    pub fn new(rulebook: &Rulebook, from: Option<CivilDate>) -> Self {
        let from = from.unwrap_or(CivilDate::MIN);
        Self { shadow: Shadow::new(rulebook, from), tally: Tally::default(), entries: 0 }
    }

    /// Takes the next entry of the journal.
    pub fn take(&mut self, entry: &Entry) {
        self.entries = self.entries.saturating_add(1);
        self.shadow.take(entry, &mut self.tally);
    }

    /// What differs, with this many of those who would gain most, and who would lose most.
    pub fn report(mut self, top: usize) -> Report {
        self.shadow.close_open_years(&mut self.tally);
        report::report(&self.shadow, &self.tally, self.entries, top)
    }
}
