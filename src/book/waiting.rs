//! What waits for the bureau (待办): which act an application or a claim waits for, since when, and until when it should
//! be done. Who may do it says `decide::waiting`.

use std::fmt;

use super::application::Application;
use super::nouns::{ApplicationState, ClaimState};
use super::pool::Claim;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, ClaimId, Invalid, ProgrammeId, shown};
use crate::money::Amount;

/// An application or a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum CaseId {
    /// 补助申请.
    Application(ApplicationId),
    /// 补偿申请.
    Claim(ClaimId),
}

impl CaseId {
    /// Reads `application-57` or `claim-60`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let application = ApplicationId::parse(text).map(Self::Application);
        application.or_else(|_| ClaimId::parse(text).map(Self::Claim)).map_err(|_wrong| {
            Invalid::new(
                format!("`{}` is not a case; expected for example `application-57` or `claim-60`", shown(text)),
                format!("“{}”不是事项编号；应为 application-57 或 claim-60 的形式", shown(text)),
            )
        })
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(id) => id.fmt(f),
            Self::Claim(id) => id.fmt(f),
        }
    }
}

/// What somebody of the bureau does about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Act {
    /// Approves a subsidy (审核).
    ApproveSubsidy,
    /// Pays a subsidy (拨付).
    PaySubsidy,
    /// Records money that came back (登记退回).
    RecordClawback,
    /// Approves a claim (补偿审核).
    ApproveClaim,
    /// Judges a deferred claim again (恢复审核).
    ResumeClaim,
    /// Pays a claim (补偿拨付).
    PayClaim,
    /// Refuses a subsidy (驳回).
    RefuseSubsidy,
    /// Demands a paid subsidy back (追回).
    DemandClawback,
    /// Refuses a claim.
    RefuseClaim,
    /// Gives the rest of a claim up (核销).
    WriteOffClaim,
}

/// The acts that cases wait for.
pub const AWAITED: [Act; 6] =
    [Act::ApproveSubsidy, Act::PaySubsidy, Act::RecordClawback, Act::ApproveClaim, Act::ResumeClaim, Act::PayClaim];

/// Within how many days a decision should be taken. Ours: the documents name no day.
pub const DAYS_TO_DECIDE: i64 = 20;

/// Within how many days money should move. Ours.
pub const DAYS_TO_PAY: i64 = 30;

impl Act {
    /// The RPC that does it: its row in the table of permissions.
    pub const fn rpc(self) -> &'static str {
        match self {
            Self::ApproveSubsidy => "SubsidyService/ApproveSubsidy",
            Self::PaySubsidy => "SubsidyService/PaySubsidy",
            Self::RecordClawback => "SubsidyService/RecordClawback",
            Self::ApproveClaim => "PoolService/ApproveClaim",
            Self::ResumeClaim => "PoolService/ResumeClaim",
            Self::PayClaim => "PoolService/PayClaim",
            Self::RefuseSubsidy => "SubsidyService/RefuseSubsidy",
            Self::DemandClawback => "SubsidyService/DemandClawback",
            Self::RefuseClaim => "PoolService/RefuseClaim",
            Self::WriteOffClaim => "PoolService/WriteOffClaim",
        }
    }

    const fn days(self) -> i64 {
        match self {
            Self::PaySubsidy | Self::RecordClawback | Self::PayClaim => DAYS_TO_PAY,
            Self::ApproveSubsidy
            | Self::ApproveClaim
            | Self::ResumeClaim
            | Self::RefuseSubsidy
            | Self::DemandClawback
            | Self::RefuseClaim
            | Self::WriteOffClaim => DAYS_TO_DECIDE,
        }
    }

    /// The day by which what waits since this day should be done.
    pub fn due(self, since: CivilDate) -> CivilDate {
        since.plus_days(self.days()).unwrap_or(since)
    }
}

/// Something that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// For which act.
    pub act: Act,
    /// Since when.
    pub since: CivilDate,
    /// How much it is about, in yuan.
    pub amount: Amount,
}

/// What an application waits for. `demanded_on` is the day of the last demand for money back.
pub fn of_application(one: &Application, demanded_on: Option<CivilDate>) -> Option<Waiting> {
    let waiting = |act, since, amount| Some(Waiting { act, since, amount });
    match one.state {
        ApplicationState::Submitted => waiting(Act::ApproveSubsidy, one.submitted_on, one.granted),
        ApplicationState::Approved => {
            let approved = one.approved.as_ref().map_or(one.submitted_on, |(day, _)| *day);
            waiting(Act::PaySubsidy, approved, one.granted)
        }
        ApplicationState::ClawbackDemanded => {
            let paid = one.paid.as_ref().map_or(one.submitted_on, |(day, _)| *day);
            waiting(Act::RecordClawback, demanded_on.unwrap_or(paid), still_due_back(one))
        }
        ApplicationState::Refused
        | ApplicationState::Withdrawn
        | ApplicationState::Paid
        | ApplicationState::ClawedBack
        | ApplicationState::AwaitingClosing => None,
    }
}

/// The closing run that an approved application waits for.
pub fn run_awaited(one: &Application) -> Option<(ProgrammeId, FiscalYear)> {
    (one.state == ApplicationState::AwaitingClosing).then(|| (one.programme.clone(), one.budget.1))
}

/// What was demanded back and has not come, in yuan.
pub fn still_due_back(one: &Application) -> Amount {
    one.demanded.minus(one.received_back).plus(one.overpaid)
}

/// What a claim waits for.
pub fn of_claim(one: &Claim) -> Option<Waiting> {
    let waiting = |act, since| Some(Waiting { act, since, amount: one.pool_share() });
    match one.state {
        ClaimState::UnderReview => waiting(Act::ApproveClaim, one.submitted_on),
        ClaimState::Deferred => waiting(Act::ResumeClaim, one.submitted_on),
        ClaimState::Approved => waiting(Act::PayClaim, one.approved.as_ref().map_or(one.submitted_on, |(day, _)| *day)),
        ClaimState::Refused | ClaimState::Paid | ClaimState::Recovering | ClaimState::Closed => None,
    }
}
