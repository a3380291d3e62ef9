//! What a caller asks for, already parsed: every field holds a valid value or nothing.

use std::sync::Arc;

use crate::book::access::AccessChange;
use crate::book::event::{BudgetChange, InterestPaid, IpRightChanged, RedLetterInvoice, RequestKey};
use crate::book::nouns::{
    BlacklistDetails, Caller, CostItem, EnterpriseDetails, InstitutionDetails, IpRightDetails, LoanTerms, Month,
    PledgeDetails, PledgeKey,
};
use crate::calendar::{CivilDate, Timestamp};
use crate::identifier::{ApplicationId, ClaimId, FunderId, LoanId, PoolId, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::Rulebook;

/// A command with who asks and when it takes effect.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// Under which id.
    pub key: RequestKey,
    /// The civil date on which it takes effect; `None` is today in Asia/Shanghai.
    pub effective_date: Option<CivilDate>,
    /// What is asked.
    pub command: Command,
}

/// What the writer adds: the next sequence and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The sequence that the entry will have.
    pub sequence: Sequence,
    /// The time that the entry will carry.
    pub recorded_at: Timestamp,
}

/// Everything that can be asked of the ledger. One RPC each.
#[derive(Debug, Clone)]
pub enum Command {
    /// See `RegistryService.RegisterEnterprise`.
    RegisterEnterprise(EnterpriseDetails),
    /// See `RegistryService.UpdateEnterprise`.
    UpdateEnterprise(EnterpriseDetails),
    /// See `RegistryService.RegisterInstitution`.
    RegisterInstitution(InstitutionDetails),
    /// See `RegistryService.RegisterIpRight`.
    RegisterIpRight(IpRightDetails),
    /// See `RegistryService.RecordIpRightEvent`.
    RecordIpRightEvent(IpRightChanged),
    /// See `RegistryService.RegisterPledge`; the effective date is the day of registration.
    RegisterPledge(PledgeDetails),
    /// See `RegistryService.ReleasePledge`; the effective date is the day of release.
    ReleasePledge(PledgeKey),
    /// See `RegistryService.AddBlacklistEntry`; in force from the effective date.
    AddBlacklistEntry(BlacklistDetails),
    /// See `RegistryService.LiftBlacklistEntry`; lifted from the effective date.
    LiftBlacklistEntry(LiftBlacklistEntry),
    /// See `LoanService.FileLoan`.
    FileLoan(LoanTerms),
    /// See `LoanService.DisburseLoan`: loan and drawdown in yuan.
    DisburseLoan(LoanId, Amount),
    /// See `LoanService.RecordInterestPayment`.
    RecordInterestPayment(LoanId, InterestPaid),
    /// See `LoanService.RecordPrincipalPayment`.
    RecordPrincipalPayment(RecordPrincipalPayment),
    /// See `LoanService.ExtendLoan`: the new maturity.
    ExtendLoan(LoanId, CivilDate),
    /// See `LoanService.MarkLoanOverdue`: overdue since.
    MarkLoanOverdue(LoanId, CivilDate),
    /// See `LoanService.MarkLoanNonPerforming`.
    MarkLoanNonPerforming(LoanId),
    /// See `LoanService.MarkLoanCured`.
    MarkLoanCured(LoanId),
    /// See `LoanService.SettleLoan`.
    SettleLoan(LoanId),
    /// See `LoanService.CloseLoan`.
    CloseLoan(LoanId),
    /// See `LoanService.WithdrawLoan`: with the reason.
    WithdrawLoan(LoanId, String),
    /// See `SubsidyService.ApplySubsidy`.
    ApplySubsidy(ApplySubsidy),
    /// See `SubsidyService.ApproveSubsidy`.
    ApproveSubsidy(ApplicationId),
    /// See `SubsidyService.RefuseSubsidy`: with the reason.
    RefuseSubsidy(ApplicationId, String),
    /// See `SubsidyService.WithdrawSubsidy`: with the reason.
    WithdrawSubsidy(ApplicationId, String),
    /// See `SubsidyService.PaySubsidy`: with the payment reference.
    PaySubsidy(ApplicationId, String),
    /// See `SubsidyService.DemandClawback`.
    DemandClawback(DemandClawback),
    /// See `SubsidyService.RecordClawback`.
    RecordClawback(RecordClawback),
    /// See `SubsidyService.RecordRedLetterInvoice`.
    RecordRedLetterInvoice(RedLetterInvoice),
    /// See `BudgetService.AppropriateBudget`.
    AppropriateBudget(BudgetChange),
    /// See `BudgetService.AdjustBudget`.
    AdjustBudget(BudgetChange),
    /// See `PoolService.ContributeToPool`.
    ContributeToPool(PoolTransfer),
    /// See `PoolService.WithdrawFromPool`.
    WithdrawFromPool(PoolTransfer),
    /// See `PoolService.RecordPoolInterest`.
    RecordPoolInterest(PoolInterest),
    /// See `PoolService.SubmitClaim`: the loan and the principal lost in yuan.
    SubmitClaim(LoanId, Amount),
    /// See `PoolService.ResumeClaim`.
    ResumeClaim(ClaimId),
    /// See `PoolService.ApproveClaim`.
    ApproveClaim(ClaimId),
    /// See `PoolService.RefuseClaim`: with the reason.
    RefuseClaim(ClaimId, String),
    /// See `PoolService.PayClaim`: with the payment reference.
    PayClaim(ClaimId, String),
    /// See `PoolService.RecordRecovery`.
    RecordRecovery(RecordRecovery),
    /// See `PoolService.WriteOffClaim`.
    WriteOffClaim(ClaimId),
    /// See `RulebookService.AdoptRulebook`: the checked rulebook.
    AdoptRulebook(Arc<Rulebook>),
    /// See `PeriodService.ClosePeriod`.
    ClosePeriod(Month),
    /// See `AccessService`.
    ChangeAccess(AccessChange),
}

/// See [`Command::LiftBlacklistEntry`].
#[derive(Debug, Clone)]
pub struct LiftBlacklistEntry {
    /// Whose.
    pub enterprise: Uscc,
    /// The entry that added it.
    pub entry: Sequence,
    /// Why.
    pub reason: String,
}

/// See [`Command::RecordPrincipalPayment`].
#[derive(Debug, Clone)]
pub struct RecordPrincipalPayment {
    /// Which loan.
    pub loan: LoanId,
    /// In yuan.
    pub amount: Amount,
    /// The bank's reference.
    pub reference: String,
}

/// See [`Command::ApplySubsidy`].
#[derive(Debug, Clone)]
pub struct ApplySubsidy {
    /// Who applies.
    pub enterprise: Uscc,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// For which loan, where the programme wants one.
    pub loan: Option<LoanId>,
    /// What was paid.
    pub items: Vec<CostItem>,
}

/// See [`Command::DemandClawback`].
#[derive(Debug, Clone)]
pub struct DemandClawback {
    /// Which application.
    pub application: ApplicationId,
    /// In yuan.
    pub amount: Amount,
    /// Why.
    pub reason: String,
}

/// See [`Command::RecordClawback`].
#[derive(Debug, Clone)]
pub struct RecordClawback {
    /// Which application.
    pub application: ApplicationId,
    /// In yuan.
    pub amount: Amount,
    /// The payment reference.
    pub reference: String,
}

/// See [`Command::ContributeToPool`] and [`Command::WithdrawFromPool`].
#[derive(Debug, Clone)]
pub struct PoolTransfer {
    /// Which pool.
    pub pool: PoolId,
    /// Whose money.
    pub funder: FunderId,
    /// In yuan.
    pub amount: Amount,
    /// The bank's reference.
    pub reference: String,
}

/// See [`Command::RecordPoolInterest`].
#[derive(Debug, Clone)]
pub struct PoolInterest {
    /// Which pool.
    pub pool: PoolId,
    /// In yuan.
    pub amount: Amount,
    /// The bank's reference.
    pub reference: String,
}

/// See [`Command::RecordRecovery`].
#[derive(Debug, Clone)]
pub struct RecordRecovery {
    /// For which claim.
    pub claim: ClaimId,
    /// Gross, in yuan.
    pub amount: Amount,
    /// Allowed cost of recovery, in yuan.
    pub cost: Amount,
}
