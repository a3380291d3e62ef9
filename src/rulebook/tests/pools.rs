//! Goal: a pool takes on and pays exactly its share, and waits where the rule says so.
//! Method: the edge values of domain.md: single fen, 60 and 61 days, exactly 3 %, exactly the leverage limit.

use super::super::explanation::{Bound, StepKind, StepOutcome};
use super::super::facts::{ClaimDetails, ClaimFacts, ClaimVerdict, FilingFacts};
use super::super::model::PoolRule;
use super::super::refusal::Refusal;
use super::super::terms::LossParty;
use super::super::{exposure_of, judge_claim, judge_filing, recovery_split};
use super::{shipped, yuan};
use crate::money::Amount;

pub(super) fn hebi_pool() -> PoolRule {
    shipped("hebi-2017.toml").pools.remove(0)
}

pub(super) fn claim(loss: &str) -> ClaimFacts {
    ClaimFacts {
        principal_loss: yuan(loss),
        outstanding: yuan("5000000.00"),
        principal: yuan("5000000.00"),
        ip_part: yuan("5000000.00"),
        overdue_days: Some(61),
        free_balance: yuan("20000000.00"),
        bank_year_losses: Amount::ZERO,
        bank_year_filed: yuan("1000000000.00"),
        details: ClaimDetails::default(),
    }
}

fn shares(verdict: &ClaimVerdict) -> Vec<String> {
    verdict.shares.iter().map(|(_, part)| part.to_string()).collect()
}

#[test]
fn a_loss_is_divided_to_the_fen() {
    for (loss, expected) in
        [("0.01", ["0.01", "0.00"]), ("0.03", ["0.02", "0.01"]), ("1000000.01", ["500000.01", "500000.00"])]
    {
        let verdict = judge_claim(&hebi_pool(), &claim(loss));
        assert_eq!(shares(&verdict), expected);
        assert_eq!(verdict.covered_loss, yuan(loss));
        assert_eq!(verdict.explanation.granted, verdict.shares[0].1);
        assert_eq!(verdict.explanation.refusal, None);
    }
}

/// R8, C10: four parties.
#[test]
fn four_parties_divide_54_26_16_4() {
    let mut rule = hebi_pool();
    rule.shares =
        vec![(LossParty::Pool, 5400), (LossParty::Bank, 2600), (LossParty::Insurer, 1600), (LossParty::Valuer, 400)];
    for (loss, expected) in [
        ("0.01", ["0.01", "0.00", "0.00", "0.00"]),
        ("0.03", ["0.02", "0.01", "0.00", "0.00"]),
        ("1000000.01", ["540000.01", "260000.00", "160000.00", "40000.00"]),
    ] {
        assert_eq!(shares(&judge_claim(&rule, &claim(loss))), expected, "{loss}");
    }
    let recovered: Vec<String> =
        recovery_split(&rule, &[], yuan("1000000.01")).iter().map(|(_, part)| part.to_string()).collect();
    assert_eq!(recovered, ["540000.01", "260000.00", "160000.00", "40000.00"]);
}

#[test]
fn sixty_days_are_not_enough_and_sixty_one_are() {
    for (days, refusal) in
        [(None, Some(Refusal::NotOverdueLongEnough)), (Some(60), Some(Refusal::NotOverdueLongEnough)), (Some(61), None)]
    {
        let mut facts = claim("1000.00");
        facts.overdue_days = days;
        let verdict = judge_claim(&hebi_pool(), &facts);
        assert_eq!(verdict.explanation.refusal, refusal, "{days:?}");
        assert_eq!(verdict.shares.is_empty(), refusal.is_some());
    }
}

#[test]
fn only_principal_that_is_outstanding_is_covered() {
    for (loss, outstanding) in [("0.00", "5000000.00"), ("1000.01", "1000.00")] {
        let mut facts = claim(loss);
        facts.outstanding = yuan(outstanding);
        let verdict = judge_claim(&hebi_pool(), &facts);
        assert_eq!(verdict.explanation.refusal, Some(Refusal::LossNotCovered));
        assert_eq!((verdict.covered_loss, verdict.explanation.granted), (Amount::ZERO, Amount::ZERO));
    }
    let mut facts = claim("1000.00");
    facts.outstanding = yuan("1000.00");
    assert_eq!(judge_claim(&hebi_pool(), &facts).explanation.refusal, None);
}

#[test]
fn the_ip_part_of_a_loss_is_shared_rounded_down() {
    let mut facts = claim("1000000.01");
    facts.ip_part = yuan("3000000.00");
    let verdict = judge_claim(&hebi_pool(), &facts);
    assert_eq!(verdict.covered_loss, yuan("600000.00")); // 600 000.006
    assert_eq!(shares(&verdict), ["300000.00", "300000.00"]);
    for (ip_part, principal) in [("0.00", "5000000.00"), ("0.01", "5000000.00"), ("2.00", "1.00"), ("0.00", "0.00")] {
        let mut facts = claim("1.00");
        (facts.ip_part, facts.principal) = (yuan(ip_part), yuan(principal));
        let verdict = judge_claim(&hebi_pool(), &facts);
        assert_eq!(verdict.explanation.refusal, Some(Refusal::LossNotCovered), "{ip_part} of {principal}");
    }
}

/// C9: with 1,000,000,000.00 filed, losses of exactly 30,000,000.00 pay and one fen more waits.
#[test]
fn the_breaker_trips_just_above_three_per_cent() {
    for (before, refusal) in [("29999000.00", None), ("29999000.01", Some(Refusal::BreakerTripped))] {
        let mut facts = claim("1000.00");
        facts.bank_year_losses = yuan(before);
        let verdict = judge_claim(&hebi_pool(), &facts);
        assert_eq!(verdict.explanation.refusal, refusal);
        // What it would come to stays known.
        assert_eq!((verdict.covered_loss, verdict.shares.len()), (yuan("1000.00"), 2));
        if refusal.is_some() {
            assert_eq!(verdict.explanation.granted, Amount::ZERO);
            let last = verdict.explanation.steps.last().unwrap();
            assert_eq!((last.kind, last.outcome), (StepKind::Breaker, StepOutcome::Deferred));
        }
    }
    let mut rule = hebi_pool();
    rule.breaker = None;
    let mut facts = claim("1000.00");
    facts.bank_year_filed = Amount::ZERO;
    assert_eq!(judge_claim(&rule, &facts).explanation.refusal, None);
    assert_eq!(judge_claim(&hebi_pool(), &facts).explanation.refusal, Some(Refusal::BreakerTripped));
}

#[test]
fn a_claim_waits_for_a_pool_that_is_short() {
    for (free, refusal) in [("500.00", None), ("499.99", Some(Refusal::PoolShort))] {
        let mut facts = claim("1000.00");
        facts.free_balance = yuan(free);
        let verdict = judge_claim(&hebi_pool(), &facts);
        assert_eq!(verdict.explanation.refusal, refusal);
        let bound = if refusal.is_some() { Bound::PoolBalance } else { Bound::Ratio };
        assert_eq!(verdict.explanation.bound, bound);
    }
}

#[test]
fn the_leverage_limit_is_reached_but_not_passed() {
    let file = |before: &str| {
        let facts = FilingFacts {
            ip_part: yuan("2000000.00"),
            exposure: yuan(before),
            free_balance: yuan("1000000.00"),
            principal: None,
            borrower_filed: None,
            bank_year: None,
        };
        judge_filing(&hebi_pool(), &facts)
    };
    let at = file("9000000.00");
    assert_eq!((at.exposure, at.explanation.refusal), (yuan("1000000.00"), None));
    let above = file("9000000.01");
    assert_eq!((above.exposure, above.explanation.refusal), (Amount::ZERO, Some(Refusal::PoolLeverageExceeded)));
    assert_eq!((above.explanation.requested, above.explanation.bound), (yuan("1000000.00"), Bound::PoolBalance));
}

#[test]
fn a_loan_without_an_ip_part_is_not_covered() {
    let facts = FilingFacts {
        ip_part: Amount::ZERO,
        exposure: Amount::ZERO,
        free_balance: yuan("1000000.00"),
        principal: None,
        borrower_filed: None,
        bank_year: None,
    };
    assert_eq!(judge_filing(&hebi_pool(), &facts).explanation.refusal, Some(Refusal::LossNotCovered));
}

#[test]
fn exposure_is_rounded_up() {
    assert_eq!(exposure_of(&hebi_pool(), yuan("0.01")), yuan("0.01"));
    assert_eq!(exposure_of(&hebi_pool(), yuan("0.03")), yuan("0.02"));
    assert_eq!(exposure_of(&hebi_pool(), Amount::ZERO), Amount::ZERO);
}
