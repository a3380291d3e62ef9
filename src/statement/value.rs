//! One cell at a time: amounts and dates as banks write them, or what is wrong with them.

use super::layout::{DateOrder, Unit};
use super::table::Cell;
use crate::calendar::CivilDate;
use crate::identifier::{Invalid, half_width, shown};
use crate::money::Amount;

/// What stands before and after an amount.
const CURRENCY_BEFORE: [&str; 6] = ["人民币", "CNY", "RMB", "¥", "￥", "+"];
const CURRENCY_AFTER: [&str; 2] = ["元", "圆"];

/// Excel's day 1 is 1900-01-01, and it believes in a 1900-02-29: after that, days count from 1899-12-30.
const SERIAL_EPOCH: i32 = -25_569;
/// 1990-01-01 to 2199-12-31 as serials.
const SERIALS: std::ops::RangeInclusive<i32> = 32_874..=109_574;

/// An amount; `None` for an empty cell or a dash.
pub(super) fn amount(cell: &Cell, unit: Unit) -> Result<Option<Amount>, Invalid> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Text(text) | Cell::Number(text) => amount_text(text, unit),
        Cell::Date(date) => Err(not_an_amount(&date.to_string())),
        Cell::Wrong(text) => Err(not_an_amount(text)),
        Cell::NoValue => Err(no_value()),
    }
}

fn amount_text(text: &str, unit: Unit) -> Result<Option<Amount>, Invalid> {
    let plain = half_width(text).replace(['\u{2212}', '\u{2013}', '\u{2014}'], "-");
    let mut rest = plain.trim();
    if rest.is_empty() || rest.chars().all(|character| character == '-') {
        return Ok(None);
    }
    let mut negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        (rest, negative) = (inner.trim(), true);
    }
    // A sign may stand before or behind the currency.
    for _ in 0..3 {
        for word in CURRENCY_BEFORE {
            rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
        }
        for word in CURRENCY_AFTER {
            rest = rest.strip_suffix(word).unwrap_or(rest).trim_end();
        }
        let unsigned = rest.strip_prefix('-').or_else(|| rest.strip_suffix('-')).filter(|_| !negative);
        if let Some(unsigned) = unsigned {
            (rest, negative) = (unsigned.trim(), true);
        }
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let whole = ungrouped(whole).ok_or_else(|| badly_grouped(text, whole))?;
    if whole.is_empty() || !all_digits(&whole) || !all_digits(fraction) || rest.ends_with('.') {
        return Err(not_an_amount(text));
    }
    let amount = in_yuan(text, &whole, fraction, unit)?;
    Ok(Some(if negative { amount.negated() } else { amount }))
}

/// The digits without thousands separators; `None` if a separator stands in a wrong place.
fn ungrouped(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let right = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    right.then(|| whole.replace(',', ""))
}

fn in_yuan(text: &str, whole: &str, fraction: &str, unit: Unit) -> Result<Amount, Invalid> {
    let (decimals, name, name_zh) = match unit {
        Unit::Yuan => (2, "two decimals in yuan", "以元为单位时最多两位小数"),
        Unit::Wan => (6, "six decimals in 万元", "以万元为单位时最多六位小数"),
    };
    if fraction.len() > decimals {
        return Err(Invalid::new(
            format!("`{}` is not exact to the fen; expected at most {name}", shown(text)),
            format!("“{}”未精确到分；{name_zh}", shown(text)),
        ));
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    let fen_digits = digits.trim_start_matches('0');
    if fen_digits.len() > 15 {
        return Err(Invalid::new(
            format!("`{}` is too large; expected at most {}", shown(text), Amount::INPUT_MAX),
            format!("“{}”过大；应不超过 {}", shown(text), Amount::INPUT_MAX),
        ));
    }
    // 15 digits always fit.
    Ok(Amount::from_fen(fen_digits.parse().unwrap_or(0)))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_an_amount(text: &str) -> Invalid {
    Invalid::new(
        format!("`{}` is not an amount; expected for example `1,234.56`", shown(text)),
        format!("“{}”不是金额；应为例如 1,234.56", shown(text)),
    )
}

fn badly_grouped(text: &str, whole: &str) -> Invalid {
    if !whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
        return not_an_amount(text);
    }
    Invalid::new(
        format!("`{}` has a thousands separator in a wrong place; expected for example `1,234.56`", shown(text)),
        format!("“{}”的千分位分隔符位置不对；应为例如 1,234.56", shown(text)),
    )
}

fn no_value() -> Invalid {
    Invalid::new(
        "a formula without a saved value; open the workbook, let it compute, and save it",
        "公式没有已保存的结果；请打开工作簿计算后保存",
    )
}

/// A date; `None` for an empty cell.
pub(super) fn date(cell: &Cell, order: DateOrder) -> Result<Option<CivilDate>, Invalid> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Text(text) => date_text(text, order),
        Cell::Number(text) => date_number(text).map(Some).ok_or_else(|| not_a_date(text)),
        Cell::Date(date) => Ok(Some(*date)),
        Cell::Wrong(text) => Err(not_a_date(text)),
        Cell::NoValue => Err(no_value()),
    }
}

pub(super) fn date_text(text: &str, order: DateOrder) -> Result<Option<CivilDate>, Invalid> {
    let plain = half_width(text);
    let plain = plain.trim();
    if plain.is_empty() || plain.chars().all(|character| character == '-') {
        return Ok(None);
    }
    // A time of day may follow.
    let day = plain.split(['T', ' ']).next().unwrap_or(plain);
    let day = day.strip_suffix('日').unwrap_or(day);
    if day.bytes().all(|byte| byte.is_ascii_digit()) {
        return date_number(day).map(Some).ok_or_else(|| not_a_date(text));
    }
    let parts: Vec<&str> = day.split(['-', '/', '.', '年', '月']).collect();
    let date = match (parts.as_slice(), order) {
        ([year, month, day], DateOrder::YearMonthDay)
        | ([day, month, year], DateOrder::DayMonthYear)
        | ([month, day, year], DateOrder::MonthDayYear) => of_parts(year, month, day),
        _ => None,
    };
    date.map(Some).ok_or_else(|| not_a_date(text))
}

fn of_parts(year: &str, month: &str, day: &str) -> Option<CivilDate> {
    let short = |part: &str| (1..=2).contains(&part.len()) && all_digits(part);
    if year.len() != 4 || !all_digits(year) || !short(month) || !short(day) {
        return None;
    }
    CivilDate::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `20260305`, or an Excel serial, with or without a time of day behind the point.
fn date_number(text: &str) -> Option<CivilDate> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if let (8, Some((year, month)), Some(day)) = (whole.len(), whole.get(..4).zip(whole.get(4..6)), whole.get(6..)) {
        return of_parts(year, month, day);
    }
    let serial: i32 = whole.parse().ok().filter(|serial| SERIALS.contains(serial))?;
    CivilDate::from_epoch_days(serial.checked_add(SERIAL_EPOCH)?)
}

fn not_a_date(text: &str) -> Invalid {
    Invalid::new(
        format!("`{}` is not a date; expected for example `2026-03-05`, from 1990 to 2199", shown(text)),
        format!("“{}”不是日期；应为例如 2026-03-05（1990 年至 2199 年）", shown(text)),
    )
}

/// Text of a cell as it is written; `None` for an empty one. A long number may have lost digits in the spreadsheet.
pub(super) fn text(cell: &Cell) -> Result<Option<String>, Invalid> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Number(text) if text.len() > 15 => Err(Invalid::new(
            format!("`{}` was saved as a number and lost digits; save the column as text", shown(text)),
            format!("“{}”被存为数字，已丢失位数；请将该列存为文本", shown(text)),
        )),
        Cell::Text(text) | Cell::Number(text) => Ok(Some(text.clone())),
        Cell::Date(date) => Ok(Some(date.to_string())),
        Cell::Wrong(text) => Err(Invalid::new(
            format!("`{}` is an error value; expected text", shown(text)),
            format!("“{}”是错误值；应为文本", shown(text)),
        )),
        Cell::NoValue => Err(no_value()),
    }
}
