//! What a caller asks for, already parsed: every field holds a valid value or nothing.

use std::sync::Arc;

use crate::book::access::AccessChange;
use crate::book::event::{
    BudgetChange, Entry, InterestPaid, IpRightChanged, RedLetterInvoice, RequestKey, RulebookAdopted,
};
use crate::book::fact::{Fact, Supersedes};
use crate::book::nouns::{
    BlacklistDetails, Caller, CostItem, EnterpriseDetails, InstitutionDetails, IpRightDetails, LoanTerms, Month,
    PledgeDetails, PledgeKey,
};
use crate::book::rate::ReferenceRate;
use crate::book::reconciliation::StatementSignedOff;
use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::identifier::{ApplicationId, BudgetLineId, ClaimId, FunderId, LoanId, PoolId, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::RulebookRef;

/// A command with who asks and when it takes effect.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// Under which id.
    pub key: RequestKey,
    /// The civil date on which it takes effect; `None` is today in Asia/Shanghai.
    pub effective_date: Option<CivilDate>,
    /// Whether an effective date in a closed period stands for the first day of the next open one.
    pub book_late: bool,
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
    /// See `FactService.RecordReferenceRate`.
    RecordReferenceRate(ReferenceRate),
    /// See `FactService.RecordFact`.
    RecordFact(RecordFact),
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
    /// See `RulebookService.AdoptRulebook`: the checked rulebook, and why.
    AdoptRulebook(RulebookAdopted),
    /// See `PeriodService.ClosePeriod`.
    ClosePeriod(Month),
    /// See `ReconciliationService.SignOffStatement`: what the ledger found when it compared the statement.
    SignOffStatement(Arc<StatementSignedOff>),
    /// See `SubsidyService.RunClosing`: programme and year.
    RunClosing(ProgrammeId, FiscalYear),
    /// See `RulebookService.CorrectAwards`.
    CorrectAwards(CorrectAwards),
    /// See `PeriodService.ClosePeriod`: over what is open, with the reason.
    ClosePeriodOver(Month, String),
    /// See `PeriodService.CloseYear`.
    CloseYear(CloseYear),
    /// See `LedgerService.ReverseEntry`.
    ReverseEntry(ReverseEntry),
    /// See `AccessService`.
    ChangeAccess(AccessChange),
}

/// See [`Command::CorrectAwards`].
#[derive(Debug, Clone)]
pub struct CorrectAwards {
    /// The adopted version that is applied to the past, from its first day.
    pub rulebook: RulebookRef,
    /// Which of its programmes.
    pub programme: ProgrammeId,
    /// Why.
    pub reason: String,
}

/// See [`Command::CloseYear`].
#[derive(Debug, Clone)]
pub struct CloseYear {
    /// Which year.
    pub year: FiscalYear,
    /// The budget lines whose rest may be used in the next year; the rest of the others lapses.
    pub carried: Vec<BudgetLineId>,
    /// The document that says so (文号).
    pub document: String,
}

/// See [`Command::ReverseEntry`].
#[derive(Debug, Clone)]
pub struct ReverseEntry {
    /// Which entry.
    pub sequence: Sequence,
    /// The entry as it is in the journal; `None` when there is none.
    pub entry: Option<Arc<Entry>>,
    /// Why.
    pub reason: String,
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

/// See [`Command::RecordFact`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFact {
    /// The fact.
    pub fact: Fact,
    /// The first day on which it holds; `None` is the effective date.
    pub from: Option<CivilDate>,
    /// Who declares it and by what.
    pub document: String,
    /// SHA-256 of the document, where it is kept as a file.
    pub digest: Option<[u8; 32]>,
    /// The record that it takes the place of.
    pub supersedes: Option<Supersedes>,
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
