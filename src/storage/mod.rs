//! Where the bytes of the journal are kept: one block appended at a time, durable as a whole or not there at all.
//!
//! The [`Storage`] trait is small so that another engine can take sled's place. It knows bytes and heights and nothing
//! of what they mean. One suite, `tests.rs`, holds every store to the same behaviour:
//!
//! ```text
//! sled/        what production uses: commit files, sled behind them with an own sync, and the witness
//! commits/     two files beside sled in which a block becomes durable
//! witness.rs   one small file beside sled that remembers how far the journal had come
//! memory.rs    for tests: the same promises, with crashes and faults by plan
//! ```
//!
//! A store may be asked for anything at or below its [`Storage::tip`], and that is durable. After any [`Fault`] the
//! store is finished: it answers [`Fault::Poisoned`] from then on, because after a failed write nobody knows what the
//! disk holds. The process stops; opening the store again finds out.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::journal::block::{Block, BlockFault, Trailer};
use crate::journal::merkle::Hash;

mod commits;
mod folder;
pub mod memory;
pub mod sled;
pub mod until;
mod witness;
#[cfg(test)]
mod tests;

pub use self::memory::MemoryStorage;
pub use self::sled::SledStorage;

/// What keeps blocks. One writer appends; any number of threads read beside it.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Stores the block after the last one. When it returns, the block is durable: power may fail. After a fault the
    /// outcome is unknown: the block is there as a whole or not at all.
    fn append(&self, block: &Block) -> Result<(), Fault>;

    /// The block of this height, or `None` above the tip and for 0. The block agrees with itself; whether it continues
    /// the journal is for [`crate::journal::block::Head::check`].
    fn read(&self, height: u64) -> Result<Option<Block>, Fault>;

    /// Visits the blocks from this height (0 and 1 are the same) to the tip at the time of the call, in order and
    /// without a gap, until the visitor breaks off. Each block agrees with itself, as in [`Storage::read`].
    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault>;

    /// The height of the last durable block, 0 when there is none.
    fn tip(&self) -> Result<u64, Fault>;

    /// How long the disk took to sync the last append, where the store knows; for whoever watches the disk.
    fn last_sync(&self) -> Option<Duration> {
        None
    }
}

/// How far a journal has come, and which journal it is: what the witness remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The height of the last block, 0 when there is none.
    pub height: u64,
    /// The sequence number of the last record.
    pub last_sequence: u64,
    /// How many leaves the Merkle tree has.
    pub tree_size: u64,
    /// The root of the Merkle tree; [`Hash::ZERO`] when there is no block.
    pub tree_root: Hash,
    /// The hash of the last block; [`Hash::ZERO`] when there is none.
    pub block_hash: Hash,
}

impl Tip {
    /// The tip of a journal without a block.
    pub const EMPTY: Self =
        Self { height: 0, last_sequence: 0, tree_size: 0, tree_root: Hash::ZERO, block_hash: Hash::ZERO };
}

impl Default for Tip {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<&Trailer> for Tip {
    fn from(trailer: &Trailer) -> Self {
        Self {
            height: trailer.height,
            last_sequence: trailer.last_sequence(),
            tree_size: trailer.tree_size,
            tree_root: trailer.tree_root,
            block_hash: trailer.hash(),
        }
    }
}

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { height, last_sequence, tree_root, .. } = self;
        write!(f, "block {height}, sequence {last_sequence}, tree root {tree_root}")
    }
}

/// Why a store cannot go on. Never a refusal of what a caller asked: the process stops, and its operator acts.
#[derive(Debug, Error)]
pub enum Fault {
    /// Another process has the folder.
    #[error("another ipledger uses this folder `{folder}`: stop it, or give this one a folder of its own")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system failed. When it failed in an append, the outcome of that append is unknown.
    #[error("cannot {action} `{path}`: check the disk and the permissions, then start again")]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk has no room left. What was acknowledged is kept.
    #[error("the disk under `{path}` is full: make room, then start again")]
    Full {
        /// The file or folder.
        path: PathBuf,
    },
    /// A block is not what was written.
    #[error("the store is damaged at block {height}: restore it from a backup")]
    Corrupt {
        /// The height of the block.
        height: u64,
        /// Which check it failed.
        source: BlockFault,
    },
    /// The engine under the blocks finds its own files damaged, or stopped while reading them.
    #[error("the store in `{folder}` is damaged ({detail}): restore it from a backup")]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// The folder was written with other settings or by another version of the engine.
    #[error("the store in `{folder}` cannot be opened by this version ({detail}): use the version that wrote it")]
    Incompatible {
        /// The folder.
        folder: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// Something stands in the store's files where sled never syncs, so it would not survive a power failure.
    #[error("`{path}` has {count} files and must be empty: the store is not safe, restore it from a backup")]
    BlobsUsed {
        /// The folder.
        path: PathBuf,
        /// How many files it has.
        count: usize,
    },
    /// The block is not the next one: a bug of the caller, found before anything was written.
    #[error("block {found} cannot be appended: the next block is {expected} after {previous}; report this bug")]
    NotNext {
        /// The height that the next block must have.
        expected: u64,
        /// The height that it has.
        found: u64,
        /// The hash of the last block, which the next block must name.
        previous: Hash,
    },
    /// The store has lost blocks that it had acknowledged.
    #[error(
        "the store has lost its end: it was at {witness}, and is at {store}; restore it from a backup that is at least as new"
    )]
    WitnessAhead {
        /// How far the journal had come.
        witness: Box<Tip>,
        /// Where the store ends.
        store: Box<Tip>,
    },
    /// The store holds another journal than the one that the witness saw.
    #[error(
        "the store holds another journal: it was at {witness}, and now has there {store}; restore it from a backup"
    )]
    WitnessMismatch {
        /// How far the journal had come.
        witness: Box<Tip>,
        /// What the store has at that height.
        store: Box<Tip>,
    },
    /// There is a store and no witness, so nobody can tell whether the store lost its end.
    #[error(
        "`{path}` is missing or unreadable, and the store is at block {store_height}: compare that with a receipt or a backup, then `ipledger verify --accept-head` writes it anew"
    )]
    WitnessMissing {
        /// The file of the witness.
        path: PathBuf,
        /// Where the store ends.
        store_height: u64,
    },
    /// The store was being filled from elsewhere, and was not filled to its end.
    #[error(
        "an import into `{folder}` was interrupted, and nothing in it is served: remove the folder and import again \
         (`{path}` says so)"
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// The mark in it.
        path: PathBuf,
    },
    /// Something is in a folder that a new store should go to.
    #[error("`{folder}` is not empty: name a folder that is empty or not there")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// An earlier fault finished this store.
    #[error("the store stopped after a fault ({reason}): start again")]
    Poisoned {
        /// The first fault.
        reason: String,
    },
}

impl Fault {
    /// A failure of the file system at this path; a full disk is told apart.
    fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::StorageFull {
            Self::Full { path }
        } else {
            Self::Io { action, path, source }
        }
    }
}

impl From<BlockFault> for Fault {
    fn from(source: BlockFault) -> Self {
        Self::Corrupt { height: source.height, source }
    }
}

/// Refuses a block that does not follow the tip. The chain is the writer's to keep; this catches its bugs before they
/// are durable.
fn check_next(tip: &Tip, block: &Block) -> Result<(), Fault> {
    let (expected, found) = (tip.height.saturating_add(1), block.height());
    if found == expected && block.trailer().previous == tip.block_hash {
        Ok(())
    } else {
        Err(Fault::NotNext { expected, found, previous: tip.block_hash })
    }
}

/// Compares the witness with the store: `at_witness` is what the store has at the witness's height.
fn check_witness(witness: &Tip, store: &Tip, at_witness: Option<Tip>) -> Result<(), Fault> {
    if witness.height == 0 {
        return Ok(());
    }
    match at_witness {
        Some(found) if found == *witness => Ok(()),
        Some(found) => Err(Fault::WitnessMismatch { witness: Box::new(*witness), store: Box::new(found) }),
        None => Err(Fault::WitnessAhead { witness: Box::new(*witness), store: Box::new(*store) }),
    }
}
