//! Payers of parts of a loss: each by its own ratio, limits and ceiling, in order; the rest falls on one party.

use super::super::explanation::{Bound, Input, StepKind, StepOutcome, Value};
use super::super::facts::{CapUse, ClaimFacts};
use super::super::judge::{Measures, NoRatio, amount_input, input, resolve};
use super::super::model::{Missing, Payer, PayerCap, PayerCapScope};
use super::super::refusal::Refusal;
use super::super::terms::LossParty;
use super::Sheet;
use crate::money::{Amount, Exact, Rounding};

/// Why a payer pays nothing: the claim ends here if it is the pool.
type Nothing = (Refusal, Bound);

impl<'a> Sheet<'a> {
    /// What each payer pays of the covered loss, and what is left for the rest.
    pub(super) fn pay(&mut self, facts: &ClaimFacts, covered: Amount) -> Result<Vec<(LossParty, Amount)>, Refusal> {
        let rule = self.rule;
        let mut left = covered;
        let mut shares = Vec::with_capacity(rule.payers.len().saturating_add(1));
        for payer in &rule.payers {
            self.clause = Some(&payer.clause);
            let paid = self.payer(payer, facts, covered, left);
            self.clause = None;
            let paid = match paid {
                Ok(paid) => paid,
                Err((refusal, bound)) if payer.party == LossParty::Pool || refusal == Refusal::FactMissing => {
                    self.bound = bound;
                    return Err(refusal);
                }
                Err(_) => Amount::ZERO,
            };
            left = left.minus(paid);
            shares.push((payer.party, paid));
            self.count_toward_caps(payer, facts, paid);
        }
        match shares.iter_mut().find(|(party, _)| *party == rule.rest) {
            Some((_, share)) => *share = share.plus(left),
            None => shares.push((rule.rest, left)),
        }
        let mut inputs = vec![amount_input("covered-loss", covered)];
        inputs.extend(shares.iter().map(|(party, part)| amount_input(party.code(), *part)));
        self.payee(facts, &mut inputs)?;
        let pool = super::pool_part(&shares);
        self.record((StepKind::LossShare, "claim"), inputs, pool, StepOutcome::Reduced);
        Ok(shares)
    }

    /// The running sums that a payer's part counts toward.
    fn count_toward_caps(&mut self, payer: &Payer, facts: &ClaimFacts, paid: Amount) {
        for cap in payer.caps.iter().filter(|_| paid.is_positive()) {
            let applies = cap.when.holds(&facts.properties()) == Ok(true);
            match cap.scope {
                PayerCapScope::BankYear | PayerCapScope::ProgrammeYear if applies => {
                    self.cap_uses.push(CapUse { cap: cap.id.clone(), scope: cap.scope, amount: paid });
                }
                PayerCapScope::Claim | PayerCapScope::BankYear | PayerCapScope::ProgrammeYear => {}
            }
        }
    }

    /// Whom the pool pays, where the rule says so.
    pub(super) fn payee(&mut self, facts: &ClaimFacts, inputs: &mut Vec<Input>) -> Result<(), Refusal> {
        let rule = self.rule;
        for (when, party) in &rule.payees {
            match when.holds(&facts.properties()) {
                Ok(true) => {
                    inputs.push(input("payee", Value::Text(party.to_string().into())));
                    self.payee = *party;
                    return Ok(());
                }
                Ok(false) => {}
                Err(missing) => return Err(self.missing((StepKind::LossShare, "payee"), Vec::new(), missing)),
            }
        }
        Ok(())
    }

    fn payer(
        &mut self,
        payer: &'a Payer,
        facts: &ClaimFacts,
        covered: Amount,
        left: Amount,
    ) -> Result<Amount, Nothing> {
        let part = (StepKind::Ratio, payer.party.code());
        let measures =
            Measures { principal: Some(facts.principal), ip_part: Some(facts.ip_part), base: Exact::from(covered) };
        let mut inputs = vec![amount_input("base", covered)];
        let resolved = match resolve(&payer.ratio, &facts.properties(), &measures) {
            Ok(resolved) => resolved,
            Err(NoRatio::Missing(missing)) => return Err((self.missing(part, inputs, missing), Bound::Gate)),
            Err(NoRatio::None(looked_at)) => {
                inputs.extend(looked_at);
                return Err((self.fail(part, inputs, Bound::Gate, Refusal::LossNotCovered), Bound::Gate));
            }
            Err(NoRatio::Money(error)) => {
                inputs.push(input("error", Value::Text(error.to_string().into())));
                return Err((self.fail(part, inputs, Bound::Gate, Refusal::LossNotCovered), Bound::Gate));
            }
        };
        inputs.extend(resolved.inputs.iter().cloned());
        self.clause = resolved.clause.or(Some(&payer.clause));
        let share = resolved.of(Exact::from(covered)).map(|share| share.round(Rounding::Down));
        let Ok(mut paid) = share.map(|share| share.at_most(left)) else {
            return Err((self.fail(part, inputs, Bound::Gate, Refusal::LossNotCovered), Bound::Gate));
        };
        let outcome = if paid == covered { StepOutcome::Passed } else { StepOutcome::Reduced };
        self.record(part, inputs, paid, outcome);
        self.clause = Some(&payer.clause);
        let mut caps: Vec<&PayerCap> = payer.caps.iter().collect();
        caps.sort_by_key(|cap| cap.scope); // stable
        for cap in caps {
            self.clause = Some(&cap.clause);
            paid = self.payer_cap(payer, cap, facts, paid)?;
        }
        self.clause = payer.ceiling_clause.as_ref().or(Some(&payer.clause));
        self.ceiling(payer, facts, paid)
    }

    fn payer_cap(
        &mut self,
        payer: &Payer,
        cap: &PayerCap,
        facts: &ClaimFacts,
        paid: Amount,
    ) -> Result<Amount, Nothing> {
        let (kind, bound, refusal) = match cap.scope {
            PayerCapScope::Claim => (StepKind::LoanCap, Bound::LoanCap, Refusal::LoanCapUsedUp),
            PayerCapScope::BankYear => (StepKind::BankYearCap, Bound::BankYearCap, Refusal::BankYearCapUsedUp),
            PayerCapScope::ProgrammeYear => {
                (StepKind::ProgrammeYearCap, Bound::ProgrammeYearCap, Refusal::ProgrammeYearCapUsedUp)
            }
        };
        let part = (kind, cap.id.as_str());
        let (limit, mut inputs) = match limit_of(cap, facts) {
            Ok(Some(limit)) => limit,
            Ok(None) => return Ok(paid),
            Err(missing) => return Err((self.missing(part, Vec::new(), missing), Bound::Gate)),
        };
        let used = match cap.scope {
            PayerCapScope::Claim => Amount::ZERO,
            PayerCapScope::BankYear | PayerCapScope::ProgrammeYear => match facts.details.used.get(&cap.id) {
                Some(used) => *used,
                None => return Err((self.missing(part, inputs, Missing("used-by-all")), Bound::Gate)),
            },
        };
        let left = limit.minus(used).floored_at_zero();
        inputs.extend([amount_input("limit", limit), amount_input("used-before", used), amount_input("left", left)]);
        self.bounded(payer, (part, inputs), (paid, left), (refusal, bound))
    }

    /// All public money together, at most a part of what the payee itself is liable for.
    fn ceiling(&mut self, payer: &Payer, facts: &ClaimFacts, paid: Amount) -> Result<Amount, Nothing> {
        let Some(ceiling) = payer.liability_ceiling else { return Ok(paid) };
        let part = (StepKind::Ceiling, "liability");
        let details = &facts.details;
        let missing = |name| Missing(name);
        let (liability, other) = match (details.payee_liability, details.other_public) {
            (Some(liability), Some(other)) => (liability, other),
            (None, _) => {
                return Err((self.missing(part, Vec::new(), missing("payee-liability")), Bound::Gate));
            }
            (_, None) => return Err((self.missing(part, Vec::new(), missing("other-public")), Bound::Gate)),
        };
        let all = liability.floored_at_zero().times(ceiling).map(|product| product.round(Rounding::Down));
        let Ok(all) = all else {
            return Err((self.fail(part, Vec::new(), Bound::Gate, Refusal::LossNotCovered), Bound::Gate));
        };
        let left = all.minus(other).floored_at_zero();
        let inputs = vec![
            amount_input("liability", liability),
            input("ceiling", Value::Rate(ceiling)),
            amount_input("other", other),
            amount_input("left", left),
        ];
        self.bounded(payer, (part, inputs), (paid, left), (Refusal::CeilingReached, Bound::Ceiling))
    }

    /// "At most `left`" for one payer; the bound of the decision is the pool's own.
    fn bounded(
        &mut self,
        payer: &Payer,
        (part, inputs): ((StepKind, &str), Vec<Input>),
        (paid, left): (Amount, Amount),
        (refusal, bound): Nothing,
    ) -> Result<Amount, Nothing> {
        if left.is_zero() {
            let before = self.bound;
            let refusal = self.fail(part, inputs, bound, refusal);
            self.bound = before;
            return Err((refusal, bound));
        }
        if paid <= left {
            self.record(part, inputs, paid, StepOutcome::Passed);
            return Ok(paid);
        }
        if payer.party == LossParty::Pool {
            self.bound = bound;
        }
        self.record(part, inputs, left, StepOutcome::Reduced);
        Ok(left)
    }
}

/// A cap's limit and what it was chosen by; `None` where it does not apply.
fn limit_of(cap: &PayerCap, facts: &ClaimFacts) -> Result<Option<(Amount, Vec<Input>)>, Missing> {
    if !cap.when.holds(&facts.properties())? {
        return Ok(None);
    }
    if let Some(share) = cap.share_of_filed {
        let filed = facts.bank_year_filed.floored_at_zero();
        let limit = filed.times(share).map_or(Amount::ZERO, |limit| limit.round(Rounding::Down));
        return Ok(Some((limit, vec![amount_input("filed", filed), input("share", Value::Rate(share))])));
    }
    if let Some(share) = cap.share_of_balance {
        let free = facts.free_balance.floored_at_zero();
        let limit = free.times(share).map_or(Amount::ZERO, |limit| limit.round(Rounding::Down));
        return Ok(Some((limit, vec![amount_input("free-balance", free), input("share", Value::Rate(share))])));
    }
    let [only] = cap.amounts.as_slice() else {
        let year = facts.details.bank_business_year.ok_or(Missing("bank-business-year"))?;
        let index = usize::try_from(year.saturating_sub(1)).unwrap_or(usize::MAX);
        let limit = cap.amounts.get(index).or(cap.amounts.last()).copied().ok_or(Missing("bank-business-year"))?;
        return Ok(Some((limit, vec![input("business-year", Value::Count(i64::from(year)))])));
    };
    Ok(Some((*only, Vec::new())))
}
