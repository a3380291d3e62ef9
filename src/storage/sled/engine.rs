//! The engine: sled's files, opened, synced and asked for blocks, and its panics contained.

use std::fs::{self, File, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::{Batch, Config, Db, IVec};

use super::super::folder::{LOCK_TRIES, pause, sync_folder};
use super::super::{Fault, Tip};
use super::{STORE, shortcut};
use crate::journal::block::{Block, CHUNK_BYTES_MAX, chunk_key, chunks_of_stream, height_of_key};

/// The most bytes of pages that sled should cache. It keeps up to a hundred times more while values are large, so this
/// is as small as serves the last blocks.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// sled, open, and its log once more for the sync that sled does not do.
pub(super) struct Engine {
    folder: PathBuf,
    db: Db,
    log: File,
    /// For tests: every batch fails from now on.
    #[cfg(test)]
    pub(super) broken: std::sync::atomic::AtomicBool,
}

impl Engine {
    /// Where sled's log is in the data folder.
    pub(super) fn log_path(folder: &Path) -> PathBuf {
        folder.join(STORE).join("db")
    }

    /// Opens or makes sled in this folder, which is locked. What it holds is durable when this returns.
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        let log_path = Self::log_path(folder);
        let is_new = !log_path.exists();
        shortcut::remove_unfinished(folder)?;
        let db = open_engine(folder)?;
        let log = sync_engine(folder, &log_path, is_new)?;
        check_no_blobs(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            db,
            log,
            #[cfg(test)]
            broken: false.into(),
        })
    }

    /// Takes these blocks, heights and bytes as they stand in a stream: all of them or none. They are not durable yet.
    pub(super) fn put<'a>(&self, blocks: impl Iterator<Item = (u64, &'a [u8])>) -> Result<(), Fault> {
        let mut batch = Batch::default();
        for (height, stream) in blocks {
            for (key, value) in chunks_of_stream(height, stream) {
                assert!(value.len() <= CHUNK_BYTES_MAX, "a chunk of {} bytes would not be synced", value.len());
                batch.insert(&key, value);
            }
        }
        #[cfg(test)]
        if self.broken.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Fault::Full { path: self.folder.clone() });
        }
        contain(&self.folder, "write", || self.db.apply_batch(batch))
    }

    /// Makes durable what was put.
    pub(super) fn sync(&self) -> Result<(), Fault> {
        contain(&self.folder, "flush", || self.db.flush())?;
        self.log.sync_data().map_err(|error| Fault::io("sync", &self.folder.join(STORE), error))
    }

    /// Where the engine ends.
    pub(super) fn last_tip(&self) -> Result<Tip, Fault> {
        let Some((key, _)) = contain(&self.folder, "read", || self.db.last())? else { return Ok(Tip::EMPTY) };
        let height = height_of_key(&key).ok_or_else(|| {
            let detail = format!("the last key `{}` is none of ours", hex::encode(&key));
            Fault::Damaged { folder: self.folder.clone(), detail }
        })?;
        Ok(self.tip_at(height)?.unwrap_or_default())
    }

    /// Where the journal ended with this block.
    pub(super) fn tip_at(&self, height: u64) -> Result<Option<Tip>, Fault> {
        Ok(self.read(height)?.map(|block| Tip::from(block.trailer())))
    }

    /// The block of this height as sled has it; `None` when there is no chunk of it.
    pub(super) fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        let keys = chunk_key(height, 0)..=chunk_key(height, u16::MAX);
        let chunks: Vec<(IVec, IVec)> = contain(&self.folder, "read", || self.db.range(keys).collect())?;
        if chunks.is_empty() { Ok(None) } else { Ok(Some(Block::from_chunks(height, &chunks)?)) }
    }
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
        // Whoever puts blocks flushes; a thread that flushes beside it would only take time.
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

pub(super) fn check_no_blobs(folder: &Path) -> Result<(), Fault> {
    let path = folder.join(STORE).join("blobs");
    let count = fs::read_dir(&path).map_err(|error| Fault::io("read", &path, error))?.count();
    if count == 0 { Ok(()) } else { Err(Fault::BlobsUsed { path, count }) }
}

/// Calls sled; its errors become faults, and so do its panics.
pub(super) fn contain<T>(
    folder: &Path,
    action: &'static str,
    call: impl FnOnce() -> sled::Result<T>,
) -> Result<T, Fault> {
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

pub(super) fn engine_fault(folder: &Path, action: &'static str, error: sled::Error) -> Fault {
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
