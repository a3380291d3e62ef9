//! The committer: one batch after the other becomes durable, then visible, then answered.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::decider::{Answers, Batch, Reply};
use super::observe::{Commit, Observer};
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
    /// Where the callers wait, if they wait on a runtime.
    pub(super) runtime: Option<Handle>,
    pub(super) observer: Arc<dyn Observer>,
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
        let Batch { records, answers, .. } = batch;
        let (count, mut times) = (records.len(), (Duration::ZERO, None));
        if !records.is_empty() {
            let (block, next, leaves) = self.head.seal_with_leaves(records);
            let began = Instant::now();
            self.storage.append(&block)?;
            times = (began.elapsed(), self.storage.last_sync());
            self.publisher.publish(&block, &leaves, next.clone());
            self.head = next;
        }
        self.observer.committed(&Commit::of(count, &answers, times));
        self.answer(answers);
        Ok(())
    }

    /// Answers everybody of a batch. More than one are answered by a task on the callers' own runtime: there the wakes
    /// are cheap, and the answers of one connection leave in one write.
    fn answer(&self, answers: Answers) {
        match &self.runtime {
            Some(runtime) if answers.len() > 1 => drop(runtime.spawn(async move { send_all(answers) })),
            Some(_) | None => send_all(answers),
        }
    }
}

fn send_all(answers: Answers) {
    answers.into_iter().for_each(Reply::send);
}
