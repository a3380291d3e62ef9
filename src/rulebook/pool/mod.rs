//! The judge of pools: what a filed loan exposes a pool to, and what a pool pays for a loss.
//!
//! A pool shares the *IP part* of the principal, by a vector of basis points that closes exactly by the largest
//! remainder. The exposure is rounded up (a promise is at least what it may cost), a covered loss down (a
//! compensation is "not more than"). A claim that meets the rule but finds the breaker tripped or the pool short
//! *waits*; it is not refused.

mod payers;

use super::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::facts::{CapUse, ClaimFacts, ClaimVerdict, FilingFacts, FilingVerdict};
use super::judge::gate_at_least as at_least;
use super::judge::{amount_input, input};
use super::model::{Breaker, BreakerEffect, Coverage, Missing, PoolCondition, PoolGate, PoolRule};
use super::refusal::Refusal;
use super::terms::LossParty;
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate, Rounding};

/// The pool's share of what is outstanding of the IP part, in yuan, rounded up to the fen.
pub fn exposure_of(rule: &PoolRule, outstanding_ip: Amount) -> Amount {
    let share = rule.pool_ratio();
    // A share of at most 1 makes nothing larger, so the product of an amount from outside fits; should an amount be
    // larger than any from outside, the whole of it is the careful answer.
    outstanding_ip.times(share).map_or(outstanding_ip, |product| product.round(Rounding::Up))
}

/// What each party gets of a recovery (追偿收回) net of its cost, in the rule's order; sums to `net`.
///
/// Where shares are fixed they divide it; where payers paid by ratio and cap, it goes back as they bore the loss.
pub fn recovery_split(rule: &PoolRule, borne: &[(LossParty, Amount)], net: Amount) -> Vec<(LossParty, Amount)> {
    if rule.payers.is_empty() {
        let weights: Vec<u32> = rule.shares.iter().map(|(_, points)| *points).collect();
        let parties = rule
            .shares
            .iter()
            .enumerate()
            .map(|(index, (party, _))| borne.get(index).map_or(*party, |(party, _)| *party));
        return parties.zip(net.split(&weights)).collect();
    }
    let weights: Vec<Amount> = borne.iter().map(|(_, amount)| *amount).collect();
    borne.iter().map(|(party, _)| *party).zip(net.split_like(&weights)).collect()
}

/// Judges the filing of a loan with the pool: the exposure it takes on, against its leverage limit.
///
/// Refused with [`Refusal::LossNotCovered`] where the loan has no IP part, and with
/// [`Refusal::PoolLeverageExceeded`] where the exposure with this loan would be *above* limit × free balance.
/// A refused filing has an exposure of zero; what it would have been is `requested`.
pub fn judge_filing(rule: &PoolRule, facts: &FilingFacts) -> FilingVerdict {
    let mut sheet = Sheet::new(rule);
    let covered = covered_principal(rule, facts.ip_part, facts.principal.unwrap_or(facts.ip_part));
    let exposure = exposure_of(rule, covered).floored_at_zero();
    let refusal = sheet.filing(facts, exposure).err();
    let granted = if refusal.is_some() { Amount::ZERO } else { exposure };
    FilingVerdict { exposure: granted, explanation: sheet.explanation(exposure, granted, refusal) }
}

/// The part of a loan's principal that the pool covers, in yuan.
pub fn covered_principal(rule: &PoolRule, ip_part: Amount, principal: Amount) -> Amount {
    let covered = match rule.coverage {
        Coverage::IpPartOfPrincipal => ip_part,
        Coverage::Principal => principal,
    };
    rule.eligible_principal.map_or(covered, |most| covered.at_most(most))
}

/// Judges a claim: refused, deferred, or what each party bears.
///
/// A refused claim covers nothing and has no shares. A deferred one keeps its covered loss and shares, which are what
/// it would come to today; `granted` in the explanation, the pool's payment, is zero until it resumes.
pub fn judge_claim(rule: &PoolRule, facts: &ClaimFacts) -> ClaimVerdict {
    let mut sheet = Sheet::new(rule);
    let (covered_loss, shares, refusal) = match sheet.covered(facts) {
        Ok(covered) => {
            let judged = if rule.payers.is_empty() { sheet.share(facts, covered) } else { sheet.pay(facts, covered) };
            match judged {
                Ok(shares) => {
                    let refusal = sheet.waits(facts, covered, pool_part(&shares)).err();
                    (covered, shares, refusal)
                }
                Err(refusal) => (Amount::ZERO, Vec::new(), Some(refusal)),
            }
        }
        Err(refusal) => (Amount::ZERO, Vec::new(), Some(refusal)),
    };
    let granted = if refusal.is_some() { Amount::ZERO } else { pool_part(&shares) };
    let payee = sheet.payee;
    let cap_uses = if shares.is_empty() { Vec::new() } else { std::mem::take(&mut sheet.cap_uses) };
    let explanation = sheet.explanation(facts.principal_loss, granted, refusal);
    ClaimVerdict { covered_loss, shares, payee, cap_uses, explanation }
}

fn pool_part(shares: &[(LossParty, Amount)]) -> Amount {
    shares.iter().find(|(party, _)| *party == LossParty::Pool).map_or(Amount::ZERO, |(_, part)| *part)
}

/// The work sheet of a pool decision.
struct Sheet<'a> {
    rule: &'a PoolRule,
    bound: Bound,
    steps: Vec<Step>,
    /// The clause of the part that is being judged, where it is not the rule's.
    clause: Option<&'a ClauseId>,
    /// To whom the pool's part is paid.
    payee: LossParty,
    /// What the payers' parts count toward.
    cap_uses: Vec<CapUse>,
}

impl<'a> Sheet<'a> {
    fn new(rule: &'a PoolRule) -> Self {
        Self {
            rule,
            bound: Bound::Ratio,
            steps: Vec::new(),
            clause: None,
            payee: LossParty::Bank,
            cap_uses: Vec::new(),
        }
    }

    fn explanation(self, requested: Amount, granted: Amount, refusal: Option<Refusal>) -> LineExplanation {
        LineExplanation { item: None, requested, granted, bound: self.bound, refusal, steps: self.steps }
    }

    fn filing(&mut self, facts: &FilingFacts, exposure: Amount) -> Result<(), Refusal> {
        let mut inputs = vec![amount_input("ip-part", facts.ip_part), input("share", Value::Rate(self.pool_rate()))];
        if let Some(most) = self.rule.eligible_principal {
            inputs.push(amount_input("eligible-principal", most));
        }
        let needs_principal = self.rule.coverage == Coverage::Principal || self.rule.borrower_limit.is_some();
        if needs_principal && facts.principal.is_none() {
            return Err(self.missing((StepKind::LossShare, "exposure"), inputs, Missing("principal")));
        }
        if !exposure.is_positive() {
            return Err(self.fail((StepKind::LossShare, "exposure"), inputs, Bound::Gate, Refusal::LossNotCovered));
        }
        self.record((StepKind::LossShare, "exposure"), inputs, exposure, StepOutcome::Reduced);
        self.borrower_limit(facts, exposure)?;
        self.stopped(facts, exposure)?;
        let Some(limit) = self.rule.leverage_limit else { return Ok(()) };
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

    /// One borrower's loans with the pool, of all banks.
    fn borrower_limit(&mut self, facts: &FilingFacts, exposure: Amount) -> Result<(), Refusal> {
        let Some(limit) = self.rule.borrower_limit else { return Ok(()) };
        let part = (StepKind::LoanCap, "borrower-limit");
        let Some(filed) = facts.borrower_filed else {
            return Err(self.missing(part, Vec::new(), Missing("borrower-filed")));
        };
        let after = filed.plus(facts.principal.unwrap_or_default());
        let inputs = vec![
            amount_input("limit", limit),
            amount_input("used-before", filed),
            amount_input("borrower-filed-after", after),
        ];
        if after > limit {
            return Err(self.fail(part, inputs, Bound::LoanCap, Refusal::LoanCapUsedUp));
        }
        self.record(part, inputs, exposure, StepOutcome::Passed);
        Ok(())
    }

    /// Whether the bank's losses of the year stop further loans of it.
    fn stopped(&mut self, facts: &FilingFacts, exposure: Amount) -> Result<(), Refusal> {
        let stops = |breaker: &&Breaker| breaker.effect == BreakerEffect::StopFiling;
        let Some(breaker) = self.rule.breaker.as_ref().filter(stops) else { return Ok(()) };
        let part = (StepKind::Breaker, breaker.effect.code());
        self.clause = breaker.clause.as_ref();
        let Some((losses, filed)) = facts.bank_year else {
            return Err(self.missing(part, Vec::new(), Missing("losses-before")));
        };
        let inputs = vec![
            amount_input("losses-before", losses),
            amount_input("filed", filed),
            input("ratio", Value::Rate(breaker.ratio)),
        ];
        if losses.exceeds_share(filed, breaker.ratio) {
            return Err(self.fail(part, inputs, Bound::Gate, Refusal::BreakerTripped));
        }
        self.record(part, inputs, exposure, StepOutcome::Passed);
        self.clause = None;
        Ok(())
    }

    /// The covered part of the loss: the conditions of a claim, then the IP part.
    fn covered(&mut self, facts: &ClaimFacts) -> Result<Amount, Refusal> {
        if let Some(over) = self.rule.overdue_days_over {
            self.overdue(over, facts)?;
        }
        let rule = self.rule;
        for gate in &rule.gates {
            self.gate(gate, facts)?;
        }
        self.loss(facts)
    }

    fn overdue(&mut self, over: i64, facts: &ClaimFacts) -> Result<(), Refusal> {
        let overdue = facts.overdue_days.unwrap_or(0);
        let inputs = vec![input("overdue-days", Value::Count(overdue)), input("more-than", Value::Count(over))];
        if overdue <= over {
            return Err(self.fail((StepKind::Gate, "overdue"), inputs, Bound::Gate, Refusal::NotOverdueLongEnough));
        }
        self.record((StepKind::Gate, "overdue"), inputs, facts.principal_loss, StepOutcome::Passed);
        Ok(())
    }

    fn gate(&mut self, gate: &'a PoolGate, facts: &ClaimFacts) -> Result<(), Refusal> {
        let part = (StepKind::Gate, gate.condition.code());
        let (inputs, held) = gate_facts(&gate.condition, facts);
        self.clause = Some(&gate.clause);
        let judged = match held {
            Ok(true) => {
                self.record(part, inputs, facts.principal_loss, StepOutcome::Passed);
                Ok(())
            }
            Ok(false) => Err(self.fail(part, inputs, Bound::Gate, Refusal::NotEligible)),
            Err(missing) => Err(self.missing(part, inputs, missing)),
        };
        self.clause = None;
        judged
    }

    fn loss(&mut self, facts: &ClaimFacts) -> Result<Amount, Refusal> {
        let loss = facts.principal_loss;
        let inputs = vec![amount_input("loss", loss), amount_input("outstanding", facts.outstanding)];
        if !loss.is_positive() || loss > facts.outstanding {
            return Err(self.fail((StepKind::Base, "principal-loss"), inputs, Bound::Gate, Refusal::LossNotCovered));
        }
        self.record((StepKind::Base, "principal-loss"), inputs, loss, StepOutcome::Passed);
        let covered = match self.rule.coverage {
            Coverage::IpPartOfPrincipal => self.ip_part(facts)?,
            Coverage::Principal => loss,
        };
        self.eligible(facts, covered)
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

    /// A loan beyond the eligible principal is covered in that proportion.
    fn eligible(&mut self, facts: &ClaimFacts, covered: Amount) -> Result<Amount, Refusal> {
        let Some(most) = self.rule.eligible_principal else { return Ok(covered) };
        let part = (StepKind::Clamp, "eligible-principal");
        let inputs = vec![amount_input("principal", facts.principal), amount_input("eligible-principal", most)];
        if facts.principal <= most {
            self.record(part, inputs, covered, StepOutcome::Passed);
            return Ok(covered);
        }
        let reduced = covered.times(Rate::ONE).and_then(|loss| loss.times_fraction(most.fen(), facts.principal.fen()));
        match reduced.map(|reduced| reduced.round(Rounding::Down)) {
            Ok(reduced) if reduced.is_positive() => {
                self.record(part, inputs, reduced, StepOutcome::Reduced);
                Ok(reduced)
            }
            Ok(_) | Err(_) => Err(self.fail(part, inputs, Bound::Gate, Refusal::LossNotCovered)),
        }
    }

    /// The parties by the shares of the rule, with whoever fills a seat that two kinds of party may fill.
    fn seats(&mut self, facts: &ClaimFacts) -> Result<Vec<LossParty>, Refusal> {
        let mut parties = Vec::with_capacity(self.rule.shares.len());
        for (party, _) in &self.rule.shares {
            let other = self.rule.seats.iter().find(|(seat, _)| seat == party).map(|(_, other)| *other);
            let Some(other) = other else {
                parties.push(*party);
                continue;
            };
            let taking_part = facts.details.parties.as_ref();
            let fills = |party: &LossParty| taking_part.is_some_and(|parties| parties.contains(party));
            match (fills(party), fills(&other)) {
                (true, _) => parties.push(*party),
                (false, true) => parties.push(other),
                (false, false) => {
                    let part = (StepKind::LossShare, "seat");
                    let inputs = vec![input("seat", Value::Text(party.to_string().into()))];
                    return Err(self.missing(part, inputs, Missing("parties")));
                }
            }
        }
        Ok(parties)
    }

    /// Divides the covered loss and records what each party bears.
    fn share(&mut self, facts: &ClaimFacts, covered: Amount) -> Result<Vec<(LossParty, Amount)>, Refusal> {
        let parties = self.seats(facts)?;
        let weights: Vec<u32> = self.rule.shares.iter().map(|(_, points)| *points).collect();
        let shares: Vec<(LossParty, Amount)> = parties.into_iter().zip(covered.split(&weights)).collect();
        let mut inputs = vec![amount_input("covered-loss", covered), input("share", Value::Rate(self.pool_rate()))];
        inputs.extend(shares.iter().map(|(party, part)| amount_input(party.code(), *part)));
        let pool = pool_part(&shares);
        let outcome = if pool == covered { StepOutcome::Passed } else { StepOutcome::Reduced };
        self.payee(facts, &mut inputs)?;
        self.record((StepKind::LossShare, "claim"), inputs, pool, outcome);
        Ok(shares)
    }

    /// Whether the claim must wait: for the bank's loss ratio to fall, or for the pool to be refilled.
    fn waits(&mut self, facts: &ClaimFacts, covered: Amount, pool: Amount) -> Result<(), Refusal> {
        let rule = self.rule;
        if let Some(breaker) = rule.breaker.as_ref().filter(|breaker| breaker.effect == BreakerEffect::Defer) {
            self.clause = breaker.clause.as_ref();
            let losses = facts.bank_year_losses.plus(covered);
            let inputs = vec![
                amount_input("losses-before", facts.bank_year_losses),
                amount_input("losses-after", losses),
                amount_input("filed", facts.bank_year_filed),
                input("ratio", Value::Rate(breaker.ratio)),
            ];
            let part = (StepKind::Breaker, breaker.effect.code());
            if losses.exceeds_share(facts.bank_year_filed, breaker.ratio) {
                return Err(self.defer(part, inputs, Bound::Gate, Refusal::BreakerTripped));
            }
            self.record(part, inputs, pool, StepOutcome::Passed);
            self.clause = None;
        }
        let inputs = vec![amount_input("pool-share", pool), amount_input("free-balance", facts.free_balance)];
        if pool > facts.free_balance {
            return Err(self.defer((StepKind::PoolBalance, ""), inputs, Bound::PoolBalance, Refusal::PoolShort));
        }
        self.record((StepKind::PoolBalance, ""), inputs, pool, StepOutcome::Passed);
        Ok(())
    }

    fn pool_rate(&self) -> Rate {
        self.rule.pool_ratio()
    }

    /// Fails for want of a fact: the step says which.
    fn missing(&mut self, part: (StepKind, &str), mut inputs: Vec<Input>, missing: Missing) -> Refusal {
        inputs.push(input("missing", Value::Text(missing.0.into())));
        self.fail(part, inputs, Bound::Gate, missing.refusal())
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
        let clause = self.clause.or(self.rule.clause()).cloned();
        let result = result.to_string().into();
        self.steps.push(Step { kind, rule: rule.into(), clause, inputs, result, outcome });
    }
}

/// What a gate of a claim looks at, and whether it holds.
fn gate_facts(condition: &PoolCondition, facts: &ClaimFacts) -> (Vec<Input>, Result<bool, Missing>) {
    let details = &facts.details;
    match condition {
        PoolCondition::Property(when) => {
            (vec![input("asked", Value::Text(when.text().into()))], when.holds(&facts.properties()))
        }
        PoolCondition::HigherRecognised => {
            let said = details.higher_recognised;
            let shown = said.map(|yes| input("recognised", Value::Text(if yes { "yes" } else { "no" }.into())));
            (shown.into_iter().collect(), said.ok_or(Missing("higher-recognised")))
        }
        PoolCondition::WorkingDaysAtMost(most) => {
            let mut inputs = vec![input("days-limit", Value::Count(*most))];
            inputs.extend(details.working_days.map(|days| input("working-days", Value::Count(days))));
            (inputs, details.working_days.map(|days| days <= *most).ok_or(Missing("working-days")))
        }
        PoolCondition::PledgedByDisbursement => {
            let (Some(pledged), Some(disbursed)) = (details.pledged_on, details.disbursed_on) else {
                return (Vec::new(), Err(Missing("pledged-on")));
            };
            let inputs = vec![input("pledged-on", Value::Date(pledged)), input("disbursed-on", Value::Date(disbursed))];
            (inputs, Ok(pledged <= disbursed))
        }
        PoolCondition::IpShareAtLeast(share) => {
            let inputs = vec![
                amount_input("ip-part", facts.ip_part),
                amount_input("principal", facts.principal),
                input("share", Value::Rate(*share)),
            ];
            (inputs, Ok(at_least(facts.ip_part, facts.principal, *share)))
        }
    }
}
