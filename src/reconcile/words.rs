//! Why a line is in its class, in words for the clerk.

use super::{Item, Scope, Words};
use crate::calendar::CivilDate;
use crate::statement::Line;

/// One thing that is off between a line and its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Amount,
    Contract,
    Party,
    Date,
    Period,
}

fn words(en: impl Into<String>, zh: impl Into<String>) -> Words {
    Words { en: en.into(), zh: zh.into() }
}

pub(super) fn pair(line: &Line, item: &Item, differences: &[Difference], tolerance: u32) -> Words {
    let entry = item.sequence;
    if differences.is_empty() {
        let days = line.date.days_since(item.date).unsigned_abs();
        let (apart, apart_zh) = match days {
            0 => (String::new(), String::new()),
            days => (
                format!(", {days} days apart (tolerance {tolerance})"),
                format!("，日期相差 {days} 天（允许 {tolerance} 天）"),
            ),
        };
        return match item.reconciled_by {
            Some(by) => words(
                format!("entry {entry} was reconciled by entry {by}{apart}"),
                format!("分录 {entry} 已在分录 {by} 中对账{apart_zh}"),
            ),
            None => words(format!("as entry {entry}{apart}"), format!("与分录 {entry} 一致{apart_zh}")),
        };
    }
    let parts: Vec<Words> = differences.iter().map(|difference| one(line, item, *difference)).collect();
    let en: Vec<String> = parts.iter().map(|part| part.en.clone()).collect();
    let zh: Vec<String> = parts.iter().map(|part| part.zh.clone()).collect();
    words(format!("entry {entry}: {}", en.join("; ")), format!("分录 {entry}：{}", zh.join("；")))
}

fn one(line: &Line, item: &Item, difference: Difference) -> Words {
    match difference {
        Difference::Amount => {
            let (said, kept, more) =
                (line.amount.grouped(), item.amount.grouped(), line.amount.minus(item.amount).grouped());
            words(
                format!("the statement says {said}, the ledger {kept}; the difference is {more}"),
                format!("对账单为 {said}，账本为 {kept}，差额 {more}"),
            )
        }
        Difference::Contract => {
            let (said, kept) = (text(line.contract.as_ref()), text(item.contract.as_ref()));
            words(
                format!("the statement says contract `{said}`, the ledger `{kept}`"),
                format!("对账单合同号为“{said}”，账本为“{kept}”"),
            )
        }
        Difference::Party => {
            let said = party(line.party.as_ref(), line.party_code.as_ref());
            let kept = party(item.party.as_ref(), item.party_code.as_ref());
            words(
                format!("the statement says party `{said}`, the ledger `{kept}`"),
                format!("对账单户名为“{said}”，账本为“{kept}”"),
            )
        }
        Difference::Date => {
            let days = line.date.days_since(item.date).unsigned_abs();
            words(
                format!("the statement says {}, the ledger {}; {days} days apart", line.date, item.date),
                format!("对账单日期为 {}，账本为 {}，相差 {days} 天", line.date, item.date),
            )
        }
        Difference::Period => {
            let (said, kept) = (period(line.period), period(item.period));
            words(
                format!("the statement says interest of {said}, the ledger of {kept}"),
                format!("对账单计息期间为 {said}，账本为 {kept}"),
            )
        }
    }
}

fn text(text: Option<&String>) -> String {
    text.map(|text| crate::identifier::shown(text)).unwrap_or_default()
}

fn party(name: Option<&String>, code: Option<&crate::identifier::Uscc>) -> String {
    match (name, code) {
        (Some(name), Some(code)) => format!("{} {code}", text(Some(name))),
        (Some(name), None) => text(Some(name)),
        (None, Some(code)) => code.to_string(),
        (None, None) => String::new(),
    }
}

fn period(period: Option<(CivilDate, CivilDate)>) -> String {
    period.map(|(from, to)| format!("{from} – {to}")).unwrap_or_default()
}

pub(super) fn duplicate(first: &Line, has_reference: bool) -> Words {
    let row = first.place.row;
    if has_reference {
        return words(
            format!("row {row} is the same, reference included: the line stands in the file twice"),
            format!("与第 {row} 行完全相同（含流水号）：该行在文件中重复"),
        );
    }
    words(
        format!(
            "row {row} is the same in every column, and the ledger has one: a line too many, or a payment that the ledger lacks"
        ),
        format!("与第 {row} 行各列完全相同，而账本只有一笔：行重复，或账本漏记一笔"),
    )
}

pub(super) fn reversed(one: &Line, other: &Line) -> Words {
    let (first, second) = (one.place.row, other.place.row);
    words(format!("rows {first} and {second} cancel each other"), format!("第 {first} 行与第 {second} 行互相冲销"))
}

pub(super) fn undone(one: &Item, other: &Item) -> Words {
    let (first, second) = (one.sequence, other.sequence);
    words(
        format!("entry {second} reverses entry {first}, and the statement shows neither"),
        format!("分录 {second} 冲销分录 {first}，对账单均未列示"),
    )
}

pub(super) fn split(parts: &[&Line], item: &Item) -> Words {
    let rows: Vec<String> = parts.iter().map(|part| part.place.row.to_string()).collect();
    let (count, entry, amount) = (parts.len(), item.sequence, item.amount.grouped());
    words(
        format!("{count} lines (rows {}) add up to {amount} of entry {entry}", rows.join(", ")),
        format!("{count} 行（第 {} 行）之和等于分录 {entry} 的 {amount}", rows.join("、")),
    )
}

pub(super) fn merged(line: &Line, parts: &[&Item]) -> Words {
    let entries: Vec<String> = parts.iter().take(20).map(|part| part.sequence.to_string()).collect();
    let more = if parts.len() > entries.len() { ", …" } else { "" };
    let (count, amount) = (parts.len(), line.amount.grouped());
    words(
        format!("{count} entries ({}{more}) add up to {amount}", entries.join(", ")),
        format!("{count} 笔分录（{}{more}）之和为 {amount}", entries.join("、")),
    )
}

pub(super) fn missing_in_ledger(line: &Line, scope: &Scope, takes_back: Option<&Line>) -> Words {
    if let Some(first) = takes_back {
        let row = first.place.row;
        return words(
            format!("the ledger has no such entry; it takes back row {row}: reverse that payment in the ledger"),
            format!("账本无此笔；该行冲销第 {row} 行，请在账本中冲回"),
        );
    }
    if !(scope.from..=scope.to).contains(&line.date) {
        return words(
            format!("the ledger has no such entry near {}, which is outside the period", line.date),
            format!("账本在 {} 前后无此笔；该日期不在对账期间内", line.date),
        );
    }
    words("the ledger has no such entry", "账本无此笔")
}

pub(super) fn missing_in_statement(item: &Item) -> Words {
    let entry = item.sequence;
    words(format!("entry {entry} is not in the statement"), format!("对账单中没有分录 {entry}"))
}
