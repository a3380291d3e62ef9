//! The taker: writes a snapshot now and then while the ledger runs, and a last one when it has stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{error, io};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::{load, write};
use crate::reader::Reader;
use crate::storage::Storage;

/// How often the thread looks whether a snapshot is due.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running ledger's thread for snapshots. When it is dropped without [`Taker::finish`] the thread ends, and no last
/// snapshot is written.
#[derive(Debug)]
pub struct Taker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

struct Work {
    data: PathBuf,
    storage: Arc<dyn Storage>,
    reader: Reader,
    /// How many entries lie between two snapshots.
    every: u64,
    /// How many entries the newest snapshot is of.
    newest: u64,
    /// When the next is due, in entries.
    due: u64,
}

impl Taker {
    /// Starts the thread: a snapshot whenever `every` more entries are durable than the newest snapshot, which is of
    /// `newest` entries, has.
    pub fn start(data: &Path, storage: Arc<dyn Storage>, reader: Reader, every: u64, newest: u64) -> io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded(1);
        let (every, data) = (every.max(1), data.to_path_buf());
        let work = Work { data, storage, reader, every, newest, due: newest.saturating_add(every) };
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
            if durable >= self.due {
                let made = self.take_apart();
                self.tell(made);
                // After a failure too: a disk that is full stays so for a while.
                self.due = durable.saturating_add(self.every);
            }
        }
    }

    /// From the state of the reader, which nobody waits for any more.
    fn take_live(&self) -> Result<(PathBuf, u64), Box<dyn error::Error>> {
        self.reader.lend(|state| Ok((write(&self.data, state)?, state.head().last_sequence)))
    }

    /// From the snapshot before and the journal, as a start would do it.
    fn take_apart(&self) -> Result<(PathBuf, u64), Box<dyn error::Error>> {
        let loaded = load(&self.data, self.storage.as_ref(), &mut |_| {})?.loaded;
        Ok((write(&self.data, loaded.state())?, loaded.view().head.last_sequence))
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
