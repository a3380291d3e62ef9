//! How a copy of the state is taken while others write.
//!
//! What is applied is ahead of what is durable by some milliseconds, and a snapshot is of the durable. So the one who
//! wants a copy asks for a pause; the decider, between two batches, stops until it was taken. A copy shares its chunks with
//! the state, so the pause is the wait for one sync and a count for each chunk.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{BlockIndex, Published, Reader, Recent, View};
use crate::book::Book;
use crate::identifier::Sequence;
use crate::journal::block::Head;
use crate::reader::work::Work;

/// The longest pause: whoever asked for it may be gone.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// How often it is looked whether everything is durable.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// A pause that somebody asks for and the decider keeps.
#[derive(Debug, Default)]
pub(super) struct Pause {
    wanted: Mutex<bool>,
    over: Condvar,
}

impl Pause {
    /// Waits while a pause is wanted.
    pub(super) fn hold(&self) {
        let mut wanted = self.wanted.lock();
        while *wanted {
            if self.over.wait_for(&mut wanted, PAUSE_MAX).timed_out() {
                return;
            }
        }
    }

    fn begin(&self) {
        *self.wanted.lock() = true;
    }

    /// Waits for a moment, on a thread that may.
    fn wait(&self, moment: Duration) {
        self.over.wait_for(&mut self.wanted.lock(), moment);
    }

    fn end(&self) {
        *self.wanted.lock() = false;
        self.over.notify_all();
    }
}

impl Reader {
    /// A copy of the state at a moment when all of it is durable, to make a snapshot of; `None` where what was applied did
    /// not become durable in time, as of a ledger that is full or has a fault.
    pub(crate) fn copy(&self) -> Option<StateCopy> {
        if let Some(copy) = self.copy_now() {
            return Some(copy);
        }
        self.shared.pause.begin();
        let tries = PAUSE_MAX.as_micros().checked_div(LOOK_EVERY.as_micros()).unwrap_or(1);
        let copy = (0..tries).find_map(|_| {
            self.shared.pause.wait(LOOK_EVERY);
            self.copy_now()
        });
        self.shared.pause.end();
        copy
    }

    fn copy_now(&self) -> Option<StateCopy> {
        let published = self.shared.published.read();
        let View { book, head, .. } = &published.view;
        if book.last_sequence() != Sequence::new(head.last_sequence) {
            return None;
        }
        Some(StateCopy::of(&published))
    }
}

/// A copy of the state, without what a start makes anew.
#[derive(Debug)]
pub(crate) struct StateCopy(pub(super) Published);

impl StateCopy {
    /// Of a state all of which is durable.
    pub(super) fn of(published: &Published) -> Self {
        let View { book, history, cases, figures, index, head, work: _ } = &published.view;
        let view = View {
            book: Book::clone(book),
            history: history.clone(),
            cases: cases.clone(),
            figures: figures.clone(),
            work: Work::default(),
            index: index.clone(),
            head: head.clone(),
        };
        let blocks = BlockIndex { first_sequences: published.blocks.first_sequences.clone() };
        let subtrees = published.subtrees.clone();
        Self(Published { view, blocks, recent: Recent::default(), subtrees })
    }
}

impl StateCopy {
    /// The end of the journal that it is the state of.
    pub(crate) const fn head(&self) -> &Head {
        &self.0.view.head
    }
}
