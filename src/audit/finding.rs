//! What an audit found wrong: where, what was expected and what is there.

use std::fmt;

use serde::Serialize;

use crate::journal::block::{Block, CHUNK_BYTES_MAX, chunk_key, payload_bytes_of};

/// What was checked. The codes are stable: scripts may look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The store opens, reads, and ends where its witness says.
    Store,
    /// A block agrees with itself, with the block before and with the tree.
    Block,
    /// A record decodes to an entry, and the entry encodes to the same bytes again.
    Record,
    /// An entry follows the one before: sequence, time, balance, a request id of its own.
    Entry,
    /// Invariant 9: open periods, four eyes, each bank its own business.
    Separation,
    /// The decision, made again, is the one that was recorded.
    Decision,
    /// An invariant of the book.
    Invariant,
    /// What a reader would serve is what the book says.
    Served,
    /// The journal continues a checkpoint of it.
    Checkpoint,
}

impl Check {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Block => "block",
            Self::Record => "record",
            Self::Entry => "entry",
            Self::Separation => "separation",
            Self::Decision => "decision",
            Self::Invariant => "invariant",
            Self::Served => "served",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Where something is wrong, as far as can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The sequence of the record; of the first one of the block, where the whole block is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The height of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The key in the store, in hexadecimal, at which the record begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The offset in the value under that key at which the record begins, its length field not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
}

impl Place {
    /// A whole block, which begins with this sequence.
    pub(super) fn block(height: u64, sequence: u64) -> Self {
        Self {
            sequence: Some(sequence),
            height: Some(height),
            key: Some(hex::encode(chunk_key(height, 0))),
            offset: None,
        }
    }

    /// The record at this index of the block.
    pub(super) fn record(block: &Block, index: usize) -> Self {
        let before = block.records().iter().take(index).map(|record| payload_bytes_of(record.len()));
        let start = before.fold(payload_bytes_of(0), usize::saturating_add);
        let part = u16::try_from(start.div_euclid(CHUNK_BYTES_MAX)).unwrap_or(u16::MAX);
        let index = u64::try_from(index).unwrap_or(u64::MAX);
        Self {
            sequence: Some(block.first_sequence().saturating_add(index)),
            height: Some(block.height()),
            key: Some(hex::encode(chunk_key(block.height(), part))),
            offset: Some(start.rem_euclid(CHUNK_BYTES_MAX)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.sequence.map(|sequence| format!("record {sequence}")));
        parts.extend(self.height.map(|height| format!("commit {height}")));
        parts.extend(self.key.as_ref().map(|key| format!("key {key}")));
        parts.extend(self.offset.map(|offset| format!("byte {offset}")));
        f.write_str(&parts.join(", "))
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// What was expected there, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// A finding without figures.
    pub fn new(check: Check, place: Place, problem: impl Into<String>) -> Self {
        Self { check, place, problem: problem.into(), expected: None, found: None }
    }

    /// The same with what was expected and what is there.
    #[must_use]
    pub fn with(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.to_string();
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.problem)?;
        if let (Some(expected), Some(found)) = (&self.expected, &self.found) {
            write!(f, "\n  expected  {expected}\n  found     {found}")?;
        }
        Ok(())
    }
}
