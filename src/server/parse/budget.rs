//! `BudgetService`: budget lines.

use super::Violations;
use crate::book::event::BudgetChange;
use crate::calendar::FiscalYear;
use crate::decide::command::Command;
use crate::identifier::BudgetLineId;
use crate::money::Amount;
use crate::proto::v1;

pub(crate) fn appropriate(message: &v1::AppropriateBudgetRequest, violations: &mut Violations) -> Option<Command> {
    let budget = line_and_year(violations, &message.budget_line_id, message.year);
    let amount = violations.positive("amount", &message.amount);
    let document = violations.text("document", &message.document);
    let (line, year) = budget?;
    Some(Command::AppropriateBudget(BudgetChange { line, year, amount: amount?, document: document? }))
}

pub(crate) fn adjust(message: &v1::AdjustBudgetRequest, violations: &mut Violations) -> Option<Command> {
    let budget = line_and_year(violations, &message.budget_line_id, message.year);
    let amount = signed(violations, &message.amount);
    let document = violations.text("document", &message.document);
    let (line, year) = budget?;
    Some(Command::AdjustBudget(BudgetChange { line, year, amount: amount?, document: document? }))
}

/// The one amount that may have a sign: an adjustment takes away as well.
fn signed(violations: &mut Violations, text: &str) -> Option<Amount> {
    match text.strip_prefix('-') {
        Some(size) => violations.positive("amount", size).map(Amount::negated),
        None => violations.positive("amount", text),
    }
}

/// Which line in which year.
pub(crate) fn line_and_year(violations: &mut Violations, line: &str, year: i32) -> Option<(BudgetLineId, FiscalYear)> {
    let line = violations.take("budget_line_id", BudgetLineId::parse(line));
    let year = violations.year("year", year);
    Some((line?, year?))
}

/// Only this year; `Some(None)` for all.
#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
pub(crate) fn list(message: &v1::ListBudgetsRequest, violations: &mut Violations) -> Option<Option<FiscalYear>> {
    if message.year == 0 { Some(None) } else { violations.year("year", message.year).map(Some) }
}
