//! The call: the file goes up in chunks, the answer comes down in parts.

use indicatif::{ProgressBar, ProgressStyle};
use tokio_stream::StreamExt as _;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::cli::client::Reconciliation;
use crate::proto::v1;
use crate::proto::v1::compare_statement_request::{OpenStatement, Part};
use crate::proto::v1::compare_statement_response::Part as Answered;

/// How many bytes of the file go in one message.
const CHUNK_BYTES: usize = 256 * 1024;

/// Everything that was answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) preview: v1::StatementPreview,
    /// The lines, for a preview only.
    pub(super) lines: Vec<v1::StatementLine>,
    /// None if nothing was compared.
    pub(super) summary: Option<v1::ComparisonSummary>,
    pub(super) findings: Vec<v1::ReconciliationFinding>,
    pub(super) workbook: Vec<u8>,
}

/// Sends the file and takes the answer.
pub(super) async fn compare(client: &mut Reconciliation, open: OpenStatement, bytes: &[u8]) -> anyhow::Result<Answer> {
    let bar = ProgressBar::new(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")?);
    bar.set_message("sending");
    let sent = bar.clone();
    let chunks = tokio_stream::iter(chunks(bytes)).map(move |chunk| {
        sent.inc(u64::try_from(chunk.len()).unwrap_or(0));
        v1::CompareStatementRequest { part: Some(Part::Chunk(chunk)) }
    });
    let first = tokio_stream::once(v1::CompareStatementRequest { part: Some(Part::Open(open)) });
    let mut parts = client.compare_statement(first.chain(chunks)).await.map_err(|status| said(&status))?.into_inner();
    let mut answer = Answer::default();
    while let Some(message) = parts.message().await.map_err(|status| said(&status))? {
        match message.part {
            Some(Answered::Preview(preview)) => {
                bar.set_message("comparing");
                bar.set_length(preview.line_count);
                bar.set_position(0);
                answer.preview = preview;
            }
            Some(Answered::Lines(lines)) => answer.lines.extend(lines.lines),
            Some(Answered::Summary(summary)) => answer.summary = Some(summary),
            Some(Answered::Findings(some)) => {
                bar.inc(u64::try_from(some.findings.len()).unwrap_or(0));
                answer.findings.extend(some.findings);
            }
            Some(Answered::Workbook(chunk)) => answer.workbook.extend(chunk),
            None => {}
        }
    }
    bar.finish_and_clear();
    Ok(answer)
}

fn chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.chunks(CHUNK_BYTES).map(<[u8]>::to_vec).collect()
}

/// What the ledger said, with the particulars of each field.
pub(super) fn said(status: &Status) -> anyhow::Error {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default();
    let preconditions = details.precondition_failure().map(|failure| failure.violations.clone()).unwrap_or_default();
    let fields = fields.into_iter().map(|one| match one.field.as_str() {
        // The file itself.
        "chunk" => one.description,
        field => format!("{field}: {}", one.description),
    });
    let said: Vec<String> = fields.chain(preconditions.into_iter().map(|one| one.description)).collect();
    if said.is_empty() {
        return anyhow::anyhow!("{}", status.message());
    }
    anyhow::anyhow!("{}", said.join("; "))
}
