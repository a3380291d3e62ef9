//! Requests → commands and queries: every field becomes a value that can only be valid, or a violation.
//!
//! One file per service. All violations of a request are collected, so that its author mends them in one go; a function
//! here returns `None` exactly when it has recorded a violation.

use std::collections::BTreeSet;

use crate::book::nouns::PledgeKey;
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::rejection::{Reason, Rejection, Violation};
use crate::identifier::{Invalid, PledgeRegistrationNumber, Sequence, shown};
use crate::money::Amount;
use crate::proto::v1;

use super::vocabulary::Mirrored;

pub(super) mod access;
pub(super) mod any;
pub(super) mod budget;
pub(super) mod desk;
pub(super) mod evidence;
pub(super) mod fact;
pub(super) mod ledger;
pub(super) mod loan;
pub(super) mod period;
pub(super) mod pool;
pub(super) mod reconciliation;
pub(super) mod report;
pub(super) mod registry;
pub(super) mod rulebook;
pub(super) mod subsidy;

/// The most characters of a free text: names, reasons, references, document numbers.
pub const TEXT_CHARACTERS_MAX: usize = 200;

/// The most items of a list, where nothing else is said.
pub const LIST_ITEMS_MAX: usize = 100;

/// The most rights in one pledge registration.
pub const PLEDGE_RIGHTS_MAX: usize = 200;

/// What is wrong with a request, field by field.
#[derive(Debug, Default)]
pub(super) struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// The parsed value, or everything that is wrong.
    pub(super) fn finish<T>(self, parsed: Option<T>) -> Result<T, Rejection> {
        match parsed {
            Some(value) if self.found.is_empty() => Ok(value),
            Some(_) | None => Err(Rejection { reason: Reason::InvalidField, violations: self.found }),
        }
    }

    /// Records a violation.
    pub(super) fn add(&mut self, field: &str, invalid: Invalid) {
        let Invalid { problem, problem_zh } = invalid;
        self.found.push(Violation { field: field.to_owned(), problem, problem_zh });
    }

    /// A value that is valid or a violation.
    pub(super) fn take<T>(&mut self, field: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.add(field, invalid)).ok()
    }

    /// A field that may be left empty: `Some(None)` if it is.
    #[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
    pub(super) fn optional<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.take(field, parse(text)).map(Some) }
    }

    /// Free text: trimmed, 1 to [`TEXT_CHARACTERS_MAX`] characters, none of them a control character.
    pub(super) fn text(&mut self, field: &str, text: &str) -> Option<String> {
        self.take(field, free_text(text))
    }

    /// Yuan, more than zero.
    pub(super) fn positive(&mut self, field: &str, text: &str) -> Option<Amount> {
        let amount = self.take(field, Amount::parse(text))?;
        if amount.is_zero() {
            self.add(
                field,
                Invalid::new(
                    format!("`{}` is zero; expected more than 0.00", shown(text)),
                    format!("“{}”为零，金额须大于 0.00", shown(text)),
                ),
            );
            return None;
        }
        Some(amount)
    }

    /// Yuan; zero if left empty.
    pub(super) fn amount_or_zero(&mut self, field: &str, text: &str) -> Option<Amount> {
        if text.is_empty() { Some(Amount::ZERO) } else { self.take(field, Amount::parse(text)) }
    }

    /// `YYYY-MM-DD`.
    pub(super) fn date(&mut self, field: &str, text: &str) -> Option<CivilDate> {
        self.take(field, CivilDate::parse(text))
    }

    /// A fiscal year.
    pub(super) fn year(&mut self, field: &str, year: i32) -> Option<FiscalYear> {
        self.take(field, FiscalYear::parse(&year.to_string()))
    }

    /// One of a closed vocabulary.
    pub(super) fn choice<T: Mirrored>(&mut self, field: &str, value: i32) -> Option<T> {
        let known = T::Wire::try_from(value).ok().and_then(T::from_wire);
        if known.is_none() {
            let expected = T::names().join(", ");
            self.add(
                field,
                Invalid::new(
                    format!("`{value}` is not a value of this field; expected one of {expected}"),
                    format!("“{value}”不是该字段的有效取值；应为 {expected} 之一"),
                ),
            );
        }
        known
    }

    /// One of a closed vocabulary, or 0 for none.
    #[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
    pub(super) fn optional_choice<T: Mirrored>(&mut self, field: &str, value: i32) -> Option<Option<T>> {
        if value == 0 { Some(None) } else { self.choice(field, value).map(Some) }
    }

    /// The sequence of an entry, from 1.
    pub(super) fn sequence(&mut self, field: &str, number: u64) -> Option<Sequence> {
        if number == 0 {
            self.add(field, Invalid::new("`0` is not a sequence; expected 1 or more", "“0”不是有效序号；应从 1 开始"));
            return None;
        }
        Some(Sequence::new(number))
    }

    /// A list of 1 to `most` items, each parsed under its own path `field[index]`.
    pub(super) fn list<S, T>(
        &mut self,
        field: &str,
        items: &[S],
        most: usize,
        mut parse: impl FnMut(&mut Self, &str, &S) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = items.len();
        if !(1..=most).contains(&count) {
            self.add(
                field,
                Invalid::new(
                    format!("has {count} items; expected 1 to {most}"),
                    format!("共 {count} 项；应为 1 至 {most} 项"),
                ),
            );
            return None;
        }
        let parsed: Vec<Option<T>> =
            items.iter().enumerate().map(|(index, item)| parse(self, &format!("{field}[{index}]"), item)).collect();
        parsed.into_iter().collect()
    }

    /// The same, none of them twice.
    pub(super) fn distinct<S, T: Ord>(
        &mut self,
        field: &str,
        items: &[S],
        most: usize,
        parse: impl FnMut(&mut Self, &str, &S) -> Option<T>,
    ) -> Option<Vec<T>> {
        let parsed = self.list(field, items, most, parse)?;
        let mut seen = BTreeSet::new();
        let repeated = parsed.iter().position(|item| !seen.insert(item));
        if let Some(index) = repeated {
            self.add(
                &format!("{field}[{index}]"),
                Invalid::new("is given twice; expected each only once", "重复出现；每项只能出现一次"),
            );
            return None;
        }
        Some(parsed)
    }

    /// A pledge by kind and number; `prefix` is empty or ends in a dot.
    pub(super) fn pledge(&mut self, prefix: &str, kind: i32, number: &str) -> Option<PledgeKey> {
        let kind = self.choice(&format!("{prefix}kind"), kind);
        let number = self.take(&format!("{prefix}registration_number"), PledgeRegistrationNumber::parse(number));
        Some(PledgeKey { kind: kind?, number: number? })
    }

    /// A pledge in a list.
    pub(super) fn pledge_at(&mut self, path: &str, key: &v1::PledgeKey) -> Option<PledgeKey> {
        self.pledge(&format!("{path}."), key.kind, &key.registration_number)
    }
}

/// Parses a query: everything that is wrong at once.
pub(super) fn query<T>(parse: impl FnOnce(&mut Violations) -> Option<T>) -> Result<T, Rejection> {
    let mut violations = Violations::default();
    let parsed = parse(&mut violations);
    violations.finish(parsed)
}

fn free_text(text: &str) -> Result<String, Invalid> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Invalid::new(
            format!("is empty; expected 1 to {TEXT_CHARACTERS_MAX} characters"),
            format!("不能为空；应为 1 至 {TEXT_CHARACTERS_MAX} 个字符"),
        ));
    }
    let count = trimmed.chars().count();
    if count > TEXT_CHARACTERS_MAX {
        return Err(Invalid::new(
            format!("has {count} characters; expected 1 to {TEXT_CHARACTERS_MAX}"),
            format!("共 {count} 个字符；应为 1 至 {TEXT_CHARACTERS_MAX} 个字符"),
        ));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(Invalid::new(
            format!("`{}` has control characters; expected plain text in one line", shown(trimmed)),
            format!("“{}”含有控制字符；应为单行文本", shown(trimmed)),
        ));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests;
