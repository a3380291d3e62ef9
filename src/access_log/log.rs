//! Writing the log: one thread, one file at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::Instant;

use super::names;
use super::read::{files, last_line};
use super::{FILE_BYTES_MAX, FOLDER, GATHER, QUEUE_RECORDS_MAX, Record, SYNC_INTERVAL};
use crate::background::yield_to_others;

/// Why the log cannot be written.
#[derive(Debug, Error)]
pub enum AccessLogFault {
    /// The folder or a file cannot be read or written.
    #[error("the access log in `{0}` cannot be written: {1}; make room or mend the rights, then start again")]
    Io(PathBuf, io::Error),
    /// The last line is not one of the log's.
    #[error("the access log ends with a line that is none: {0}; run `ipledger access verify`")]
    Malformed(String),
}

/// The way into the log; clones lead to the same.
#[derive(Debug, Clone)]
pub struct AccessLog {
    folder: Arc<Path>,
    queue: Sender<Waiting>,
    /// One permit per place in the queue: who finds none waits.
    places: Arc<Semaphore>,
    head: watch::Receiver<Head>,
}

/// The last line written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 when there is none.
    pub number: u64,
    /// SHA-256 of the line, in hex.
    pub hash: String,
}

struct Waiting {
    /// `None` for who only wants to know that everything before is written.
    record: Option<Record>,
    written: Option<oneshot::Sender<()>>,
    _place: OwnedSemaphorePermit,
}

impl AccessLog {
    /// Opens the log in a data folder; a line that a crash left half written is cut off.
    pub fn open(data: &Path) -> Result<Self, AccessLogFault> {
        Self::open_with(data, FILE_BYTES_MAX)
    }

    /// The same with files of another size, for tests.
    pub(super) fn open_with(data: &Path, file_bytes_max: u64) -> Result<Self, AccessLogFault> {
        let folder = data.join(FOLDER);
        let fault = |error| AccessLogFault::Io(folder.clone(), error);
        fs::create_dir_all(&folder).map_err(fault)?;
        let mut head = Head { number: 0, hash: hash_of(b"") };
        let mut current = None;
        for path in files(&folder).map_err(fault)?.into_iter().rev() {
            let (line, length) = last_line(&path).map_err(fault)?;
            let file = OpenOptions::new().append(true).open(&path).map_err(fault)?;
            file.set_len(length).map_err(fault)?;
            current.get_or_insert((file, length));
            if let Some(line) = line {
                let record: Record = serde_json::from_slice(&line)
                    .map_err(|error| AccessLogFault::Malformed(format!("{}: {error}", path.display())))?;
                head = Head { number: record.n, hash: hash_of(&line) };
                break;
            }
        }
        let (queue, waiting) = crossbeam_channel::bounded(QUEUE_RECORDS_MAX);
        let (told, newest) = watch::channel(head.clone());
        let scribe = Scribe { folder: folder.clone(), head, current, waiting, told, file_bytes_max };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || scribe.run()).map_err(fault)?;
        let places = Arc::new(Semaphore::new(QUEUE_RECORDS_MAX));
        Ok(Self { folder: Arc::from(folder), queue, places, head: newest })
    }

    /// Whether records are still taken: not after the file could not be written.
    pub fn is_open(&self) -> bool {
        self.head.has_changed().is_ok()
    }

    /// Waits until the log cannot be written any more; for ever while all is well. Who serves the ledger then exits: it could
    /// only refuse.
    pub async fn failed(&self) {
        let mut head = self.head.clone();
        while head.changed().await.is_ok() {}
    }

    /// Takes a record; `prev` and `n` are filled in. False when the log cannot be written any more.
    pub async fn append(&self, record: Record) -> bool {
        self.enqueue(Some(record), None).await
    }

    /// Takes a record and waits until it is in the file. False when the log cannot be written any more.
    pub async fn append_and_wait(&self, record: Record) -> bool {
        let (sender, written) = oneshot::channel();
        self.enqueue(Some(record), Some(sender)).await && written.await.is_ok()
    }

    /// Waits until everything taken so far can be read from the files. False when the log cannot be written any more.
    pub async fn settled(&self) -> bool {
        let (sender, written) = oneshot::channel();
        self.enqueue(None, Some(sender)).await && written.await.is_ok()
    }

    async fn enqueue(&self, record: Option<Record>, written: Option<oneshot::Sender<()>>) -> bool {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return false };
        self.queue.try_send(Waiting { record, written, _place: place }).is_ok()
    }

    /// The folder of the log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The last line written: to be named where the log's keeper cannot reach.
    pub fn head(&self) -> Head {
        self.head.borrow().clone()
    }
}

/// SHA-256 in hex.
pub(super) fn hash_of(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

struct Scribe {
    folder: PathBuf,
    head: Head,
    /// The newest file with its length.
    current: Option<(File, u64)>,
    waiting: Receiver<Waiting>,
    told: watch::Sender<Head>,
    file_bytes_max: u64,
}

/// Lets others come, so that they are written together: a wake of this thread and a write for each call were a tenth of
/// what a call cost the server. A crash of the process may take what was gathered, which is within what
/// [the module](super) allows; a refusal that comes meanwhile waits as long.
#[expect(clippy::disallowed_methods, reason = "a thread of its own, which nobody waits for")]
fn gather() {
    thread::sleep(GATHER);
}

impl Scribe {
    fn run(mut self) {
        let mut unsynced: Option<Instant> = None;
        loop {
            let left = unsynced.map_or(SYNC_INTERVAL, |since| SYNC_INTERVAL.saturating_sub(since.elapsed()));
            let written = match self.waiting.recv_timeout(left) {
                Ok(first) => {
                    if first.written.is_none() {
                        gather();
                    }
                    let batch = std::iter::once(first).chain(self.waiting.try_iter()).collect();
                    unsynced.get_or_insert_with(Instant::now);
                    self.write(batch)
                }
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => return drop(self.sync()),
            };
            let due = unsynced.is_some_and(|since| since.elapsed() >= SYNC_INTERVAL);
            let synced = written.and_then(|()| if due { self.sync() } else { Ok(()) });
            if due {
                unsynced = None;
            }
            if let Err(error) = synced {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, folder = %self.folder.display(), "the access log cannot be written");
                // Dropping the queue and the head tells everybody: nothing is answered without its record.
                return;
            }
        }
    }

    /// One write for all that waits, then whoever waits hears of it.
    fn write(&mut self, batch: Vec<Waiting>) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut answers = Vec::new();
        let mut head = self.head.clone();
        let first = head.number.saturating_add(1);
        for Waiting { record, written, _place } in batch {
            answers.extend(written);
            let Some(mut record) = record else { continue };
            record.n = head.number.saturating_add(1);
            record.prev = head.hash;
            let line = serde_json::to_vec(&record)?;
            head = Head { number: record.n, hash: hash_of(&line) };
            lines.extend(line);
            lines.push(b'\n');
        }
        if !lines.is_empty() {
            let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            let file = self.file(first, length)?;
            file.write_all(&lines)?;
            self.head = head;
            self.told.send_replace(self.head.clone());
        }
        for answer in answers {
            // Who does not wait any more need not be told.
            answer.send(()).unwrap_or_default();
        }
        Ok(())
    }

    /// The file that the lines go into: a new one when they would make the newest too long.
    fn file(&mut self, first: u64, length: u64) -> io::Result<&mut File> {
        let full = self
            .current
            .as_ref()
            .is_none_or(|(_, size)| *size > 0 && size.saturating_add(length) > self.file_bytes_max);
        if full {
            self.sync()?;
            let path = self.folder.join(format!("access-{first:012}.jsonl"));
            self.current = Some((OpenOptions::new().append(true).create(true).open(path)?, 0));
            // The name is in the folder, and the folder must be on disk for the file to be found.
            File::open(&self.folder)?.sync_all()?;
            self.name_finished();
        }
        let (file, size) = self.current.as_mut().ok_or_else(|| io::Error::other("no file of the log is open"))?;
        *size = size.saturating_add(length);
        Ok(file)
    }

    /// Lists the names of the files that are finished now, beside the log's own work. Whoever asks first makes the list
    /// where this did not come to it.
    fn name_finished(&self) {
        let folder = self.folder.clone();
        let work = move || {
            // Beside calls that wait, this waits: it reads a whole file.
            yield_to_others();
            let made = files(&folder).and_then(|files| names::make_missing(&folder, &files));
            if let Err(error) = made {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, folder = %folder.display(), "the names in the access log cannot be listed");
            }
        };
        if let Err(error) = thread::Builder::new().name("access-names".to_owned()).spawn(work) {
            tracing::warn!(%error, "the names in the access log are not listed now");
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.current.as_ref().map_or(Ok(()), |(file, _)| file.sync_data())
    }
}
