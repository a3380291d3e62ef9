//! Backups (备份): the whole journal in a folder elsewhere, with a signed checkpoint that says what it is; and the way back.
//!
//! ```text
//! folder/backup.json           the manifest: what the backup is of, and the SHA-256 of every other file; written last
//! folder/entries-A-B.blocks    the blocks with the entries A to B, as `journal::block::stream` has them
//! folder/checkpoint-N          the signed checkpoint of all N entries
//! folder/unfinished.blocks     what a run that was broken off had received; no part of the backup
//! ```
//!
//! A backup is complete when its manifest says so, and only what the manifest names belongs to it. A further run adds a
//! file with the new blocks and then a new manifest; nothing that was complete is touched. A run that was broken off
//! leaves the backup as it was, and the next one goes on with what was received.
//!
//! Blocks are copied byte by byte, so a restored journal has the root that the checkpoint was signed for: whoever restores
//! names the checkpoint that is expected, and anything else is refused.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::evidence::Refuted;
use crate::journal::block::{BlockFault, StreamFault};
use crate::journal::replay::ReplayFault;
use crate::storage::Fault;

mod certificate;
mod folder;
mod manifest;
mod restore;
mod scan;
#[cfg(test)]
mod tests;

pub use certificate::{BookFigures, Certificate};
pub use folder::{Backup, Run};
pub use manifest::{BlocksFile, FileHash, Manifest};
pub use restore::{Expected, Restore, restore};
pub use scan::Complete;

/// What a file is called until it is complete.
const NEW_SUFFIX: &str = "new";

/// How much is read at a time.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Why a backup is not taken further, or not restored.
#[derive(Debug, Error)]
pub enum BackupFault {
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Something stands in the way.
    #[error("{0}")]
    Refused(String),
    /// What is there does not prove to be what it should be.
    #[error(transparent)]
    NotProven(#[from] NotProven),
    /// The store could not be written.
    #[error("the journal cannot be stored")]
    Storage(#[from] Fault),
}

/// Why a backup is not what it should be: never a matter of trying again.
#[derive(Debug, Error)]
pub enum NotProven {
    /// There is no complete backup in the folder.
    #[error("`{path}` is missing: the folder holds no complete backup")]
    NoManifest {
        /// Where the manifest should be.
        path: PathBuf,
    },
    /// The manifest is not what was written.
    #[error("`{path}` was damaged or changed: {problem}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that the manifest names is not there.
    #[error("`{path}` is missing")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is not what was written.
    #[error("`{path}` was damaged or changed: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A block is not what was written, or does not continue the journal.
    #[error("`{path}` was damaged or changed")]
    Blocks {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: StreamFault,
    },
    /// A checkpoint is not what it should be.
    #[error("`{path}` proves nothing")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Refuted,
    },
    /// The parts contradict each other.
    #[error("{0}")]
    Contradiction(String),
    /// The journal cannot be replayed.
    #[error("the journal in the backup does not hold")]
    Replay(#[from] ReplayFault),
}

impl From<BlockFault> for NotProven {
    fn from(fault: BlockFault) -> Self {
        Self::Contradiction(fault.to_string())
    }
}

fn fault(action: &'static str, path: &Path, source: io::Error) -> BackupFault {
    BackupFault::Io { action, path: path.to_path_buf(), source }
}

/// Under another name first: a file that is there is complete. Durable when this returns.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), BackupFault> {
    let path_new = path.with_added_extension(NEW_SUFFIX);
    let written = || -> io::Result<()> {
        let mut file = File::create(&path_new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&path_new, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    written().map_err(|error| fault("write", path, error))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A file that hashes what is read of it.
struct HashingReader {
    input: BufReader<File>,
    hasher: Sha256,
    bytes: u64,
}

impl HashingReader {
    fn open(path: &Path) -> io::Result<Self> {
        let input = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        Ok(Self { input, hasher: Sha256::new(), bytes: 0 })
    }

    /// How many bytes were read, and their hash.
    fn finish(self) -> (u64, String) {
        (self.bytes, hex::encode(self.hasher.finalize()))
    }
}

impl Read for HashingReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buf)?;
        self.hasher.update(buf.get(..count).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
