//! The taker: writes a snapshot now and then while the ledger runs, and a last one when it has stopped.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{error, io};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::write;
use crate::background::yield_to_others;
use crate::reader::Reader;

/// How often the thread looks whether a snapshot is due.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// So many entries between two looks, and the ledger is busy: a snapshot, which writes the whole state, would take a part
/// of the processor's time from whoever writes. It waits.
const BUSY_ENTRIES: u64 = 200;

/// A busy ledger gets its snapshot all the same when so many were due, or a quarter of what the newest one holds: so that
/// a start never has much more to read than that, and a large state is not written again and again.
const OVERDUE: u64 = 10;

/// A running ledger's thread for snapshots. When it is dropped without [`Taker::finish`] the thread ends, and no last
/// snapshot is written.
#[derive(Debug)]
pub struct Taker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

struct Work {
    data: PathBuf,
    reader: Reader,
    /// How many entries lie between two snapshots.
    every: u64,
    /// How many entries the newest snapshot is of.
    newest: u64,
    /// When the next is due, in entries.
    due: u64,
    /// How many entries there were at the last look.
    seen: u64,
}

impl Taker {
    /// Starts the thread: a snapshot whenever `every` more entries are durable than the newest snapshot, which is of
    /// `newest` entries, has.
    pub fn start(data: &Path, reader: Reader, every: u64, newest: u64) -> io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded(1);
        let (every, data) = (every.max(1), data.to_path_buf());
        let work = Work { data, reader, every, newest, due: newest.saturating_add(every), seen: newest };
        let thread = thread::Builder::new().name("snapshots".to_owned()).spawn(move || work.run(&stopped))?;
        Ok(Self { stop, thread })
    }

    /// Writes a last snapshot, of a ledger that takes no more commands, and ends the thread. A snapshot that cannot be
    /// written is told in the log: the next start then reads more of the journal.
    pub fn finish(self) {
        let told = self.stop.send(()).is_ok();
        if self.thread.join().is_err() || !told {
            tracing::error!("the thread for snapshots had ended");
        }
    }
}

impl Work {
    fn run(mut self, stopped: &Receiver<()>) {
        loop {
            let last = match stopped.recv_timeout(LOOK_EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let durable = self.reader.last_sequence().value();
            if last {
                if durable > self.newest {
                    let made = self.take_live();
                    self.tell(made);
                }
                return;
            }
            let grown = durable.saturating_sub(std::mem::replace(&mut self.seen, durable));
            if is_due(durable, grown, self.due, (self.every, self.newest)) {
                let made = self.take_copy();
                self.tell(made);
                // After a failure too: a disk that is full stays so for a while.
                self.due = durable.saturating_add(self.every);
            }
        }
    }

    /// From the state of the reader, which nobody waits for any more.
    fn take_live(&self) -> Result<(PathBuf, u64), Box<dyn error::Error>> {
        self.take_copy()
    }

    /// From a copy of the state of the reader, while others write.
    fn take_copy(&self) -> Result<(PathBuf, u64), Box<dyn error::Error>> {
        let copy = self.reader.copy().ok_or("what was decided did not become durable")?;
        let entries = copy.head().last_sequence;
        // On a thread of its own, which yields: for the copy others waited, and it must not.
        let written = thread::scope(|scope| {
            let writing = thread::Builder::new().name("snapshot-write".to_owned());
            let writing = writing.spawn_scoped(scope, || {
                yield_to_others();
                write(&self.data, copy)
            })?;
            writing.join().map_err(|_panic| io::Error::other("the thread that writes it panicked"))?
        })?;
        Ok((written, entries))
    }

    fn tell(&mut self, made: Result<(PathBuf, u64), Box<dyn error::Error>>) {
        match made {
            Ok((path, entries)) => {
                tracing::info!(snapshot = %path.display(), entries, "snapshot written");
                self.newest = entries;
            }
            Err(problem) => {
                tracing::error!(problem = &*problem, "no snapshot could be written; the next start reads more");
            }
        }
    }
}

/// Whether a snapshot is taken now, of a ledger that has `grown` by so many entries since the last look.
fn is_due(durable: u64, grown: u64, due: u64, (every, newest): (u64, u64)) -> bool {
    let overdue = every.saturating_mul(OVERDUE).max(newest.div_euclid(4));
    durable >= due && (grown < BUSY_ENTRIES || durable >= newest.saturating_add(overdue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_ledger_waits_for_its_snapshot_but_not_for_ever() {
        let sizes = (100_000, 1_000_000);
        let due = 1_100_000;
        assert!(!is_due(1_099_999, 0, due, sizes), "not due");
        assert!(is_due(1_100_000, BUSY_ENTRIES - 1, due, sizes), "due, and few write");
        assert!(!is_due(1_100_000, BUSY_ENTRIES, due, sizes), "due, but busy");
        assert!(!is_due(1_999_999, 10_000, due, sizes));
        assert!(is_due(2_000_000, 10_000, due, sizes), "ten are due");
        assert!(!is_due(12_499_999, 10_000, 10_100_000, (100_000, 10_000_000)));
        assert!(is_due(12_500_000, 10_000, 10_100_000, (100_000, 10_000_000)), "a quarter of a large one");
        assert!(
            !is_due(2_000_000, 10_000, 2_100_000, sizes),
            "one that failed is tried again after the next hundred thousand"
        );
    }
}
