//! `ReportService`: a report is made on a thread that may wait for the disk, and streamed.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, async_trait};

use super::Answer;
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::report_service_server::ReportService;
use crate::proto::v1::run_report_response::Part;
use crate::reader::{ReadFault, Reader};
use crate::report::write::write;
use crate::report::{Extract, Name, Report, run};
use crate::server::REPORTS_MAX;
use crate::server::access::undivided;
use crate::server::edge::{Edge, unavailable};
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

    type RunReportStream = Pin<Box<dyn Stream<Item = Item> + Send>>;

    async fn run_report(&self, request: Request<v1::RunReportRequest>) -> Answer<Self::RunReportStream> {
        let (caller, message) = self.open(request)?;
        undivided(&self.reader().book(), &caller)?;
        let (today, last) = (self.today(), self.reader().last_sequence());
        let order = query(|violations| parse::report::order(&message, (today, last), violations))?;
        let Ok(permit) = Arc::clone(&self.reports).try_acquire_owned() else { return Err(busy().into()) };
        let (sender, receiver) = mpsc::channel(BUFFERED_PARTS);
        let reader = self.reader().clone();
        task::spawn_blocking(move || {
            match make(&reader, &order) {
                Ok(report) => send(&report, &order, &sender),
                // The client may have gone; then there is nobody to tell.
                Err(fault) => drop(sender.blocking_send(Err(unavailable(&fault).into()))),
            }
            drop(permit);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

fn busy() -> Rejection {
    Rejection::new(
        Reason::QueueFull,
        "",
        format!("{REPORTS_MAX} reports are being made already; come back in a minute"),
        format!("正在生成 {REPORTS_MAX} 份报表，请稍后重试"),
    )
}

fn make(reader: &Reader, order: &Order) -> Result<Report, ReadFault> {
    let mut extract = Extract::new(&order.question);
    let known_at = order.question.known_at;
    reader.visit_blocking(known_at, &mut |entry| extract.take(entry))?;
    let root = reader.tree_root_blocking(known_at.value())?.map(|root| root.to_string()).unwrap_or_default();
    Ok(run(order.name, &extract, &order.question, &root))
}

/// Sends the parts; ends quietly when the client has gone.
fn send(report: &Report, order: &Order, sender: &mpsc::Sender<Item>) {
    let send = |part| sender.blocking_send(Ok(v1::RunReportResponse { part: Some(part) })).is_ok();
    if !send(Part::Head(render::head(report))) {
        return;
    }
    let Some(form) = order.form else {
        for section in &report.sections {
            if !send(Part::Section(render::section(section))) {
                return;
            }
            for rows in section.rows.chunks(ROWS_PER_PART) {
                if !send(Part::Rows(render::rows(rows))) {
                    return;
                }
            }
        }
        return;
    };
    match write(report, form, order.language) {
        Ok(file) => {
            let _all = file.chunks(CHUNK_BYTES).all(|chunk| send(Part::FileChunk(chunk.to_vec())));
        }
        Err(fault) => drop(sender.blocking_send(Err(Status::internal(fault.to_string())))),
    }
}
