//! Which statement shows what, what was signed off, and what that leaves open at a month's end.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::nouns::Month;
use crate::book::reconciliation::{StatementOf, StatementSignedOff};
use crate::calendar::CivilDate;
use crate::decide::rejection::Reason;
use crate::identifier::PoolId;

use super::schemes::Scheme;
use super::{Fact, Model, Verdict, What, Wrongs, days, reject, take};

/// A statement that somebody signed off.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignedFact {
    pub(super) statement: StatementOf,
    pub(super) from: i32,
    pub(super) to: i32,
    file: [u8; 32],
    pub(super) matched: Vec<u64>,
    pub(super) differing: Vec<u64>,
}

impl SignedFact {
    pub(super) fn of(signed: &StatementSignedOff) -> Self {
        Self {
            statement: signed.statement.clone(),
            from: days(signed.from),
            to: days(signed.to),
            file: signed.file_digest,
            matched: signed.matched.iter().map(|sequence| sequence.value()).collect(),
            differing: signed.differing.iter().map(|sequence| sequence.value()).collect(),
        }
    }
}

fn month_of(day: i32) -> Month {
    Month::of(CivilDate::from_epoch_days(day).expect("a day of this century"))
}

impl Model {
    fn sign_offs<'a>(&'a self, statement: &'a StatementOf) -> impl Iterator<Item = &'a SignedFact> {
        let all = self.facts.iter().filter_map(|fact| match &fact.what {
            What::SignedOff(signed) => Some(&**signed),
            _ => None,
        });
        all.filter(move |signed| signed.statement == *statement)
    }

    /// Of somebody who exists; no entry twice; the same file again only with something new in it.
    pub(super) fn judge_sign_off(&self, command: &StatementSignedOff) -> Verdict {
        let signed = SignedFact::of(command);
        match &signed.statement {
            StatementOf::Loans(bank) | StatementOf::Repayments(bank) if self.institution(bank).is_none() => {
                return reject(Reason::InstitutionUnknown);
            }
            StatementOf::Pool(pool) if self.known_pool(pool.as_str()).is_none() => {
                return reject(Reason::PoolUnknown);
            }
            _ => {}
        }
        let mut wrongs = Wrongs::default();
        let mut before = self.sign_offs(&signed.statement).flat_map(|one| &one.matched);
        wrongs.when(before.any(|seq| signed.matched.contains(seq)), Reason::StateForbids);
        let same_file = self
            .sign_offs(&signed.statement)
            .any(|one| one.file == signed.file && one.from <= signed.from && signed.to <= one.to);
        wrongs.when(same_file && signed.matched.is_empty(), Reason::AlreadyExists);
        wrongs.or(|| take(What::SignedOff(Box::new(SignedFact::of(command)))))
    }

    /// The statements of a month or before with something that nobody has looked at, and those that are due for the
    /// month and that nobody signed off to its last day.
    pub(super) fn open_statements(&self, month: Month) -> usize {
        let loans = self.loans();
        let banks: BTreeMap<u64, StatementOf> =
            loans.iter().map(|(id, loan)| (*id, StatementOf::Repayments(loan.terms.bank.clone()))).collect();
        let mut seen: BTreeSet<(StatementOf, u64)> = BTreeSet::new();
        let mut covered: BTreeSet<StatementOf> = BTreeSet::new();
        let last_day = (0..=31)
            .filter_map(|ahead| month.first_day().expect("a month of this century").plus_days(ahead))
            .filter(|day| Month::of(*day) == month)
            .max();
        let last_day = days(last_day.expect("a month has days"));
        for fact in &self.facts {
            if let What::SignedOff(signed) = &fact.what {
                let looked_at = signed.matched.iter().chain(&signed.differing);
                seen.extend(looked_at.map(|seq| (signed.statement.clone(), *seq)));
                if (signed.from..=signed.to).contains(&last_day) {
                    covered.insert(signed.statement.clone());
                }
            }
        }
        let mut open: BTreeSet<(StatementOf, Month)> = BTreeSet::new();
        for fact in self.facts.iter().filter(|fact| month_of(fact.day) <= month) {
            let unseen = shown_by(fact, &banks).into_iter();
            let unseen = unseen.filter(|statement| !seen.contains(&(statement.clone(), fact.seq)));
            open.extend(unseen.map(|statement| (statement, month_of(fact.day))));
        }
        let owing = loans.iter().filter(|(_, loan)| {
            loan.disbursed_on.is_some_and(|first| first <= last_day) && loan.is_live() && loan.outstanding() > 0
        });
        let mut due: BTreeSet<StatementOf> = owing.map(|(id, _)| banks[id].clone()).collect();
        for scheme in Scheme::ALL {
            let cash = scheme.account("cash");
            let mut moved = self.facts.iter().filter(|fact| month_of(fact.day) <= month);
            if moved.any(|fact| fact.postings.contains_key(&cash)) && self.pool(scheme).cash > 0 {
                due.extend(pool(scheme));
            }
        }
        due.retain(|statement| !covered.contains(statement) && !open.contains(&(statement.clone(), month)));
        open.len() + due.len()
    }
}

/// The statements that would show a fact: the bank's list for what it reported, the account whose money moved.
fn shown_by(fact: &Fact, banks: &BTreeMap<u64, StatementOf>) -> Vec<StatementOf> {
    let what = if let What::Undone(_, what) = &fact.what { what } else { &fact.what };
    let bank = |loan: &u64| match banks.get(loan) {
        Some(StatementOf::Repayments(bank)) => bank.clone(),
        _ => unreachable!("the loan was filed before"),
    };
    let mut found = match what {
        What::Disbursed(loan, _) => vec![StatementOf::Loans(bank(loan))],
        What::Interest(loan, ..) | What::Principal(loan, ..) => vec![StatementOf::Repayments(bank(loan))],
        _ => Vec::new(),
    };
    let moved = Scheme::ALL.into_iter().filter(|scheme| fact.postings.contains_key(&scheme.account("cash")));
    found.extend(moved.filter_map(pool));
    if fact.postings.contains_key("treasury/cash") {
        found.push(StatementOf::Treasury);
    }
    found
}

fn pool(scheme: Scheme) -> Option<StatementOf> {
    scheme.pool().map(|pool| StatementOf::Pool(PoolId::parse(pool).expect("a pool")))
}
