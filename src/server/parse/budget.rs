//! `BudgetService`: budget lines.

use super::Violations;
use crate::book::event::BudgetChange;
use crate::calendar::FiscalYear;
use crate::decide::command::Command;
use crate::identifier::BudgetLineId;
use crate::money::Amount;
use crate::proto::v1;

pub(crate) fn appropriate(m: &v1::AppropriateBudgetRequest, v: &mut Violations) -> Option<Command> {
    let budget = line_and_year(v, &m.budget_line_id, m.year);
    let amount = v.positive("amount", &m.amount);
    let document = v.text("document", &m.document);
    let (line, year) = budget?;
    Some(Command::AppropriateBudget(BudgetChange {
        line,
        year,
        amount: amount?,
        document: document?,
    }))
}

pub(crate) fn adjust(m: &v1::AdjustBudgetRequest, v: &mut Violations) -> Option<Command> {
    let budget = line_and_year(v, &m.budget_line_id, m.year);
    let amount = signed(v, &m.amount);
    let document = v.text("document", &m.document);
    let (line, year) = budget?;
    Some(Command::AdjustBudget(BudgetChange { line, year, amount: amount?, document: document? }))
}

/// The one amount that may have a sign: an adjustment takes away as well.
fn signed(v: &mut Violations, text: &str) -> Option<Amount> {
    match text.strip_prefix('-') {
        Some(size) => v.positive("amount", size).map(Amount::negated),
        None => v.positive("amount", text),
    }
}

/// Which line in which year.
pub(crate) fn line_and_year(
    v: &mut Violations,
    line: &str,
    year: i32,
) -> Option<(BudgetLineId, FiscalYear)> {
    let line = v.take("budget_line_id", BudgetLineId::parse(line));
    let year = v.year("year", year);
    Some((line?, year?))
}

/// Only this year; `Some(None)` for all.
pub(crate) fn list(m: &v1::ListBudgetsRequest, v: &mut Violations) -> Option<Option<FiscalYear>> {
    if m.year == 0 { Some(None) } else { v.year("year", m.year).map(Some) }
}
