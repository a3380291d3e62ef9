//! Days that come back every year, and the windows of application between them.

use std::fmt;

use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{Invalid, shown};

/// A day of every year, written `03-31`. The 29th of February is its 28th in other years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// 1 to 12.
    month: u8,
    /// 1 to the longest that the month can be.
    day: u8,
}

impl MonthDay {
    /// Reads `MM-DD`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // A leap year has every day that a year can have.
        let day = CivilDate::parse(&format!("2024-{text}")).ok().filter(|_| text.len() == "03-31".len());
        let Some(day) = day else {
            return Err(Invalid::new(
                format!("`{}` is not a day of the year; write month and day, such as `03-31`", shown(text)),
                format!("“{}”不是有效的月日，请写例如 03-31", shown(text)),
            ));
        };
        Ok(Self { month: day.month(), day: day.day() })
    }

    /// The day in a year.
    pub fn in_year(self, year: FiscalYear) -> Option<CivilDate> {
        let [month, day] = [i8::try_from(self.month).ok()?, i8::try_from(self.day).ok()?];
        CivilDate::from_ymd(year.value(), month, day)
            .or_else(|| CivilDate::from_ymd(year.value(), month, day.checked_sub(1)?))
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// A window of application that comes back every year: costs of these days are applied for between those days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The days whose costs it is for: the day by which a cost counts to its year; `None` for the whole year.
    pub costs: Option<(MonthDay, MonthDay)>,
    /// Its first day.
    pub from: MonthDay,
    /// Its last day.
    pub until: MonthDay,
    /// How many years after the one that the cost counts to it lies.
    pub years_after: u32,
}

impl Window {
    /// Whether it is for costs of this day.
    pub fn is_for(&self, day: CivilDate) -> bool {
        let within = |(from, until): (MonthDay, MonthDay)| {
            let year = day.year();
            from.in_year(year).is_some_and(|from| from <= day) && until.in_year(year).is_some_and(|until| day <= until)
        };
        self.costs.is_none_or(within)
    }

    /// Its first and last day for a cost that counts to this year.
    pub fn for_year(&self, year: FiscalYear) -> Option<(CivilDate, CivilDate)> {
        let later = i16::try_from(self.years_after).ok().and_then(|years| year.value().checked_add(years));
        let year = later.and_then(FiscalYear::from_value)?;
        Some((self.from.in_year(year)?, self.until.in_year(year)?))
    }

    /// In words: `04-01 to 04-30 of the year after, for 07-01 to 12-31`.
    pub fn text(&self) -> String {
        let year = match self.years_after {
            0 => String::new(),
            1 => " of the year after".to_owned(),
            years => format!(" {years} years after"),
        };
        let costs = self.costs.map_or(String::new(), |(from, until)| format!(", for {from} to {until}"));
        format!("{} to {}{year}{costs}", self.from, self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    #[test]
    fn a_day_of_the_year_is_read_back_as_written() {
        for text in ["01-01", "02-29", "12-31"] {
            assert_eq!(MonthDay::parse(text).unwrap().to_string(), text);
        }
        for text in ["02-30", "13-01", "3-31", "0331", "03-31 ", "", "+3-31"] {
            assert!(MonthDay::parse(text).unwrap_err().problem.contains("not a day of the year"), "{text}");
        }
    }

    #[test]
    fn a_leap_day_is_the_last_of_february_in_other_years() {
        let leap = MonthDay::parse("02-29").unwrap();
        assert_eq!(leap.in_year(day("2024-01-01").year()), Some(day("2024-02-29")));
        assert_eq!(leap.in_year(day("2026-01-01").year()), Some(day("2026-02-28")));
    }

    #[test]
    fn half_years_have_windows_of_their_own() {
        let day_of = |text| MonthDay::parse(text).unwrap();
        let second = Window {
            costs: Some((day_of("07-01"), day_of("12-31"))),
            from: day_of("01-01"),
            until: day_of("01-31"),
            years_after: 1,
        };
        assert!(!second.is_for(day("2026-06-30")) && second.is_for(day("2026-07-01")));
        assert_eq!(second.for_year(day("2026-07-01").year()), Some((day("2027-01-01"), day("2027-01-31"))));
        assert_eq!(second.text(), "01-01 to 01-31 of the year after, for 07-01 to 12-31");
    }
}
