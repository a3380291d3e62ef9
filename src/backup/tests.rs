//! A backup in all its states, whole and damaged, without a server; `tests/it/backup.rs` has the real one.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "small numbers of a test; an overflow ends it, as it should"
)]

use std::ops::ControlFlow;

use tempfile::TempDir;

use super::*;
use crate::calendar::Timestamp;
use crate::evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::evidence::key::Algorithm;
use crate::evidence::{Note, SigningKey};
use crate::journal::block::{Block, Head};
use crate::reader::load;
use crate::storage::Storage as _;
use crate::storage::sled::SledStorage;
use crate::writer::fixture::{Ledger, NOON, contribute};

/// A ledger in memory, and a folder for its backups.
struct Place {
    folder: TempDir,
    ledger: Ledger,
    key: SigningKey,
    next: u128,
}

impl Place {
    async fn with(entries: u128, first: u128) -> Self {
        let key = SigningKey::of_seed("hebi", Algorithm::Ed25519, [1; 32]).unwrap();
        let mut place = Self { folder: TempDir::new().unwrap(), ledger: Ledger::new(), key, next: first };
        place.add(entries).await;
        place
    }

    async fn add(&mut self, entries: u128) {
        for _ in 0..entries {
            self.ledger.submit(contribute(self.next, 7, "2026-03-01")).await.unwrap();
            self.next += 1;
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn head(&self) -> Head {
        self.ledger.reader.view().head.clone()
    }

    fn checkpoint(&self) -> SignedCheckpoint {
        signed(&self.key, &self.head())
    }

    fn blocks_after(&self, height: u64) -> Vec<Block> {
        let mut blocks = Vec::new();
        self.ledger
            .storage
            .scan(height + 1, &mut |block| {
                blocks.push(block);
                ControlFlow::Continue(())
            })
            .unwrap();
        blocks
    }

    fn back_up(&self) -> Manifest {
        let mut run = Backup::open(&self.path("backup")).unwrap().begin().unwrap();
        for block in self.blocks_after(run.head().height) {
            run.take(&block).unwrap();
        }
        run.finish(&self.checkpoint(), NOON).unwrap()
    }

    fn expected(&self) -> Expected {
        let keys = vec![self.key.public().clone()];
        Expected { checkpoint: self.checkpoint(), path: PathBuf::from("kept"), keys, longer: false }
    }

    fn restore(&self, expected: &Expected) -> Result<Certificate, BackupFault> {
        let (from, to) = (self.path("backup"), self.path("data"));
        restore(&Restore { from: &from, to: &to, expected, now: NOON }, &mut |_| {})
    }

    /// What is said of a restore that must not succeed; nothing is left of it.
    fn refused(&self, expected: &Expected) -> String {
        let refused = self.restore(expected).unwrap_err();
        assert!(matches!(refused, BackupFault::NotProven(_)), "{refused:?}");
        assert!(!self.path("data").exists() && !self.path(".data.restoring").exists());
        let mut said = refused.to_string();
        let mut cause = std::error::Error::source(&refused);
        while let Some(next) = cause {
            said = format!("{said}: {next}");
            cause = next.source();
        }
        said
    }
}

fn signed(key: &SigningKey, head: &Head) -> SignedCheckpoint {
    let (origin, size, root) = (key.public().name().to_owned(), head.tree.size(), head.tree.root());
    let checkpoint = Checkpoint { origin, size, root };
    let mut note = Note::new(checkpoint.to_string()).unwrap();
    note.sign(key, 0);
    SignedCheckpoint { checkpoint, note }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn several_runs_make_one_backup_and_it_comes_back() {
    let mut place = Place::with(3, 1).await;
    let first = place.back_up();
    let untouched = fs::read(place.path("backup").join(&first.files[0].file.file)).unwrap();
    assert_eq!(place.back_up().files, first.files, "nothing new");
    place.add(4).await;
    let manifest = place.back_up();
    assert_eq!((manifest.entries, manifest.files.len()), (7, 2));
    assert_eq!((manifest.files[1].first_entry, manifest.files[1].last_entry), (4, 7));
    assert_eq!(fs::read(place.path("backup").join(&first.files[0].file.file)).unwrap(), untouched);

    let certificate = place.restore(&place.expected()).unwrap();
    assert_eq!((certificate.entries, certificate.root.as_str()), (7, place.head().tree.root().to_string().as_str()));
    assert_eq!(certificate.book.digest, hex::encode(place.ledger.reader.book().digest()));
    assert_eq!(certificate.checked_with, Some(place.key.public().label()));
    assert_eq!(fs::read_to_string(place.path("data/restore-certificate.json")).unwrap(), certificate.to_json());
    let storage = SledStorage::open(&place.path("data")).unwrap();
    for (height, block) in (1..).zip(place.blocks_after(0)) {
        assert_eq!(storage.read(height).unwrap(), Some(block));
    }
    let loaded = load(&storage, &mut |_| {}).unwrap();
    assert_eq!(loaded.view().book, *place.ledger.reader.book());
    let start = crate::snapshot::load(&place.path("data"), &storage, &mut |_| {}).unwrap();
    assert_eq!(start.replayed, 0, "it comes with a snapshot");
    let kept = crate::evidence::keeper::read_kept(&place.path("data")).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].1.checkpoint, place.checkpoint().checkpoint);
}

#[tokio::test]
async fn an_empty_ledger_is_backed_up_too() {
    let place = Place::with(0, 1).await;
    assert_eq!(place.back_up().files, []);
    assert_eq!(place.restore(&place.expected()).unwrap().entries, 0);
}

#[tokio::test]
async fn a_run_that_was_broken_off_is_no_backup_and_goes_on() {
    let mut place = Place::with(2, 1).await;
    let blocks = place.blocks_after(0);
    let mut run = Backup::open(&place.path("backup")).unwrap().begin().unwrap();
    run.take(&blocks[0]).unwrap();
    drop(run);
    assert!(place.refused(&place.expected()).contains("holds no complete backup"));
    // The last block was received in part only.
    let unfinished = place.path("backup/unfinished.blocks");
    let whole = fs::read(&unfinished).unwrap();
    fs::write(&unfinished, [&whole[..], &blocks[1].to_stream()[..200]].concat()).unwrap();
    assert_eq!(Backup::open(&place.path("backup")).unwrap().begin().unwrap().head().last_sequence, 1);
    place.back_up();

    let before = fs::read(place.path("backup/backup.json")).unwrap();
    let expected = place.expected();
    place.add(3).await;
    let blocks = place.blocks_after(2);
    let mut run = Backup::open(&place.path("backup")).unwrap().begin().unwrap();
    for block in &blocks[..2] {
        run.take(block).unwrap();
    }
    drop(run);
    assert_eq!(fs::read(place.path("backup/backup.json")).unwrap(), before, "still the backup of 2 entries");
    assert_eq!(place.restore(&expected).unwrap().entries, 2);
    fs::remove_dir_all(place.path("data")).unwrap();
    for length in [0, 1, 143, 144, 300, whole.len()] {
        let unfinished = fs::read(place.path("backup/unfinished.blocks")).unwrap();
        fs::write(place.path("backup/unfinished.blocks"), &unfinished[..length.min(unfinished.len())]).unwrap();
        assert!(Backup::open(&place.path("backup")).unwrap().begin().unwrap().head().last_sequence >= 2);
    }
    assert_eq!(place.back_up().entries, 5);
    assert_eq!(place.restore(&place.expected()).unwrap().entries, 5);
}

#[tokio::test]
async fn a_run_does_not_take_what_does_not_continue_it() {
    let (place, other) = (Place::with(3, 1).await, Place::with(3, 50).await);
    place.back_up();
    let run = || Backup::open(&place.path("backup")).unwrap().begin().unwrap();
    assert!(matches!(run().take(&other.blocks_after(0)[2]), Err(BackupFault::NotProven(_))));
    assert!(matches!(run().take(&place.blocks_after(0)[2]), Err(BackupFault::NotProven(_))));
    let fault = run().finish(&other.checkpoint(), NOON).unwrap_err().to_string();
    assert!(fault.contains("the ledger gave 3 entries with root"), "{fault}");
    let open = run();
    let second = Backup::open(&place.path("backup")).unwrap_err().to_string();
    assert!(second.contains("another backup is being taken"), "{second}");
    drop(open);
    assert_eq!(place.restore(&place.expected()).unwrap().entries, 3);
}

#[tokio::test]
async fn every_flipped_byte_of_every_file_is_noticed() {
    let mut place = Place::with(2, 1).await;
    place.back_up();
    place.add(1).await;
    let manifest = place.back_up();
    let named: Vec<PathBuf> = manifest
        .files
        .iter()
        .map(|blocks| &blocks.file)
        .chain([&manifest.checkpoint])
        .map(|file| place.path("backup").join(&file.file))
        .chain([place.path("backup/backup.json")])
        .collect();
    let expected = place.expected();
    for path in named {
        let whole = fs::read(&path).unwrap();
        for byte in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&path, flipped).unwrap();
            place.refused(&expected);
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            place.refused(&expected);
        }
        fs::remove_file(&path).unwrap();
        let said = place.refused(&expected);
        assert!(said.contains("is missing"), "{said}");
        fs::write(&path, whole).unwrap();
    }
    place.restore(&expected).unwrap();
}

#[tokio::test]
async fn only_what_is_expected_is_restored() {
    let mut place = Place::with(3, 1).await;
    let early = place.expected();
    place.add(2).await;
    place.back_up();
    let expected = place.expected();
    place.add(1).await;
    let said = place.refused(&place.expected());
    assert!(said.contains("the backup is too old: it has 5 entries, and 6 are expected by `kept`"), "{said}");
    let said = place.refused(&early);
    assert!(said.contains("the backup has 5 entries, and `kept` is of 3; with --allow-longer"), "{said}");

    let other = Place::with(5, 50).await;
    let said = place.refused(&other.expected());
    assert!(said.contains("the backup is of another history: its first 5 entries have root"), "{said}");
    let short = Place::with(3, 50).await;
    let said = place.refused(&Expected { longer: true, ..short.expected() });
    assert!(said.contains("the backup is of another history: its first 3 entries have root"), "{said}");

    let stranger = SigningKey::of_seed("anyang", Algorithm::Ed25519, [2; 32]).unwrap();
    let theirs = Expected { checkpoint: signed(&stranger, &place.head()), keys: vec![], ..expected.clone() };
    assert!(
        place.refused(&theirs).contains("it is of the ledger `anyang`, expected `hebi`") || {
            place.refused(&theirs).contains("it is of the ledger `hebi`, expected `anyang`")
        }
    );
    let namesake = SigningKey::of_seed("hebi", Algorithm::Ed25519, [3; 32]).unwrap();
    let said = place.refused(&Expected { keys: vec![namesake.public().clone()], ..expected.clone() });
    assert!(said.contains("it is not signed by `hebi+"), "{said}");
    let forged = Expected { checkpoint: signed(&namesake, &place.blocks_head(5)), ..expected.clone() };
    let said = place.refused(&forged);
    assert!(said.contains("`kept` proves nothing") && said.contains("it is not signed by"), "{said}");

    let longer = Expected { longer: true, ..early };
    let certificate = place.restore(&longer).unwrap();
    assert_eq!((certificate.entries, certificate.expected_entries), (5, 3));
    let again = place.restore(&expected).unwrap_err().to_string();
    assert!(again.contains("is not empty: name a new folder"), "{again}");
    fs::remove_dir_all(place.path("data")).unwrap();
    fs::create_dir(place.path("data")).unwrap();
    let unchecked = place.restore(&Expected { keys: vec![], ..expected }).unwrap();
    assert_eq!(unchecked.checked_with, None);
    assert!(unchecked.to_string().contains("NOT CHECKED"));
}

impl Place {
    /// The head after so many blocks.
    fn blocks_head(&self, height: usize) -> Head {
        self.blocks_after(0)[..height].iter().fold(Head::EMPTY, |head, block| head.check(block).unwrap())
    }
}

#[tokio::test]
async fn a_manifest_that_was_made_up_does_not_help() {
    let (place, other) = (Place::with(3, 1).await, Place::with(3, 50).await);
    place.back_up();
    other.back_up();
    // A whole backup of another history, in place of ours.
    for path in files(&other.path("backup")) {
        fs::copy(&path, place.path("backup").join(path.file_name().unwrap())).unwrap();
    }
    let said = place.refused(&place.expected());
    assert!(said.contains("the backup is of another history"), "{said}");
    // One whose manifest names a file elsewhere.
    let text = fs::read_to_string(place.path("backup/backup.json")).unwrap();
    let mut manifest = Manifest::read(&place.path("backup")).unwrap().unwrap();
    assert!(text.contains(&manifest.checkpoint.file));
    manifest.checkpoint.file = "../checkpoint".to_owned();
    manifest.write(&place.path("backup")).unwrap();
    let said = place.refused(&place.expected());
    assert!(said.contains("it names the file `../checkpoint`"), "{said}");
}

#[test]
fn a_restore_into_nothing_is_refused() {
    let folder = TempDir::new().unwrap();
    let key = SigningKey::of_seed("hebi", Algorithm::Ed25519, [1; 32]).unwrap();
    let checkpoint = signed(&key, &Head::EMPTY);
    let expected = Expected { checkpoint, path: PathBuf::from("kept"), keys: vec![], longer: false };
    let (from, now) = (folder.path().join("nowhere"), Timestamp::from_micros(0));
    let to = folder.path().join("data");
    let fault = restore(&Restore { from: &from, to: &to, expected: &expected, now }, &mut |_| {}).unwrap_err();
    assert!(fault.to_string().contains("the folder holds no complete backup"), "{fault}");
}
