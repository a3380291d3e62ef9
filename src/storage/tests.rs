//! One suite for every store: what [`Storage`] promises, whoever keeps the bytes.

use std::collections::BTreeSet;

use super::memory::{AppendFault, FaultPlan, MemoryDisk};
use super::*;
use crate::journal::block::{BLOCK_RECORDS_MAX, BlockCheck, Head};

/// Something that can be opened again and again, as a folder or a disk can.
pub(super) type Open<'a> = &'a dyn Fn() -> Result<Box<dyn Storage>, Fault>;

/// `count` records that differ from each other and between blocks.
pub(super) fn records(seed: u64, count: u64, bytes: usize) -> Vec<Vec<u8>> {
    let record = |number: u64| {
        let mut record = (seed << 32 | number).to_be_bytes().to_vec();
        record.resize(bytes.max(8), u8::try_from(number % 256).unwrap());
        record
    };
    (0..count).map(record).collect()
}

/// Appends a block of these records and returns the head after it.
pub(super) fn append(store: &dyn Storage, head: &Head, records: Vec<Vec<u8>>) -> Result<Head, Fault> {
    let (block, next) = head.seal(records);
    store.append(&block).map(|()| next)
}

/// Reads the whole journal, checking the chain as replay does.
pub(super) fn replay(store: &dyn Storage) -> Result<(Head, Vec<Vec<u8>>), Fault> {
    let (mut head, mut records, mut outcome) = (Head::EMPTY, Vec::new(), Ok(()));
    store.scan(1, &mut |block| match head.check(&block) {
        Ok(next) => {
            head = next;
            records.extend(block.into_records());
            ControlFlow::Continue(())
        }
        Err(fault) => {
            outcome = Err(fault);
            ControlFlow::Break(())
        }
    })?;
    outcome?;
    Ok((head, records))
}

fn heights(store: &dyn Storage, from_height: u64) -> Vec<u64> {
    let mut heights = Vec::new();
    let mut visit = |block: Block| {
        heights.push(block.height());
        ControlFlow::Continue(())
    };
    store.scan(from_height, &mut visit).unwrap();
    heights
}

/// Everything a store promises, in the order of a life.
pub(super) fn conforms(open: Open<'_>) {
    let store = open().unwrap();
    assert_eq!(store.tip().unwrap(), 0, "a new store is empty");
    assert_eq!(store.read(0).unwrap(), None);
    assert_eq!(store.read(1).unwrap(), None);
    assert_eq!(heights(&*store, 0), [0_u64; 0]);

    let mut head = Head::EMPTY;
    let mut blocks = Vec::new();
    for number in 1..=5 {
        let (block, next) = head.seal(records(number, number.saturating_mul(30), 300));
        store.append(&block).unwrap();
        assert_eq!(store.tip().unwrap(), number);
        assert_eq!(store.read(number).unwrap().as_ref(), Some(&block));
        head = next;
        blocks.push(block);
    }
    assert_eq!(store.read(6).unwrap(), None);
    assert_eq!(store.read(u64::MAX).unwrap(), None);
    assert_eq!(heights(&*store, 0), [1, 2, 3, 4, 5]);
    assert_eq!(heights(&*store, 4), [4, 5]);
    assert_eq!(heights(&*store, 6), [0_u64; 0]);
    assert_eq!(heights(&*store, u64::MAX), [0_u64; 0]);

    let mut visited = Vec::new();
    let mut visit = |block: Block| {
        // A visitor may read beside the scan.
        assert_eq!(store.read(block.height()).unwrap().as_ref(), Some(&block));
        visited.push(block.height());
        if block.height() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.scan(1, &mut visit).unwrap();
    assert_eq!(visited, [1, 2], "the scan stops when the visitor says so");

    let fault = open().unwrap_err();
    assert!(matches!(fault, Fault::Locked { .. }), "a second opening is refused, not {fault}");
    drop(store);

    let store = open().unwrap();
    assert_eq!(store.tip().unwrap(), 5, "a reopened store has everything");
    let (found, _) = replay(&*store).unwrap();
    assert_eq!(found, head);
    head = append(&*store, &head, records(6, 1, 8)).unwrap();
    head = append(&*store, &head, records(7, 1_000, 300)).unwrap();
    assert_eq!(heights(&*store, 5), [5, 6, 7]);
    drop(store);

    refuses_what_is_not_next(open, &blocks);
    let (found, stored) = replay(&*open().unwrap()).unwrap();
    assert_eq!(found, head);
    assert_eq!(stored.len(), 30 + 60 + 90 + 120 + 150 + 1 + 1_000);
}

/// A block that does not follow is refused before it is written, and finishes the store until it is opened again.
fn refuses_what_is_not_next(open: Open<'_>, blocks: &[Block]) {
    let store = open().unwrap();
    let before = store.tip().unwrap();
    let fault = store.append(&blocks[4]).unwrap_err();
    assert!(matches!(fault, Fault::NotNext { expected: 8, found: 5, .. }), "{fault}");
    for outcome in [store.append(&blocks[4]).err(), store.read(1).err(), store.tip().err()] {
        let fault = outcome.unwrap();
        assert!(matches!(fault, Fault::Poisoned { .. }), "{fault}");
    }
    let fault = store.scan(1, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(fault, Fault::Poisoned { .. }), "{fault}");
    drop(store);

    let store = open().unwrap();
    assert_eq!(store.tip().unwrap(), before);
    let foreign = Head { height: before, ..Head::EMPTY };
    let fault = append(&*store, &foreign, records(9, 1, 8)).unwrap_err();
    assert!(matches!(fault, Fault::NotNext { expected: 8, found: 8, .. }), "another chain: {fault}");
}

#[test]
fn memory_conforms() {
    let disk = MemoryDisk::default();
    conforms(&|| Ok(Box::new(disk.open()?)));
}

#[test]
fn a_full_block_comes_back_from_memory() {
    let store = MemoryStorage::new();
    let limit = u64::try_from(BLOCK_RECORDS_MAX).unwrap();
    let head = append(&store, &Head::EMPTY, records(1, limit, 700)).unwrap();
    assert_eq!(replay(&store).unwrap(), (head, records(1, limit, 700)));
}

/// Each planned fault of the second append: whether it errs, and what is there after a crash.
#[test]
fn memory_fails_as_planned() {
    let cases = [
        (AppendFault::BeforeWrite, true, Some(1)),
        (AppendFault::Torn, true, Some(1)),
        (AppendFault::Reordered, true, Some(1)),
        (AppendFault::Full, true, Some(1)),
        (AppendFault::AfterWrite, true, Some(2)),
        (AppendFault::Slow, false, Some(2)),
        (AppendFault::Lie, false, None),
    ];
    for (fault, errs, height_after) in cases {
        let disk = MemoryDisk::new(FaultPlan::from([(2, fault)]));
        let store = disk.open().unwrap();
        let head = append(&store, &Head::EMPTY, records(1, 3, 100)).unwrap();
        let outcome = append(&store, &head, records(2, 3, 100));
        assert_eq!(outcome.is_err(), errs, "{fault:?}");
        assert_eq!(matches!(store.tip(), Err(Fault::Poisoned { .. })), errs, "{fault:?}");
        assert_eq!(matches!(outcome, Err(Fault::Full { .. })), fault == AppendFault::Full);
        disk.crash();
        assert!(matches!(store.tip(), Err(Fault::Poisoned { .. })), "{fault:?}: no store outlives a crash");
        match height_after {
            Some(height) => {
                assert_eq!(replay(&disk.open().unwrap()).unwrap().0.height, height, "{fault:?}");
            }
            None => assert!(matches!(disk.open(), Err(Fault::WitnessAhead { .. })), "{fault:?}"),
        }
        drop(store);
        assert_eq!(disk.appends(), 2);
    }
}

#[test]
fn a_memory_disk_whose_reads_fail_gives_an_error_and_no_shorter_journal() {
    let disk = MemoryDisk::default();
    let store = disk.open().unwrap();
    let mut head = Head::EMPTY;
    for number in 1..=3 {
        head = append(&store, &head, records(number, 2, 100)).unwrap();
    }
    drop(store);
    let copy = disk.copy();
    for blocks in 0..3 {
        disk.fail_reads_after(Some(blocks));
        let outcome = disk.open().and_then(|store| replay(&store));
        assert!(matches!(outcome, Err(Fault::Io { action: "read", .. })), "{blocks}: {outcome:?}");
    }
    disk.fail_reads_after(None);
    assert_eq!(replay(&disk.open().unwrap()).unwrap().0, head);
    copy.lose_last(1);
    assert!(matches!(copy.open(), Err(Fault::WitnessAhead { .. })), "it has a witness of its own");
    assert_eq!((copy.blocks(), disk.blocks()), (2, 3));
}

#[test]
fn a_lie_is_made_good_by_the_next_honest_sync() {
    let disk = MemoryDisk::new(FaultPlan::from([(1, AppendFault::Lie)]));
    let store = disk.open().unwrap();
    let head = append(&store, &Head::EMPTY, records(1, 3, 100)).unwrap();
    append(&store, &head, records(2, 3, 100)).unwrap();
    disk.crash();
    assert_eq!(disk.open().unwrap().tip().unwrap(), 2);
}

#[test]
fn a_store_that_lost_its_end_is_refused_with_both_numbers() {
    let disk = MemoryDisk::default();
    let store = disk.open().unwrap();
    let mut head = Head::EMPTY;
    for number in 1..=3 {
        head = append(&store, &head, records(number, 2, 100)).unwrap();
    }
    disk.lose_last(1);
    let fault = store.scan(1, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. }), "also while it is open: {fault}");
    drop(store);
    let text = disk.open().unwrap_err().to_string();
    let root = head.tree.root();
    assert!(text.contains(&format!("it was at block 3, sequence 6, tree root {root}")), "{text}");
    assert!(text.contains("is at block 2, sequence 4, tree root "), "{text}");
}

#[test]
fn a_flipped_bit_in_memory_is_found() {
    let disk = MemoryDisk::default();
    let store = disk.open().unwrap();
    append(&store, &Head::EMPTY, records(1, 3, 100)).unwrap();
    drop(store);
    let mut checks = BTreeSet::new();
    for (part, bits) in [(0, 3 * 104 * 8), (1, 144 * 8)] {
        for bit in 0..bits {
            assert!(disk.flip_bit(1, part, bit));
            match disk.open().and_then(|store| replay(&store)) {
                Err(Fault::Corrupt { height, source }) => {
                    assert_eq!(height, 1);
                    checks.insert(source.check);
                }
                Err(Fault::WitnessMismatch { .. }) => {}
                outcome => panic!("bit {bit} of part {part}: {outcome:?}"),
            }
            assert!(disk.flip_bit(1, part, bit), "flipped back");
        }
    }
    assert!(checks.contains(&BlockCheck::PayloadHash) && checks.contains(&BlockCheck::Height));
    assert_eq!(disk.open().unwrap().tip().unwrap(), 1);
    assert!(!disk.flip_bit(1, 2, 0));
    assert!(!disk.flip_bit(2, 0, 0));
    assert!(!disk.flip_bit(0, 0, 0));
}
