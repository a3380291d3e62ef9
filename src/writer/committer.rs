//! The committer: one batch after the other becomes durable, then visible, then answered.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::decider::Batch;
use super::{Alarm, WriterFault};
use crate::journal::block::Head;
use crate::reader::Publisher;
use crate::storage::Storage;

pub(super) struct Committer {
    pub(super) batches: Receiver<Batch>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) head: Head,
    pub(super) publisher: Publisher,
    pub(super) alarm: Alarm,
}

impl Committer {
    /// Commits until the decider has no more. After a fault nothing is written again: whoever waits is dropped, which
    /// tells them that the outcome is unknown.
    pub(super) fn run(mut self) {
        while let Ok(batch) = self.batches.recv() {
            if let Err(fault) = self.commit(batch) {
                return self.alarm.raise(fault);
            }
        }
    }

    fn commit(&mut self, batch: Batch) -> Result<(), WriterFault> {
        let Batch { records, entries, answers, .. } = batch;
        if !records.is_empty() {
            let (block, next, leaves) = self.head.seal_with_leaves(records);
            self.storage.append(&block)?;
            self.publisher.publish(entries, &leaves, next.clone());
            self.head = next;
        }
        for (reply, outcome) in answers {
            // Whoever has gone meanwhile changes nothing: the entry stands.
            drop(reply.send(outcome));
        }
        Ok(())
    }
}
