//! The mover: a thread that gives the engine what is committed, many blocks at once.
//!
//! Handing a block to sled and having it synced wakes a dozen threads, whatever its size. So blocks wait here, durable in
//! the commit files and readable from memory, until some megabytes have come together or a moment has passed, and then go
//! in one batch. Only what the engine has synced may be overwritten in the commit files: those who wait for that are why
//! memory is bounded, too.
//!
//! A fault of the mover finishes the store as one of an append does. What it could not move stays in the commit files, and
//! the next opening moves it.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::engine::Engine;
use crate::storage::Fault;

/// The most bytes of blocks that go to the engine in one batch, one block at least. With so many waiting it begins at once.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How long the first block waits for companions. Afterwards an idle ledger has everything in the engine.
const COMPANY: Duration = Duration::from_millis(250);

/// A committed block that the engine does not have yet.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) height: u64,
    /// Its bytes as they stand in a stream.
    pub(super) stream: Arc<[u8]>,
}

/// What is committed and has to be moved, and how far that has come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// The mover waits here for work.
    work: Condvar,
    /// Appenders wait here for the mover.
    moved: Condvar,
    /// Up to which height the engine has everything, synced.
    moved_height: AtomicU64,
    /// The first fault; whoever sets it finishes the store.
    poison: OnceLock<String>,
}

#[derive(Debug, Default)]
struct State {
    /// Heights without a gap.
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Somebody waits until the engine has this height.
    wanted: u64,
    stopping: bool,
    /// For tests: nothing is moved.
    held: bool,
}

impl State {
    /// Whether the mover should begin at once.
    fn is_urgent(&self) -> bool {
        let wanted = self.waiting.front().is_some_and(|first| first.height <= self.wanted);
        self.bytes >= BATCH_BYTES || wanted || self.stopping
    }

    fn batch(&self) -> Vec<Waiting> {
        let mut bytes = 0_usize;
        let fits = |next: &&Waiting| {
            let first = bytes == 0;
            bytes = bytes.saturating_add(next.stream.len());
            first || bytes <= BATCH_BYTES
        };
        self.waiting.iter().take_while(fits).cloned().collect()
    }
}

impl Queue {
    /// The engine has everything up to this height.
    pub(super) fn new(moved: u64) -> Self {
        Self { moved_height: AtomicU64::new(moved), ..Self::default() }
    }

    /// Up to which height the engine has everything, synced.
    pub(super) fn moved(&self) -> u64 {
        self.moved_height.load(Ordering::Acquire)
    }

    /// Adds the next block, which is durable.
    pub(super) fn push(&self, block: Waiting) {
        let mut state = self.state.lock();
        let was_urgent = state.is_urgent();
        state.bytes = state.bytes.saturating_add(block.stream.len());
        state.waiting.push_back(block);
        // Between the first and the one that makes it urgent there is no reason to wake anybody.
        if state.waiting.len() == 1 || (!was_urgent && state.is_urgent()) {
            self.work.notify_one();
        }
    }

    /// The block of this height, if it is still waiting. The engine has every committed block that is not.
    pub(super) fn find(&self, height: u64) -> Option<Arc<[u8]>> {
        let state = self.state.lock();
        let first = state.waiting.front()?.height;
        let index = usize::try_from(height.checked_sub(first)?).ok()?;
        state.waiting.get(index).map(|block| Arc::clone(&block.stream))
    }

    /// Waits until the engine has everything up to this height, synced.
    pub(super) fn wait_until_moved(&self, height: u64) -> Result<(), Fault> {
        let mut state = self.state.lock();
        while self.moved() < height {
            self.check_usable()?;
            state.wanted = state.wanted.max(height);
            self.work.notify_one();
            self.moved.wait(&mut state);
        }
        self.check_usable()
    }

    /// Notes that the engine was given everything up to this height by another way, when nothing was waiting.
    pub(super) fn skip_to(&self, height: u64) {
        self.moved_height.store(height, Ordering::Release);
    }

    /// Refuses to go on after a fault.
    pub(super) fn check_usable(&self) -> Result<(), Fault> {
        match self.poison.get() {
            None => Ok(()),
            Some(reason) => Err(Fault::Poisoned { reason: reason.clone() }),
        }
    }

    /// The first fault, if there was one.
    pub(super) fn poison(&self) -> Option<&String> {
        self.poison.get()
    }

    /// Finishes the store with its first fault; a later one is a consequence.
    pub(super) fn finish(&self, reason: impl Into<String>) {
        self.poison.get_or_init(|| reason.into());
        // Under the lock: whoever has just looked is waiting by now.
        let state = self.state.lock();
        self.work.notify_all();
        self.moved.notify_all();
        drop(state);
    }

    /// Lets the mover end once it has moved everything.
    pub(super) fn stop(&self) {
        let mut state = self.state.lock();
        state.stopping = true;
        state.held = false;
        self.work.notify_all();
    }

    /// For tests: nothing is moved from now on, as if the mover were slow.
    #[cfg(test)]
    pub(super) fn hold(&self) {
        self.state.lock().held = true;
    }

    /// For tests: the mover goes on.
    #[cfg(test)]
    pub(super) fn release(&self) {
        self.state.lock().held = false;
        self.work.notify_all();
    }

    /// The blocks to move next; `None` when the mover has to end.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state.lock();
        loop {
            if self.poison.get().is_some() {
                return None;
            }
            if state.held || state.waiting.is_empty() {
                if state.stopping {
                    return None;
                }
                self.work.wait(&mut state);
                continue;
            }
            if !state.is_urgent() {
                self.work.wait_while_for(&mut state, |state| !state.is_urgent() && !state.held, COMPANY);
            }
            if !state.held {
                return Some(state.batch());
            }
        }
    }

    /// Forgets the first blocks, which the engine has now, synced.
    fn note_moved(&self, batch: &[Waiting]) {
        let mut state = self.state.lock();
        for block in batch {
            state.bytes = state.bytes.saturating_sub(block.stream.len());
            state.waiting.pop_front();
            // Readers look here before they ask the queue.
            self.moved_height.store(block.height, Ordering::Release);
        }
        self.moved.notify_all();
    }
}

/// Starts the mover. It ends after [`Queue::stop`] or a fault.
pub(super) fn start(engine: Arc<Engine>, queue: Arc<Queue>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("mover".to_owned()).spawn(move || {
        let guard = Guard(&queue);
        run(&engine, &queue);
        drop(guard);
    })
}

fn run(engine: &Engine, queue: &Queue) {
    while let Some(batch) = queue.next() {
        let blocks = batch.iter().map(|block| (block.height, &*block.stream));
        if let Err(fault) = engine.put(blocks).and_then(|()| engine.sync()) {
            tracing::error!(%fault, "what is committed cannot be moved on; the next start does it");
            return queue.finish(fault.to_string());
        }
        queue.note_moved(&batch);
    }
}

/// Whoever waits for the mover must not wait for ever, if it dies of a bug.
struct Guard<'a>(&'a Queue);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.finish("the mover stopped on a bug; report it");
        }
    }
}
