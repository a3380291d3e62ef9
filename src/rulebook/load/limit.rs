//! `[[limit]]`: one amount measured against another.

use super::errors::Problems;
use super::table::{Table, bilingual, parsed};
use super::{Known, duplicate, named_clause};
use crate::identifier::{BudgetLineId, LimitId, SeriesId};
use crate::money::Rate;
use crate::rulebook::model::{Limit, LimitRule};

pub(super) fn limit(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Limit> {
    known.count();
    let id = table.required("id", problems, parsed(LimitId::parse));
    if let Some(id) = &id
        && !known.limits.insert(id.clone())
    {
        duplicate(&table, "limit", id, problems);
    }
    let name = table.required("name", problems, bilingual);
    let measures = table.required("measures", problems, bilingual);
    let of = table.required("of", problems, bilingual);
    let rule = rule(&mut table, known, problems);
    let budget = table.optional("budget", problems, parsed(BudgetLineId::parse));
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(&mut table, known, reading.is_some(), problems);
    table.finish(problems);
    Some(Limit { id: id?, name: name?, measures: measures?, of: of?, rule: rule?, budget, clause: clause?, reading })
}

const RULES: [&str; 4] = ["at_most", "at_least", "above", "above_growth_of"];

/// Exactly one of the four keys.
fn rule(table: &mut Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<LimitRule> {
    let at_most = table.optional("at_most", problems, ratio).map(LimitRule::AtMost);
    let at_least = table.optional("at_least", problems, ratio).map(LimitRule::AtLeast);
    let above = table.optional("above", problems, ratio).map(LimitRule::Above);
    let growth = table.optional("above_growth_of", problems, parsed(SeriesId::parse));
    if let Some(other) = growth.as_ref().filter(|series| !known.series.contains(*series)) {
        let problem = format!("there is no series `{other}`");
        problems.add(table.place("above_growth_of"), problem, "add it as [[series]], with its source");
    }
    if RULES.iter().filter(|key| table.has(key)).count() != 1 {
        let problem = format!("a limit has exactly one of {}", RULES.map(|key| format!("`{key}`")).join(", "));
        problems.add(table.start, problem, "write one limit for each bound of the clause");
    }
    at_most.or(at_least).or(above).or(growth.map(LimitRule::AboveGrowth))
}

/// A multiple above 0.
fn ratio(node: &super::table::Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Rate> {
    let ratio = parsed(Rate::parse)(node, key, problems)?;
    if ratio.is_zero() {
        problems.add(node.span().start, format!("`{key}` is 0: the limit says nothing"), "write 70 % as `0.7`");
    }
    Some(ratio)
}
