//! `base`, `[[programme.clamp]]`, reference rates and `[[series]]`.

use toml::de::DeValue;

use super::errors::Problems;
use super::programme::Scope;
use super::ratio::{continues, nothing, upper_end};
use super::table::{Node, Table, bilingual, code, date, flag, parsed, text, whole};
use super::when::when;
use super::{Known, duplicate};
use crate::calendar::CivilDate;
use crate::identifier::{SeriesId, Tag, shown};
use crate::money::{Amount, Rate};
use crate::rulebook::model::{
    AsOf, Base, Clamp, ClampTo, Days, Figure, LumpRow, LumpTable, Measure, Pick, RateTerm, Series, Span, TenorSeries,
};

const KINDS: &str = "actual-cost, reference-interest, standard-premium, principal, figure, lump";

/// `base = "standard-premium"`, or a table with `kind`; the actual cost where there is none.
pub(super) fn base(node: &Node<'_>, key: &str, known: &Known, problems: &mut Problems<'_>) -> Option<Base> {
    let DeValue::Table(_) = node.get_ref() else {
        let kind = text(node, key, problems)?;
        return plain(&kind).or_else(|| {
            let problem = format!("`{}` is not a base that stands alone", shown(&kind));
            problems.add(node.span().start, problem, format!("use one of: {KINDS}; the others need a table"));
            None
        });
    };
    let mut table = Table::of(node, "[programme.base]", problems)?;
    let kind = table.required("kind", problems, text)?;
    let base = match kind.as_str() {
        "reference-interest" => reference_interest(&mut table, known, problems),
        "lump" => lump(&mut table, problems).map(Base::Lump),
        "figure" => figure(&mut table, problems).map(Base::Figure),
        other => plain(other).or_else(|| {
            let problem = format!("`{}` is not a kind of base", shown(other));
            problems.add(table.place("kind"), problem, format!("use one of: {KINDS}"));
            None
        }),
    };
    table.finish(problems);
    base
}

fn plain(kind: &str) -> Option<Base> {
    match kind {
        "actual-cost" => Some(Base::ActualCost),
        "standard-premium" => Some(Base::StandardPremium),
        "principal" => Some(Base::Principal),
        _ => None,
    }
}

fn reference_interest(table: &mut Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<Base> {
    let rate = table.required("rate", problems, |node, key, problems| rate_term(node, key, known, problems));
    let basis = table.required("day_count", problems, whole(360..=365));
    if let Some(other) = basis.filter(|basis| ![360, 365].contains(basis)) {
        problems.add(table.place("day_count"), format!("`{other}` is not a day count"), "use 360 or 365");
    }
    let span = table.required("days", problems, code(Span::parse, Span::ALL));
    let at_most = table.optional("days_at_most", problems, whole(1..=36_600));
    Some(Base::ReferenceInterest { rate: rate?, basis: i64::from(basis?), days: Days { span: span?, at_most } })
}

/// `{ series = "lpr-1y", as_of = "signing", factor = "1.4", … }`
pub(super) fn rate_term(node: &Node<'_>, key: &str, known: &Known, problems: &mut Problems<'_>) -> Option<RateTerm> {
    let mut table = Table::of(node, &format!("`{key}`"), problems)?;
    let fixed = table.optional("fixed", problems, parsed(Rate::parse));
    if table.has("fixed") {
        return fixed_rate(table, fixed, problems);
    }
    let series = if table.has("by_term") {
        let rows = table.tables("by_term", "`by_term`", problems);
        by_term(rows, known, problems)
    } else {
        let series = table.required("series", problems, parsed(SeriesId::parse));
        known_series(&table, series.as_ref(), known, problems);
        series.map(|series| vec![TenorSeries { up_to_months: None, series }])
    };
    let as_of = table.required("as_of", problems, code(AsOf::parse, AsOf::ALL));
    let factor = table.optional("factor", problems, parsed(Rate::parse));
    if factor.is_some_and(Rate::is_zero) {
        problems.add(table.place("factor"), "the factor is 0: the rate would be nothing", "write 40 % above as `1.4`");
    }
    if factor.is_some_and(|factor| factor > Rate::from_basis_points(100_000)) {
        let problem = format!("the factor `{}` is above 10", factor.unwrap_or_default());
        problems.add(table.place("factor"), problem, "write 40 % above as `1.4`, 60 % of it as `0.6`");
    }
    let plus_basis_points = table.optional("plus_basis_points", problems, whole(1..=10_000)).unwrap_or(0);
    let minus_basis_points = table.optional("minus_basis_points", problems, whole(1..=10_000)).unwrap_or(0);
    let or_actual_if_lower = table.optional("or_actual_if_lower", problems, flag).unwrap_or(false);
    let (actual_above, at_most) = margin(&mut table, problems);
    if or_actual_if_lower && actual_above {
        let problem = "the rate is the part above, and the lower of the two: nothing would be left";
        problems.add(table.place("actual_above"), problem, "keep the one that the clause says");
    }
    table.finish(problems);
    Some(RateTerm {
        fixed: None,
        series: series?,
        as_of: as_of?,
        factor: factor.unwrap_or(Rate::ONE),
        plus_basis_points,
        minus_basis_points,
        or_actual_if_lower,
        actual_above,
        at_most,
    })
}

/// `actual_above`, the part of the loan's own rate above the rest of the term, and the most that it may be.
fn margin(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> (bool, Option<Rate>) {
    let actual_above = table.optional("actual_above", problems, flag).unwrap_or(false);
    let points = table.optional("at_most_basis_points", problems, whole(1..=10_000));
    (actual_above, points.map(Rate::from_basis_points))
}

/// `{ fixed = "0.005" }`: a rate that the text itself gives.
fn fixed_rate(mut table: Table<'_, '_>, fixed: Option<Rate>, problems: &mut Problems<'_>) -> Option<RateTerm> {
    if let Some(rate) = fixed.filter(|rate| rate.is_zero() || *rate >= Rate::ONE) {
        let problem = format!("the fixed rate `{rate}` is {} a year", rate.percent());
        problems.add(table.place("fixed"), problem, "write 0.5 % as `0.005`");
    }
    let (actual_above, at_most) = margin(&mut table, problems);
    let or_actual_if_lower = table.optional("or_actual_if_lower", problems, flag).unwrap_or(false);
    table.finish(problems);
    Some(RateTerm {
        fixed: Some(fixed?),
        series: Vec::new(),
        as_of: AsOf::Application,
        factor: Rate::ONE,
        plus_basis_points: 0,
        minus_basis_points: 0,
        or_actual_if_lower,
        actual_above,
        at_most,
    })
}

/// `figure = "local-tax"`, with `years_before` where it is not of the year that the cost counts to.
pub(super) fn figure(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Figure> {
    let name = table.required("figure", problems, parsed(Tag::parse));
    let years_before = table.optional("years_before", problems, whole(0..=10)).unwrap_or(0);
    Some(Figure { name: name?, years_before })
}

fn known_series(table: &Table<'_, '_>, series: Option<&SeriesId>, known: &Known, problems: &mut Problems<'_>) {
    if let Some(other) = series.filter(|series| !known.series.contains(*series)) {
        let problem = format!("there is no series `{other}`");
        problems.add(table.place("series"), problem, "add it as [[series]], with its source");
    }
}

/// Terms rise; the last row is for all longer ones.
fn by_term(rows: Vec<Table<'_, '_>>, known: &Known, problems: &mut Problems<'_>) -> Option<Vec<TenorSeries>> {
    let count = rows.len();
    let mut before = 0;
    let mut series = Vec::with_capacity(count);
    for (index, mut row) in rows.into_iter().enumerate() {
        let up_to_months = row.optional("up_to_months", problems, whole(1..=1200));
        let id = row.required("series", problems, parsed(SeriesId::parse));
        known_series(&row, id.as_ref(), known, problems);
        let last = index.saturating_add(1) == count;
        match up_to_months {
            Some(months) if months <= before => {
                problems.add(row.place("up_to_months"), "the terms do not rise", "write the shortest term first");
            }
            None if !last => {
                problems.add(row.start, "the row has no `up_to_months`, so those after it never apply", "add it");
            }
            Some(_) if last => problems.add(
                row.start,
                "the terms have a hole: nothing says which series holds for longer ones",
                "add a last row without `up_to_months`",
            ),
            Some(_) | None => {}
        }
        before = up_to_months.unwrap_or(before);
        row.finish(problems);
        series.push(TenorSeries { up_to_months, series: id? });
    }
    Some(series)
}

fn lump(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<LumpTable> {
    let by = table.optional("by", problems, code(Measure::parse, Measure::ALL)).unwrap_or(Measure::Base);
    let pick = table.optional("pick", problems, code(Pick::parse, Pick::ALL)).unwrap_or(Pick::First);
    let per_unit = table.optional("per_unit", problems, flag).unwrap_or(false);
    let at_most_cost = table.optional("at_most_cost", problems, flag).unwrap_or(false);
    let rows = table.tables("rows", "`rows`", problems);
    if rows.is_empty() {
        let remedy = "add `rows = [{ up_to = …, inclusive = …, amount = … }]`";
        problems.add(table.start, "the lump sums have no `rows`", remedy);
        return None;
    }
    let measured = table.has("by");
    let mut ends: Vec<(crate::rulebook::model::When, Amount)> = Vec::new();
    let mut lumps = Vec::with_capacity(rows.len());
    for mut row in rows {
        let asked = row.optional("when", problems, when).unwrap_or_default();
        let over = row.optional("over", problems, parsed(Amount::parse));
        let bounds = upper_end(&mut row, problems);
        let amount = row.required("amount", problems, parsed(Amount::parse));
        if bounds.is_some() && !measured {
            let problem = "nothing says what `up_to` measures";
            problems.add(row.place("up_to"), problem, "add `by = \"principal\"`, `\"ip-part\"` or `\"base\"`");
        }
        // Rows with the same properties follow each other; their ends rise.
        let end = ends.iter().rev().find(|(other, _)| *other == asked).map_or(Amount::ZERO, |(_, end)| *end);
        continues(&row, over, end, problems);
        if let Some((up_to, _)) = bounds {
            if up_to <= end {
                problems.add(row.place("up_to"), "the rows do not rise", "write the smallest first, without overlap");
            }
            ends.push((asked.clone(), up_to));
        }
        if amount.is_some_and(|amount| !amount.is_positive()) {
            problems.add(row.place("amount"), "a lump sum of 0 grants nothing", "write the sum, or remove the row");
        }
        row.finish(problems);
        let (up_to, inclusive) = bounds.map_or((None, true), |(up_to, inclusive)| (Some(up_to), inclusive));
        lumps.push(LumpRow { when: asked, up_to, inclusive, amount: amount? });
    }
    let above = nothing(table, "above", problems);
    if let Some(end) = hole(&lumps).filter(|_| !above) {
        let problem = format!("the rows have a hole: nothing says what holds above {end}");
        let remedy = "add a last row without `up_to`, or write `above = \"nothing\"` beside `rows`";
        problems.add(table.place("rows"), problem, remedy);
    }
    Some(LumpTable { by, rows: lumps, pick, per_unit, at_most_cost })
}

/// The end of a series of rows that no row continues.
fn hole(rows: &[LumpRow]) -> Option<Amount> {
    let open = |row: &&LumpRow| row.up_to.is_none();
    let all_others = rows.iter().filter(open).any(|row| row.when.0.is_empty());
    let last_of = |one: &LumpRow| rows.iter().rfind(|row| row.when == one.when).is_some_and(|last| last == one);
    let ended = rows.iter().filter(|row| row.up_to.is_some() && last_of(row));
    ended.filter(|_| !all_others).find_map(|row| row.up_to)
}

/// `[[programme.clamp]]`: what exceeds a rate, or a number of days, does not count.
pub(super) fn clamp(
    mut table: Table<'_, '_>,
    scope: &Scope<'_>,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Clamp> {
    known.count();
    let rate = table.optional("rate", problems, |node, key, problems| rate_term(node, key, known, problems));
    let days = table.optional("days", problems, whole(1..=36_600));
    if table.has("rate") == table.has("days") {
        let problem = "a clamp has exactly one of `rate` and `days`";
        problems.add(table.start, problem, "write two clamps where the clause has both");
    }
    let items = scope.items(&mut table, problems);
    let (reading, clause) = super::programme::read_clause(&mut table, scope, known, problems);
    table.finish(problems);
    let to = rate.map(ClampTo::Rate).or(days.map(ClampTo::Days));
    Some(Clamp { to: to?, items, clause: clause?, reading })
}

/// `[[series]]`: a reference rate with its source, and the values that the file brings along.
pub(super) fn series(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Series> {
    known.count();
    let id = table.required("id", problems, parsed(SeriesId::parse));
    if let Some(id) = &id
        && !known.series.insert(id.clone())
    {
        duplicate(&table, "series", id, problems);
    }
    let name = table.required("name", problems, bilingual);
    let source = table.required("source", problems, text);
    let known_until = table.optional("known_until", problems, date);
    let rows = table.tables("values", "`values`", problems);
    let values: Vec<(CivilDate, Rate)> = values(rows, problems);
    match (values.last(), known_until) {
        (Some((last, _)), Some(until)) if until < *last => {
            let problem = format!("`known_until` {until} is before the last value of {last}");
            problems.add(table.place("known_until"), problem, "correct one of the two days");
        }
        (Some(_), None) => problems.add(
            table.start,
            "nothing says until which day the values are known",
            "add `known_until = …`; beyond that day the rules refuse",
        ),
        (Some(_) | None, _) => {}
    }
    table.finish(problems);
    Some(Series { id: id?, name: name?, source: source?, values, known_until })
}

fn values(rows: Vec<Table<'_, '_>>, problems: &mut Problems<'_>) -> Vec<(CivilDate, Rate)> {
    let mut values: Vec<(CivilDate, Rate)> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let from = row.required("from", problems, date);
        let rate = row.required("rate", problems, parsed(Rate::parse));
        if let Some(rate) = rate.filter(|rate| *rate >= Rate::ONE) {
            let problem = format!("the rate `{rate}` is {} a year", rate.percent());
            problems.add(row.place("rate"), problem, "write 4.35 % as `0.0435`");
        }
        if let (Some(from), Some((last, _))) = (from, values.last())
            && from <= *last
        {
            let problem = format!("the value of {from} comes after the one of {last}");
            problems.add(row.place("from"), problem, "write the values in the order of their days, each day once");
        }
        row.finish(problems);
        values.extend(from.zip(rate));
    }
    values
}
