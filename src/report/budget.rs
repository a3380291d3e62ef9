//! 预算执行情况 and 专项资金增长情况: what was appropriated, and what became of it.

use std::collections::BTreeMap;

use super::extract::Extract;
use super::{Cell, Kind, Section, Words, column, percent, quotient, text};
use crate::book::account::Account;
use crate::calendar::FiscalYear;
use crate::figures::Appropriations;
use crate::identifier::BudgetLineId;
use crate::money::Amount;

/// Each budget line and year at the end of the day.
pub(super) fn execution(extract: &Extract) -> Section {
    execution_of(&extract.appropriations, &|account| extract.turnover(account).closing())
}

/// The same of these appropriations, with the balances of the accounts.
pub(super) fn execution_of(appropriations: &Appropriations, balance: &dyn Fn(&Account) -> Amount) -> Section {
    let mut section = Section::new(
        "budget-execution",
        Words::new("Budget execution", "预算执行情况"),
        vec![
            column("line", Kind::Text, "budget line", "预算指标"),
            column("year", Kind::Text, "year", "年度"),
            column("carried_in", Kind::Money, "carried in", "上年结转"),
            column("initial", Kind::Money, "appropriated", "下达"),
            column("adjusted", Kind::Money, "adjusted", "调整"),
            column("reserved", Kind::Money, "reserved", "预留"),
            column("spent", Kind::Money, "spent", "支出"),
            column("available", Kind::Money, "available", "结余"),
            column("carried_out", Kind::Money, "carried over", "结转下年"),
            column("lapsed", Kind::Money, "lapsed", "结余收回"),
            column("rate", Kind::Percent, "spent %", "执行率%"),
        ],
    );
    for ((line, year), appropriated) in &appropriations.years {
        let closing = |account: Account| balance(&account);
        let spent = closing(Account::BudgetSpent(line.clone(), *year));
        section.line(vec![
            text(&line),
            text(&year),
            Cell::Money(appropriated.carried_in),
            Cell::Money(appropriated.initial),
            Cell::Money(appropriated.adjusted),
            Cell::Money(closing(Account::BudgetReserved(line.clone(), *year))),
            Cell::Money(spent),
            Cell::Money(closing(Account::BudgetAvailable(line.clone(), *year))),
            Cell::Money(appropriated.carried_out),
            Cell::Money(appropriated.lapsed),
            percent(spent, appropriated.whole()),
        ]);
    }
    section.add_total();
    // What was carried in stands in the line of its first year already.
    let sums = ["initial", "adjusted"].map(|id| section.total(id));
    section.set_total("rate", percent(section.total("spent"), Amount::total(sums)));
    section.note(
        "Carried in + appropriated + adjusted = reserved + spent + available + carried over + lapsed.",
        "上年结转 + 下达 + 调整 = 预留 + 支出 + 结余 + 结转下年 + 结余收回。",
    );
    section
}

/// Each budget line's appropriation of a year against the year before.
pub(super) fn growth(extract: &Extract) -> Section {
    let mut section = Section::new(
        "fund-growth",
        Words::new("Growth of the special funds", "专项资金增长情况"),
        vec![
            column("line", Kind::Text, "budget line", "预算指标"),
            column("year", Kind::Text, "year", "年度"),
            column("appropriated", Kind::Money, "appropriated", "下达及调整"),
            column("before", Kind::Money, "the year before", "上年"),
            column("more", Kind::Money, "more", "增加"),
            column("growth", Kind::Percent, "growth %", "增长率%"),
            column("verdict", Kind::Text, "verdict", "结论"),
        ],
    );
    // What is carried over was appropriated in an earlier year and is no growth.
    let years: BTreeMap<(BudgetLineId, FiscalYear), Amount> = extract
        .appropriations
        .years
        .iter()
        .filter(|(_, of)| !(of.initial.is_zero() && of.adjusted.is_zero()))
        .map(|(key, of)| (key.clone(), of.initial.plus(of.adjusted)))
        .collect();
    for ((line, year), now) in &years {
        let before = year.previous().and_then(|before| years.get(&(line.clone(), before)).copied());
        let more = before.map(|before| now.minus(before));
        section.line(vec![
            text(&line),
            text(&year),
            Cell::Money(*now),
            before.map_or(Cell::Empty, Cell::Money),
            more.map_or(Cell::Empty, Cell::Money),
            before.map_or(Cell::Empty, |before| growth_in_percent(*now, before)),
            Cell::Words(match more {
                None => Words::new("first year", "首年"),
                Some(more) if more.is_positive() => Words::new("grew", "增长"),
                Some(more) if more.is_zero() => Words::new("unchanged", "持平"),
                Some(_) => Words::new("fell", "下降"),
            }),
        ]);
    }
    section
}

fn growth_in_percent(now: Amount, before: Amount) -> Cell {
    let more = now.minus(before);
    if !more.is_negative() {
        return percent(more, before);
    }
    match quotient(more.negated().fen(), before.fen()) {
        Cell::Percent(fall) => Cell::Percent(format!("-{fall}")),
        other @ (Cell::Empty | Cell::Text(_) | Cell::Words(_) | Cell::Money(_) | Cell::Count(_) | Cell::Day(_)) => {
            other
        }
    }
}
