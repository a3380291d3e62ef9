//! How values are shown: yuan with thousands, days as 年月日, Beijing time.

use super::language::Language;
use crate::calendar::{CivilDate, Timestamp};
use crate::money::{Amount, Rate};

/// English names of the months.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// An amount of the API, `-` in front if it is negative; zero where there is none.
pub fn amount(text: &str) -> Amount {
    let (sign, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let parsed = Amount::parse(digits).unwrap_or(Amount::ZERO);
    if sign { parsed.negated() } else { parsed }
}

/// `200,000.00`.
pub fn yuan(text: &str) -> String {
    amount(text).grouped()
}

/// A rate of the API as people say it: `4.35 %`; as it is where it is none.
pub fn percent(text: &str) -> String {
    Rate::parse(text).map_or_else(|_| text.to_owned(), Rate::percent)
}

/// `2025年6月23日`, `23 June 2025`; empty where there is none.
pub fn day(l: Language, text: &str) -> String {
    CivilDate::parse(text).map(|day| civil(l, day)).unwrap_or_default()
}

/// A day.
pub fn civil(l: Language, day: CivilDate) -> String {
    if l.is_chinese() {
        return day.chinese();
    }
    let month = MONTHS.get(usize::from(day.month()).saturating_sub(1)).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year().value())
}

/// A moment in Beijing time: `2025年6月23日 14:05`, `23 June 2025, 14:05 (Beijing)`.
pub fn moment(l: Language, time: Timestamp) -> String {
    let seconds = time.micros().div_euclid(1_000_000).saturating_add(8 * 3_600).rem_euclid(86_400);
    let (hour, minute) = (seconds.div_euclid(3_600), seconds.div_euclid(60).rem_euclid(60));
    let day = civil(l, time.shanghai_date());
    if l.is_chinese() {
        format!("{day} {hour:02}:{minute:02}")
    } else {
        format!("{day}, {hour:02}:{minute:02} (Beijing)")
    }
}

/// A moment of the API.
pub fn stamped(l: Language, time: Option<&prost_types::Timestamp>) -> String {
    let Some(time) = time else { return String::new() };
    let micros = time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos).div_euclid(1_000));
    moment(l, Timestamp::from_micros(micros))
}

/// How much of a whole a part is, in permille, from 0 to 1000: the length of a bar.
pub fn permille(part: Amount, whole: Amount) -> i64 {
    let (part, whole) = (part.floored_at_zero().fen(), whole.fen());
    if whole <= 0 {
        return 0;
    }
    let of = i128::from(part).saturating_mul(1_000).div_euclid(i128::from(whole));
    i64::try_from(of.min(1_000)).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_days_and_moments_as_people_write_them() {
        assert_eq!(yuan("200000.00"), "200,000.00");
        assert_eq!(yuan("-30000.5"), "-30,000.50");
        assert_eq!((percent("0.0435"), percent("")), ("4.35 %".to_owned(), String::new()));
        assert_eq!(day(Language::Chinese, "2025-06-03"), "2025年6月3日");
        assert_eq!(day(Language::English, "2025-06-03"), "3 June 2025");
        assert_eq!(day(Language::Chinese, ""), "");
        // 31 December 2025, 16:30 UTC.
        let late = Timestamp::from_micros(1_767_198_600_000_000);
        assert_eq!(moment(Language::Chinese, late), "2026年1月1日 00:30");
        assert_eq!(moment(Language::English, late), "1 January 2026, 00:30 (Beijing)");
    }

    #[test]
    fn a_bar_is_never_longer_than_its_frame() {
        let of = |part: i64, whole: i64| permille(Amount::from_yuan(part), Amount::from_yuan(whole));
        assert_eq!(
            [of(0, 200), of(50, 200), of(200, 200), of(300, 200), of(1, 0), of(-1, 5)],
            [0, 250, 1000, 1000, 0, 0]
        );
    }
}
