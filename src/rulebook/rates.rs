//! Reference rates (参考利率): points of dated series, and how far they are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Missing, Series};
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, SeriesId};
use crate::money::Rate;

/// What is missing where a series has no value for a day: such a line is refused with its own reason.
pub const REFERENCE_RATE: Missing = Missing("reference-rate");

/// What is known of reference rates: each series with the last day that it covers. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceRates(Arc<BTreeMap<SeriesId, SeriesValues>>);

/// The values of one series.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SeriesValues {
    /// By the first day.
    pub values: BTreeMap<CivilDate, Rate>,
    /// The last day that they cover.
    pub known_until: Option<CivilDate>,
    /// The entries that recorded points, by the first day; a point that is not here is the rulebook file's.
    pub recorded: BTreeMap<CivilDate, Sequence>,
}

/// A point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Its first day.
    pub from: CivilDate,
    /// The rate per year.
    pub rate: Rate,
    /// The entry that recorded it; `None` where it is the rulebook file's.
    pub entry: Option<Sequence>,
}

impl SeriesValues {
    /// With recorded points on top: a recorded point wins on its own day, and the longer reach of the two counts.
    #[must_use]
    pub fn with(&self, recorded: &Self) -> Self {
        let mut merged = self.clone();
        merged.values.extend(&recorded.values);
        merged.recorded.extend(&recorded.recorded);
        merged.known_until = self.known_until.max(recorded.known_until);
        merged
    }

    fn point(&self, from: CivilDate, rate: Rate) -> Point {
        Point { from, rate, entry: self.recorded.get(&from).copied() }
    }
}

impl ReferenceRates {
    /// The values that a rulebook brings along.
    pub fn of(series: &[Series]) -> Self {
        let known = series.iter().map(|one| {
            let values = one.values.iter().copied().collect();
            (one.id.clone(), SeriesValues { values, known_until: one.known_until, recorded: BTreeMap::new() })
        });
        Self(Arc::new(known.collect()))
    }

    /// With further values; a series that is in both is taken from `over`.
    #[must_use]
    pub fn with(&self, over: &Self) -> Self {
        let mut merged = BTreeMap::clone(&self.0);
        merged.extend(over.0.iter().map(|(id, values)| (id.clone(), values.clone())));
        Self(Arc::new(merged))
    }

    /// With the points that were recorded for these series, each on top of what the file says.
    #[must_use]
    pub fn with_recorded<'a>(&self, recorded: impl Fn(&SeriesId) -> Option<&'a SeriesValues>) -> Self {
        if self.0.keys().all(|id| recorded(id).is_none()) {
            return self.clone();
        }
        let merged = self.0.iter().map(|(id, values)| {
            let values = recorded(id).map_or_else(|| values.clone(), |points| values.with(points));
            (id.clone(), values)
        });
        Self(Arc::new(merged.collect()))
    }

    /// From plain values.
    pub fn from_values(values: BTreeMap<SeriesId, SeriesValues>) -> Self {
        Self(Arc::new(values))
    }

    /// The point in force on the day.
    pub fn on(&self, series: &SeriesId, day: CivilDate) -> Result<Point, Missing> {
        self.lowest(series, day, day)
    }

    /// The lowest point in force on a day from `first` to `last`; of equal ones the first.
    pub fn lowest(&self, series: &SeriesId, first: CivilDate, last: CivilDate) -> Result<Point, Missing> {
        let known = self.0.get(series).ok_or(REFERENCE_RATE)?;
        let covered = known.known_until.is_some_and(|until| last <= until) && first <= last;
        let at_first = known.values.range(..=first).next_back().filter(|_| covered);
        let (from, rate) = at_first.ok_or(REFERENCE_RATE)?;
        let later = known.values.range(first..=last).map(|(from, rate)| known.point(*from, *rate));
        let lower = |lowest: Point, next: Point| if next.rate < lowest.rate { next } else { lowest };
        Ok(later.fold(known.point(*from, *rate), lower))
    }
}
