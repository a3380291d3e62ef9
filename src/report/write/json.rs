//! For programs.

use serde_json::{Map, Value, json};

use super::WriteFault;
use crate::report::{Cell, Column, Kind, Report, Row, Section, Words};

pub(super) fn write(report: &Report) -> Result<Vec<u8>, WriteFault> {
    let document = json!({
        "report": report.name,
        "title": words(&report.title),
        "from": report.from.to_string(),
        "to": report.to.to_string(),
        "log": {
            "size": report.pin.size,
            "root": report.pin.root,
            "hash": "SHA-256",
            "recorded_at": report.pin.recorded_at,
        },
        "sections": report.sections.iter().map(section).collect::<Vec<_>>(),
    });
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn section(section: &Section) -> Value {
    json!({
        "section": section.id,
        "title": words(&section.title),
        "columns": section.columns.iter().map(column).collect::<Vec<_>>(),
        "rows": section.rows.iter().map(|each| row(section, each)).collect::<Vec<_>>(),
        "notes": section.notes.iter().map(words).collect::<Vec<_>>(),
    })
}

fn column(column: &Column) -> Value {
    let kind = match column.kind {
        Kind::Text => "text",
        Kind::Money => "yuan",
        Kind::Count => "count",
        Kind::Date => "date",
        Kind::Percent => "percent",
    };
    json!({ "column": column.id, "title": words(&column.title), "kind": kind })
}

fn row(section: &Section, row: &Row) -> Value {
    let mut cells: Map<String, Value> =
        section.columns.iter().zip(&row.cells).map(|(column, each)| (column.id.clone(), cell(each))).collect();
    if row.is_total {
        cells.insert("is_total".to_owned(), Value::Bool(true));
    }
    Value::Object(cells)
}

/// Amounts and percentages are texts, because a JSON number is a float to most readers.
fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) | Cell::Percent(text) => Value::String(text.clone()),
        Cell::Words(both) => words(both),
        Cell::Money(amount) => Value::String(amount.to_string()),
        Cell::Count(count) => Value::from(*count),
        Cell::Day(day) => Value::String(day.to_string()),
    }
}

fn words(words: &Words) -> Value {
    json!({ "en": words.en, "zh": words.zh })
}
