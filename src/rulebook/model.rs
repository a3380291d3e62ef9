//! A rulebook as it is after the load: plain data, every reference checked.
//!
//! [`load`](super::load()) is the only way to make a [`Rulebook`] from a file; whoever holds one may rely on what the
//! loader refuses: clauses that exist, shares of 10 000 basis points, ratios of at most 1, unique ids.

use std::fmt;
use std::sync::Arc;

use super::explanation::Bound;
use super::terms::{CostKind, LossParty, SizeClass, codes};
use crate::calendar::CivilDate;
use crate::identifier::{BudgetLineId, CapId, ClauseId, PoolId, ProgrammeId, RulebookId};
use crate::money::{Amount, Rate, Rounding};

/// A city's rulebook (办法), one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    /// The rulebook's id, the same for all its versions.
    pub id: RulebookId,
    /// From 1.
    pub version: u32,
    /// SHA-256 of the file's text: what the entry of adoption binds.
    pub digest: [u8; 32],
    /// The file's text as read.
    pub text: Arc<str>,
    /// What the bureau calls it.
    pub title: BilingualText,
    /// The document that it encodes.
    pub source: Source,
    /// First day in force (施行日期).
    pub valid_from: CivilDate,
    /// Last day in force (有效期至); `None` until repealed.
    pub valid_until: Option<CivilDate>,
    /// What a new version means for loans that are already filed.
    pub transition: Transition,
    /// The text, clause by clause.
    pub clauses: Vec<Clause>,
    /// The subsidies.
    pub programmes: Vec<Programme>,
    /// The risk-compensation pools.
    pub pools: Vec<PoolRule>,
    /// Worked cases that the file brings along; they decide nothing.
    pub cases: Vec<Case>,
}

impl Rulebook {
    /// The version that events name.
    pub fn reference(&self) -> RulebookRef {
        RulebookRef { id: self.id.clone(), version: self.version }
    }

    /// Whether the version is in force on the day.
    pub fn in_force_on(&self, day: CivilDate) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|last| day <= last)
    }

    /// The programme with this id.
    pub fn programme(&self, id: &ProgrammeId) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.id == *id)
    }

    /// The pool with this id.
    pub fn pool(&self, id: &PoolId) -> Option<&PoolRule> {
        self.pools.iter().find(|pool| pool.id == *id)
    }

    /// The clause with this id.
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == *id)
    }
}

/// Which version of which rulebook; written `hebi-2017@1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RulebookRef {
    /// Which rulebook.
    pub id: RulebookId,
    /// Which version.
    pub version: u32,
}

impl fmt::Display for RulebookRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

/// A text in both languages of the scheme, as the file has it: a name, a reading (解释口径), a note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BilingualText {
    /// Chinese (简体).
    pub zh: String,
    /// English.
    pub en: String,
}

/// The document that a rulebook encodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Title (标题).
    pub title: String,
    /// Issuing authority (发文机关).
    pub issuer: String,
    /// Document number (文号), where the text has one.
    pub number: Option<String>,
    /// Date of issue (成文日期).
    pub date: CivilDate,
}

/// What a new version means for loans that are already filed (过渡规则).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// A loan keeps the version that it was filed under.
    Filing,
    /// A loan moves to the version in force on the day of the decision.
    Moves,
}
codes!(Transition { Filing = "filing", Moves = "moves" });

/// A clause (条款): the text that rules name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id in this rulebook.
    pub id: ClauseId,
    /// Where it stands in the document.
    pub heading: String,
    /// The words, quoted exactly.
    pub text: String,
    /// Whether the words allow more than one reading; every rule that names the clause must then say its own.
    pub ambiguous: bool,
}

/// A subsidy rule (补助项目): gates, ratio, caps, budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// Its name on pages.
    pub name: BilingualText,
    /// The clause that grants it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read.
    pub reading: Option<BilingualText>,
    /// The kinds of cost that it pays toward.
    pub items: Vec<CostKind>,
    /// Which day's year a yearly cap counts by.
    pub attribution: Attribution,
    /// Conditions, judged in this order.
    pub gates: Vec<Gate>,
    /// The part of the actual cost that is granted; at most 1.
    pub ratio: Rate,
    /// Limits; judged by scope, then in this order.
    pub caps: Vec<Cap>,
    /// How many lines may be granted to one enterprise, ever; `None` for any number (首件: 1).
    pub grants_per_enterprise: Option<u32>,
    /// Which budget line pays (预算指标).
    pub budget: BudgetLineId,
    /// How the award becomes whole fen; the loader accepts only [`Rounding::Down`], "not more than".
    pub rounding: Rounding,
    /// What a clawback gives back.
    pub clawback: Clawback,
}

/// Which day's year a cost belongs to (年度归属).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// The year in which the cost was paid (支付年度).
    PaymentYear,
    /// The year in which the application was made (申报年度).
    ApplicationYear,
}
codes!(Attribution { PaymentYear = "payment-year", ApplicationYear = "application-year" });

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
}

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
        }
    }
}

/// A limit on what is granted (限额).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Its id: names the running sum, so versions that continue a cap keep its id.
    pub id: CapId,
    /// What is summed up.
    pub scope: CapScope,
    /// The kinds of cost that count toward it and are limited by it.
    pub items: Vec<CostKind>,
    /// The limit, in yuan.
    pub amount: Amount,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here, where it differs from the programme's reading.
    pub reading: Option<BilingualText>,
}

/// What a cap sums up, in the order in which caps are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CapScope {
    /// One kind of cost of one loan (单项).
    Item,
    /// The kinds of cost of one loan (单笔贷款).
    Loan,
    /// Several kinds of cost of one loan together (合并), after the cap of the loan.
    Joint,
    /// One enterprise in one year (企业年度).
    EnterpriseYear,
    /// One enterprise in all years (累计).
    Lifetime,
}
codes!(CapScope {
    Item = "item",
    Loan = "loan",
    Joint = "joint",
    EnterpriseYear = "enterprise-year",
    Lifetime = "lifetime",
});

impl CapScope {
    /// Whether the running sum is kept per loan.
    pub const fn is_per_loan(self) -> bool {
        match self {
            Self::Item | Self::Loan | Self::Joint => true,
            Self::EnterpriseYear | Self::Lifetime => false,
        }
    }
}

/// What a clawback (追回) gives back for new grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clawback {
    /// The room under the caps.
    pub restores_cap: bool,
    /// The money of the budget line.
    pub restores_budget: bool,
}

/// The rule of a risk-compensation pool (风险补偿资金池).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRule {
    /// Its id.
    pub id: PoolId,
    /// Its name on pages.
    pub name: BilingualText,
    /// Where its numbers come from.
    pub provenance: Provenance,
    /// Who bears what, in basis points; 10 000 in all, no party twice, the pool among them.
    pub shares: Vec<(LossParty, u32)>,
    /// What the shares divide.
    pub coverage: Coverage,
    /// A claim needs *more than* so many days overdue.
    pub overdue_days_over: i64,
    /// The exposure is at most this many times the free balance (放大倍数).
    pub leverage_limit: Rate,
    /// When a bank's claims wait.
    pub breaker: Option<Breaker>,
}

impl PoolRule {
    /// The clause of the rule; `None` where the numbers are ours.
    pub fn clause(&self) -> Option<&ClauseId> {
        match &self.provenance {
            Provenance::Clause(clause) => Some(clause),
            Provenance::Ours(_) => None,
        }
    }

    /// The pool's own share, in basis points.
    pub fn pool_basis_points(&self) -> u32 {
        self.shares.iter().find(|(party, _)| *party == LossParty::Pool).map_or(0, |(_, points)| *points)
    }
}

/// Where a rule's numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// From the document.
    Clause(ClauseId),
    /// Ours: a default that a bureau may change, with a note that says so.
    Ours(BilingualText),
}

/// What part of a loss is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The principal lost (no interest, no cost), in the proportion of the loan's IP part.
    IpPartOfPrincipal,
}
codes!(Coverage { IpPartOfPrincipal = "ip-part-of-principal" });

/// The limit on a bank's losses of a year (熔断线).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// Covered losses of the year over principal filed in the year; it trips *above* this.
    pub ratio: Rate,
    /// What it does.
    pub effect: BreakerEffect,
}

/// What a tripped breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerEffect {
    /// The claim waits (暂缓补偿); it is not refused.
    Defer,
}
codes!(BreakerEffect { Defer = "defer" });

/// A worked case (算例) of a rulebook: what a programme must grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id, for reports.
    pub id: String,
    /// Which programme.
    pub programme: ProgrammeId,
    /// What counts toward caps before the first line, in yuan.
    pub used: Vec<(CapId, Amount)>,
    /// The lines of the application, in order.
    pub lines: Vec<CaseLine>,
}

/// A line of a worked case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLine {
    /// What kind of cost.
    pub item: CostKind,
    /// What was paid, in yuan.
    pub cost: Amount,
    /// What must be granted, in yuan.
    pub expect: Amount,
    /// The bound that must decide, if the case says.
    pub bound: Option<Bound>,
}
