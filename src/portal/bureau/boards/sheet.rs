//! A report of the API as tables of a page.

use crate::money::Amount;
use crate::portal::language::Language;
use crate::portal::problem::Problem;
use crate::portal::visit::Member;
use crate::portal::{Portal, show};
use crate::proto::v1;
use v1::report_cell::Value;
use v1::run_report_response::Part;

/// A report with its rows.
#[derive(Default)]
pub(super) struct Reported {
    pub(super) head: v1::ReportHead,
    pub(super) sections: Vec<Section>,
}

/// A section with its rows.
pub(super) struct Section {
    pub(super) section: v1::ReportSection,
    pub(super) rows: Vec<v1::ReportRow>,
}

/// A section as it is shown.
pub(super) struct Sheet {
    pub(super) id: String,
    pub(super) title: String,
    /// Each with the class of its column: `number`, `date`, or none.
    pub(super) heads: Vec<(String, &'static str)>,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
    /// How many rows are left out.
    pub(super) more: usize,
}

/// A row: its cells, each with the class of its column.
pub(super) struct Row {
    pub(super) is_total: bool,
    pub(super) cells: Vec<(String, &'static str)>,
}

/// What came of asking for a report.
pub(super) enum Answer<T> {
    /// It is made.
    Made(T),
    /// It is being made, or nothing is, where only what is kept was asked for.
    Pending(v1::ReportPending),
}

/// Asks for a report for this visitor.
pub(super) async fn run(
    portal: &Portal,
    member: &Member,
    request: v1::RunReportRequest,
) -> Result<Answer<Reported>, Problem> {
    let mut reported = Reported::default();
    for part in portal.ask_all(member, request).await? {
        match part.part {
            Some(Part::Head(head)) => reported.head = head,
            Some(Part::Section(section)) => reported.sections.push(Section { section, rows: Vec::new() }),
            Some(Part::Rows(rows)) => {
                if let Some(last) = reported.sections.last_mut() {
                    last.rows.extend(rows.rows);
                }
            }
            Some(Part::Pending(pending)) => return Ok(Answer::Pending(pending)),
            Some(Part::FileChunk(_)) | None => {}
        }
    }
    Ok(Answer::Made(reported))
}

/// Asks for the file of a report.
pub(super) async fn file(
    portal: &Portal,
    member: &Member,
    request: v1::RunReportRequest,
) -> Result<Answer<Vec<u8>>, Problem> {
    let mut file = Vec::new();
    for part in portal.ask_all(member, request).await? {
        match part.part {
            Some(Part::FileChunk(chunk)) => file.extend(chunk),
            Some(Part::Pending(pending)) => return Ok(Answer::Pending(pending)),
            Some(Part::Head(_) | Part::Section(_) | Part::Rows(_)) | None => {}
        }
    }
    Ok(Answer::Made(file))
}

/// The board of the year until today, and the districts that the visitor is confined to, if to any.
pub(super) async fn board(portal: &Portal, member: &Member) -> Result<(Reported, Vec<String>), Problem> {
    let answer = portal.ask(member, v1::GetBoardRequest {}).await?;
    let sections = answer.sections.into_iter();
    let sections = sections.map(|one| Section { section: one.section.unwrap_or_default(), rows: one.rows });
    Ok((Reported { head: answer.head.unwrap_or_default(), sections: sections.collect() }, answer.districts))
}

impl Reported {
    /// A section by its id.
    pub(super) fn section(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|one| one.section.id == id)
    }

    /// A section as a table, if the report has it.
    pub(super) fn sheet(&self, l: Language, id: &str, most: usize) -> Option<Sheet> {
        self.section(id).map(|section| section.sheet(l, most))
    }

    /// Every section as a table.
    pub(super) fn sheets(&self, l: Language, most: usize) -> Vec<Sheet> {
        self.sections.iter().map(|section| section.sheet(l, most)).collect()
    }
}

impl Section {
    /// As a table of at most so many rows, and the totals.
    pub(super) fn sheet(&self, l: Language, most: usize) -> Sheet {
        let classes: Vec<&str> = self.section.columns.iter().map(|column| class(column.kind())).collect();
        let heads =
            self.section.columns.iter().zip(&classes).map(|(column, class)| (l.text(column.title.as_ref()), *class));
        let plain = self.rows.iter().filter(|row| !row.is_total);
        let shown = plain.take(most).chain(self.rows.iter().filter(|row| row.is_total));
        let rows = shown.map(|row| Row {
            is_total: row.is_total,
            cells: row.cells.iter().zip(&classes).map(|(cell, class)| (text(l, cell), *class)).collect(),
        });
        Sheet {
            id: self.section.id.clone(),
            title: l.text(self.section.title.as_ref()),
            heads: heads.collect(),
            rows: rows.collect(),
            notes: self.section.notes.iter().map(|note| l.text(Some(note))).collect(),
            more: usize::try_from(self.section.row_count).unwrap_or(usize::MAX).saturating_sub(most),
        }
    }

    /// The rows that add nothing up.
    pub(super) fn plain(&self) -> impl Iterator<Item = &v1::ReportRow> {
        self.rows.iter().filter(|row| !row.is_total)
    }

    fn value<'a>(&self, row: &'a v1::ReportRow, column: &str) -> Option<&'a Value> {
        let index = self.section.columns.iter().position(|one| one.id == column)?;
        row.cells.get(index)?.value.as_ref()
    }

    /// An amount of a row; zero where there is none.
    pub(super) fn amount(&self, row: &v1::ReportRow, column: &str) -> Amount {
        match self.value(row, column) {
            Some(Value::Amount(text)) => show::amount(text),
            Some(Value::Text(_) | Value::Words(_) | Value::Count(_) | Value::Date(_) | Value::Percent(_)) | None => {
                Amount::ZERO
            }
        }
    }

    /// A cell of a row as it is shown; empty where there is none.
    pub(super) fn shown(&self, l: Language, row: &v1::ReportRow, column: &str) -> String {
        self.value(row, column).map(|value| words(l, value)).unwrap_or_default()
    }
}

/// What keeps a column's cells in one line: a figure or a day that is broken is read wrong.
const fn class(kind: v1::ReportColumnKind) -> &'static str {
    match kind {
        v1::ReportColumnKind::Money | v1::ReportColumnKind::Count | v1::ReportColumnKind::Percent => "number",
        v1::ReportColumnKind::Date => "date",
        v1::ReportColumnKind::Unspecified | v1::ReportColumnKind::Text => "",
    }
}

fn text(l: Language, cell: &v1::ReportCell) -> String {
    cell.value.as_ref().map(|value| words(l, value)).unwrap_or_default()
}

fn words(l: Language, value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Date(text) | Value::Percent(text) => text.clone(),
        Value::Words(words) => l.text(Some(words)),
        Value::Amount(amount) => show::yuan(amount),
        Value::Count(count) => count.to_string(),
    }
}
