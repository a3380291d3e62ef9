//! Goal: a line is granted what the clause says, and the explanation names the step that decided.
//! Method: the worked cases of the shipped files, then each gate and each limit on its own.

use super::super::explanation::{Bound, Step, StepKind, StepOutcome, Value};
use super::super::judge_line;
use super::super::model::{Attribution, Programme};
use super::super::refusal::Refusal;
use super::super::terms::{CostKind, SizeClass};
use super::{LOAN_REQUIRED, Sums, cap, day, facts, first_insured_patent, pledge_cost, programme, shipped, yuan};
use crate::calendar::FiscalYear;
use crate::identifier::{CapId, RightId};
use crate::money::Amount;

/// S1: granted 37,400.00 because that was left of the year; the step has the numbers.
#[test]
fn the_rest_of_the_year_is_granted_and_explained() {
    let sums = Sums::new().used_before("pledge-cost-year", "162600.00");
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Insurance, "100000.00"), &sums);
    assert_eq!(verdict.award, yuan("37400.00"));
    assert_eq!(verdict.eligible_cost, yuan("100000.00"));
    assert_eq!(verdict.explanation.bound, Bound::YearCap);
    assert_eq!(verdict.explanation.refusal, None);
    let year = verdict.explanation.steps.iter().find(|step| step.kind == StepKind::YearCap).unwrap();
    assert_eq!(input(year, "limit"), &Value::Amount(yuan("200000.00")));
    assert_eq!(input(year, "used-before"), &Value::Amount(yuan("162600.00")));
    assert_eq!(input(year, "left"), &Value::Amount(yuan("37400.00")));
    assert_eq!(input(year, "year"), &Value::Count(2026));
    assert_eq!((year.result.as_str(), year.outcome), ("37400.00", StepOutcome::Reduced));
    assert_eq!(year.clause.as_ref().unwrap().as_str(), "pledge-subsidy");
    let [key] = verdict.cap_uses.as_slice() else { panic!("{:?}", verdict.cap_uses) };
    assert_eq!(
        (&key.cap, key.year, key.loan),
        (&CapId::parse("pledge-cost-year").unwrap(), FiscalYear::from_value(2026), None)
    );
}

/// S2: the same four costs under both readings of the one sentence.
#[test]
fn four_costs_come_to_200_000_strictly_and_240_000_literally() {
    let costs = [
        (CostKind::Interest, "300000.00"),
        (CostKind::Valuation, "40000.00"),
        (CostKind::Guarantee, "60000.00"),
        (CostKind::Insurance, "80000.00"),
    ];
    let total = |name| {
        let programme = shipped(name).programmes.remove(0);
        let mut sums = Sums::new();
        let awards: Vec<Amount> = costs
            .iter()
            .map(|(item, cost)| {
                let verdict = judge_line(&programme, &facts(*item, cost), &sums);
                sums.grant(&verdict);
                verdict.award
            })
            .collect();
        Amount::total(awards)
    };
    assert_eq!(total("hebi-2017.toml"), yuan("200000.00"));
    assert_eq!(total("hebi-2017-literal.toml"), yuan("240000.00"));
}

/// S3: in full, and once.
#[test]
fn the_first_insured_patent_is_paid_in_full_and_once() {
    let mut sums = Sums::new();
    let first = judge_line(&first_insured_patent(), &facts(CostKind::PatentInsurance, "8000.00"), &sums);
    assert_eq!((first.award, first.explanation.bound), (yuan("8000.00"), Bound::Ratio));
    sums.grant(&first);
    let second = judge_line(&first_insured_patent(), &facts(CostKind::PatentInsurance, "8000.00"), &sums);
    assert_eq!(second.award, Amount::ZERO);
    assert_eq!(second.explanation.refusal, Some(Refusal::AlreadyGranted));
}

/// A cost paid in December counts toward December's year, whenever it is applied for; the budget is the new year's.
#[test]
fn a_cost_counts_toward_the_year_in_which_it_was_paid() {
    let mut facts = facts(CostKind::Insurance, "1000.00");
    facts.paid_on = day("2025-12-31");
    let verdict = judge_line(&pledge_cost(), &facts, &Sums::new());
    assert_eq!(verdict.cap_uses[0].year, FiscalYear::from_value(2025));
    let budget = verdict.explanation.steps.iter().find(|step| step.kind == StepKind::Budget).unwrap();
    assert_eq!(input(budget, "year"), &Value::Count(2026));
    let by_application = programme(&cap("enterprise-year", "10.00"));
    let by_application = Programme { attribution: Attribution::ApplicationYear, ..by_application };
    facts.item = CostKind::Interest;
    assert_eq!(judge_line(&by_application, &facts, &Sums::new()).cap_uses[0].year, FiscalYear::from_value(2026));
}

#[test]
fn each_gate_of_the_pledge_programme_refuses() {
    let programme = pledge_cost();
    let interest = || facts(CostKind::Interest, "1000.00");
    let check = |facts, rule: &str, refusal| gate_refuses(&programme, &facts, rule, refusal);

    let mut facts = interest();
    facts.item = CostKind::PatentInsurance;
    check(facts, "item-covered", Refusal::ItemNotCovered);
    let mut facts = interest();
    facts.enterprise.blacklisted_since = Some(day("2026-05-01"));
    check(facts, "not-blacklisted", Refusal::EnterpriseBlacklisted);
    let mut facts = interest();
    facts.loan = None;
    check(facts, "loan-required", Refusal::NotEligible);
    for disbursed in [None, Some(day("2026-06-02"))] {
        let mut facts = interest();
        facts.loan.as_mut().unwrap().disbursed_on = disbursed;
        check(facts, "loan-disbursed", Refusal::NotEligible);
    }
    let mut facts = interest();
    facts.loan.as_mut().unwrap().pledged_on = day("2026-01-16");
    check(facts, "pledged-by-disbursement", Refusal::NotEligible);
    let mut facts = interest();
    facts.paid_on = day("2026-01-14");
    check(facts, "paid-within-loan", Refusal::NotEligible);
    let mut facts = interest();
    facts.loan.as_mut().unwrap().ended_on = Some(day("2026-03-19"));
    check(facts.clone(), "paid-within-loan", Refusal::NotEligible);
    facts.item = CostKind::Valuation;
    check(facts, "paid-by-loan-end", Refusal::NotEligible);
}

/// On the day itself: pledged on the day of disbursement, paid on it, paid on the day the loan ended.
#[test]
fn the_days_of_the_gates_are_inclusive() {
    let mut facts = facts(CostKind::Interest, "1000.00");
    let loan = facts.loan.as_mut().unwrap();
    (loan.pledged_on, loan.disbursed_on, loan.ended_on) =
        (day("2026-03-20"), Some(day("2026-03-20")), Some(day("2026-03-20")));
    (facts.paid_on, facts.applied_on) = (day("2026-03-20"), day("2026-03-20"));
    assert_eq!(judge_line(&pledge_cost(), &facts, &Sums::new()).award, yuan("500.00"));
}

/// A valuation is paid before the bank lends: it counts.
#[test]
fn a_fee_may_be_paid_before_the_disbursement() {
    let mut facts = facts(CostKind::Valuation, "1000.00");
    facts.paid_on = day("2026-01-05");
    assert_eq!(judge_line(&pledge_cost(), &facts, &Sums::new()).award, yuan("500.00"));
}

#[test]
fn each_gate_of_the_patent_programme_refuses() {
    let programme = first_insured_patent();
    let premium = || facts(CostKind::PatentInsurance, "8000.00");
    let check = |facts, rule: &str, refusal| gate_refuses(&programme, &facts, rule, refusal);

    let mut facts = premium();
    facts.right = None;
    check(facts, "right-required", Refusal::NotEligible);
    let mut facts = premium();
    facts.right.as_mut().unwrap().right = RightId::parse("trademark:12345678/9").unwrap();
    check(facts, "right-is-patent", Refusal::NotEligible);
    let mut facts = premium();
    facts.right.as_mut().unwrap().owned = false;
    check(facts, "right-owned", Refusal::RightNotOwned);
    let mut facts = premium();
    facts.right.as_mut().unwrap().in_force = false;
    check(facts, "right-in-force", Refusal::RightNotInForce);
}

#[test]
fn a_size_class_that_is_not_allowed_is_refused() {
    let programme = programme(
        "[[programme.gate]]\ncondition = \"size-class\"\nsize_classes = [\"micro\", \"small\"]\nclause = \"c1\"\n",
    );
    let mut facts = facts(CostKind::Interest, "1000.00");
    assert_eq!(judge_line(&programme, &facts, &Sums::new()).award, yuan("500.00"));
    facts.enterprise.size_class = SizeClass::Medium;
    gate_refuses(&programme, &facts, "size-class", Refusal::NotEligible);
}

#[track_caller]
fn gate_refuses(programme: &Programme, facts: &super::LineFacts, rule: &str, refusal: Refusal) {
    let verdict = judge_line(programme, facts, &Sums::new());
    let last = verdict.explanation.steps.last().unwrap();
    assert_eq!((last.kind, last.rule.as_str(), last.outcome), (StepKind::Gate, rule, StepOutcome::Failed));
    assert_eq!(last.result, "0.00");
    assert_eq!((verdict.explanation.refusal, verdict.explanation.bound), (Some(refusal), Bound::Gate));
    assert_eq!((verdict.award, verdict.eligible_cost), (Amount::ZERO, Amount::ZERO));
    assert!(verdict.cap_uses.is_empty());
}

#[test]
fn nothing_left_of_a_cap_refuses_and_one_fen_left_grants_it() {
    let at = |used: &str| {
        let sums = Sums::new().used_before("pledge-cost-year", used);
        judge_line(&pledge_cost(), &facts(CostKind::Interest, "1000.00"), &sums)
    };
    for used in ["200000.00", "200000.01"] {
        let verdict = at(used);
        assert_eq!(verdict.explanation.refusal, Some(Refusal::YearCapUsedUp));
        assert_eq!((verdict.award, verdict.explanation.bound), (Amount::ZERO, Bound::YearCap));
    }
    assert_eq!(at("199999.99").award, yuan("0.01"));
    // Exactly what is left: the ratio decided.
    assert_eq!(at("199500.00").explanation.bound, Bound::Ratio);
    assert_eq!(at("199500.01").explanation.bound, Bound::YearCap);
}

#[test]
fn evidence_bounds_the_base() {
    let mut facts = facts(CostKind::Insurance, "100000.00");
    facts.evidence_left = yuan("60000.00");
    let verdict = judge_line(&pledge_cost(), &facts, &Sums::new());
    assert_eq!((verdict.award, verdict.eligible_cost), (yuan("30000.00"), yuan("60000.00")));
    assert_eq!(verdict.explanation.bound, Bound::Evidence);
    facts.evidence_left = Amount::ZERO;
    let verdict = judge_line(&pledge_cost(), &facts, &Sums::new());
    assert_eq!(verdict.explanation.refusal, Some(Refusal::EvidenceUsedUp));
}

/// Ours: subsidy and other public money together are at most the cost.
#[test]
fn other_public_money_leaves_at_most_the_rest_of_the_cost() {
    let with = |other: &str| {
        let mut facts = facts(CostKind::Insurance, "100000.00");
        facts.other_public_funding = yuan(other);
        let verdict = judge_line(&pledge_cost(), &facts, &Sums::new());
        (verdict.award, verdict.explanation.bound, verdict.explanation.refusal)
    };
    assert_eq!(with("50000.00"), (yuan("50000.00"), Bound::Ratio, None));
    assert_eq!(with("50000.01"), (yuan("49999.99"), Bound::OtherFunding, None));
    assert_eq!(with("100000.00"), (Amount::ZERO, Bound::OtherFunding, Some(Refusal::OtherFundingCovers)));
    assert_eq!(with("100000.01"), (Amount::ZERO, Bound::OtherFunding, Some(Refusal::OtherFundingCovers)));
}

#[test]
fn the_budget_bounds_last() {
    let sums = Sums::new().used_before("pledge-cost-year", "162600.00").budget("1000.00");
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Insurance, "100000.00"), &sums);
    assert_eq!((verdict.award, verdict.explanation.bound), (yuan("1000.00"), Bound::Budget));
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Insurance, "100000.00"), &Sums::new().budget("0.00"));
    assert_eq!(verdict.explanation.refusal, Some(Refusal::BudgetUsedUp));
}

/// Every scope, in the fixed order whatever the order of the file; each smaller than the one before, so each bites.
#[test]
fn caps_apply_by_scope_and_the_last_that_bites_decides() {
    let caps = [("lifetime", "10"), ("enterprise-year", "20"), ("joint", "30"), ("loan", "40"), ("item", "50")];
    let caps = caps.map(|(scope, amount)| cap(scope, amount)).concat();
    let programme = programme(&format!("{LOAN_REQUIRED}{caps}"));
    let verdict = judge_line(&programme, &facts(CostKind::Interest, "1000.00"), &Sums::new());
    let caps: Vec<(&str, &str)> = verdict
        .explanation
        .steps
        .iter()
        .filter(|step| (StepKind::ItemCap..=StepKind::LifetimeCap).contains(&step.kind))
        .map(|step| (step.rule.as_str(), step.result.as_str()))
        .collect();
    assert_eq!(
        caps,
        [("item", "50.00"), ("loan", "40.00"), ("joint", "30.00"), ("enterprise-year", "20.00"), ("lifetime", "10.00")]
    );
    assert_eq!((verdict.award, verdict.explanation.bound), (yuan("10.00"), Bound::LifetimeCap));
    let per_loan: Vec<bool> = verdict.cap_uses.iter().map(|key| key.loan.is_some()).collect();
    assert_eq!(per_loan, [true, true, true, false, false]);
    let per_year: Vec<bool> = verdict.cap_uses.iter().map(|key| key.year.is_some()).collect();
    assert_eq!(per_year, [false, false, false, true, false]);
    // A kind of cost that the caps do not count is not limited by them.
    let other = judge_line(&programme, &facts(CostKind::Insurance, "1000.00"), &Sums::new());
    assert_eq!((other.award, other.cap_uses), (yuan("500.00"), Vec::new()));
    for (cap, refusal) in [
        ("item", Refusal::ItemCapUsedUp),
        ("loan", Refusal::LoanCapUsedUp),
        ("joint", Refusal::JointCapUsedUp),
        ("enterprise-year", Refusal::YearCapUsedUp),
        ("lifetime", Refusal::LifetimeCapUsedUp),
    ] {
        let sums = Sums::new().used_before(cap, "100.00");
        let verdict = judge_line(&programme, &facts(CostKind::Interest, "1000.00"), &sums);
        assert_eq!(verdict.explanation.refusal, Some(refusal));
    }
}

/// Only hand-made programmes get here: the loader asks for a gate.
#[test]
fn a_cap_per_loan_refuses_a_line_without_a_loan() {
    let mut programme = programme(&format!("{LOAN_REQUIRED}{}", cap("loan", "10")));
    programme.gates.clear();
    let mut facts = facts(CostKind::Interest, "1000.00");
    facts.loan = None;
    let verdict = judge_line(&programme, &facts, &Sums::new());
    assert_eq!((verdict.award, verdict.explanation.refusal), (Amount::ZERO, Some(Refusal::NotEligible)));
    assert_eq!(verdict.explanation.steps.last().unwrap().kind, StepKind::LoanCap);
}

#[test]
fn an_award_is_rounded_down_once_and_less_than_a_fen_is_nothing() {
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Interest, "0.03"), &Sums::new());
    let ratio = verdict.explanation.steps.iter().find(|step| step.kind == StepKind::Ratio).unwrap();
    assert_eq!((ratio.result.as_str(), verdict.award), ("0.015", yuan("0.01")));
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Interest, "0.01"), &Sums::new());
    assert_eq!(verdict.explanation.refusal, Some(Refusal::NotEligible));
    assert_eq!(verdict.explanation.steps.last().unwrap().kind, StepKind::Round);
}

#[test]
fn a_cost_of_zero_or_less_is_refused() {
    for cost in [Amount::ZERO, Amount::from_fen(-1)] {
        let mut facts = facts(CostKind::Interest, "0.00");
        facts.cost = cost;
        facts.evidence_left = yuan("100.00");
        let verdict = judge_line(&pledge_cost(), &facts, &Sums::new());
        assert_eq!((verdict.award, verdict.explanation.refusal), (Amount::ZERO, Some(Refusal::NotEligible)));
        assert_eq!(verdict.explanation.steps.last().unwrap().kind, StepKind::Base);
    }
}

/// No amount from outside is so large; a sum could be.
#[test]
fn what_cannot_be_computed_is_refused_with_the_step_that_says_so() {
    let huge = Amount::INPUT_MAX.plus(Amount::INPUT_MAX);
    let mut facts = facts(CostKind::PatentInsurance, "1.00");
    (facts.cost, facts.evidence_left) = (huge, huge);
    let verdict = judge_line(&first_insured_patent(), &facts, &Sums::new());
    assert_eq!((verdict.award, verdict.explanation.refusal), (Amount::ZERO, Some(Refusal::NotEligible)));
    let last = verdict.explanation.steps.last().unwrap();
    assert_eq!((last.kind, last.outcome), (StepKind::Ratio, StepOutcome::Failed));
    assert!(matches!(input(last, "error"), Value::Text(text) if text.contains("too large")));
}

#[test]
fn the_steps_stand_in_the_fixed_order() {
    let verdict = judge_line(&pledge_cost(), &facts(CostKind::Interest, "1000.00"), &Sums::new());
    let kinds: Vec<StepKind> = verdict.explanation.steps.iter().map(|step| step.kind).collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == StepKind::Gate).count(), 6);
    assert_eq!(kinds.last(), Some(&StepKind::Round));
}

fn input<'a>(step: &'a Step, name: &str) -> &'a Value {
    &step.inputs.iter().find(|input| input.name == name).unwrap().value
}
