//! The commit files and the mover in front of sled: kills between commit and move, reads in that time, damage, faults.

use std::sync::atomic::AtomicBool;

use super::*;

const FILE: &str = "commits-1";

/// A store of five blocks none of which is in sled yet, and what it holds.
fn held() -> (tempfile::TempDir, SledStorage, Head, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    store.queue.hold();
    let (mut head, mut all) = (Head::EMPTY, Vec::new());
    for number in 1..=5 {
        // The third takes several pages and chunks.
        let batch = records(number, if number == 3 { 60 } else { 2 }, 300);
        all.extend(batch.iter().cloned());
        head = append(&store, &head, batch).unwrap();
    }
    assert_eq!((store.tip().unwrap(), store.queue.moved()), (5, 0));
    (folder, store, head, all)
}

/// How far sled has come in this folder, by itself.
fn engine_height(folder: &Path) -> u64 {
    Engine::open(folder).unwrap().last_tip().unwrap().height
}

fn set_witness(folder: &Path, bytes: &[u8]) {
    fs::write(folder.join("head"), bytes).unwrap();
}

#[test]
fn what_was_committed_and_not_moved_survives_a_kill() {
    let (folder, store, head, all) = held();
    let killed = copy(folder.path());
    assert_eq!(engine_height(copy(folder.path()).path()), 0, "nothing of it is in sled");
    // Killed again and again while it starts; each time it opens, also with a witness that is behind.
    let reopened = SledStorage::open(killed.path()).unwrap();
    let killed_again = copy(killed.path());
    assert_eq!(replay(&reopened).unwrap(), (head.clone(), all.clone()));
    let next = append(&reopened, &head, records(6, 1, 300)).unwrap();
    reopened.queue.hold();
    let killed_later = copy(killed.path());
    let reopened = SledStorage::open(killed_again.path()).unwrap();
    assert_eq!(replay(&reopened).unwrap(), (head, all));
    let reopened = SledStorage::open(killed_later.path()).unwrap();
    assert_eq!(replay(&reopened).unwrap().0, next);
    drop(store);
}

#[test]
fn closing_leaves_everything_in_sled() {
    let (folder, store, head, all) = held();
    drop(store);
    assert_eq!(engine_height(copy(folder.path()).path()), 5);
    commits::remove(folder.path()).unwrap();
    // A folder of an older version looks the same: it has no commit files.
    let store = SledStorage::open(folder.path()).unwrap();
    assert_eq!(replay(&store).unwrap(), (head.clone(), all));
    append(&store, &head, records(6, 1, 300)).unwrap();
    drop(store);
    assert_eq!(SledStorage::open(folder.path()).unwrap().tip().unwrap(), 6);
}

#[test]
fn an_idle_store_moves_everything_by_itself() {
    let (_folder, store, _, _) = filled_open();
    for _ in 0..200 {
        thread::park_timeout(Duration::from_millis(25));
        if store.queue.moved() == 5 {
            return;
        }
    }
    panic!("{} of 5 blocks are in sled after five seconds", store.queue.moved());
}

#[test]
fn blocks_are_read_before_while_and_after_they_are_moved() {
    let (_folder, store, head, all) = held();
    assert_eq!(replay(&store).unwrap(), (head.clone(), all));
    assert_eq!(store.read(6).unwrap(), None);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u64;
            while !done.load(Ordering::Relaxed) {
                for height in 1..=store.tip().unwrap() {
                    assert_eq!(store.read(height).unwrap().unwrap().height(), height);
                    reads += 1;
                }
            }
            reads
        });
        let mut head = head;
        store.queue.release();
        for number in 6..=60 {
            head = append(&store, &head, records(number, 3, 300)).unwrap();
            if number % 5 == 0 {
                store.queue.wait_until_moved(number - 2).unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    assert_eq!(replay(&store).unwrap().0.height, 60);
}

/// Both files fill up while nothing is moved: the appender waits, and goes on when the mover does.
#[test]
fn an_append_waits_for_the_mover_when_both_files_are_full() {
    let (folder, store, head, _) = held();
    let (height, mut last) = (AtomicU64::new(0), head);
    let last = thread::scope(|scope| {
        let appender = scope.spawn(|| {
            for number in 6..=26 {
                // 250 KiB: three in the first file, seven in the second, which is twice as large.
                last = append(&store, &last, records(number, 5, 50 * 1024)).unwrap();
                height.store(number, Ordering::Relaxed);
            }
            last
        });
        let mut seen = 0;
        for _ in 0..400 {
            thread::park_timeout(Duration::from_millis(10));
            let now = height.load(Ordering::Relaxed);
            if now == seen && now > 5 {
                break;
            }
            seen = now;
        }
        thread::park_timeout(Duration::from_millis(100));
        let waits_at = height.load(Ordering::Relaxed);
        assert!((10..26).contains(&waits_at), "it waits after {waits_at} blocks");
        assert_eq!(store.queue.moved(), 0);
        // A kill now loses nothing: what is in the first file was not overwritten.
        let killed = SledStorage::open(copy(folder.path()).path()).unwrap();
        assert_eq!(killed.tip().unwrap(), waits_at);
        store.queue.release();
        appender.join().unwrap()
    });
    assert_eq!(replay(&store).unwrap().0, last);
    drop(store);
    assert_eq!(replay(&SledStorage::open(folder.path()).unwrap()).unwrap().0, last);
}

#[test]
fn a_fault_of_the_mover_finishes_the_store_and_loses_nothing() {
    let (folder, store, head, all) = held();
    store.usable().unwrap().broken.store(true, Ordering::Relaxed);
    store.queue.release();
    assert!(store.queue.wait_until_moved(5).is_err(), "whoever waits is told");
    let (block, _) = head.seal(records(6, 1, 300));
    for fault in [store.append(&block).err(), store.read(1).err(), store.tip().err()] {
        let text = fault.unwrap().to_string();
        assert!(text.contains("is full: make room, then start again"), "{text}");
    }
    drop(store);
    assert_eq!(engine_height(copy(folder.path()).path()), 0);
    assert_eq!(replay(&SledStorage::open(folder.path()).unwrap()).unwrap(), (head, all));
}

/// As on a full disk: nothing is opened or written, and once there is room the same folder opens.
#[test]
fn a_commit_file_that_cannot_be_made_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("commits-2.new");
    fs::create_dir(&in_the_way).unwrap();
    let fault = SledStorage::open(folder.path()).unwrap_err();
    assert!(matches!(&fault, Fault::Io { action: "create", path, .. } if path.ends_with("commits-2")), "{fault}");
    fs::remove_dir(&in_the_way).unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    append(&store, &Head::EMPTY, records(1, 1, 300)).unwrap();
}

/// Found by `tests/faults/run descriptors`: a commit must not need one.
#[test]
fn a_commit_opens_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStorage::open(folder.path()).unwrap();
    // Whatever is opened by name from here on is not the store's.
    for name in ["commits-1", "commits-2", "head", "store/db"] {
        let path = folder.path().join(name);
        fs::rename(&path, path.with_extension("moved")).unwrap();
    }
    let mut head = Head::EMPTY;
    for number in 1..=20 {
        head = append(&store, &head, records(number, 5, 50 * 1024)).unwrap();
    }
    store.queue.wait_until_moved(20).unwrap();
    assert!(!folder.path().join("commits-1").exists() && !folder.path().join("commits-2").exists());
    assert_eq!(replay(&store).unwrap().0, head);
}

/// A store that was filled from elsewhere after it was appended to, and the other way round.
#[test]
fn filling_and_appending_take_turns() {
    let (folder, store, mut head, _) = held();
    store.queue.release();
    for number in [6, 8] {
        let (block, next) = head.seal(records(number, 4, 3_000));
        store.append_all(&[block]).unwrap();
        head = append(&store, &next, records(number + 1, 2, 300)).unwrap();
    }
    store.queue.hold();
    let killed = copy(folder.path());
    assert_eq!(replay(&store).unwrap().0, head);
    assert_eq!(replay(&SledStorage::open(killed.path()).unwrap()).unwrap().0, head);
}

/// The end of the commit file is gone, or a piece of its middle: refused, by the witness or by what is after it.
#[test]
fn lost_commits_are_refused() {
    let (folder, store, _, _) = held();
    let killed = copy(folder.path());
    drop(store);
    let path = |folder: &tempfile::TempDir| folder.path().join(FILE);
    let bytes = fs::read(path(&killed)).unwrap();

    let gone = copy(killed.path());
    fs::remove_file(path(&gone)).unwrap();
    assert!(matches!(SledStorage::open(gone.path()), Err(Fault::WitnessAhead { .. })));

    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    for at in [end, end - 4_096, 4_096 * 2 + 100, 4_096 + 40, 20] {
        let damaged = copy(killed.path());
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        fs::write(path(&damaged), &flipped).unwrap();
        let text = SledStorage::open(damaged.path()).unwrap_err().to_string();
        let named = text.contains("`commits-1`") && text.contains("restore it from a backup");
        assert!(if at == end { text.contains("was at block 5") } else { named }, "byte {at}: {text}");
    }
}

/// sled has lost its end, and nobody but the commit files knows.
#[test]
fn an_engine_behind_what_the_commit_files_say_is_refused() {
    let (folder, head, _) = filled();
    let (older, witness) = (copy(folder.path()), fs::read(folder.path().join("head")).unwrap());
    let store = SledStorage::open(folder.path()).unwrap();
    let head = append(&store, &head, records(6, 1, 300)).unwrap();
    store.queue.wait_until_moved(6).unwrap();
    let head = append(&store, &head, records(7, 1, 300)).unwrap();
    store.queue.hold();
    let killed = copy(folder.path());
    drop(store);
    fs::remove_dir_all(killed.path().join(STORE)).unwrap();
    fs::rename(older.path().join(STORE), killed.path().join(STORE)).unwrap();
    assert!(matches!(SledStorage::open(killed.path()), Err(Fault::WitnessAhead { .. })));
    // As after a power failure: the witness was not synced.
    set_witness(killed.path(), &witness);
    let text = SledStorage::open(killed.path()).unwrap_err().to_string();
    let expected = "its engine ends at block 5, and had block 6 when `commits-1` was written";
    assert!(text.contains(expected), "{text}");
    // An operator who takes that for true goes on from there, and the commit files never come back.
    let store = SledStorage::open_accepting_head(killed.path()).unwrap();
    assert_eq!(store.tip().unwrap(), 5);
    let (head_at_5, _) = replay(&store).unwrap();
    append(&store, &head_at_5, records(66, 1, 300)).unwrap();
    drop(store);
    let (found, _) = replay(&SledStorage::open(killed.path()).unwrap()).unwrap();
    assert_eq!(found.height, 6);
    assert_ne!(found.block_hash, head.block_hash);
}

#[test]
fn accepting_the_head_takes_what_the_commit_files_have() {
    let (folder, store, head, all) = held();
    let killed = copy(folder.path());
    drop(store);
    fs::remove_file(killed.path().join("head")).unwrap();
    let fault = SledStorage::open(killed.path()).unwrap_err();
    assert!(matches!(fault, Fault::WitnessMissing { store_height: 5, .. }), "{fault}");
    drop(SledStorage::open_accepting_head(killed.path()).unwrap());
    assert_eq!(replay(&SledStorage::open(killed.path()).unwrap()).unwrap(), (head, all));
}

/// Single bits of the commit file of a killed process, over all that is in use: what comes back is what was written, or
/// nothing does.
#[test]
fn a_flipped_bit_of_a_commit_file_is_refused_or_harmless() {
    let (folder, store, head, all) = held();
    let killed = copy(folder.path());
    drop(store);
    let bytes = fs::read(killed.path().join(FILE)).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 200;
    let (mut refused, mut harmless) = (0, 0);
    for at in (0..end).step_by(end.div_ceil(120)) {
        let damaged = copy(killed.path());
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(damaged.path().join(FILE), flipped).unwrap();
        match SledStorage::open(damaged.path()).and_then(|store| replay(&store)) {
            Ok(found) => {
                assert!(found == (head.clone(), all.clone()), "byte {at} changed the journal");
                assert_eq!(bytes[at], 0, "byte {at} is in no padding");
                harmless += 1;
            }
            Err(Fault::Damaged { .. } | Fault::WitnessAhead { .. }) => refused += 1,
            Err(fault) => panic!("byte {at}: {fault}"),
        }
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(refused > 60);
}
