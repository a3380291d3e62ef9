//! UTF-8 with BOM. A section is its title, its head row and its rows; an empty line ends it.

use std::io::Write as _;

use super::{WriteFault, head, plain};
use crate::report::{Cell, Report};
use crate::rulebook::Language;

/// What a spreadsheet takes for a formula when a cell begins with it.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) fn write(report: &Report, language: Language) -> Result<Vec<u8>, WriteFault> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice("\u{feff}".as_bytes());
    let mut writer = csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(bytes);
    writer.write_record([report.title.in_language(language)])?;
    for (name, value) in head(report, language) {
        writer.write_record([name, &value])?;
    }
    for section in &report.sections {
        writer.flush().map_err(csv::Error::from)?;
        writer.write_record([""])?;
        writer.write_record([section.title.in_language(language)])?;
        writer.write_record(section.columns.iter().map(|column| column.title.in_language(language)))?;
        for row in &section.rows {
            writer.write_record(row.cells.iter().map(|cell| guarded(cell, language)))?;
        }
        for note in &section.notes {
            writer.write_record([note.in_language(language)])?;
        }
    }
    let mut bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    bytes.flush().map_err(csv::Error::from)?;
    Ok(bytes)
}

/// A name that a spreadsheet would take for a formula gets an apostrophe in front; figures are ours and stay.
fn guarded(cell: &Cell, language: Language) -> String {
    let text = plain(cell, language);
    match cell {
        Cell::Text(_) | Cell::Words(_) if text.starts_with(FORMULA_STARTS) => format!("'{text}"),
        Cell::Text(_)
        | Cell::Words(_)
        | Cell::Empty
        | Cell::Money(_)
        | Cell::Count(_)
        | Cell::Day(_)
        | Cell::Percent(_) => text,
    }
}
