//! What happened: the entry (分录) of the journal and its event, with everything that `Book::apply` needs.

use std::sync::Arc;

use super::account::Posting;
pub use super::adoption::RulebookAdopted;
use super::closing::{ClosingRun, ClosingShareTaken};
use super::correction::{AwardsCorrected, Correction};
use super::fact::FactRecorded;
use super::nouns::{
    BlacklistDetails, Caller, Concerns, CostItem, EnterpriseDetails, InstitutionDetails, IpRightDetails, LoanTerms,
    Month, PledgeDetails, PledgeKey, RightChange,
};
pub use super::pool_moved::{PoolMoved, PoolMovement};
use super::rate::ReferenceRate;
use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::identifier::{
    ApplicationId, BudgetLineId, ClaimId, InstitutionId, InvoiceNumber, LoanId, PoolId, ProgrammeId, RequestId,
    RightId, Sequence, Uscc,
};
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::explanation::{Explanation, LineExplanation};
use crate::rulebook::facts::{CapKey, CapUse, WideKey};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::LossParty;

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Dense, from 1.
    pub sequence: Sequence,
    /// When the ledger took it, strictly increasing.
    pub recorded_at: Timestamp,
    /// The civil date in Asia/Shanghai on which it takes effect.
    pub effective_date: CivilDate,
    /// The day that was asked for, where it lay in a closed period and the entry went to an open one (补记).
    pub late_for: Option<CivilDate>,
    /// Who did it.
    pub actor: Caller,
    /// Which request it answers.
    pub request: RequestKey,
    /// Whose business it is.
    pub concerns: Concerns,
    /// What happened.
    pub event: Event,
    /// The money moved; sums to zero.
    pub postings: Vec<Posting>,
}

/// A request id with the digest of the bytes it came with; remembered for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// The client's id (AIP-155).
    pub id: RequestId,
    /// SHA-256 over caller, method and request.
    pub digest: [u8; 32],
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An enterprise joined.
    EnterpriseRegistered(EnterpriseDetails),
    /// Name, size class or district changed.
    EnterpriseUpdated(EnterpriseDetails),
    /// An institution joined.
    InstitutionRegistered(InstitutionDetails),
    /// An IP right was entered.
    IpRightRegistered(IpRightDetails),
    /// A right's status changed.
    IpRightChanged(IpRightChanged),
    /// A pledge was registered at CNIPA.
    PledgeRegistered(PledgeDetails),
    /// A pledge was released (注销).
    PledgeReleased(PledgeKey),
    /// An enterprise was blacklisted; the entry's sequence is its id.
    BlacklistEntryAdded(BlacklistDetails),
    /// A blacklist entry was lifted from the effective date.
    BlacklistEntryLifted(BlacklistEntryLifted),
    /// A loan entered the scheme; the entry's sequence is its number.
    LoanFiled(LoanFiled),
    /// A loan's life went on.
    LoanChanged(LoanChanged),
    /// A subsidy was applied for and decided; the entry's sequence is its number.
    SubsidyApplied(SubsidyApplied),
    /// An application went on.
    ApplicationChanged(ApplicationChanged),
    /// A red-letter invoice (红字发票) cancelled (part of) a blue one.
    RedLetterInvoiceRecorded(RedLetterInvoice),
    /// Money was appropriated to a budget line.
    BudgetAppropriated(BudgetChange),
    /// A budget line was adjusted, up or down.
    BudgetAdjusted(BudgetChange),
    /// The pool's cash moved for a reason other than a claim.
    PoolMoved(PoolMoved),
    /// A claim was submitted and decided; the entry's sequence is its number.
    ClaimSubmitted(ClaimSubmitted),
    /// A claim went on.
    ClaimChanged(ClaimChanged),
    /// A rulebook version was adopted.
    RulebookAdopted(RulebookAdopted),
    /// A month was closed with nothing open in it.
    PeriodClosed(Month),
    /// Who is let in as whom has changed.
    AccessChanged(super::access::AccessChange),
    /// The first of two approvals was given; nothing else came of it yet.
    Endorsed(super::access::Endorsed),
    /// A named person signed a reconciled statement off (对账确认).
    StatementSignedOff(Arc<super::reconciliation::StatementSignedOff>),
    /// A programme year was closed (年度折算兑付); the shares follow in the same commit.
    ClosingRun(ClosingRun),
    /// Awards were recomputed under a later version (追溯更正); the corrections follow in the same commit.
    AwardsCorrected(AwardsCorrected),
    /// A month was closed although something was open in it.
    PeriodClosedOver(PeriodClosedOver),
    /// A year was closed: what was left of its budget lines was carried over or lapsed.
    YearClosed(YearClosed),
    /// An earlier entry was reversed (冲销).
    Reversed(Reversed),
    /// A point of a reference-rate series was recorded (参考利率).
    ReferenceRateRecorded(ReferenceRate),
    /// A fact that rules ask for was stated.
    FactRecorded(FactRecorded),
    /// A well-formed request was refused by the scheme; nothing but this entry came of it.
    Refused(Refused),
}

/// See [`Event::IpRightChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpRightChanged {
    /// Which right.
    pub right: RightId,
    /// What changed.
    pub change: RightChange,
}

/// See [`Event::BlacklistEntryLifted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistEntryLifted {
    /// The entry that added it.
    pub entry: Sequence,
    /// Whose.
    pub enterprise: Uscc,
    /// Why it was lifted.
    pub reason: String,
}

/// See [`Event::LoanFiled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanFiled {
    /// The loan's terms.
    pub terms: LoanTerms,
    /// The version that the loan keeps.
    pub rulebook: RulebookRef,
    /// The exposure that the pool takes on, in yuan.
    pub exposure: Amount,
    /// How the pool decided; `None` for a loan without a pool.
    pub explanation: Option<LineExplanation>,
}

/// See [`Event::LoanChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanChanged {
    /// Which loan.
    pub loan: LoanId,
    /// What happened.
    pub change: LoanChange,
    /// The pool's exposure for the loan afterwards, in yuan.
    pub exposure: Amount,
}

/// A step in a loan's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanChange {
    /// A drawdown (放款), in yuan.
    Disbursed(Amount),
    /// Interest was paid.
    InterestPaid(InterestPaid),
    /// Principal was repaid, in yuan, with the bank's reference.
    PrincipalPaid(Amount, String),
    /// Extended (展期) to a new maturity.
    Extended(CivilDate),
    /// Overdue since the given day.
    MarkedOverdue(CivilDate),
    /// Classified non-performing.
    MarkedNonPerforming,
    /// The arrears were paid.
    MarkedCured,
    /// Everything was repaid.
    Settled,
    /// Nothing more is to come.
    Closed,
    /// Taken back before disbursement, with the reason.
    Withdrawn(String),
}

/// An interest payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestPaid {
    /// In yuan.
    pub amount: Amount,
    /// First day of the interest period.
    pub period_from: CivilDate,
    /// Last day of the interest period.
    pub period_to: CivilDate,
    /// The bank's reference.
    pub reference: String,
}

/// See [`Event::SubsidyApplied`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubsidyApplied {
    /// Who applies.
    pub enterprise: Uscc,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Of which rulebook version.
    pub rulebook: RulebookRef,
    /// For which loan.
    pub loan: Option<LoanId>,
    /// The cost items with what was granted for each.
    pub lines: Vec<ApplicationLine>,
    /// Sum of the lines' awards, in yuan; zero when refused.
    pub granted: Amount,
    /// Where the money comes from.
    pub budget_line: BudgetLineId,
    /// The budget year.
    pub budget_year: FiscalYear,
    /// Why nothing was granted; the application is then refused from the start.
    pub refusal: Option<Refusal>,
    /// Whether it waits for the closing run of the budget year: nothing is reserved before.
    pub waits_for_closing: bool,
    /// The institution that is paid; `None` where the enterprise is.
    pub payee: Option<InstitutionId>,
}

/// A cost item with its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationLine {
    /// The cost.
    pub item: CostItem,
    /// Granted, in yuan.
    pub award: Amount,
    /// How much of the evidence it uses, in yuan.
    pub evidence_used: Amount,
    /// The caps that the award counts toward.
    pub cap_uses: Vec<CapKey>,
    /// The caps over many enterprises that the award counts toward.
    pub wide_uses: Vec<WideKey>,
    /// How it came about.
    pub explanation: LineExplanation,
}

/// See [`Event::ApplicationChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationChanged {
    /// Which application.
    pub application: ApplicationId,
    /// What happened.
    pub change: ApplicationChange,
}

/// A step in an application's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationChange {
    /// 审核通过.
    Approved,
    /// Refused by an officer, with the reason.
    Refused(String),
    /// Taken back by the applicant, with the reason.
    Withdrawn(String),
    /// 拨付, with the payment reference.
    Paid(String),
    /// Payment was attempted and refused; the application stays approved.
    PaymentRefused(Refusal),
    /// A clawback was demanded.
    ClawbackDemanded(ClawbackDemand),
    /// Money came back, in yuan, with the payment reference.
    ClawbackReceived(Amount, String),
    /// Its part of a closing run; a member of the run's commit.
    ClosingShare(ClosingShareTaken),
    /// Its award under a later version; a member of the correction's commit.
    Corrected(Box<Correction>),
}

/// A demand for money paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClawbackDemand {
    /// How much, in yuan.
    pub amount: Amount,
    /// Why.
    pub reason: String,
    /// The part of the demand that falls on each line, in the order of the lines, in yuan.
    pub by_line: Vec<Amount>,
    /// Whether the rulebook gives the caps' room back when the money is received.
    pub restores_caps: bool,
    /// Whether the rulebook gives the budget back when the money is received.
    pub restores_budget: bool,
}

/// See [`Event::RedLetterInvoiceRecorded`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedLetterInvoice {
    /// The red-letter invoice.
    pub red: InvoiceNumber,
    /// The invoice that it cancels.
    pub blue: InvoiceNumber,
    /// How much of it, in yuan, positive.
    pub amount: Amount,
}

/// See [`Event::BudgetAppropriated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetChange {
    /// Which line.
    pub line: BudgetLineId,
    /// Which year.
    pub year: FiscalYear,
    /// In yuan; an adjustment may be negative.
    pub amount: Amount,
    /// The document that says so (文号).
    pub document: String,
}

/// See [`Event::ClaimSubmitted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSubmitted {
    /// For which loan.
    pub loan: LoanId,
    /// On which pool.
    pub pool: PoolId,
    /// Under which rulebook version.
    pub rulebook: RulebookRef,
    /// Principal lost, in yuan.
    pub principal_loss: Amount,
    /// The decision.
    pub decision: ClaimDecision,
}

/// What the pool's rule says of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimDecision {
    /// The part of the loss that is shared, in yuan.
    pub covered_loss: Amount,
    /// What each party bears, in yuan.
    pub shares: Vec<(LossParty, Amount)>,
    /// The institution that the pool's part is paid to; `None` where the claiming bank is.
    pub payee: Option<InstitutionId>,
    /// The payers' running sums that it counts toward while it is not refused and does not wait.
    pub cap_uses: Vec<CapUse>,
    /// How it came about; its `refusal` says why it was refused or waits.
    pub explanation: LineExplanation,
}

/// See [`Event::ClaimChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimChanged {
    /// Which claim.
    pub claim: ClaimId,
    /// What happened.
    pub change: ClaimChange,
}

/// A step in a claim's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimChange {
    /// A deferred claim was judged again: it is under review now, or still waits.
    Resumed(ClaimDecision),
    /// 批准.
    Approved,
    /// Refused by an officer, with the reason.
    Refused(String),
    /// Paid to the bank, with the payment reference.
    Paid(String),
    /// Money came back.
    Recovered(Recovery),
    /// 核销.
    WrittenOff,
}

/// Money that came back after a claim was paid (追偿收回).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Gross, in yuan.
    pub amount: Amount,
    /// Allowed cost of recovery, in yuan.
    pub cost: Amount,
    /// What each party gets of the net amount, in yuan.
    pub shares: Vec<(LossParty, Amount)>,
    /// What flows back to the pool, in yuan: its share, never more than it paid.
    pub to_pool: Amount,
}

/// See [`Event::PeriodClosedOver`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodClosedOver {
    /// Which month.
    pub month: Month,
    /// How many items were open.
    pub open_items: u32,
    /// Why it was closed nevertheless.
    pub reason: String,
}

/// See [`Event::YearClosed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearClosed {
    /// Which year.
    pub year: FiscalYear,
    /// What was left of each budget line, in the order of the lines.
    pub lines: Vec<YearEndLine>,
    /// The document that says so (文号).
    pub document: String,
}

/// What was left of a budget line at the year's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearEndLine {
    /// Which line.
    pub line: BudgetLineId,
    /// What was available, in yuan, positive.
    pub left: Amount,
    /// Whether it may be used in the next year (结转); otherwise it lapses (结余收回).
    pub is_carried: bool,
}

/// See [`Event::Reversed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The entry that is reversed.
    pub entry: Sequence,
    /// Why.
    pub reason: String,
    /// What is undone.
    pub undone: Undone,
}

/// What a reversal undoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// The pool's cash had moved.
    PoolMoved(PoolMoved),
    /// A budget line had been appropriated or adjusted.
    BudgetChanged(BudgetChange),
    /// A drawdown, in yuan.
    Disbursed(LoanId, Amount),
    /// An interest payment; its evidence is gone.
    InterestPaid(LoanId, InterestPaid),
    /// A repayment, with the pool's exposure for the loan afterwards, in yuan.
    PrincipalPaid {
        /// Which loan.
        loan: LoanId,
        /// In yuan.
        amount: Amount,
        /// The bank's reference.
        reference: String,
        /// The pool's exposure for the loan afterwards, in yuan.
        exposure: Amount,
    },
    /// A subsidy's payment that came back (退汇): the application is approved again.
    SubsidyPaid(ApplicationId),
    /// A claim's payment that came back: the claim is approved again.
    ClaimPaid(ClaimId),
}

/// See [`Event::Refused`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What was asked for: the RPC's name, for example `FileLoan`.
    pub command: String,
    /// Why.
    pub refusal: Refusal,
    /// What it is about, for example the right's number.
    pub subject: String,
    /// In force since, for a blacklist entry or a pledge.
    pub since: Option<CivilDate>,
    /// The steps, where a rule was judged.
    pub explanation: Option<Explanation>,
    /// What was asked for in full, to make the decision again; `None` in records of before this was kept.
    pub asked: Option<Asked>,
}

/// What a refused request asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To file this loan.
    Loan(LoanTerms),
    /// To register this pledge.
    Pledge(PledgeDetails),
}
