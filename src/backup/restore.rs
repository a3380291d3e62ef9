//! The way back: from a backup to a data folder that a server can serve, or to nothing at all.
//!
//! Everything happens in a folder beside the target under another name, which takes the target's name when all is proven
//! and durable: what was broken off can never be served.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::certificate::{self, BookFigures, Certificate};
use super::manifest::{self, FileHash, Manifest, path_of};
use super::{BackupFault, HashingReader, NotProven, fault, replace, sync_folder};
use crate::calendar::Timestamp;
use crate::evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::evidence::keeper;
use crate::evidence::{PublicKey, Refuted};
use crate::journal::block::{Block, Head};
use crate::journal::merkle::{Hash, Tree};
use crate::reader;
use crate::reader::Loaded;
use crate::snapshot;
use crate::storage::sled::SledStorage;

/// How many bytes of records are stored with one sync.
const FILL_BYTES: u64 = 8 * 1024 * 1024;

/// What a restore must turn out to be.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The checkpoint, which was kept elsewhere than the backup.
    pub checkpoint: SignedCheckpoint,
    /// Where it was read from.
    pub path: PathBuf,
    /// The keys of the ledger, of which one must have signed it and the backup's own; none to check no signature.
    pub keys: Vec<PublicKey>,
    /// Whether the backup may have entries after the checkpoint, once it is proven that it begins with it.
    pub longer: bool,
}

/// A restore.
#[derive(Debug)]
pub struct Restore<'a> {
    /// The folder of the backup.
    pub from: &'a Path,
    /// The data folder to make: it must not exist, or be empty.
    pub to: &'a Path,
    /// What it must turn out to be.
    pub expected: &'a Expected,
    /// The time, for the certificate.
    pub now: Timestamp,
}

/// Restores a backup, and proves on the way that it is what is expected. `progress` hears the sequence of each entry,
/// three times: when it is read, when it is stored, and when it is replayed from the store.
pub fn restore(restore: &Restore<'_>, progress: &mut dyn FnMut(u64)) -> Result<Certificate, BackupFault> {
    let Restore { from, to, expected, .. } = *restore;
    let manifest = Manifest::read(from)?.ok_or_else(|| NotProven::NoManifest { path: from.join(manifest::FILE) })?;
    let own = own_checkpoint(from, &manifest, &expected.keys)?;
    check_expected(&manifest, &own.checkpoint, expected)?;
    // All of it before anything is made.
    let mut proving = Proving::new(expected);
    proving.read_all(from, &manifest, None, progress)?;
    proving.check(from, &manifest)?;
    let making = making(to)?;
    let made = make(restore, &manifest, &own, &making, progress);
    if made.is_err() {
        // Nothing in it is of use; if it stays, the next restore removes it.
        drop(fs::remove_dir_all(&making));
        return made;
    }
    let moved = || fs::rename(&making, to).and_then(|()| sync_folder(parent(to)));
    moved().map_err(|error| fault("rename to the target", &making, error))?;
    made
}

/// The backup's own checkpoint, which is signed and is that of its manifest.
pub(super) fn own_checkpoint(
    from: &Path,
    manifest: &Manifest,
    keys: &[PublicKey],
) -> Result<SignedCheckpoint, BackupFault> {
    let FileHash { file, .. } = &manifest.checkpoint;
    let path = path_of(from, file)?;
    let mut input = open(&path)?;
    let mut text = Vec::new();
    io::Read::read_to_end(&mut input, &mut text).map_err(|error| fault("read", &path, error))?;
    check_file(&path, input, &manifest.checkpoint)?;
    let wrong = |source| NotProven::Checkpoint { path: path.clone(), source };
    let text = String::from_utf8_lossy(&text);
    let signed = SignedCheckpoint::parse(&text).map_err(wrong)?;
    let Checkpoint { origin, size, root } = &signed.checkpoint;
    if (origin, *size, &root.to_string()) != (&manifest.ledger, manifest.entries, &manifest.root) {
        let problem = format!("`{}` is not the checkpoint of the manifest beside it", path.display());
        return Err(NotProven::Contradiction(problem).into());
    }
    check_signed(&signed, keys).map_err(wrong)?;
    Ok(signed)
}

/// Whether one of the keys has signed it; the refusal of the last one is told.
fn check_signed(signed: &SignedCheckpoint, keys: &[PublicKey]) -> Result<(), Refuted> {
    let mut outcome = Ok(());
    for key in keys {
        outcome = signed.verify_by(key);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// What can be told before a block is read.
fn check_expected(manifest: &Manifest, own: &Checkpoint, expected: &Expected) -> Result<(), NotProven> {
    let path = expected.path.clone();
    check_signed(&expected.checkpoint, &expected.keys)
        .map_err(|source| NotProven::Checkpoint { path: path.clone(), source })?;
    let Checkpoint { origin, size, root } = &expected.checkpoint.checkpoint;
    if *origin != own.origin {
        let (expected, found) = (origin.clone(), own.origin.clone());
        return Err(NotProven::Checkpoint { path, source: Refuted::OtherLedger { expected, found } });
    }
    let contradiction = |problem: String| Err(NotProven::Contradiction(problem));
    let entries = manifest.entries;
    if *size > entries {
        return contradiction(format!(
            "the backup is too old: it has {entries} entries, and {size} are expected by `{}`",
            path.display()
        ));
    }
    if *size < entries && !expected.longer {
        return contradiction(format!(
            "the backup has {entries} entries, and `{}` is of {size}; with --allow-longer all of them are restored, once \
             it is proven that they begin with those {size}",
            path.display()
        ));
    }
    if *size == entries && *root != own.root {
        return contradiction(other_history(expected, &own.root));
    }
    Ok(())
}

fn other_history(expected: &Expected, found: &Hash) -> String {
    let Checkpoint { size, root, .. } = &expected.checkpoint.checkpoint;
    let path = expected.path.display();
    format!("the backup is of another history: its first {size} entries have root {found}, and `{path}` says {root}")
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The folder that the work is done in. The target is refused unless it is empty or missing.
fn making(to: &Path) -> Result<PathBuf, BackupFault> {
    match fs::read_dir(to) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                let problem = format!("`{}` is not empty: name a new folder, nothing is restored over", to.display());
                return Err(BackupFault::Refused(problem));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fault("read", to, error)),
    }
    let Some(name) = to.file_name() else {
        return Err(BackupFault::Refused(format!("`{}` has no name: name a new folder", to.display())));
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".restoring");
    let making = parent(to).join(hidden);
    if making.exists() {
        fs::remove_dir_all(&making).map_err(|error| fault("remove", &making, error))?;
    }
    fs::create_dir_all(&making).map_err(|error| fault("make", &making, error))?;
    Ok(making)
}

fn make(
    restore: &Restore<'_>,
    manifest: &Manifest,
    own: &SignedCheckpoint,
    making: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Certificate, BackupFault> {
    let storage = SledStorage::open(making)?;
    let mut proving = Proving::new(restore.expected);
    proving.read_all(restore.from, manifest, Some(&storage), progress)?;
    proving.check(restore.from, manifest)?;
    let loaded = reader::load(&storage, progress).map_err(NotProven::from)?;
    check_book(&loaded, &proving.head)?;
    snapshot::write(making, loaded.state().copy()).map_err(|error| fault("write a snapshot into", making, error))?;
    drop(storage);
    replace(&making.join(keeper::FILE), own.to_string().as_bytes())?;
    let certificate = certificate_of(restore, manifest, own, &loaded);
    replace(&making.join(certificate::FILE), certificate.to_json().as_bytes())?;
    Ok(certificate)
}

/// What was read back from the new store.
fn check_book(loaded: &Loaded, head: &Head) -> Result<(), NotProven> {
    let contradiction = |problem: String| Err(NotProven::Contradiction(problem));
    if loaded.view().head != *head {
        return contradiction("what was stored reads back as another journal".to_owned());
    }
    match loaded.view().book.violations().first() {
        Some(violation) => contradiction(format!("the book of the backup does not hold: {violation}")),
        None => Ok(()),
    }
}

fn certificate_of(restore: &Restore<'_>, manifest: &Manifest, own: &SignedCheckpoint, loaded: &Loaded) -> Certificate {
    let view = loaded.view();
    let expected = &restore.expected.checkpoint.checkpoint;
    let by = |key: &&PublicKey| own.verify_by(key).is_ok();
    Certificate {
        format: "ipledger-restore/1",
        restored_at: restore.now.to_string(),
        program: env!("CARGO_PKG_VERSION"),
        ledger: manifest.ledger.clone(),
        entries: view.head.last_sequence,
        root: view.head.tree.root().to_string(),
        blocks: view.head.height,
        block_hash: view.head.block_hash.to_string(),
        last_recorded_at: view.book.last_recorded_at().map(|at| at.to_string()),
        backup_completed_at: manifest.completed_at.clone(),
        expected_entries: expected.size,
        expected_root: expected.root.to_string(),
        checked_with: restore.expected.keys.iter().find(by).map(PublicKey::label),
        checkpoint: own.to_string(),
        book: BookFigures::of(&view.book),
    }
}

/// The blocks of a backup as they are read, one after the other.
struct Proving<'a> {
    expected: &'a Expected,
    head: Head,
    prefix: Prefix,
}

/// A store that fills, some blocks at a time; without one the blocks are only proven.
struct Filling<'a> {
    storage: Option<&'a SledStorage>,
    waiting: Vec<Block>,
    /// The payloads that wait.
    bytes: u64,
}

impl Filling<'_> {
    fn take(&mut self, block: Block) -> Result<(), BackupFault> {
        self.bytes = self.bytes.saturating_add(block.trailer().payload_bytes);
        self.waiting.push(block);
        if self.bytes >= FILL_BYTES { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<(), BackupFault> {
        if let Some(storage) = self.storage {
            storage.append_all(&self.waiting)?;
        }
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The root over the first entries, as many as are expected.
struct Prefix {
    size: u64,
    tree: Tree,
    root: Option<Hash>,
}

impl Prefix {
    fn new(expected: &Expected) -> Self {
        let mut prefix = Self { size: expected.checkpoint.checkpoint.size, tree: Tree::EMPTY, root: None };
        prefix.look();
        prefix
    }

    fn append(&mut self, leaf: Hash) {
        if self.root.is_none() {
            self.tree.append_leaf_hash(leaf);
            self.look();
        }
    }

    fn look(&mut self) {
        if self.tree.size() == self.size {
            self.root = Some(self.tree.root());
        }
    }
}

impl<'a> Proving<'a> {
    fn new(expected: &'a Expected) -> Self {
        Self { expected, head: Head::EMPTY, prefix: Prefix::new(expected) }
    }

    /// Reads every file, checks every hash, and fills the store if there is one.
    fn read_all(
        &mut self,
        from: &Path,
        manifest: &Manifest,
        storage: Option<&SledStorage>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), BackupFault> {
        let mut filling = Filling { storage, waiting: Vec::new(), bytes: 0 };
        for blocks in &manifest.files {
            let path = path_of(from, &blocks.file.file)?;
            let mut input = open(&path)?;
            while let Some(block) = self.next(&path, &mut input)? {
                progress(self.head.last_sequence);
                filling.take(block)?;
            }
            check_file(&path, input, &blocks.file)?;
        }
        filling.store()
    }

    fn next(&mut self, path: &Path, input: &mut HashingReader) -> Result<Option<Block>, NotProven> {
        let wrong = |source| NotProven::Blocks { path: path.to_path_buf(), source };
        let height = self.head.height.saturating_add(1);
        let Some(block) = Block::from_stream(height, input).map_err(wrong)? else { return Ok(None) };
        let (head, leaves) = self.head.check_with_leaves(&block).map_err(|fault| wrong(fault.into()))?;
        for leaf in leaves {
            self.prefix.append(leaf);
        }
        self.head = head;
        Ok(Some(block))
    }

    /// Whether what was read is what the manifest says and what was expected.
    fn check(&self, from: &Path, manifest: &Manifest) -> Result<(), NotProven> {
        if self.head != manifest.head(from)? {
            let last = self.head.last_sequence;
            let problem =
                format!("the files of the backup end at entry {last}, and its manifest at {}", manifest.entries);
            return Err(NotProven::Contradiction(problem));
        }
        let expected = self.expected.checkpoint.checkpoint.root;
        match self.prefix.root {
            Some(root) if root == expected => Ok(()),
            root => Err(NotProven::Contradiction(other_history(self.expected, &root.unwrap_or(Hash::ZERO)))),
        }
    }
}

pub(super) fn open(path: &Path) -> Result<HashingReader, BackupFault> {
    HashingReader::open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            NotProven::Missing { path: path.to_path_buf() }.into()
        } else {
            fault("read", path, error)
        }
    })
}

/// Whether what was read is what was written.
pub(super) fn check_file(path: &Path, input: HashingReader, expected: &FileHash) -> Result<(), NotProven> {
    let (bytes, sha256) = input.finish();
    if bytes == expected.bytes && sha256 == expected.sha256 {
        return Ok(());
    }
    let FileHash { bytes: expected_bytes, sha256: expected, .. } = expected;
    let problem = format!("{bytes} bytes hash to {sha256}, expected {expected_bytes} to {expected}");
    Err(NotProven::File { path: path.to_path_buf(), problem })
}
