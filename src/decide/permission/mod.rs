//! Who may do what: one table, deny by default. Looked at before anything is looked up.

use super::command::Command;
use super::rejection::{Reason, Rejection};
use crate::book::access::AccessChange;
use crate::book::fact::Fact;
use crate::book::nouns::{Caller, Named as _, Role};
use crate::identifier::{InstitutionId, Uscc};

mod table;

pub use table::{Row, TABLE, roles_of};

/// Refuses a role that the [`TABLE`] does not let call this RPC, `Service/Rpc`.
pub fn check_role(role: Role, rpc: &str) -> Result<(), Rejection> {
    one_of(role, roles_of(rpc))
}

fn one_of(role: Role, allowed: &[Role]) -> Result<(), Rejection> {
    if allowed.contains(&role) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(|role| role.code()).collect();
    let names_zh: Vec<&str> = allowed.iter().map(|role| role.name().zh).collect();
    Err(Rejection::new(
        Reason::PermissionDenied,
        "",
        format!("role `{role}` may not do this; expected {}", names.join(" or ")),
        format!("角色“{}”无权进行此操作；应为{}", role.name().zh, names_zh.join("或")),
    ))
}

/// Refuses a command that the caller's role or organisation does not allow.
pub(super) fn check(caller: &Caller, command: &Command) -> Result<(), Rejection> {
    if let Command::RecordFact(recorded) = command {
        one_of(caller.role, of_fact(&recorded.fact))?;
    }
    check_role(caller.role, rpc_of(command))?;
    if let Some((field, institution)) = acts_for_institution(command) {
        own_institution(caller, field, institution)?;
    }
    if let Some((field, enterprise)) = acts_for_enterprise(command) {
        own_enterprise(caller, field, enterprise)?;
    }
    Ok(())
}

/// The RPC that gives a command: its row in the [`TABLE`]. No default arm: a new command must be given its RPC.
pub const fn rpc_of(command: &Command) -> &'static str {
    match command {
        Command::RegisterEnterprise(_) => "RegistryService/RegisterEnterprise",
        Command::UpdateEnterprise(_) => "RegistryService/UpdateEnterprise",
        Command::RegisterInstitution(_) => "RegistryService/RegisterInstitution",
        Command::RegisterIpRight(_) => "RegistryService/RegisterIpRight",
        Command::RecordIpRightEvent(_) => "RegistryService/RecordIpRightEvent",
        Command::RegisterPledge(_) => "RegistryService/RegisterPledge",
        Command::ReleasePledge(_) => "RegistryService/ReleasePledge",
        Command::AddBlacklistEntry(_) => "RegistryService/AddBlacklistEntry",
        Command::LiftBlacklistEntry(_) => "RegistryService/LiftBlacklistEntry",
        Command::FileLoan(_) => "LoanService/FileLoan",
        Command::DisburseLoan(..) => "LoanService/DisburseLoan",
        Command::RecordInterestPayment(..) => "LoanService/RecordInterestPayment",
        Command::RecordPrincipalPayment(_) => "LoanService/RecordPrincipalPayment",
        Command::ExtendLoan(..) => "LoanService/ExtendLoan",
        Command::MarkLoanOverdue(..) => "LoanService/MarkLoanOverdue",
        Command::MarkLoanNonPerforming(_) => "LoanService/MarkLoanNonPerforming",
        Command::MarkLoanCured(_) => "LoanService/MarkLoanCured",
        Command::SettleLoan(_) => "LoanService/SettleLoan",
        Command::CloseLoan(_) => "LoanService/CloseLoan",
        Command::WithdrawLoan(..) => "LoanService/WithdrawLoan",
        Command::ApplySubsidy(_) => "SubsidyService/ApplySubsidy",
        Command::ApproveSubsidy(_) => "SubsidyService/ApproveSubsidy",
        Command::RefuseSubsidy(..) => "SubsidyService/RefuseSubsidy",
        Command::WithdrawSubsidy(..) => "SubsidyService/WithdrawSubsidy",
        Command::PaySubsidy(..) => "SubsidyService/PaySubsidy",
        Command::DemandClawback(_) => "SubsidyService/DemandClawback",
        Command::RecordClawback(_) => "SubsidyService/RecordClawback",
        Command::RecordRedLetterInvoice(_) => "SubsidyService/RecordRedLetterInvoice",
        Command::AppropriateBudget(_) => "BudgetService/AppropriateBudget",
        Command::AdjustBudget(_) => "BudgetService/AdjustBudget",
        Command::ContributeToPool(_) => "PoolService/ContributeToPool",
        Command::WithdrawFromPool(_) => "PoolService/WithdrawFromPool",
        Command::RecordPoolInterest(_) => "PoolService/RecordPoolInterest",
        Command::SubmitClaim(..) => "PoolService/SubmitClaim",
        Command::ResumeClaim(_) => "PoolService/ResumeClaim",
        Command::ApproveClaim(_) => "PoolService/ApproveClaim",
        Command::RefuseClaim(..) => "PoolService/RefuseClaim",
        Command::PayClaim(..) => "PoolService/PayClaim",
        Command::RecordRecovery(_) => "PoolService/RecordRecovery",
        Command::WriteOffClaim(_) => "PoolService/WriteOffClaim",
        Command::AdoptRulebook(_) => "RulebookService/AdoptRulebook",
        Command::ClosePeriod(_) | Command::ClosePeriodOver(..) => "PeriodService/ClosePeriod",
        Command::CloseYear(_) => "PeriodService/CloseYear",
        Command::ReverseEntry(_) => "LedgerService/ReverseEntry",
        Command::RecordReferenceRate(_) => "FactService/RecordReferenceRate",
        Command::RecordFact(_) => "FactService/RecordFact",
        Command::RunClosing(..) => "SubsidyService/RunClosing",
        Command::CorrectAwards(_) => "RulebookService/CorrectAwards",
        Command::SignOffStatement(_) => "ReconciliationService/SignOffStatement",
        Command::ChangeAccess(change) => rpc_of_access(change),
    }
}

/// A bank says how its loan was made and what it is liable for; everything else is an officer's.
const fn of_fact(fact: &Fact) -> &'static [Role] {
    match fact {
        Fact::LoanMode(..)
        | Fact::LoanProduct(..)
        | Fact::LoanTraits(..)
        | Fact::LoanParties(..)
        | Fact::PayeeLiability(..) => &[Role::Bank, Role::Officer],
        Fact::EnterpriseClasses(..)
        | Fact::EnterpriseRevenue(..)
        | Fact::EnterpriseFigure(..)
        | Fact::EarlierApplications(..)
        | Fact::LossRecognised(..)
        | Fact::OtherPublicMoney(..)
        | Fact::BankBusiness(..)
        | Fact::WorkingCalendar(..) => &[Role::Officer],
    }
}

const fn rpc_of_access(change: &AccessChange) -> &'static str {
    match change {
        AccessChange::PrincipalBound(_) => "AccessService/BindPrincipal",
        AccessChange::PrincipalSwitched(switched) if switched.enabled => "AccessService/EnablePrincipal",
        AccessChange::PrincipalSwitched(_) => "AccessService/DisablePrincipal",
        AccessChange::InstitutionSwitched(switched) if switched.enabled => "AccessService/EnableInstitution",
        AccessChange::InstitutionSwitched(_) => "AccessService/DisableInstitution",
        AccessChange::DelegationGranted(_) => "AccessService/GrantDelegation",
        AccessChange::DelegationRevoked(_) => "AccessService/RevokeDelegation",
    }
}

fn acts_for_institution(command: &Command) -> Option<(&'static str, &InstitutionId)> {
    if let Command::FileLoan(terms) = command {
        return Some(("bank_id", &terms.bank));
    }
    if let Command::RegisterPledge(details) = command {
        return Some(("pledgee_id", &details.pledgee));
    }
    None
}

fn acts_for_enterprise(command: &Command) -> Option<(&'static str, Uscc)> {
    if let Command::ApplySubsidy(apply) = command { Some(("enterprise", apply.enterprise)) } else { None }
}

/// A bank acts for itself only; an officer may act for any institution where the table lets it.
fn own_institution(caller: &Caller, field: &str, institution: &InstitutionId) -> Result<(), Rejection> {
    if caller.role != Role::Bank || caller.institution.as_ref() == Some(institution) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        field,
        format!("`{institution}` is not the caller's institution; a bank acts for itself only"),
        format!("“{institution}”不是调用方机构；银行只能办理本机构业务"),
    ))
}

fn own_enterprise(caller: &Caller, field: &str, enterprise: Uscc) -> Result<(), Rejection> {
    if caller.role != Role::Enterprise || caller.enterprise == Some(enterprise) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        field,
        format!("`{enterprise}` is not the caller's enterprise; an enterprise applies for itself only"),
        format!("“{enterprise}”不是调用方企业；企业只能为本企业申请"),
    ))
}
