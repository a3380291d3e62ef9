//! Simulations: a walk through the whole journal beside the service, one at a time; or, for whoever does not wait for it, a
//! job that is kept for a while.
//!
//! The walk reads the store's blocks as they were when it began, on a thread of its own that may wait for the disk, and keeps
//! one block in memory beside the shadow book. It takes no lock that a write needs.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::calendar::CivilDate;
use crate::decide::rejection::{Reason, Rejection};
use crate::decide::whatif::WhatIf;
use crate::proto::v1;
use crate::proto::v1::simulate_rulebook_response::Message;
use crate::rulebook::Rulebook;
use crate::server::edge::{Edge, unavailable};
use crate::server::jobs::{Key, Product, State, WhatIfKey, walk as walk_of_job};
use crate::server::render::{simulation, timestamp};

/// How many messages wait for a slow client; after that the walk waits.
const BUFFER_MESSAGES: usize = 4;

/// A message of progress after so many entries.
const PROGRESS_ENTRIES: u64 = 20_000;

type Item = Result<v1::SimulateRulebookResponse, Status>;

/// Progress, then the report.
pub(super) type SimulationStream = ReceiverStream<Item>;

/// What to try out.
pub(super) struct Wanted {
    pub(super) rulebook: Rulebook,
    pub(super) from: Option<CivilDate>,
    pub(super) top: usize,
    /// How long to wait for a job, and whether one of fewer entries will not do; `None` for a walk of one's own.
    pub(super) job: Option<(Duration, bool)>,
}

/// Finds or begins a job, and answers with its report or with how far it is.
async fn of_job(edge: &Edge, wanted: Wanted, wait: Duration, anew: bool) -> Result<SimulationStream, Rejection> {
    let Wanted { rulebook, from, top, .. } = wanted;
    let known_at = edge.reader().last_sequence();
    let key = Key::WhatIf(WhatIfKey { digest: rulebook.digest, from, top, known_at });
    let known = edge.jobs.newest(&key, true).filter(|job| !anew || job.key == key || job.made().is_none());
    let job = if let Some(job) = known {
        job
    } else {
        let of_thread = edge.clone();
        edge.jobs.start(edge, key, move |job| {
            let mut whatif = WhatIf::new(&rulebook, from);
            walk_of_job(&of_thread, job, &mut |entry| whatif.take(entry))?;
            Some(Product::WhatIf(Box::new(simulation::report(&whatif.report(top)))))
        })?
    };
    let message = match job.wait(Some(wait)).await {
        State::Made(made) => match &made.product {
            Product::WhatIf(report) => {
                Message::Report(v1::SimulationReport { made_at: Some(timestamp(made.at)), ..(**report).clone() })
            }
            Product::Report(_) | Product::File(_) => return Err(Rejection::plain(Reason::Unavailable)),
        },
        State::Waiting | State::Running => {
            Message::Progress(v1::SimulationProgress { entries: job.entries(), total: job.key.known_at().value() })
        }
        State::Failed => return Err(Rejection::plain(Reason::Unavailable)),
    };
    let (sender, receiver) = mpsc::channel(1);
    // There is room for one.
    drop(sender.try_send(Ok(v1::SimulateRulebookResponse { message: Some(message) })));
    Ok(ReceiverStream::new(receiver))
}

/// Starts a walk, refused while another one is under way; or asks a job.
pub(super) async fn open(edge: &Edge, wanted: Wanted) -> Result<SimulationStream, Rejection> {
    if let Some((wait, anew)) = wanted.job {
        return of_job(edge, wanted, wait, anew).await;
    }
    let Ok(permit) = Arc::clone(&edge.simulations).try_acquire_owned() else {
        return Err(Rejection::new(
            Reason::QueueFull,
            "",
            "another simulation is under way; come back when it is done",
            "已有模拟测算在进行，请稍后重试",
        ));
    };
    let (sender, receiver) = mpsc::channel(BUFFER_MESSAGES);
    let of_thread = edge.clone();
    drop(tokio::task::spawn_blocking(move || walk(&of_thread, &wanted, &sender, permit)));
    Ok(ReceiverStream::new(receiver))
}

/// Walks through the journal until its end, or until the client has gone.
fn walk(edge: &Edge, wanted: &Wanted, sender: &mpsc::Sender<Item>, _permit: OwnedSemaphorePermit) {
    let reader = edge.reader();
    let total = reader.last_sequence().value();
    let mut whatif = WhatIf::new(&wanted.rulebook, wanted.from);
    let mut gone = false;
    let scanned = reader.scan(&mut |entry| {
        whatif.take(&entry);
        let entries = entry.sequence.value();
        if entries.is_multiple_of(PROGRESS_ENTRIES) {
            let progress = Message::Progress(v1::SimulationProgress { entries, total });
            gone = sender.blocking_send(Ok(v1::SimulateRulebookResponse { message: Some(progress) })).is_err();
        }
        if gone || entries >= total { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let last = match scanned {
        Ok(()) => Ok(v1::SimulateRulebookResponse {
            message: Some(Message::Report(v1::SimulationReport {
                made_at: Some(timestamp(edge.clock().now())),
                ..simulation::report(&whatif.report(wanted.top))
            })),
        }),
        Err(fault) => Err(unavailable(&fault).into()),
    };
    // Whoever has gone meanwhile misses nothing.
    drop(sender.blocking_send(last));
}
