//! sled under the suite of every store, and what only a folder on a disk can suffer: a lost end, a lost witness,
//! flipped bits.

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use super::super::tests::{append, conforms, records, replay};
use super::engine::{contain, engine_fault};
use super::*;
use crate::journal::block::Head;

mod commit_files;

/// A folder with an open store of five blocks, and what it holds.
fn filled_open() -> (tempfile::TempDir, SledStorage, Head, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    let (mut head, mut all) = (Head::EMPTY, Vec::new());
    for number in 1..=5 {
        let batch = records(number, 40, 300);
        all.extend(batch.iter().cloned());
        head = append(&store, &head, batch).unwrap();
    }
    (folder, store, head, all)
}

/// The same, closed in good order.
fn filled() -> (tempfile::TempDir, Head, Vec<Vec<u8>>) {
    let (folder, store, head, all) = filled_open();
    drop(store);
    (folder, head, all)
}

/// Copies the folder as it is now, the store open or not.
fn copy(source: &Path) -> tempfile::TempDir {
    fn copy_into(source: &Path, target: &Path) {
        fs::create_dir_all(target).unwrap();
        for entry in fs::read_dir(source).unwrap().map(Result::unwrap) {
            let target = target.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy_into(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let target = tempfile::tempdir().unwrap();
    copy_into(source, target.path());
    target
}

#[test]
fn sled_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("not").join("there");
    conforms(&|| Ok(Box::new(SledStorage::open(&folder)?)));
}

#[test]
fn a_second_opening_is_told_who_has_the_folder() {
    let (folder, _, _) = filled();
    let _first = SledStorage::open(folder.path()).unwrap();
    let text = SledStorage::open(folder.path()).unwrap_err().to_string();
    assert!(text.starts_with("another ipledger uses this folder `"), "{text}");
}

/// Found by `tests/faults/run full`: a start on a full disk left such a file, and the next one called the store damaged.
#[test]
fn a_shortcut_that_sled_did_not_finish_is_no_damage() {
    for part in [0, 5, 40] {
        let (folder, _, all) = filled();
        let store = folder.path().join(STORE);
        let unfinished = store.join("snap.0FFFFFFFFFFFFFFF.generating");
        fs::write(&unfinished, vec![7; part]).unwrap();
        let reopened = SledStorage::open(folder.path()).unwrap();
        assert_eq!(replay(&reopened).unwrap().1, all);
        assert!(!unfinished.exists());
    }
}

#[test]
fn large_blocks_leave_the_blobs_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    let five_megabytes = records(1, 20, 256 * 1024);
    let head = append(&store, &Head::EMPTY, five_megabytes.clone()).unwrap();
    let head = append(&store, &head, records(2, 1_000, 300)).unwrap();
    store.check_no_blobs().unwrap();
    drop(store);

    let store = SledStorage::open(folder.path()).unwrap();
    assert_eq!(replay(&store).unwrap(), (head, [five_megabytes, records(2, 1_000, 300)].concat()));
    fs::write(folder.path().join("store/blobs/1"), b"x").unwrap();
    assert!(matches!(store.check_no_blobs(), Err(Fault::BlobsUsed { count: 1, .. })));
    drop(store);
    assert!(matches!(SledStorage::open(folder.path()), Err(Fault::BlobsUsed { .. })));
}

#[test]
fn a_store_behind_its_witness_is_refused_with_both_numbers() {
    let (folder, head, _) = filled();
    let older = copy(folder.path());
    let store = SledStorage::open(folder.path()).unwrap();
    let newer = append(&store, &head, records(6, 1, 300)).unwrap();
    drop(store);

    // The files of sled from before the last commit, under the witness that saw it.
    fs::remove_dir_all(folder.path().join(STORE)).unwrap();
    fs::rename(older.path().join(STORE), folder.path().join(STORE)).unwrap();
    let text = SledStorage::open(folder.path()).unwrap_err().to_string();
    let (before, after) = (head.tree.root(), newer.tree.root());
    assert!(text.contains(&format!("was at block 6, sequence 201, tree root {after}")), "{text}");
    assert!(text.contains(&format!("is at block 5, sequence 200, tree root {before}")), "{text}");

    // The operator takes the end for true, once; after that the store opens by itself.
    assert_eq!(SledStorage::open_accepting_head(folder.path()).unwrap().tip().unwrap(), 5);
    let store = SledStorage::open(folder.path()).unwrap();
    append(&store, &head, records(7, 1, 300)).unwrap();
}

#[test]
fn a_deleted_store_is_refused() {
    let (folder, _, _) = filled();
    fs::remove_dir_all(folder.path().join(STORE)).unwrap();
    let fault = SledStorage::open(folder.path()).unwrap_err();
    assert!(matches!(&fault, Fault::WitnessAhead { store, .. } if store.height == 0), "{fault}");
}

/// sled takes a log that is cut off for a shorter one; nothing of that may pass.
#[test]
fn a_truncated_store_is_refused() {
    let (folder, head, all) = filled();
    let log = fs::read(folder.path().join("store/db")).unwrap();
    let end = log.iter().rposition(|byte| *byte != 0).unwrap();
    let mut lost = 0;
    for eighth in 1..8 {
        let cut = copy(folder.path());
        fs::write(cut.path().join("store/db"), &log[..(end >> 3) * eighth]).unwrap();
        match SledStorage::open(cut.path()).and_then(|store| replay(&store)) {
            Ok(found) => assert!(found == (head.clone(), all.clone()), "cut at {eighth} eighths"),
            Err(Fault::WitnessAhead { .. }) => lost += 1,
            Err(fault) => println!("cut at {eighth} eighths: {fault}"),
        }
    }
    println!("{lost} of 7 noticed by the witness alone");
}

#[test]
fn another_journal_under_the_witness_is_refused() {
    let (folder, _, _) = filled();
    let other = tempfile::tempdir().unwrap();
    let store = SledStorage::open(other.path()).unwrap();
    let mut head = Head::EMPTY;
    for number in 1..=6 {
        head = append(&store, &head, records(number + 70, 40, 300)).unwrap();
    }
    drop(store);
    fs::copy(folder.path().join("head"), other.path().join("head")).unwrap();
    let fault = SledStorage::open(other.path()).unwrap_err();
    assert!(matches!(&fault, Fault::WitnessMismatch { store, .. } if store.height == 5), "{fault}");
}

#[test]
fn a_store_without_a_witness_is_refused_until_it_is_accepted() {
    let (folder, head, _) = filled();
    let path = folder.path().join("head");
    fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        let fault = SledStorage::open(folder.path()).unwrap_err();
        assert!(matches!(fault, Fault::WitnessMissing { store_height: 5, .. }), "{fault}");
        assert!(fault.to_string().contains("`ipledger verify --accept-head`"), "{fault}");
        fs::write(&path, b"no witness").unwrap();
    }
    drop(SledStorage::open_accepting_head(folder.path()).unwrap());
    assert_eq!(replay(&SledStorage::open(folder.path()).unwrap()).unwrap().0, head);
}

/// A killed process leaves the witness behind or even with the store; either opens.
#[test]
fn a_witness_that_is_behind_is_no_fault() {
    let (folder, head, _) = filled();
    let witness = fs::read(folder.path().join("head")).unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    let head = append(&store, &head, records(6, 1, 300)).unwrap();
    let killed = copy(folder.path());
    drop(store);
    fs::write(killed.path().join("head"), witness).unwrap();
    assert_eq!(replay(&SledStorage::open(killed.path()).unwrap()).unwrap().0, head);
}

/// Flips single bits over the whole log: of a store that was killed, of one that was closed, and of one that was
/// closed, opened again, appended to and killed. Whatever sled makes of it, errors, panics or a shorter log, the store
/// either refuses or gives back exactly what was written.
#[test]
fn a_flipped_bit_is_refused_or_harmless() {
    let (folder, store, head, mut all) = filled_open();
    let killed = moved_and_killed(&folder, &store);
    drop(store);
    let closed = copy(folder.path());
    let refused = flip_bits(killed.path(), &(head.clone(), all.clone()));
    println!("killed: {refused:?}");
    let refused = flip_bits(closed.path(), &(head.clone(), all.clone()));
    println!("closed: {refused:?}");

    let store = SledStorage::open(folder.path()).unwrap();
    let last = records(6, 200, 300);
    let head = append(&store, &head, last.clone()).unwrap();
    all.extend(last);
    let killed = moved_and_killed(&folder, &store);
    let refused = flip_bits(killed.path(), &(head, all));
    println!("killed after a restart: {refused:?}");
}

/// A copy of a store whose process was killed when all was in sled. Without the commit files, which would give sled back
/// what it lost: this is about sled.
fn moved_and_killed(folder: &tempfile::TempDir, store: &SledStorage) -> tempfile::TempDir {
    store.queue.wait_until_moved(store.tip().unwrap()).unwrap();
    let killed = copy(folder.path());
    commits::remove(killed.path()).unwrap();
    killed
}

/// Flips one bit at each of 40 places of the log that are in use, each in a copy of its own, and counts what found it.
fn flip_bits(source: &Path, written: &(Head, Vec<Vec<u8>>)) -> BTreeMap<&'static str, usize> {
    assert!(replay(&SledStorage::open(copy(source).path()).unwrap()).unwrap() == *written, "whole without a flip");
    let log = fs::read(source.join("store/db")).unwrap();
    let used: Vec<usize> = (0..log.len()).filter(|place| log[*place] != 0).collect();
    let mut outcomes = BTreeMap::new();
    for (sample, place) in used.iter().copied().step_by(used.len().div_ceil(40)).enumerate() {
        let damaged = copy(source);
        let mut log = log.clone();
        log[place] ^= 1 << (sample % 8);
        fs::write(damaged.path().join("store/db"), log).unwrap();
        let outcome = match SledStorage::open(damaged.path()).and_then(|store| replay(&store)) {
            Ok(found) => {
                assert!(found == *written, "byte {place} changed the journal");
                "harmless"
            }
            Err(Fault::Damaged { detail, .. }) if detail.contains("panicked") => "sled panicked",
            Err(Fault::Damaged { .. }) => "sled noticed",
            Err(Fault::WitnessAhead { .. }) => "the witness noticed",
            Err(Fault::Corrupt { .. } | Fault::WitnessMismatch { .. }) => "the hashes noticed",
            Err(fault) => panic!("byte {place}: {fault}"),
        };
        outcomes.entry(outcome).and_modify(|count: &mut usize| *count = count.saturating_add(1)).or_insert(1);
    }
    let harmless = outcomes.get("harmless").copied().unwrap_or(0);
    assert!(harmless < 20, "the flips miss the data: {outcomes:?}");
    outcomes
}

#[test]
fn a_panic_inside_sled_becomes_a_fault() {
    let outcome = contain::<()>(Path::new("folder"), "read", || panic!("bad page {}", 7));
    let text = outcome.unwrap_err().to_string();
    let expected = "the store in `folder` is damaged (sled panicked at read: bad page 7): restore it from a backup";
    assert_eq!(text, expected);
    let outcome = contain::<()>(Path::new("folder"), "read", || panic!("short"));
    assert!(outcome.unwrap_err().to_string().contains("sled panicked at read: short"));
}

#[test]
fn errors_of_sled_become_faults() {
    let fault = |error| engine_fault(Path::new("folder"), "write", error);
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert!(matches!(fault(sled::Error::Io(full)), Fault::Full { .. }));
    let broken = std::io::Error::other("broken");
    assert!(matches!(fault(sled::Error::Io(broken)), Fault::Io { action: "write", .. }));
    let locked = std::io::Error::other("could not acquire lock on \"db\": WouldBlock");
    assert!(matches!(fault(sled::Error::Io(locked)), Fault::Locked { .. }));
    let segment = sled::Error::Unsupported("segment_size".to_owned());
    assert!(matches!(fault(segment), Fault::Incompatible { .. }));
    assert!(matches!(fault(sled::Error::Corruption { at: None, bt: () }), Fault::Damaged { .. }));
}

/// A folder that is let go a moment later is waited for: a process that was just killed, or one that is being forked.
#[test]
fn a_lock_that_is_let_go_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    let release = thread::spawn(move || {
        thread::park_timeout(Duration::from_millis(100));
        drop(store);
    });
    SledStorage::open(folder.path()).unwrap();
    release.join().unwrap();
}

#[test]
fn a_store_that_was_filled_is_the_store_that_was_written() {
    let (written, filled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (SledStorage::open(written.path()).unwrap(), SledStorage::open(filled.path()).unwrap());
    let (mut head, mut blocks) = (Head::EMPTY, Vec::new());
    for height in 1..=7_u8 {
        let (block, next) = head.seal(vec![vec![height; 3_000]; 4]);
        one.append(&block).unwrap();
        (head, blocks) = (next, [blocks, vec![block]].concat());
    }
    other.append_all(&blocks[..3]).unwrap();
    other.append_all(&[]).unwrap();
    assert_eq!(other.tip().unwrap(), 3);
    other.append_all(&blocks[3..6]).unwrap();
    other.append(&blocks[6]).unwrap();
    drop(other);
    let other = SledStorage::open(filled.path()).unwrap();
    for height in 1..=8 {
        assert_eq!(one.read(height).unwrap(), other.read(height).unwrap());
    }
    let fault = other.append_all(&blocks[..1]).unwrap_err();
    assert!(matches!(fault, Fault::NotNext { expected: 8, found: 1, .. }), "{fault}");
}
