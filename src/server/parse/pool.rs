//! `PoolService`: pool money and claims.

use super::Violations;
use super::loan::loan_id;
use crate::book::nouns::ClaimState;
use crate::decide::command::{Command, PoolInterest, PoolTransfer, RecordRecovery};
use crate::identifier::{ClaimId, FunderId, InstitutionId, PoolId};
use crate::proto::v1;

pub(crate) fn contribute(m: &v1::ContributeToPoolRequest, v: &mut Violations) -> Option<Command> {
    transfer(v, &m.pool_id, &m.funder_id, &m.amount, &m.reference).map(Command::ContributeToPool)
}

pub(crate) fn withdraw(m: &v1::WithdrawFromPoolRequest, v: &mut Violations) -> Option<Command> {
    transfer(v, &m.pool_id, &m.funder_id, &m.amount, &m.reference).map(Command::WithdrawFromPool)
}

fn transfer(
    v: &mut Violations,
    pool: &str,
    funder: &str,
    amount: &str,
    reference: &str,
) -> Option<PoolTransfer> {
    let pool = v.take("pool_id", PoolId::parse(pool));
    let funder = v.take("funder_id", FunderId::parse(funder));
    let amount = v.positive("amount", amount);
    let reference = v.text("reference", reference);
    Some(PoolTransfer { pool: pool?, funder: funder?, amount: amount?, reference: reference? })
}

pub(crate) fn record_interest(
    m: &v1::RecordPoolInterestRequest,
    v: &mut Violations,
) -> Option<Command> {
    let pool = v.take("pool_id", PoolId::parse(&m.pool_id));
    let amount = v.positive("amount", &m.amount);
    let reference = v.text("reference", &m.reference);
    Some(Command::RecordPoolInterest(PoolInterest {
        pool: pool?,
        amount: amount?,
        reference: reference?,
    }))
}

pub(crate) fn submit(m: &v1::SubmitClaimRequest, v: &mut Violations) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let principal_loss = v.positive("principal_loss", &m.principal_loss);
    Some(Command::SubmitClaim(loan?, principal_loss?))
}

/// Which claim.
pub(crate) fn claim_id(v: &mut Violations, text: &str) -> Option<ClaimId> {
    v.take("claim_id", ClaimId::parse(text))
}

pub(crate) fn resume(m: &v1::ResumeClaimRequest, v: &mut Violations) -> Option<Command> {
    claim_id(v, &m.claim_id).map(Command::ResumeClaim)
}

pub(crate) fn approve(m: &v1::ApproveClaimRequest, v: &mut Violations) -> Option<Command> {
    claim_id(v, &m.claim_id).map(Command::ApproveClaim)
}

pub(crate) fn refuse(m: &v1::RefuseClaimRequest, v: &mut Violations) -> Option<Command> {
    let claim = claim_id(v, &m.claim_id);
    let reason = v.text("reason", &m.reason);
    Some(Command::RefuseClaim(claim?, reason?))
}

pub(crate) fn pay(m: &v1::PayClaimRequest, v: &mut Violations) -> Option<Command> {
    let claim = claim_id(v, &m.claim_id);
    let reference = v.text("reference", &m.reference);
    Some(Command::PayClaim(claim?, reference?))
}

pub(crate) fn record_recovery(
    m: &v1::RecordRecoveryRequest,
    v: &mut Violations,
) -> Option<Command> {
    let claim = claim_id(v, &m.claim_id);
    let amount = v.positive("amount", &m.amount);
    let cost = v.amount_or_zero("cost", &m.cost);
    Some(Command::RecordRecovery(RecordRecovery { claim: claim?, amount: amount?, cost: cost? }))
}

pub(crate) fn write_off(m: &v1::WriteOffClaimRequest, v: &mut Violations) -> Option<Command> {
    claim_id(v, &m.claim_id).map(Command::WriteOffClaim)
}

/// Which claims to list.
#[derive(Debug)]
pub(crate) struct ClaimFilter {
    /// On this pool.
    pub(crate) pool: Option<PoolId>,
    /// Of this bank.
    pub(crate) bank: Option<InstitutionId>,
    /// In this state.
    pub(crate) state: Option<ClaimState>,
}

pub(crate) fn list(m: &v1::ListClaimsRequest, v: &mut Violations) -> Option<ClaimFilter> {
    let pool = v.optional("pool_id", &m.pool_id, PoolId::parse);
    let bank = v.optional("bank_id", &m.bank_id, InstitutionId::parse);
    let state = v.optional_choice("state", m.state);
    Some(ClaimFilter { pool: pool?, bank: bank?, state: state? })
}
