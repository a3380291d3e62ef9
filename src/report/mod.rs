//! Reports (报表): what the bureau hands in, each computed from the journal's own entries.
//!
//! ```text
//! Question   which report, the days from..to, known at which entry, about whom
//! Extract    a fold over the entries: those known then (`known_at`), that took effect until then (`to`)
//! catalogue  one pure function a report: Extract × Question -> Report
//! Report     sections of typed rows, pinned to a log size and root
//! write      the same model as a table, CSV, XLSX, JSON or printable HTML
//! ```
//!
//! A report is a function of its question and of the first `known_at` records of the log and of nothing else: asked
//! again years later it has the same figures, whatever was back-dated or corrected since. *Effective at* one date and
//! *known at* another are two axes; both are in the head of every report.

pub mod board;
pub mod catalogue;
pub mod extract;
pub mod question;
pub mod write;

mod accounts;
mod blacklist;
mod budget;
mod loans;
mod periodic;
mod pool;
mod publicity;
mod subsidies;
mod targets;
#[cfg(test)]
mod tests;

use crate::calendar::CivilDate;
use crate::money::Amount;

pub use catalogue::{Name, run};
pub use extract::Extract;
pub use question::{Grouping, Question};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Words {
    /// The two texts.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// A report: what was asked, of which log, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its name in the catalogue.
    pub name: String,
    /// Its title.
    pub title: Words,
    /// First day of its movements.
    pub from: CivilDate,
    /// Its day: balances and states at the end of this day, movements until it.
    pub to: CivilDate,
    /// The log it was made from.
    pub pin: Pin,
    /// The tables.
    pub sections: Vec<Section>,
}

/// Which log a report was made from: anyone with that many records can make it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pin {
    /// How many records of the log were known.
    pub size: u64,
    /// The Merkle root over them (RFC 9162), in hex.
    pub root: String,
    /// When the last of them was recorded, RFC 3339 in UTC; empty for an empty log.
    pub recorded_at: String,
}

/// One table of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// A stable name, for programs.
    pub id: String,
    /// What it shows.
    pub title: Words,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, totals last.
    pub rows: Vec<Row>,
    /// What a reader must know to read the figures right.
    pub notes: Vec<Words>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// A stable name, for programs.
    pub id: String,
    /// Its head.
    pub title: Words,
    /// What its cells hold.
    pub kind: Kind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Words.
    Text,
    /// Yuan.
    Money,
    /// How many.
    Count,
    /// A day.
    Date,
    /// A share of a whole, in percent.
    Percent,
}

/// A row: as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whether it adds up the rows above.
    pub is_total: bool,
    /// The cells, in the order of the columns.
    pub cells: Vec<Cell>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: the question does not arise.
    Empty,
    /// A name or an identifier, the same in both languages.
    Text(String),
    /// A word of ours, in both languages.
    Words(Words),
    /// Yuan.
    Money(Amount),
    /// How many.
    Count(u64),
    /// A day.
    Day(CivilDate),
    /// Percent with two decimals, rounded down, for example `66.66`.
    Percent(String),
}

impl Section {
    fn new(id: &str, title: Words, columns: Vec<Column>) -> Self {
        Self { id: id.to_owned(), title, columns, rows: Vec::new(), notes: Vec::new() }
    }

    fn line(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { is_total: false, cells });
    }

    /// A last row that adds up every column of money and counts; nothing when there are no rows.
    fn add_total(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let cells = self.columns.iter().enumerate().map(|(index, column)| self.total_of(index, column.kind));
        self.rows.push(Row { is_total: true, cells: cells.collect() });
    }

    /// Sets a cell of the total that is no sum: a share of two totals, or nothing.
    fn set_total(&mut self, id: &str, cell: Cell) {
        let at = self.columns.iter().position(|column| column.id == id);
        let total = self.rows.last_mut().filter(|row| row.is_total);
        if let Some(kept) = at.zip(total).and_then(|(at, row)| row.cells.get_mut(at)) {
            *kept = cell;
        }
    }

    /// The amount in the total of a column.
    fn total(&self, id: &str) -> Amount {
        let at = self.columns.iter().position(|column| column.id == id);
        let total = self.rows.last().filter(|row| row.is_total);
        match at.zip(total).and_then(|(at, row)| row.cells.get(at)) {
            Some(Cell::Money(amount)) => *amount,
            Some(Cell::Empty | Cell::Text(_) | Cell::Words(_) | Cell::Count(_) | Cell::Day(_) | Cell::Percent(_))
            | None => Amount::ZERO,
        }
    }

    fn total_of(&self, index: usize, kind: Kind) -> Cell {
        let column = self.rows.iter().filter_map(|row| row.cells.get(index));
        match kind {
            Kind::Money => Cell::Money(Amount::total(column.filter_map(|cell| match cell {
                Cell::Money(amount) => Some(*amount),
                Cell::Empty | Cell::Text(_) | Cell::Words(_) | Cell::Count(_) | Cell::Day(_) | Cell::Percent(_) => None,
            }))),
            Kind::Count => Cell::Count(column.fold(0, |sum, cell| match cell {
                Cell::Count(count) => sum.saturating_add(*count),
                Cell::Empty | Cell::Text(_) | Cell::Words(_) | Cell::Money(_) | Cell::Day(_) | Cell::Percent(_) => sum,
            })),
            Kind::Text if index == 0 => Cell::Words(Words::new("total", "合计")),
            Kind::Text | Kind::Date | Kind::Percent => Cell::Empty,
        }
    }

    fn note(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        self.notes.push(Words::new(en, zh));
    }
}

/// A column, in short.
fn column(id: &str, kind: Kind, en: &str, zh: &str) -> Column {
    Column { id: id.to_owned(), title: Words::new(en, zh), kind }
}

fn text(value: &(impl ToString + ?Sized)) -> Cell {
    Cell::Text(value.to_string())
}

/// How many of something there are.
fn count(number: usize) -> Cell {
    Cell::Count(u64::try_from(number).unwrap_or(u64::MAX))
}

/// `part` ÷ `whole` in percent, rounded down; empty when there is no whole.
fn percent(part: Amount, whole: Amount) -> Cell {
    quotient(part.fen(), whole.fen())
}

fn quotient(part: i64, whole: i64) -> Cell {
    if whole <= 0 || part < 0 {
        return Cell::Empty;
    }
    let hundredths = i128::from(part).saturating_mul(10_000).checked_div(i128::from(whole)).unwrap_or(0);
    let (ones, rest) = (hundredths.div_euclid(100), hundredths.rem_euclid(100));
    Cell::Percent(format!("{ones}.{rest:02}"))
}
