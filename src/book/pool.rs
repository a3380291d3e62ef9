//! The risk-compensation pool (风险补偿资金池) and the claims on it.

use std::collections::{BTreeMap, BTreeSet};

use super::event::ClaimDecision;
use super::nouns::{ClaimState, Hands};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ClaimId, FunderId, InstitutionId, LoanId, PoolId};
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::facts::{CapUse, WideKey};
use crate::rulebook::model::PayerCapScope;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::LossParty;

/// A pool. All amounts in yuan.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pool {
    /// Cash in the pool's bank account.
    pub cash: Amount,
    /// Paid in less taken out, per funder.
    pub funders: BTreeMap<FunderId, Amount>,
    /// All that was paid in.
    pub contributed: Amount,
    /// All that was taken out.
    pub withdrawn: Amount,
    /// Interest on the account.
    pub interest: Amount,
    /// Claims paid.
    pub paid: Amount,
    /// Recoveries received.
    pub recovered: Amount,
    /// Claims approved, not paid.
    pub payable: Amount,
    /// The pool's share of claims under review.
    pub pending: Amount,
    /// 在保责任: the pool's share of the filed loans' IP parts.
    pub exposure: Amount,
    /// Filed principal and covered losses, per bank and year.
    pub bank_years: BTreeMap<(InstitutionId, FiscalYear), BankYear>,
    /// What counts toward the payers' caps of a year, under review, approved and paid together, in yuan.
    pub cap_use: BTreeMap<WideKey, Amount>,
    /// Claims that wait, in order.
    pub deferred: BTreeSet<ClaimId>,
}

/// A bank's year with a pool: what the breaker is measured on. In yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BankYear {
    /// Principal of loans filed in the year and not withdrawn.
    pub filed: Amount,
    /// Covered losses of claims submitted in the year that are neither refused nor deferred.
    pub losses: Amount,
}

impl Pool {
    /// Cash that no approved or reviewed claim is waiting for.
    pub fn free_balance(&self) -> Amount {
        self.cash.minus(self.payable).minus(self.pending)
    }

    /// The figures of a bank's year; zero where nothing was filed.
    pub fn bank_year(&self, bank: &InstitutionId, year: FiscalYear) -> BankYear {
        self.bank_years.get(&(bank.clone(), year)).copied().unwrap_or_default()
    }
}

/// A claim (补偿申请).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Claim {
    /// For which loan.
    pub loan: LoanId,
    /// Who claims.
    pub bank: InstitutionId,
    /// On which pool.
    pub pool: PoolId,
    /// Under which version.
    pub rulebook: RulebookRef,
    /// Where it stands.
    pub state: ClaimState,
    /// Why it was refused by the rule or waits.
    pub refusal: Option<Refusal>,
    /// Principal lost, in yuan.
    pub principal_loss: Amount,
    /// The part that is shared, in yuan.
    pub covered_loss: Amount,
    /// What each party bears, in yuan.
    pub shares: Vec<(LossParty, Amount)>,
    /// The institution that the pool's part is paid to: the claiming bank unless the rule says another.
    pub payee: InstitutionId,
    /// The payers' running sums that it counts toward.
    pub cap_uses: Vec<CapUse>,
    /// Day of submission; its year is the claim's bank-year.
    pub submitted_on: CivilDate,
    /// Who submitted.
    pub submitted_by: Hands,
    /// Day of the approval and whose hands gave it.
    pub approved: Option<(CivilDate, Hands)>,
    /// Day and reference of the payment.
    pub paid: Option<(CivilDate, String)>,
    /// The officer's reason, when refused.
    pub reason: Option<String>,
    /// What came back to the pool, in yuan.
    pub returned: Amount,
    /// Gross recoveries and their allowed costs, in yuan.
    pub recovered: (Amount, Amount),
}

impl Claim {
    /// The pool's share of the loss, in yuan.
    pub fn pool_share(&self) -> Amount {
        pool_share(&self.shares)
    }

    /// The running sums that it counts toward, with the parts that count.
    pub fn counts_toward(&self) -> impl Iterator<Item = (WideKey, Amount)> + '_ {
        self.cap_uses.iter().map(|one| {
            let bank = match one.scope {
                PayerCapScope::BankYear => Some(self.bank.clone()),
                PayerCapScope::Claim | PayerCapScope::ProgrammeYear => None,
            };
            (WideKey { cap: one.cap.clone(), year: self.submitted_on.year(), bank }, one.amount)
        })
    }

    /// Takes over a new decision.
    pub(super) fn take(&mut self, decision: &ClaimDecision) {
        self.covered_loss = decision.covered_loss;
        self.shares.clone_from(&decision.shares);
        self.payee = decision.payee.clone().unwrap_or_else(|| self.bank.clone());
        self.cap_uses.clone_from(&decision.cap_uses);
        self.refusal = decision.explanation.refusal;
        self.state = state_of(decision);
    }
}

/// The pool's share in a division of a loss, in yuan.
pub fn pool_share(shares: &[(LossParty, Amount)]) -> Amount {
    shares.iter().find(|(party, _)| *party == LossParty::Pool).map_or(Amount::ZERO, |(_, share)| *share)
}

/// The state that a decision puts a claim in.
pub fn state_of(decision: &ClaimDecision) -> ClaimState {
    match decision.explanation.refusal {
        None => ClaimState::UnderReview,
        Some(refusal) if refusal.defers() => ClaimState::Deferred,
        Some(_) => ClaimState::Refused,
    }
}
