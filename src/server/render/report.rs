//! Reports → answers.

use crate::calendar::Timestamp;
use crate::proto::v1;
use crate::proto::v1::report_cell::Value;
use crate::report::{Cell, Name, Report, Row, Section, Words};
use crate::server::vocabulary::wire;

pub(crate) fn kind(name: Name) -> v1::ReportKind {
    v1::ReportKind { name: name.code().to_owned(), title: Some(text(&name.title())), about: Some(text(&name.about())) }
}

/// `made_at` is when it was made.
pub(crate) fn head(report: &Report, made_at: Timestamp) -> v1::ReportHead {
    v1::ReportHead {
        name: report.name.clone(),
        title: Some(text(&report.title)),
        from_date: report.from.to_string(),
        to_date: report.to.to_string(),
        log_size: report.pin.size,
        log_root: hex::decode(&report.pin.root).unwrap_or_default(),
        last_recorded_at: report.pin.recorded_at.clone(),
        made_at: Some(super::timestamp(made_at)),
    }
}

pub(crate) fn section(section: &Section) -> v1::ReportSection {
    let columns = section.columns.iter().map(|column| v1::ReportColumn {
        id: column.id.clone(),
        title: Some(text(&column.title)),
        kind: wire(column.kind),
    });
    v1::ReportSection {
        id: section.id.clone(),
        title: Some(text(&section.title)),
        columns: columns.collect(),
        notes: section.notes.iter().map(text).collect(),
        row_count: section.rows.iter().filter(|row| !row.is_total).fold(0, |count, _| count.saturating_add(1)),
    }
}

pub(crate) fn rows<'a>(rows: impl IntoIterator<Item = &'a Row>) -> v1::ReportRows {
    let rows = rows
        .into_iter()
        .map(|row| v1::ReportRow { is_total: row.is_total, cells: row.cells.iter().map(cell).collect() });
    v1::ReportRows { rows: rows.collect() }
}

/// A table with its rows.
pub(crate) fn board_section(one: &Section) -> v1::BoardSection {
    v1::BoardSection { section: Some(section(one)), rows: rows(&one.rows).rows }
}

fn cell(cell: &Cell) -> v1::ReportCell {
    let value = match cell {
        Cell::Empty => None,
        Cell::Text(text) => Some(Value::Text(text.clone())),
        Cell::Words(words) => Some(Value::Words(text(words))),
        Cell::Money(amount) => Some(Value::Amount(amount.to_string())),
        Cell::Count(count) => Some(Value::Count(*count)),
        Cell::Day(day) => Some(Value::Date(day.to_string())),
        Cell::Percent(percent) => Some(Value::Percent(percent.clone())),
    };
    v1::ReportCell { value }
}

fn text(words: &Words) -> v1::Text {
    v1::Text { en: words.en.clone(), zh: words.zh.clone() }
}
