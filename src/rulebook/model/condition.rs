//! The conditions of a programme: gates that a line passes, or not.

use super::{BilingualText, Figure, RateTerm, When, Window};
use crate::calendar::CivilDate;
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate};
use crate::rulebook::terms::{CostKind, SizeClass, codes};

/// A condition of a programme, with the clause that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What must hold.
    pub condition: Condition,
    /// The kinds of cost that it is judged for.
    pub items: Vec<CostKind>,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here, where it differs from the programme's reading.
    pub reading: Option<BilingualText>,
}

/// What a gate asks. A condition on a loan or a right does not hold where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The enterprise is not on the blacklist (未列入失信名单).
    NotBlacklisted,
    /// The cost belongs to a filed loan.
    LoanRequired,
    /// The loan was disbursed by the day of application: the pledge was *used successfully* (成功运用).
    LoanDisbursed,
    /// Every pledge was registered no later than the day of the first disbursement.
    PledgedByDisbursement,
    /// The cost was paid from the first disbursement until the loan ended.
    PaidWithinLoan,
    /// The cost was paid no later than the day the loan ended.
    PaidByLoanEnd,
    /// The cost belongs to a right.
    RightRequired,
    /// The applicant owns the right.
    RightOwned,
    /// The right is in force.
    RightInForce,
    /// The right is a patent.
    RightIsPatent,
    /// The enterprise is of one of these size classes.
    SizeClass(Vec<SizeClass>),
    /// These properties hold.
    Property(When),
    /// The loan's own rate is at most this.
    RateAtMost(RateTerm),
    /// The IP part is at least this part of the principal; one that is not stated counts as 0.
    IpShareAtLeast(Rate),
    /// The enterprise's revenue of the last year is at most this, in yuan.
    RevenueAtMost(Amount),
    /// Every pledge was registered no later than the day the loan ended.
    PledgedBySettlement,
    /// The loan was repaid in full by the day of application (已还清).
    LoanRepaid,
    /// The borrower owns every right that secures the loan.
    LoanRightsOwned,
    /// At least one right secures a loan for the first time (首次质押).
    FirstPledge,
    /// The right still has at least so many months to run on the day of application.
    RightMonthsLeftAtLeast(u32),
    /// No other public money goes to the same cost (同一费用未获其他财政资金).
    NoOtherPublicFunding,
    /// A day lies within bounds.
    DateWithin {
        /// Which day.
        date: DateFact,
        /// The first day.
        from: Option<CivilDate>,
        /// The last day.
        until: Option<CivilDate>,
    },
    /// The application was made within so many days of a day.
    AppliedWithinDays {
        /// Of which day.
        of: DateFact,
        /// How many.
        days: u32,
    },
    /// The application was made by a day of the year that the cost counts to, or of a later one (次年3月底前).
    AppliedBy {
        /// 1 to 12.
        month: u8,
        /// The last one of the month where it has fewer.
        day: u8,
        /// How many years after the one that the cost counts to.
        years_after: u32,
    },
    /// The application was made within a window that comes back every year (申报窗口); the first one for the cost's day.
    AppliedInWindow(Vec<Window>),
    /// No blacklist entry is in force, and none was within so many months before (近三年无失信记录).
    NotBlacklistedWithin(u32),
    /// The cost is at most this part of the principal for each year of the contract (年化费率).
    FeeRateAtMost(Rate),
    /// The loan was used for at least so many days by the day of application (实际使用天数).
    LoanDaysAtLeast(u32),
    /// A figure of the enterprise is at least this.
    FigureAtLeast(Figure, Amount),
    /// A figure of the enterprise is at most this.
    FigureAtMost(Figure, Amount),
}

/// A day of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFact {
    /// The contract was signed.
    Signing,
    /// The first disbursement.
    Disbursement,
    /// The latest registration of a pledge.
    Registration,
    /// The loan ended.
    Settlement,
    /// The cost was paid.
    Payment,
    /// The application.
    Application,
}
codes!(DateFact {
    Signing = "signing",
    Disbursement = "disbursement",
    Registration = "registration",
    Settlement = "settlement",
    Payment = "payment",
    Application = "application",
});

impl Condition {
    /// The stable text: used in rulebook files and as the rule of a gate's step.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotBlacklisted => "not-blacklisted",
            Self::LoanRequired => "loan-required",
            Self::LoanDisbursed => "loan-disbursed",
            Self::PledgedByDisbursement => "pledged-by-disbursement",
            Self::PaidWithinLoan => "paid-within-loan",
            Self::PaidByLoanEnd => "paid-by-loan-end",
            Self::RightRequired => "right-required",
            Self::RightOwned => "right-owned",
            Self::RightInForce => "right-in-force",
            Self::RightIsPatent => "right-is-patent",
            Self::SizeClass(_) => "size-class",
            Self::Property(_) => "property",
            Self::RateAtMost(_) => "rate-at-most",
            Self::IpShareAtLeast(_) => "ip-share-at-least",
            Self::RevenueAtMost(_) => "revenue-at-most",
            Self::PledgedBySettlement => "pledged-by-settlement",
            Self::LoanRepaid => "loan-repaid",
            Self::LoanRightsOwned => "loan-rights-owned",
            Self::FirstPledge => "first-pledge",
            Self::RightMonthsLeftAtLeast(_) => "right-months-left-at-least",
            Self::NoOtherPublicFunding => "no-other-public-funding",
            Self::DateWithin { .. } => "date-within",
            Self::AppliedWithinDays { .. } => "applied-within-days",
            Self::AppliedBy { .. } => "applied-by",
            Self::AppliedInWindow(_) => "applied-in-window",
            Self::NotBlacklistedWithin(_) => "not-blacklisted-within",
            Self::FeeRateAtMost(_) => "fee-rate-at-most",
            Self::LoanDaysAtLeast(_) => "loan-days-at-least",
            Self::FigureAtLeast(..) => "figure-at-least",
            Self::FigureAtMost(..) => "figure-at-most",
        }
    }
}
