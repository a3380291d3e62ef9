//! `ReconciliationService`.

use std::pin::Pin;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::Answer;
use crate::book::Book;
use crate::book::nouns::{Caller, Role};
use crate::book::reconciliation::StatementOf;
use crate::calendar::CivilDate;
use crate::decide::command::Command;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{Invalid, LoanId, RequestId, Sequence};
use crate::proto::v1;
use crate::proto::v1::compare_statement_request::Part;
use crate::proto::v1::compare_statement_response::{Findings, Lines, Part as Answered};
use crate::proto::v1::reconciliation_service_server::ReconciliationService;
use crate::reader::{ReadFault, Reader};
use crate::reconcile::{
    self, About, Comparison, Item, Standings, WINDOW_DAYS, compare, compare_standing, items_of, kind_of,
    states_standing,
};
use crate::report::{Extract, Question};
use crate::server::access::{is_bureau, sees_institution, undivided, unknown};
use crate::server::comparisons::{COMPARED_AT_A_TIME, Source};
use crate::server::edge::{Edge, unavailable};
use crate::server::page::PageRequest;
use crate::server::parse::reconciliation::Opened;
use crate::server::parse::{self, Violations, query};
use crate::server::render::reconciliation as render;
use crate::statement::{self, FILE_BYTES_MAX, Layout, Line, ROWS_MAX, Reading};

/// How many lines, findings or entries go in one message or under one lock.
const PAGE: usize = 500;

/// How many bytes of a workbook go in one message.
const WORKBOOK_CHUNK_BYTES: usize = 256 * 1024;

/// How many messages wait for a slow client.
const ANSWERS_WAITING: usize = 4;

pub(in crate::server) type AnswerStream =
    Pin<Box<dyn Stream<Item = Result<v1::CompareStatementResponse, Status>> + Send>>;

#[async_trait]
impl ReconciliationService for Edge {
    type CompareStatementStream = AnswerStream;

    async fn compare_statement(
        &self,
        request: Request<Streaming<v1::CompareStatementRequest>>,
    ) -> Answer<Self::CompareStatementStream> {
        begin(self, request)
    }

    async fn sign_off_statement(
        &self,
        request: Request<v1::SignOffStatementRequest>,
    ) -> Answer<v1::SignOffStatementResponse> {
        let message = request.get_ref();
        let id = query(|violations| parse::reconciliation::comparison_id(violations, &message.comparison_id))?;
        // A retry is answered from the journal, whether or not the comparison is still remembered.
        let asked = RequestId::parse(&message.request_id).ok();
        let retried = asked.is_some_and(|asked| self.reader().book().request(&asked).is_some());
        let compared = self.comparisons.get(&id);
        if compared.is_none() && !retried {
            return Err(Rejection::new(
                Reason::ComparisonUnknown,
                "comparison_id",
                format!("`{id}` is not remembered; compare the statement again"),
                format!("对账结果“{id}”已失效；请重新对账"),
            )
            .into());
        }
        let parse = move |message: &v1::SignOffStatementRequest, violations: &mut Violations| match compared {
            Some(compared) => parse::reconciliation::sign_off(message, &compared, violations),
            // The writer looks at the request id first and never decides this; if it did, there is no such loan.
            None => Some(Command::CloseLoan(LoanId::new(0))),
        };
        Ok(self.write(request, parse).await?)
    }

    async fn list_signed_off_statements(
        &self,
        request: Request<v1::ListSignedOffStatementsRequest>,
    ) -> Answer<v1::ListSignedOffStatementsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_signed_off(self, &caller, &message)?))
    }

    async fn list_unreconciled_statements(
        &self,
        request: Request<v1::ListUnreconciledStatementsRequest>,
    ) -> Answer<v1::ListUnreconciledStatementsResponse> {
        let (caller, message) = self.open(request)?;
        undivided(&self.reader().book(), &caller)?;
        let month = query(|violations| parse::reconciliation::month(message.year, message.month, violations))?;
        let open = self.reader().book().reconciliation.unreconciled(month);
        let statements = open.iter().map(render::unreconciled).collect();
        Ok(Response::new(v1::ListUnreconciledStatementsResponse { statements }))
    }
}

/// Begins a comparison of whatever the messages bring, from the network or from a page.
pub(in crate::server) fn begin<S>(edge: &Edge, request: Request<S>) -> Answer<AnswerStream>
where
    S: Stream<Item = Result<v1::CompareStatementRequest, Status>> + Send + Unpin + 'static,
{
    let (caller, messages) = edge.open_messages(request)?;
    let (sender, receiver) = mpsc::channel(ANSWERS_WAITING);
    let edge = edge.clone();
    tokio::spawn(async move {
        if let Err(status) = answer(&edge, &caller, messages, &sender).await {
            // A client that has gone needs no answer.
            sender.send(Err(status)).await.unwrap_or_default();
        }
    });
    Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
}

fn list_signed_off(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListSignedOffStatementsRequest,
) -> Result<v1::ListSignedOffStatementsResponse, Rejection> {
    let (wanted, request) = query(|violations| {
        let wanted = parse::reconciliation::list(message, violations);
        let read = |text: &str| text.parse().ok().map(Sequence::new);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((wanted?, request?))
    })?;
    let book = edge.reader().book();
    let page = request.fill(
        // What is not the caller's is no candidate: a page must not end there.
        request.rest_of(&book.reconciliation.signed_off).filter(|(_, one)| sees(&book, caller, &one.statement)),
        |(sequence, _)| sequence.to_string(),
        |(sequence, one)| {
            let wanted = wanted.as_ref().is_none_or(|wanted| *wanted == one.statement);
            wanted.then(|| render::past(*sequence, one))
        },
    );
    Ok(v1::ListSignedOffStatementsResponse { statements: page.items, next_page_token: page.next_page_token })
}

/// The bureau sees every statement, a bank its own lists.
fn sees(book: &Book, caller: &Caller, statement: &StatementOf) -> bool {
    let own = |bank| caller.role == Role::Bank && sees_institution(book, caller, bank);
    (is_bureau(caller) && undivided(book, caller).is_ok()) || statement.institution().is_some_and(own)
}

/// What came in: a file, or lines.
#[derive(Debug)]
enum Received {
    File(Vec<u8>),
    Lines(Vec<Line>),
}

type Sender = mpsc::Sender<Result<v1::CompareStatementResponse, Status>>;

async fn answer(
    edge: &Edge,
    caller: &Caller,
    mut messages: impl Stream<Item = Result<v1::CompareStatementRequest, Status>> + Unpin,
    sender: &Sender,
) -> Result<(), Status> {
    let opened = opened(edge, caller, messages.next().await.transpose()?)?;
    let Ok(_permit) = edge.comparisons.permits.try_acquire() else {
        return Err(Rejection::new(
            Reason::QueueFull,
            "",
            format!("{COMPARED_AT_A_TIME} statements are being compared; come back in a moment"),
            format!("已有 {COMPARED_AT_A_TIME} 份对账单正在处理，请稍后重试"),
        )
        .into());
    };
    let (received, digest) = receive(&mut messages).await?;
    let reading = understand(received, &opened).await?;
    send(sender, Answered::Preview(render::preview(&reading, &digest))).await?;
    if opened.preview_only {
        for lines in reading.lines.chunks(PAGE) {
            send(sender, Answered::Lines(Lines { lines: lines.iter().map(render::line).collect() })).await?;
        }
        return Ok(());
    }
    if !reading.is_whole() {
        return Ok(());
    }
    let (items, compared_at) = gather(edge.reader(), &opened, &reading.lines).await?;
    let scope = opened.scope.clone();
    let reader = edge.reader().clone();
    let comparison = blocking(move || compared(&reader, compared_at, compare(scope, reading.lines, items))).await?;
    let comparison = Arc::new(comparison.map_err(|fault| Status::from(unavailable(&fault)))?);
    let source = Source { file_name: opened.file_name.clone(), file_digest: digest, compared_at };
    send(sender, Answered::Summary(summary(edge, &comparison, &source))).await?;
    for findings in comparison.findings.chunks(PAGE) {
        let findings = findings.iter().map(|finding| render::finding(&comparison, finding)).collect();
        send(sender, Answered::Findings(Findings { findings })).await?;
    }
    if opened.with_workbook {
        let about =
            About { file_name: source.file_name, file_digest: hex::encode(digest), compared_at: source.compared_at };
        let bytes = blocking(move || reconcile::workbook(&comparison, &about)).await?;
        let bytes = bytes.map_err(|fault| {
            tracing::error!(%fault, "cannot write the workbook");
            Status::from(Rejection::plain(Reason::Unavailable))
        })?;
        for chunk in bytes.chunks(WORKBOOK_CHUNK_BYTES) {
            send(sender, Answered::Workbook(chunk.to_vec())).await?;
        }
    }
    Ok(())
}

fn opened(edge: &Edge, caller: &Caller, first: Option<v1::CompareStatementRequest>) -> Result<Opened, Rejection> {
    let opened = query(|violations| match first.and_then(|message| message.part) {
        Some(Part::Open(open)) => parse::reconciliation::open(&open, violations),
        Some(Part::Chunk(_) | Part::Lines(_)) | None => {
            violations.add(
                "open",
                Invalid::new(
                    "is missing; expected what the statement is in the first message",
                    "缺失；第一条消息应说明对账单",
                ),
            );
            None
        }
    })?;
    if !sees(&edge.reader().book(), caller, &opened.scope.statement) {
        return Err(unknown(Reason::InstitutionUnknown, "open.statement", &opened.scope.statement));
    }
    Ok(opened)
}

/// The whole file or all lines, within the limits, with their digest.
async fn receive(
    messages: &mut (impl Stream<Item = Result<v1::CompareStatementRequest, Status>> + Unpin),
) -> Result<(Received, [u8; 32]), Status> {
    let (mut file, mut lines, mut digest) = (Vec::new(), Vec::new(), Sha256::new());
    while let Some(message) = messages.next().await.transpose()? {
        match message.part {
            Some(Part::Chunk(chunk)) if lines.is_empty() => {
                if file.len().saturating_add(chunk.len()) > FILE_BYTES_MAX {
                    return Err(refused(
                        "chunk",
                        Invalid::new(
                            format!("the file has more than {FILE_BYTES_MAX} bytes; split it by period"),
                            format!("文件超过 {FILE_BYTES_MAX} 字节；请按期间拆分"),
                        ),
                    ));
                }
                digest.update(&chunk);
                file.extend(chunk);
            }
            Some(Part::Lines(more)) if file.is_empty() => {
                if lines.len().saturating_add(more.lines.len()) > ROWS_MAX {
                    return Err(refused(
                        "lines",
                        Invalid::new(
                            format!("there are more than {ROWS_MAX} lines; split them by period"),
                            format!("超过 {ROWS_MAX} 行；请按期间拆分"),
                        ),
                    ));
                }
                for message in &more.lines {
                    digest.update(prost::Message::encode_length_delimited_to_vec(message));
                    let index = lines.len();
                    lines.push(query(|violations| parse::reconciliation::line(message, index, violations))?);
                }
            }
            Some(Part::Chunk(_) | Part::Lines(_) | Part::Open(_)) | None => {
                return Err(refused(
                    "part",
                    Invalid::new(
                        "is out of place; expected chunks of one file, or lines, after the first message",
                        "次序不对；首条消息之后应为同一文件的分块，或均为明细行",
                    ),
                ));
            }
        }
    }
    let received = if lines.is_empty() { Received::File(file) } else { Received::Lines(lines) };
    Ok((received, digest.finalize().into()))
}

fn refused(field: &str, Invalid { problem, problem_zh }: Invalid) -> Status {
    Rejection::new(Reason::InvalidField, field, problem, problem_zh).into()
}

async fn understand(received: Received, opened: &Opened) -> Result<Reading, Status> {
    let kind = kind_of(&opened.scope.statement);
    match received {
        Received::File(bytes) => {
            let layout = opened.layout.clone();
            let read = blocking(move || statement::read(&bytes, layout.as_ref(), Some(kind))).await?;
            read.map_err(|invalid| refused("chunk", invalid))
        }
        Received::Lines(lines) => Ok(Reading {
            format: "lines".to_owned(),
            layout: Layout::default(),
            guessed: false,
            kind,
            lines,
            misread: Vec::new(),
            misread_count: 0,
            skipped: Vec::new(),
            notes: Vec::new(),
        }),
    }
}

/// A loan list that says where its loans stand is held against the ledger at the end of its last day, as known now.
fn compared(reader: &Reader, known_at: Sequence, mut comparison: Comparison) -> Result<Comparison, ReadFault> {
    if states_standing(&comparison) {
        let mut extract = Extract::new(&Question::of_year_until(comparison.scope.to, known_at));
        reader.visit_blocking(known_at, &mut |entry| extract.take(entry))?;
        let standings = Standings::of(&extract.book, &comparison.scope.statement);
        compare_standing(&mut comparison, &standings);
    }
    Ok(comparison)
}

/// The ledger's movements of the period and a window around it, and the size of the ledger. A loan list that states
/// balances names loans that were drawn long before its period, so that every drawdown until then is looked at.
async fn gather(reader: &Reader, opened: &Opened, lines: &[Line]) -> Result<(Vec<Item>, Sequence), Status> {
    let scope = &opened.scope;
    let window = i64::from(WINDOW_DAYS);
    let states_balances = lines.iter().any(|line| line.stated.is_some());
    let first = scope.from.plus_days(window.saturating_neg()).unwrap_or(scope.from);
    let from = if states_balances { CivilDate::MIN } else { first };
    let to = scope.to.plus_days(window).unwrap_or(scope.to);
    let (sequences, compared_at) = {
        let book = reader.book();
        (book.reconciliation.entries_between(&scope.statement, from, to), book.last_sequence())
    };
    let mut items = Vec::with_capacity(sequences.len());
    for some in sequences.chunks(PAGE) {
        let entries = reader.entries_at(some.to_vec()).await.map_err(|fault| unavailable(&fault))?;
        let book = reader.book();
        items.extend(items_of(&book, &scope.statement, entries.iter().map(|entry| &**entry)));
    }
    items.retain(|item| (from..=to).contains(&item.date));
    Ok((items, compared_at))
}

fn summary(edge: &Edge, comparison: &Comparison, source: &Source) -> v1::ComparisonSummary {
    let scope = &comparison.scope;
    let before = edge.reader().book().reconciliation.file_signed_off(
        &scope.statement,
        &source.file_digest,
        (scope.from, scope.to),
    );
    v1::ComparisonSummary {
        comparison_id: edge.comparisons.remember(comparison, source),
        statement: scope.statement.to_string(),
        from_date: scope.from.to_string(),
        to_date: scope.to.to_string(),
        tolerance_days: scope.tolerance_days,
        compared_at_sequence: source.compared_at.value(),
        counts: render::counts(&comparison.counts),
        difference_count: comparison.counts.differences(),
        signed_off_sequence: before.map_or(0, Sequence::value),
    }
}

async fn send(sender: &Sender, part: Answered) -> Result<(), Status> {
    let gone = |_closed| Status::cancelled("the caller has gone");
    sender.send(Ok(v1::CompareStatementResponse { part: Some(part) })).await.map_err(gone)
}

/// Work of a second or more, on a thread that may take it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    task::spawn_blocking(work).await.map_err(|_interrupted| Rejection::plain(Reason::Unavailable).into())
}
