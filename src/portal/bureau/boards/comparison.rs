//! A bank's file: what is understood of it (encoding, columns, rows), and what it comes to against the ledger.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use tokio_stream::StreamExt as _;
use uuid::Uuid;
use v1::compare_statement_request::{OpenStatement, Part as Said};
use v1::compare_statement_response::Part;

use super::{download, may, statements};
use crate::money::Amount;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::uploads::{Purpose, Sent};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;
use crate::server::inside::Refusal;
use crate::server::inside::streams::compare_statement;

/// How many lines, cells and findings a page shows; the workbook has them all.
const SHOWN_MAX: usize = 100;

/// How many lines as understood.
const LINES_SHOWN: usize = 20;

/// How many bytes go in one message.
const CHUNK_BYTES: usize = 256 * 1024;

/// How many pages of a bank's loans are looked through for links.
const LOAN_PAGES_MAX: usize = 10;

/// Everything that came back, as far as it is shown.
#[derive(Default)]
pub(super) struct Compared {
    preview: v1::StatementPreview,
    lines: Vec<v1::StatementLine>,
    pub(super) summary: Option<v1::ComparisonSummary>,
    /// Count, sum of the lines and sum of the entries of each class.
    classes: BTreeMap<i32, (u64, Amount, Amount)>,
    differing: Vec<v1::ReconciliationFinding>,
    workbook: Vec<u8>,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Preview,
    Result,
    Workbook,
}

#[derive(Template)]
#[template(path = "bureau/boards/preview.html")]
struct PreviewPage {
    frame: Frame,
    id: String,
    whose: String,
    days: String,
    file: String,
    kilobytes: usize,
    error: String,
    format: String,
    digest: String,
    guessed: bool,
    layout: String,
    columns: Vec<(String, String)>,
    settings: Vec<(String, String)>,
    count: u64,
    lines: Vec<LineView>,
    misread_count: u64,
    misread: Vec<MisreadView>,
    skipped: Vec<(String, String, String)>,
    notes: Vec<String>,
}

/// A cell that was not understood.
struct MisreadView {
    place: String,
    value: String,
    problem: String,
}

/// A line, or an entry.
struct LineView {
    place: String,
    /// The entry; 0 for a line.
    sequence: u64,
    /// The loan, if it is known.
    loan: String,
    nature: &'static str,
    date: String,
    amount: String,
    contract: String,
    party: String,
    reference: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/result.html")]
struct ResultPage {
    frame: Frame,
    id: String,
    whose: String,
    days: String,
    file: String,
    error: String,
    note: String,
    classes: Vec<ClassView>,
    findings: Vec<FindingView>,
    more: u64,
    differences: u64,
    tolerance: u32,
    at: u64,
    signed_before: u64,
    comparison: String,
    request: String,
    may_sign: bool,
}

struct ClassView {
    words: &'static str,
    meaning: &'static str,
    is_difference: bool,
    count: u64,
    lines: String,
    entries: String,
}

struct FindingView {
    class: &'static str,
    reason: String,
    lines: Vec<LineView>,
    entries: Vec<LineView>,
}

pub(super) async fn preview(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let Some(sent) = find(&portal, &member, &id) else { return Ok(gone()) };
    let l = member.visit.language;
    let (compared, error) = match compare(&portal, &member, &sent, Want::Preview).await {
        Ok(compared) => (compared, String::new()),
        Err(refusal) => (Compared::default(), super::correctable(l, refusal)?),
    };
    let banks = statements::institutions(&portal, &member).await?;
    let Compared { preview, lines, .. } = compared;
    let layout = if preview.layout.is_empty() { sent.field("layout").to_owned() } else { preview.layout };
    let (settings, columns) = columns(&layout);
    let title = l.say("对账：文件内容", "Reconciliation: the file");
    Ok(page(&PreviewPage {
        frame: Frame::of(&member.visit, title).under("reconciliation"),
        id,
        whose: statements::named(l, sent.field("statement"), &banks),
        days: days(&sent),
        kilobytes: sent.bytes.len().div_ceil(1024),
        file: sent.name,
        error,
        format: preview.format,
        digest: preview.file_digest,
        guessed: preview.guessed,
        layout,
        columns,
        settings,
        count: preview.line_count,
        lines: lines.iter().map(|line| of_line(l, line)).collect(),
        misread_count: preview.misread_count,
        misread: preview.misread.iter().take(SHOWN_MAX).map(|cell| misread(l, cell)).collect(),
        skipped: preview.skipped.iter().take(SHOWN_MAX).map(|row| skipped(l, row)).collect(),
        notes: preview.notes.iter().map(|note| l.text(Some(note))).collect(),
    }))
}

/// Reads the file again by a layout that was mended.
pub(super) async fn read_again(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let Some(mut sent) = find(&portal, &member, &id) else { return Ok(gone()) };
    sent.fields.insert("layout".to_owned(), fields.get("layout").to_owned());
    let id = portal.uploads().keep(&member.visit.cookie, Purpose::Statement, sent).ok_or(Problem::Fault)?;
    Ok(see_other(&format!("/bureau/reconciliation/files/{id}")))
}

pub(super) async fn result(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    result_with(&portal, &member, id, String::new(), String::new()).await
}

/// The result, with what is wrong with a sign-off that was tried.
pub(super) async fn result_with(
    portal: &Portal,
    member: &Member,
    id: String,
    error: String,
    note: String,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let Some(sent) = find(portal, member, &id) else { return Ok(gone()) };
    let compared = compare(portal, member, &sent, Want::Result).await?;
    // A file of which a cell was not understood is not compared: the page of the file says which.
    let Some(summary) = compared.summary else { return Ok(see_other(&format!("/bureau/reconciliation/files/{id}"))) };
    let banks = statements::institutions(portal, member).await?;
    let loans = loans(portal, member, sent.field("statement"), &compared.differing).await?;
    let shown = u64::try_from(compared.differing.len()).unwrap_or(u64::MAX);
    let title = l.say("对账结果", "Result of the comparison");
    Ok(page(&ResultPage {
        frame: Frame::of(&member.visit, title).under("reconciliation"),
        id,
        whose: statements::named(l, &summary.statement, &banks),
        days: days(&sent),
        file: sent.name,
        error,
        note,
        classes: summary.counts.iter().map(|count| class(l, count, &compared.classes)).collect(),
        findings: compared.differing.iter().map(|finding| of_finding(l, finding, &loans)).collect(),
        more: summary.difference_count.saturating_sub(shown),
        differences: summary.difference_count,
        tolerance: summary.tolerance_days,
        at: summary.compared_at_sequence,
        signed_before: summary.signed_off_sequence,
        comparison: summary.comparison_id,
        request: Uuid::new_v4().to_string(),
        may_sign: may(member, "ReconciliationService/SignOffStatement"),
    }))
}

/// The result as a workbook.
pub(super) async fn workbook(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let Some(sent) = find(&portal, &member, &id) else { return Ok(gone()) };
    let compared = compare(&portal, &member, &sent, Want::Workbook).await?;
    if compared.workbook.is_empty() {
        return Ok(see_other(&format!("/bureau/reconciliation/files/{id}")));
    }
    let whose = sent.field("statement").replace('/', "-");
    let name = format!("对账结果-{whose}-{}-{}.xlsx", sent.field("from"), sent.field("to"));
    download("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &name, compared.workbook)
}

/// A file of this login.
pub(super) fn find(portal: &Portal, member: &Member, id: &str) -> Option<Sent> {
    portal.uploads().find(&member.visit.cookie, Purpose::Statement, id)
}

/// To the form: the file is kept no more.
pub(super) fn gone() -> Response {
    see_other("/bureau/reconciliation?gone=1")
}

/// Sends the file to `CompareStatement` as this visitor.
pub(super) async fn compare(portal: &Portal, member: &Member, sent: &Sent, want: Want) -> Result<Compared, Refusal> {
    let open = OpenStatement {
        statement: sent.field("statement").to_owned(),
        from_date: sent.field("from").to_owned(),
        to_date: sent.field("to").to_owned(),
        file_name: sent.name.clone(),
        layout: sent.field("layout").to_owned(),
        tolerance_days: sent.field("tolerance").parse().ok(),
        preview_only: want == Want::Preview,
        with_workbook: want == Want::Workbook,
    };
    let opening = tokio_stream::once(v1::CompareStatementRequest { part: Some(Said::Open(open)) });
    let bytes = std::sync::Arc::clone(&sent.bytes);
    let starts = (0..bytes.len()).step_by(CHUNK_BYTES);
    let chunks = starts.map(move |start| {
        let rest = bytes.get(start..).unwrap_or_default();
        let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest).to_vec();
        v1::CompareStatementRequest { part: Some(Said::Chunk(chunk)) }
    });
    let messages = opening.chain(tokio_stream::iter(chunks));
    let mut parts = compare_statement(portal.edge(), &member.visitor(), Box::pin(messages)).await?;
    let mut compared = Compared::default();
    while let Some(part) = parts.next().await {
        compared.take(part?.part);
    }
    Ok(compared)
}

impl Compared {
    fn take(&mut self, part: Option<Part>) {
        match part {
            Some(Part::Preview(preview)) => self.preview = preview,
            Some(Part::Lines(lines)) => {
                let room = LINES_SHOWN.saturating_sub(self.lines.len());
                self.lines.extend(lines.lines.into_iter().take(room));
            }
            Some(Part::Summary(summary)) => self.summary = Some(summary),
            Some(Part::Findings(findings)) => findings.findings.into_iter().for_each(|one| self.take_finding(one)),
            Some(Part::Workbook(bytes)) => self.workbook.extend(bytes),
            None => {}
        }
    }

    fn take_finding(&mut self, finding: v1::ReconciliationFinding) {
        let (count, lines, entries) = self.classes.entry(finding.class).or_default();
        *count = count.saturating_add(1);
        *lines = lines.plus(Amount::total(finding.lines.iter().map(|line| show::amount(&line.amount))));
        *entries = entries.plus(Amount::total(finding.movements.iter().map(|one| show::amount(&one.amount))));
        if statements::is_difference(finding.class()) && self.differing.len() < SHOWN_MAX {
            self.differing.push(finding);
        }
    }
}

fn days(sent: &Sent) -> String {
    format!("{} — {}", sent.field("from"), sent.field("to"))
}

type Pairs = Vec<(String, String)>;

/// What a layout says: its settings, and which heading is read as what.
fn columns(layout: &str) -> (Pairs, Pairs) {
    let Ok(table) = layout.parse::<toml::Table>() else { return (Vec::new(), Vec::new()) };
    let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let pairs = |table: &toml::Table| -> Pairs {
        let plain = table.iter().filter(|(_, value)| !value.is_table());
        plain.map(|(key, value)| (key.clone(), text(value))).collect()
    };
    let columns = table.get("columns").and_then(toml::Value::as_table).map(pairs).unwrap_or_default();
    (pairs(&table), columns)
}

fn misread(l: Language, cell: &v1::MisreadCell) -> MisreadView {
    MisreadView {
        place: format!("{} · {} {} · {}", cell.sheet, l.say("行", "row"), cell.row, cell.column),
        value: cell.value.clone(),
        problem: l.text(cell.problem.as_ref()),
    }
}

fn skipped(l: Language, row: &v1::SkippedRow) -> (String, String, String) {
    (format!("{} · {}", row.sheet, row.row), l.text(row.reason.as_ref()), row.text.clone())
}

fn class(l: Language, count: &v1::ClassCount, sums: &BTreeMap<i32, (u64, Amount, Amount)>) -> ClassView {
    let (_, lines, entries) = sums.get(&count.class).copied().unwrap_or_default();
    ClassView {
        words: statements::class(l, count.class()),
        meaning: statements::meaning(l, count.class()),
        is_difference: statements::is_difference(count.class()),
        count: count.count,
        lines: lines.grouped(),
        entries: entries.grouped(),
    }
}

fn of_line(l: Language, line: &v1::StatementLine) -> LineView {
    LineView {
        place: format!("{} · {} {}", line.sheet, l.say("行", "row"), line.row),
        sequence: 0,
        loan: String::new(),
        nature: statements::nature(l, line.nature()),
        date: line.date.clone(),
        amount: show::yuan(&line.amount),
        contract: line.contract_number.clone(),
        party: line.party.clone(),
        reference: line.reference.clone(),
    }
}

fn of_movement(l: Language, one: &v1::LedgerMovement, loans: &BTreeMap<String, String>) -> LineView {
    LineView {
        place: String::new(),
        sequence: one.sequence,
        loan: loans.get(&one.contract_number).cloned().unwrap_or_default(),
        nature: statements::nature(l, one.nature()),
        date: one.date.clone(),
        amount: show::yuan(&one.amount),
        contract: one.contract_number.clone(),
        party: one.party.clone(),
        reference: one.reference.clone(),
    }
}

fn of_finding(l: Language, finding: &v1::ReconciliationFinding, loans: &BTreeMap<String, String>) -> FindingView {
    let line = |line: &v1::StatementLine| {
        let loan = loans.get(&line.contract_number).cloned().unwrap_or_default();
        LineView { loan, ..of_line(l, line) }
    };
    FindingView {
        class: statements::class(l, finding.class()),
        reason: l.text(finding.reason.as_ref()),
        lines: finding.lines.iter().map(line).collect(),
        entries: finding.movements.iter().map(|one| of_movement(l, one, loans)).collect(),
    }
}

/// The loans behind the contracts of what differs, for links.
async fn loans(
    portal: &Portal,
    member: &Member,
    statement: &str,
    findings: &[v1::ReconciliationFinding],
) -> Result<BTreeMap<String, String>, Problem> {
    let of_lines = findings.iter().flat_map(|one| &one.lines).map(|line| &line.contract_number);
    let of_entries = findings.iter().flat_map(|one| &one.movements).map(|one| &one.contract_number);
    let mut wanted: Vec<&String> = of_lines.chain(of_entries).filter(|number| !number.is_empty()).collect();
    wanted.sort();
    wanted.dedup();
    let bank_id = statement.split_once('/').filter(|(kind, _)| *kind != "pool").map_or("", |(_, bank)| bank);
    let (mut found, mut page_token) = (BTreeMap::new(), String::new());
    for _ in 0..LOAN_PAGES_MAX {
        if found.len() == wanted.len() {
            break;
        }
        let request =
            v1::ListLoansRequest { bank_id: bank_id.to_owned(), page_size: 1_000, page_token, ..Default::default() };
        let answer = portal.ask(member, request).await?;
        for loan in answer.loans {
            let contract = loan.terms.unwrap_or_default().contract_number;
            if wanted.contains(&&contract) {
                found.insert(contract, loan.loan_id);
            }
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(found)
}
