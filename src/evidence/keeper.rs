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
            let checkpoint = read(&path)?;
            kept.push((path, checkpoint));
        }
    }
    kept.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(kept)
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

fn read(path: &Path) -> Result<SignedCheckpoint, KeeperFault> {
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
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::storage::memory::MemoryDisk;
    use crate::writer::fixture::{Ledger, contribute};

    fn ledger_key(seed: u8) -> SigningKey {
        SigningKey::of_seed("hebi", Algorithm::Ed25519, [seed; 32]).unwrap()
    }

    fn cosigner(name: &str, seed: u8) -> SigningKey {
        SigningKey::of_seed(name, Algorithm::Cosignature, [seed; 32]).unwrap()
    }

    async fn record(ledger: &Ledger, ids: std::ops::RangeInclusive<u128>) {
        for id in ids {
            ledger.submit(contribute(id, 1, "2026-03-01")).await.unwrap();
        }
    }

    fn open(folder: &TempDir, ledger: &Ledger, cosigners: &[&SigningKey]) -> Result<Keeper, KeeperFault> {
        let cosigners = cosigners.iter().map(|key| key.public().clone()).collect();
        Keeper::open(folder.path(), ledger_key(1), cosigners, ledger.reader.clone())
    }

    fn sign(checkpoint: &SignedCheckpoint, key: &SigningKey) -> String {
        let mut note = checkpoint.note.clone();
        note.sign(key, 1_772_337_600);
        note.to_string()
    }

    #[tokio::test]
    async fn a_checkpoint_is_of_what_is_durable_and_is_on_disk_first() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        let keeper = open(&folder, &ledger, &[]).unwrap();
        assert_eq!(keeper.newest(), None);
        assert_eq!(keeper.fresh().await.unwrap().checkpoint.size, 0);
        record(&ledger, 1..=3).await;
        let made = keeper.fresh().await.unwrap();
        assert_eq!(made.checkpoint.root, ledger.reader.view().head.tree.root());
        assert_eq!((made.checkpoint.size, made.checkpoint.origin.as_str()), (3, "hebi"));
        assert_eq!(made.verify_by(ledger_key(1).public()), Ok(()));
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), made.to_string());
        assert_eq!(keeper.fresh().await.unwrap(), made, "nothing was recorded since");
        let reopened = open(&folder, &ledger, &[]).unwrap();
        assert_eq!(reopened.newest(), Some(made));
    }

    #[tokio::test]
    async fn a_journal_that_lost_its_end_is_refused_with_both_sizes_and_roots() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        record(&ledger, 1..=3).await;
        let kept = open(&folder, &ledger, &[]).unwrap().fresh().await.unwrap().checkpoint;
        assert_eq!(check_kept(folder.path(), &ledger.reader).unwrap(), 3);
        let shorter = Ledger::new();
        record(&shorter, 1..=2).await;
        let refused = check_kept(folder.path(), &shorter.reader).unwrap_err().to_string();
        let root = shorter.reader.view().head.tree.root();
        assert!(refused.contains(&format!("of 3 entries with root {}", kept.root)), "{refused}");
        assert!(refused.contains(&format!("has 2 with root {root}")), "{refused}");
    }

    #[tokio::test]
    async fn another_journal_is_refused_and_a_longer_one_is_not() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        record(&ledger, 1..=3).await;
        open(&folder, &ledger, &[]).unwrap().fresh().await.unwrap();
        record(&ledger, 4..=9).await;
        assert_eq!(check_kept(folder.path(), &ledger.reader).unwrap(), 3);
        let other = Ledger::open(&MemoryDisk::default());
        record(&other, 11..=15).await;
        let refused = check_kept(folder.path(), &other.reader).unwrap_err();
        assert!(matches!(refused, KeeperFault::Changed { size: 3, .. }), "{refused}");
    }

    #[tokio::test]
    async fn a_file_that_was_changed_is_refused() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        record(&ledger, 1..=3).await;
        let made = open(&folder, &ledger, &[]).unwrap().fresh().await.unwrap().to_string();
        let path = folder.path().join(FILE);
        for place in 0..made.len() {
            let mut bytes = made.clone().into_bytes();
            bytes[place] ^= 1;
            fs::write(&path, bytes).unwrap();
            let outcome = check_kept(folder.path(), &ledger.reader).and_then(|_| open(&folder, &ledger, &[]));
            let kept = outcome.map(|keeper| keeper.newest());
            // A changed key name or id makes it a checkpoint by an unknown key, which is not used.
            assert!(matches!(kept, Err(_) | Ok(None)), "byte {place} of {made}");
        }
    }

    #[tokio::test]
    async fn cosignatures_gather_on_one_checkpoint_and_last() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        let (icbc, bureau, stranger) = (cosigner("icbc", 3), cosigner("市知识产权局", 4), cosigner("icbc", 5));
        record(&ledger, 1..=3).await;
        let keeper = open(&folder, &ledger, &[&icbc, &bureau]).unwrap();
        let made = keeper.fresh().await.unwrap();
        assert_eq!(keeper.cosigned(), None);
        keeper.add_cosignatures(&sign(&made, &icbc)).await.unwrap();
        let both = keeper.add_cosignatures(&sign(&made, &bureau)).await.unwrap();
        assert_eq!(both.note.signatures().len(), 3);
        assert_eq!(keeper.newest(), Some(both.clone()));
        assert_eq!(keeper.cosigned(), Some(both.clone()));
        let refused = keeper.add_cosignatures(&sign(&made, &stranger)).await.unwrap_err().to_string();
        assert!(refused.contains("none of its signatures is by a cosigner"), "{refused}");
        record(&ledger, 4..=4).await;
        keeper.fresh().await.unwrap();
        let reopened = open(&folder, &ledger, &[&icbc, &bureau]).unwrap();
        assert_eq!(reopened.newest().unwrap().checkpoint.size, 4);
        assert_eq!(reopened.cosigned(), Some(both));
        assert_eq!(check_kept(folder.path(), &ledger.reader).unwrap(), 4);
    }

    #[tokio::test]
    async fn a_cosignature_on_what_the_ledger_never_signed_is_refused() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        record(&ledger, 1..=3).await;
        let icbc = cosigner("icbc", 3);
        let keeper = open(&folder, &ledger, &[&icbc]).unwrap();
        let made = keeper.fresh().await.unwrap();
        let mut forged = made.checkpoint.clone();
        forged.root.0[0] ^= 1;
        let mut note = Note::new(forged.to_string()).unwrap();
        note.sign(&icbc, 0);
        let refused = keeper.add_cosignatures(&note.to_string()).await.unwrap_err().to_string();
        assert!(refused.contains("not signed by `hebi+"), "{refused}");
        note.sign(&ledger_key(1), 0);
        let refused = keeper.add_cosignatures(&note.to_string()).await.unwrap_err().to_string();
        assert!(refused.contains("no tree of 3 entries with root"), "{refused}");
        let mut wrong = made.note.clone();
        wrong.sign(&icbc, 7);
        let wrong = wrong.to_string().replace("hebi\n3", "hebi\n2");
        assert!(keeper.add_cosignatures(&wrong).await.is_err());
        assert_eq!(keeper.cosigned(), None);
    }

    #[tokio::test]
    async fn a_new_key_of_the_same_ledger_goes_on() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        record(&ledger, 1..=3).await;
        open(&folder, &ledger, &[]).unwrap().fresh().await.unwrap();
        let keeper = Keeper::open(folder.path(), ledger_key(2), Vec::new(), ledger.reader.clone()).unwrap();
        assert_eq!(keeper.newest(), None, "it is by the earlier key");
        assert_eq!(keeper.fresh().await.unwrap().verify_by(ledger_key(2).public()), Ok(()));
        let other = SigningKey::of_seed("anyang", Algorithm::Ed25519, [2; 32]).unwrap();
        let refused = Keeper::open(folder.path(), other, Vec::new(), ledger.reader.clone()).unwrap_err();
        assert!(matches!(refused, KeeperFault::Refuted { source: Refuted::OtherLedger { .. }, .. }), "{refused:?}");
    }

    #[tokio::test]
    async fn keys_that_cannot_serve_are_refused() {
        let (folder, ledger) = (TempDir::new().unwrap(), Ledger::new());
        let icbc = cosigner("icbc", 3);
        let refused = open(&folder, &ledger, &[&icbc, &icbc]).unwrap_err().to_string();
        assert!(refused.contains("two of the keys have the same id"), "{refused}");
        let refused = Keeper::open(folder.path(), icbc, Vec::new(), ledger.reader.clone()).unwrap_err().to_string();
        assert!(refused.contains("is a cosigner's key"), "{refused}");
    }
}
