//! `[[programme]]` with what hangs on it; gates, caps, bases and ratios have files of their own.

use super::base::{base, clamp};
use super::cap::{cap, choice, no_payee};
use super::errors::Problems;
use super::gate::gate;
use super::ratio::{items, ratio_rule};
use super::table::{Table, bilingual, code, flag, list, parsed, text, whole};
use super::{Known, duplicate, named_clause};
use crate::identifier::{BudgetLineId, ClauseId, ProgrammeId, shown};
use crate::money::{Amount, Rate, Rounding};
use crate::rulebook::model::{
    Attribution, Base, BilingualText, CapScope, Clawback, ClosingRule, Condition, Gate, LateApplication, OrdinalOf,
    OwnStep, Payee, Programme, StandsOn,
};
use crate::rulebook::terms::CostKind;

pub(super) fn programme(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Programme> {
    known.count();
    let id = table.required("id", problems, parsed(ProgrammeId::parse));
    if let Some(id) = &id
        && known.programmes.insert(id.clone(), table.start).is_some()
    {
        duplicate(&table, "programme", id, problems);
    }
    let name = table.required("name", problems, bilingual);
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(&mut table, known, reading.is_some(), problems);
    let paid_for = table.required("items", problems, items);
    let attribution = table.required("attribution", problems, code(Attribution::parse, Attribution::ALL));
    let ratio = table.required("ratio", problems, |node, key, problems| ratio_rule(node, key, known, problems));
    let grants_per_enterprise = table.optional("grants_per_enterprise", problems, whole(1..=u32::MAX));
    let budget = table.required("budget", problems, parsed(BudgetLineId::parse));
    let rounding = rounding(&mut table, problems);
    let round_to = round_to(&mut table, problems);
    let award_at_least = table.optional("award_at_least", problems, parsed(Amount::parse)).unwrap_or_default();
    let clawback = table.required("clawback", problems, |node, _, problems| {
        Table::of(node, "`clawback`", problems).and_then(|table| clawback(table, problems))
    });
    let scope = Scope { reading: reading.as_ref(), items: paid_for.as_deref() };
    let parts = parts(&mut table, &scope, known, problems);
    let clauses = stands_on(&mut table, &scope, known, problems);
    let further = further(&mut table, &scope, known, problems);
    if let Some(id) = id.as_ref().filter(|_| !further.yields_to.is_empty()) {
        known.yields.push((id.clone(), table.place("yields_to"), further.yields_to.clone()));
    }
    if further.payee == Payee::Enterprise && parts.caps.iter().any(|cap| cap.scope == CapScope::PayeeYear) {
        no_payee(&table, problems);
    }
    table.finish(problems);
    Some(Programme {
        id: id?,
        name: name?,
        clause: clause?,
        clauses,
        items: paid_for?,
        attribution: attribution?,
        gates: parts.gates,
        base: parts.base?,
        clamps: parts.clamps,
        ip_share_items: further.ip_share_items,
        ratio: ratio?,
        public_share_at_most: further.public_share_at_most,
        choices: parts.choices,
        caps: parts.caps,
        grants_per_enterprise,
        ordinal_of: further.ordinal_of,
        yields_to: further.yields_to,
        payee: further.payee,
        closing_run: further.closing_run,
        budget: budget?,
        rounding,
        round_to,
        award_at_least,
        clawback: clawback?,
        reading,
    })
}

/// The lists of tables of a programme, and its base.
struct Parts {
    gates: Vec<Gate>,
    base: Option<Base>,
    clamps: Vec<crate::rulebook::model::Clamp>,
    choices: Vec<crate::rulebook::model::Choice>,
    caps: Vec<crate::rulebook::model::Cap>,
}

fn parts(table: &mut Table<'_, '_>, scope: &Scope<'_>, known: &mut Known, problems: &mut Problems<'_>) -> Parts {
    let has_base = table.has("base");
    let base = table.optional("base", problems, |node, key, problems| base(node, key, known, problems));
    let gates = table.tables("gate", "[[programme.gate]]", problems);
    let gates: Vec<Gate> = gates.into_iter().filter_map(|table| gate(table, scope, known, problems)).collect();
    let clamps = table.tables("clamp", "[[programme.clamp]]", problems);
    let clamps = clamps.into_iter().filter_map(|table| clamp(table, scope, known, problems)).collect();
    let needs_loan = needs_loan(&gates, scope.items.unwrap_or_default());
    let choices = table.tables("choice", "[[programme.choice]]", problems);
    let choices = choices.into_iter().filter_map(|table| choice(table, scope, needs_loan, known, problems)).collect();
    let caps = table.tables("cap", "[[programme.cap]]", problems);
    let caps = caps.into_iter().filter_map(|table| cap(table, scope, needs_loan, known, problems)).collect();
    let base = if has_base { base } else { Some(Base::ActualCost) };
    Parts { gates, base, clamps, choices, caps }
}

/// The keys that a simple programme does not have.
struct Further {
    ip_share_items: Vec<CostKind>,
    public_share_at_most: Rate,
    ordinal_of: OrdinalOf,
    yields_to: Vec<ProgrammeId>,
    payee: Payee,
    closing_run: Option<ClosingRule>,
}

fn further(table: &mut Table<'_, '_>, scope: &Scope<'_>, known: &mut Known, problems: &mut Problems<'_>) -> Further {
    let ip_share_items = table.optional("ip_share_items", problems, items).unwrap_or_default();
    scope.check("ip_share_items", &ip_share_items, table, problems);
    let public_share = table.optional("public_share_at_most", problems, parsed(Rate::parse)).unwrap_or(Rate::ONE);
    if public_share > Rate::ONE || public_share.is_zero() {
        let problem = format!("all public money is `{public_share}` of the cost at most");
        problems.add(table.place("public_share_at_most"), problem, "write 80 % as `0.8`; at most 1");
    }
    let yields_to = table.optional("yields_to", problems, list(parsed(ProgrammeId::parse))).unwrap_or_default();
    let ordinal_of = table.optional("ordinal_of", problems, code(OrdinalOf::parse, OrdinalOf::ALL));
    let ordinal_of = ordinal_of.unwrap_or(OrdinalOf::Application);
    let payee = table.optional("payee", problems, code(Payee::parse, Payee::ALL)).unwrap_or(Payee::Enterprise);
    let closing_run = table.optional("closing_run", problems, |node, _, problems| {
        let mut table = Table::of(node, "[programme.closing_run]", problems)?;
        let (reading, clause) = read_clause(&mut table, scope, known, problems);
        let late = table.optional("late", problems, code(LateApplication::parse, LateApplication::ALL));
        table.finish(problems);
        Some(ClosingRule { clause: clause?, reading, late: late.unwrap_or(LateApplication::Refuse) })
    });
    Further { ip_share_items, public_share_at_most: public_share, ordinal_of, yields_to, payee, closing_run }
}

/// `clauses = [{ items = ["valuation"], clause = "fees" }, { step = "ip-share", clause = "conditions" }]`
fn stands_on(
    table: &mut Table<'_, '_>,
    scope: &Scope<'_>,
    known: &Known,
    problems: &mut Problems<'_>,
) -> Vec<StandsOn> {
    let rows = table.tables("clauses", "`clauses`", problems);
    let mut clauses = Vec::with_capacity(rows.len());
    for mut row in rows {
        let for_items = row.optional("items", problems, items).unwrap_or_default();
        scope.check("items", &for_items, &row, problems);
        let step = row.optional("step", problems, code(OwnStep::parse, OwnStep::ALL));
        if !row.has("items") && !row.has("step") {
            let problem = "the row is for everything, as the programme's own `clause` is";
            problems.add(row.start, problem, "name `items`, or a `step`, that stand on another clause");
        }
        let (reading, clause) = read_clause(&mut row, scope, known, problems);
        row.finish(problems);
        clauses.extend(clause.map(|clause| StandsOn { items: for_items, step, clause, reading }));
    }
    clauses
}

/// What a gate or a cap inherits from its programme.
pub(super) struct Scope<'a> {
    pub(super) reading: Option<&'a BilingualText>,
    /// `None` where the programme's own list has a problem.
    pub(super) items: Option<&'a [CostKind]>,
}

impl Scope<'_> {
    /// The `items` of a part; those of the programme where it names none.
    pub(super) fn items(&self, table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Vec<CostKind> {
        let named = table.optional("items", problems, items);
        let items = named.unwrap_or_else(|| self.items.unwrap_or_default().to_vec());
        self.check("items", &items, table, problems);
        items
    }

    /// A kind of cost that the programme does not pay toward is a slip of the pen in a gate or cap.
    pub(super) fn check(&self, key: &str, items: &[CostKind], table: &Table<'_, '_>, problems: &mut Problems<'_>) {
        let Some(known) = self.items else {
            return;
        };
        for item in items.iter().filter(|item| !known.contains(item)) {
            let problem = format!("`{item}` is not among the items of the programme");
            problems.add(table.place(key), problem, "name only items of the programme");
        }
    }
}

/// Only `down`: any other rounding could grant more than ratio × cost.
fn rounding(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Rounding {
    if let Some(other) = table.optional("rounding", problems, text).filter(|code| code != "down") {
        let problem = format!("`{}` is not a rounding of an award: it could exceed the ratio", shown(&other));
        problems.add(table.place("rounding"), problem, "write `down`");
    }
    Rounding::Down
}

/// One fen where there is no key; otherwise a power of ten.
fn round_to(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Amount {
    const UNITS: [&str; 4] = ["1.00", "10.00", "100.00", "1000.00"];
    let unit = table.optional("round_to", problems, parsed(Amount::parse));
    if unit.is_some_and(|unit| UNITS.iter().all(|one| Amount::parse(one) != Ok(unit))) {
        let problem = format!("`{}` is not a unit that awards are rounded to", unit.unwrap_or_default());
        problems.add(table.place("round_to"), problem, format!("use one of: {}", UNITS.join(", ")));
    }
    unit.unwrap_or(Amount::from_fen(1))
}

fn clawback(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Clawback> {
    let restores_cap = table.required("restores_cap", problems, flag);
    let restores_budget = table.required("restores_budget", problems, flag);
    table.finish(problems);
    Some(Clawback { restores_cap: restores_cap?, restores_budget: restores_budget? })
}

/// Whether every line that passes the gates has a loan.
fn needs_loan(gates: &[Gate], items: &[CostKind]) -> bool {
    gates
        .iter()
        .any(|gate| gate.condition == Condition::LoanRequired && items.iter().all(|item| gate.items.contains(item)))
}

/// The reading and the clause of a gate or cap; the programme's reading counts for both.
pub(super) fn read_clause(
    table: &mut Table<'_, '_>,
    scope: &Scope<'_>,
    known: &Known,
    problems: &mut Problems<'_>,
) -> (Option<BilingualText>, Option<ClauseId>) {
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(table, known, reading.is_some() || scope.reading.is_some(), problems);
    (reading, clause)
}
