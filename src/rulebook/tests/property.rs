//! Goal: whatever the facts, an award is within every bound, and is what plain integers give.
//! Method: random facts against the strict Hebi programme, and a second computation in fen beside it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "the second computation is as plain as can be"
)]

use proptest::prelude::*;

use super::super::facts::LineFacts;
use super::super::model::{Programme, RatioRule};
use super::super::terms::CostKind;
use super::super::{Language, judge_line, line_sentence};
use super::{LOAN_REQUIRED, Sums, cap, facts, programme};
use crate::identifier::CapId;
use crate::money::{Amount, Rate};

/// 1 000 000 yuan: caps and costs of the same size meet often.
const FEN: i64 = 100_000_000;

#[derive(Debug, Clone)]
struct Numbers {
    cost: i64,
    evidence: i64,
    other: i64,
    used: [i64; 4],
    budget: i64,
    ratio_points: u32,
}

fn fen() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(1), 0..10_i64, 0..FEN]
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let used = [fen(), fen(), fen(), fen()];
    (fen(), fen(), prop_oneof![3 => Just(0), 1 => fen()], used, fen(), 1..=10_000_u32).prop_map(
        |(cost, evidence, other, used, budget, ratio_points)| Numbers {
            cost,
            evidence,
            other,
            used,
            budget,
            ratio_points,
        },
    )
}

/// Caps of four scopes: loan, joint, year, lifetime.
const CAPS: [(&str, i64); 4] =
    [("loan", 30_000_000), ("joint", 25_000_000), ("enterprise-year", 20_000_000), ("lifetime", 50_000_000)];

fn capped(ratio_points: u32) -> Programme {
    let caps = CAPS.map(|(scope, limit)| cap(scope, &Amount::from_fen(limit).to_string())).concat();
    let keys = format!("{LOAN_REQUIRED}{caps}");
    Programme { ratio: RatioRule::flat(Rate::from_basis_points(ratio_points)), ..programme(&keys) }
}

fn situation(numbers: &Numbers) -> (Programme, LineFacts, Sums) {
    let mut facts = facts(CostKind::Interest, "0.00");
    facts.cost = Amount::from_fen(numbers.cost);
    facts.evidence_left = Amount::from_fen(numbers.evidence);
    facts.other_public_funding = Amount::from_fen(numbers.other);
    let mut sums = Sums::new();
    for ((cap, _), used) in CAPS.iter().zip(numbers.used) {
        sums.used_before.insert(CapId::parse(cap).unwrap(), Amount::from_fen(used));
    }
    sums.budget = Amount::from_fen(numbers.budget);
    (capped(numbers.ratio_points), facts, sums)
}

/// The rule once more, in whole fen and as plainly as can be.
fn expected(numbers: &Numbers) -> i64 {
    let base = numbers.cost.min(numbers.evidence);
    let product = i128::from(base) * i128::from(numbers.ratio_points) / 10_000;
    let mut award = i64::try_from(product).unwrap().min(base - numbers.other);
    for ((_, limit), used) in CAPS.iter().zip(numbers.used) {
        award = award.min(limit - used);
    }
    award.min(numbers.budget).max(0)
}

proptest! {
    #[test]
    fn an_award_is_what_plain_integers_give(numbers in numbers()) {
        let (programme, facts, sums) = situation(&numbers);
        let verdict = judge_line(&programme, &facts, &sums);
        prop_assert_eq!(verdict.award.fen(), expected(&numbers));
        prop_assert_eq!(verdict.explanation.refusal.is_some(), verdict.award.is_zero());
        prop_assert_eq!(verdict.explanation.granted, verdict.award);
        let award = i128::from(verdict.award.fen());
        prop_assert!(award * 10_000 <= i128::from(numbers.cost) * i128::from(numbers.ratio_points));
        prop_assert!(verdict.eligible_cost <= facts.evidence_left);
        prop_assert!(verdict.award <= verdict.eligible_cost);
        prop_assert!(verdict.award <= sums.budget);
        // The last step's result is the award, and every sentence can be said.
        let last = verdict.explanation.steps.last().map(|step| step.result.to_string());
        prop_assert_eq!(last, Some(verdict.award.to_string()));
        for language in [Language::Chinese, Language::English] {
            prop_assert!(line_sentence(&verdict.explanation, language).contains(&verdict.award.grouped())
                || verdict.award.is_zero());
        }
    }

    #[test]
    fn the_same_facts_give_the_same_verdict(numbers in numbers()) {
        let (programme, facts, sums) = situation(&numbers);
        prop_assert_eq!(judge_line(&programme, &facts, &sums), judge_line(&programme, &facts, &sums));
    }

    /// Line by line, in any order and split, a year's grants stay within the cap.
    #[test]
    fn many_lines_stay_within_the_year(costs in prop::collection::vec(1..FEN, 1..20)) {
        let programme = super::pledge_cost();
        let mut sums = Sums::new();
        let mut total = Amount::ZERO;
        for cost in costs {
            let mut facts = facts(CostKind::Guarantee, "0.00");
            (facts.cost, facts.evidence_left) = (Amount::from_fen(cost), Amount::from_fen(cost));
            let verdict = judge_line(&programme, &facts, &sums);
            sums.grant(&verdict);
            total = total.plus(verdict.award);
        }
        prop_assert!(total <= Amount::from_yuan(200_000));
    }

    #[test]
    fn loading_never_panics(text in "(?s).*", cut in 0..6000_usize) {
        drop(super::super::load(&text));
        let (_, shipped) = super::super::shipped()[0];
        let cut: String = shipped.chars().take(cut).chain(text.chars()).collect();
        drop(super::super::load(&cut));
    }
}
