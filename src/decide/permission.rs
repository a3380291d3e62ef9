//! Who may do what: one table, deny by default. Looked at before anything is looked up.

use super::command::Command;
use super::rejection::{Reason, Rejection};
use crate::book::fact::Fact;
use crate::book::nouns::{Caller, Named as _, Role};
use crate::identifier::{InstitutionId, Uscc};

/// Refuses a command that the caller's role or organisation does not allow.
pub(super) fn check(caller: &Caller, command: &Command) -> Result<(), Rejection> {
    let allowed = roles(command);
    if !allowed.contains(&caller.role) {
        let names: Vec<&str> = allowed.iter().map(|role| role.code()).collect();
        let names_zh: Vec<&str> = allowed.iter().map(|role| role.name().zh).collect();
        return Err(Rejection::new(
            Reason::PermissionDenied,
            "",
            format!("role `{}` may not do this; expected {}", caller.role, names.join(" or ")),
            format!("角色“{}”无权进行此操作；应为{}", caller.role.name().zh, names_zh.join("或")),
        ));
    }
    if let Some((field, institution)) = acts_for_institution(command) {
        own_institution(caller, field, institution)?;
    }
    if let Some((field, enterprise)) = acts_for_enterprise(command) {
        own_enterprise(caller, field, enterprise)?;
    }
    Ok(())
}

/// The roles that may give a command. No default arm: a new command must be given its roles.
fn roles(command: &Command) -> &'static [Role] {
    match command {
        Command::RegisterEnterprise(_) | Command::RegisterIpRight(_) => &[Role::Bank, Role::Officer, Role::Operator],
        Command::UpdateEnterprise(_)
        | Command::RegisterInstitution(_)
        | Command::RecordIpRightEvent(_)
        | Command::AdoptRulebook(_) => &[Role::Officer, Role::Operator],
        Command::RecordFact(recorded) => of_fact(&recorded.fact),
        Command::RegisterPledge(_) | Command::ReleasePledge(_) | Command::ResumeClaim(_) => {
            &[Role::Bank, Role::Officer]
        }
        Command::FileLoan(_)
        | Command::DisburseLoan(..)
        | Command::RecordInterestPayment(..)
        | Command::RecordPrincipalPayment(_)
        | Command::ExtendLoan(..)
        | Command::MarkLoanOverdue(..)
        | Command::MarkLoanNonPerforming(_)
        | Command::MarkLoanCured(_)
        | Command::SettleLoan(_)
        | Command::CloseLoan(_)
        | Command::WithdrawLoan(..)
        | Command::SubmitClaim(..)
        | Command::RecordRecovery(_) => &[Role::Bank],
        Command::ApplySubsidy(_) | Command::WithdrawSubsidy(..) => &[Role::Enterprise, Role::Officer],
        Command::RecordReferenceRate(_)
        | Command::AddBlacklistEntry(_)
        | Command::LiftBlacklistEntry(_)
        | Command::ApproveSubsidy(_)
        | Command::RefuseSubsidy(..)
        | Command::DemandClawback(_)
        | Command::ApproveClaim(_)
        | Command::RefuseClaim(..)
        | Command::WriteOffClaim(_)
        | Command::RunClosing(..)
        | Command::CorrectAwards(_) => &[Role::Officer],
        Command::RecordRedLetterInvoice(_) | Command::SignOffStatement(_) => &[Role::Officer, Role::Finance],
        Command::PaySubsidy(..)
        | Command::RecordClawback(_)
        | Command::AppropriateBudget(_)
        | Command::AdjustBudget(_)
        | Command::ContributeToPool(_)
        | Command::WithdrawFromPool(_)
        | Command::RecordPoolInterest(_)
        | Command::PayClaim(..)
        | Command::ClosePeriod(_)
        | Command::ClosePeriodOver(..)
        | Command::CloseYear(_) => &[Role::Finance],
        Command::ReverseEntry(_) => &[Role::Bank, Role::Finance],
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
        | Fact::EarlierApplications(..)
        | Fact::LossRecognised(..)
        | Fact::OtherPublicMoney(..)
        | Fact::BankBusiness(..)
        | Fact::WorkingCalendar(..) => &[Role::Officer],
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
