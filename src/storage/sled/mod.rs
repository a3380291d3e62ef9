//! The store that production uses: sled 0.34, kept to what was measured to be safe with it.
//!
//! ```text
//! folder/        locked by the process that has it open
//!   head         the witness, see `witness.rs`
//!   store/       sled: `db` the log, `conf`, `snap.*`, and `blobs/`, which must stay empty
//! ```
//!
//! - One append is one sled batch in one tree, which sled applies as a whole or not at all, in values of at most
//!   [`CHUNK_BYTES_MAX`] bytes. Larger pages would go to `blobs/`, which sled never syncs.
//! - sled's `flush` does not survive a power failure: it neither syncs the size of the file nor the cache of the drive.
//!   So each append ends with an own `fdatasync` of `db`, and each opening begins with one, because what a killed
//!   process had written is readable before it is durable.
//! - Damaged files make sled panic. Such a panic is caught and becomes [`Fault::Damaged`]; nothing global is installed
//!   for it. In the release profile a panic aborts: the process then stops with sled's own message, and nothing is
//!   served either way.
//! - sled may take a damaged log for a shorter one without a word. The witness notices.
//!
//! Opening reads the last block and the one that the witness saw. The chain over all blocks is checked by replay. A
//! full scan fills sled's cache far over its capacity; whoever scans everything at start may reopen afterwards.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use sled::{Batch, Config, Db, IVec};
use tokio::time::Instant;

use super::witness::{Found, Witness};
use super::{Fault, Storage, Tip, check_next, check_witness};
use crate::journal::block::{Block, CHUNK_BYTES_MAX, chunk_key, height_of_key};

mod fill;
mod shortcut;

/// sled's folder in ours.
const STORE: &str = "store";

/// The most bytes of pages that sled should cache. It keeps up to a hundred times more while values are large, so this
/// is as small as serves the last blocks.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// An open store. Dropping it closes the store and syncs the witness.
pub struct SledStorage {
    folder: PathBuf,
    /// Taken out only when dropped.
    db: Option<Db>,
    writer: Mutex<Writer>,
    /// What readers may see; moves after the sync.
    tip_height: AtomicU64,
    /// How long the last sync took, in nanoseconds.
    sync_nanos: AtomicU64,
    /// The first fault; whoever sets it finishes the store.
    poison: OnceLock<String>,
    /// The folder, locked; the operating system releases it with the process.
    _lock: File,
}

/// What one append at a time works with.
#[derive(Debug)]
struct Writer {
    /// sled's log, opened once more for the sync that sled does not do.
    log: File,
    witness: Witness,
    tip: Tip,
}

impl SledStorage {
    /// Opens the store in this folder, or makes one where there is nothing yet. Refuses a folder that another process
    /// has, and a store that lost its end.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        unfinished::refuse(folder)?;
        Self::open_with(folder, WitnessRule::MustAgree)
    }

    /// Opens the store in this folder and takes its end for true, whatever the witness says: writes the witness anew.
    /// For an operator who has compared that end with a receipt or a backup, and has checked the whole chain.
    pub fn open_accepting_head(folder: &Path) -> Result<Self, Fault> {
        unfinished::refuse(folder)?;
        Self::open_with(folder, WitnessRule::WrittenAnew)
    }

    fn open_with(folder: &Path, rule: WitnessRule) -> Result<Self, Fault> {
        create_folder(folder)?;
        let lock = lock_folder(folder)?;
        let log_path = folder.join(STORE).join("db");
        let is_new = !log_path.exists();
        let mut found = Witness::open(folder)?;
        // Before the store, so that a store without a witness is never the work of a crash.
        if is_new && matches!(found, Found::Missing) {
            found = Found::Readable(Witness::create(folder, &Tip::EMPTY)?, Tip::EMPTY);
        }
        shortcut::remove_unfinished(folder)?;
        let db = open_engine(folder)?;
        let log = sync_engine(folder, &log_path, is_new)?;
        check_no_blobs(folder)?;
        let tip = last_tip(folder, &db)?;
        let witness = match (rule, found) {
            (WitnessRule::MustAgree, Found::Readable(witness, seen)) => {
                check_witness(&seen, &tip, tip_at(folder, &db, seen.height)?)?;
                witness
            }
            (WitnessRule::MustAgree, Found::Missing | Found::Unreadable) => {
                let (path, store_height) = (Witness::path(folder), tip.height);
                return Err(Fault::WitnessMissing { path, store_height });
            }
            (WitnessRule::WrittenAnew, _) => Witness::create(folder, &tip)?,
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            db: Some(db),
            writer: Mutex::new(Writer { log, witness, tip }),
            tip_height: AtomicU64::new(tip.height),
            sync_nanos: AtomicU64::new(0),
            poison: OnceLock::new(),
            _lock: lock,
        })
    }

    /// Checks that sled keeps nothing in the files that it never syncs, as is checked at each opening.
    pub fn check_no_blobs(&self) -> Result<(), Fault> {
        check_no_blobs(&self.folder)
    }

    /// The engine, unless an earlier fault finished the store.
    fn usable(&self) -> Result<&Db, Fault> {
        match (self.poison.get(), self.db.as_ref()) {
            (None, Some(db)) => Ok(db),
            (reason, _) => Err(Fault::Poisoned { reason: reason.cloned().unwrap_or_default() }),
        }
    }

    /// Finishes the store with its first fault; a later one is a consequence.
    fn finish(&self, fault: &Fault) {
        self.poison.get_or_init(|| fault.to_string());
    }

    fn commit(&self, db: &Db, writer: &mut Writer, block: &Block) -> Result<(), Fault> {
        check_next(&writer.tip, block)?;
        let mut batch = Batch::default();
        for (key, value) in block.to_chunks() {
            assert!(value.len() <= CHUNK_BYTES_MAX, "a chunk of {} bytes would not be synced", value.len());
            batch.insert(key, value);
        }
        contain(&self.folder, "write", || db.apply_batch(batch))?;
        contain(&self.folder, "flush", || db.flush())?;
        let began = Instant::now();
        writer.log.sync_data().map_err(|error| Fault::io("sync", &self.folder.join(STORE), error))?;
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.sync_nanos.store(nanos, Ordering::Relaxed);
        writer.tip = Tip::from(block.trailer());
        self.tip_height.store(writer.tip.height, Ordering::Release);
        writer.witness.record(&writer.tip)
    }
}

impl Storage for SledStorage {
    fn last_sync(&self) -> Option<Duration> {
        Some(Duration::from_nanos(self.sync_nanos.load(Ordering::Relaxed))).filter(|took| !took.is_zero())
    }

    fn append(&self, block: &Block) -> Result<(), Fault> {
        let mut writer = self.writer.lock();
        // Under the lock: who waited for a failing append must not write after it.
        let db = self.usable()?;
        self.commit(db, &mut writer, block).inspect_err(|fault| self.finish(fault))
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        let db = self.usable()?;
        // A block is in sled before it is durable; nobody sees it until then.
        if height == 0 || height > self.tip_height.load(Ordering::Acquire) {
            return Ok(None);
        }
        let block = read_block(&self.folder, db, height).inspect_err(|fault| self.finish(fault))?;
        if block.is_none() {
            let detail = format!("block {height} is missing");
            let fault = Fault::Damaged { folder: self.folder.clone(), detail };
            self.finish(&fault);
            return Err(fault);
        }
        Ok(block)
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        for height in from_height.max(1)..=self.tip()? {
            match self.read(height)?.map(&mut *visit) {
                Some(ControlFlow::Continue(())) => {}
                Some(ControlFlow::Break(())) | None => break,
            }
        }
        Ok(())
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.usable()?;
        Ok(self.tip_height.load(Ordering::Acquire))
    }
}

impl fmt::Debug for SledStorage {
    /// Not derived: sled's own would print every key and value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStorage")
            .field("folder", &self.folder)
            .field("tip_height", &self.tip_height)
            .field("poison", &self.poison.get())
            .finish_non_exhaustive()
    }
}

impl Drop for SledStorage {
    fn drop(&mut self) {
        let db = self.db.take();
        let closed = catch_unwind(AssertUnwindSafe(|| drop(db)));
        // What was recorded is durable in any case; a witness that is behind only vouches for less.
        if let Err(fault) = self.writer.get_mut().witness.sync() {
            tracing::warn!(%fault, "the witness could not be synced");
        }
        if closed.is_err() {
            tracing::error!(folder = %self.folder.display(), "sled panicked while closing");
        }
    }
}

/// What an opening does with the witness.
#[derive(Clone, Copy, Debug)]
enum WitnessRule {
    MustAgree,
    WrittenAnew,
}

/// Makes the folder and whatever is missing above it, durable.
fn create_folder(folder: &Path) -> Result<(), Fault> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    fs::create_dir_all(folder).map_err(|error| Fault::io("create", folder, error))?;
    for created in missing {
        let parent = created.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(parent)?;
    }
    Ok(())
}

/// How often, and after what pause, a locked folder is tried again. A process that was killed a moment ago, or one that
/// is just being forked, holds the lock a little longer than it lives.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

#[expect(clippy::disallowed_methods, reason = "opening blocks anyhow, and happens once, before anything is served")]
fn pause() {
    thread::sleep(LOCK_PAUSE);
}

/// Locks the folder itself, so that no second process makes or changes anything in it.
fn lock_folder(folder: &Path) -> Result<File, Fault> {
    let file = File::open(folder).map_err(|error| Fault::io("open", folder, error))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => pause(),
            Err(TryLockError::Error(error)) => return Err(Fault::io("lock", folder, error)),
        }
    }
    Err(Fault::Locked { folder: folder.to_path_buf() })
}

/// Opens the engine. The folder is ours by now, so a lock of the engine's own is that of an engine of this process which is
/// still closing on threads of its own: it is waited for as well.
fn open_engine(folder: &Path) -> Result<Db, Fault> {
    let mut opened = open_engine_once(folder);
    for _ in 0..LOCK_TRIES {
        if !matches!(opened, Err(Fault::Locked { .. })) {
            break;
        }
        pause();
        opened = open_engine_once(folder);
    }
    opened
}

fn open_engine_once(folder: &Path) -> Result<Db, Fault> {
    let config = Config::new()
        .path(folder.join(STORE))
        .cache_capacity(CACHE_BYTES)
        // Each append flushes; a thread that flushes beside it would only take time.
        .flush_every_ms(None);
    contain(folder, "open", || config.open())
}

/// Opens sled's log for our syncs and makes durable what it holds now; in a new store, also the folders and files that
/// sled has just made.
fn sync_engine(folder: &Path, log_path: &Path, is_new: bool) -> Result<File, Fault> {
    let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
    let log = open(log_path).map_err(|error| Fault::io("open", log_path, error))?;
    log.sync_all().map_err(|error| Fault::io("sync", log_path, error))?;
    if is_new {
        let store = folder.join(STORE);
        let conf = store.join("conf");
        open(&conf).and_then(|file| file.sync_all()).map_err(|error| Fault::io("sync", &conf, error))?;
        for path in [store.join("blobs"), store, folder.to_path_buf()] {
            sync_folder(&path)?;
        }
    }
    Ok(log)
}

fn sync_folder(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| Fault::io("sync", path, error))
}

fn check_no_blobs(folder: &Path) -> Result<(), Fault> {
    let path = folder.join(STORE).join("blobs");
    let count = fs::read_dir(&path).map_err(|error| Fault::io("read", &path, error))?.count();
    if count == 0 { Ok(()) } else { Err(Fault::BlobsUsed { path, count }) }
}

/// Where the store ends.
fn last_tip(folder: &Path, db: &Db) -> Result<Tip, Fault> {
    let Some((key, _)) = contain(folder, "read", || db.last())? else { return Ok(Tip::EMPTY) };
    let height = height_of_key(&key).ok_or_else(|| {
        let detail = format!("the last key `{}` is none of ours", hex::encode(&key));
        Fault::Damaged { folder: folder.to_path_buf(), detail }
    })?;
    Ok(tip_at(folder, db, height)?.unwrap_or_default())
}

fn tip_at(folder: &Path, db: &Db, height: u64) -> Result<Option<Tip>, Fault> {
    Ok(read_block(folder, db, height)?.map(|block| Tip::from(block.trailer())))
}

/// The block of this height as sled has it; `None` when there is no chunk of it.
fn read_block(folder: &Path, db: &Db, height: u64) -> Result<Option<Block>, Fault> {
    let keys = chunk_key(height, 0)..=chunk_key(height, u16::MAX);
    let chunks: Vec<(IVec, IVec)> = contain(folder, "read", || db.range(keys).collect())?;
    if chunks.is_empty() { Ok(None) } else { Ok(Some(Block::from_chunks(height, &chunks)?)) }
}

/// Calls sled; its errors become faults, and so do its panics.
fn contain<T>(folder: &Path, action: &'static str, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(engine_fault(folder, action, error)),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            let detail = format!("sled panicked at {action}: {text}");
            Err(Fault::Damaged { folder: folder.to_path_buf(), detail })
        }
    }
}

fn engine_fault(folder: &Path, action: &'static str, error: sled::Error) -> Fault {
    let folder_owned = folder.to_path_buf();
    match error {
        // sled has a lock of its own, on the log; it tells of it in words only.
        sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock") => {
            Fault::Locked { folder: folder_owned }
        }
        sled::Error::Io(error) => Fault::io(action, &folder.join(STORE), error),
        sled::Error::Unsupported(detail) => Fault::Incompatible { folder: folder_owned, detail },
        error @ (sled::Error::CollectionNotFound(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Corruption { .. }) => Fault::Damaged { folder: folder_owned, detail: error.to_string() },
    }
}

mod unfinished;
#[cfg(test)]
mod tests;
