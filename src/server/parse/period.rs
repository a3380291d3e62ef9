//! `PeriodService`: closing a month.

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::nouns::Month;
use crate::decide::command::{CloseYear, Command};
use crate::identifier::{BudgetLineId, Invalid};
use crate::proto::v1;

pub(crate) fn close(message: &v1::ClosePeriodRequest, violations: &mut Violations) -> Option<Command> {
    let month = month(message.year, message.month, violations);
    if message.open_items_reason.is_empty() {
        return month.map(Command::ClosePeriod);
    }
    let reason = violations.text("open_items_reason", &message.open_items_reason);
    Some(Command::ClosePeriodOver(month?, reason?))
}

pub(crate) fn close_year(message: &v1::CloseYearRequest, violations: &mut Violations) -> Option<Command> {
    let year = violations.year("year", message.year);
    let carried = if message.carried_budget_line_ids.is_empty() {
        Some(Vec::new())
    } else {
        violations.distinct(
            "carried_budget_line_ids",
            &message.carried_budget_line_ids,
            LIST_ITEMS_MAX,
            |violations, field, id| violations.take(field, BudgetLineId::parse(id)),
        )
    };
    let document = violations.text("document", &message.document);
    Some(Command::CloseYear(CloseYear { year: year?, carried: carried?, document: document? }))
}

/// A month of a year.
pub(crate) fn month(year: i32, month: i32, violations: &mut Violations) -> Option<Month> {
    let year = violations.year("year", year);
    let number = month;
    let month = u8::try_from(month).ok().filter(|month| (1..=12).contains(month));
    if month.is_none() {
        violations.add(
            "month",
            Invalid::new(
                format!("`{number}` is not a month; expected 1 to 12"),
                format!("“{number}”不是有效月份；应为 1 至 12"),
            ),
        );
    }
    Some(Month { year: year?, month: month? })
}
