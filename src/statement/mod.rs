//! A bank's file as it is: bytes → rows → lines, and everything that was not understood, with its place. Pure.
//!
//! ```text
//! bytes ─ table (workbook | text) ─ plan (layout given, or guessed) ─ lines + misread cells + skipped rows
//! bytes ─ camt (ISO 20022 camt.053) ──────────────────────────── lines + misread entries
//! ```
//!
//! Nothing is rounded, nothing is left out silently: a row is a line, or it is skipped for a stated reason, or it was
//! misread and says where and why. Amounts never pass through binary fractions: a spreadsheet's number is taken as the
//! shortest decimal text that names it.
//!
//! Limits stand against files made to harm: on bytes, on what a workbook unpacks to, on rows, columns and cells.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::calendar::CivilDate;
use crate::identifier::{Invalid, Uscc};
use crate::money::Amount;

mod camt;
mod guess;
mod layout;
mod lines;
mod plan;
mod standing;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod workbook;

pub use layout::{DateOrder, Layout, Role, Sign, Unit};
pub use standing::{Stated, StatedRate, StatedState};

/// The largest file that is read.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most bytes that a workbook may unpack to, all its parts together.
pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The most rows of a file, headings and blank rows included.
pub const ROWS_MAX: usize = 200_000;

/// The most columns of a sheet.
pub const COLUMNS_MAX: usize = 256;

/// The most characters of a cell.
pub const CELL_CHARACTERS_MAX: usize = 2_000;

/// The most misread cells that are listed; all are counted.
pub const MISREAD_MAX: usize = 1_000;

/// Which of the three lists a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A bank's loan list (贷款台账): one line for each drawdown.
    Loans,
    /// A bank's list of interest and principal paid (还本付息清单).
    Repayments,
    /// The bank-account statement (银行对账单) of a pool or of the treasury.
    Account,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Loans, Self::Repayments, Self::Account];

    /// The name on the command line and in layout files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Loans => "loans",
            Self::Repayments => "repayments",
            Self::Account => "account",
        }
    }

    /// What people call it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Loans => "贷款台账",
            Self::Repayments => "还本付息清单",
            Self::Account => "银行对账单",
        }
    }
}

/// What a line's money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// A drawdown (放款).
    Drawdown,
    /// Interest paid (付息).
    Interest,
    /// Principal repaid (还本).
    Principal,
    /// A movement of a bank account: in positive, out negative.
    Cash,
}

impl Nature {
    /// In English.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Drawdown => "drawdown",
            Self::Interest => "interest",
            Self::Principal => "principal",
            Self::Cash => "cash",
        }
    }

    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Drawdown => "放款",
            Self::Interest => "利息",
            Self::Principal => "本金",
            Self::Cash => "收付",
        }
    }
}

/// Where in the file something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The sheet's name; the file format's name where there are no sheets.
    pub sheet: Arc<str>,
    /// The row as a spreadsheet counts it, from 1; the entry for camt.053.
    pub row: u32,
}

/// One movement that the file states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub place: Place,
    /// What the money is.
    pub nature: Nature,
    /// In yuan; negative for money out of an account, and for a reversal in the other lists.
    pub amount: Amount,
    /// The day.
    pub date: CivilDate,
    /// Contract number (合同编号) as written.
    pub contract: Option<String>,
    /// The other party's unified social credit code.
    pub party_code: Option<Uscc>,
    /// The other party's name as written.
    pub party: Option<String>,
    /// The bank's reference (流水号).
    pub reference: Option<String>,
    /// First and last day of the interest period (计息期间).
    pub period: Option<(CivilDate, CivilDate)>,
    /// Purpose or remark (摘要).
    pub summary: Option<String>,
    /// Of a loan list: where the loan stands on the list's day, as far as it says.
    pub stated: Option<Box<Stated>>,
}

/// A cell that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// Where.
    pub place: Place,
    /// The column: letter and heading, for example `E 金额`.
    pub column: String,
    /// What stands there, shortened.
    pub value: String,
    /// What is wrong, and what was expected.
    pub invalid: Invalid,
}

impl std::fmt::Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sheet `{}`, row {}, column {}: {}", self.place.sheet, self.place.row, self.column, self.invalid)
    }
}

/// Why a row is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Before the heading.
    Title,
    /// The heading of the columns.
    Heading,
    /// 合计, 小计.
    Total,
    /// Neither a date nor an amount: a remark, a signature.
    Remark,
    /// A date and no amount, or zero: a balance carried forward.
    NoAmount,
}

impl SkipReason {
    /// In English.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Heading => "heading",
            Self::Total => "total",
            Self::Remark => "no date and no amount",
            Self::NoAmount => "no amount",
        }
    }

    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Title => "标题行",
            Self::Heading => "表头",
            Self::Total => "合计行",
            Self::Remark => "无日期和金额",
            Self::NoAmount => "无金额",
        }
    }
}

/// A row that is no line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: SkipReason,
    /// What stands there, shortened.
    pub text: String,
}

/// What was understood of a file.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What the file is, for example `XLSX` or `CSV, GB18030, tab`.
    pub format: String,
    /// How its columns were read.
    pub layout: Layout,
    /// Whether the layout was guessed.
    pub guessed: bool,
    /// Which of the lists it was read as.
    pub kind: Kind,
    /// The lines in the order of the file.
    pub lines: Vec<Line>,
    /// What was not understood; at most [`MISREAD_MAX`] of them.
    pub misread: Vec<Misread>,
    /// How many cells were not understood.
    pub misread_count: usize,
    /// Rows that are no lines, blank rows left out.
    pub skipped: Vec<Skipped>,
    /// What the reader should know: formulas read by their saved values, totals that do not add up.
    pub notes: Vec<Invalid>,
}

impl Reading {
    /// Whether every row was understood.
    pub const fn is_whole(&self) -> bool {
        self.misread_count == 0
    }
}

/// Reads a file. Without a layout one is guessed; `kind` overrules both.
///
/// An error is about the file as a whole; what is wrong with single cells is in [`Reading::misread`].
pub fn read(bytes: &[u8], layout: Option<&Layout>, kind: Option<Kind>) -> Result<Reading, Invalid> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Invalid::new(
            format!("the file has {} bytes; expected at most {FILE_BYTES_MAX}; split it by period", bytes.len()),
            format!("文件共 {} 字节，超过上限 {FILE_BYTES_MAX}；请按期间拆分", bytes.len()),
        ));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Invalid::new("the file is empty", "文件为空"));
    }
    if camt::is_camt(bytes) {
        return camt::read(bytes);
    }
    let table = table::read(bytes, layout)?;
    plan::read(&table, layout, kind)
}

/// A text cut for a message or a table.
fn shortened(text: &str) -> String {
    crate::identifier::shown(text)
}
