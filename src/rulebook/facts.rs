//! What a rule is judged on: facts about one line and the running sums, gathered by the caller.

use super::terms::{CostKind, SizeClass};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{BudgetLineId, CapId, InstitutionId, LoanId, ProgrammeId, RightId, Uscc};
use crate::money::{Amount, Rate};

/// The facts of one cost item of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFacts {
    /// What kind of cost.
    pub item: CostKind,
    /// What was actually paid, in yuan.
    pub cost: Amount,
    /// When it was paid.
    pub paid_on: CivilDate,
    /// What other public funds paid or will pay toward the same cost, in yuan.
    pub other_public_funding: Amount,
    /// What is left of the evidence before this line, in yuan.
    pub evidence_left: Amount,
    /// When the application was made (effective date).
    pub applied_on: CivilDate,
    /// Who applies.
    pub enterprise: EnterpriseFacts,
    /// The loan that the cost belongs to, if any.
    pub loan: Option<LoanFacts>,
    /// The right that the cost belongs to (a patent insurance), if any.
    pub right: Option<RightFacts>,
}

/// The applicant on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterpriseFacts {
    /// Who.
    pub uscc: Uscc,
    /// Size class.
    pub size_class: SizeClass,
    /// Whether a blacklist entry is in force, since when.
    pub blacklisted_since: Option<CivilDate>,
}

/// The loan on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanFacts {
    /// Which loan.
    pub loan: LoanId,
    /// The lending bank.
    pub bank: InstitutionId,
    /// Contract principal, in yuan.
    pub principal: Amount,
    /// The part of the principal secured by intellectual property, in yuan.
    pub ip_part: Amount,
    /// Contract rate per year.
    pub annual_rate: Rate,
    /// Day of the first disbursement; `None` before it.
    pub disbursed_on: Option<CivilDate>,
    /// Latest registration day of the loan's pledges.
    pub pledged_on: CivilDate,
    /// Last day of the loan's life so far: settled or closed.
    pub ended_on: Option<CivilDate>,
}

/// The insured right on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightFacts {
    /// Which right.
    pub right: RightId,
    /// Whether the applicant owns it.
    pub owned: bool,
    /// Whether it is in force.
    pub in_force: bool,
}

/// The running sum that a cap is checked against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapKey {
    /// The cap's id in the rulebook; versions of a rule that share a cap keep its id.
    pub cap: CapId,
    /// Whose cap.
    pub enterprise: Uscc,
    /// The year, for a yearly cap.
    pub year: Option<FiscalYear>,
    /// The loan, for a cap per loan.
    pub loan: Option<LoanId>,
}

/// The running sums and counts, posted + pending, as the judge sees them while it works through an application.
pub trait Usage {
    /// What counts toward the cap already, in yuan.
    fn used(&self, key: &CapKey) -> Amount;
    /// How many lines of the programme were granted to the enterprise before.
    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32;
    /// What is available in the budget line, in yuan; zero where nothing was appropriated.
    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount;
}

/// The verdict on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineVerdict {
    /// Granted, rounded to the fen; zero when refused.
    pub award: Amount,
    /// The part of the cost that the award uses of its evidence, in yuan; zero when refused.
    pub eligible_cost: Amount,
    /// Sums that grow by the award.
    pub cap_uses: Vec<CapKey>,
    /// How it came about.
    pub explanation: super::explanation::LineExplanation,
}

/// Facts for filing a loan with a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingFacts {
    /// The part of the principal secured by intellectual property, in yuan.
    pub ip_part: Amount,
    /// The pool's exposure before this loan, in yuan.
    pub exposure: Amount,
    /// The pool's cash less what is approved or submitted but not paid, in yuan.
    pub free_balance: Amount,
}

/// Facts for a claim on a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Principal lost, in yuan.
    pub principal_loss: Amount,
    /// Principal still outstanding, in yuan.
    pub outstanding: Amount,
    /// Contract principal and its IP part, in yuan.
    pub principal: Amount,
    /// See `principal`.
    pub ip_part: Amount,
    /// Days overdue on the effective date of the claim; `None` if the loan is not marked overdue.
    pub overdue_days: Option<i64>,
    /// The pool's cash less what is approved or submitted but not paid, in yuan.
    pub free_balance: Amount,
    /// The bank's covered losses of the year, submitted and not refused or deferred, before this claim, in yuan.
    pub bank_year_losses: Amount,
    /// The principal that the bank filed with the pool in the year, in yuan.
    pub bank_year_filed: Amount,
}

/// The verdict on filing: the exposure the pool takes on, or the refusal in the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingVerdict {
    /// The pool's share of the IP part, in yuan, rounded up.
    pub exposure: Amount,
    /// How it came about; `refusal` set when the pool cannot take the loan.
    pub explanation: super::explanation::LineExplanation,
}

/// The verdict on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimVerdict {
    /// The part of the loss that the vector divides: the IP share of the principal lost, in yuan.
    pub covered_loss: Amount,
    /// What each party bears, in the rulebook's order; sums to `covered_loss`.
    pub shares: Vec<(super::terms::LossParty, Amount)>,
    /// How it came about; `refusal` set when refused or deferred.
    pub explanation: super::explanation::LineExplanation,
}
