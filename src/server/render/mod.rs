//! Entries and nouns → answers. What a write answers is rendered from its entry alone, so that a retry gets the same
//! bytes.

use crate::book::event::Entry;
use crate::calendar::{CivilDate, Timestamp};
use crate::proto::v1;
use crate::rulebook::refusal::Bilingual;

pub(super) mod access;
pub(super) mod command;
pub(super) mod decision;
pub(super) mod entry;
pub(super) mod event;
pub(super) mod explanation;
mod group;
pub(super) mod fact;
pub(super) mod reconciliation;
pub(super) mod report;
mod period;
pub(super) mod resource;
mod sentence;
pub(crate) mod simulation;

/// What an entry of the journal says, in one sentence in each language.
pub(super) fn words(entry: &Entry) -> v1::Text {
    sentence::of(entry, true)
}

/// A text that may be there.
pub(super) fn or_empty<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// A date that may be there.
pub(super) fn date_or_empty(date: Option<CivilDate>) -> String {
    or_empty(date.as_ref())
}

fn bilingual(text: Bilingual) -> v1::Text {
    v1::Text { en: text.en.to_owned(), zh: text.zh.to_owned() }
}

pub(in crate::server) fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let micros = time.micros();
    let nanos = micros.rem_euclid(1_000_000).saturating_mul(1_000);
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        // Below 10^9: it fits.
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}
