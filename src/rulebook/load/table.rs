//! Reading a TOML table key by key: what was asked for is known, anything else is a problem.
//!
//! Readers return `None` after they have recorded a problem, so that one pass finds them all; the caller builds a
//! value only where nothing is missing.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::model::BilingualText;
use super::errors::Problems;
use super::nearest::meant;
use crate::calendar::CivilDate;
use crate::identifier::{Invalid, shown};

/// A value with its place in the file.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

/// The most values of a list: no rule of a city has a tenth of them.
const LIST_MAX: usize = 500;

/// A table that is being read.
pub(super) struct Table<'d, 'i> {
    entries: &'d DeTable<'i>,
    /// What messages call it, for example `[[programme]]`.
    name: String,
    /// Where it begins in the file.
    pub(super) start: usize,
    asked: Vec<&'static str>,
}

impl<'d, 'i> Table<'d, 'i> {
    /// The root of a file.
    pub(super) fn root(entries: &'d DeTable<'i>) -> Self {
        Self { entries, name: "the file".to_owned(), start: 0, asked: Vec::new() }
    }

    /// The table in a value, or a problem.
    pub(super) fn of(node: &'d Node<'i>, name: &str, problems: &mut Problems<'_>) -> Option<Self> {
        let start = node.span().start;
        let entries = node.get_ref().as_table();
        if entries.is_none() {
            wrong_type(node, name, "a table", problems);
        }
        Some(Self { entries: entries?, name: name.to_owned(), start, asked: Vec::new() })
    }

    /// The value of a key that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(&'d Node<'i>, &str, &mut Problems<'_>) -> Option<T>,
    ) -> Option<T> {
        self.asked.push(key);
        read(self.entries.get(key)?, key, problems)
    }

    /// The value of a key that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(&'d Node<'i>, &str, &mut Problems<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.entries.contains_key(key) {
            problems.add(self.start, format!("{} has no `{key}`", self.name), format!("add `{key} = …`"));
        }
        self.optional(key, problems, read)
    }

    /// Keys that are fine here although nobody read them.
    pub(super) fn tolerate(&mut self, keys: &[&'static str]) {
        self.asked.extend(keys);
    }

    /// Whether the key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where a key's value begins, or the table where there is no such key.
    pub(super) fn place(&self, key: &str) -> usize {
        self.entries.get(key).map_or(self.start, |node| node.span().start)
    }

    /// The tables of an array of tables such as `[[clause]]`; none where the key is absent.
    pub(super) fn tables(&mut self, key: &'static str, name: &str, problems: &mut Problems<'_>) -> Vec<Table<'d, 'i>> {
        let nodes = self.optional(key, problems, |node, _, problems| {
            let nodes = node.get_ref().as_array();
            if nodes.is_none() {
                wrong_type(node, key, &format!("a list of tables, each written {name}"), problems);
            }
            nodes
        });
        let nodes = nodes.map(|array| array.iter()).into_iter().flatten();
        nodes.filter_map(|node| Table::of(node, name, problems)).collect()
    }

    /// Ends the reading: every key that nobody asked for is a problem.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        for key in self.entries.keys() {
            if !self.asked.contains(&key.get_ref().as_ref()) {
                let problem = format!("`{}` is not a key of {}", shown(key.get_ref()), self.name);
                let meant = meant(key.get_ref(), self.asked.iter().copied());
                let remedy = format!("{meant}remove it, or use one of: {}", self.asked.join(", "));
                problems.add(key.span().start, problem, remedy);
            }
        }
    }
}

/// A text that is not empty.
pub(super) fn text(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<String> {
    let Some(text) = node.get_ref().as_str() else {
        wrong_type(node, key, "a text in quotation marks", problems);
        return None;
    };
    if text.trim().is_empty() {
        problems.add(node.span().start, format!("`{key}` is empty"), "write its text");
        return None;
    }
    Some(text.to_owned())
}

/// A text that a parser of ours accepts: an id, an amount, a rate.
pub(super) fn parsed<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> impl Fn(&Node<'_>, &str, &mut Problems<'_>) -> Option<T> {
    move |node, key, problems| {
        let text = text(node, key, problems)?;
        let parsed = parse(&text);
        if let Err(invalid) = &parsed {
            problems.add(node.span().start, format!("`{key}` is not valid"), invalid.to_string());
        }
        parsed.ok()
    }
}

/// One of a closed list of codes.
pub(super) fn code<T: Copy + std::fmt::Display>(
    parse: fn(&str) -> Option<T>,
    all: &'static [T],
) -> impl Fn(&Node<'_>, &str, &mut Problems<'_>) -> Option<T> {
    move |node, key, problems| {
        let text = text(node, key, problems)?;
        let value = parse(&text);
        if value.is_none() {
            let codes: Vec<String> = all.iter().map(ToString::to_string).collect();
            let problem = format!("`{}` is not a value of `{key}`", shown(&text));
            let meant = meant(&text, codes.iter().map(String::as_str));
            problems.add(node.span().start, problem, format!("{meant}use one of: {}", codes.join(", ")));
        }
        value
    }
}

/// A whole number within bounds.
pub(super) fn whole(
    bounds: std::ops::RangeInclusive<u32>,
) -> impl Fn(&Node<'_>, &str, &mut Problems<'_>) -> Option<u32> {
    move |node, key, problems| {
        let Some(number) = node.get_ref().as_integer() else {
            wrong_type(node, key, "a whole number", problems);
            return None;
        };
        let value = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|value| bounds.contains(value));
        if value.is_none() {
            let problem = format!("`{key}` is `{}`", shown(number.as_str()));
            problems.add(node.span().start, problem, format!("use {} to {}", bounds.start(), bounds.end()));
        }
        value
    }
}

/// `true` or `false`.
pub(super) fn flag(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
    let flag = node.get_ref().as_bool();
    if flag.is_none() {
        wrong_type(node, key, "`true` or `false`", problems);
    }
    flag
}

/// A day, written as `2017-09-30` with or without quotation marks.
pub(super) fn date(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<CivilDate> {
    let text = match node.get_ref() {
        DeValue::Datetime(day) => day.to_string(),
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => {
            wrong_type(node, key, "a date such as `2017-09-30`", problems);
            return None;
        }
    };
    let day = CivilDate::parse(&text);
    if let Err(invalid) = &day {
        problems.add(node.span().start, format!("`{key}` is not valid"), invalid.to_string());
    }
    day.ok()
}

/// A text in both languages: `{ zh = "…", en = "…" }`.
pub(super) fn bilingual(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<BilingualText> {
    let mut table = Table::of(node, &format!("`{key}`"), problems)?;
    let zh = table.required("zh", problems, text);
    let en = table.required("en", problems, text);
    table.finish(problems);
    Some(BilingualText { zh: zh?, en: en? })
}

/// A list with at least one value and none twice.
pub(super) fn list<T: PartialEq>(
    read: impl Fn(&Node<'_>, &str, &mut Problems<'_>) -> Option<T>,
) -> impl Fn(&Node<'_>, &str, &mut Problems<'_>) -> Option<Vec<T>> {
    move |node, key, problems| {
        let Some(nodes) = node.get_ref().as_array() else {
            wrong_type(node, key, "a list", problems);
            return None;
        };
        if nodes.is_empty() {
            problems.add(node.span().start, format!("`{key}` is empty"), "name at least one");
            return None;
        }
        if nodes.len() > LIST_MAX {
            let problem = format!("`{key}` names {} values, the limit is {LIST_MAX}", nodes.len());
            problems.add(node.span().start, problem, "split the rule");
            return None;
        }
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = read(node, key, problems)?;
            if values.contains(&value) {
                problems.add(node.span().start, format!("`{key}` names one value twice"), "remove one of them");
            }
            values.push(value);
        }
        Some(values)
    }
}

pub(super) fn wrong_type(node: &Node<'_>, key: &str, expected: &str, problems: &mut Problems<'_>) {
    let problem = format!("`{key}` is of type {}", node.get_ref().type_str());
    problems.add(node.span().start, problem, format!("write {expected}"));
}
