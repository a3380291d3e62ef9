//! `[[programme.cap]]`, `[[programme.choice]]`, and `[[cap]]` over several programmes.

use super::base::figure;
use super::errors::Problems;
use super::gate::share;
use super::programme::{Scope, read_clause};
use super::ratio::items;
use super::table::{Table, code, list, parsed, text, whole};
use super::when::when;
use super::{Known, duplicate};
use crate::identifier::{CapId, ProgrammeId, shown};
use crate::money::Amount;
use crate::rulebook::model::{Between, Cap, CapRule, CapScope, Choice, ChoiceScope, Payee, Programme, When};

/// The longest id of a choice: its members' sums are named after it.
const CHOICE_ID_MAX: usize = 40;

pub(super) fn cap(
    mut table: Table<'_, '_>,
    scope: &Scope<'_>,
    needs_loan: bool,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Cap> {
    known.count();
    let id = cap_id(&mut table, known, problems);
    let cap_scope = table.required("scope", problems, code(CapScope::parse, CapScope::ALL));
    let counted = table.required("items", problems, items);
    let asked = table.optional("when", problems, when).unwrap_or_default();
    let limit = limit(&mut table, problems);
    let (reading, clause) = read_clause(&mut table, scope, known, problems);
    if let Some(counted) = &counted {
        scope.check("items", counted, &table, problems);
        if cap_scope == Some(CapScope::Item) && counted.len() > 1 {
            let problem = "a cap of scope `item` counts one kind of cost";
            problems.add(table.place("items"), problem, "write one cap for each, or use the scope `joint`");
        }
    }
    let years = years(&mut table, cap_scope, problems);
    if cap_scope.is_some_and(CapScope::is_per_loan) && !needs_loan {
        let problem = "the cap counts per loan, but the programme does not ask for a loan";
        problems.add(table.place("scope"), problem, "add a gate with `condition = \"loan-required\"` for all items");
    }
    table.finish(problems);
    let (amount, rule) = limit?;
    let (id, scope, items, clause) = (id?, cap_scope?, counted?, clause?);
    Some(Cap { id, scope, items, years, amount, rule, when: asked, clause, reading })
}

/// `years = 3`: the cap is one of so many years in a row together.
fn years(table: &mut Table<'_, '_>, scope: Option<CapScope>, problems: &mut Problems<'_>) -> u32 {
    let years = table.optional("years", problems, whole(2..=20));
    if table.has("years") && scope.is_some_and(|scope| scope != CapScope::EnterpriseYear) {
        let problem = "only the cap of an enterprise's year can be one of several years";
        problems.add(table.place("years"), problem, "write the scope `enterprise-year`; `lifetime` has no end");
    }
    years.unwrap_or(1)
}

fn cap_id(table: &mut Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<CapId> {
    let id = table.required("id", problems, parsed(CapId::parse))?;
    if !known.caps.insert(id.clone()) {
        duplicate(table, "cap", &id, problems);
    }
    Some(id)
}

/// `amount`, `amounts` by property, `share_of_principal` or `share_of_figure`.
fn limit(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<(Amount, CapRule)> {
    let of_principal = table.optional("share_of_principal", problems, share);
    if table.has("share_of_principal") {
        let amount = table.optional("amount", problems, parsed(Amount::parse)).unwrap_or(Amount::INPUT_MAX);
        positive(table, "amount", amount, problems);
        return of_principal.map(|share| (amount, CapRule::ShareOfPrincipal(share)));
    }
    let of_figure = table.optional("share_of_figure", problems, share);
    if table.has("share_of_figure") {
        let of = figure(table, problems);
        let amount = table.optional("amount", problems, parsed(Amount::parse)).unwrap_or(Amount::INPUT_MAX);
        positive(table, "amount", amount, problems);
        return of_figure.zip(of).map(|(share, figure)| (amount, CapRule::ShareOfFigure(figure, share)));
    }
    let rows = table.tables("amounts", "`amounts`", problems);
    if rows.is_empty() {
        let amount = table.required("amount", problems, parsed(Amount::parse))?;
        positive(table, "amount", amount, problems);
        return Some((amount, CapRule::Fixed));
    }
    let mut by: Vec<(When, Amount)> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let asked = row.required("when", problems, when);
        let amount = row.required("amount", problems, parsed(Amount::parse));
        if let Some(amount) = amount {
            positive(&row, "amount", amount, problems);
        }
        row.finish(problems);
        by.push((asked?, amount?));
    }
    if !table.has("amount") {
        let problem = "the cap has a hole: nothing says what holds where none of `amounts` applies";
        problems.add(table.place("amounts"), problem, "add `amount = \"…\"` for all others");
    }
    let rest = table.optional("amount", problems, parsed(Amount::parse))?;
    positive(table, "amount", rest, problems);
    let largest = by.iter().map(|(_, amount)| *amount).fold(rest, Amount::max);
    by.push((When::default(), rest));
    Some((largest, CapRule::By(by)))
}

fn positive(table: &Table<'_, '_>, key: &str, amount: Amount, problems: &mut Problems<'_>) {
    if !amount.is_positive() {
        problems.add(table.place(key), "a cap of 0 grants nothing", "write the limit, or remove the items");
    }
}

/// A cap per payee where the enterprise is paid is one per enterprise.
pub(super) fn no_payee(table: &Table<'_, '_>, problems: &mut Problems<'_>) {
    let problem = "a cap counts per payee, but the enterprise is paid";
    problems.add(table.start, problem, "use the scope `enterprise-year`, or write who is paid as `payee`");
}

/// `[[programme.choice]]`: of several, one.
pub(super) fn choice(
    mut table: Table<'_, '_>,
    scope: &Scope<'_>,
    needs_loan: bool,
    known: &mut Known,
    problems: &mut Problems<'_>,
) -> Option<Choice> {
    known.count();
    let id = cap_id(&mut table, known, problems);
    if id.as_ref().is_some_and(|id| id.as_str().len() > CHOICE_ID_MAX) {
        problems.add(table.place("id"), format!("the id is longer than {CHOICE_ID_MAX} characters"), "shorten it");
    }
    let per = table.required("per", problems, code(ChoiceScope::parse, ChoiceScope::ALL));
    let what = table.required("between", problems, text);
    let members = table.optional("items", problems, items);
    let between = match what.as_deref() {
        Some("items") => {
            if members.as_ref().is_none_or(|members| members.len() < 2) {
                let problem = "a choice between items needs at least two of them";
                problems.add(table.start, problem, "add `items = [\"guarantee\", \"insurance\"]`");
            }
            scope.check("items", members.as_deref().unwrap_or_default(), &table, problems);
            members.map(Between::Items)
        }
        Some("loans") => {
            if per == Some(ChoiceScope::Loan) {
                let problem = "one of several loans cannot be chosen within one loan";
                problems.add(table.place("per"), problem, "write `enterprise-year` or `lifetime`");
            }
            Some(Between::Loans)
        }
        Some(other) => {
            let problem = format!("`{}` is not a value of `between`", shown(other));
            problems.add(table.place("between"), problem, "use one of: items, loans");
            None
        }
        None => None,
    };
    if (between == Some(Between::Loans) || per == Some(ChoiceScope::Loan)) && !needs_loan {
        let problem = "the choice is about loans, but the programme does not ask for one";
        problems.add(table.start, problem, "add a gate with `condition = \"loan-required\"` for all items");
    }
    let (reading, clause) = read_clause(&mut table, scope, known, problems);
    table.finish(problems);
    Some(Choice { id: id?, between: between?, per: per?, clause: clause?, reading })
}

/// `[[cap]]`: one running sum over several programmes.
pub(super) fn shared_cap(
    mut table: Table<'_, '_>,
    programmes: &mut [Programme],
    known: &mut Known,
    problems: &mut Problems<'_>,
) {
    known.count();
    let id = cap_id(&mut table, known, problems);
    let cap_scope = table.required("scope", problems, code(CapScope::parse, CapScope::ALL));
    let over = table.required("programmes", problems, list(parsed(ProgrammeId::parse))).unwrap_or_default();
    let limit = limit(&mut table, problems);
    let years = years(&mut table, cap_scope, problems);
    let (reading, clause) = read_clause(&mut table, &Scope { reading: None, items: None }, known, problems);
    if cap_scope.is_some_and(CapScope::is_per_loan) {
        let problem = "a cap over programmes counts per enterprise, not per loan";
        problems.add(
            table.place("scope"),
            problem,
            "use `enterprise-year`, `lifetime`, `bank-year`, `payee-year` or `programme-year`",
        );
    }
    for other in over.iter().filter(|id| !known.programmes.contains_key(*id)) {
        let problem = format!("there is no programme `{other}`");
        problems.add(table.place("programmes"), problem, "name programmes of this file");
    }
    let mut attributions = programmes.iter().filter(|one| over.contains(&one.id)).map(|one| one.attribution);
    let first = attributions.next();
    if attributions.any(|other| Some(other) != first) {
        let problem = "the programmes count by different years";
        problems.add(table.place("programmes"), problem, "give them the same `attribution`");
    }
    let pays = |one: &&Programme| over.contains(&one.id) && one.payee == Payee::Enterprise;
    if cap_scope == Some(CapScope::PayeeYear) && programmes.iter().any(|one| pays(&one)) {
        no_payee(&table, problems);
    }
    table.finish(problems);
    let (Some(id), Some(scope), Some((amount, rule)), Some(clause)) = (id, cap_scope, limit, clause) else { return };
    for programme in programmes.iter_mut().filter(|one| over.contains(&one.id)) {
        programme.caps.push(Cap {
            id: id.clone(),
            scope,
            items: programme.items.clone(),
            years,
            amount,
            rule: rule.clone(),
            when: When::default(),
            clause: clause.clone(),
            reading: reading.clone(),
        });
    }
}
