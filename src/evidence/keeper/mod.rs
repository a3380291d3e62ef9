//! The keeper: makes checkpoints of what is durable, keeps the newest beside the journal, and takes cosignatures.
//!
//! ```text
//! folder/checkpoint        the newest checkpoint, signed; with the cosignatures on it
//! folder/cosigned-ID       the newest checkpoint that the cosigner with this key id has signed
//! ```
//!
//! A checkpoint is on disk before anybody is given it. So a journal that is shorter than the file, or has another root at
//! its size, has lost or changed something that was signed: [`check_kept`] refuses it at start, key or no key.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use thiserror::Error;
use tokio::task;

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::key::{Algorithm, KeyId, PublicKey, SigningKey};
use super::note::NOTE_BYTES_MAX;
use super::{Note, Refuted};
use crate::journal::merkle::Hash;
use crate::reader::{ReadFault, Reader};

/// The file of the newest checkpoint.
pub const FILE: &str = "checkpoint";

/// What the file of a cosigned checkpoint begins with; the key id of the cosigner follows.
pub const COSIGNED_PREFIX: &str = "cosigned-";

/// What a file is called until it is complete.
const NEW_SUFFIX: &str = ".new";

/// The most cosigners of a ledger.
pub const COSIGNERS_MAX: usize = 64;

/// Makes and keeps checkpoints. Clones are the same keeper.
#[derive(Debug, Clone)]
pub struct Keeper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    key: SigningKey,
    cosigners: Vec<PublicKey>,
    reader: Reader,
    /// Held while a checkpoint is made and written, so that they are published in the order of their sizes.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    newest: Option<SignedCheckpoint>,
    /// The newest checkpoint of each cosigner, by its key id.
    cosigned: Vec<(KeyId, SignedCheckpoint)>,
}

/// Why there is no checkpoint, or why a journal does not fit one.
#[derive(Debug, Error)]
pub enum KeeperFault {
    /// The journal could not be read.
    #[error("the journal cannot be read")]
    Read(#[from] ReadFault),
    /// A file could not be read or written.
    #[error("cannot {action} `{path}`: check the disk and the permissions")]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of the keeper is not what it wrote.
    #[error(
        "`{path}` is not a checkpoint of this ledger: put a copy of the checkpoint in its place, or find out who changed it"
    )]
    Refuted {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Refuted,
    },
    /// The journal ends before the checkpoint.
    #[error(
        "the journal is shorter than a checkpoint of it: `{path}` is of {kept_size} entries with root {kept_root}, and the \
         journal has {size} with root {root}; entries were lost, restore a backup that is at least as new"
    )]
    Shorter {
        /// Where the checkpoint is.
        path: PathBuf,
        /// Its size.
        kept_size: u64,
        /// Its root.
        kept_root: Hash,
        /// How many entries there are.
        size: u64,
        /// The root over them.
        root: Hash,
    },
    /// The journal has another beginning.
    #[error(
        "the journal disagrees with a checkpoint of it: `{path}` is of {size} entries with root {kept_root}, and over its \
         first {size} entries the journal has root {root}; entries were changed, restore a backup"
    )]
    Changed {
        /// Where the checkpoint is.
        path: PathBuf,
        /// Its size.
        size: u64,
        /// Its root.
        kept_root: Hash,
        /// The journal's root at that size.
        root: Hash,
    },
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
    /// The process is stopping.
    #[error("no checkpoint was made: the ledger is stopping")]
    Interrupted,
}

/// Why a cosignature is not taken.
#[derive(Debug, Error)]
pub enum CosignatureFault {
    /// It proves nothing here.
    #[error(transparent)]
    Refuted(#[from] Refuted),
    /// It could not be checked or kept.
    #[error(transparent)]
    Keeper(#[from] KeeperFault),
}

/// The checkpoints that are kept in this folder, with their files.
pub fn read_kept(folder: &Path) -> Result<Vec<(PathBuf, SignedCheckpoint)>, KeeperFault> {
    let mut kept = Vec::new();
    let listed = fs::read_dir(folder).map_err(|error| fault("read", folder, error))?;
    for entry in listed {
        let path = entry.map_err(|error| fault("read", folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_ours = name == FILE || (name.starts_with(COSIGNED_PREFIX) && !name.ends_with(NEW_SUFFIX));
        if is_ours {
            let checkpoint = read_one(&path)?;
            kept.push((path, checkpoint));
        }
    }
    kept.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(kept)
}

/// Puts a checkpoint in this folder, as if its keeper had made it; durable when this returns. It must have been compared
/// with the journal there.
pub fn put(folder: &Path, signed: &SignedCheckpoint) -> Result<(), KeeperFault> {
    write(folder, FILE, signed)
}

/// Compares a checkpoint with the journal: `at_size` is the journal's root at the size of the checkpoint, `None` when the
/// journal is shorter, and `journal` its size and root now.
pub fn compare(
    path: &Path,
    kept: &Checkpoint,
    at_size: Option<Hash>,
    (size, root): (u64, Hash),
) -> Result<(), KeeperFault> {
    let path = path.to_path_buf();
    match at_size {
        Some(found) if found == kept.root => Ok(()),
        Some(root) => Err(KeeperFault::Changed { path, size: kept.size, kept_root: kept.root, root }),
        None => Err(KeeperFault::Shorter { path, kept_size: kept.size, kept_root: kept.root, size, root }),
    }
}

/// Refuses a journal that is shorter than a checkpoint kept in this folder, or disagrees with it. Gives the largest size
/// that was compared, 0 when no checkpoint is kept.
pub fn check_kept(folder: &Path, reader: &Reader) -> Result<u64, KeeperFault> {
    let journal = size_and_root(reader);
    let mut compared = 0;
    for (path, kept) in read_kept(folder)? {
        let checkpoint = &kept.checkpoint;
        compare(&path, checkpoint, reader.tree_root_blocking(checkpoint.size)?, journal)?;
        compared = compared.max(checkpoint.size);
    }
    Ok(compared)
}

fn size_and_root(reader: &Reader) -> (u64, Hash) {
    let view = reader.view();
    (view.head.tree.size(), view.head.tree.root())
}

impl Keeper {
    /// A keeper of the checkpoints in this folder. What is kept there must have passed [`check_kept`]; here the
    /// signatures are looked at. A checkpoint by an earlier key of this ledger is left in place until the next one.
    pub fn open(
        folder: &Path,
        key: SigningKey,
        cosigners: Vec<PublicKey>,
        reader: Reader,
    ) -> Result<Self, KeeperFault> {
        check_keys(&key, &cosigners)?;
        let mut kept = Kept::default();
        for (path, checkpoint) in read_kept(folder)? {
            let refused = |source| KeeperFault::Refuted { path: path.clone(), source };
            match checkpoint.verify_by(key.public()) {
                Ok(()) => {}
                Err(Refuted::NotSigned { .. }) => continue,
                Err(source) => return Err(refused(source)),
            }
            let signers = checkpoint.note.verify(&cosigners).map_err(refused)?;
            if path.ends_with(FILE) {
                kept.newest = Some(checkpoint);
            } else {
                kept.cosigned.extend(signers.iter().map(|signer| (signer.key.id(), checkpoint.clone())));
            }
        }
        let shared = Shared { folder: folder.to_path_buf(), key, cosigners, reader, kept: Mutex::new(kept) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The key that checks this ledger's checkpoints.
    pub fn key(&self) -> &PublicKey {
        self.shared.key.public()
    }

    /// The newest checkpoint; `None` when none was made yet.
    pub fn newest(&self) -> Option<SignedCheckpoint> {
        self.shared.kept.lock().newest.clone()
    }

    /// The checkpoint that most cosigners have signed, the larger one of two.
    pub fn cosigned(&self) -> Option<SignedCheckpoint> {
        let kept = self.shared.kept.lock();
        let rank = |one: &SignedCheckpoint| (one.note.signatures().len(), one.checkpoint.size);
        kept.cosigned.iter().map(|(_, checkpoint)| checkpoint).max_by_key(|one| rank(one)).cloned()
    }

    /// A checkpoint of everything that is durable now: a new one, unless nothing was recorded since the last.
    pub async fn fresh(&self) -> Result<SignedCheckpoint, KeeperFault> {
        let keeper = self.clone();
        task::spawn_blocking(move || keeper.fresh_blocking()).await.map_err(|_stopping| KeeperFault::Interrupted)?
    }

    /// The same, for threads that may wait for the disk.
    pub fn fresh_blocking(&self) -> Result<SignedCheckpoint, KeeperFault> {
        let shared = &self.shared;
        let mut kept = shared.kept.lock();
        let (size, root) = size_and_root(&shared.reader);
        if let Some(newest) = kept.newest.as_ref().filter(|newest| newest.checkpoint.size == size) {
            return Ok(newest.clone());
        }
        let checkpoint = Checkpoint { origin: self.key().name().to_owned(), size, root };
        let unusable = |source| KeeperFault::Refuted { path: shared.folder.join(FILE), source };
        let mut note = Note::new(checkpoint.to_string()).map_err(unusable)?;
        note.sign(&shared.key, 0);
        let signed = SignedCheckpoint { checkpoint, note };
        write(&shared.folder, FILE, &signed)?;
        kept.newest = Some(signed.clone());
        Ok(signed)
    }

    /// Takes the cosignatures on a checkpoint of this ledger, which must be by known cosigners, and gives the checkpoint
    /// with all that are known on it. Signatures by others are passed over, but one at least must be known.
    pub async fn add_cosignatures(&self, note: &str) -> Result<SignedCheckpoint, CosignatureFault> {
        let signed = SignedCheckpoint::parse(note)?;
        signed.verify_by(self.key())?;
        let signers = signed.note.verify(&self.shared.cosigners)?;
        if signers.is_empty() {
            let problem = "none of its signatures is by a cosigner that this ledger knows; see `serve --cosigner`";
            return Err(Refuted::Disagrees(problem.to_owned()).into());
        }
        let Checkpoint { size, root, .. } = signed.checkpoint;
        let found = self.shared.reader.tree_root(size).await.map_err(KeeperFault::Read)?;
        if found != Some(root) {
            let problem = format!("this ledger has no tree of {size} entries with root {root}");
            return Err(Refuted::Disagrees(problem).into());
        }
        let ids: Vec<KeyId> = signers.iter().map(|signer| signer.key.id()).collect();
        let keeper = self.clone();
        let kept = task::spawn_blocking(move || keeper.keep_cosigned(signed, &ids)).await;
        Ok(kept.map_err(|_stopping| KeeperFault::Interrupted)??)
    }

    /// Puts a checked checkpoint in its places; an older one of the same cosigner gives way, a newer one stays.
    fn keep_cosigned(&self, mut signed: SignedCheckpoint, ids: &[KeyId]) -> Result<SignedCheckpoint, KeeperFault> {
        let shared = &self.shared;
        let mut kept = shared.kept.lock();
        let known = kept.cosigned.iter().map(|(_, known)| known).chain(kept.newest.as_ref());
        let same = known.filter(|known| known.checkpoint == signed.checkpoint);
        let others: Vec<_> = same.flat_map(|same| same.note.signatures()).cloned().collect();
        let own: Vec<_> = signed.note.signatures().to_vec();
        // Those already known first; what came now takes their place where both are by the same key.
        signed.note = only_known(&signed, others.into_iter().chain(own), self.key(), &shared.cosigners)
            .map_err(|source| KeeperFault::Refuted { path: shared.folder.clone(), source })?;
        if kept.newest.as_ref().is_some_and(|newest| newest.checkpoint == signed.checkpoint) {
            write(&shared.folder, FILE, &signed)?;
            kept.newest = Some(signed.clone());
        }
        for (id, known) in &mut kept.cosigned {
            if known.checkpoint == signed.checkpoint && !ids.contains(id) {
                write(&shared.folder, &cosigned_file(*id), &signed)?;
                *known = signed.clone();
            }
        }
        for id in ids {
            let before = kept.cosigned.iter().find(|(known, _)| known == id);
            if before.is_some_and(|(_, before)| before.checkpoint.size > signed.checkpoint.size) {
                continue;
            }
            write(&shared.folder, &cosigned_file(*id), &signed)?;
            kept.cosigned.retain(|(known, _)| known != id);
            kept.cosigned.push((*id, signed.clone()));
        }
        Ok(signed)
    }
}

/// The text of the checkpoint with the signatures by the ledger and by known cosigners, which are all right.
fn only_known(
    signed: &SignedCheckpoint,
    lines: impl Iterator<Item = super::note::SignatureLine>,
    ledger: &PublicKey,
    cosigners: &[PublicKey],
) -> Result<Note, Refuted> {
    let mut note = Note::new(signed.note.text().to_owned())?;
    for line in lines {
        let mut keys = std::iter::once(ledger).chain(cosigners);
        if keys.any(|key| key.name() == line.name && key.id() == line.key) {
            note.take(line);
        }
    }
    Ok(note)
}

fn cosigned_file(id: KeyId) -> String {
    format!("{COSIGNED_PREFIX}{id}")
}

fn check_keys(key: &SigningKey, cosigners: &[PublicKey]) -> Result<(), KeeperFault> {
    if key.public().algorithm() != Algorithm::Ed25519 {
        let label = key.public().label();
        let problem = format!("`{label}` is a cosigner's key; a ledger signs with one made without `--cosigner`");
        return Err(KeeperFault::Setting(problem));
    }
    if cosigners.len() > COSIGNERS_MAX {
        let problem = format!("there are {} cosigners, expected at most {COSIGNERS_MAX}", cosigners.len());
        return Err(KeeperFault::Setting(problem));
    }
    let mut ids: Vec<KeyId> = cosigners.iter().map(PublicKey::id).chain([key.public().id()]).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(KeeperFault::Setting(
            "two of the keys have the same id; give each cosigner a key of its own".into(),
        ));
    }
    Ok(())
}

/// Under another name first: a file that is there is complete. Durable when this returns.
fn write(folder: &Path, name: &str, signed: &SignedCheckpoint) -> Result<(), KeeperFault> {
    let (path, path_new) = (folder.join(name), folder.join(format!("{name}{NEW_SUFFIX}")));
    let written = || -> io::Result<()> {
        let mut file = File::create(&path_new)?;
        file.write_all(signed.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&path_new, &path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| fault("write", &path, error))
}

/// The checkpoint in this file.
pub(super) fn read_one(path: &Path) -> Result<SignedCheckpoint, KeeperFault> {
    let size = fs::metadata(path).map_err(|error| fault("read", path, error))?.len();
    let refuted = |source| KeeperFault::Refuted { path: path.to_path_buf(), source };
    if usize::try_from(size).map_or(true, |size| size > NOTE_BYTES_MAX) {
        return Err(refuted(Refuted::malformed(
            "the note",
            format!("it has {size} bytes, expected at most {NOTE_BYTES_MAX}"),
        )));
    }
    let bytes = fs::read(path).map_err(|error| fault("read", path, error))?;
    let text = String::from_utf8(bytes).map_err(|error| refuted(Refuted::malformed("the note", error.to_string())))?;
    SignedCheckpoint::parse(&text).map_err(refuted)
}

fn fault(action: &'static str, path: &Path, source: io::Error) -> KeeperFault {
    KeeperFault::Io { action, path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests;
