//! A call that goes on after its handler has answered: a stream that keeps bringing work.
//!
//! The guard charges and writes down a call when it begins. What a stream brings later is charged as it comes, and each
//! batch of it has a record of its own.

use std::sync::Arc;

use tokio::time::Instant;
use tonic::Code;

use crate::access_log::Record;
use crate::server::edge::Edge;

use super::{CALL, Call, code_name};

/// The call that began a stream; nothing where no guard stands (tests of handlers).
#[derive(Debug, Clone)]
pub(in crate::server) struct Ongoing(Option<Arc<Call>>);

impl Ongoing {
    /// The running call.
    pub(in crate::server) fn of_this_call() -> Self {
        Self(CALL.try_with(Arc::clone).ok())
    }

    /// Charges a batch, and waits until the caller owes nothing.
    pub(in crate::server) async fn pay(&self, items: usize, bytes: usize) {
        let Some(call) = &self.0 else { return };
        call.meter.charge_requests(items);
        call.meter.charge(bytes);
        while let Some(wait) = call.meter.owes(call.watch.limits.now()) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Writes a batch down; false if the log is closed, and nothing may be answered then.
    pub(in crate::server) async fn record(&self, edge: &Edge, began: Instant, resources: Vec<String>) -> bool {
        let Some(call) = &self.0 else { return true };
        let Some(log) = call.watch.log() else { return true };
        let entry = Record {
            time: edge.clock().now().micros(),
            us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            who: call.who.clone(),
            peer: call.peer.clone(),
            rpc: call.rpc.clone(),
            resources,
            code: code_name(Code::Ok).to_owned(),
            ..Record::default()
        };
        log.append(entry).await
    }
}
