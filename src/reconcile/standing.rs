//! What a loan list says of its loans beside their drawdowns, against where they stood in the ledger on the list's day.
//!
//! A line that is in order as a drawdown and says another balance, maturity, rate or state becomes a difference; one
//! that differs anyway gets the words added. A list that states balances is a list of everything that is out: a loan of
//! the ledger that owes something and that no line names is missing in it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Comparison, Finding, Words};
use crate::book::Book;
use crate::book::loan::Loan;
use crate::book::nouns::{LoanState, Named};
use crate::book::reconciliation::{Class, Counts, StatementOf};
use crate::identifier::half_width;
use crate::money::Amount;
use crate::statement::{Stated, StatedState};

/// Where the loans of a bank stood at the end of a day, by contract number as it is compared.
#[derive(Debug, Clone, Default)]
pub struct Standings(BTreeMap<String, Loan>);

/// Contract numbers are compared half-width, in capitals and without spaces.
fn plain(contract: &str) -> String {
    half_width(contract).to_uppercase().chars().filter(|character| !character.is_whitespace()).collect()
}

impl Standings {
    /// Of the book as it stood on the statement's last day; nothing for a statement that is no loan list.
    pub fn of(book: &Book, statement: &StatementOf) -> Self {
        let StatementOf::Loans(bank) = statement else { return Self::default() };
        let own = book.loans.values().filter(|loan| loan.terms.bank == *bank && loan.state != LoanState::Withdrawn);
        Self(own.map(|loan| (plain(&loan.terms.contract.to_string()), loan.into_owned())).collect())
    }
}

/// Whether a statement says where its loans stand.
pub fn states_standing(comparison: &Comparison) -> bool {
    comparison.lines.iter().any(|line| line.stated.is_some())
}

/// Compares what the lines say of their loans with where these stood.
pub fn compare_standing(comparison: &mut Comparison, standings: &Standings) {
    let lines_of = by_contract(comparison);
    for finding in &mut comparison.findings {
        let mut found = Vec::new();
        for index in &finding.lines {
            let Some(line) = comparison.lines.get(*index) else { continue };
            let Some((stated, contract)) = line.stated.as_deref().zip(line.contract.as_deref().map(plain)) else {
                continue;
            };
            let Some(loan) = standings.0.get(&contract) else { continue };
            let together = lines_of.get(&contract).map_or(&[][..], Vec::as_slice);
            found.extend(differences(stated, loan, together));
        }
        add(finding, &found);
    }
    add_unlisted(comparison, standings, &lines_of);
    comparison.counts = counts(&comparison.findings);
}

/// The balances that the lines of each contract state.
fn by_contract(comparison: &Comparison) -> BTreeMap<String, Vec<Amount>> {
    let mut found: BTreeMap<String, Vec<Amount>> = BTreeMap::new();
    for line in &comparison.lines {
        let Some(contract) = line.contract.as_deref() else { continue };
        let balances = found.entry(plain(contract)).or_default();
        balances.extend(line.stated.as_ref().and_then(|stated| stated.balance));
    }
    found
}

/// What is off, each with the class that it makes of a line that is in order.
fn differences(stated: &Stated, loan: &Loan, together: &[Amount]) -> Vec<(Class, Words)> {
    let mut found = Vec::new();
    if let Some(balance) = stated.balance.filter(|balance| !is_owed(loan, *balance, together)) {
        found.push((
            Class::AmountDiffers,
            off("balance", "贷款余额", &balance.grouped(), &loan.outstanding().grouped()),
        ));
    }
    if let Some(rate) = stated.rate.as_ref().filter(|rate| !rate.is(loan.terms.annual_rate)) {
        let kept = loan.terms.annual_rate.percent();
        found.push((Class::AmountDiffers, off("rate", "利率", rate.text(), &kept)));
    }
    if let Some(day) = stated.matures_on.filter(|day| *day != loan.matures_on) {
        found.push((Class::DateDiffers, off("maturity", "到期日", &day.to_string(), &loan.matures_on.to_string())));
    }
    if let Some(state) = stated.state.filter(|state| !is_in(loan, *state)) {
        let kept = loan.state.name();
        found.push((
            Class::DateDiffers,
            Words {
                en: format!("the statement says the loan is {}, the ledger {}", state.english(), kept.en),
                zh: format!("对账单状态为“{}”，账本为“{}”", state.chinese(), kept.zh),
            },
        ));
    }
    found
}

/// Several lines of a contract state the balance of their drawdowns, or each that of the contract.
fn is_owed(loan: &Loan, balance: Amount, together: &[Amount]) -> bool {
    balance == loan.outstanding() || Amount::total(together.iter().copied()) == loan.outstanding()
}

/// Whether the ledger says of the loan what the word says.
fn is_in(loan: &Loan, state: StatedState) -> bool {
    let is_bad = match loan.state {
        LoanState::NonPerforming | LoanState::Claimed | LoanState::Compensated | LoanState::Recovering => true,
        LoanState::Filed
        | LoanState::Disbursed
        | LoanState::Repaying
        | LoanState::Overdue
        | LoanState::Settled
        | LoanState::Closed
        | LoanState::Withdrawn => false,
    };
    match state {
        StatedState::Current => loan.overdue_since.is_none() && !is_bad,
        StatedState::Overdue => loan.overdue_since.is_some(),
        StatedState::NonPerforming => is_bad,
        StatedState::Settled => loan.outstanding().is_zero(),
    }
}

fn off(what: &str, what_zh: &str, said: &str, kept: &str) -> Words {
    Words {
        en: format!("the statement says {what} {said}, the ledger {kept}"),
        zh: format!("对账单{what_zh}为 {said}，账本为 {kept}"),
    }
}

/// Says what is off; a finding that was in order gets the class of the gravest.
fn add(finding: &mut Finding, found: &[(Class, Words)]) {
    if !finding.class.is_difference()
        && let Some(class) = found.iter().map(|(class, _)| *class).min()
    {
        finding.class = class;
    }
    let mut said = BTreeSet::new();
    for (_, words) in found.iter().filter(|(_, words)| said.insert(words.en.clone())) {
        finding.reason.en = format!("{}; {}", finding.reason.en, words.en);
        finding.reason.zh = format!("{}；{}", finding.reason.zh, words.zh);
    }
}

/// Loans drawn before the statement's period that owe something and that no line names. Those drawn within it are
/// missing already.
fn add_unlisted(comparison: &mut Comparison, standings: &Standings, lines_of: &BTreeMap<String, Vec<Amount>>) {
    if lines_of.values().all(Vec::is_empty) {
        return;
    }
    let used: BTreeSet<usize> = comparison.findings.iter().flat_map(|finding| finding.items.iter().copied()).collect();
    let found = used.iter().filter_map(|index| comparison.items.get(*index));
    let found: BTreeSet<String> = found.filter_map(|item| item.contract.as_deref().map(plain)).collect();
    let mut unlisted: BTreeSet<&str> = standings
        .0
        .iter()
        .filter(|(_, loan)| loan.outstanding().is_positive())
        .filter(|(contract, _)| !lines_of.contains_key(*contract) && !found.contains(*contract))
        .map(|(contract, _)| contract.as_str())
        .collect();
    let mut findings = Vec::new();
    for (index, item) in comparison.items.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
        let Some(contract) = item.contract.as_deref().map(plain) else { continue };
        if !unlisted.remove(contract.as_str()) {
            continue;
        }
        let owed = standings.0.get(&contract).map(Loan::outstanding).unwrap_or_default().grouped();
        let (entry, day) = (item.sequence, comparison.scope.to);
        findings.push(Finding {
            class: Class::MissingInStatement,
            lines: Vec::new(),
            items: vec![index],
            reason: Words {
                en: format!("the loan of entry {entry} owed {owed} on {day} and is not in the statement"),
                zh: format!("分录 {entry} 所放贷款 {day} 余额 {owed}，对账单中没有"),
            },
        });
    }
    comparison.findings.extend(findings);
}

/// How many lines are in each class; entries for those missing in the statement.
pub(super) fn counts(findings: &[Finding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        counts.add(finding.class, finding.lines.len().max(usize::from(finding.class == Class::MissingInStatement)));
    }
    counts
}
