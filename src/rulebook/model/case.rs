//! Worked cases (算例): what a rule must give for stated facts. They decide nothing; `ipledger rulebook test` runs them.

use crate::calendar::CivilDate;
use crate::identifier::{CapId, LimitId, PoolId, ProgrammeId};
use crate::money::Amount;
use crate::rulebook::explanation::Bound;
use crate::rulebook::facts::{ClaimFacts, EnterpriseFacts, FilingFacts, LoanFacts, ReferenceRates, RightFacts};
use crate::rulebook::judge::LimitFacts;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{CostKind, LossParty};

/// A worked case of a rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id, for reports.
    pub id: String,
    /// What is judged.
    pub kind: CaseKind,
}

/// What a case judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseKind {
    /// An application under a programme.
    Lines(Box<LinesCase>),
    /// A claim on a pool.
    Claim(Box<ClaimCase>),
    /// The filing of a loan with a pool.
    Filing(Box<FilingCase>),
    /// The closing run of a programme year.
    Closing(ClosingCase),
    /// An amount measured against another.
    Limit(Box<LimitCase>),
}

/// An application under a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinesCase {
    /// Which programme.
    pub programme: ProgrammeId,
    /// What counts toward caps before the first line, in yuan.
    pub used: Vec<(CapId, Amount)>,
    /// Grants of the programme to the enterprise before.
    pub earlier_grants: u32,
    /// What is left of the budget line, in yuan.
    pub budget: Amount,
    /// Who applies.
    pub enterprise: EnterpriseFacts,
    /// The loans that lines may name; the first one where a line names none.
    pub loans: Vec<LoanFacts>,
    /// The right that the costs belong to.
    pub right: Option<RightFacts>,
    /// Reference rates beside those of the rulebook.
    pub rates: ReferenceRates,
    /// The day of application.
    pub applied_on: CivilDate,
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
    /// When it was paid.
    pub paid_on: CivilDate,
    /// Which of the case's loans, from 1; `None` for a cost without a loan.
    pub loan: Option<usize>,
    /// What other public funds pay, in yuan.
    pub other_public_funding: Amount,
    /// What is left of the evidence; the cost where it is not stated.
    pub evidence_left: Option<Amount>,
    /// Facts of a line that only some rules ask for.
    pub details: crate::rulebook::facts::LineDetails,
    /// What is expected.
    pub expect: Expected,
}

/// What a case expects of an amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The amount, in yuan.
    pub amount: Amount,
    /// The bound that must decide, if the case says.
    pub bound: Option<Bound>,
    /// The reason of the refusal, if the case says.
    pub refusal: Option<Refusal>,
    /// Words that the English sentence must contain.
    pub says: Option<String>,
}

/// A claim on a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimCase {
    /// Which pool.
    pub pool: PoolId,
    /// The facts.
    pub facts: ClaimFacts,
    /// What each party must bear; parties that are not named are not looked at.
    pub shares: Vec<(LossParty, Amount)>,
    /// What the pool must pay now.
    pub expect: Option<Expected>,
}

/// The filing of a loan with a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingCase {
    /// Which pool.
    pub pool: PoolId,
    /// The facts.
    pub facts: FilingFacts,
    /// The exposure.
    pub expect: Expected,
}

/// The closing run of a programme year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingCase {
    /// Which programme.
    pub programme: ProgrammeId,
    /// What there is to pay, in yuan.
    pub budget: Amount,
    /// What was approved, and what must be paid, in yuan.
    pub approved: Vec<(Amount, Amount)>,
}

/// An amount measured against another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitCase {
    /// Which limit.
    pub limit: LimitId,
    /// The amounts.
    pub facts: LimitFacts,
    /// How far the amount may go, or must: `expect` is the bound in yuan.
    pub expect: Expected,
    /// Whether the amount keeps to it.
    pub holds: bool,
}
