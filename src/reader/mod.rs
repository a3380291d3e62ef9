//! The reader: what is durable, for whoever asks.
//!
//! ```text
//! View      the book and what is kept beside it, after the last entry that was decided; in memory
//! settled   waits until all of that is durable: nobody is answered from a view before
//! entries   the durable ones: the newest in memory, older ones from the store
//! proofs    from the roots of the tree's subtrees, in memory, a byte for each entry; see `journal::merkle::subtrees`
//! tip       a watch that moves when a block has become durable
//! ```
//!
//! **One state.** The writer decides on the same book that is read here, so it is in memory once, and applied once. The
//! decider applies through the one [`Applier`]; when the block is durable the committer says so through the one
//! [`Publisher`]. In between, some milliseconds at most, a view shows what a crash may still take back. So an answer that
//! rests on a view is given only after [`Reader::settled`]; the server's guard waits so before every answer, and nothing
//! else answers anybody.
//!
//! The view is behind a lock: whoever holds it for long holds up every write, so collect what you need, let go, then
//! render.

use std::collections::VecDeque;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::{MappedRwLockReadGuard, Mutex, RwLock, RwLockReadGuard};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task;

use crate::book::Book;
use crate::book::access::Access;
use crate::book::event::Entry;
use crate::figures::Figures;
use crate::identifier::Sequence;
use crate::journal::block::{Block, Head};
use crate::journal::codec::{CodecError, decode};
use crate::journal::merkle::subtrees::Subtrees;
use crate::storage::{Fault, Storage};

pub mod history;
pub mod index;
mod pick;
mod hands;
mod load;
mod movements;
mod pause;
mod proofs;
mod sections;
pub mod scope;
mod sequences;
pub mod cases;
pub mod work;
#[cfg(test)]
mod tests;

use cases::Cases;
pub(crate) use hands::{Applier, Publisher};
use history::History;
use index::Index;
use pause::Pause;
pub(crate) use pause::StateCopy;
pub(crate) use sections::{SECTIONS, Section};
use work::Work;

use load::no_head;
pub use load::{Loaded, State, load};

/// The most entries in one page.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// The most entries looked at for one page: a filter that matches little gives a short page and where to go on, not a
/// walk through the whole journal.
pub const PAGE_SCAN_ENTRIES_MAX: usize = 20_000;

/// How many blocks are kept that were read from the store; each has at most 1 MiB of records, unless a closing run made it.
const OPENED_BLOCKS_MAX: usize = 4;

/// The fewest entries of a block that are decoded at a time.
const CHUNK_ENTRIES_MIN: usize = 64;

/// How many of the newest entries are kept decoded, some 2 KB each.
pub const RECENT_ENTRIES_MAX: usize = 4_096;

/// Reads the ledger. Clones are cheap and read the same.
#[derive(Debug, Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// The state of the ledger after the last entry that was decided.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// The nouns and their sums.
    pub book: Book,
    /// The balances of the accounts, now and before.
    pub history: History,
    /// The entries about each loan, application, claim, right and pledge.
    pub cases: Cases,
    /// The running sums of the board.
    pub figures: Figures,
    /// What waits for the bureau.
    pub work: Work,
    /// What belongs to whom.
    pub index: Index,
    /// The end of the durable journal, with the Merkle tree; the book may be ahead of it.
    #[serde(skip, default = "no_head")]
    pub head: Head,
}

/// A view that is held: let go of it soon, never wait with it, and never take a second one beside it on the same thread:
/// a write that waits in between would hold up both for ever.
pub type ViewGuard<'a> = MappedRwLockReadGuard<'a, View>;

/// Some entries in the order of the journal.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Arc<Entry>>,
    /// Where to go on; `None` at the end of the journal.
    pub next: Option<Sequence>,
}

/// What ends a page before the journal does.
#[derive(Debug, Clone, Copy)]
struct PageLimits {
    /// How many entries it may hold.
    entries: usize,
    /// How many it may look at.
    scanned: usize,
}

#[derive(Debug)]
struct Shared {
    published: RwLock<Published>,
    /// Who is let in as whom, as the book has it: asked on every call, which must not wait for whoever decides.
    access: ArcSwap<Access>,
    /// The sequence of the last entry that was applied; moved on before the state is let go.
    applied: AtomicU64,
    storage: Arc<dyn Storage>,
    /// The blocks that were read last, newest last: whoever asks for one entry after the other, as a client does that sends
    /// its requests again, would read and check a whole block for each. Blocks never change.
    opened: Mutex<VecDeque<Arc<Block>>>,
    tip: watch::Sender<Sequence>,
    pause: Pause,
    /// Closed when nobody publishes any more.
    publishing: watch::Receiver<()>,
}

/// Everything that is in memory.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Published {
    view: View,
    blocks: BlockIndex,
    #[serde(skip)]
    recent: Recent,
    subtrees: Subtrees,
}

impl Reader {
    /// A reader of this journal, and the two hands that may move it on.
    pub(crate) fn new(storage: Arc<dyn Storage>, loaded: Loaded) -> (Self, Applier, Publisher) {
        let (tip, _) = watch::channel(loaded.view().book.last_sequence());
        let (alive, publishing) = watch::channel(());
        let access = ArcSwap::from_pointee(loaded.view().book.access.clone());
        let applied = AtomicU64::new(loaded.view().book.last_sequence().value());
        let (published, opened, pause) = (RwLock::new(loaded.0), Mutex::default(), Pause::default());
        let shared = Arc::new(Shared { published, access, applied, storage, opened, tip, pause, publishing });
        let (decider, committer) = hands::of(&shared, alive);
        (Self { shared }, decider, committer)
    }

    /// Waits until everything is durable that a view has shown so far. Whoever answers from a view waits first.
    ///
    /// # Errors
    ///
    /// The writer has stopped before it was: what the view showed may never have happened.
    pub async fn settled(&self) -> Result<(), ReadFault> {
        let shown = Sequence::new(self.shared.applied.load(Ordering::Acquire));
        if shown <= self.last_sequence() {
            return Ok(());
        }
        let (mut tip, mut publishing) = (self.shared.tip.subscribe(), self.shared.publishing.clone());
        tokio::select! {
            biased;
            _ = tip.wait_for(|durable| shown <= *durable) => Ok(()),
            _ = publishing.changed() => {
                // The last block may have become durable just before.
                if shown <= self.last_sequence() { Ok(()) } else { Err(ReadFault::Interrupted) }
            }
        }
    }

    /// The journal's store, for whoever checks it.
    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.shared.storage
    }

    /// The state after the last entry that was decided; see [`Reader::settled`].
    pub fn view(&self) -> ViewGuard<'_> {
        RwLockReadGuard::map(self.shared.published.read(), |published| &published.view)
    }

    /// The book after the last entry that was decided; see [`Reader::settled`].
    pub fn book(&self) -> MappedRwLockReadGuard<'_, Book> {
        RwLockReadGuard::map(self.shared.published.read(), |published| &published.view.book)
    }

    /// Who is let in as whom after the last entry that was decided, without waiting for anybody; of first approvals it may
    /// lack the newest.
    pub fn access(&self) -> Arc<Access> {
        self.shared.access.load_full()
    }

    /// The sequence of the last durable entry, 0 when there is none.
    pub fn last_sequence(&self) -> Sequence {
        *self.shared.tip.borrow()
    }

    /// Hears of each sequence that becomes durable; some may be passed over when many come at once.
    pub fn subscribe(&self) -> watch::Receiver<Sequence> {
        self.shared.tip.subscribe()
    }

    /// The entry of this sequence; `None` when there is none yet.
    pub async fn entry(&self, sequence: Sequence) -> Result<Option<Arc<Entry>>, ReadFault> {
        // The newest are in memory: no need to change threads for them.
        if let Some(entry) = self.recent(sequence) {
            return Ok(Some(entry));
        }
        if let Some(block) = self.opened(sequence) {
            return decode_of(&block, sequence).map(Some);
        }
        let reader = self.clone();
        blocking(move || reader.stored_entry(sequence)).await
    }

    /// The block that holds the entry of this sequence, with the exact bytes that the Merkle tree covers.
    pub async fn block_with(&self, sequence: Sequence) -> Result<Option<Arc<Block>>, ReadFault> {
        let reader = self.clone();
        blocking(move || reader.stored_block(sequence)).await
    }

    /// The record of this sequence, the exact bytes that the Merkle tree covers; `None` when there is none yet.
    pub async fn record(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, ReadFault> {
        let reader = self.clone();
        blocking(move || reader.stored_record(sequence)).await
    }

    /// Up to `limit` entries (at most [`PAGE_ENTRIES_MAX`]) from this sequence on that the filter lets through.
    ///
    /// A page may be short or empty before the journal ends: [`Page::next`] says whether there is more.
    pub async fn entries<F>(&self, from: Sequence, limit: usize, filter: F) -> Result<Page, ReadFault>
    where
        F: Fn(&Entry) -> bool + Send + 'static,
    {
        let reader = self.clone();
        let limits = PageLimits { entries: limit.min(PAGE_ENTRIES_MAX), scanned: PAGE_SCAN_ENTRIES_MAX };
        blocking(move || reader.page(from, limits, &filter)).await
    }

    /// The entries from this sequence on that are in memory, at most so many looked at, those that the filter lets through,
    /// and where to go on; `None` where the store must be read for them, or there are none yet. Waits for nothing.
    pub fn recent_entries<F>(&self, from: Sequence, limit: usize, filter: F) -> Option<(Vec<Arc<Entry>>, Sequence)>
    where
        F: Fn(&Book, &Entry) -> bool,
    {
        let durable = self.last_sequence();
        let published = self.shared.published.read();
        let mut entries = published.recent.from(from.max(Sequence::FIRST)..=durable, limit);
        let next = entries.last()?.sequence.next();
        entries.retain(|entry| filter(&published.view.book, entry));
        Some((entries, next))
    }

    /// Visits every entry from the first to the end as it is now, in order, until the visitor breaks off. Waits for the
    /// disk: for a thread that may. Takes no lock.
    pub fn scan(&self, visit: &mut dyn FnMut(Arc<Entry>) -> ControlFlow<()>) -> Result<(), ReadFault> {
        let mut outcome = Ok(());
        self.shared.storage.scan(1, &mut |block| {
            let mut numbered = (block.first_sequence()..).zip(block.records());
            numbered.try_for_each(|(sequence, record)| match decode_at(sequence, record) {
                Ok(entry) => visit(entry),
                Err(fault) => {
                    outcome = Err(fault);
                    ControlFlow::Break(())
                }
            })
        })?;
        outcome
    }

    /// Shows every entry up to this one in the order of the journal, for threads that may wait for the disk. The store is
    /// read block by block; nothing is held while `visit` works.
    pub fn visit_blocking(&self, last: Sequence, visit: &mut dyn FnMut(&Entry)) -> Result<(), ReadFault> {
        let mut next = Sequence::FIRST;
        while next <= last {
            let chunk = self.chunk(next, usize::MAX)?;
            if chunk.is_empty() {
                break;
            }
            for entry in chunk.iter().filter(|entry| entry.sequence <= last) {
                visit(entry);
            }
            next = chunk.last().map_or(next, |entry| entry.sequence).next();
        }
        Ok(())
    }

    fn page(&self, from: Sequence, limits: PageLimits, filter: &dyn Fn(&Entry) -> bool) -> Result<Page, ReadFault> {
        let mut page = Page { entries: Vec::new(), next: Some(from.max(Sequence::FIRST)) };
        let mut scanned = 0_usize;
        // What a page does not need is not decoded; a filter that lets little through takes more at a time.
        let mut wanted = limits.entries.max(CHUNK_ENTRIES_MIN);
        while let Some(next) = page.next {
            let chunk = self.chunk(next, wanted)?;
            wanted = wanted.saturating_mul(2).min(PAGE_ENTRIES_MAX);
            if chunk.is_empty() {
                page.next = None;
            }
            for entry in chunk {
                if page.entries.len() >= limits.entries || scanned >= limits.scanned {
                    return Ok(page);
                }
                scanned = scanned.saturating_add(1);
                page.next = Some(entry.sequence.next());
                if filter(&entry) {
                    page.entries.push(entry);
                }
            }
        }
        Ok(page)
    }

    /// Some entries that begin with this sequence, at most so many, none only when there is none yet.
    fn chunk(&self, from: Sequence, limit: usize) -> Result<Vec<Arc<Entry>>, ReadFault> {
        let durable = self.last_sequence();
        let recent = self.shared.published.read().recent.from(from..=durable, limit.min(PAGE_ENTRIES_MAX));
        if !recent.is_empty() {
            return Ok(recent);
        }
        let Some(block) = self.stored_block(from)? else { return Ok(Vec::new()) };
        let numbered = (block.first_sequence()..).zip(block.records());
        let wanted = numbered.filter(|(sequence, _)| *sequence >= from.value()).take(limit);
        wanted.map(|(sequence, record)| decode_at(sequence, record)).collect()
    }

    fn recent(&self, sequence: Sequence) -> Option<Arc<Entry>> {
        let is_durable = sequence <= self.last_sequence();
        is_durable.then(|| self.shared.published.read().recent.get(sequence).cloned()).flatten()
    }

    fn stored_entry(&self, sequence: Sequence) -> Result<Option<Arc<Entry>>, ReadFault> {
        let Some(block) = self.stored_block(sequence)? else { return Ok(None) };
        decode_of(&block, sequence).map(Some)
    }

    fn stored_record(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, ReadFault> {
        let Some(block) = self.stored_block(sequence)? else { return Ok(None) };
        record_of(&block, sequence).map(|record| Some(record.to_vec()))
    }

    /// The block with this entry, if it was read just before.
    fn opened(&self, sequence: Sequence) -> Option<Arc<Block>> {
        let opened = self.shared.opened.lock();
        let has = |block: &&Arc<Block>| (block.first_sequence()..=block.last_sequence()).contains(&sequence.value());
        opened.iter().rev().find(has).cloned()
    }

    fn stored_block(&self, sequence: Sequence) -> Result<Option<Arc<Block>>, ReadFault> {
        if let Some(block) = self.opened(sequence) {
            return Ok(Some(block));
        }
        if sequence > self.last_sequence() {
            return Ok(None);
        }
        let height = self.shared.published.read().blocks.height_of(sequence);
        let Some(height) = height else { return Ok(None) };
        let block = self.shared.storage.read(height)?.map(Arc::new).ok_or(ReadFault::Missing { sequence, height })?;
        let mut opened = self.shared.opened.lock();
        if opened.len() >= OPENED_BLOCKS_MAX {
            opened.pop_front();
        }
        opened.push_back(Arc::clone(&block));
        Ok(Some(block))
    }
}

/// The record of an entry in the block that holds it.
fn record_of(block: &Block, sequence: Sequence) -> Result<&[u8], ReadFault> {
    let index = sequence.value().checked_sub(block.first_sequence()).and_then(|index| usize::try_from(index).ok());
    let record = index.and_then(|index| block.records().get(index)).map(Vec::as_slice);
    record.ok_or_else(|| ReadFault::Missing { sequence, height: block.height() })
}

fn decode_of(block: &Block, sequence: Sequence) -> Result<Arc<Entry>, ReadFault> {
    decode_at(sequence.value(), record_of(block, sequence)?)
}

fn decode_at(sequence: u64, record: &[u8]) -> Result<Arc<Entry>, ReadFault> {
    decode(record).map(Arc::new).map_err(|source| ReadFault::Record { sequence, source })
}

/// Reads the store on a thread that may wait for the disk.
async fn blocking<T, F>(read: F) -> Result<T, ReadFault>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, ReadFault> + Send + 'static,
{
    match task::spawn_blocking(read).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ReadFault::Interrupted),
    }
}

/// Why something durable could not be read: a fault of the store, never an answer about the business.
#[derive(Debug, Error)]
pub enum ReadFault {
    /// The store failed.
    #[error("the journal cannot be read")]
    Storage(#[from] Fault),
    /// A record that was decoded at the start, or encoded since, cannot be decoded now.
    #[error("record {sequence} cannot be decoded: run `ipledger verify`")]
    Record {
        /// Its place in the journal.
        sequence: u64,
        /// What is wrong with it.
        source: CodecError,
    },
    /// The store no longer has what it acknowledged.
    #[error("entry `{sequence}` is missing from block {height}: run `ipledger verify`")]
    Missing {
        /// The entry.
        sequence: Sequence,
        /// The block that should hold it.
        height: u64,
    },
    /// The process is stopping.
    #[error("the read was interrupted: the ledger is stopping")]
    Interrupted,
}

/// Which block holds an entry: the first sequence of each block, in the order of their heights from 1.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct BlockIndex {
    first_sequences: Vec<Sequence>,
}

impl BlockIndex {
    /// Takes notice of an entry in the block of this height. Blocks come in order, entries in order within them.
    fn note(&mut self, height: u64, sequence: Sequence) {
        if u64::try_from(self.first_sequences.len()).is_ok_and(|known| known < height) {
            self.first_sequences.push(sequence);
        }
    }

    /// The height of the block that holds this sequence, or would; `None` before the first block.
    fn height_of(&self, sequence: Sequence) -> Option<u64> {
        let height = self.first_sequences.partition_point(|first| *first <= sequence);
        u64::try_from(height).ok().filter(|height| *height > 0)
    }
}

/// The newest entries, without a gap.
#[derive(Debug, Default)]
struct Recent {
    entries: VecDeque<Arc<Entry>>,
}

impl Recent {
    fn push(&mut self, entry: Arc<Entry>) {
        if self.entries.len() >= RECENT_ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    fn get(&self, sequence: Sequence) -> Option<&Arc<Entry>> {
        self.entries.get(self.index_of(sequence)?)
    }

    /// Those of these sequences, at most so many; none when the first is not there.
    fn from(&self, sequences: RangeInclusive<Sequence>, count: usize) -> Vec<Arc<Entry>> {
        let Some(index) = self.index_of(*sequences.start()) else { return Vec::new() };
        let there = self.entries.iter().skip(index).take(count);
        there.take_while(|entry| entry.sequence <= *sequences.end()).cloned().collect()
    }

    fn index_of(&self, sequence: Sequence) -> Option<usize> {
        let first = self.entries.front()?.sequence;
        sequence.value().checked_sub(first.value()).and_then(|index| usize::try_from(index).ok())
    }
}
