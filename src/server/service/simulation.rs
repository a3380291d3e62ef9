//! Simulations: a walk through the whole journal beside the service, one at a time.
//!
//! It reads the store's blocks as they were when it began, on a thread of its own that may wait for the disk, and keeps
//! one block in memory beside the shadow book. It takes no lock that a write needs.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::calendar::CivilDate;
use crate::decide::rejection::{Reason, Rejection};
use crate::decide::whatif::WhatIf;
use crate::proto::v1;
use crate::proto::v1::simulate_rulebook_response::Message;
use crate::reader::Reader;
use crate::rulebook::Rulebook;
use crate::server::edge::{Edge, unavailable};
use crate::server::render::simulation;

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
}

/// Starts a walk; refused while another one is under way.
pub(super) fn open(edge: &Edge, wanted: Wanted) -> Result<SimulationStream, Rejection> {
    let Ok(permit) = Arc::clone(&edge.simulations).try_acquire_owned() else {
        return Err(Rejection::new(
            Reason::QueueFull,
            "",
            "another simulation is under way; come back when it is done",
            "已有模拟测算在进行，请稍后重试",
        ));
    };
    let (sender, receiver) = mpsc::channel(BUFFER_MESSAGES);
    let reader = edge.reader().clone();
    drop(tokio::task::spawn_blocking(move || walk(&reader, &wanted, &sender, permit)));
    Ok(ReceiverStream::new(receiver))
}

/// Walks through the journal until its end, or until the client has gone.
fn walk(reader: &Reader, wanted: &Wanted, sender: &mpsc::Sender<Item>, _permit: OwnedSemaphorePermit) {
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
            message: Some(Message::Report(simulation::report(&whatif.report(wanted.top)))),
        }),
        Err(fault) => Err(unavailable(&fault).into()),
    };
    // Whoever has gone meanwhile misses nothing.
    drop(sender.blocking_send(last));
}
