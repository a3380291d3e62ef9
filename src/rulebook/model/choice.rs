//! Exclusivity (择一, 不重复享受): of several, one is granted.

use super::BilingualText;
use crate::identifier::{CapId, ClauseId};
use crate::rulebook::terms::{CostKind, codes};

/// Of several members one is granted. Within one application the better one is taken; across applications the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its id: names the running sums by which an earlier choice is known.
    pub id: CapId,
    /// What excludes each other.
    pub between: Between,
    /// Within what.
    pub per: ChoiceScope,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// What excludes each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Between {
    /// These kinds of cost.
    Items(Vec<CostKind>),
    /// Loans: the costs of one loan only.
    Loans,
}

/// Within what a choice is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceScope {
    /// One loan.
    Loan,
    /// One enterprise and year.
    EnterpriseYear,
    /// One enterprise, ever.
    Lifetime,
}
codes!(ChoiceScope { Loan = "loan", EnterpriseYear = "enterprise-year", Lifetime = "lifetime" });
