//! Accounting periods: what is closed, and what is open in a month.

use std::fmt;

use super::Book;
use super::nouns::{ApplicationState, ClaimState, Month};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, ClaimId};

/// What waits for a decision at the end of a month: the check list (结账检查清单) that should be empty first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenItems {
    /// Applications submitted in the month or before, neither approved nor refused nor withdrawn.
    pub applications: Vec<ApplicationId>,
    /// Claims submitted in the month or before and still under review. Deferred ones wait by the rule, not for us.
    pub claims: Vec<ClaimId>,
}

impl OpenItems {
    /// How many.
    pub fn count(&self) -> usize {
        self.applications.len().saturating_add(self.claims.len())
    }
}

impl Book {
    /// Whether the month of this day is closed.
    pub fn is_closed(&self, date: CivilDate) -> bool {
        self.closed_months.contains(&Month::of(date))
    }

    /// The first day on or after this one whose month is open.
    pub fn first_open_day(&self, date: CivilDate) -> CivilDate {
        let mut day = date;
        while self.is_closed(day) {
            let next = Month::of(day).first_day().and_then(|first| first.plus_months(1));
            let Some(next) = next else { return day };
            day = next;
        }
        day
    }

    /// The open months since the first that was closed, before this one.
    pub fn open_months_before(&self, month: Month) -> Vec<Month> {
        let mut open = Vec::new();
        let mut next = self.closed_months.first().copied();
        while let Some(one) = next.filter(|one| *one < month) {
            if !self.closed_months.contains(&one) {
                open.push(one);
            }
            next = one.first_day().and_then(|first| first.plus_months(1)).map(Month::of);
        }
        open
    }

    /// What is open at the end of a month. Looks at every application and claim: for closing a month, not for a page.
    pub fn open_items(&self, month: Month) -> OpenItems {
        let is_in = |day: CivilDate| Month::of(day) <= month;
        let applications = self
            .applications
            .iter()
            .filter(|(_, each)| each.state == ApplicationState::Submitted && is_in(each.submitted_on));
        let claims =
            self.claims.iter().filter(|(_, each)| each.state == ClaimState::UnderReview && is_in(each.submitted_on));
        OpenItems {
            applications: applications.map(|(id, _)| *id).collect(),
            claims: claims.map(|(id, _)| *id).collect(),
        }
    }

    /// Whether the year is closed.
    pub fn is_year_closed(&self, year: FiscalYear) -> bool {
        self.closed_years.contains(&year)
    }
}

impl Month {
    /// The month of a day.
    pub fn of(day: CivilDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day; `None` for a month that no calendar has.
    pub fn first_day(self) -> Option<CivilDate> {
        CivilDate::from_ymd(self.year.value(), i8::try_from(self.month).ok()?, 1)
    }
}

/// `2025-03`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}
