//! The two hands that move the ledger on: one applies what is decided, the other says what is durable.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::RwLockWriteGuard;
use tokio::sync::watch;

use super::{Published, Shared, View};
use crate::book::Book;
use crate::book::event::{Entry, Event};
use crate::identifier::Sequence;
use crate::journal::block::{Block, Head};
use crate::journal::merkle::Hash;

/// Both hands; there are no others. `alive` is dropped with the one that publishes.
pub(super) fn of(shared: &Arc<Shared>, alive: watch::Sender<()>) -> (Applier, Publisher) {
    (Applier { shared: Arc::clone(shared) }, Publisher { shared: Arc::clone(shared), _alive: alive })
}

/// The one hand that applies what is decided.
#[derive(Debug)]
pub(crate) struct Applier {
    shared: Arc<Shared>,
}

impl Applier {
    /// Lets whoever wants a copy of the state have it: nothing is applied until then, so that what was applied becomes durable.
    pub(crate) fn pause(&self) {
        self.shared.pause.hold();
    }

    /// The state, to decide on and to apply to; readers wait until it is let go.
    pub(crate) fn lock(&self) -> Applying<'_> {
        Applying { published: self.shared.published.write(), shared: &self.shared }
    }
}

/// The state in the hand of who applies to it.
#[derive(Debug)]
pub(crate) struct Applying<'a> {
    published: RwLockWriteGuard<'a, Published>,
    shared: &'a Shared,
}

impl Applying<'_> {
    /// What is decided on.
    pub(crate) fn book(&self) -> &Book {
        &self.published.view.book
    }

    /// Takes over an entry that follows; it is not durable yet.
    pub(crate) fn apply(&mut self, entry: Arc<Entry>) {
        let (sequence, changes_access) = (entry.sequence.value(), matches!(entry.event, Event::AccessChanged(_)));
        self.published.apply(entry);
        if changes_access {
            self.shared.access.store(Arc::new(self.book().access.clone()));
        }
        self.shared.applied.store(sequence, Ordering::Release);
    }
}

impl Published {
    fn apply(&mut self, entry: Arc<Entry>) {
        let View { book, history, cases, figures, index, work, head: _ } = &mut self.view;
        figures.apply(book, &entry);
        history.apply(&entry);
        cases.apply(&entry);
        index.apply(&entry, book);
        work.apply(&entry, book, cases);
        self.recent.push(entry);
    }
}

/// The one hand that says what is durable.
#[derive(Debug)]
pub(crate) struct Publisher {
    shared: Arc<Shared>,
    /// Dropped with it, which those hear who wait.
    _alive: watch::Sender<()>,
}

impl Publisher {
    /// Lets the entries of a durable block be read, and tells the subscribers. Each was applied. `leaves` are the leaf hashes
    /// of the block's records.
    pub(crate) fn publish(&self, block: &Block, leaves: &[Hash], head: Head) {
        let last = Sequence::new(head.last_sequence);
        {
            let mut published = self.shared.published.write();
            published.blocks.note(block.height(), Sequence::new(block.first_sequence()));
            for leaf in leaves {
                published.subtrees.append(*leaf);
            }
            published.view.head = head;
        }
        self.shared.tip.send_replace(last);
    }
}
