//! Replay (重放): from the stored blocks to the book, checking everything on the way.
//!
//! Start-up, restore, `verify` and the tests all come through here, so what one of them accepts all of them accept. A
//! journal is taken whole or refused with the place and the reason; a record that fails a check never reaches the book.
//!
//! ```text
//! block    agrees with itself (storage) and continues the chain and the Merkle tree   Head::check
//! record   decodes                                                                    codec::decode
//! entry    dense sequence, later time, postings that sum to zero, a new request id    check_follows
//! ```

use std::ops::ControlFlow;
use std::sync::Arc;

use thiserror::Error;

use super::block::{Block, BlockFault, Head};
use super::codec::{CodecError, decode};
use super::merkle::Hash;
use crate::book::Book;
use crate::book::event::Entry;
use crate::calendar::Timestamp;
use crate::identifier::{RequestId, Sequence};
use crate::money::Amount;
use crate::storage::{Fault, Storage};

/// What a journal adds up to, and where it ends.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The state after the last entry.
    pub book: Book,
    /// The end of the journal, which the next block continues.
    pub head: Head,
}

/// Reads the whole journal, checks it and applies it. `visit` sees each entry after it was applied, with the height of
/// its block.
pub fn replay(storage: &dyn Storage, visit: &mut dyn FnMut(Arc<Entry>, u64)) -> Result<Replayed, ReplayFault> {
    replay_with_leaves(storage, &mut |entry, height, _leaf| visit(entry, height))
}

/// The same; `visit` sees the leaf hash of each entry's record too.
pub fn replay_with_leaves(
    storage: &dyn Storage,
    visit: &mut dyn FnMut(Arc<Entry>, u64, Hash),
) -> Result<Replayed, ReplayFault> {
    replay_tail(storage, Replayed { book: Book::new(), head: Head::EMPTY }, &mut |book, entry, height, leaf| {
        book.apply(&entry);
        visit(entry, height, leaf);
    })
}

/// What takes an entry over: it has the book apply it, and may look at the book before and after. With the height of
/// the entry's block and the leaf hash of its record.
pub type Applying<'a> = dyn FnMut(&mut Book, Arc<Entry>, u64, Hash) + 'a;

/// Goes on from where a replay had come to, as a snapshot keeps it: reads the blocks after its head and no others. Whoever
/// calls has made sure that the head is one of this journal.
pub fn replay_tail(
    storage: &dyn Storage,
    mut replayed: Replayed,
    apply: &mut Applying<'_>,
) -> Result<Replayed, ReplayFault> {
    // Before the scan: a ledger that is running may have grown by its end.
    let expected = storage.tip()?;
    let mut outcome = Ok(());
    storage.scan(replayed.head.height.saturating_add(1), &mut |block| match replayed.take(&block, apply) {
        Ok(()) => ControlFlow::Continue(()),
        Err(fault) => {
            outcome = Err(fault);
            ControlFlow::Break(())
        }
    })?;
    outcome?;
    let found = replayed.head.height;
    if found >= expected { Ok(replayed) } else { Err(ReplayFault::Short { expected, found }) }
}

impl Replayed {
    fn take(&mut self, block: &Block, apply: &mut Applying<'_>) -> Result<(), ReplayFault> {
        let height = block.height();
        let (head, leaves) = self.head.check_with_leaves(block)?;
        for (record, leaf) in block.records().iter().zip(leaves) {
            let sequence = self.book.last_sequence().next().value();
            let entry = decode(record).map_err(|source| ReplayFault::Record { sequence, height, source })?;
            check_follows(&self.book, &entry).map_err(|source| ReplayFault::Entry { sequence, height, source })?;
            apply(&mut self.book, Arc::new(entry), height, leaf);
        }
        if let Some(open) = self.book.open_group() {
            let sequence = self.book.last_sequence().next().value();
            let source = EntryFlaw::GroupIncomplete { head: open.head, missing: open.left };
            return Err(ReplayFault::Entry { sequence, height, source });
        }
        self.head = head;
        Ok(())
    }
}

/// Checks that the entry may come next in the journal that this book is the state of. The writer asks before it
/// records an entry, replay before it applies one.
pub fn check_follows(book: &Book, entry: &Entry) -> Result<(), EntryFlaw> {
    let expected = book.last_sequence().next();
    if entry.sequence != expected {
        return Err(EntryFlaw::Sequence { expected, found: entry.sequence });
    }
    if let Some(previous) = book.last_recorded_at().filter(|previous| *previous >= entry.recorded_at) {
        return Err(EntryFlaw::RecordedAt { previous, found: entry.recorded_at });
    }
    let total = Amount::total(entry.postings.iter().map(|posting| posting.amount));
    if !total.is_zero() {
        return Err(EntryFlaw::Unbalanced { total });
    }
    check_group(book, entry)?;
    if entry.event.head().is_some() {
        return Ok(());
    }
    match book.request(&entry.request.id) {
        Some(first) => Err(EntryFlaw::RequestRepeated { request: entry.request.id, first }),
        None => Ok(()),
    }
}

/// A group is taken whole: while one is open its next member comes, and no member comes without its head.
fn check_group(book: &Book, entry: &Entry) -> Result<(), EntryFlaw> {
    match (book.open_group(), entry.event.head()) {
        (Some(open), head) if head != Some(open.head) || entry.request != open.request => {
            Err(EntryFlaw::GroupIncomplete { head: open.head, missing: open.left })
        }
        (Some(_), _) | (None, None) => Ok(()),
        (None, Some(head)) => Err(EntryFlaw::GroupWithoutHead { head }),
    }
}

/// Why an entry cannot come next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryFlaw {
    /// A gap or a repetition.
    #[error("it has the sequence `{found}`, expected `{expected}`")]
    Sequence {
        /// One more than the last.
        expected: Sequence,
        /// What the entry says.
        found: Sequence,
    },
    /// Time stands still or runs backwards.
    #[error("it was recorded at `{found}`, expected a time after `{previous}`")]
    RecordedAt {
        /// When the entry before was recorded.
        previous: Timestamp,
        /// What the entry says.
        found: Timestamp,
    },
    /// Debits and credits differ.
    #[error("its postings sum to `{total}` yuan, expected 0.00")]
    Unbalanced {
        /// Debits less credits, in yuan.
        total: Amount,
    },
    /// Its request was answered before.
    #[error("its request `{request}` was answered by entry `{first}` already")]
    RequestRepeated {
        /// The request's id.
        request: RequestId,
        /// The entry that answered it.
        first: Sequence,
    },
    /// A group of entries was not finished in its block, or something else came in between.
    #[error("the group of entry `{head}` lacks `{missing}` entries, expected all of them in one block")]
    GroupIncomplete {
        /// The group's head.
        head: Sequence,
        /// How many members are missing.
        missing: u32,
    },
    /// A member of a group stands alone.
    #[error("it belongs to the group of entry `{head}`, which is not open; expected it right after its head")]
    GroupWithoutHead {
        /// The group's head.
        head: Sequence,
    },
}

/// Why a journal is not taken. The process does not serve it.
#[derive(Debug, Error)]
pub enum ReplayFault {
    /// The store could not be read.
    #[error("the journal cannot be read")]
    Storage(#[from] Fault),
    /// A block does not continue the journal.
    #[error("the journal is damaged: restore it from a backup")]
    Block(#[from] BlockFault),
    /// A record cannot be decoded, though its bytes are the ones that were written.
    #[error(
        "record {sequence} in block {height} cannot be decoded: use the version of ipledger that wrote it, or a newer one"
    )]
    Record {
        /// Its place in the journal.
        sequence: u64,
        /// The block that holds it.
        height: u64,
        /// What is wrong with it.
        source: CodecError,
    },
    /// An entry does not follow the one before, though its bytes are the ones that were written.
    #[error("entry {sequence} in block {height} breaks a rule of the journal: report this bug with the journal")]
    Entry {
        /// Its place in the journal.
        sequence: u64,
        /// The block that holds it.
        height: u64,
        /// Which rule.
        source: EntryFlaw,
    },
    /// The scan ended before the store's tip.
    #[error("the store is at block {expected}, but only {found} blocks could be read: restore it from a backup")]
    Short {
        /// The height of the store's last block.
        expected: u64,
        /// The height of the last block that was read.
        found: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::command::Stamp;
    use crate::journal::codec::encode;
    use crate::storage::MemoryStorage;
    use crate::storage::memory::MemoryDisk;
    use crate::writer::fixture::{Ledger, NOON, contribute, decide};

    /// Entry `sequence` as a sound writer makes it.
    fn entry(sequence: u64) -> Entry {
        let sequence = Sequence::new(sequence);
        let recorded_at = (1..sequence.value()).fold(NOON, |time, _| time.next());
        let stamp = Stamp { sequence, recorded_at };
        decide(&Book::new(), &stamp, &contribute(u128::from(sequence.value()), 100, "2026-03-01")).unwrap()
    }

    /// A store with one sealed block of these records each.
    fn stored(blocks: &[Vec<Vec<u8>>]) -> MemoryStorage {
        let (storage, mut head) = (MemoryStorage::new(), Head::EMPTY);
        for records in blocks {
            let (block, next) = head.seal(records.clone());
            storage.append(&block).unwrap();
            head = next;
        }
        storage
    }

    fn fault_of(second: &Entry) -> String {
        let storage = stored(&[vec![encode(&entry(1))], vec![encode(second)]]);
        let fault = replay(&storage, &mut |_, _| {}).unwrap_err();
        let source = std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default();
        format!("{fault} / {source}")
    }

    #[test]
    fn a_sound_journal_is_taken_and_shown_in_order() {
        let storage = stored(&[vec![encode(&entry(1))], vec![encode(&entry(2)), encode(&entry(3))]]);
        let mut seen = Vec::new();
        let replayed = replay(&storage, &mut |entry, height| seen.push((entry.sequence.value(), height))).unwrap();
        assert_eq!(seen, [(1, 1), (2, 2), (3, 2)]);
        assert_eq!(replayed.book.last_sequence().value(), 3);
        assert_eq!((replayed.head.height, replayed.head.last_sequence), (2, 3));
        let mut book = Book::new();
        (1..=3).for_each(|sequence| book.apply(&entry(sequence)));
        assert_eq!(replayed.book, book);
    }

    #[test]
    fn each_broken_rule_is_named_with_its_place() {
        let gap = fault_of(&entry(3));
        assert!(gap.contains("entry 2 in block 2") && gap.contains("`3`, expected `2`"), "{gap}");
        let late = fault_of(&Entry { recorded_at: NOON, ..entry(2) });
        assert!(late.contains("entry 2 in block 2") && late.contains("expected a time after"), "{late}");
        let repeated = fault_of(&Entry { request: entry(1).request, ..entry(2) });
        assert!(repeated.contains("answered by entry `1` already"), "{repeated}");
        let mut one_sided = entry(2);
        one_sided.postings.pop();
        let unbalanced = fault_of(&one_sided);
        assert!(unbalanced.contains("sum to `100.00` yuan, expected 0.00"), "{unbalanced}");
    }

    #[test]
    fn a_record_that_cannot_be_decoded_is_named() {
        let storage = stored(&[vec![encode(&entry(1)), vec![0xff; 40]]]);
        let fault = replay(&storage, &mut |_, _| {}).unwrap_err();
        assert!(fault.to_string().contains("record 2 in block 1"), "{fault}");
    }

    #[tokio::test]
    async fn a_flipped_bit_keeps_the_journal_out() {
        let ledger = Ledger::new();
        for id in 1..=3 {
            ledger.submit(contribute(id, 100, "2026-03-01")).await.unwrap();
        }
        let Ledger { disk, threads, .. } = ledger;
        threads.shutdown().await.unwrap();
        disk.crash();
        assert!(disk.flip_bit(2, 0, 77));
        let storage = MemoryDisk::open(&disk).unwrap();
        let mut seen = 0_u32;
        let fault = replay(&storage, &mut |_, _| seen += 1).unwrap_err();
        assert!(matches!(fault, ReplayFault::Storage(Fault::Corrupt { height: 2, .. })), "{fault:?}");
        assert_eq!(seen, 1, "nothing after the damage is taken");
    }

    #[test]
    fn a_block_of_another_journal_is_refused() {
        let (ours, theirs) = (stored(&[vec![encode(&entry(1))]]), Head::EMPTY);
        let (_, theirs) = theirs.seal(vec![encode(&Entry { recorded_at: NOON.next(), ..entry(1) })]);
        let (stray, _) = theirs.seal(vec![encode(&entry(2))]);
        let mut replayed = replay(&ours, &mut |_, _| {}).unwrap();
        let fault = replayed.take(&stray, &mut |book, entry, _, _| book.apply(&entry)).unwrap_err();
        assert!(matches!(fault, ReplayFault::Block(_)), "{fault:?}");
        assert_eq!(replayed.book.last_sequence().value(), 1, "nothing of it is applied");
    }
}
