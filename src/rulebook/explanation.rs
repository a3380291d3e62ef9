//! How an amount came about: every step with its inputs, the clause, and the bound that decided.
//!
//! Explanations are stored with the entry and recomputed to the same bytes by `verify`; sentences for people are
//! rendered from them, in Chinese and English, never stored.

use super::refusal::Refusal;
use super::terms::{CostKind, codes};
use super::word::Word;
use crate::calendar::CivilDate;
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate};

/// A kind of step, in the fixed order in which steps are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// A condition that must hold; otherwise nothing is granted.
    Gate,
    /// The eligible base: the actual cost.
    Base,
    /// What is left of the evidence (invoice or recorded payment).
    Evidence,
    /// The base paid only up to a limit (for example 1.4 × LPR).
    Clamp,
    /// The part of the loan that intellectual property secures.
    IpShare,
    /// The ratio of the base that is granted.
    Ratio,
    /// Minus what other public funds paid.
    OtherFunding,
    /// Cap per cost item.
    ItemCap,
    /// Cap per loan.
    LoanCap,
    /// Cap over several items together.
    JointCap,
    /// Cap per enterprise and year.
    YearCap,
    /// Cap per enterprise over all years.
    LifetimeCap,
    /// What is left of the budget line.
    Budget,
    /// Rounding to the fen.
    Round,
    /// The division of a loss among its parties.
    LossShare,
    /// The pool's exposure against its leverage limit.
    Leverage,
    /// The bank's loss ratio of the year against the breaker.
    Breaker,
    /// The pool's free balance.
    PoolBalance,
    /// One of several that exclude each other (择一).
    Choice,
    /// The ceiling of all public money together (财政资金合计上限).
    Ceiling,
    /// The closing run: approved amounts in proportion to the budget (按比例折算).
    ProRata,
    /// Cap per bank and year.
    BankYearCap,
    /// Cap per programme and year.
    ProgrammeYearCap,
    /// The yearly cap of the institution that is paid.
    PayeeYearCap,
}
codes!(StepKind {
    Gate = "gate",
    Base = "base",
    Evidence = "evidence",
    Clamp = "clamp",
    IpShare = "ip-share",
    Ratio = "ratio",
    OtherFunding = "other-funding",
    ItemCap = "item-cap",
    LoanCap = "loan-cap",
    JointCap = "joint-cap",
    YearCap = "year-cap",
    LifetimeCap = "lifetime-cap",
    Budget = "budget",
    Round = "round",
    LossShare = "loss-share",
    Leverage = "leverage",
    Breaker = "breaker",
    PoolBalance = "pool-balance",
    Choice = "choice",
    Ceiling = "ceiling",
    ProRata = "pro-rata",
    BankYearCap = "bank-year-cap",
    ProgrammeYearCap = "programme-year-cap",
    PayeeYearCap = "payee-year-cap",
});

/// What a step did to the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepOutcome {
    /// The condition holds, or the limit did not bite.
    Passed,
    /// The amount became smaller.
    Reduced,
    /// The condition does not hold, or nothing is left: the line ends here.
    Failed,
    /// The condition does not hold for now: the decision waits.
    Deferred,
}
codes!(StepOutcome { Passed = "passed", Reduced = "reduced", Failed = "failed", Deferred = "deferred" });

/// A value that went into a step, under a stable name such as `cost`, `ratio`, `limit`, `used-before`, `left`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Yuan.
    Amount(Amount),
    /// A ratio or a yearly rate.
    Rate(Rate),
    /// An unrounded product in yuan, as canonical decimal text.
    Exact(Word),
    /// A civil date.
    Date(CivilDate),
    /// A count, for example of days.
    Count(i64),
    /// A code or an identifier.
    Text(Word),
}

/// A named input of a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Stable name, lower case with hyphens.
    pub name: Word,
    /// The value used.
    pub value: Value,
}

/// One applied step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// What was applied.
    pub kind: StepKind,
    /// Name of the rule's part, for example the cap's or gate's id in the rulebook; empty where there is only one.
    pub rule: Word,
    /// The clause that the step encodes; `None` for steps that are the ledger's own (rounding, evidence).
    pub clause: Option<ClauseId>,
    /// Inputs in a fixed order.
    pub inputs: Vec<Input>,
    /// The amount after the step in yuan, canonical decimal text; products keep full precision until rounding.
    pub result: Word,
    /// What the step did.
    pub outcome: StepOutcome,
}

/// Which bound decided an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// The ratio of the actual cost: no limit bit.
    Ratio,
    /// A condition was not met: nothing granted.
    Gate,
    /// The evidence had less left than the cost.
    Evidence,
    /// A clamp of the base.
    Clamp,
    /// Other public funding.
    OtherFunding,
    /// The cap per cost item.
    ItemCap,
    /// The cap per loan.
    LoanCap,
    /// The joint cap.
    JointCap,
    /// The enterprise-year cap.
    YearCap,
    /// The lifetime cap.
    LifetimeCap,
    /// The budget.
    Budget,
    /// The pool's balance.
    PoolBalance,
    /// The ceiling of all public money together.
    Ceiling,
    /// The closing run.
    ProRata,
    /// The bank's cap of the year.
    BankYearCap,
    /// The programme's cap of the year.
    ProgrammeYearCap,
    /// The yearly cap of the institution that is paid.
    PayeeYearCap,
}
codes!(Bound {
    Ratio = "ratio",
    Gate = "gate",
    Evidence = "evidence",
    Clamp = "clamp",
    OtherFunding = "other-funding",
    ItemCap = "item-cap",
    LoanCap = "loan-cap",
    JointCap = "joint-cap",
    YearCap = "year-cap",
    LifetimeCap = "lifetime-cap",
    Budget = "budget",
    PoolBalance = "pool-balance",
    Ceiling = "ceiling",
    ProRata = "pro-rata",
    BankYearCap = "bank-year-cap",
    ProgrammeYearCap = "programme-year-cap",
    PayeeYearCap = "payee-year-cap",
});

/// The explanation of one line: a cost item of an application, or the whole of a pool decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineExplanation {
    /// What kind of cost; `None` for a pool decision.
    pub item: Option<CostKind>,
    /// What was asked for: the cost, the loss or the exposure, in yuan.
    pub requested: Amount,
    /// What was granted, in yuan.
    pub granted: Amount,
    /// The bound that decided.
    pub bound: Bound,
    /// Why nothing was granted, or why the decision waits.
    pub refusal: Option<Refusal>,
    /// The steps in the order applied.
    pub steps: Vec<Step>,
}

/// The explanation of a decision: one part per line.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Explanation {
    /// In the order of the request.
    pub lines: Vec<LineExplanation>,
}
