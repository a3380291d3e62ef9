//! What a start makes of the journal, whole or from a snapshot: the one state that the writer and the reader begin with.

use super::cases::Cases;
use super::history::History;
use super::index::Index;
use super::work::Work;
use super::{BlockIndex, Published, Recent, StateCopy, View};
use crate::book::Book;
use crate::figures::Figures;
use crate::journal::block::Head;
use crate::journal::merkle::Hash;
use crate::journal::merkle::subtrees::{Subtrees, Tiles};
use crate::journal::replay::{ReplayFault, Replayed, replay_tail};
use crate::storage::Storage;

/// A journal that was read, checked and added up: what the writer and the reader start from.
///
#[derive(Debug)]
pub struct Loaded(pub(super) Published);

/// Reads the journal from the store. `progress` hears the sequence of each entry.
pub fn load(storage: &dyn Storage, progress: &mut dyn FnMut(u64)) -> Result<Loaded, ReplayFault> {
    Loaded::empty().with_tail(storage, progress)
}

/// The end of an empty journal; what a snapshot leaves open.
pub(super) const fn no_head() -> Head {
    Head::EMPTY
}

impl Loaded {
    /// Nothing yet.
    pub fn empty() -> Self {
        let view = View {
            book: Book::new(),
            history: History::default(),
            cases: Cases::default(),
            figures: Figures::default(),
            work: Work::default(),
            index: Index::default(),
            head: Head::EMPTY,
        };
        let (blocks, recent, subtrees) = (BlockIndex::default(), Recent::default(), Subtrees::default());
        Self(Published { view, blocks, recent, subtrees })
    }

    /// The state after the last entry.
    pub const fn view(&self) -> &View {
        &self.0.view
    }

    /// Whether both say the same in every part that is served; the newest entries in memory do not count.
    pub fn is_same(&self, other: &Self) -> bool {
        let (one, other) = (&self.0, &other.0);
        one.view.head == other.view.head
            && one.view.book == other.view.book
            && one.view.history == other.view.history
            && one.view.cases == other.view.cases
            && one.view.figures == other.view.figures
            && one.view.work == other.view.work
            && one.view.index == other.view.index
            && one.blocks == other.blocks
            && one.subtrees == other.subtrees
    }

    /// What a snapshot keeps of it.
    pub const fn state(&self) -> State<'_> {
        State(&self.0)
    }

    /// The state as it was at this end of the journal; the parts that disagree with it are named.
    pub fn at(mut self, head: Head) -> Result<Self, String> {
        let Published { view, blocks, subtrees, .. } = &self.0;
        let (last, indexed) = (view.book.last_sequence().value(), blocks.first_sequences.len());
        if last != head.last_sequence {
            return Err(format!("its book is of entry {last}, expected {}", head.last_sequence));
        }
        if u64::try_from(indexed) != Ok(head.height) {
            return Err(format!("it knows of {indexed} blocks, expected {}", head.height));
        }
        let root = subtrees.root_at(subtrees.size(), &Tiles::from([own(subtrees.open_tile())]));
        if subtrees.size() != head.tree.size() || root != Some(head.tree.root()) {
            return Err("its subtrees do not add up to the root of the journal".to_owned());
        }
        self.0.view.head = head;
        Ok(self)
    }

    /// The same after the blocks that the store has beyond it; no other block is read. `progress` hears the sequence of
    /// each entry.
    pub fn with_tail(self, storage: &dyn Storage, progress: &mut dyn FnMut(u64)) -> Result<Self, ReplayFault> {
        let Published { view, mut blocks, mut recent, mut subtrees } = self.0;
        let View { book, mut history, mut cases, mut figures, mut work, mut index, head } = view;
        let Replayed { book, head } =
            replay_tail(storage, Replayed { book, head }, &mut |book, entry, height, leaf| {
                let sequence = entry.sequence;
                figures.apply(book, &entry);
                history.apply(&entry);
                cases.apply(&entry);
                work.apply(&entry, book, &cases);
                index.apply(&entry, book);
                blocks.note(height, sequence);
                subtrees.append(leaf);
                recent.push(entry);
                progress(sequence.value());
            })?;
        let view = View { book, history, cases, figures, work, index, head };
        Ok(Self(Published { view, blocks, recent, subtrees }))
    }
}

fn own((tile, leaves): (u64, &[Hash])) -> (u64, Vec<Hash>) {
    (tile, leaves.to_vec())
}

/// The state that a snapshot keeps, lent.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[serde(transparent)]
pub struct State<'a>(&'a Published);

impl State<'_> {
    /// The end of the journal that it is the state of.
    pub const fn head(&self) -> &Head {
        &self.0.view.head
    }

    /// A copy of it, which shares what neither changes.
    pub(crate) fn copy(self) -> StateCopy {
        StateCopy::of(self.0)
    }
}
