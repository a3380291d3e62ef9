//! `ratio`: a plain ratio, or a table with branches, tiers, ordinals, uplifts and a ceiling.

use toml::de::DeValue;

use super::errors::Problems;
use super::table::{Node, Table, bilingual, code, flag, list, parsed, text};
use super::when::when;
use super::{Known, named_clause};
use crate::identifier::{ClauseId, shown};
use crate::money::{Amount, Rate};
use crate::rulebook::model::{Measure, RatioBranch, RatioKind, RatioRule, Tier, TierMethod, TierTable, Uplift, When};

/// `ratio = "0.5"`, or a table.
pub(super) fn ratio_rule(node: &Node<'_>, key: &str, known: &Known, problems: &mut Problems<'_>) -> Option<RatioRule> {
    match node.get_ref() {
        DeValue::Table(_) => {
            Table::of(node, &format!("`{key}`"), problems).and_then(|table| rule(table, known, problems))
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => part(node, key, problems).map(RatioRule::flat),
    }
}

/// A ratio above 0 and at most 1.
fn part(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Rate> {
    let ratio = parsed(Rate::parse)(node, key, problems)?;
    let place = node.span().start;
    if ratio > Rate::ONE {
        let problem = format!("the ratio `{ratio}` is above 1: more than the cost would be granted");
        problems.add(place, problem, "write half as `0.5`");
    }
    if ratio.is_zero() {
        problems.add(place, "the ratio is 0: nothing would be granted", "write half as `0.5`");
    }
    Some(ratio)
}

fn rule(mut table: Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<RatioRule> {
    let ceiling = table.optional("ceiling", problems, part);
    let uplifts = table.tables("uplift", "`uplift`", problems);
    let uplifts: Vec<Uplift> = uplifts.into_iter().filter_map(|row| uplift(row, problems)).collect();
    let rows = table.tables("branch", "`branch`", problems);
    let otherwise = nothing(&mut table, "otherwise", problems);
    let branches = if rows.is_empty() {
        let kind = kind(&mut table, problems);
        kind.map(|ratio| vec![RatioBranch { when: When::default(), ratio, clause: None }])
    } else {
        branches(rows, otherwise, known, problems)
    };
    if ceiling.is_none() {
        needs_ceiling(&table, branches.as_deref().unwrap_or_default(), &uplifts, problems);
    }
    table.finish(problems);
    Some(RatioRule { branches: branches?, uplifts, ceiling })
}

/// Branches are tried in order: only the last one may be without `when`, and without such a one the file must say so.
fn branches(
    rows: Vec<Table<'_, '_>>,
    otherwise: bool,
    known: &Known,
    problems: &mut Problems<'_>,
) -> Option<Vec<RatioBranch>> {
    let count = rows.len();
    let mut branches = Vec::with_capacity(count);
    for (index, mut row) in rows.into_iter().enumerate() {
        let asked = row.optional("when", problems, when);
        let kind = kind(&mut row, problems);
        let last = index.saturating_add(1) == count;
        if asked.is_none() && !last {
            problems.add(
                row.start,
                "the branch has no `when`, so those after it never apply",
                "add `when = { … }`, or move it to the end",
            );
        }
        if last && asked.is_some() && !otherwise {
            problems.add(
                row.start,
                "the branches leave a gap: nothing says what holds where none of them does",
                "add a last branch without `when`, or write `otherwise = \"nothing\"`",
            );
        }
        let clause = row.has("clause").then(|| own_clause(&mut row, known, problems)).flatten();
        row.tolerate(&["clause", "reading"]);
        row.finish(problems);
        branches.push(RatioBranch { when: asked.unwrap_or_default(), ratio: kind?, clause });
    }
    Some(branches)
}

/// The clause that a branch itself stands on.
fn own_clause(row: &mut Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<ClauseId> {
    let reading = row.optional("reading", problems, bilingual);
    named_clause(row, known, reading.is_some(), problems)
}

/// One of `ratio`, `ordinals` and `tiers`.
fn kind(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<RatioKind> {
    let flat = table.optional("ratio", problems, part);
    let ordinals = table.optional("ordinals", problems, ratios);
    let and_later = table.optional("and_later", problems, flag);
    let by = table.optional("by", problems, code(Measure::parse, Measure::ALL));
    let method = table.optional("method", problems, code(TierMethod::parse, TierMethod::ALL));
    let above = nothing(table, "above", problems);
    let has_tiers = table.has("tiers");
    let rows = table.tables("tiers", "`tiers`", problems);
    let given = [table.has("ratio"), table.has("ordinals"), has_tiers];
    if given.iter().filter(|given| **given).count() != 1 {
        let problem = "there must be exactly one of `ratio`, `ordinals` and `tiers`";
        problems.add(table.start, problem, "keep the one that the clause says");
        return None;
    }
    if let Some(ratio) = flat {
        return Some(RatioKind::Flat(ratio));
    }
    if let Some(ratios) = ordinals {
        if and_later.is_none() {
            let problem = "nothing says what an application after the last one of `ordinals` gets";
            problems.add(table.place("ordinals"), problem, "write `and_later = true`, or `false` for nothing");
        }
        return Some(RatioKind::ByOrdinal { ratios, and_later: and_later.unwrap_or(false) });
    }
    if !has_tiers {
        return None;
    }
    let by = missing(table, "by", by, problems);
    let method = missing(table, "method", method, problems);
    let tiers = tiers(rows, above, problems)?;
    Some(RatioKind::Tiers(TierTable { by: by?, method: method?, tiers }))
}

/// A list of ratios, the same one twice allowed.
fn ratios(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Vec<Rate>> {
    let Some(nodes) = node.get_ref().as_array().filter(|nodes| !nodes.is_empty()) else {
        problems.add(node.span().start, format!("`{key}` is not a list with a ratio"), "write `[\"1\", \"0.9\"]`");
        return None;
    };
    nodes.iter().map(|node| part(node, key, problems)).collect()
}

/// A key that the others make necessary.
fn missing<T>(table: &Table<'_, '_>, key: &'static str, value: Option<T>, problems: &mut Problems<'_>) -> Option<T> {
    if value.is_none() && !table.has(key) {
        problems.add(table.start, format!("`tiers` need `{key}`"), format!("add `{key} = …`"));
    }
    value
}

/// `key = "nothing"`: says that a gap is meant.
pub(super) fn nothing(table: &mut Table<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> bool {
    let Some(said) = table.optional(key, problems, text) else { return false };
    if said != "nothing" {
        let problem = format!("`{}` is not a value of `{key}`", shown(&said));
        problems.add(table.place(key), problem, "write `nothing`, or leave the key out");
    }
    true
}

/// Upper ends rise; a lower end, where it is written, is the upper end before.
fn tiers(rows: Vec<Table<'_, '_>>, above: bool, problems: &mut Problems<'_>) -> Option<Vec<Tier>> {
    let count = rows.len();
    let mut tiers: Vec<Tier> = Vec::with_capacity(count);
    let mut end = Amount::ZERO;
    for (index, mut row) in rows.into_iter().enumerate() {
        let over = row.optional("over", problems, parsed(Amount::parse));
        let bounds = upper_end(&mut row, problems);
        let ratio = row.required("ratio", problems, part);
        let last = index.saturating_add(1) == count;
        continues(&row, over, end, problems);
        match bounds {
            Some((up_to, _)) if up_to <= end => {
                let problem = format!("the tier ends at {up_to}, where the one before has ended already ({end})");
                problems.add(row.place("up_to"), problem, "write the tiers in rising order, without overlap");
            }
            Some((up_to, _)) => {
                end = up_to;
                if last && !above {
                    let problem = format!("the tiers have a hole: nothing says what holds above {up_to}");
                    let remedy = "add a last tier without `up_to`, or write `above = \"nothing\"` beside `tiers`";
                    problems.add(row.place("up_to"), problem, remedy);
                }
            }
            None if !last => {
                let problem = "the tier has no `up_to`, so those after it never apply";
                problems.add(row.start, problem, "add `up_to`, or move it to the end");
            }
            None => {}
        }
        row.finish(problems);
        let (up_to, inclusive) = bounds.map_or((None, true), |(up_to, inclusive)| (Some(up_to), inclusive));
        tiers.push(Tier { up_to, inclusive, ratio: ratio? });
    }
    if tiers.is_empty() { None } else { Some(tiers) }
}

/// A lower end that is written must be the upper end of the row before.
pub(super) fn continues(row: &Table<'_, '_>, over: Option<Amount>, end: Amount, problems: &mut Problems<'_>) {
    let Some(over) = over.filter(|over| *over != end) else { return };
    let what = if over > end { "a hole" } else { "an overlap" };
    let problem = format!("the tiers have {what}: this one begins at {over}, the one before ends at {end}");
    problems.add(row.place("over"), problem, format!("write `over = \"{end}\"`, or mend the tier before"));
}

/// `up_to` with `inclusive`: a boundary belongs to one side, and the file says to which.
pub(super) fn upper_end(row: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<(Amount, bool)> {
    let up_to = row.optional("up_to", problems, parsed(Amount::parse));
    let inclusive = row.optional("inclusive", problems, flag);
    if up_to.is_some() && inclusive.is_none() {
        problems.add(
            row.place("up_to"),
            "nothing says whether the upper end itself belongs to the row",
            "add `inclusive = true` (含) or `inclusive = false` (不含)",
        );
    }
    Some((up_to?, inclusive.unwrap_or(true)))
}

fn uplift(mut row: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Uplift> {
    let asked = row.optional("when", problems, when);
    let add = row.required("add", problems, part);
    row.finish(problems);
    Some(Uplift { when: asked.unwrap_or_default(), add: add? })
}

/// Where ratio and uplifts could come to more than 1, the file must say where they stop.
fn needs_ceiling(table: &Table<'_, '_>, branches: &[RatioBranch], uplifts: &[Uplift], problems: &mut Problems<'_>) {
    let largest = RatioRule { branches: branches.to_vec(), uplifts: Vec::new(), ceiling: None }.largest();
    let sum = uplifts.iter().try_fold(largest, |sum, uplift| sum.plus(uplift.add));
    if sum.is_err() || sum.is_ok_and(|sum| sum > Rate::ONE) {
        problems.add(
            table.place("uplift"),
            "the ratio with its uplifts can come to more than 1",
            "add `ceiling = \"…\"`, as the clause says",
        );
    }
}

/// `list` of texts that a parser of ours accepts, for callers beside this file.
pub(super) fn amounts(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Vec<Amount>> {
    let Some(nodes) = node.get_ref().as_array().filter(|nodes| !nodes.is_empty()) else {
        problems.add(node.span().start, format!("`{key}` is not a list with an amount"), "write `[\"10.00\"]`");
        return None;
    };
    nodes.iter().map(|node| parsed(Amount::parse)(node, key, problems)).collect()
}

/// The kinds of cost of a list, each once.
pub(super) fn items(
    node: &Node<'_>,
    key: &str,
    problems: &mut Problems<'_>,
) -> Option<Vec<crate::rulebook::terms::CostKind>> {
    use crate::rulebook::terms::CostKind;
    list(code(CostKind::parse, CostKind::ALL))(node, key, problems)
}
