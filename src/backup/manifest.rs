//! The manifest of a backup: one JSON file that says what is complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BackupFault, NotProven, fault, replace};
use crate::journal::block::Head;
use crate::journal::merkle::{Hash, Tree};

/// The name of the file.
pub(super) const FILE: &str = "backup.json";

/// The format that this version writes and reads.
const FORMAT: &str = "ipledger-backup/1";

/// The largest manifest that is read: a backup of a run a day for a hundred years is a third of it.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `ipledger-backup/1`.
    format: String,
    /// The name of the ledger.
    pub ledger: String,
    /// How many entries.
    pub entries: u64,
    /// The root of the Merkle tree over them, SHA-256 in hexadecimal, as are all hashes here.
    pub root: String,
    /// The roots of its perfect subtrees, the largest first: what the next run continues.
    peaks: Vec<String>,
    /// How many blocks.
    pub blocks: u64,
    /// The hash of the last block.
    pub block_hash: String,
    /// When the last run was complete, RFC 3339.
    pub completed_at: String,
    /// The signed checkpoint of all entries.
    pub checkpoint: FileHash,
    /// The files with the blocks, in order.
    pub files: Vec<BlocksFile>,
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHash {
    /// Its name in the folder.
    pub file: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// A file with blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlocksFile {
    /// The first entry in it.
    pub first_entry: u64,
    /// The last entry in it.
    pub last_entry: u64,
    /// The file.
    pub file: FileHash,
}

/// The file: the manifest and its hash.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    manifest: Manifest,
    /// SHA-256 of the manifest as JSON without white space.
    sha256: String,
}

impl Manifest {
    /// A backup of this head.
    pub(super) fn new(
        ledger: String,
        head: &Head,
        completed_at: String,
        checkpoint: FileHash,
        files: Vec<BlocksFile>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            ledger,
            entries: head.last_sequence,
            root: head.tree.root().to_string(),
            peaks: head.tree.peaks().iter().map(Hash::to_string).collect(),
            blocks: head.height,
            block_hash: head.block_hash.to_string(),
            completed_at,
            checkpoint,
            files,
        }
    }

    /// The manifest in this folder; `None` where there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, BackupFault> {
        let path = folder.join(FILE);
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault("read", &path, error)),
        };
        let wrong = |problem: String| NotProven::Manifest { path: path.clone(), problem };
        if length > BYTES_MAX {
            return Err(wrong(format!("it has {length} bytes, expected at most {BYTES_MAX}")).into());
        }
        let bytes = fs::read(&path).map_err(|error| fault("read", &path, error))?;
        let Sealed { manifest, sha256 } = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        // Compared as a whole, so that no byte of it can be another.
        if manifest.format != FORMAT {
            return Err(wrong(format!("its format is `{}`, expected `{FORMAT}`", manifest.format)).into());
        }
        if manifest.sealed().as_bytes() != bytes {
            return Err(wrong(format!("it does not hash to `{sha256}`")).into());
        }
        Ok(Some(manifest))
    }

    /// Makes this the manifest of the folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupFault> {
        replace(&folder.join(FILE), self.sealed().as_bytes())
    }

    fn sealed(&self) -> String {
        // Plain data with text keys: it always has a JSON form.
        let compact = serde_json::to_string(self).unwrap_or_default();
        let sealed = Sealed { manifest: self.clone(), sha256: hex::encode(Sha256::digest(compact)) };
        let mut text = serde_json::to_string_pretty(&sealed).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The end of the journal in the backup.
    pub(super) fn head(&self, folder: &Path) -> Result<Head, NotProven> {
        let head = || {
            let peaks: Option<Vec<Hash>> = self.peaks.iter().map(|peak| hash(peak)).collect();
            let tree = Tree::from_peaks(self.entries, peaks?).filter(|tree| tree.root().to_string() == self.root)?;
            let (height, last_sequence) = (self.blocks, self.entries);
            Some(Head { height, last_sequence, tree, block_hash: hash(&self.block_hash)? })
        };
        let problem = "its peaks do not add up to its root".to_owned();
        head().ok_or_else(|| NotProven::Manifest { path: folder.join(FILE), problem })
    }
}

fn hash(text: &str) -> Option<Hash> {
    let mut bytes = [0; Hash::BYTES];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Hash(bytes))
}

/// The path of a file that the manifest names; a name that leads out of the folder is refused.
pub(super) fn path_of(folder: &Path, name: &str) -> Result<PathBuf, NotProven> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if plain && !name.is_empty() && !name.starts_with('.') {
        return Ok(folder.join(name));
    }
    let problem = format!("it names the file `{}`", name.escape_default());
    Err(NotProven::Manifest { path: folder.join(FILE), problem })
}
