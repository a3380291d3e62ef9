//! Two approvers above an amount (大额双人审批).

use super::BilingualText;
use crate::identifier::ClauseId;
use crate::money::Amount;
use crate::rulebook::terms::codes;

/// The table `[approval]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Above this, in yuan, two different persons approve; exactly this needs one.
    pub second_above: Amount,
    /// Which acts it is asked of; all of them where the file does not say.
    pub acts: Vec<ApprovalAct>,
    /// The clause that asks for it; `None` for the bureau's own rule (内控制度).
    pub clause: Option<ClauseId>,
    /// How an ambiguous clause is read.
    pub reading: Option<BilingualText>,
}

/// An act that two persons may have to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalAct {
    /// Approving a subsidy (审核), by its award.
    Award,
    /// Approving a claim on a pool, by the pool's share.
    Claim,
    /// Paying a subsidy or a claim (拨付).
    Payment,
    /// Taking a funder's money out of a pool.
    Withdrawal,
}
codes!(ApprovalAct { Award = "award", Claim = "claim", Payment = "payment", Withdrawal = "withdrawal" });
