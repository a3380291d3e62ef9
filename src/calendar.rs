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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(Date);

impl CivilDate {
    /// 1990-01-01.
    pub const MIN: Self = Self(jiff::civil::date(FIRST_YEAR, 1, 1));
    /// 2199-12-31.
    pub const MAX: Self = Self(jiff::civil::date(LAST_YEAR, 12, 31));

    /// Reads `YYYY-MM-DD`, and nothing else: four, two and two ASCII digits with hyphens between.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some((year, month, day)) = year_month_day(text) else {
            return Err(Invalid::new(
                format!(
                    "`{}` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`",
                    shown(text)
                ),
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

impl fmt::Display for CivilDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalYear(i16);

impl FiscalYear {
    /// Reads four digits, 1990 to 2199.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        digits(text, 4).and_then(Self::from_value).ok_or_else(|| {
            Invalid::new(
                format!(
                    "`{}` is not a fiscal year; write four digits from {FIRST_YEAR} to {LAST_YEAR}",
                    shown(text)
                ),
                format!(
                    "“{}”不是有效的预算年度，请写 {FIRST_YEAR} 至 {LAST_YEAR} 的四位数字",
                    shown(text)
                ),
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
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl fmt::Debug for FiscalYear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// An instant (时间戳) in microseconds since 1970-01-01T00:00:00Z.
///
/// Only the writer's clock makes one; everything else takes the stamp that it was given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        let nearest = days.clamp(CivilDate::MIN.epoch_days(), CivilDate::MAX.epoch_days());
        CivilDate::from_epoch_days(nearest).unwrap_or(CivilDate::MIN)
    }

    /// The next instant that can be told apart, one microsecond later.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// RFC 3339 in UTC with six decimals; an instant beyond the year 9999 is shown as plain microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(formatter, "{instant:.6}"),
            Err(_) => write!(formatter, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
