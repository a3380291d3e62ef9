//! The rows of a file, whatever its format: what `workbook` and `text` read, what `lines` understands.

use std::sync::Arc;

use super::layout::Layout;
use super::{CELL_CHARACTERS_MAX, COLUMNS_MAX, ROWS_MAX, text, workbook};
use crate::calendar::CivilDate;
use crate::identifier::Invalid;

/// A file's sheets.
#[derive(Debug)]
pub(super) struct Table {
    /// What the file is, in words.
    pub(super) format: String,
    /// In the order of the file, the hidden ones too.
    pub(super) sheets: Vec<Sheet>,
}

/// A sheet; a text file has one.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: Arc<str>,
    /// The rows that hold anything, in order.
    pub(super) rows: Vec<Row>,
    /// Merged cells (合并单元格).
    pub(super) merged: Vec<Merged>,
    /// How many cells are formulas.
    pub(super) formulas: usize,
}

/// A row that holds something.
#[derive(Debug)]
pub(super) struct Row {
    /// From 1.
    pub(super) number: u32,
    pub(super) cells: Vec<Cell>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// The shortest decimal text that names the number.
    Number(String),
    Date(CivilDate),
    /// An error value such as `#REF!`, a duration, or a date out of bounds.
    Wrong(String),
    /// A formula whose value was not saved.
    NoValue,
}

/// A block of merged cells, from 0, both ends included; the value stands in its first cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merged {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

static EMPTY: Cell = Cell::Empty;

impl Row {
    pub(super) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&EMPTY)
    }

    /// What stands in the row, for people.
    pub(super) fn text(&self) -> String {
        let filled = self.cells.iter().filter(|cell| **cell != Cell::Empty);
        filled.map(Cell::text).collect::<Vec<_>>().join(" | ")
    }
}

impl Cell {
    /// A text cell, trimmed; empty if nothing is left.
    pub(super) fn of_text(text: &str) -> Self {
        let text = unquoted(text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character)));
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// As people read it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Number(text) | Self::Wrong(text) => text.clone(),
            Self::Date(date) => date.to_string(),
            Self::NoValue => "=?".to_owned(),
        }
    }
}

/// `="0012"`: how CSV files keep spreadsheets from eating zeros. Nothing is ever computed.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).map_or(text, str::trim)
}

const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
}

/// Reads the table of a workbook or a text file.
pub(super) fn read(bytes: &[u8], layout: Option<&Layout>) -> Result<Table, Invalid> {
    workbook::read(bytes).unwrap_or_else(|| text::read(bytes, layout))
}

/// Refuses a row beyond the limit; `number` from 1.
pub(super) fn check_row(number: usize) -> Result<u32, Invalid> {
    let row = u32::try_from(number).ok().filter(|_| number <= ROWS_MAX);
    row.ok_or_else(|| {
        Invalid::new(
            format!("the file has more than {ROWS_MAX} rows; split it by period"),
            format!("文件超过 {ROWS_MAX} 行；请按期间拆分"),
        )
    })
}

/// Refuses a column beyond the limit; `number` from 1.
pub(super) fn check_column(sheet: &str, row: u32, number: usize) -> Result<(), Invalid> {
    if number <= COLUMNS_MAX {
        return Ok(());
    }
    Err(Invalid::new(
        format!("sheet `{sheet}`, row {row} has more than {COLUMNS_MAX} columns; expected a list"),
        format!("工作表“{sheet}”第 {row} 行超过 {COLUMNS_MAX} 列；应为清单"),
    ))
}

/// Refuses a cell beyond the limit.
pub(super) fn check_cell(sheet: &str, row: u32, text: &str) -> Result<(), Invalid> {
    // Four bytes at most for a character: most cells need no counting.
    if text.len() <= CELL_CHARACTERS_MAX || text.chars().count() <= CELL_CHARACTERS_MAX {
        return Ok(());
    }
    Err(Invalid::new(
        format!(
            "sheet `{sheet}`, row {row} has a cell of more than {CELL_CHARACTERS_MAX} characters; in a text file a \
             quotation mark may be open"
        ),
        format!("工作表“{sheet}”第 {row} 行有单元格超过 {CELL_CHARACTERS_MAX} 个字符；文本文件中可能缺少右引号"),
    ))
}

/// The name of a column as spreadsheets have it: `A`, `Z`, `AA`; from 0.
pub(super) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        rest = rest.saturating_sub(1);
        let digit = u8::try_from(rest.checked_rem(26).unwrap_or(0)).unwrap_or(0);
        letters.push(char::from(b'A'.saturating_add(digit)));
        rest = rest.div_euclid(26);
    }
    letters.iter().rev().collect()
}

/// The number of a column from its letters, from 0.
pub(super) fn column_of(letters: &str) -> Option<usize> {
    if !(1..=3).contains(&letters.len()) || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let number = letters.bytes().try_fold(0_usize, |number, byte| {
        let digit = usize::from(byte.checked_sub(b'A')?).checked_add(1)?;
        number.checked_mul(26)?.checked_add(digit)
    })?;
    number.checked_sub(1)
}
