//! The judge of pools: what a filed loan exposes a pool to, and what a pool pays for a loss.
//!
//! A pool shares the *IP part* of the principal, by a vector of basis points that closes exactly by the largest
//! remainder. The exposure is rounded up (a promise is at least what it may cost), a covered loss down (a
//! compensation is "not more than"). A claim that meets the rule but finds the breaker tripped or the pool short
//! *waits*; it is not refused.

use super::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::facts::{ClaimFacts, ClaimVerdict, FilingFacts, FilingVerdict};
use super::judge::{amount_input, input};
use super::model::{BreakerEffect, Coverage, PoolRule};
use super::refusal::Refusal;
use super::terms::LossParty;
use crate::money::{Amount, Rate, Rounding};

/// The pool's share of what is outstanding of the IP part, in yuan, rounded up to the fen.
pub fn exposure_of(rule: &PoolRule, outstanding_ip: Amount) -> Amount {
    let share = Rate::from_basis_points(rule.pool_basis_points());
    // A share of at most 1 makes nothing larger, so the product of an amount from outside fits; should an amount be
    // larger than any from outside, the whole of it is the careful answer.
    outstanding_ip.times(share).map_or(outstanding_ip, |product| product.round(Rounding::Up))
}

/// What each party gets of a recovery (追偿收回) net of its cost, in the rule's order; sums to `net`.
pub fn recovery_split(rule: &PoolRule, net: Amount) -> Vec<(LossParty, Amount)> {
    split(rule, net)
}

/// Judges the filing of a loan with the pool: the exposure it takes on, against its leverage limit.
///
/// Refused with [`Refusal::LossNotCovered`] where the loan has no IP part, and with
/// [`Refusal::PoolLeverageExceeded`] where the exposure with this loan would be *above* limit × free balance.
/// A refused filing has an exposure of zero; what it would have been is `requested`.
pub fn judge_filing(rule: &PoolRule, facts: &FilingFacts) -> FilingVerdict {
    let mut sheet = Sheet::new(rule);
    let exposure = exposure_of(rule, facts.ip_part).floored_at_zero();
    let refusal = sheet.filing(facts, exposure).err();
    let granted = if refusal.is_some() { Amount::ZERO } else { exposure };
    FilingVerdict { exposure: granted, explanation: sheet.explanation(exposure, granted, refusal) }
}

/// Judges a claim: refused, deferred, or what each party bears.
///
/// A refused claim covers nothing and has no shares. A deferred one keeps its covered loss and shares, which are what
/// it would come to today; `granted` in the explanation, the pool's payment, is zero until it resumes.
pub fn judge_claim(rule: &PoolRule, facts: &ClaimFacts) -> ClaimVerdict {
    let mut sheet = Sheet::new(rule);
    let (covered_loss, shares, refusal) = match sheet.covered(facts) {
        Ok(covered) => {
            let shares = sheet.share(covered);
            let refusal = sheet.waits(facts, covered, pool_part(&shares)).err();
            (covered, shares, refusal)
        }
        Err(refusal) => (Amount::ZERO, Vec::new(), Some(refusal)),
    };
    let granted = if refusal.is_some() { Amount::ZERO } else { pool_part(&shares) };
    let explanation = sheet.explanation(facts.principal_loss, granted, refusal);
    ClaimVerdict { covered_loss, shares, explanation }
}

fn split(rule: &PoolRule, amount: Amount) -> Vec<(LossParty, Amount)> {
    let weights: Vec<u32> = rule.shares.iter().map(|(_, points)| *points).collect();
    let parts = amount.split(&weights);
    rule.shares.iter().zip(parts).map(|((party, _), part)| (*party, part)).collect()
}

fn pool_part(shares: &[(LossParty, Amount)]) -> Amount {
    shares.iter().find(|(party, _)| *party == LossParty::Pool).map_or(Amount::ZERO, |(_, part)| *part)
}

/// The work sheet of a pool decision.
struct Sheet<'a> {
    rule: &'a PoolRule,
    bound: Bound,
    steps: Vec<Step>,
}

impl<'a> Sheet<'a> {
    fn new(rule: &'a PoolRule) -> Self {
        Self { rule, bound: Bound::Ratio, steps: Vec::new() }
    }

    fn explanation(self, requested: Amount, granted: Amount, refusal: Option<Refusal>) -> LineExplanation {
        LineExplanation { item: None, requested, granted, bound: self.bound, refusal, steps: self.steps }
    }

    fn filing(&mut self, facts: &FilingFacts, exposure: Amount) -> Result<(), Refusal> {
        let inputs = vec![amount_input("ip-part", facts.ip_part), input("share", Value::Rate(self.pool_rate()))];
        if !exposure.is_positive() {
            return Err(self.fail((StepKind::LossShare, "exposure"), inputs, Bound::Gate, Refusal::LossNotCovered));
        }
        self.record((StepKind::LossShare, "exposure"), inputs, exposure, StepOutcome::Reduced);
        let limit = self.rule.leverage_limit;
        let after = facts.exposure.plus(exposure);
        let inputs = vec![
            amount_input("exposure-before", facts.exposure),
            amount_input("exposure", exposure),
            amount_input("exposure-after", after),
            amount_input("free-balance", facts.free_balance),
            input("leverage-limit", Value::Rate(limit)),
        ];
        if after.exceeds_share(facts.free_balance, limit) {
            let refusal = Refusal::PoolLeverageExceeded;
            return Err(self.fail((StepKind::Leverage, ""), inputs, Bound::PoolBalance, refusal));
        }
        self.record((StepKind::Leverage, ""), inputs, exposure, StepOutcome::Passed);
        Ok(())
    }

    /// The covered part of the loss: the conditions of a claim, then the IP part.
    fn covered(&mut self, facts: &ClaimFacts) -> Result<Amount, Refusal> {
        let over = self.rule.overdue_days_over;
        let overdue = facts.overdue_days.unwrap_or(0);
        let inputs = vec![input("overdue-days", Value::Count(overdue)), input("more-than", Value::Count(over))];
        if overdue <= over {
            return Err(self.fail((StepKind::Gate, "overdue"), inputs, Bound::Gate, Refusal::NotOverdueLongEnough));
        }
        let loss = facts.principal_loss;
        self.record((StepKind::Gate, "overdue"), inputs, loss, StepOutcome::Passed);
        let inputs = vec![amount_input("loss", loss), amount_input("outstanding", facts.outstanding)];
        if !loss.is_positive() || loss > facts.outstanding {
            return Err(self.fail((StepKind::Base, "principal-loss"), inputs, Bound::Gate, Refusal::LossNotCovered));
        }
        self.record((StepKind::Base, "principal-loss"), inputs, loss, StepOutcome::Passed);
        match self.rule.coverage {
            Coverage::IpPartOfPrincipal => self.ip_part(facts),
        }
    }

    fn ip_part(&mut self, facts: &ClaimFacts) -> Result<Amount, Refusal> {
        let part = (StepKind::IpShare, Coverage::IpPartOfPrincipal.code());
        let inputs = vec![
            amount_input("loss", facts.principal_loss),
            amount_input("ip-part", facts.ip_part),
            amount_input("principal", facts.principal),
        ];
        let plausible = facts.ip_part.is_positive() && facts.ip_part <= facts.principal;
        let covered = facts.principal_loss.times(Rate::ONE).and_then(|loss| {
            loss.times_fraction(facts.ip_part.fen(), facts.principal.fen()).map(|part| part.round(Rounding::Down))
        });
        match covered {
            Ok(covered) if plausible && covered.is_positive() => {
                let whole = covered == facts.principal_loss;
                let outcome = if whole { StepOutcome::Passed } else { StepOutcome::Reduced };
                self.record(part, inputs, covered, outcome);
                Ok(covered)
            }
            Ok(_) | Err(_) => Err(self.fail(part, inputs, Bound::Gate, Refusal::LossNotCovered)),
        }
    }

    /// Divides the covered loss and records what each party bears.
    fn share(&mut self, covered: Amount) -> Vec<(LossParty, Amount)> {
        let shares = split(self.rule, covered);
        let mut inputs = vec![amount_input("covered-loss", covered), input("share", Value::Rate(self.pool_rate()))];
        inputs.extend(shares.iter().map(|(party, part)| amount_input(party.code(), *part)));
        let pool = pool_part(&shares);
        let outcome = if pool == covered { StepOutcome::Passed } else { StepOutcome::Reduced };
        self.record((StepKind::LossShare, "claim"), inputs, pool, outcome);
        shares
    }

    /// Whether the claim must wait: for the bank's loss ratio to fall, or for the pool to be refilled.
    fn waits(&mut self, facts: &ClaimFacts, covered: Amount, pool: Amount) -> Result<(), Refusal> {
        if let Some(breaker) = self.rule.breaker {
            let losses = facts.bank_year_losses.plus(covered);
            let inputs = vec![
                amount_input("losses-before", facts.bank_year_losses),
                amount_input("losses-after", losses),
                amount_input("filed", facts.bank_year_filed),
                input("ratio", Value::Rate(breaker.ratio)),
            ];
            let part = (StepKind::Breaker, breaker.effect.code());
            if losses.exceeds_share(facts.bank_year_filed, breaker.ratio) {
                return Err(match breaker.effect {
                    BreakerEffect::Defer => self.defer(part, inputs, Bound::Gate, Refusal::BreakerTripped),
                });
            }
            self.record(part, inputs, pool, StepOutcome::Passed);
        }
        let inputs = vec![amount_input("pool-share", pool), amount_input("free-balance", facts.free_balance)];
        if pool > facts.free_balance {
            return Err(self.defer((StepKind::PoolBalance, ""), inputs, Bound::PoolBalance, Refusal::PoolShort));
        }
        self.record((StepKind::PoolBalance, ""), inputs, pool, StepOutcome::Passed);
        Ok(())
    }

    fn pool_rate(&self) -> Rate {
        Rate::from_basis_points(self.rule.pool_basis_points())
    }

    fn fail(&mut self, part: (StepKind, &str), inputs: Vec<Input>, bound: Bound, refusal: Refusal) -> Refusal {
        self.bound = bound;
        self.record(part, inputs, Amount::ZERO, StepOutcome::Failed);
        refusal
    }

    fn defer(&mut self, part: (StepKind, &str), inputs: Vec<Input>, bound: Bound, refusal: Refusal) -> Refusal {
        self.bound = bound;
        self.record(part, inputs, Amount::ZERO, StepOutcome::Deferred);
        refusal
    }

    fn record(&mut self, (kind, rule): (StepKind, &str), inputs: Vec<Input>, result: Amount, outcome: StepOutcome) {
        let clause = self.rule.clause().cloned();
        let result = result.to_string();
        self.steps.push(Step { kind, rule: rule.to_owned(), clause, inputs, result, outcome });
    }
}
