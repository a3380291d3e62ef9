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
    let mut replayed = Replayed { book: Book::new(), head: Head::EMPTY };
    let mut outcome = Ok(());
    storage.scan(1, &mut |block| match replayed.take(&block, visit) {
        Ok(()) => ControlFlow::Continue(()),
        Err(fault) => {
            outcome = Err(fault);
            ControlFlow::Break(())
        }
    })?;
    outcome?;
    let (expected, found) = (storage.tip()?, replayed.head.height);
    if expected == found { Ok(replayed) } else { Err(ReplayFault::Short { expected, found }) }
}

impl Replayed {
    fn take(&mut self, block: &Block, visit: &mut dyn FnMut(Arc<Entry>, u64)) -> Result<(), ReplayFault> {
        let height = block.height();
        let head = self.head.check(block)?;
        for record in block.records() {
            let sequence = self.book.last_sequence().next().value();
            let entry = decode(record).map_err(|source| ReplayFault::Record { sequence, height, source })?;
            check_follows(&self.book, &entry).map_err(|source| ReplayFault::Entry { sequence, height, source })?;
            self.book.apply(&entry);
            visit(Arc::new(entry), height);
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
    match book.request(&entry.request.id) {
        Some((first, _)) => Err(EntryFlaw::RequestRepeated { request: entry.request.id, first }),
        None => Ok(()),
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
    #[error("record {sequence} in block {height} cannot be decoded: use the version of ipledger that wrote it, or a newer one")]
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
