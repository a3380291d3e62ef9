//! The format on disk: an [`Entry`] as the bytes of one record, and back.
//!
//! No other module knows the format. It is protobuf, package `ipledger.journal.v1`; `record.proto` states its rules.
//! Every entry has exactly one form: the same entry always gives the same bytes, and what [`encode`] wrote, [`decode`]
//! reads back to an entry that gives the same bytes again. That the bytes are the ones written is for the hashes of
//! [`block`](super::block) to say, not for this module.
//!
//! A reader refuses what it does not know instead of skipping it: a field, an event or a code of a newer version
//! would add up to another book.

mod event;
pub mod export;
pub mod json;
mod explanation;
mod field;
mod nouns;
mod packed;
mod vocabulary;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;

use prost::Message as _;

pub use packed::PackedLine;

use crate::book::event::Entry;
use crate::calendar::{CivilDate, Timestamp};
use crate::identifier::Sequence;
use crate::proto::journal as wire;

use field::{Stored, date, load_all, message, number, optional_date, store_all};

/// The bytes of the entry, as they are stored and hashed.
pub fn encode(entry: &Entry) -> Vec<u8> {
    let record = wire::Record {
        sequence: entry.sequence.value(),
        recorded_at: entry.recorded_at.micros(),
        effective_date: entry.effective_date.epoch_days(),
        actor: Some(entry.actor.store()),
        request: Some(entry.request.store()),
        concerns: Some(entry.concerns.store()),
        postings: store_all(&entry.postings),
        late_for: entry.late_for.map(CivilDate::epoch_days),
        event: Some(entry.event.store()),
    };
    record.encode_to_vec()
}

/// The entry that [`encode`] made these bytes of.
pub fn decode(bytes: &[u8]) -> Result<Entry, CodecError> {
    let record = wire::Record::decode(bytes)?;
    // prost drops what it does not know; every deviation from the one form of an entry shows in the length.
    let understood = record.encoded_len();
    if understood != bytes.len() {
        let field = if record.event.is_none() { "Record.event" } else { "Record" };
        return Err(CodecError::NotUnderstood { field, stored: bytes.len(), understood });
    }
    load(record)
}

/// The entry that [`encode`] made these bytes of, without what follows from the rest of it: why an application was granted
/// what it was, and what that counts toward. For whoever makes the decision again, and compares the bytes that come of it;
/// until then nothing is known of what was left out, not even that it can be read.
pub fn decode_asked(bytes: &[u8]) -> Result<Entry, CodecError> {
    let mut record = wire::Record::decode(bytes)?;
    if let Some(wire::record::Event::SubsidyApplied(applied)) = &mut record.event {
        for line in &mut applied.lines {
            line.cap_uses.clear();
            line.wide_uses.clear();
            line.explanation = Some(PackedLine::nothing());
        }
    }
    load(record)
}

fn load(record: wire::Record) -> Result<Entry, CodecError> {
    Ok(Entry {
        sequence: number("Record.sequence", record.sequence, Sequence::new)?,
        recorded_at: Timestamp::from_micros(record.recorded_at),
        effective_date: date("Record.effective_date", record.effective_date)?,
        late_for: optional_date("Record.late_for", record.late_for)?,
        actor: message("Record.actor", record.actor)?,
        request: message("Record.request", record.request)?,
        concerns: message("Record.concerns", record.concerns)?,
        event: message("Record.event", record.event)?,
        postings: load_all(record.postings)?,
    })
}

/// Why bytes are not a record that this version can read. Always a fault: the caller stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not protobuf, or a field has another type.
    #[error("the bytes are not a record: {0}; the file is damaged, restore it from a backup")]
    Malformed(#[from] prost::DecodeError),
    /// A field or an event that this version does not know.
    #[error(
        "`{field}` holds more than this version knows, `{understood}` bytes of the record's `{stored}`; it was \
         written by a newer version, read it with that one"
    )]
    NotUnderstood {
        /// `Record.event` if the whole event is unknown, otherwise `Record`.
        field: &'static str,
        /// Length of the record in bytes.
        stored: usize,
        /// Length in bytes of what was understood of it.
        understood: usize,
    },
    /// A required field is not there.
    #[error("`{field}` is missing; expected a value in every record, the file is damaged")]
    Missing {
        /// Message and field in `record.proto`.
        field: &'static str,
    },
    /// A field holds a value that its type does not have.
    #[error(
        "`{field}` holds `{value}`, which no version writes ({expected}); the file is damaged, restore it from a backup"
    )]
    Unexpected {
        /// Message and field in `record.proto`.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with it and what was expected.
        expected: String,
    },
    /// A number that the closed list of this version does not have.
    #[error(
        "`{field}` holds the code `{number}`, which this version does not know; it was written by a newer version, \
         read it with that one"
    )]
    UnknownCode {
        /// Message and field in `record.proto`.
        field: &'static str,
        /// The number.
        number: i32,
    },
    /// The text of an adopted rulebook does not load.
    #[error(
        "`RulebookAdopted.text` is not a rulebook that this version can read ({problems}); it was adopted under a \
         newer version, read it with that one, or the file is damaged"
    )]
    Rulebook {
        /// Every problem with its line in the text.
        problems: String,
    },
}
