//! For the terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::{head, shown, unit};
use crate::report::{Kind, Report, Section};
use crate::rulebook::Language;

pub(super) fn write(report: &Report, language: Language) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _written = writeln!(out, "{}  ({})", report.title.in_language(language), unit(language));
    for (name, value) in head(report, language) {
        let _written = writeln!(out, "{name}: {value}");
    }
    for section in &report.sections {
        let _written = write!(out, "\n{}\n{}\n", section.title.in_language(language), table(section, language));
        for note in &section.notes {
            let _written = writeln!(out, "* {}", note.in_language(language));
        }
    }
    out
}

fn table(section: &Section, language: Language) -> String {
    if section.rows.is_empty() {
        return match language {
            Language::Chinese => "（无）".to_owned(),
            Language::English => "(none)".to_owned(),
        };
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(section.columns.iter().map(|column| column.title.in_language(language)));
    for row in &section.rows {
        table.add_row(row.cells.iter().map(|cell| shown(cell, language)));
    }
    for (index, column) in section.columns.iter().enumerate() {
        let alignment = match column.kind {
            Kind::Money | Kind::Count | Kind::Percent => CellAlignment::Right,
            Kind::Text | Kind::Date => CellAlignment::Left,
        };
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(alignment);
        }
    }
    table.to_string()
}
