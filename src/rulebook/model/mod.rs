//! A rulebook as it is after the load: plain data, every reference checked.
//!
//! [`load`](super::load()) is the only way to make a [`Rulebook`] from a file; whoever holds one may rely on what the
//! loader refuses: clauses that exist, shares of 10 000 basis points, ratios of at most 1, unique ids.

mod approval;
mod base;
mod case;
mod choice;
mod condition;
mod figure;
mod limit;
mod pool;
mod property;
mod ratio;
mod stands;
mod target;
mod window;

use std::fmt;
use std::sync::Arc;

pub use approval::{Approval, ApprovalAct};
pub use base::{AsOf, Base, Clamp, ClampTo, Days, LumpRow, LumpTable, Pick, RateTerm, Series, Span, TenorSeries};
pub use case::{Case, CaseKind, CaseLine, ClaimCase, ClosingCase, Expected, FilingCase, LimitCase, LinesCase};
pub use choice::{Between, Choice, ChoiceScope};
pub use condition::{Condition, DateFact, Gate};
pub use figure::Figure;
pub use limit::{Limit, LimitRule};
pub use pool::{
    Breaker, BreakerEffect, Coverage, Payer, PayerCap, PayerCapScope, PoolCondition, PoolGate, PoolRule, Provenance,
};
pub use property::{Missing, Properties, Property, When};
pub use ratio::{Measure, RatioBranch, RatioKind, RatioRule, Tier, TierMethod, TierTable, Uplift};
pub use stands::{OwnStep, StandsOn};
pub use target::{Target, TargetMeasure, TargetValue};
pub use window::{MonthDay, Window};

use super::facts::ReferenceRates;
use super::terms::{CostKind, codes};
use crate::calendar::CivilDate;
use crate::identifier::{BudgetLineId, CapId, ClauseId, LimitId, PoolId, ProgrammeId, RulebookId};
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
    /// The reference-rate series that rules name.
    pub series: Vec<Series>,
    /// The subsidies.
    pub programmes: Vec<Programme>,
    /// The risk-compensation pools.
    pub pools: Vec<PoolRule>,
    /// From which amount on two persons approve; `None` where one is always enough.
    pub approval: Option<Approval>,
    /// Standing limits on one amount by another.
    pub limits: Vec<Limit>,
    /// What the policy means to reach; they decide nothing.
    pub targets: Vec<Target>,
    /// Worked cases that the file brings along; they decide nothing.
    pub cases: Vec<Case>,
}

impl Rulebook {
    /// The values of the series that the file brings along.
    pub fn reference_rates(&self) -> ReferenceRates {
        ReferenceRates::of(&self.series)
    }

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

    /// The amount in yuan above which an act of this kind needs two approvers; `None` where one is always enough.
    pub fn second_above(&self, act: ApprovalAct) -> Option<Amount> {
        self.approval.as_ref().filter(|approval| approval.acts.contains(&act)).map(|approval| approval.second_above)
    }

    /// The limit with this id.
    pub fn limit(&self, id: &LimitId) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.id == *id)
    }

    /// The clause with this id.
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == *id)
    }
}

/// Which version of which rulebook; written `hebi-2017@1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
    /// Where some costs or steps stand on another clause; the first row that fits counts.
    pub clauses: Vec<StandsOn>,
    /// How an ambiguous clause is read.
    pub reading: Option<BilingualText>,
    /// The kinds of cost that it pays toward.
    pub items: Vec<CostKind>,
    /// Which day's year a yearly cap counts by.
    pub attribution: Attribution,
    /// Conditions, judged in this order.
    pub gates: Vec<Gate>,
    /// What the ratio is taken of.
    pub base: Base,
    /// Limits of the base by a reference rate or a number of days; in this order.
    pub clamps: Vec<Clamp>,
    /// The kinds of cost of which only the IP part of the loan counts (知识产权质押部分).
    pub ip_share_items: Vec<CostKind>,
    /// The part of the base that is granted; never more than 1.
    pub ratio: RatioRule,
    /// With all other public money at most this part of the cost; 1 where the text says nothing (ours).
    pub public_share_at_most: Rate,
    /// Exclusivity among items or loans.
    pub choices: Vec<Choice>,
    /// Limits; judged by scope, then in this order.
    pub caps: Vec<Cap>,
    /// How many lines may be granted to one enterprise, ever; `None` for any number (首件: 1).
    pub grants_per_enterprise: Option<u32>,
    /// What the number of an application counts: `ordinals`, `ordinal_from`, `ordinal_to`.
    pub ordinal_of: OrdinalOf,
    /// Programmes that exclude this one once they were granted to the enterprise.
    pub yields_to: Vec<ProgrammeId>,
    /// Who is paid.
    pub payee: Payee,
    /// Whether a year that is approved beyond its budget is paid in proportion (按比例折算).
    pub closing_run: Option<ClosingRule>,
    /// Which budget line pays (预算指标).
    pub budget: BudgetLineId,
    /// How the award becomes whole fen; the loader accepts only [`Rounding::Down`], "not more than".
    pub rounding: Rounding,
    /// An award is a multiple of this, in yuan, rounded down: 0.01 where the text says nothing (精确到元: 1.00).
    pub round_to: Amount,
    /// A smaller award is not paid (不足…的不予补贴), in yuan; zero where the text says nothing.
    pub award_at_least: Amount,
    /// What a clawback gives back.
    pub clawback: Clawback,
}

/// Which day's year a cost belongs to (年度归属).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "each names a year, as the files do")]
pub enum Attribution {
    /// The year in which the cost was paid (支付年度).
    PaymentYear,
    /// The year in which the application was made (申报年度).
    ApplicationYear,
    /// The year in which the loan ended (结清年度).
    SettlementYear,
    /// The year of the first disbursement (放款年度).
    DisbursementYear,
    /// The year in which the pledge was registered (质押登记年度).
    RegistrationYear,
}
codes!(Attribution {
    PaymentYear = "payment-year",
    ApplicationYear = "application-year",
    SettlementYear = "settlement-year",
    DisbursementYear = "disbursement-year",
    RegistrationYear = "registration-year",
});

/// What the number of an application counts (第几次, 第几笔贷款, 第几年).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrdinalOf {
    /// The applications that were granted (第几次申报).
    Application,
    /// The loans that something was granted for (第几笔贷款).
    Loan,
    /// The years in which something was granted (第几年).
    Year,
}
codes!(OrdinalOf { Application = "application", Loan = "loan", Year = "year" });

/// Who is paid (补助对象).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payee {
    /// The enterprise.
    Enterprise,
    /// The bank.
    Bank,
    /// The guarantor.
    Guarantor,
    /// The insurer.
    Insurer,
    /// The valuer.
    Valuer,
}
codes!(Payee {
    Enterprise = "enterprise",
    Bank = "bank",
    Guarantor = "guarantor",
    Insurer = "insurer",
    Valuer = "valuer",
});

/// The closing run of a programme year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingRule {
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
    /// What becomes of an application that is filed for a year that was closed.
    pub late: LateApplication,
}

/// An application filed after the closing run of its year (逾期申报).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LateApplication {
    /// 不予受理: it is refused.
    Refuse,
    /// 转入下一年度: it waits for the closing run of the first later year that is still open.
    NextYear,
}
codes!(LateApplication { Refuse = "refuse", NextYear = "next-year" });

/// A limit on what is granted (限额).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Its id: names the running sum, so versions that continue a cap keep its id.
    pub id: CapId,
    /// What is summed up.
    pub scope: CapScope,
    /// The kinds of cost that count toward it and are limited by it.
    pub items: Vec<CostKind>,
    /// How many years in a row it sums up, for a cap of the enterprise's year (连续…年累计); 1 for the year alone.
    pub years: u32,
    /// The limit in yuan; the largest that it may be, where it depends on something.
    pub amount: Amount,
    /// What the limit depends on.
    pub rule: CapRule,
    /// Where the cap applies.
    pub when: When,
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
    /// One bank in one year.
    BankYear,
    /// The institution that is paid, in one year.
    PayeeYear,
    /// The programme in one year, all enterprises together.
    ProgrammeYear,
}
codes!(CapScope {
    Item = "item",
    Loan = "loan",
    Joint = "joint",
    EnterpriseYear = "enterprise-year",
    Lifetime = "lifetime",
    BankYear = "bank-year",
    PayeeYear = "payee-year",
    ProgrammeYear = "programme-year",
});

/// What the limit of a cap depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapRule {
    /// Nothing.
    Fixed,
    /// The first of these that holds; the cap's amount where none does.
    By(Vec<(When, Amount)>),
    /// A part of the loan's contract principal, and at most the cap's amount.
    ShareOfPrincipal(Rate),
    /// A part of a figure of the enterprise, and at most the cap's amount.
    ShareOfFigure(Figure, Rate),
}

impl CapScope {
    /// Whether the running sum is kept per loan.
    pub const fn is_per_loan(self) -> bool {
        match self {
            Self::Item | Self::Loan | Self::Joint => true,
            Self::EnterpriseYear | Self::Lifetime | Self::BankYear | Self::PayeeYear | Self::ProgrammeYear => false,
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
