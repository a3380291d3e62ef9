//! `[[pool]]`: shares or payers of a loss, and when a claim is paid.

use super::errors::Problems;
use super::gate::share;
use super::nearest::meant;
use super::ratio::{amounts, ratio_rule};
use super::table::{Table, bilingual, code, parsed, text, whole};
use super::when::when;
use super::{Known, duplicate, named_clause, stands};
use crate::identifier::{CapId, ClauseId, PoolId, shown};
use crate::money::{Amount, Rate};
use crate::rulebook::model::{
    BilingualText, Breaker, BreakerEffect, Coverage, Payer, PayerCap, PayerCapScope, PoolCondition, PoolGate, PoolRule,
    Provenance, When,
};
use crate::rulebook::terms::LossParty;

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
    let paid_by = table.tables("payer", "[[pool.payer]]", problems);
    let payers: Vec<Payer> =
        paid_by.into_iter().filter_map(|table| payer(table, provenance.as_ref(), known, problems)).collect();
    let has_payers = table.has("payer");
    if has_payers == table.has("shares") {
        let problem = "a pool has either `shares` or [[pool.payer]]";
        problems.add(table.start, problem, "write fixed shares of the whole loss, or who pays which part of it");
    }
    let shares = if has_payers {
        table.tolerate(&["shares"]);
        Some(Vec::new())
    } else {
        fixed_shares(&mut table, problems)
    };
    let seats = seats(&mut table, shares.as_deref().unwrap_or_default(), problems);
    let rest = rest(&mut table, &payers, has_payers, problems);
    let coverage = table.required("covers", problems, code(Coverage::parse, Coverage::ALL));
    let gates = table.tables("gate", "[[pool.gate]]", problems);
    let gates = gates.into_iter().filter_map(|table| gate(table, known, problems)).collect();
    let overdue_days_over = table.optional("overdue_days_over", problems, whole(0..=3660)).map(i64::from);
    let leverage_limit = table.optional("leverage_limit", problems, parsed(Rate::parse));
    let eligible_principal = table.optional("eligible_principal", problems, parsed(Amount::parse));
    let borrower_limit = table.optional("borrower_limit", problems, parsed(Amount::parse));
    let breaker = table.optional("breaker", problems, |node, _, problems| {
        Table::of(node, "[pool.breaker]", problems).and_then(|table| breaker(table, known, problems))
    });
    let paid_to = payees(&mut table, problems);
    if leverage_limit.is_some_and(Rate::is_zero) {
        problems.add(table.place("leverage_limit"), "with a leverage of 0 the pool can take on nothing", "write `10`");
    }
    for (key, amount) in [("eligible_principal", eligible_principal), ("borrower_limit", borrower_limit)] {
        if amount.is_some_and(|amount| !amount.is_positive()) {
            problems.add(table.place(key), format!("a limit of 0 in `{key}` covers nothing"), "write the limit");
        }
    }
    for key in ["overdue_days_over", "leverage_limit"] {
        if !has_payers && !table.has(key) {
            problems.add(table.start, format!("[[pool]] has no `{key}`"), format!("add `{key} = …`"));
        }
    }
    table.finish(problems);
    Some(PoolRule {
        id: id?,
        name: name?,
        provenance: provenance?,
        shares: shares?,
        seats,
        payers,
        rest,
        coverage: coverage?,
        gates,
        overdue_days_over,
        leverage_limit,
        eligible_principal,
        borrower_limit,
        breaker,
        payees: paid_to,
    })
}

/// `rest = "bank"`: who bears what the payers leave.
fn rest(table: &mut Table<'_, '_>, payers: &[Payer], has_payers: bool, problems: &mut Problems<'_>) -> LossParty {
    let rest = table.optional("rest", problems, code(LossParty::parse, LossParty::ALL));
    if has_payers && !table.has("rest") {
        let problem = "nothing says who bears what the payers leave";
        problems.add(table.start, problem, "add `rest = \"bank\"`");
    }
    if !has_payers && table.has("rest") {
        problems.add(table.place("rest"), "fixed shares leave no rest", "remove `rest`");
    }
    if has_payers && !payers.iter().any(|payer| payer.party == LossParty::Pool) {
        problems.add(table.start, "the pool pays nothing", "add a [[pool.payer]] with `party = \"pool\"`");
    }
    let twice = payers
        .iter()
        .enumerate()
        .find(|(index, payer)| payers.iter().take(*index).any(|other| other.party == payer.party));
    if let Some((_, payer)) = twice {
        let problem = format!("`{}` pays twice", payer.party);
        problems.add(table.start, problem, "write one payer with branches");
    }
    rest.unwrap_or(LossParty::Bank)
}

/// `seats = [{ party = "insurer", or = "guarantor" }]`
fn seats(
    table: &mut Table<'_, '_>,
    shares: &[(LossParty, u32)],
    problems: &mut Problems<'_>,
) -> Vec<(LossParty, LossParty)> {
    let rows = table.tables("seats", "`seats`", problems);
    let mut seats = Vec::with_capacity(rows.len());
    for mut row in rows {
        let party = row.required("party", problems, code(LossParty::parse, LossParty::ALL));
        let other = row.required("or", problems, code(LossParty::parse, LossParty::ALL));
        let has = |party: &LossParty| shares.iter().any(|(seat, _)| seat == party);
        if party.as_ref().is_some_and(|party| !has(party)) {
            problems.add(row.place("party"), "the party has no share", "name a party of `shares`");
        }
        if other.as_ref().is_some_and(has) {
            let problem = "the other party has a share of its own";
            problems.add(row.place("or"), problem, "name a party that is not in `shares`");
        }
        row.finish(problems);
        seats.extend(party.zip(other));
    }
    seats
}

/// `payees = [{ when = …, party = "guarantor" }, { party = "bank" }]`
fn payees(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Vec<(When, LossParty)> {
    let rows = table.tables("payees", "`payees`", problems);
    let mut payees = Vec::with_capacity(rows.len());
    for mut row in rows {
        let asked = row.optional("when", problems, when).unwrap_or_default();
        let party = row.required("party", problems, code(LossParty::parse, LossParty::ALL));
        row.finish(problems);
        payees.extend(party.map(|party| (asked, party)));
    }
    payees
}

fn payer(
    mut table: Table<'_, '_>,
    provenance: Option<&Provenance>,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Payer> {
    known.count();
    let party = table.required("party", problems, code(LossParty::parse, LossParty::ALL));
    let ratio = table.required("ratio", problems, |node, key, problems| ratio_rule(node, key, known, problems));
    let liability_ceiling = table.optional("liability_ceiling", problems, parsed(Rate::parse));
    if let Some(ceiling) = liability_ceiling.filter(|ceiling| *ceiling > Rate::ONE || ceiling.is_zero()) {
        let problem = format!("the ceiling `{ceiling}` is not a part of the liability");
        problems.add(table.place("liability_ceiling"), problem, "write 80 % as `0.8`; at most 1");
    }
    let (reading, clause) = pool_clause(&mut table, provenance, known, problems);
    let ceiling_clause = table.optional("ceiling_clause", problems, parsed(ClauseId::parse));
    if let Some(clause) = &ceiling_clause {
        stands(&table, "ceiling_clause", clause, (known, reading.is_some()), problems);
    }
    if table.has("ceiling_clause") && !table.has("liability_ceiling") {
        let problem = "the payer has no `liability_ceiling`";
        problems.add(table.place("ceiling_clause"), problem, "add it, or remove `ceiling_clause`");
    }
    let rows = table.tables("cap", "[[pool.payer.cap]]", problems);
    let caps = rows.into_iter().filter_map(|row| payer_cap(row, provenance, known, problems)).collect();
    table.finish(problems);
    Some(Payer { party: party?, ratio: ratio?, caps, liability_ceiling, ceiling_clause, clause: clause?, reading })
}

/// The clause of a part of the pool; a pool's own clause where it names none.
fn pool_clause(
    table: &mut Table<'_, '_>,
    provenance: Option<&Provenance>,
    known: &Known,
    problems: &mut Problems<'_>,
) -> (Option<BilingualText>, Option<ClauseId>) {
    let reading = table.optional("reading", problems, bilingual);
    match provenance {
        Some(Provenance::Clause(clause)) if !table.has("clause") => {
            table.tolerate(&["clause"]);
            (reading, Some(clause.clone()))
        }
        Some(Provenance::Clause(_) | Provenance::Ours(_)) | None => {
            let clause = named_clause(table, known, reading.is_some(), problems);
            (reading, clause)
        }
    }
}

fn payer_cap(
    mut row: Table<'_, '_>,
    provenance: Option<&Provenance>,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<PayerCap> {
    known.count();
    let id = row.required("id", problems, parsed(CapId::parse));
    if let Some(id) = &id
        && !known.caps.insert(id.clone())
    {
        duplicate(&row, "cap", id, problems);
    }
    let scope = row.required("scope", problems, code(PayerCapScope::parse, PayerCapScope::ALL));
    let asked = row.optional("when", problems, when).unwrap_or_default();
    let amount = row.optional("amount", problems, parsed(Amount::parse));
    let by_year = row.optional("by_business_year", problems, amounts);
    let share_of_filed = row.optional("share_of_filed", problems, share);
    let share_of_balance = row.optional("share_of_balance", problems, share);
    let ways = ["amount", "by_business_year", "share_of_filed", "share_of_balance"];
    if ways.iter().filter(|key| row.has(key)).count() != 1 {
        let problem = "a cap has exactly one of `amount`, `by_business_year`, `share_of_filed` and `share_of_balance`";
        problems.add(row.start, problem, "write `by_business_year = [\"…\", \"…\"]` for the first, the later years");
    }
    if row.has("share_of_filed") && scope.is_some_and(|scope| scope != PayerCapScope::BankYear) {
        let problem = "a share of what the bank filed limits the bank's year";
        problems.add(row.place("scope"), problem, "write `bank-year`");
    }
    let part = share_of_filed.or(share_of_balance);
    let amounts = by_year.or(amount.map(|amount| vec![amount])).or(part.map(|_| Vec::new()));
    if amounts.as_ref().is_some_and(|amounts| amounts.iter().any(|amount| !amount.is_positive())) {
        problems.add(row.start, "a cap of 0 pays nothing", "write the limit");
    }
    let (reading, clause) = pool_clause(&mut row, provenance, known, problems);
    row.finish(problems);
    let (id, scope, amounts, clause) = (id?, scope?, amounts?, clause?);
    Some(PayerCap { id, scope, when: asked, amounts, share_of_filed, share_of_balance, clause, reading })
}

fn gate(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<PoolGate> {
    const CODES: &str = "property, higher-recognised, working-days-at-most, pledged-by-disbursement, ip-share-at-least";
    known.count();
    let name = table.required("condition", problems, text);
    let condition = match name.as_deref() {
        Some("property") => table.required("when", problems, when).map(PoolCondition::Property),
        Some("higher-recognised") => Some(PoolCondition::HigherRecognised),
        Some("working-days-at-most") => table
            .required("days", problems, whole(0..=3660))
            .map(|days| PoolCondition::WorkingDaysAtMost(i64::from(days))),
        Some("pledged-by-disbursement") => Some(PoolCondition::PledgedByDisbursement),
        Some("ip-share-at-least") => table.required("share", problems, share).map(PoolCondition::IpShareAtLeast),
        Some(other) => {
            let problem = format!("`{}` is not a condition of a claim", shown(other));
            let meant = meant(other, CODES.split(", "));
            problems.add(table.place("condition"), problem, format!("{meant}use one of: {CODES}"));
            None
        }
        None => None,
    };
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(&mut table, known, reading.is_some(), problems);
    table.finish(problems);
    Some(PoolGate { condition: condition?, clause: clause?, reading })
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
fn fixed_shares(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Vec<(LossParty, u32)>> {
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

fn breaker(mut table: Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<Breaker> {
    let ratio = table.required("ratio", problems, parsed(Rate::parse));
    if let Some(ratio) = ratio.filter(|ratio| *ratio > Rate::ONE) {
        let problem = format!("the breaker's ratio `{ratio}` is above 1: it could never trip");
        problems.add(table.place("ratio"), problem, "write 3 % as `0.03`");
    }
    let effect = table.required("effect", problems, code(BreakerEffect::parse, BreakerEffect::ALL));
    let reading = table.optional("reading", problems, bilingual);
    let own = table.has("clause").then(|| named_clause(&mut table, known, reading.is_some(), problems)).flatten();
    table.tolerate(&["clause"]);
    table.finish(problems);
    Some(Breaker { ratio: ratio?, effect: effect?, clause: own, reading })
}
