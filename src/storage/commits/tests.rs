//! The files alone: torn and flipped bytes at every place, files that are used again, and what a caller may write.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test; an overflow ends it, as it should")]

use proptest::prelude::*;

use super::recovery::find_in;
use super::*;
use crate::journal::block::{Head, Trailer};
use crate::storage::Tip;

/// The files of a folder, and the journal that goes through them.
struct Journal {
    folder: tempfile::TempDir,
    files: CommitFiles,
    head: Head,
    blocks: Vec<Block>,
    /// How far the engine has come.
    moved: u64,
}

impl Journal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = CommitFiles::open(folder.path()).unwrap();
        Self { folder, files, head: Head::EMPTY, blocks: Vec::new(), moved: 0 }
    }

    fn append(&mut self, records: Vec<Vec<u8>>) {
        let (block, next) = self.head.seal(records);
        let mut moved = self.moved;
        let committed = self
            .files
            .append(&block, self.moved, |height| {
                // The engine takes what is asked for.
                moved = moved.max(height);
                Ok(())
            })
            .unwrap();
        assert_eq!(*committed.stream, *block.to_stream());
        self.moved = moved;
        self.head = next;
        self.blocks.push(block);
    }

    /// Some blocks, one of them over several pages.
    fn filled() -> Self {
        let mut journal = Self::new();
        for (number, bytes) in [(1, 10), (2, 9_000), (3, 100), (4, 4_500)] {
            journal.append(vec![vec![number; bytes], vec![number]]);
        }
        journal
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(FILES[number])
    }

    fn tip_at(&self, height: u64) -> Tip {
        let index = usize::try_from(height).unwrap();
        index.checked_sub(1).map_or(Tip::EMPTY, |index| Tip::from(self.blocks[index].trailer()))
    }

    fn find(&self) -> Found {
        self.find_beside(self.moved)
    }

    /// What an opening finds, when the engine ends at this height.
    fn find_beside(&self, height: u64) -> Found {
        find(self.folder.path(), &self.tip_at(height)).unwrap()
    }

    fn blocks_after(&self, height: u64) -> &[Block] {
        &self.blocks[usize::try_from(height).unwrap()..]
    }

    /// Everything that is not in the engine is found, and nothing else.
    fn check(&self) {
        let found = self.find();
        assert_eq!((&found.problem, &found.lost_end), (&None, &None));
        assert!(found.blocks == self.blocks_after(self.moved), "{} after {}", found.blocks.len(), self.moved);
    }

    /// Where the frame of this block begins in the first file, and how long it is.
    fn place(&self, height: u64) -> (usize, usize) {
        let before = self.blocks.iter().filter(|block| block.height() < height).map(frame::frame_bytes_of);
        let at = before.fold(frame::PAGE_BYTES, |at, bytes| at + bytes);
        (at, frame::frame_bytes_of(&self.blocks_after(height - 1)[0]))
    }
}

#[test]
fn a_new_folder_has_nothing_and_two_small_files() {
    let mut journal = Journal::new();
    journal.check();
    journal.files.mark(0).unwrap();
    let sizes = |journal: &Journal| [0, 1].map(|number| fs::metadata(journal.path(number)).unwrap().len());
    assert_eq!(sizes(&journal), [PAGE, PAGE]);
    journal.append(vec![vec![1]]);
    assert_eq!(sizes(&journal), [FILE_BYTES_FIRST, PAGE]);
    journal.check();
}

#[test]
fn what_the_engine_has_is_not_taken_again() {
    let journal = Journal::filled();
    for height in 0..=4 {
        let found = journal.find_beside(height);
        assert_eq!((&found.problem, &found.lost_end), (&None, &None));
        assert_eq!(found.blocks, journal.blocks_after(height));
        assert_eq!(found.tip(&journal.tip_at(height)), journal.tip_at(4));
        assert_eq!(found.block(4).is_some(), height < 4);
    }
}

/// The last frame is torn at each byte, over zeros and over what an earlier round left: it is dropped, and all before it
/// is there.
#[test]
fn a_frame_torn_at_any_byte_is_dropped() {
    let journal = Journal::filled();
    let (at, bytes) = journal.place(4);
    let whole = fs::read(journal.path(0)).unwrap()[..at + bytes + frame::PAGE_BYTES].to_vec();
    let used = frame::HEAD_BYTES + journal.blocks[3].to_stream().len();
    let before: Vec<u8> = whole[journal.place(2).0..].iter().copied().take(bytes).collect();
    assert_eq!(before.len(), bytes);
    for old in [vec![0; bytes], before] {
        for length in 0..bytes {
            let mut torn = whole.clone();
            torn[at + length..at + bytes].copy_from_slice(&old[length..]);
            let found = find_in(&[(FILES[0], torn.clone())], &Tip::EMPTY);
            assert_eq!((&found.problem, &found.lost_end), (&None, &None), "{length}");
            // By chance the bytes before may be the same.
            let same = torn[at..at + used] == whole[at..at + used];
            assert_eq!(found.blocks, journal.blocks[..if same { 4 } else { 3 }], "{length}");
        }
    }
    // Its pages in another order: the second is there and the first is not.
    let mut torn = whole;
    torn[at..at + frame::PAGE_BYTES].fill(0);
    assert_eq!(find_in(&[(FILES[0], torn)], &Tip::EMPTY).blocks, journal.blocks[..3]);
}

/// Each byte that is in use is flipped: in the last frame it looks torn, which the witness notices; anywhere else the files
/// themselves do, and name themselves. The zeros behind a frame are harmless.
#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    let journal = Journal::filled();
    let (last, last_bytes) = journal.place(4);
    let whole = fs::read(journal.path(0)).unwrap()[..last + last_bytes + 64].to_vec();
    let mut counts = [0_usize; 3];
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let found = find_in(&[(FILES[0], flipped)], &Tip::EMPTY);
        assert!(found.lost_end.is_none(), "byte {at}");
        assert!(journal.blocks.starts_with(&found.blocks), "byte {at}");
        let outcome = match &found.problem {
            Some(problem) => {
                assert!(problem.contains("`commits-1`"), "{problem}");
                assert!(at < last, "byte {at}: {problem}");
                0
            }
            None if found.blocks.len() == 4 => {
                assert_eq!(whole[at], 0, "byte {at} is in use");
                1
            }
            None => {
                assert!(at >= last && found.blocks.len() == 3, "byte {at}");
                2
            }
        };
        counts[outcome] += 1;
    }
    let [noticed, harmless, torn] = counts;
    println!("{noticed} noticed, {harmless} harmless, {torn} for the witness");
    assert!(noticed > 9_000 && torn > 4_500, "{counts:?}");
}

#[test]
fn commits_that_do_not_fit_are_named() {
    let journal = Journal::filled();
    let whole = fs::read(journal.path(0)).unwrap();
    let problem = |bytes: &[u8], engine: &Tip| {
        fs::write(journal.path(0), bytes).unwrap();
        find(journal.folder.path(), engine).unwrap().problem.unwrap_or_default()
    };
    // A frame of which nothing is left, and ones after it.
    let (at, bytes) = journal.place(2);
    let mut gap = whole.clone();
    gap[at..at + bytes].fill(0);
    let expected = "`commits-1` has block 3, and block 2 before it is missing or not whole";
    assert_eq!(problem(&gap, &Tip::EMPTY), expected);
    // The head is whole and the payload is not.
    let mut damaged = whole.clone();
    damaged[at + 1_000] ^= 1;
    assert_eq!(problem(&damaged, &Tip::EMPTY), "block 2 in `commits-1` is not whole, and there are blocks after it");
    // Of another journal.
    let other = Tip { block_hash: crate::journal::merkle::Hash([7; 32]), ..journal.tip_at(1) };
    assert_eq!(problem(&whole, &other), "block 2 in `commits-1` does not continue block 1 of the store");
    assert_eq!(problem(&whole[..100], &Tip::EMPTY), "the first page of `commits-1` is not whole");
    assert_eq!(problem(&[], &Tip::EMPTY), "the first page of `commits-1` is not whole");

    // Two blocks of one height, each whole.
    let mut other = Journal::filled();
    other.append(vec![vec![9]]);
    fs::write(journal.path(0), &whole).unwrap();
    fs::copy(other.path(0), journal.path(1)).unwrap();
    let found = journal.find();
    assert_eq!((found.problem, found.blocks.len()), (None, 5), "the same blocks twice are no problem");
    let mut fork = Journal::new();
    fork.append(vec![vec![8]]);
    fs::copy(fork.path(0), journal.path(1)).unwrap();
    assert_eq!(journal.find().problem.unwrap(), "`commits-1` and `commits-2` have two blocks 1");
}

#[test]
fn a_frame_says_how_far_the_engine_was() {
    let mut journal = Journal::filled();
    journal.moved = 3;
    journal.append(vec![vec![5]]);
    journal.check();
    let lost = journal.find_beside(2);
    assert_eq!(lost.lost_end.unwrap(), "its engine ends at block 2, and had block 3 when `commits-1` was written");
    assert!(lost.blocks.is_empty(), "nothing is put on top of an engine that lost its end");

    // After an orderly stop the mark says it of all.
    journal.moved = 5;
    journal.files.mark(5).unwrap();
    journal.check();
    assert!(journal.find_beside(4).lost_end.is_some());
    remove(journal.folder.path()).unwrap();
    remove(journal.folder.path()).unwrap();
    assert!(journal.find_beside(4).lost_end.is_none());
}

/// The files grow one after the other up to their limit, and are used again and again; a process that starts anew begins
/// with the first.
#[test]
fn files_are_used_in_turn_and_grow() {
    let mut journal = Journal::new();
    let mut sizes = Vec::new();
    for number in 0..90_u8 {
        if number % 30 == 29 {
            journal.moved = u64::from(number);
            journal.files = CommitFiles::open(journal.folder.path()).unwrap();
        }
        journal.append(vec![vec![number; 200 * 1024]; 4]);
        journal.check();
        let size = |number| fs::metadata(journal.path(number)).map_or(0, |found| found.len() >> 20);
        sizes.push((size(0), size(1)));
    }
    sizes.dedup();
    assert_eq!(sizes, [(1, 0), (1, 2), (4, 2), (4, 8), (16, 8), (16, 16)]);
}

/// A block of the largest size has its place, whatever the file's.
#[test]
fn the_largest_block_fits() {
    let mut journal = Journal::filled();
    let record = vec![7; crate::journal::block::RECORD_BYTES_MAX - 4];
    for _ in 0..3 {
        journal.append(vec![record.clone(); 64]);
        journal.check();
    }
    journal.append(vec![vec![1]]);
    journal.check();
}

/// What a caller writes into a record may come to lie at the start of a page, and be left there when the file is used
/// again: it is no frame without the salt, which nobody knows.
#[test]
fn a_record_that_looks_like_a_frame_is_none() {
    let mut journal = Journal::new();
    let (mut fake, mut mark) = (Vec::new(), Vec::new());
    let (block, _) = Head { height: 900, ..Head::EMPTY }.seal(vec![vec![1]]);
    frame::encode(&mut fake, Salt::new(), &block, 800);
    frame::encode_mark(&mut mark, Salt::new(), 900);
    let until_the_next_page = frame::PAGE_BYTES - frame::HEAD_BYTES - Trailer::BYTES - 4;
    journal.append(vec![[vec![0; until_the_next_page], fake.clone(), mark].concat()]);
    let file = fs::read(journal.path(0)).unwrap();
    assert_eq!(file[frame::PAGE_BYTES * 2..][..fake.len()], fake, "it lies on a page");
    journal.check();
    // The next round overwrites the page before it.
    journal.moved = 1;
    journal.files.mark(1).unwrap();
    journal.check();
    assert_eq!(frame::decode(journal.files.current.salt, &fake), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Blocks of any size, an engine that lags by any distance, restarts and torn ends in between: what the engine does not
    /// have is found, exactly, and frames of earlier rounds are never taken for it.
    #[test]
    fn what_the_engine_lacks_is_found(
        steps in prop::collection::vec((1_usize..60_000, 1_usize..6, 0_u64..40, 0_u8..20), 1..90),
    ) {
        let mut journal = Journal::new();
        for (bytes, count, lag, chance) in steps {
            journal.append(vec![vec![chance; bytes]; count]);
            let tip = journal.head.height;
            journal.moved = journal.moved.max(tip.saturating_sub(lag));
            journal.check();
            if chance == 0 {
                // Killed while it wrote the next one, and started again: the engine was given everything.
                let (block, _) = journal.head.seal(vec![vec![77; bytes]]);
                let mut torn = Vec::new();
                frame::encode(&mut torn, journal.files.current.salt, &block, journal.moved);
                let written = &torn[..torn.len() >> 1];
                let file = &journal.files.current.file;
                if journal.files.current.has_room(u64::try_from(torn.len()).unwrap()) {
                    file.write_all_at(written, journal.files.current.used).unwrap();
                }
                let found = journal.find();
                prop_assert!(found.problem.is_none(), "{:?}", found.problem);
                let missing = journal.blocks_after(journal.moved);
                prop_assert!(found.blocks.starts_with(missing) && found.blocks.len() <= missing.len() + 1);
                if found.blocks.len() > missing.len() {
                    // Half of the frame was all of the block, the rest its padding.
                    let (block, next) = journal.head.seal(vec![vec![77; bytes]]);
                    journal.blocks.push(block);
                    journal.head = next;
                }
                journal.moved = journal.head.height;
                journal.files = CommitFiles::open(journal.folder.path()).unwrap();
            }
            if chance == 1 {
                journal.moved = journal.head.height;
                journal.files.mark(journal.moved).unwrap();
                journal.files = CommitFiles::open(journal.folder.path()).unwrap();
                journal.check();
            }
        }
    }
}
