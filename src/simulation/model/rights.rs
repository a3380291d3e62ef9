//! Who may ask for what, as the domain's table of users says: banks report loans and claims, officers review, finance
//! pays and keeps budgets, pools and periods, the operator keeps rulebooks, the auditor and the rest only read.

use crate::book::nouns::{Caller, Role};
use crate::decide::command::Command;

#[expect(clippy::too_many_lines, reason = "one table")]
pub(super) fn may(caller: &Caller, command: &Command) -> bool {
    let own_bank = |bank| caller.institution.as_ref() == Some(bank);
    match caller.role {
        Role::Bank => match command {
            Command::RegisterPledge(details) => own_bank(&details.pledgee),
            Command::FileLoan(terms) => own_bank(&terms.bank),
            Command::RegisterEnterprise(_)
            | Command::RegisterIpRight(_)
            | Command::ReleasePledge(_)
            | Command::ResumeClaim(_)
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
            | Command::RecordRecovery(_)
            | Command::ReverseEntry(_) => true,
            _ => false,
        },
        Role::Enterprise => match command {
            Command::ApplySubsidy(apply) => caller.enterprise == Some(apply.enterprise),
            Command::WithdrawSubsidy(..) => true,
            _ => false,
        },
        Role::Officer => matches!(
            command,
            Command::RegisterEnterprise(_)
                | Command::UpdateEnterprise(_)
                | Command::RegisterInstitution(_)
                | Command::RegisterIpRight(_)
                | Command::RecordIpRightEvent(_)
                | Command::AdoptRulebook(_)
                | Command::RegisterPledge(_)
                | Command::ReleasePledge(_)
                | Command::ResumeClaim(_)
                | Command::ApplySubsidy(_)
                | Command::WithdrawSubsidy(..)
                | Command::AddBlacklistEntry(_)
                | Command::LiftBlacklistEntry(_)
                | Command::ApproveSubsidy(_)
                | Command::RefuseSubsidy(..)
                | Command::DemandClawback(_)
                | Command::ApproveClaim(_)
                | Command::RefuseClaim(..)
                | Command::WriteOffClaim(_)
                | Command::RunClosing(..)
                | Command::CorrectAwards(_)
                | Command::SignOffStatement(_)
                | Command::RecordRedLetterInvoice(_)
        ),
        Role::Finance => matches!(
            command,
            Command::RecordRedLetterInvoice(_)
                | Command::PaySubsidy(..)
                | Command::RecordClawback(_)
                | Command::AppropriateBudget(_)
                | Command::AdjustBudget(_)
                | Command::ContributeToPool(_)
                | Command::WithdrawFromPool(_)
                | Command::RecordPoolInterest(_)
                | Command::PayClaim(..)
                | Command::ClosePeriod(_)
                | Command::ClosePeriodOver(..)
                | Command::CloseYear(_)
                | Command::ReverseEntry(_)
                | Command::SignOffStatement(_)
        ),
        Role::Operator => matches!(
            command,
            Command::RegisterEnterprise(_)
                | Command::UpdateEnterprise(_)
                | Command::RegisterInstitution(_)
                | Command::RegisterIpRight(_)
                | Command::RecordIpRightEvent(_)
                | Command::AdoptRulebook(_)
        ),
        Role::Guarantor | Role::Insurer | Role::Auditor => false,
    }
}
