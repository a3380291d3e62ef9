//! The closing run of a programme year: what was approved is paid in proportion to the budget, in one commit.

use super::eyes::another_person;
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody, expect_state, not_before, state_forbids, text};
use crate::book::Book;
use crate::book::account::{Account, transfer};
use crate::book::application::Application;
use crate::book::closing::{ClosedLine, ClosingRun, ClosingShareTaken};
use crate::book::event::{ApplicationChange, ApplicationChanged, Entry, Event};
use crate::book::nouns::{ApplicationState, Concerns};
use crate::book::shelf::Held;
use crate::calendar::FiscalYear;
use crate::identifier::{ApplicationId, BudgetLineId, ProgrammeId};
use crate::money::Amount;
use crate::rulebook::model::ClosingRule;
use crate::rulebook::{Approved, Programme, closing_shares};

/// Closes a programme year. Everything that was applied for must be decided by then; each year is closed once.
pub(super) fn run(context: &Context<'_>, programme: &ProgrammeId, year: FiscalYear) -> Result<Outcome, Rejection> {
    let book = context.book;
    let line = budget_line(context, programme)?;
    if year > context.day.year() {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "year",
            format!("`{year}` has not begun; expected {} or earlier", context.day.year()),
            format!("“{year}”年度尚未开始；不得晚于{}年度", context.day.year()),
        ));
    }
    if let Some(run) = book.closing_runs.get(&(programme.clone(), year)) {
        let what = format!("{programme} {year}, by entry {run}");
        return Err(state_forbids("year", what, text("closed", "已折算"), &[text("open", "未折算")]));
    }
    if book.closed_years.contains(&year) {
        return Err(state_forbids("year", year, text("closed, its money lapsed", "已年结"), &[text("open", "未结账")]));
    }
    if !book.budgets.contains_key(&(line.clone(), year)) {
        return Err(Rejection::new(
            Reason::BudgetUnknown,
            "year",
            format!("nothing was appropriated to `{line}` for {year}; use AppropriateBudget first"),
            format!("“{line}”{year}年度未下达预算；请先下达"),
        ));
    }
    for (id, application) in of_year(book, programme, year) {
        expect_state("year", id, application.state, &[ApplicationState::AwaitingClosing])?;
        another_person(context, "year", &application.submitted_by, text("submitted one of them", "其中一项的提交人"))?;
        if let Some((approved_on, _)) = &application.approved {
            not_before(
                "effective_date",
                context.day,
                *approved_on,
                text("the day of an approval", "其中一项的审核日"),
            )?;
        }
    }
    Ok(Outcome::new(Event::ClosingRun(division(book, line, programme, year)), concerning_nobody()))
}

fn division(book: &Book, budget_line: BudgetLineId, programme: &ProgrammeId, year: FiscalYear) -> ClosingRun {
    let budget = book.budget(&budget_line, year).available().floored_at_zero();
    let approved = Amount::total(of_year(book, programme, year).map(|(_, application)| application.granted));
    let shares = u32::try_from(of_year(book, programme, year).count()).unwrap_or(u32::MAX);
    let paid = approved.at_most(budget);
    ClosingRun { programme: programme.clone(), year, budget_line, budget, approved, paid, shares }
}

/// The run as it would be now, on the budget line of those who wait.
pub(super) fn divide(book: &Book, programme: &ProgrammeId, year: FiscalYear) -> Option<ClosingRun> {
    let line = of_year(book, programme, year).next().map(|(_, application)| application.budget.0.clone());
    let line = line.or_else(|| Some(last_version(book, programme)?.budget.clone()));
    line.map(|line| division(book, line, programme, year))
}

/// The shares of the run, in the order of the applications.
pub(super) fn shares(book: &Book, head: &Entry, run: &ClosingRun) -> Vec<Outcome> {
    let waiting: Vec<_> = of_year(book, &run.programme, run.year)
        .filter_map(|(id, application)| {
            let rule = rule_of(book, &application)?;
            Some((id, application, rule))
        })
        .collect();
    let rules: Vec<&ClosingRule> = waiting.iter().map(|(_, _, rule)| *rule).collect();
    let approved: Vec<Vec<Approved>> = waiting.iter().map(|(_, application, _)| approved_lines(application)).collect();
    let shares = closing_shares(&rules, run.budget, &approved);
    let shares = waiting.iter().zip(shares).map(|((id, application, _), lines)| {
        let lines = lines.into_iter().map(|line| ClosedLine { paid: line.paid, explanation: line.explanation });
        share(book, head, (*id, application), lines.collect())
    });
    shares.collect()
}

/// One application's share with what it moves: the budget is reserved and the money owed.
fn share(
    book: &Book,
    head: &Entry,
    (id, application): (ApplicationId, &Application),
    lines: Vec<ClosedLine>,
) -> Outcome {
    let taken = ClosingShareTaken { run: head.sequence, lines };
    let (line, year) = application.budget.clone();
    let mut postings =
        transfer(Account::BudgetReserved(line.clone(), year), Account::BudgetAvailable(line, year), taken.paid());
    let payable = application.payable();
    for (line, closed) in application.lines.iter().zip(&taken.lines) {
        postings.extend(transfer(Account::SubsidyExpense(line.item), payable.clone(), closed.paid));
    }
    let change = ApplicationChange::ClosingShare(taken);
    let loan = application.loan.and_then(|loan| book.loans.get(&loan));
    let concerns =
        Concerns { institution: loan.map(|loan| loan.terms.bank.clone()), enterprise: Some(application.enterprise) };
    Outcome::new(Event::ApplicationChanged(ApplicationChanged { application: id, change }), concerns).with(postings)
}

/// The applications that wait for this run, in the order of their numbers; those refused or withdrawn do not.
fn of_year<'a>(
    book: &'a Book,
    programme: &'a ProgrammeId,
    year: FiscalYear,
) -> impl Iterator<Item = (ApplicationId, Held<'a, Application>)> {
    let waits = move |application: &Application| {
        application.waits_for_closing
            && application.programme == *programme
            && application.budget.1 == year
            && !matches!(application.state, ApplicationState::Refused | ApplicationState::Withdrawn)
    };
    book.applications.iter().filter(move |(_, application)| waits(application)).map(|(id, one)| (*id, one))
}

fn approved_lines(application: &Application) -> Vec<Approved> {
    application.lines.iter().map(|line| Approved { item: Some(line.item), amount: line.award }).collect()
}

/// The rule of the version that the application was decided under.
fn rule_of<'a>(book: &'a Book, application: &Application) -> Option<&'a ClosingRule> {
    book.rulebook(&application.rulebook)?.programme(&application.programme)?.closing_run.as_ref()
}

/// The budget line that pays: the one of the version that began last.
fn budget_line(context: &Context<'_>, id: &ProgrammeId) -> Result<BudgetLineId, Rejection> {
    let Some(programme) = last_version(context.book, id) else {
        return Err(Rejection::new(
            Reason::ProgrammeUnknown,
            "programme_id",
            format!("no adopted rulebook has a programme `{id}`; see ListRulebooks"),
            format!("已启用的办法中没有补助项目“{id}”"),
        ));
    };
    if programme.closing_run.is_none() {
        let (open, closing) = (text("paid as approved", "按核定额兑付"), text("with a closing run", "年度按比例折算"));
        return Err(state_forbids("programme_id", id, open, &[closing]));
    }
    Ok(programme.budget.clone())
}

fn last_version<'a>(book: &'a Book, id: &ProgrammeId) -> Option<&'a Programme> {
    let versions = book.rulebooks.iter().filter_map(|rulebook| Some((rulebook, rulebook.programme(id)?)));
    versions.max_by_key(|(rulebook, _)| rulebook.valid_from).map(|(_, programme)| programme)
}
