//! Recorded points of reference-rate series (参考利率): what was published, since when it holds, where it stands.

use std::collections::BTreeMap;

use super::Book;
use super::fact::Supersedes;
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, SeriesId};
use crate::money::Rate;
use crate::rulebook::facts::SeriesValues;

/// A point of a series as recorded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReferenceRate {
    /// Which series, by the rulebooks' id, such as `lpr-1y`.
    pub series: SeriesId,
    /// The first day on which it holds.
    pub from: CivilDate,
    /// The rate per year.
    pub rate: Rate,
    /// How many days the last point of a series counts as known without a newer one.
    pub maximum_age_days: u32,
    /// Where it was published: a document's number or a web address.
    pub source: String,
    /// The point that it takes the place of.
    pub supersedes: Option<Supersedes>,
}

/// A point that the book keeps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RecordedRate {
    /// As recorded.
    pub recorded: ReferenceRate,
    /// The entry that took its place, if it was corrected.
    pub superseded_by: Option<Sequence>,
}

/// A series: every point that was ever recorded, and what counts of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RateSeries {
    /// By the entry that recorded it.
    pub points: BTreeMap<Sequence, RecordedRate>,
    /// What is known now.
    pub values: SeriesValues,
}

impl RateSeries {
    /// The point in force for exactly this first day, and the entry that recorded it.
    pub fn at(&self, from: CivilDate) -> Option<Sequence> {
        self.values.recorded.get(&from).copied()
    }

    /// Sums up anew what is known: the last point reaches as many days as it says.
    fn refresh(&mut self) {
        let mut values = SeriesValues::default();
        for (entry, point) in self.points.iter().filter(|(_, point)| point.superseded_by.is_none()) {
            values.values.insert(point.recorded.from, point.recorded.rate);
            values.recorded.insert(point.recorded.from, *entry);
        }
        let last = values.recorded.last_key_value().and_then(|(_, entry)| self.points.get(entry));
        values.known_until = last.map(|point| {
            let age = i64::from(point.recorded.maximum_age_days);
            point.recorded.from.plus_days(age).unwrap_or(CivilDate::MAX)
        });
        self.values = values;
    }
}

impl Book {
    pub(super) fn take_rate(&mut self, entry: Sequence, recorded: &ReferenceRate) {
        let series = self.rates.entry(recorded.series.clone()).or_default();
        if let Some(wrong) = recorded.supersedes.as_ref().and_then(|wrong| series.points.get_mut(&wrong.entry)) {
            wrong.superseded_by = Some(entry);
        }
        series.points.insert(entry, RecordedRate { recorded: recorded.clone(), superseded_by: None });
        series.refresh();
    }
}
