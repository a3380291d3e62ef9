//! `PoolService`: pool money and claims.

use super::Violations;
use super::loan::loan_id;
use crate::book::nouns::ClaimState;
use crate::decide::command::{Command, PoolInterest, PoolTransfer, RecordRecovery};
use crate::identifier::{ClaimId, FunderId, InstitutionId, PoolId};
use crate::proto::v1;

pub(crate) fn contribute(message: &v1::ContributeToPoolRequest, violations: &mut Violations) -> Option<Command> {
    transfer(violations, &message.pool_id, &message.funder_id, &message.amount, &message.reference)
        .map(Command::ContributeToPool)
}

pub(crate) fn withdraw(message: &v1::WithdrawFromPoolRequest, violations: &mut Violations) -> Option<Command> {
    transfer(violations, &message.pool_id, &message.funder_id, &message.amount, &message.reference)
        .map(Command::WithdrawFromPool)
}

fn transfer(
    violations: &mut Violations,
    pool: &str,
    funder: &str,
    amount: &str,
    reference: &str,
) -> Option<PoolTransfer> {
    let pool = violations.take("pool_id", PoolId::parse(pool));
    let funder = violations.take("funder_id", FunderId::parse(funder));
    let amount = violations.positive("amount", amount);
    let reference = violations.text("reference", reference);
    Some(PoolTransfer { pool: pool?, funder: funder?, amount: amount?, reference: reference? })
}

pub(crate) fn record_interest(message: &v1::RecordPoolInterestRequest, violations: &mut Violations) -> Option<Command> {
    let pool = violations.take("pool_id", PoolId::parse(&message.pool_id));
    let amount = violations.positive("amount", &message.amount);
    let reference = violations.text("reference", &message.reference);
    Some(Command::RecordPoolInterest(PoolInterest { pool: pool?, amount: amount?, reference: reference? }))
}

pub(crate) fn submit(message: &v1::SubmitClaimRequest, violations: &mut Violations) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let principal_loss = violations.positive("principal_loss", &message.principal_loss);
    Some(Command::SubmitClaim(loan?, principal_loss?))
}

/// Which claim.
pub(crate) fn claim_id(violations: &mut Violations, text: &str) -> Option<ClaimId> {
    violations.take("claim_id", ClaimId::parse(text))
}

pub(crate) fn resume(message: &v1::ResumeClaimRequest, violations: &mut Violations) -> Option<Command> {
    claim_id(violations, &message.claim_id).map(Command::ResumeClaim)
}

pub(crate) fn approve(message: &v1::ApproveClaimRequest, violations: &mut Violations) -> Option<Command> {
    claim_id(violations, &message.claim_id).map(Command::ApproveClaim)
}

pub(crate) fn refuse(message: &v1::RefuseClaimRequest, violations: &mut Violations) -> Option<Command> {
    let claim = claim_id(violations, &message.claim_id);
    let reason = violations.text("reason", &message.reason);
    Some(Command::RefuseClaim(claim?, reason?))
}

pub(crate) fn pay(message: &v1::PayClaimRequest, violations: &mut Violations) -> Option<Command> {
    let claim = claim_id(violations, &message.claim_id);
    let reference = violations.text("reference", &message.reference);
    Some(Command::PayClaim(claim?, reference?))
}

pub(crate) fn record_recovery(message: &v1::RecordRecoveryRequest, violations: &mut Violations) -> Option<Command> {
    let claim = claim_id(violations, &message.claim_id);
    let amount = violations.positive("amount", &message.amount);
    let cost = violations.amount_or_zero("cost", &message.cost);
    Some(Command::RecordRecovery(RecordRecovery { claim: claim?, amount: amount?, cost: cost? }))
}

pub(crate) fn write_off(message: &v1::WriteOffClaimRequest, violations: &mut Violations) -> Option<Command> {
    claim_id(violations, &message.claim_id).map(Command::WriteOffClaim)
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

pub(crate) fn list(message: &v1::ListClaimsRequest, violations: &mut Violations) -> Option<ClaimFilter> {
    let pool = violations.optional("pool_id", &message.pool_id, PoolId::parse);
    let bank = violations.optional("bank_id", &message.bank_id, InstitutionId::parse);
    let state = violations.optional_choice("state", message.state);
    Some(ClaimFilter { pool: pool?, bank: bank?, state: state? })
}
