//! `[[programme.gate]]`: the conditions of a programme.

use super::Known;
use super::base::{figure, rate_term};
use super::errors::Problems;
use super::nearest::meant;
use super::programme::{Scope, read_clause};
use super::table::{Node, Table, code, date, list, parsed, text, whole};
use super::when::when;
use crate::identifier::shown;
use crate::money::{Amount, Rate};
use crate::rulebook::model::{Condition, DateFact, Gate, MonthDay, Window};
use crate::rulebook::terms::SizeClass;

pub(super) fn gate(
    mut table: Table<'_, '_>,
    scope: &Scope<'_>,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Gate> {
    known.count();
    let condition = condition(&mut table, known, problems);
    let items = scope.items(&mut table, problems);
    let (reading, clause) = read_clause(&mut table, scope, known, problems);
    table.finish(problems);
    Some(Gate { condition: condition?, items, clause: clause?, reading })
}

/// The conditions that need no further key.
const PLAIN: &[Condition] = &[
    Condition::NotBlacklisted,
    Condition::LoanRequired,
    Condition::LoanDisbursed,
    Condition::PledgedByDisbursement,
    Condition::PaidWithinLoan,
    Condition::PaidByLoanEnd,
    Condition::RightRequired,
    Condition::RightOwned,
    Condition::RightInForce,
    Condition::RightIsPatent,
    Condition::PledgedBySettlement,
    Condition::LoanRepaid,
    Condition::LoanRightsOwned,
    Condition::FirstPledge,
    Condition::NoOtherPublicFunding,
];

/// Those that need one.
const WITH_KEYS: &[&str] = &[
    "size-class",
    "property",
    "rate-at-most",
    "ip-share-at-least",
    "revenue-at-most",
    "right-months-left-at-least",
    "date-within",
    "applied-within-days",
    "applied-by",
    "applied-in-window",
    "not-blacklisted-within",
    "fee-rate-at-most",
    "loan-days-at-least",
    "figure-at-least",
    "figure-at-most",
];

fn condition(table: &mut Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<Condition> {
    let name = table.required("condition", problems, text)?;
    match name.as_str() {
        "size-class" => table
            .required("size_classes", problems, list(code(SizeClass::parse, SizeClass::ALL)))
            .map(Condition::SizeClass),
        "property" => table.required("when", problems, when).map(Condition::Property),
        "rate-at-most" => table
            .required("rate", problems, |node, key, problems| rate_term(node, key, known, problems))
            .map(Condition::RateAtMost),
        "ip-share-at-least" => table.required("share", problems, share).map(Condition::IpShareAtLeast),
        "revenue-at-most" => table.required("amount", problems, parsed(Amount::parse)).map(Condition::RevenueAtMost),
        "right-months-left-at-least" => {
            table.required("months", problems, whole(1..=1200)).map(Condition::RightMonthsLeftAtLeast)
        }
        "date-within" => date_within(table, problems),
        "applied-within-days" => {
            let of = table.required("of", problems, code(DateFact::parse, DateFact::ALL));
            let days = table.required("days", problems, whole(0..=36_600));
            Some(Condition::AppliedWithinDays { of: of?, days: days? })
        }
        "applied-by" => {
            let month = table.required("month", problems, whole(1..=12)).and_then(|month| u8::try_from(month).ok());
            let day = table.required("day", problems, whole(1..=31)).and_then(|day| u8::try_from(day).ok());
            let years_after = table.optional("years_after", problems, whole(0..=10)).unwrap_or(0);
            Some(Condition::AppliedBy { month: month?, day: day?, years_after })
        }
        _ => further(&name, table, problems),
    }
}

/// The conditions of further cities.
fn further(name: &str, table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Condition> {
    match name {
        "applied-in-window" => windows(table, problems).map(Condition::AppliedInWindow),
        "not-blacklisted-within" => {
            table.required("months", problems, whole(1..=1200)).map(Condition::NotBlacklistedWithin)
        }
        "fee-rate-at-most" => table.required("share", problems, share).map(Condition::FeeRateAtMost),
        "loan-days-at-least" => table.required("days", problems, whole(1..=36_600)).map(Condition::LoanDaysAtLeast),
        "figure-at-least" | "figure-at-most" => {
            let figure = figure(table, problems);
            let amount = table.required("amount", problems, parsed(Amount::parse));
            let condition = if name == "figure-at-least" { Condition::FigureAtLeast } else { Condition::FigureAtMost };
            Some(condition(figure?, amount?))
        }
        _ => plain(name, table, problems),
    }
}

/// `windows = [{ costs_from = "01-01", costs_until = "06-30", from = "07-01", until = "07-31" }, …]`
fn windows(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Vec<Window>> {
    let rows = table.tables("windows", "`windows`", problems);
    if rows.is_empty() {
        let remedy = "add `windows = [{ from = \"03-01\", until = \"03-31\", years_after = 1 }]`";
        problems.add(table.start, "the gate has no `windows`", remedy);
    }
    let mut windows = Vec::with_capacity(rows.len());
    for mut row in rows {
        let costs_from = row.optional("costs_from", problems, parsed(MonthDay::parse));
        let costs_until = row.optional("costs_until", problems, parsed(MonthDay::parse));
        if row.has("costs_from") != row.has("costs_until") {
            let problem = "the window has one of `costs_from` and `costs_until`";
            problems.add(row.start, problem, "write both, or neither for the whole year");
        }
        let from = row.required("from", problems, parsed(MonthDay::parse));
        let until = row.required("until", problems, parsed(MonthDay::parse));
        for (first, last, key) in [(costs_from, costs_until, "costs_until"), (from, until, "until")] {
            if first.zip(last).is_some_and(|(first, last)| last < first) {
                let problem = format!("`{key}` is before the window's first day");
                problems.add(row.place(key), problem, "a window lies within one year; write two, or `years_after = 1`");
            }
        }
        let years_after = row.optional("years_after", problems, whole(0..=10)).unwrap_or(0);
        row.finish(problems);
        windows.push(Window { costs: costs_from.zip(costs_until), from: from?, until: until?, years_after });
    }
    if windows.is_empty() { None } else { Some(windows) }
}

/// A part of the principal: above 0 and at most 1.
pub(super) fn share(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Rate> {
    let share = parsed(Rate::parse)(node, key, problems)?;
    if share > Rate::ONE || share.is_zero() {
        let problem = format!("`{key}` is `{share}`, which is no part of the whole");
        problems.add(node.span().start, problem, "write 60 % as `0.6`; above 0 and at most 1");
    }
    Some(share)
}

fn date_within(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Condition> {
    let which = table.required("date", problems, code(DateFact::parse, DateFact::ALL));
    let from = table.optional("from", problems, date);
    let until = table.optional("until", problems, date);
    if from.is_none() && until.is_none() {
        problems.add(table.start, "the gate has neither `from` nor `until`", "add at least one of the two days");
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        problems.add(table.place("until"), "`until` is before `from`", "correct one of the two days");
    }
    Some(Condition::DateWithin { date: which?, from, until })
}

fn plain(name: &str, table: &Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Condition> {
    let condition = PLAIN.iter().find(|condition| condition.code() == name);
    if condition.is_none() {
        let codes: Vec<&str> = PLAIN.iter().map(Condition::code).chain(WITH_KEYS.iter().copied()).collect();
        let problem = format!("`{}` is not a condition", shown(name));
        problems.add(
            table.place("condition"),
            problem,
            format!("{}use one of: {}", meant(name, codes.iter().copied()), codes.join(", ")),
        );
    }
    condition.cloned()
}
