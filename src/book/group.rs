//! Entries that stand or fall together: a head, and the members that follow it in the same commit.
//!
//! A group is recognised by what its entries say: the head how many members follow, each member the sequence of its
//! head. All of them answer the head's request. While a group is open the next entry must be its next member, and no
//! block may end (`journal::replay`); so a part of a group is no journal.
//!
//! Each entry balances by itself. The other invariants hold when the group is whole: within it one award may have grown
//! before the one that makes room for it shrinks.

use super::Book;
use super::event::{ApplicationChange, Entry, Event, RequestKey};
use crate::identifier::Sequence;

/// A group of which members are still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenGroup {
    /// Its head.
    pub head: Sequence,
    /// The request that all of it answers.
    pub request: RequestKey,
    /// How many members are to come.
    pub left: u32,
}

impl Event {
    /// How many members follow in the same commit; 0 for what stands alone.
    pub fn members(&self) -> u32 {
        if let Self::ClosingRun(run) = self {
            run.shares
        } else if let Self::AwardsCorrected(run) = self {
            run.corrections
        } else {
            0
        }
    }

    /// The head of the group that it is a member of.
    pub fn head(&self) -> Option<Sequence> {
        let Self::ApplicationChanged(changed) = self else { return None };
        if let ApplicationChange::ClosingShare(share) = &changed.change {
            Some(share.run)
        } else if let ApplicationChange::Corrected(correction) = &changed.change {
            Some(correction.run)
        } else {
            None
        }
    }
}

impl Book {
    /// The group that the last entry left open.
    pub fn open_group(&self) -> Option<OpenGroup> {
        self.open_group
    }

    /// Counts members down; a head opens its group.
    pub(super) fn note_group(&mut self, entry: &Entry) {
        let members = entry.event.members();
        self.open_group = if members > 0 {
            Some(OpenGroup { head: entry.sequence, request: entry.request, left: members })
        } else {
            let open = self.open_group.filter(|open| entry.event.head() == Some(open.head));
            open.map(|open| OpenGroup { left: open.left.saturating_sub(1), ..open }).filter(|open| open.left > 0)
        };
    }
}
