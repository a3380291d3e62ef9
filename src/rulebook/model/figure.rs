//! Figures of an enterprise that somebody states, each of a year (指标).

use crate::calendar::FiscalYear;
use crate::identifier::Tag;

/// Which figure of an enterprise, by the rulebook's own word, and of which year: local taxes paid, people insured, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The rulebook's word.
    pub name: Tag,
    /// How many years before the one that the cost counts to.
    pub years_before: u32,
}

impl Figure {
    /// The year of the figure for a cost that counts to this year.
    pub fn year(&self, counts_to: FiscalYear) -> Option<FiscalYear> {
        let years = i16::try_from(self.years_before).ok()?;
        FiscalYear::from_value(counts_to.value().checked_sub(years)?)
    }

    /// In words: `local-tax of the year before`.
    pub fn text(&self) -> String {
        match self.years_before {
            0 => self.name.to_string(),
            1 => format!("{} of the year before", self.name),
            years => format!("{} {years} years before", self.name),
        }
    }
}
