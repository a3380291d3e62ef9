//! Running the worked cases of a rulebook: what is expected, what comes out, which bound and clause decided.
//!
//! Pure, like the judges: `ipledger rulebook test` prints the outcomes, a test of ours runs those of every shipped file.

use std::collections::BTreeMap;

use super::explanation::{LineExplanation, Step, StepOutcome};
use super::facts::{CapKey, LineFacts, LineVerdict, Usage, WideKey};
use super::judge::{closing_run, judge_application, judge_limit};
use super::model::{
    Case, CaseKind, CaseLine, ClaimCase, ClosingCase, Expected, FilingCase, LimitCase, LinesCase, Rulebook,
};
use super::pool::{judge_claim, judge_filing};
use super::sentence::{Language, line_sentence};
use super::terms::{CostKind, LossParty};
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, CapId, ProgrammeId, Uscc};
use crate::money::Amount;

/// One figure of a case: a line, a party's share, a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The case's id.
    pub case: String,
    /// What the figure is: a kind of cost, a party, an approval.
    pub what: String,
    /// The amount that the case expects, in yuan.
    pub expected: Amount,
    /// The amount that came out, in yuan.
    pub got: Amount,
    /// How it came about; `None` for a party's share.
    pub explanation: Option<LineExplanation>,
    /// What differs besides the amount, in words; empty where nothing does.
    pub differs: Vec<String>,
}

impl Outcome {
    /// Whether the case came out as it says.
    pub fn is_as_expected(&self) -> bool {
        self.expected == self.got && self.differs.is_empty()
    }

    /// The bound that decided, as its code.
    pub fn bound(&self) -> &'static str {
        self.explanation.as_ref().map_or("", |line| line.bound.code())
    }

    /// The clause of the step that decided: the last one that did something, else the last one with a clause.
    pub fn clause(&self) -> String {
        let steps = self.explanation.iter().flat_map(|line| line.steps.iter());
        let with_clause: Vec<_> = steps.filter(|step| step.clause.is_some()).collect();
        // The step of the bound that decided; where a ratio or a gate did, the last that changed anything.
        let bound = self.bound();
        let changed = |step: &&&Step| step.outcome != StepOutcome::Passed;
        let of_bound = with_clause.iter().filter(changed).rfind(|step| step.kind.code() == bound);
        let decided = of_bound.or_else(|| with_clause.iter().rfind(changed)).or(with_clause.last());
        decided.and_then(|step| step.clause.as_ref()).map(ToString::to_string).unwrap_or_default()
    }
}

/// Runs every case of a rulebook, in the order of the file.
pub fn run_cases(rulebook: &Rulebook) -> Vec<Outcome> {
    rulebook.cases.iter().flat_map(|case| run_case(rulebook, case)).collect()
}

/// Runs one case.
pub fn run_case(rulebook: &Rulebook, case: &Case) -> Vec<Outcome> {
    match &case.kind {
        CaseKind::Lines(lines) => run_lines(rulebook, &case.id, lines),
        CaseKind::Claim(claim) => run_claim(rulebook, &case.id, claim),
        CaseKind::Filing(filing) => run_filing(rulebook, &case.id, filing),
        CaseKind::Closing(closing) => run_closing(rulebook, &case.id, closing),
        CaseKind::Limit(limit) => run_limit(rulebook, &case.id, limit),
    }
}

fn run_lines(rulebook: &Rulebook, id: &str, case: &LinesCase) -> Vec<Outcome> {
    let Some(programme) = rulebook.programme(&case.programme) else { return Vec::new() };
    let facts: Vec<LineFacts> = case.lines.iter().map(|line| line_facts(case, line)).collect();
    let verdicts = judge_application(programme, &facts, &CaseUsage::of(case));
    let outcomes = case.lines.iter().zip(verdicts).map(|(line, LineVerdict { award, explanation, .. })| {
        outcome(id, line.item.to_string(), &line.expect, award, explanation)
    });
    outcomes.collect()
}

/// The facts of a case's line.
pub fn line_facts(case: &LinesCase, line: &CaseLine) -> LineFacts {
    let loan = line.loan.and_then(|number| case.loans.get(number.saturating_sub(1)));
    LineFacts {
        item: line.item,
        cost: line.cost,
        paid_on: line.paid_on,
        other_public_funding: line.other_public_funding,
        evidence_left: line.evidence_left.unwrap_or(line.cost),
        applied_on: case.applied_on,
        enterprise: case.enterprise.clone(),
        loan: loan.cloned(),
        right: case.right.clone(),
        details: line.details.clone(),
    }
}

fn run_claim(rulebook: &Rulebook, id: &str, case: &ClaimCase) -> Vec<Outcome> {
    let Some(rule) = rulebook.pool(&case.pool) else { return Vec::new() };
    let verdict = judge_claim(rule, &case.facts);
    let mut outcomes = Vec::new();
    if let Some(expect) = &case.expect {
        let granted = verdict.explanation.granted;
        outcomes.push(outcome(id, "pool pays".to_owned(), expect, granted, verdict.explanation.clone()));
    }
    for (party, expected) in &case.shares {
        outcomes.push(Outcome {
            case: id.to_owned(),
            what: party.to_string(),
            expected: *expected,
            got: share_of(&verdict.shares, *party),
            explanation: Some(verdict.explanation.clone()),
            differs: Vec::new(),
        });
    }
    outcomes
}

fn share_of(shares: &[(LossParty, Amount)], party: LossParty) -> Amount {
    shares.iter().find(|(other, _)| *other == party).map_or(Amount::ZERO, |(_, share)| *share)
}

fn run_filing(rulebook: &Rulebook, id: &str, case: &FilingCase) -> Vec<Outcome> {
    let Some(rule) = rulebook.pool(&case.pool) else { return Vec::new() };
    let verdict = judge_filing(rule, &case.facts);
    vec![outcome(id, "exposure".to_owned(), &case.expect, verdict.exposure, verdict.explanation)]
}

fn run_closing(rulebook: &Rulebook, id: &str, case: &ClosingCase) -> Vec<Outcome> {
    let rule = rulebook.programme(&case.programme).and_then(|programme| programme.closing_run.as_ref());
    let Some(rule) = rule else {
        return vec![Outcome {
            case: id.to_owned(),
            what: "closing run".to_owned(),
            expected: Amount::ZERO,
            got: Amount::ZERO,
            explanation: None,
            differs: vec!["the programme has no [programme.closing_run]".to_owned()],
        }];
    };
    let approved: Vec<Amount> = case.approved.iter().map(|(approved, _)| *approved).collect();
    let shares = closing_run(rule, case.budget, &approved);
    let outcomes = (1..).zip(&case.approved).zip(shares).map(|((number, (_, expected)), share)| Outcome {
        case: id.to_owned(),
        what: format!("approval {number}"),
        expected: *expected,
        got: share.paid,
        explanation: Some(share.explanation),
        differs: Vec::new(),
    });
    outcomes.collect()
}

fn run_limit(rulebook: &Rulebook, id: &str, case: &LimitCase) -> Vec<Outcome> {
    let Some(rule) = rulebook.limit(&case.limit) else { return Vec::new() };
    let verdict = judge_limit(rule, &case.facts);
    let bound = verdict.limit.unwrap_or_default();
    let mut outcome = outcome(id, "limit".to_owned(), &case.expect, bound, verdict.explanation);
    if verdict.holds != case.holds {
        let kept = if verdict.holds { "is" } else { "is not" };
        outcome.differs.push(format!("the limit {kept} kept to"));
    }
    vec![outcome]
}

fn outcome(id: &str, what: String, expect: &Expected, got: Amount, explanation: LineExplanation) -> Outcome {
    let mut differs = Vec::new();
    if let Some(bound) = expect.bound.filter(|bound| *bound != explanation.bound) {
        differs.push(format!("expected the bound {bound}"));
    }
    if let Some(refusal) = expect.refusal.filter(|refusal| Some(*refusal) != explanation.refusal) {
        let shown = explanation.refusal.map_or("none", super::refusal::Refusal::code);
        differs.push(format!("expected the reason {refusal}, got {shown}"));
    }
    let sentence = line_sentence(&explanation, Language::English);
    if let Some(words) = expect.says.as_ref().filter(|words| !sentence.contains(words.as_str())) {
        differs.push(format!("`{words}` is not in the sentence: {sentence}"));
    }
    Outcome { case: id.to_owned(), what, expected: expect.amount, got, explanation: Some(explanation), differs }
}

/// The running sums that a case states.
#[derive(Debug)]
pub struct CaseUsage<'a> {
    used: BTreeMap<&'a CapId, Amount>,
    earlier_grants: u32,
    budget: Amount,
    programme: &'a ProgrammeId,
}

impl<'a> CaseUsage<'a> {
    /// Those of a case.
    pub fn of(case: &'a LinesCase) -> Self {
        Self {
            used: case.used.iter().map(|(cap, amount)| (cap, *amount)).collect(),
            earlier_grants: case.earlier_grants,
            budget: case.budget,
            programme: &case.programme,
        }
    }
}

impl Usage for CaseUsage<'_> {
    fn used(&self, key: &CapKey) -> Amount {
        self.used.get(&key.cap).copied().unwrap_or_default()
    }

    fn earlier_grants(&self, programme: &ProgrammeId, _: Uscc) -> u32 {
        if programme == self.programme { self.earlier_grants } else { 0 }
    }

    fn budget_left(&self, _: &BudgetLineId, _: FiscalYear) -> Amount {
        self.budget
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        Some(self.used.get(&key.cap).copied().unwrap_or_default())
    }
}

/// The kinds of cost that no case of the rulebook uses, by programme: what nobody has tried out.
pub fn untried(rulebook: &Rulebook) -> Vec<(ProgrammeId, CostKind)> {
    let tried = |programme: &ProgrammeId, item: CostKind| {
        rulebook.cases.iter().any(|case| match &case.kind {
            CaseKind::Lines(lines) => lines.programme == *programme && lines.lines.iter().any(|line| line.item == item),
            CaseKind::Claim(_) | CaseKind::Filing(_) | CaseKind::Closing(_) | CaseKind::Limit(_) => false,
        })
    };
    let all = rulebook
        .programmes
        .iter()
        .flat_map(|programme| programme.items.iter().map(move |item| (programme.id.clone(), *item)));
    all.filter(|(programme, item)| !tried(programme, *item)).collect()
}
