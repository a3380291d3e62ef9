//! Days, fiscal years and instants (日期、预算年度、时间戳).
//!
//! The book knows three kinds of time and never mixes them: a [`CivilDate`] is a day of the Chinese calendar without
//! a clock, a [`FiscalYear`] is the year of a budget, a [`Timestamp`] is the instant at which the writer took an entry.
//! Nothing here reads a clock.

use std::fmt;

use jiff::civil::Date;

use crate::identifier::{Invalid, shown};

const FIRST_YEAR: i16 = 1990;
const LAST_YEAR: i16 = 2199;
const MICROS_PER_DAY: i64 = 86_400_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A calendar day (日期) from 1990-01-01 to 2199-12-31.
///
/// The bounds catch mistyped years; no pledge in this book can be older than the first Chinese pledge rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "(i16, i8, i8)", into = "(i16, i8, i8)")]
pub struct CivilDate(Date);

/// The form in a snapshot.
impl From<CivilDate> for (i16, i8, i8) {
    fn from(date: CivilDate) -> Self {
        (date.0.year(), date.0.month(), date.0.day())
    }
}

impl TryFrom<(i16, i8, i8)> for CivilDate {
    type Error = &'static str;

    fn try_from((year, month, day): (i16, i8, i8)) -> Result<Self, Self::Error> {
        Self::from_ymd(year, month, day).ok_or("a day that is not in the calendar")
    }
}

impl CivilDate {
    /// 1990-01-01.
    pub const MIN: Self = Self(jiff::civil::date(FIRST_YEAR, 1, 1));
    /// 2199-12-31.
    pub const MAX: Self = Self(jiff::civil::date(LAST_YEAR, 12, 31));

    /// Reads `YYYY-MM-DD`, and nothing else: four, two and two ASCII digits with hyphens between.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some((year, month, day)) = year_month_day(text) else {
            return Err(Invalid::new(
                format!("`{}` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`", shown(text)),
                format!("“{}”不是有效日期，请写成 YYYY-MM-DD，例如 2026-03-05", shown(text)),
            ));
        };
        let Ok(date) = Date::new(year, month, day) else {
            return Err(Invalid::new(
                format!("`{text}` is not in the calendar; check the month and the day"),
                format!("日历上没有“{text}”这一天，请核对月和日"),
            ));
        };
        Self::within_bounds(date).ok_or_else(|| {
            Invalid::new(
                format!("`{text}` is outside {} to {}; check the year", Self::MIN, Self::MAX),
                format!("“{text}”超出 {} 至 {} 的范围，请核对年份", Self::MIN, Self::MAX),
            )
        })
    }

    /// The day, or nothing if the calendar has no such day or it is out of bounds.
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        Self::within_bounds(Date::new(year, month, day).ok()?)
    }

    /// The fiscal year in which the day falls; the same number as the calendar year.
    pub fn year(self) -> FiscalYear {
        FiscalYear(self.0.year())
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.0.month().unsigned_abs()
    }

    /// 1 to 31.
    pub fn day(self) -> u8 {
        self.0.day().unsigned_abs()
    }

    /// Whole days from `earlier` to this day; negative if `earlier` is the later one.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_secs().div_euclid(SECONDS_PER_DAY)
    }

    /// The day `days` later (earlier if negative), or nothing if that is out of bounds.
    pub fn plus_days(self, days: i64) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        Self::within_bounds(self.0.checked_add(span).ok()?)
    }

    /// Days since 1970-01-01: the form on disk.
    pub fn epoch_days(self) -> i32 {
        let days = self.0.duration_since(EPOCH).as_secs().div_euclid(SECONDS_PER_DAY);
        // Between 1990 and 2199 this is 7 305 to 84 005; the fallback is never taken.
        i32::try_from(days).unwrap_or(i32::MAX)
    }

    /// The day read back from [`epoch_days`](Self::epoch_days), or nothing if it is out of bounds.
    pub fn from_epoch_days(days: i32) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        Self::within_bounds(EPOCH.checked_add(span).ok()?)
    }

    /// The day so many months later; the last day of that month where it has no such day.
    pub fn plus_months(self, months: u32) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?;
        Self::within_bounds(self.0.checked_add(span).ok()?)
    }

    /// The last day of the month before.
    pub fn last_day_of_month_before(self) -> Option<Self> {
        self.plus_days(i64::from(self.0.day()).saturating_neg())
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday)
    }

    /// As in a Chinese document: `2026年3月5日`.
    pub fn chinese(self) -> String {
        format!("{}年{}月{}日", self.0.year(), self.0.month(), self.0.day())
    }

    fn within_bounds(date: Date) -> Option<Self> {
        let day = Self(date);
        (Self::MIN..=Self::MAX).contains(&day).then_some(day)
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// [`CivilDate::MIN`] and [`CivilDate::MAX`] in days since the epoch.
const FIRST_DAY: i32 = 7_305;
const LAST_DAY: i32 = 84_005;

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The three numbers of `YYYY-MM-DD`, not yet looked up in the calendar.
fn year_month_day(text: &str) -> Option<(i16, i8, i8)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    parts.next().is_none().then_some(())?;
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

/// Exactly `width` ASCII digits as a number.
fn digits(text: &str, width: usize) -> Option<i16> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The year of a budget (预算年度): 1 January to 31 December, Budget Law (预算法) art. 18.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct FiscalYear(i16);

impl FiscalYear {
    /// Reads four digits, 1990 to 2199.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        digits(text, 4).and_then(Self::from_value).ok_or_else(|| {
            Invalid::new(
                format!("`{}` is not a fiscal year; write four digits from {FIRST_YEAR} to {LAST_YEAR}", shown(text)),
                format!("“{}”不是有效的预算年度，请写 {FIRST_YEAR} 至 {LAST_YEAR} 的四位数字", shown(text)),
            )
        })
    }

    /// The year as a number.
    pub fn value(self) -> i16 {
        self.0
    }

    /// The year, or nothing outside 1990 to 2199.
    pub fn from_value(year: i16) -> Option<Self> {
        (FIRST_YEAR..=LAST_YEAR).contains(&year).then_some(Self(year))
    }

    /// 1 January.
    pub fn first_day(self) -> CivilDate {
        CivilDate(jiff::civil::date(self.0, 1, 1))
    }

    /// 31 December.
    pub fn last_day(self) -> CivilDate {
        CivilDate(jiff::civil::date(self.0, 12, 31))
    }

    /// The year after, or nothing after 2199.
    pub fn next(self) -> Option<Self> {
        Self::from_value(self.0.saturating_add(1))
    }

    /// The year before, or nothing before 1990.
    pub fn previous(self) -> Option<Self> {
        Self::from_value(self.0.saturating_sub(1))
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An instant (时间戳) in microseconds since 1970-01-01T00:00:00Z.
///
/// Only the writer's clock makes one; everything else takes the stamp that it was given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch: the form on disk.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The day on the calendar in Shanghai at this instant, kept within [`CivilDate::MIN`] and [`CivilDate::MAX`].
    ///
    /// The offset is fixed at UTC+8: China has one zone and has had no summer time since 15 September 1991, so no
    /// zone data are needed. 31 December 23:59:59 in Shanghai is 15:59:59Z.
    pub fn shanghai_date(self) -> CivilDate {
        const OFFSET_MICROS: i64 = 8 * 3_600_000_000;
        let days = self.0.saturating_add(OFFSET_MICROS).div_euclid(MICROS_PER_DAY);
        // The quotient fits: 2^63 microseconds are 106 751 991 days.
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        CivilDate::from_epoch_days(days.clamp(FIRST_DAY, LAST_DAY)).unwrap_or(CivilDate::MIN)
    }

    /// The next instant that can be told apart, one microsecond later.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// RFC 3339 in UTC with six decimals; an instant beyond the year 9999 is shown as plain microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant:.6}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    #[test]
    fn one_date_has_one_spelling() {
        for text in ["1990-01-01", "2024-02-29", "2026-03-05", "2199-12-31"] {
            assert_eq!(date(text).to_string(), text);
        }
        assert_eq!((date("1990-01-01"), date("2199-12-31")), (CivilDate::MIN, CivilDate::MAX));
        assert_eq!(date("2026-03-05").chinese(), "2026年3月5日");
        let day = date("2026-03-05");
        assert_eq!((day.year().value(), day.month(), day.day()), (2026, 3, 5));
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let problem = |text| CivilDate::parse(text).unwrap_err().problem;
        for text in [
            "",
            "2026-3-5",
            "2026/03/05",
            "20260305",
            "2026年3月5日",
            "2026-03-05 ",
            "2026-03-05T00:00",
            "+026-03-05",
            "2026-03-05-",
            "２０２６-03-05",
        ] {
            assert!(problem(text).contains("write it as YYYY-MM-DD"), "{text}");
        }
        for text in ["2025-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-04-00"] {
            assert!(problem(text).contains("not in the calendar"), "{text}");
        }
        for text in ["1989-12-31", "2200-01-01", "0000-01-01", "9999-12-31"] {
            assert!(problem(text).contains("outside 1990-01-01 to 2199-12-31"), "{text}");
        }
        assert!(CivilDate::parse("2025-02-29").unwrap_err().problem_zh.contains("没有"));
    }

    #[test]
    fn the_bounds_are_the_same_in_days() {
        assert_eq!((CivilDate::MIN.epoch_days(), CivilDate::MAX.epoch_days()), (FIRST_DAY, LAST_DAY));
    }

    #[test]
    fn days_are_counted_without_the_first() {
        assert_eq!(date("2024-03-01").days_since(date("2024-02-28")), 2);
        assert_eq!(date("2024-01-01").days_since(date("2025-01-01")), -366);
        assert_eq!(date("2024-02-28").plus_days(2), Some(date("2024-03-01")));
        assert_eq!(CivilDate::MAX.plus_days(1), None);
        assert_eq!(CivilDate::MIN.plus_days(-1), None);
        assert_eq!(CivilDate::MIN.plus_days(i64::MIN), None);
        assert_eq!(date("2026-03-05").epoch_days(), 20_517);
        assert_eq!(CivilDate::from_epoch_days(7_304), None);
        assert_eq!(CivilDate::from_ymd(2023, 2, 29), None);
        assert_eq!(CivilDate::from_ymd(1989, 12, 31), None);
    }

    #[test]
    fn a_fiscal_year_is_a_calendar_year() {
        let year = FiscalYear::parse("2026").unwrap();
        assert_eq!((year.first_day(), year.last_day()), (date("2026-01-01"), date("2026-12-31")));
        assert_eq!(year.first_day().plus_days(-1).map(CivilDate::year), year.previous());
        assert_eq!(year.last_day().plus_days(1).map(CivilDate::year), year.next());
        assert_eq!(CivilDate::MAX.year().next(), None);
        for text in ["", "26", "1989", "2200", "2026年", "+202", "02026"] {
            let invalid = FiscalYear::parse(text).unwrap_err();
            assert!(invalid.problem.contains("not a fiscal year") && invalid.problem_zh.contains("预算年度"), "{text}");
        }
    }

    #[test]
    fn the_year_ends_at_midnight_in_shanghai() {
        let last_second = Timestamp::from_micros(1_798_732_799_000_000); // 2026-12-31T15:59:59Z
        assert_eq!(last_second.to_string(), "2026-12-31T15:59:59.000000Z");
        assert_eq!(last_second.shanghai_date(), date("2026-12-31"));
        let last_instant = Timestamp::from_micros(1_798_732_799_999_999);
        assert_eq!(last_instant.shanghai_date(), date("2026-12-31"));
        assert_eq!(last_instant.next().shanghai_date(), date("2027-01-01"));
        assert_eq!(last_instant.next().to_string(), "2026-12-31T16:00:00.000000Z");
    }

    #[test]
    fn months_end_where_they_end() {
        assert_eq!(date("2024-01-31").plus_months(1), Some(date("2024-02-29")));
        assert_eq!(date("2024-01-31").plus_months(13), Some(date("2025-02-28")));
        assert_eq!(date("2024-03-31").last_day_of_month_before(), Some(date("2024-02-29")));
        assert_eq!(date("2024-03-01").last_day_of_month_before(), Some(date("2024-02-29")));
        assert_eq!(CivilDate::MAX.plus_months(u32::MAX), None);
    }

    #[test]
    fn instants_beyond_the_calendar_are_held_at_its_ends() {
        assert_eq!(Timestamp::from_micros(i64::MIN).shanghai_date(), CivilDate::MIN);
        assert_eq!(Timestamp::from_micros(0).shanghai_date(), CivilDate::MIN);
        assert_eq!(Timestamp::from_micros(i64::MAX).shanghai_date(), CivilDate::MAX);
        assert_eq!(Timestamp::from_micros(i64::MAX).next().micros(), i64::MAX);
        assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), format!("{} µs", i64::MAX));
    }

    proptest! {
        #[test]
        fn round_trip(days in 7_305_i32..=84_005) {
            let day = CivilDate::from_epoch_days(days).unwrap();
            prop_assert_eq!(day.epoch_days(), days);
            prop_assert_eq!(CivilDate::parse(&day.to_string()), Ok(day));
            prop_assert_eq!(FiscalYear::parse(&day.year().to_string()), Ok(day.year()));
            prop_assert_eq!(CivilDate::MIN.plus_days(day.days_since(CivilDate::MIN)), Some(day));
        }

        #[test]
        fn never_panics(text in "[-0-9]*|(?s).*", days: i32, micros: i64) {
            drop((CivilDate::parse(&text), FiscalYear::parse(&text), CivilDate::from_epoch_days(days)));
            prop_assert!(!Timestamp::from_micros(micros).to_string().is_empty());
        }
    }
}
