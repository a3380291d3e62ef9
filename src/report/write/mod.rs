//! One report in many forms. Every form shows the same cells; amounts keep their fen in all of them.

mod csv;
mod html;
mod json;
mod table;
mod xlsx;

use thiserror::Error;

use super::{Cell, Report, Words};
use crate::rulebook::Language;
use crate::rulebook::terms::codes;

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Form {
    /// For the terminal.
    #[default]
    Table,
    /// UTF-8 with BOM, as spreadsheets expect it; a section after the other.
    Csv,
    /// A workbook, a sheet a section.
    Xlsx,
    /// For programs: amounts as texts with two decimals, nothing rounded.
    Json,
    /// A page to print.
    Html,
}
codes!(Form { Table = "table", Csv = "csv", Xlsx = "xlsx", Json = "json", Html = "html" });

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum WriteFault {
    /// The workbook.
    #[error("the workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The text file.
    #[error("the CSV cannot be written")]
    Csv(#[from] ::csv::Error),
    /// The JSON.
    #[error("the JSON cannot be written")]
    Json(#[from] serde_json::Error),
}

/// The report in a form. The same report gives the same bytes.
pub fn write(report: &Report, form: Form, language: Language) -> Result<Vec<u8>, WriteFault> {
    match form {
        Form::Table => Ok(table::write(report, language).into_bytes()),
        Form::Csv => csv::write(report, language),
        Form::Xlsx => xlsx::write(report, language),
        Form::Json => json::write(report),
        Form::Html => Ok(html::write(report, language).into_bytes()),
    }
}

impl Words {
    /// The text in a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// A cell as people read it: amounts with thousands.
fn shown(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Money(amount) => amount.grouped(),
        Cell::Empty | Cell::Text(_) | Cell::Words(_) | Cell::Count(_) | Cell::Day(_) | Cell::Percent(_) => {
            plain(cell, language)
        }
    }
}

/// A cell as programs read it: amounts without thousands.
fn plain(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Percent(text) => text.clone(),
        Cell::Words(words) => words.in_language(language).to_owned(),
        Cell::Money(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Day(day) => day.to_string(),
    }
}

/// The lines of the head: what the report is of, and what it was made from.
fn head(report: &Report, language: Language) -> Vec<(&'static str, String)> {
    let (days, log, root, recorded) = match language {
        Language::Chinese => ("期间", "账本条数", "Merkle 根（SHA-256）", "末条记录时间（UTC）"),
        Language::English => ("days", "known at entry", "Merkle root (SHA-256)", "last entry recorded (UTC)"),
    };
    vec![
        (days, format!("{} – {}", report.from, report.to)),
        (log, report.pin.size.to_string()),
        (root, report.pin.root.clone()),
        (recorded, report.pin.recorded_at.clone()),
    ]
}

/// The unit, said once.
const fn unit(language: Language) -> &'static str {
    match language {
        Language::Chinese => "金额单位：元",
        Language::English => "amounts in yuan",
    }
}
