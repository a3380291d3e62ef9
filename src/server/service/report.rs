//! `ReportService`: a report is made on a thread that may wait for the disk, kept for a while, and streamed; the board comes
//! from running sums.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, async_trait};

use super::Answer;
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::report_service_server::ReportService;
use crate::proto::v1::run_report_response::Part;
use crate::report::write::write;
use crate::report::{self, Extract, Name, Report, board, run};
use crate::server::access::undivided;
use crate::server::edge::Edge;
use crate::server::jobs::{Job, Key, Made, Product, State, walk};
use crate::server::parse::report::Order;
use crate::server::parse::{self, query};
use crate::server::render::report as render;

/// How many parts wait for a slow client.
const BUFFERED_PARTS: usize = 4;
/// How many rows go in one message.
const ROWS_PER_PART: usize = 500;
/// How many bytes of a file go in one message.
const CHUNK_BYTES: usize = 64 * 1024;

type Item = Result<v1::RunReportResponse, Status>;

#[async_trait]
impl ReportService for Edge {
    async fn list_reports(&self, request: Request<v1::ListReportsRequest>) -> Answer<v1::ListReportsResponse> {
        self.open(request)?;
        Ok(Response::new(v1::ListReportsResponse {
            reports: Name::ALL.iter().map(|name| render::kind(*name)).collect(),
        }))
    }

    async fn get_board(&self, request: Request<v1::GetBoardRequest>) -> Answer<v1::GetBoardResponse> {
        let (caller, _) = self.open(request)?;
        Ok(Response::new(get_board(self, &caller)))
    }

    type RunReportStream = Pin<Box<dyn Stream<Item = Item> + Send>>;

    async fn run_report(&self, request: Request<v1::RunReportRequest>) -> Answer<Self::RunReportStream> {
        let (caller, message) = self.open(request)?;
        // What was made is the same for everybody who comes past this line.
        undivided(&self.reader().book(), &caller)?;
        let (today, last) = (self.today(), self.reader().last_sequence());
        let order = query(|violations| parse::report::order(&message, (today, last), violations))?;
        let job = if message.kept_only { kept(self, &order, &message) } else { Some(start(self, order)?) };
        let wait = (message.wait_ms > 0).then(|| Duration::from_millis(u64::from(message.wait_ms)));
        let (sender, receiver) = mpsc::channel(BUFFERED_PARTS);
        let rows_max = usize::try_from(message.rows_max).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        drop(tokio::spawn(answer(job, (wait, rows_max), sender)));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

fn get_board(edge: &Edge, caller: &Caller) -> v1::GetBoardResponse {
    let view = edge.reader().view();
    let day = view.figures.day(edge.today());
    let districts = view.book.access.districts_of(caller);
    let report = Report {
        name: Name::Yearly.code().to_owned(),
        title: Name::Yearly.title(),
        from: Name::Yearly.first_day(day),
        to: day,
        pin: report::Pin {
            size: view.book.last_sequence().value(),
            root: view.head.tree.root().to_string(),
            recorded_at: view.book.last_recorded_at().map(|at| at.to_string()).unwrap_or_default(),
        },
        sections: board::sections(&view.figures, &view.book, day, districts.as_ref()),
    };
    let districts = districts.map(|all| all.into_iter().map(ToString::to_string).collect()).unwrap_or_default();
    drop(view);
    v1::GetBoardResponse {
        head: Some(render::head(&report, edge.clock().now())),
        sections: report.sections.iter().map(render::board_section).collect(),
        districts,
    }
}

fn key(order: &Order) -> Key {
    let (name, question) = (order.name, order.question.clone());
    match order.form {
        Some(form) => Key::File(name, question, form, order.language),
        None => Key::Report(name, question),
    }
}

/// What is kept of the same question: with the same end, where one was asked for.
fn kept(edge: &Edge, order: &Order, message: &v1::RunReportRequest) -> Option<Arc<Job>> {
    let key = key(order);
    let newest = edge.jobs.newest(&key, false)?;
    (message.known_at_sequence == 0 || newest.key == key).then_some(newest)
}

fn start(edge: &Edge, order: Order) -> Result<Arc<Job>, Rejection> {
    let of_thread = edge.clone();
    edge.jobs.start(edge, key(&order), move |job| {
        let Some(form) = order.form else { return make(&of_thread, &order, job).map(Product::Report) };
        let question = Key::Report(order.name, order.question.clone());
        let written = match of_thread.jobs.made(&question).as_deref() {
            Some(Made { product: Product::Report(report), .. }) => write(report, form, order.language),
            Some(_) | None => write(&make(&of_thread, &order, job)?, form, order.language),
        };
        match written {
            Ok(file) => Some(Product::File(file)),
            Err(fault) => {
                let fault: &dyn std::error::Error = &fault;
                tracing::error!(fault, "a report cannot be written");
                None
            }
        }
    })
}

fn make(edge: &Edge, order: &Order, job: &Job) -> Option<Report> {
    let mut extract = Extract::new(&order.question);
    walk(edge, job, &mut |entry| extract.take(entry))?;
    let root = edge.reader().tree_root_blocking(order.question.known_at.value());
    let root = match root {
        Ok(root) => root.map(|root| root.to_string()).unwrap_or_default(),
        Err(fault) => {
            let fault: &dyn std::error::Error = &fault;
            tracing::error!(fault, "a report cannot be pinned to the journal");
            return None;
        }
    };
    Some(run(order.name, &extract, &order.question, &root))
}

/// Waits for the job and sends what came of it.
async fn answer(job: Option<Arc<Job>>, (wait, rows_max): (Option<Duration>, usize), sender: mpsc::Sender<Item>) {
    let pending = |pending| Ok(v1::RunReportResponse { part: Some(Part::Pending(pending)) });
    let Some(job) = job else {
        // The client may have gone; then there is nobody to tell.
        drop(sender.send(pending(v1::ReportPending::default())).await);
        return;
    };
    let state = job.wait(wait).await;
    let of_job = v1::ReportPending {
        known_at_sequence: job.key.known_at().value(),
        entries: job.entries(),
        queued: matches!(state, State::Waiting),
    };
    match state {
        State::Made(made) => drop(task::spawn_blocking(move || send(&made, rows_max, &sender))),
        State::Waiting | State::Running => drop(sender.send(pending(of_job)).await),
        State::Failed => drop(sender.send(Err(Rejection::plain(Reason::Unavailable).into())).await),
    }
}

/// Sends the parts; ends quietly when the client has gone.
fn send(made: &Made, rows_max: usize, sender: &mpsc::Sender<Item>) {
    let send = |part| sender.blocking_send(Ok(v1::RunReportResponse { part: Some(part) })).is_ok();
    let report = match &made.product {
        Product::Report(report) => report,
        Product::File(file) => {
            let _all = file.chunks(CHUNK_BYTES).all(|chunk| send(Part::FileChunk(chunk.to_vec())));
            return;
        }
        Product::WhatIf(_) => return,
    };
    if !send(Part::Head(render::head(report, made.at))) {
        return;
    }
    for section in &report.sections {
        if !send(Part::Section(render::section(section))) {
            return;
        }
        let plain = section.rows.iter().filter(|row| !row.is_total).take(rows_max);
        let mut rows = plain.chain(section.rows.iter().filter(|row| row.is_total)).peekable();
        while rows.peek().is_some() {
            if !send(Part::Rows(render::rows(rows.by_ref().take(ROWS_PER_PART)))) {
                return;
            }
        }
    }
}
