//! Standing limits of rulebooks on a budget line: what a year is appropriated, measured against the year before.

use super::Context;
use super::rejection::{Reason, Rejection};
use crate::book::event::BudgetChange;
use crate::calendar::FiscalYear;
use crate::money::Amount;
use crate::rulebook::judge::{LimitFacts, LimitVerdict};
use crate::rulebook::model::{Limit, Rulebook};
use crate::rulebook::{Language, judge_limit, line_sentence};

/// Whether the appropriations after this change keep to every limit in force on the effective date: that of the year
/// itself, and that of the year after it where one was appropriated. A first year has nothing to be measured against.
pub(super) fn keeps_to_limits(context: &Context<'_>, change: &BudgetChange) -> Result<(), Rejection> {
    let after = |year: FiscalYear| {
        let before = context.book.budget(&change.line, year).appropriated;
        if year == change.year { before.plus(change.amount) } else { before }
    };
    let years = [Some(change.year), change.year.next().filter(|year| !after(*year).is_zero())];
    for (rulebook, limit) in limits(context, change) {
        for year in years.into_iter().flatten() {
            let Some(of) = year.previous().map(after).filter(|of| !of.is_zero()) else { continue };
            let rates = super::facts::rates(context, rulebook);
            let verdict = judge_limit(limit, &LimitFacts { amount: after(year), of, year, rates });
            if !verdict.holds {
                return Err(broken(rulebook, limit, (year, after(year)), &verdict));
            }
        }
    }
    Ok(())
}

fn limits<'a>(
    context: &Context<'a>,
    change: &'a BudgetChange,
) -> impl Iterator<Item = (&'a Rulebook, &'a Limit)> + use<'a> {
    let in_force = context.book.rulebooks_on(context.day);
    let limits = in_force.flat_map(|rulebook| rulebook.limits.iter().map(move |limit| (&**rulebook, limit)));
    limits.filter(|(_, limit)| limit.budget.as_ref() == Some(&change.line))
}

fn broken(
    rulebook: &Rulebook,
    limit: &Limit,
    (year, amount): (FiscalYear, Amount),
    verdict: &LimitVerdict,
) -> Rejection {
    let says = |language| line_sentence(&verdict.explanation, language);
    let (reference, id) = (rulebook.reference(), &limit.id);
    Rejection::new(
        Reason::LimitBroken,
        "amount",
        format!(
            "`{id}` of `{reference}`, clause `{}`, for {amount} in {year}: {}",
            limit.clause,
            says(Language::English).trim_end_matches('.')
        ),
        format!("“{reference}”的“{}”（{year}年度{amount}元）：{}", limit.name.zh, says(Language::Chinese)),
    )
}
