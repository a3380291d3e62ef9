//! What the keeper promises: on disk first, never beside the journal, cosigned by whom it knows.

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
