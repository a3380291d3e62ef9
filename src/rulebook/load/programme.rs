//! `[[programme]]` with its `[[programme.gate]]` and `[[programme.cap]]`.

use super::errors::Problems;
use super::table::{Table, bilingual, code, flag, list, parsed, text, whole};
use super::{Known, duplicate, named_clause};
use crate::identifier::{BudgetLineId, CapId, ClauseId, ProgrammeId, shown};
use crate::money::{Amount, Rate, Rounding};
use crate::rulebook::model::{Attribution, BilingualText, Cap, CapScope, Clawback, Condition, Gate, Programme};
use crate::rulebook::terms::{CostKind, SizeClass};

pub(super) fn programme(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Programme> {
    known.count();
    let id = table.required("id", problems, parsed(ProgrammeId::parse));
    if let Some(id) = &id
        && !known.programmes.insert(id.clone())
    {
        duplicate(&table, "programme", id, problems);
    }
    let name = table.required("name", problems, bilingual);
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(&mut table, known, reading.is_some(), problems);
    let items = table.required("items", problems, list(code(CostKind::parse, CostKind::ALL)));
    let attribution = table.required("attribution", problems, code(Attribution::parse, Attribution::ALL));
    let ratio = ratio(&mut table, problems);
    let grants_per_enterprise = table.optional("grants_per_enterprise", problems, whole(1..=u32::MAX));
    let budget = table.required("budget", problems, parsed(BudgetLineId::parse));
    let rounding = rounding(&mut table, problems);
    let clawback = table.required("clawback", problems, |node, _, problems| {
        Table::of(node, "`clawback`", problems).and_then(|table| clawback(table, problems))
    });
    let scope = Scope { reading: reading.as_ref(), items: items.as_deref() };
    let gates = table.tables("gate", "[[programme.gate]]", problems);
    let gates: Vec<Gate> = gates.into_iter().filter_map(|table| gate(table, &scope, known, problems)).collect();
    let caps = table.tables("cap", "[[programme.cap]]", problems);
    let needs_loan = needs_loan(&gates, scope.items.unwrap_or_default());
    let caps = caps.into_iter().filter_map(|table| cap(table, &scope, needs_loan, known, problems)).collect();
    table.finish(problems);
    Some(Programme {
        id: id?,
        name: name?,
        clause: clause?,
        reading,
        items: items?,
        attribution: attribution?,
        gates,
        ratio: ratio?,
        caps,
        grants_per_enterprise,
        budget: budget?,
        rounding,
        clawback: clawback?,
    })
}

/// What a gate or a cap inherits from its programme.
struct Scope<'a> {
    reading: Option<&'a BilingualText>,
    /// `None` where the programme's own list has a problem.
    items: Option<&'a [CostKind]>,
}

impl Scope<'_> {
    /// A kind of cost that the programme does not pay toward is a slip of the pen in a gate or cap.
    fn check(&self, items: &[CostKind], table: &Table<'_, '_>, problems: &mut Problems<'_>) {
        let Some(known) = self.items else {
            return;
        };
        for item in items.iter().filter(|item| !known.contains(item)) {
            let problem = format!("`{item}` is not among the items of the programme");
            problems.add(table.place("items"), problem, "name only items of the programme");
        }
    }
}

fn ratio(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Rate> {
    let ratio = table.required("ratio", problems, parsed(Rate::parse))?;
    if ratio > Rate::ONE {
        let problem = format!("the ratio `{ratio}` is above 1: more than the cost would be granted");
        problems.add(table.place("ratio"), problem, "write half as `0.5`");
    }
    if ratio.is_zero() {
        problems.add(table.place("ratio"), "the ratio is 0: nothing would be granted", "write half as `0.5`");
    }
    Some(ratio)
}

/// Only `down`: any other rounding could grant more than ratio × cost.
fn rounding(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Rounding {
    if let Some(other) = table.optional("rounding", problems, text).filter(|code| code != "down") {
        let problem = format!("`{}` is not a rounding of an award: it could exceed the ratio", shown(&other));
        problems.add(table.place("rounding"), problem, "write `down`");
    }
    Rounding::Down
}

fn clawback(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Clawback> {
    let restores_cap = table.required("restores_cap", problems, flag);
    let restores_budget = table.required("restores_budget", problems, flag);
    table.finish(problems);
    Some(Clawback { restores_cap: restores_cap?, restores_budget: restores_budget? })
}

fn gate(mut table: Table<'_, '_>, scope: &Scope<'_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Gate> {
    known.count();
    let condition = condition(&mut table, problems);
    let items = table.optional("items", problems, list(code(CostKind::parse, CostKind::ALL)));
    let items = items.unwrap_or_else(|| scope.items.unwrap_or_default().to_vec());
    scope.check(&items, &table, problems);
    let (reading, clause) = read_clause(&mut table, scope, known, problems);
    table.finish(problems);
    Some(Gate { condition: condition?, items, clause: clause?, reading })
}

fn condition(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Condition> {
    const PLAIN: &[Condition] = &[
        Condition::NotBlacklisted,
        Condition::LoanRequired,
        Condition::LoanDisbursed,
        Condition::PledgedByDisbursement,
        Condition::PaidWithinLoan,
        Condition::PaidByLoanEnd,
        Condition::RightRequired,
        Condition::RightOwned,
        Condition::RightInForce,
        Condition::RightIsPatent,
    ];
    let name = table.required("condition", problems, text)?;
    let size_class = Condition::SizeClass(Vec::new());
    if name == size_class.code() {
        let classes = table.required("size_classes", problems, list(code(SizeClass::parse, SizeClass::ALL)));
        return classes.map(Condition::SizeClass);
    }
    let condition = PLAIN.iter().find(|condition| condition.code() == name);
    if condition.is_none() {
        let codes: Vec<&str> = PLAIN.iter().map(Condition::code).chain([size_class.code()]).collect();
        let problem = format!("`{}` is not a condition", shown(&name));
        problems.add(table.place("condition"), problem, format!("use one of: {}", codes.join(", ")));
    }
    condition.cloned()
}

/// Whether every line that passes the gates has a loan.
fn needs_loan(gates: &[Gate], items: &[CostKind]) -> bool {
    gates
        .iter()
        .any(|gate| gate.condition == Condition::LoanRequired && items.iter().all(|item| gate.items.contains(item)))
}

fn cap(
    mut table: Table<'_, '_>,
    scope: &Scope<'_>,
    needs_loan: bool,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Cap> {
    known.count();
    let id = table.required("id", problems, parsed(CapId::parse));
    if let Some(id) = &id
        && !known.caps.insert(id.clone())
    {
        duplicate(&table, "cap", id, problems);
    }
    let cap_scope = table.required("scope", problems, code(CapScope::parse, CapScope::ALL));
    let items = table.required("items", problems, list(code(CostKind::parse, CostKind::ALL)));
    let amount = table.required("amount", problems, parsed(Amount::parse));
    if amount.is_some_and(|amount| !amount.is_positive()) {
        problems.add(table.place("amount"), "a cap of 0 grants nothing", "write the limit, or remove the items");
    }
    let (reading, clause) = read_clause(&mut table, scope, known, problems);
    if let Some(items) = &items {
        scope.check(items, &table, problems);
        if cap_scope == Some(CapScope::Item) && items.len() > 1 {
            let problem = "a cap of scope `item` counts one kind of cost";
            problems.add(table.place("items"), problem, "write one cap for each, or use the scope `joint`");
        }
    }
    if cap_scope.is_some_and(CapScope::is_per_loan) && !needs_loan {
        let problem = "the cap counts per loan, but the programme does not ask for a loan";
        problems.add(table.place("scope"), problem, "add a gate with `condition = \"loan-required\"` for all items");
    }
    table.finish(problems);
    Some(Cap { id: id?, scope: cap_scope?, items: items?, amount: amount?, clause: clause?, reading })
}

/// The reading and the clause of a gate or cap; the programme's reading counts for both.
fn read_clause(
    table: &mut Table<'_, '_>,
    scope: &Scope<'_>,
    known: &Known,
    problems: &mut Problems<'_>,
) -> (Option<BilingualText>, Option<ClauseId>) {
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(table, known, reading.is_some() || scope.reading.is_some(), problems);
    (reading, clause)
}
