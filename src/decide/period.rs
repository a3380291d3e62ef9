//! Accounting periods (会计期间): closing a month, closing a year.

use super::command::CloseYear;
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody, state_forbids, text};
use crate::book::account::{Account, Posting, transfer};
use crate::book::event::{Event, PeriodClosedOver, YearClosed, YearEndLine};
use crate::book::nouns::{ApplicationState, Month};
use crate::book::period::OpenItems;
use crate::calendar::FiscalYear;
use crate::identifier::BudgetLineId;

/// Closes a month that is over and in which nothing is open. Earlier months may stay open; a closed one never opens
/// again.
pub(super) fn close_month(context: &Context<'_>, month: Month) -> Result<Outcome, Rejection> {
    closable(context, month)?;
    let open = context.book.open_items(month);
    if open.count() > 0 {
        return Err(something_is_open(month, &open));
    }
    Ok(Outcome::new(Event::PeriodClosed(month), concerning_nobody()))
}

/// Closes a month although something is open in it; the entry keeps how much, and why. With nothing
/// open it is closed like any other.
pub(super) fn close_month_over(context: &Context<'_>, month: Month, reason: &str) -> Result<Outcome, Rejection> {
    closable(context, month)?;
    let open_items = u32::try_from(context.book.open_items(month).count()).unwrap_or(u32::MAX);
    if open_items == 0 {
        return Ok(Outcome::new(Event::PeriodClosed(month), concerning_nobody()));
    }
    let event = Event::PeriodClosedOver(PeriodClosedOver { month, open_items, reason: reason.to_owned() });
    Ok(Outcome::new(event, concerning_nobody()))
}

fn closable(context: &Context<'_>, month: Month) -> Result<(), Rejection> {
    if context.book.closed_months.contains(&month) {
        return Err(state_forbids("month", month, text("closed", "已结账"), &[text("open", "未结账")]));
    }
    let this_month = Month { year: context.today.year(), month: context.today.month() };
    if month >= this_month {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "month",
            format!("`{month}` is not over; expected a month before {this_month}"),
            format!("“{month}”尚未结束；应早于 {this_month}"),
        ));
    }
    Ok(())
}

fn something_is_open(month: Month, open: &OpenItems) -> Rejection {
    let mut english = Vec::new();
    let mut chinese = Vec::new();
    let mut say = |count: usize, what: (&str, &str), zh: &str| {
        if count > 0 {
            english.push(format!("{count} {}", if count == 1 { what.0 } else { what.1 }));
            chinese.push(format!("{count} {zh}"));
        }
    };
    let undecided = ("application without a decision", "applications without a decision");
    say(open.applications.len(), undecided, "笔补助申请未审核");
    say(open.claims.len(), ("claim without a decision", "claims without a decision"), "笔补偿申请未审核");
    say(open.unreconciled.len(), ("unreconciled statement", "unreconciled statements"), "份对账单未对账");
    let unsigned = ("statement due and not signed off", "statements due and not signed off");
    say(open.unsigned.len(), unsigned, "份对账单未收到或未确认");
    Rejection::new(
        Reason::OpenItems,
        "month",
        format!(
            "`{month}` has {}; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)",
            english.join(", ")
        ),
        format!(
            "“{month}”尚有 {}；请先审核、对账并确认，或填写 open_items_reason（清单见 GetPeriodChecklist）",
            chinese.join("、")
        ),
    )
}

/// Closes a year whose months are all closed. What is left of the budget lines named is carried over to the next year
/// (结转), what is left of the others lapses (结余收回); what is reserved stays, to be paid.
pub(super) fn close_year(context: &Context<'_>, close: &CloseYear) -> Result<Outcome, Rejection> {
    let year = close.year;
    if context.book.closed_years.contains(&year) {
        return Err(state_forbids("year", year, text("closed", "已结账"), &[text("open", "未结账")]));
    }
    let open = (1..=12).map(|month| Month { year, month }).find(|month| !context.book.closed_months.contains(month));
    if let Some(month) = open {
        return Err(Rejection::new(
            Reason::OpenItems,
            "year",
            format!("`{month}` is open; expected all twelve months of {year} to be closed"),
            format!("“{month}”尚未结账；{year}年度十二个月须全部结账"),
        ));
    }
    let Some(next) = year.next() else {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "year",
            format!("`{year}` is the last year of the calendar"),
            format!("“{year}”为可用的最后年度"),
        ));
    };
    let mut waiting = context.book.applications.iter().filter(|(_, one)| {
        let undecided = [ApplicationState::Submitted, ApplicationState::AwaitingClosing].contains(&one.state);
        one.waits_for_closing && undecided && one.budget.1 == year
    });
    if let Some((first, _)) = waiting.next() {
        let more = waiting.count();
        return Err(Rejection::new(
            Reason::OpenItems,
            "year",
            format!("`{first}` and {more} more wait for the closing run of {year}; use RunClosing first"),
            format!("“{first}”等 {} 笔待{year}年度折算兑付；请先折算", more.saturating_add(1)),
        ));
    }
    let lines = left_of(context, close)?;
    let postings = lines.iter().flat_map(|line| year_end_postings(line, year, next)).collect();
    let event = Event::YearClosed(YearClosed { year, lines, document: close.document.clone() });
    Ok(Outcome::new(event, concerning_nobody()).with(postings))
}

/// The budget lines of the year that something is left of; a line to carry over must be one that has a budget.
fn left_of(context: &Context<'_>, close: &CloseYear) -> Result<Vec<YearEndLine>, Rejection> {
    let of_year = |line: &BudgetLineId| context.book.budgets.contains_key(&(line.clone(), close.year));
    if let Some(unknown) = close.carried.iter().find(|line| !of_year(line)) {
        return Err(Rejection::new(
            Reason::BudgetUnknown,
            "carried_budget_line_ids",
            format!("nothing was appropriated to `{unknown}` for {}", close.year),
            format!("“{unknown}”{}年度未下达预算", close.year),
        ));
    }
    let budgets = context.book.budgets.iter().filter(|((_, year), _)| *year == close.year);
    let lines = budgets.map(|((line, _), budget)| YearEndLine {
        line: line.clone(),
        left: budget.available(),
        is_carried: close.carried.contains(line),
    });
    Ok(lines.filter(|line| line.left.is_positive()).collect())
}

/// The year's appropriation falls by what is left; the next year's rises by it where it is carried over.
fn year_end_postings(line: &YearEndLine, year: FiscalYear, next: FiscalYear) -> Vec<Posting> {
    let appropriated = |year| Account::BudgetAppropriated(line.line.clone(), year);
    let available = |year| Account::BudgetAvailable(line.line.clone(), year);
    let mut postings = transfer(appropriated(year), available(year), line.left);
    if line.is_carried {
        postings.extend(transfer(available(next), appropriated(next), line.left));
    }
    postings
}
