//! `[[pool]]` and `[[case]]`.

use super::errors::Problems;
use super::table::{Table, bilingual, code, parsed, text, whole};
use super::{Known, duplicate, named_clause};
use crate::identifier::{CapId, PoolId, ProgrammeId, shown};
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::Bound;
use crate::rulebook::model::{Breaker, BreakerEffect, Case, CaseLine, Coverage, PoolRule, Provenance};
use crate::rulebook::terms::{CostKind, LossParty};

/// The whole, in basis points.
const WHOLE: u32 = 10_000;

pub(super) fn pool(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<PoolRule> {
    known.count();
    let id = table.required("id", problems, parsed(PoolId::parse));
    if let Some(id) = &id
        && !known.pools.insert(id.clone())
    {
        duplicate(&table, "pool", id, problems);
    }
    let name = table.required("name", problems, bilingual);
    let provenance = provenance(&mut table, known, problems);
    let shares = shares(&mut table, problems);
    let coverage = table.required("covers", problems, code(Coverage::parse, Coverage::ALL));
    let overdue_days_over = table.required("overdue_days_over", problems, whole(0..=3660)).map(i64::from);
    let leverage_limit = table.required("leverage_limit", problems, parsed(Rate::parse));
    let breaker = table.optional("breaker", problems, |node, _, problems| {
        Table::of(node, "[pool.breaker]", problems).and_then(|table| breaker(table, problems))
    });
    table.finish(problems);
    Some(PoolRule {
        id: id?,
        name: name?,
        provenance: provenance?,
        shares: shares?,
        coverage: coverage?,
        overdue_days_over: overdue_days_over?,
        leverage_limit: leverage_limit?,
        breaker,
    })
}

/// `source = "clause"` with `clause`, or `source = "ours"` with `note`: a number without a source is refused.
fn provenance(table: &mut Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<Provenance> {
    let Some(source) = table.required("source", problems, text) else {
        table.tolerate(&["clause", "reading", "note"]);
        return None;
    };
    match source.as_str() {
        "clause" => {
            let reading = table.optional("reading", problems, bilingual);
            named_clause(table, known, reading.is_some(), problems).map(Provenance::Clause)
        }
        "ours" => table.required("note", problems, bilingual).map(Provenance::Ours),
        other => {
            let problem = format!("`{}` is not a source", shown(other));
            problems.add(table.place("source"), problem, "use `clause` or `ours`");
            table.tolerate(&["clause", "reading", "note"]);
            None
        }
    }
}

/// `shares = [{ party = "pool", basis_points = 5000 }, …]`; the order matters for the last fen.
fn shares(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Vec<(LossParty, u32)>> {
    let rows = table.tables("shares", "`shares`", problems);
    let mut shares: Vec<(LossParty, u32)> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let party = row.required("party", problems, code(LossParty::parse, LossParty::ALL));
        let points = row.required("basis_points", problems, whole(1..=WHOLE));
        if let Some(party) = party.filter(|party| shares.iter().any(|(other, _)| other == party)) {
            problems.add(row.start, format!("`{party}` has two shares"), "add them up");
        }
        row.finish(problems);
        shares.push((party?, points?));
    }
    let sum = shares.iter().fold(0_u32, |sum, (_, points)| sum.saturating_add(*points));
    if sum != WHOLE {
        let problem = format!("the shares are {sum} basis points in all");
        problems.add(table.place("shares"), problem, format!("make them {WHOLE}, the whole of the loss"));
    }
    if !shares.iter().any(|(party, _)| *party == LossParty::Pool) {
        problems.add(table.place("shares"), "the pool has no share", "add `{ party = \"pool\", basis_points = … }`");
    }
    Some(shares)
}

fn breaker(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Breaker> {
    let ratio = table.required("ratio", problems, parsed(Rate::parse));
    if let Some(ratio) = ratio.filter(|ratio| *ratio > Rate::ONE) {
        let problem = format!("the breaker's ratio `{ratio}` is above 1: it could never trip");
        problems.add(table.place("ratio"), problem, "write 3 % as `0.03`");
    }
    let effect = table.required("effect", problems, code(BreakerEffect::parse, BreakerEffect::ALL));
    table.finish(problems);
    Some(Breaker { ratio: ratio?, effect: effect? })
}

/// A worked case: what a programme must grant; run by tests, never by the ledger.
pub(super) fn case(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Case> {
    known.count();
    let id = table.required("id", problems, text);
    if let Some(id) = &id
        && !known.cases.insert(id.clone())
    {
        duplicate(&table, "case", &shown(id), problems);
    }
    let programme = table.required("programme", problems, parsed(ProgrammeId::parse));
    if let Some(other) = programme.as_ref().filter(|programme| !known.programmes.contains(programme)) {
        let problem = format!("there is no programme `{other}`");
        problems.add(table.place("programme"), problem, "name a programme of this file");
    }
    let used = table.tables("used", "`used`", problems);
    let used = used.into_iter().filter_map(|row| used_before(row, known, problems)).collect();
    let lines = table.tables("lines", "`lines`", problems);
    if lines.is_empty() {
        problems.add(
            table.place("lines"),
            "the case has no lines",
            "add `lines = [{ item = …, cost = …, expect = … }]`",
        );
    }
    let lines = lines.into_iter().filter_map(|row| case_line(row, problems)).collect();
    table.finish(problems);
    Some(Case { id: id?, programme: programme?, used, lines })
}

fn used_before(mut row: Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<(CapId, Amount)> {
    let cap = row.required("cap", problems, parsed(CapId::parse));
    if let Some(other) = cap.as_ref().filter(|cap| !known.caps.contains(cap)) {
        problems.add(row.place("cap"), format!("there is no cap `{other}`"), "name a cap of this file");
    }
    let amount = row.required("amount", problems, parsed(Amount::parse));
    row.finish(problems);
    Some((cap?, amount?))
}

fn case_line(mut row: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<CaseLine> {
    let item = row.required("item", problems, code(CostKind::parse, CostKind::ALL));
    let cost = row.required("cost", problems, parsed(Amount::parse));
    let expect = row.required("expect", problems, parsed(Amount::parse));
    let bound = row.optional("bound", problems, code(Bound::parse, Bound::ALL));
    row.finish(problems);
    Some(CaseLine { item: item?, cost: cost?, expect: expect?, bound })
}
