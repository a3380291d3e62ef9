//! Any bytes as facts for an accepted rulebook: applications in any order of arrival, claims and filings.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::outcome;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{BudgetLineId, CapId, LoanId, ProgrammeId, Uscc};
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::LineExplanation;
use crate::rulebook::facts::{CapKey, ClaimFacts, LineFacts, LineVerdict, Usage, WideKey};
use crate::rulebook::model::{CaseKind, FilingCase, LinesCase, Programme};
use crate::rulebook::terms::{CostKind, SizeClass};
use crate::rulebook::trial::line_facts;
use crate::rulebook::{
    Language, Rulebook, judge_application, judge_claim, judge_filing, line_sentence, load, shipped, step_sentence,
};

/// The most applications of one input: enough for a cap to be used up in several orders.
const APPLICATIONS_MAX: u8 = 12;

/// Bytes that are used up one after the other; what is missing is 0.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        let number = usize::from(self.byte()).checked_rem(values.len())?;
        values.get(number).copied()
    }

    /// Small and huge amounts, and none.
    fn amount(&mut self) -> Amount {
        match self.byte() {
            0 => Amount::ZERO,
            1 => Amount::INPUT_MAX,
            2 => Amount::from_fen(i64::from(self.word()).saturating_neg()),
            small if small < 100 => Amount::from_fen(i64::from(self.word())),
            _ => Amount::from_fen(i64::from(self.word()).saturating_mul(10_007)),
        }
    }

    fn day(&mut self) -> CivilDate {
        match self.byte() {
            0 => CivilDate::MIN,
            1 => CivilDate::MAX,
            _ => CivilDate::from_epoch_days(i32::from(self.word()).saturating_add(7400)).unwrap_or(CivilDate::MIN),
        }
    }

    fn some<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.byte().is_multiple_of(4)).then(|| value(self))
    }
}

fn rulebooks() -> &'static [Rulebook] {
    static LOADED: OnceLock<Vec<Rulebook>> = OnceLock::new();
    LOADED.get_or_init(|| shipped().iter().filter_map(|(_, text)| load(text).ok()).collect())
}

/// The first byte says which rulebook and the second which of its cases the facts begin with.
pub(super) fn judged(bytes: &[u8]) -> u64 {
    let mut bytes = Bytes(bytes);
    let (which, case) = (usize::from(bytes.byte()), usize::from(bytes.byte()));
    let all = rulebooks();
    let rulebook = which.checked_rem(all.len()).and_then(|which| all.get(which));
    let Some(rulebook) = rulebook else { return 0 };
    let case = case.checked_rem(rulebook.cases.len()).and_then(|case| rulebook.cases.get(case));
    match case.map(|case| &case.kind) {
        Some(CaseKind::Lines(case)) => lines(rulebook, case, &mut bytes),
        Some(CaseKind::Claim(case)) => {
            let Some(rule) = rulebook.pool(&case.pool) else { return 0 };
            let mut facts = case.facts.clone();
            claim(&mut facts, &mut bytes);
            let verdict = judge_claim(rule, &facts);
            let sum = Amount::total(verdict.shares.iter().map(|(_, share)| *share));
            assert!(sum == verdict.covered_loss, "the shares do not sum to the loss");
            assert!(verdict.explanation.granted <= facts.free_balance.floored_at_zero(), "more than the pool has");
            said(&verdict.explanation)
        }
        Some(CaseKind::Filing(case)) => filing(rulebook, case, &mut bytes),
        Some(CaseKind::Closing(_) | CaseKind::Limit(_)) | None => 0,
    }
}

fn filing(rulebook: &Rulebook, case: &FilingCase, bytes: &mut Bytes<'_>) -> u64 {
    let Some(rule) = rulebook.pool(&case.pool) else { return 0 };
    let mut facts = case.facts.clone();
    facts.ip_part = bytes.amount();
    facts.exposure = bytes.amount();
    facts.free_balance = bytes.amount();
    facts.principal = bytes.some(Bytes::amount);
    facts.borrower_filed = bytes.some(Bytes::amount);
    let verdict = judge_filing(rule, &facts);
    assert!(verdict.exposure <= facts.ip_part.max(facts.principal.unwrap_or_default()), "more than the loan");
    said(&verdict.explanation)
}

fn claim(facts: &mut ClaimFacts, bytes: &mut Bytes<'_>) {
    facts.principal_loss = bytes.amount();
    facts.outstanding = bytes.amount();
    facts.principal = bytes.amount();
    facts.ip_part = bytes.amount();
    facts.free_balance = bytes.amount();
    facts.bank_year_losses = bytes.amount();
    facts.bank_year_filed = bytes.amount();
    facts.overdue_days = bytes.some(|bytes| i64::from(bytes.byte()));
    facts.details.payee_liability = bytes.some(Bytes::amount);
    facts.details.other_public = bytes.some(Bytes::amount);
    facts.details.bank_business_year = bytes.some(|bytes| u32::from(bytes.byte()));
    for used in facts.details.used.values_mut() {
        *used = bytes.amount();
    }
}

/// Applications one after the other, each of one to three lines, with the sums that a book would keep.
fn lines(rulebook: &Rulebook, case: &LinesCase, bytes: &mut Bytes<'_>) -> u64 {
    let Some(programme) = rulebook.programme(&case.programme) else { return 0 };
    let mut kept = Kept { budget: bytes.amount(), ..Kept::default() };
    let mut all = Vec::new();
    for _ in 0..bytes.byte() % APPLICATIONS_MAX {
        let count = bytes.byte() % 3;
        let facts: Vec<LineFacts> = (0..=count).filter_map(|_| line(case, bytes)).collect();
        let verdicts = judge_application(programme, &facts, &kept);
        for (facts, verdict) in facts.iter().zip(&verdicts) {
            assert!(verdict.award <= facts.cost.floored_at_zero(), "more than the cost");
            assert!(
                verdict.award.is_positive() != verdict.explanation.refusal.is_some(),
                "neither granted nor refused"
            );
            kept.grant(programme, verdict);
            all.push(said(&verdict.explanation));
        }
    }
    outcome(all)
}

fn line(case: &LinesCase, bytes: &mut Bytes<'_>) -> Option<LineFacts> {
    let from = usize::from(bytes.byte()).checked_rem(case.lines.len()).and_then(|from| case.lines.get(from))?;
    let mut facts = line_facts(case, from);
    let changes = bytes.word();
    let change = |bit: u8| changes.checked_shr(u32::from(bit)).unwrap_or(0) % 2 == 1;
    if change(0) {
        (facts.cost, facts.evidence_left) = (bytes.amount(), bytes.amount());
    }
    if change(1) {
        facts.other_public_funding = bytes.amount();
    }
    if change(2) {
        (facts.paid_on, facts.applied_on) = (bytes.day(), bytes.day());
    }
    if change(3) {
        facts.item = bytes.one_of(CostKind::ALL)?;
        facts.enterprise.size_class = bytes.one_of(SizeClass::ALL)?;
    }
    if change(4) {
        facts.enterprise.revenue = bytes.some(Bytes::amount);
        facts.enterprise.classes = None;
        facts.enterprise.blacklisted_since = bytes.some(Bytes::day);
    }
    if change(5) {
        facts.details.standard_premium = bytes.some(Bytes::amount);
        facts.details.interest_period = bytes.some(|bytes| (bytes.day(), bytes.day()));
        facts.details.ordinal = bytes.some(|bytes| u32::from(bytes.byte()));
        facts.details.units = bytes.some(|bytes| u32::from(bytes.byte()).saturating_mul(u32::from(bytes.word())));
    }
    if let Some(right) = facts.right.as_mut().filter(|_| change(6)) {
        right.expires_on = bytes.some(Bytes::day);
        right.owned = bytes.byte() > 100;
    }
    if change(7) {
        facts.right = None;
    }
    if let Some(loan) = facts.loan.as_mut().filter(|_| change(8)) {
        loan.loan = LoanId::new(u64::from(bytes.byte() % 3).saturating_add(1));
        (loan.principal, loan.ip_part) = (bytes.amount(), bytes.amount());
        loan.annual_rate = Rate::from_basis_points(u32::from(bytes.word()));
    }
    if let Some(loan) = facts.loan.as_mut().filter(|_| change(9)) {
        (loan.disbursed_on, loan.ended_on, loan.pledged_on) =
            (bytes.some(Bytes::day), bytes.some(Bytes::day), bytes.day());
        (loan.details.signed_on, loan.details.matures_on) = (bytes.some(Bytes::day), bytes.some(Bytes::day));
        loan.details.first_pledge = bytes.some(|bytes| bytes.byte() > 100);
    }
    if change(10) {
        facts.loan = None;
    }
    Some(facts)
}

/// What a book would keep, with no cap ever exceeded.
#[derive(Default)]
struct Kept {
    caps: BTreeMap<CapKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    grants: u32,
    budget: Amount,
}

impl Kept {
    fn grant(&mut self, programme: &Programme, verdict: &LineVerdict) {
        let limit = |id: &CapId| programme.caps.iter().find(|cap| cap.id == *id).map(|cap| cap.amount);
        for key in &verdict.cap_uses {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(verdict.award);
            assert!(limit(&key.cap).is_none_or(|limit| *sum <= limit), "the cap `{}` is exceeded", key.cap);
        }
        for key in &verdict.wide_uses {
            let sum = self.wide.entry(key.clone()).or_default();
            *sum = sum.plus(verdict.award);
            assert!(limit(&key.cap).is_none_or(|limit| *sum <= limit), "the cap `{}` is exceeded", key.cap);
        }
        self.grants = self.grants.saturating_add(u32::from(verdict.award.is_positive()));
        let left = self.budget.floored_at_zero().minus(verdict.award);
        assert!(!left.is_negative(), "more than the budget has");
        self.budget = left;
    }
}

impl Usage for Kept {
    fn used(&self, key: &CapKey) -> Amount {
        self.caps.get(key).copied().unwrap_or_default()
    }

    fn earlier_grants(&self, _: &ProgrammeId, _: Uscc) -> u32 {
        self.grants
    }

    fn budget_left(&self, _: &BudgetLineId, _: FiscalYear) -> Amount {
        self.budget
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        Some(self.wide.get(key).copied().unwrap_or_default())
    }
}

/// Both languages can say it; the steps stand for what became of it.
fn said(line: &LineExplanation) -> u64 {
    for language in [Language::Chinese, Language::English] {
        assert!(!line_sentence(line, language).is_empty(), "nothing is said");
        assert!(line.steps.iter().all(|step| !step_sentence(step, language).is_empty()), "nothing is said");
    }
    let steps: Vec<_> = line.steps.iter().map(|step| (step.kind, step.rule.as_str(), step.outcome)).collect();
    outcome((line.bound, line.refusal, steps))
}
