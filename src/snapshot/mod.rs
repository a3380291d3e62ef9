//! Snapshots (快照): the state at some entry in one file beside the journal, so that a start reads only what came after it.
//!
//! ```text
//! folder/snapshots/ENTRIES.snapshot    what the first so many entries add up to; the last two are kept
//! ```
//!
//! A snapshot is derived from the journal and never trusted for more than that. It is taken only when its own hash is
//! right, when this very program wrote it (another one may add up differently), when the block that it ends with is in
//! the journal with the same hash and Merkle root, and when what is in it adds up to that root. Whatever is wrong with
//! one is said in the log with the name of the file; then the one before it is tried, and in the end the journal from its
//! first entry, which gives the same state. Only a snapshot that is *newer* than the journal stops the start: it is
//! evidence that the journal lost its end.
//!
//! In the background a snapshot is made from a copy of the live state, which shares with it what neither changes: nobody
//! who writes or reads waits for more than one sync and that copy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::journal::block::BlockFault;
use crate::journal::merkle::Hash;
use crate::journal::replay::ReplayFault;
use crate::reader::{Loaded, StateCopy};
use crate::storage::{Fault, Storage, Tip};

mod file;
mod stream;
mod taker;
#[cfg(test)]
mod tests;

pub use taker::Taker;

/// The folder of the snapshots in the data folder.
pub const FOLDER: &str = "snapshots";

/// What the name of a complete snapshot ends with.
const SUFFIX: &str = ".snapshot";

/// What a file is called until it is complete.
const NEW_SUFFIX: &str = ".new";

/// How many snapshots are kept: the newest, and the one before in case it is damaged.
pub const KEPT: usize = 2;

/// The state that a start begins with, and how it came about.
#[derive(Debug)]
pub struct Start {
    /// The state after the last entry of the journal.
    pub loaded: Loaded,
    /// The snapshot that was taken, and how many entries it is of; `None` when the whole journal was read.
    pub from: Option<(PathBuf, u64)>,
    /// How many entries were read from the journal.
    pub replayed: u64,
    /// The snapshots that were not taken, newest first, and why.
    pub passed_over: Vec<(PathBuf, Flaw)>,
}

/// Why a snapshot is not taken. The journal does without it.
#[derive(Debug, Error)]
pub enum Flaw {
    /// It could not be read.
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    /// It is too short, or its first bytes are others.
    #[error("it is not a snapshot")]
    NotASnapshot,
    /// Its bytes are not those that were written.
    #[error("its bytes hash to {found}, expected {expected}: it was damaged or changed")]
    Damaged {
        /// The hash at its end.
        expected: Hash,
        /// The hash of what is before it.
        found: Hash,
    },
    /// It was written by another version of the program.
    #[error("another version of ipledger wrote it")]
    OtherProgram,
    /// It is the state of another journal.
    #[error("it is of another journal: it ends at {expected}, and this journal has there {found}")]
    OtherJournal {
        /// Where it ends.
        expected: Box<Tip>,
        /// What the journal has at that height.
        found: Box<Tip>,
    },
    /// What is in it does not fit what it says of itself.
    #[error("{0}")]
    Content(String),
}

/// Why there is no start.
#[derive(Debug, Error)]
pub enum StartFault {
    /// The journal cannot be taken.
    #[error(transparent)]
    Replay(#[from] ReplayFault),
    /// The folder of the snapshots cannot be read.
    #[error("cannot read `{path}`: check the disk and the permissions")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The journal ends before a snapshot of it.
    #[error(
        "the journal is shorter than a snapshot of it: `{path}` is of {snapshot}, and the journal ends at {journal}; \
         entries were lost, restore a backup that is at least as new"
    )]
    Ahead {
        /// The snapshot.
        path: PathBuf,
        /// Where it ends.
        snapshot: Box<Tip>,
        /// Where the journal ends.
        journal: Box<Tip>,
    },
}

impl From<Fault> for StartFault {
    fn from(fault: Fault) -> Self {
        Self::Replay(fault.into())
    }
}

impl From<BlockFault> for StartFault {
    fn from(fault: BlockFault) -> Self {
        Self::Replay(fault.into())
    }
}

/// What the journal in this store adds up to: from the newest snapshot in the data folder that is right, and the entries
/// after it. `progress` hears the sequence of each entry that is read.
pub fn load(data: &Path, storage: &dyn Storage, progress: &mut dyn FnMut(u64)) -> Result<Start, StartFault> {
    let journal = tip_at(storage, storage.tip()?)?;
    let mut passed_over = Vec::new();
    for path in list(data)? {
        match take(&path, storage, &journal)? {
            Ok(loaded) => return tail(loaded, Some(path), passed_over, storage, progress),
            Err(flaw) => {
                let cause: &dyn std::error::Error = &flaw;
                tracing::warn!(snapshot = %path.display(), cause, "a snapshot is not taken");
                passed_over.push((path, flaw));
            }
        }
    }
    tail(Loaded::empty(), None, passed_over, storage, progress)
}

fn tail(
    loaded: Loaded,
    path: Option<PathBuf>,
    passed_over: Vec<(PathBuf, Flaw)>,
    storage: &dyn Storage,
    progress: &mut dyn FnMut(u64),
) -> Result<Start, StartFault> {
    let entries = loaded.view().head.last_sequence;
    let mut replayed = 0_u64;
    let loaded = loaded.with_tail(storage, &mut |sequence| {
        replayed = replayed.saturating_add(1);
        progress(sequence);
    })?;
    Ok(Start { loaded, from: path.map(|path| (path, entries)), replayed, passed_over })
}

/// The state in one snapshot, if it is one of this journal.
fn take(path: &Path, storage: &dyn Storage, journal: &Tip) -> Result<Result<Loaded, Flaw>, StartFault> {
    let sealed = match file::read(path) {
        Ok(sealed) => sealed,
        Err(flaw) => return Ok(Err(flaw)),
    };
    let ends = sealed.tip();
    if ends.height > journal.height || ends.tree_size > journal.tree_size {
        let (path, snapshot, journal) = (path.to_path_buf(), Box::new(ends), Box::new(*journal));
        return Err(StartFault::Ahead { path, snapshot, journal });
    }
    let found = tip_at(storage, ends.height)?;
    if found != ends {
        return Ok(Err(Flaw::OtherJournal { expected: Box::new(ends), found: Box::new(found) }));
    }
    Ok(sealed.open())
}

/// What one snapshot and the entries after it add up to, for whoever compares; a snapshot that is not taken is no fault.
pub fn load_one(path: &Path, storage: &dyn Storage) -> Result<Result<Loaded, Flaw>, StartFault> {
    let journal = tip_at(storage, storage.tip()?)?;
    match take(path, storage, &journal)? {
        Ok(loaded) => Ok(Ok(loaded.with_tail(storage, &mut |_| {})?)),
        Err(flaw) => Ok(Err(flaw)),
    }
}

fn tip_at(storage: &dyn Storage, height: u64) -> Result<Tip, Fault> {
    Ok(storage.read(height)?.map_or(Tip::EMPTY, |block| Tip::from(block.trailer())))
}

/// Writes a snapshot of this state into the data folder, durable when this returns, and removes those that are older than
/// the one before.
pub(crate) fn write(data: &Path, state: StateCopy) -> io::Result<PathBuf> {
    let folder = data.join(FOLDER);
    if !folder.is_dir() {
        fs::create_dir(&folder)?;
        sync_folder(data)?;
    }
    let path = folder.join(format!("{:020}{SUFFIX}", state.head().last_sequence));
    let path_new = path.with_extension("snapshot.new");
    file::write(&path_new, state)?;
    fs::rename(&path_new, &path)?;
    sync_folder(&folder)?;
    prune(&folder, &path)?;
    Ok(path)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// The complete snapshots in the data folder, the newest first.
pub fn list(data: &Path) -> Result<Vec<PathBuf>, StartFault> {
    let folder = data.join(FOLDER);
    let fault = |source| StartFault::Folder { path: folder.clone(), source };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = files(&folder, SUFFIX).map_err(fault)?;
    // The number has leading zeros: by name is by size.
    paths.sort_unstable();
    paths.reverse();
    Ok(paths)
}

fn files(folder: &Path, suffix: &str) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_str().is_some_and(|name| name.ends_with(suffix)) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Keeps the one just written and the one before it. A newer one cannot be of this journal, or the start had refused.
fn prune(folder: &Path, written: &Path) -> io::Result<()> {
    let mut paths = files(folder, SUFFIX)?;
    paths.sort_unstable();
    let newer = paths.iter().filter(|path| path.as_path() > written);
    let older = paths.iter().rev().filter(|path| path.as_path() <= written).skip(KEPT);
    for path in newer.chain(older).chain(&files(folder, NEW_SUFFIX)?) {
        fs::remove_file(path)?;
    }
    Ok(())
}
