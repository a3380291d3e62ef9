//! The folder of a backup, and one run that takes it further.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::manifest::{BlocksFile, FileHash, Manifest, path_of};
use super::{BUFFER_BYTES, BackupFault, HashingReader, NotProven, fault, replace, sync_folder};
use crate::calendar::Timestamp;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::journal::block::{Block, Head, StreamFault};

/// What a run has received until it is complete.
const UNFINISHED: &str = "unfinished.blocks";

/// A folder that one process takes further.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
    manifest: Option<Manifest>,
    head: Head,
    /// The folder, locked; the operating system releases it with the process.
    _lock: File,
}

/// A run: the blocks after those that are complete, as they come.
#[derive(Debug)]
pub struct Run {
    backup: Backup,
    file: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
    head: Head,
}

impl Backup {
    /// Opens the folder, or makes one. What is complete in it is looked at: its manifest, and that its files are there.
    pub fn open(folder: &Path) -> Result<Self, BackupFault> {
        fs::create_dir_all(folder).map_err(|error| fault("make", folder, error))?;
        let lock = File::open(folder).map_err(|error| fault("open", folder, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem = format!("another backup is being taken into `{}`: wait for it to end", folder.display());
                return Err(BackupFault::Refused(problem));
            }
            Err(TryLockError::Error(error)) => return Err(fault("lock", folder, error)),
        }
        let manifest = Manifest::read(folder)?;
        let head = match &manifest {
            Some(manifest) => complete(folder, manifest)?,
            None => Head::EMPTY,
        };
        Ok(Self { folder: folder.to_path_buf(), manifest, head, _lock: lock })
    }

    /// The end of the journal as far as it is complete here.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// What is complete; `None` in a new folder.
    pub const fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Begins a run, with the blocks that one before had received when it was broken off.
    pub fn begin(self) -> Result<Run, BackupFault> {
        let path = self.folder.join(UNFINISHED);
        let written = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = written().map_err(|error| fault("open", &path, error))?;
        let (head, bytes) = received(&path, &self.head)?;
        // What is behind the last whole block is received again.
        file.set_len(bytes).map_err(|error| fault("write", &path, error))?;
        let hasher = hash_of(&path, bytes).map_err(|error| fault("read", &path, error))?;
        let appending = OpenOptions::new().append(true).open(&path).map_err(|error| fault("open", &path, error))?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, appending);
        Ok(Run { backup: self, file, hasher, bytes, head })
    }
}

impl Run {
    /// The end of the journal as far as it was complete before.
    pub const fn complete(&self) -> &Head {
        &self.backup.head
    }

    /// How far it has come: the next block continues this.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the next block.
    pub fn take(&mut self, block: &Block) -> Result<(), BackupFault> {
        self.head = self.head.check(block).map_err(NotProven::from)?;
        let bytes = block.to_stream();
        let path = || self.backup.folder.join(UNFINISHED);
        self.file.write_all(&bytes).map_err(|error| fault("write", &path(), error))?;
        self.hasher.update(&bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Ends the run with the checkpoint that it has come to: after this the backup is complete up to it.
    pub fn finish(self, checkpoint: &SignedCheckpoint, now: Timestamp) -> Result<Manifest, BackupFault> {
        let Self { backup, file, hasher, bytes, head } = self;
        let (size, root) = (checkpoint.checkpoint.size, checkpoint.checkpoint.root);
        if (head.tree.size(), head.tree.root()) != (size, root) {
            return Err(NotProven::Contradiction(format!(
                "the ledger gave {} entries with root {}, and signed {size} with root {root}",
                head.tree.size(),
                head.tree.root()
            ))
            .into());
        }
        let Backup { folder, manifest, head: before, _lock } = backup;
        let unfinished = folder.join(UNFINISHED);
        let written = || -> io::Result<()> { file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all() };
        written().map_err(|error| fault("write", &unfinished, error))?;
        let mut files = manifest.map(|manifest| manifest.files).unwrap_or_default();
        if head.height > before.height {
            let (first_entry, last_entry) = (before.last_sequence.saturating_add(1), head.last_sequence);
            let name = format!("entries-{first_entry:012}-{last_entry:012}.blocks");
            let moved = || fs::rename(&unfinished, folder.join(&name)).and_then(|()| sync_folder(&folder));
            moved().map_err(|error| fault("rename", &unfinished, error))?;
            let hash = FileHash { file: name, bytes, sha256: hex::encode(hasher.finalize()) };
            files.push(BlocksFile { first_entry, last_entry, file: hash });
        } else {
            fs::remove_file(&unfinished).map_err(|error| fault("remove", &unfinished, error))?;
        }
        let text = checkpoint.to_string();
        let name = format!("checkpoint-{size:012}");
        replace(&folder.join(&name), text.as_bytes())?;
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let hash = FileHash { file: name, bytes, sha256: hex::encode(Sha256::digest(&text)) };
        let ledger = checkpoint.checkpoint.origin.clone();
        let manifest = Manifest::new(ledger, &head, now.to_string(), hash, files);
        manifest.write(&folder)?;
        Ok(manifest)
    }
}

/// The end of the journal that a manifest says is complete, if its files are there.
fn complete(folder: &Path, manifest: &Manifest) -> Result<Head, BackupFault> {
    for hash in manifest.files.iter().map(|blocks| &blocks.file).chain([&manifest.checkpoint]) {
        let path = path_of(folder, &hash.file)?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == hash.bytes => {}
            Ok(metadata) => {
                let problem = format!("it has {} bytes, expected {}", metadata.len(), hash.bytes);
                return Err(NotProven::File { path, problem }.into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NotProven::Missing { path }.into()),
            Err(error) => return Err(fault("read", &path, error)),
        }
    }
    Ok(manifest.head(folder)?)
}

/// How far a run that was broken off had come, and how many bytes that takes. What does not continue the journal is worth
/// nothing: it is received again.
fn received(path: &Path, from: &Head) -> Result<(Head, u64), BackupFault> {
    let mut input = HashingReader::open(path).map_err(|error| fault("read", path, error))?;
    let (mut head, mut bytes) = (from.clone(), 0);
    loop {
        match Block::from_stream(head.height.saturating_add(1), &mut input) {
            Ok(Some(block)) => match head.check(&block) {
                Ok(next) => (head, bytes) = (next, input.bytes),
                Err(_) => return Ok((head, bytes)),
            },
            Ok(None) | Err(StreamFault::CutOff { .. } | StreamFault::Block(_)) => return Ok((head, bytes)),
            Err(StreamFault::Io(error)) => return Err(fault("read", path, error)),
        }
    }
}

/// The hash over the first bytes of a file, to go on with.
fn hash_of(path: &Path, bytes: u64) -> io::Result<Sha256> {
    let mut input = HashingReader::open(path)?;
    io::copy(&mut input.by_ref().take(bytes), &mut io::sink())?;
    Ok(input.hasher)
}
