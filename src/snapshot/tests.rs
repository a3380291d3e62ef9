//! Every way in which a snapshot can be wrong, and that the state is right in spite of it.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test; an overflow ends it, as it should")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;
use crate::journal::block::Block;
use crate::writer::fixture::{Ledger, contribute};

/// A ledger in memory with a data folder for its snapshots.
struct Place {
    data: TempDir,
    ledger: Ledger,
    next: u128,
}

impl Place {
    async fn with(entries: u128) -> Self {
        let mut place = Self { data: TempDir::new().unwrap(), ledger: Ledger::new(), next: 1 };
        place.add(entries).await;
        place
    }

    async fn add(&mut self, entries: u128) {
        for _ in 0..entries {
            self.ledger
                .submit(contribute(self.next, 1 + i64::try_from(self.next).unwrap(), "2026-03-01"))
                .await
                .unwrap();
            self.next += 1;
        }
    }

    fn start(&self) -> Result<Start, StartFault> {
        load(self.data.path(), self.ledger.storage.as_ref(), &mut |_| {})
    }

    fn snapshot(&self) -> PathBuf {
        write(self.data.path(), self.start().unwrap().loaded.state().copy()).unwrap()
    }

    /// That the start gives what a full replay gives; how many entries it read, and why each snapshot was passed over.
    fn right(&self) -> (u64, Vec<String>) {
        let start = self.start().unwrap();
        assert_eq!(
            bytes(&start.loaded),
            bytes(&crate::reader::load(self.ledger.storage.as_ref(), &mut |_| {}).unwrap())
        );
        assert_eq!(start.loaded.view().head, self.ledger.reader.view().head);
        let taken = start.from.map_or(0, |(_, entries)| entries);
        assert_eq!(taken + start.replayed, start.loaded.view().head.last_sequence);
        (start.replayed, start.passed_over.iter().map(|(_, flaw)| flaw.to_string()).collect())
    }
}

/// The whole state.
fn bytes(loaded: &Loaded) -> Vec<u8> {
    postcard::to_stdvec(&loaded.state()).unwrap()
}

/// A store to which another block is appended as soon as its blocks were read: a ledger under load.
#[derive(Debug)]
struct Growing<'a> {
    store: &'a dyn Storage,
    has_grown: AtomicBool,
}

impl Storage for Growing<'_> {
    fn append(&self, block: &Block) -> Result<(), Fault> {
        self.store.append(block)
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        self.store.read(height)
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        self.store.scan(from_height, visit)?;
        self.has_grown.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn tip(&self) -> Result<u64, Fault> {
        Ok(self.store.tip()? + u64::from(self.has_grown.load(Ordering::SeqCst)))
    }
}

/// Found by `tests/faults/run full`: no snapshot was written under load, and the log said to restore a backup.
#[tokio::test]
async fn a_journal_that_grows_while_it_is_read_is_no_short_one() {
    let place = Place::with(7).await;
    let storage = Growing { store: place.ledger.storage.as_ref(), has_grown: AtomicBool::new(false) };
    let start = load(place.data.path(), &storage, &mut |_| {}).unwrap();
    assert!(storage.has_grown.load(Ordering::SeqCst));
    assert_eq!(start.loaded.view().head.last_sequence, 7);
}

#[tokio::test]
async fn only_the_tail_is_read() {
    let mut place = Place::with(70).await;
    assert_eq!(place.right(), (70, vec![]), "without a snapshot");
    place.snapshot();
    assert_eq!(place.right(), (0, vec![]));
    place.add(5).await;
    assert_eq!(place.right(), (5, vec![]));
    place.snapshot();
    place.add(3).await;
    assert_eq!(place.right(), (3, vec![]));
    for _ in 0..3 {
        place.snapshot();
        place.add(1).await;
    }
    assert_eq!(place.right(), (1, vec![]));
    let kept: Vec<_> =
        list(place.data.path()).unwrap().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(kept, ["00000000000000000080.snapshot", "00000000000000000079.snapshot"]);
}

#[tokio::test]
async fn every_flipped_byte_is_noticed() {
    let mut place = Place::with(6).await;
    let path = place.snapshot();
    place.add(2).await;
    let whole = fs::read(&path).unwrap();
    for place_of in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place_of] ^= 1 << (place_of % 8);
        fs::write(&path, flipped).unwrap();
        let (replayed, flaws) = place.right();
        assert_eq!(replayed, 8, "byte {place_of}");
        assert_eq!(flaws.len(), 1, "byte {place_of}");
        // What says how the file is to be read is read before its hash is known: magic, format, and how many there are of what.
        let says_how = place_of < 8
            || (104..108).contains(&place_of)
            || whole.len() - place_of > 32 && whole.len() - place_of <= 36;
        assert!(says_how || flaws[0].contains("damaged or changed"), "byte {place_of}: {flaws:?}");
    }
}

#[tokio::test]
async fn every_truncation_is_noticed() {
    let mut place = Place::with(6).await;
    let path = place.snapshot();
    place.add(2).await;
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (replayed, flaws) = place.right();
        assert_eq!((replayed, flaws.len()), (8, 1), "{length} bytes");
    }
    fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
    assert_eq!(place.right().0, 8);
    fs::write(&path, whole).unwrap();
    assert_eq!(place.right(), (2, vec![]));
}

#[tokio::test]
async fn a_damaged_one_gives_way_to_the_one_before() {
    let mut place = Place::with(6).await;
    place.snapshot();
    place.add(2).await;
    let newest = place.snapshot();
    fs::write(&newest, "no snapshot at all, but longer than a hash").unwrap();
    place.add(1).await;
    let (replayed, flaws) = place.right();
    assert_eq!((replayed, flaws.len()), (3, 1));
    // The next one clears it away.
    place.snapshot();
    assert_eq!(place.right(), (0, vec![]));
}

/// A well-formed snapshot with a right hash that says something else: bytes of its header are put in and it is sealed anew.
fn forged(path: &Path, offset: usize, with: &[u8]) {
    let mut file = fs::read(path).unwrap();
    file.truncate(file.len() - Hash::BYTES);
    let number = |at: usize| usize::try_from(u32::from_be_bytes(file[at..at + 4].try_into().unwrap())).unwrap();
    let (header, table) = (108 + 32 * number(104), 4 + 40 * number(file.len() - 4));
    file[offset..offset + with.len()].copy_from_slice(with);
    let hash = Hash::of([&file[..header], &file[file.len() - table..]]);
    file.extend_from_slice(hash.as_bytes());
    fs::write(path, file).unwrap();
}

#[tokio::test]
async fn a_snapshot_that_says_something_else_is_refused() {
    let forgeries: [(usize, &[u8], &str); 7] = [
        (0, b"IPLX", "not a snapshot"),
        (4, &1_u32.to_be_bytes(), "another version"),
        (8, &[0; 8], "another version"),
        (16, &5_u64.to_be_bytes(), "it is of another journal"),
        (24, &5_u64.to_be_bytes(), "it is of another journal"),
        (40, &[7; 32], "peaks do not add up"),
        (72, &[7; 32], "it is of another journal"),
    ];
    for (offset, with, expected) in forgeries {
        let mut place = Place::with(6).await;
        forged(&place.snapshot(), offset, with);
        place.add(1).await;
        let (replayed, flaws) = place.right();
        assert_eq!(replayed, 7, "offset {offset}");
        assert!(flaws.len() == 1 && flaws[0].contains(expected), "offset {offset}: {flaws:?}");
    }
}

#[tokio::test]
async fn the_state_of_another_size_under_a_right_header_is_refused() {
    let mut place = Place::with(6).await;
    let smaller = fs::read(place.snapshot()).unwrap();
    place.add(1).await;
    let path = place.snapshot();
    let larger = fs::read(&path).unwrap();
    // Two peaks for 6 entries, three for 7.
    let mixed = [&larger[..108 + 3 * 32], &smaller[108 + 2 * 32..]].concat();
    fs::write(&path, mixed).unwrap();
    forged(&path, 0, b"IPLS");
    let (_, flaws) = place.right();
    assert!(flaws.len() == 1 && flaws[0].contains("its book is of entry 6, expected 7"), "{flaws:?}");
}

#[tokio::test]
async fn a_snapshot_of_another_ledger_is_refused() {
    let (ours, mut theirs) = (Place::with(6).await, Place::with(0).await);
    theirs.next = 100;
    theirs.add(6).await;
    let path = theirs.snapshot();
    let folder = ours.data.path().join(FOLDER);
    fs::create_dir(&folder).unwrap();
    fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    let (replayed, flaws) = ours.right();
    assert_eq!(replayed, 6);
    assert!(flaws.len() == 1 && flaws[0].contains("it is of another journal"), "{flaws:?}");
}

#[tokio::test]
async fn a_snapshot_that_is_newer_than_the_journal_stops_the_start() {
    let place = Place::with(9).await;
    place.snapshot();
    let shorter = Place::with(7).await;
    let start = |data: &Path| load(data, shorter.ledger.storage.as_ref(), &mut |_| {});
    let fault = start(place.data.path()).unwrap_err().to_string();
    assert!(fault.contains("the journal is shorter than a snapshot of it"), "{fault}");
    let (snapshot, journal) = (place.ledger.reader.view().head.clone(), shorter.ledger.reader.view().head.clone());
    assert!(fault.contains(&format!("is of block 9, sequence 9, tree root {}", snapshot.tree.root())), "{fault}");
    assert!(fault.contains(&format!("ends at block 7, sequence 7, tree root {}", journal.tree.root())), "{fault}");
    // A newer one behind a damaged one counts as well.
    fs::write(place.data.path().join(FOLDER).join(format!("{:020}{SUFFIX}", 10)), "damaged").unwrap();
    assert!(matches!(start(place.data.path()), Err(StartFault::Ahead { .. })));
}

#[tokio::test]
async fn the_thread_writes_one_when_it_is_due_and_a_last_one() {
    let mut place = Place::with(3).await;
    let taker = Taker::start(place.data.path(), place.ledger.reader.clone(), 5, 0).unwrap();
    place.add(4).await;
    crate::writer::fixture::until("a snapshot is there", || !list(place.data.path()).unwrap().is_empty()).await;
    let (first, _) = place.right();
    assert!(first <= 2, "taken at 5 entries at the latest, {first} are left");
    place.add(2).await;
    taker.finish();
    assert_eq!(place.right(), (0, vec![]));
}

/// What is applied is ahead of what is durable while others write; a copy never is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_are_taken_while_others_write_are_right() {
    let place = Place::with(3).await;
    let writing: Vec<_> = (0..4_u128)
        .map(|writer| {
            let ledger = place.ledger.writer.clone();
            tokio::spawn(async move {
                for number in 0..100 {
                    let id = 1_000 * (writer + 1) + number;
                    let pending =
                        ledger.begin(contribute(id, 1 + i64::try_from(id).unwrap(), "2026-03-01"), false, None);
                    pending.unwrap().answer().await.unwrap();
                }
            })
        })
        .collect();
    let mut last = 0;
    while last < 3 + 4 * 100 {
        let reader = place.ledger.reader.clone();
        let copy = tokio::task::spawn_blocking(move || reader.copy().unwrap()).await.unwrap();
        let entries = copy.head().last_sequence;
        assert!(last <= entries && entries <= place.ledger.reader.last_sequence().value());
        last = entries;
        let path = write(place.data.path(), copy).unwrap();
        let tip = tip_at(place.ledger.storage.as_ref(), file::read(&path).unwrap().tip().height).unwrap();
        assert_eq!(tip, file::read(&path).unwrap().tip(), "it ends where a block ends");
        let loaded = load_one(&path, place.ledger.storage.as_ref()).unwrap().unwrap();
        assert!(loaded.view().book.last_sequence().value() >= entries);
    }
    for one in writing {
        one.await.unwrap();
    }
    assert_eq!(place.right(), (0, vec![]));
}
