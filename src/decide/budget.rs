//! Budget lines (预算指标): appropriation and adjustment.

use super::limit::keeps_to_limits;
use super::loan::exceeds;
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody, text};
use crate::book::account::{Account, transfer};
use crate::book::event::{BudgetChange, Event};
use crate::calendar::FiscalYear;

pub(super) fn appropriate(context: &Context<'_>, change: &BudgetChange) -> Result<Outcome, Rejection> {
    // An appropriation is dated in its year or before it: budgets are passed ahead of the year they are for.
    if change.year < context.day.year() {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "year",
            format!("`{}` is before the effective date's year ({})", change.year, context.day.year()),
            format!("“{}”早于生效日所在年度（{}）", change.year, context.day.year()),
        ));
    }
    year_is_open(context, change.year)?;
    keeps_to_limits(context, change)?;
    Ok(outcome(Event::BudgetAppropriated(change.clone()), change))
}

pub(super) fn adjust(context: &Context<'_>, change: &BudgetChange) -> Result<Outcome, Rejection> {
    let Some(budget) = context.book.budgets.get(&(change.line.clone(), change.year)) else {
        return Err(Rejection::new(
            Reason::BudgetUnknown,
            "budget_line_id",
            format!("nothing was appropriated to `{}` for {}; use AppropriateBudget", change.line, change.year),
            format!("“{}”{}年度未下达预算；请先下达", change.line, change.year),
        ));
    };
    // What comes back to a closed year may be taken out of it, nothing may be put in.
    if change.amount.is_positive() {
        year_is_open(context, change.year)?;
    }
    let decrease = change.amount.negated();
    if decrease > budget.available() {
        return Err(exceeds("amount", decrease, budget.available(), text("what is available", "可用预算")));
    }
    keeps_to_limits(context, change)?;
    Ok(outcome(Event::BudgetAdjusted(change.clone()), change))
}

/// Refuses a budget year that is closed.
pub(super) fn year_is_open(context: &Context<'_>, year: FiscalYear) -> Result<(), Rejection> {
    if context.book.is_year_closed(year) {
        return Err(Rejection::new(
            Reason::PeriodClosed,
            "year",
            format!("the budget year `{year}` is closed; use an open year"),
            format!("预算年度“{year}”已结账；请使用未结账年度"),
        ));
    }
    Ok(())
}

fn outcome(event: Event, change: &BudgetChange) -> Outcome {
    let postings = transfer(
        Account::BudgetAvailable(change.line.clone(), change.year),
        Account::BudgetAppropriated(change.line.clone(), change.year),
        change.amount,
    );
    Outcome::new(event, concerning_nobody()).with(postings)
}
