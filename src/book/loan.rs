//! A loan's life: state, money out and back, what is still at risk.

use super::nouns::{LoanState, LoanTerms};
use super::references::References;
use crate::calendar::CivilDate;
use crate::identifier::ClaimId;
use crate::money::{Amount, Rate, Rounding};
use crate::rulebook::RulebookRef;

/// A loan (质押贷款) with its life so far.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Loan {
    /// As filed; the maturity in force is `matures_on`.
    pub terms: LoanTerms,
    /// The version it keeps.
    pub rulebook: RulebookRef,
    /// Day of filing (备案日).
    pub filed_on: CivilDate,
    /// Where it stands.
    pub state: LoanState,
    /// Maturity after extensions.
    pub matures_on: CivilDate,
    /// Drawn down so far, in yuan.
    pub disbursed: Amount,
    /// Day of the first drawdown.
    pub disbursed_on: Option<CivilDate>,
    /// Principal repaid so far, in yuan.
    pub repaid: Amount,
    /// Interest paid so far, in yuan.
    pub interest_paid: Amount,
    /// The bank's references of the interest payments: each is recorded once, because each is evidence once.
    pub interest_references: References,
    /// The bank's references of the principal payments.
    pub principal_references: References,
    /// The latest effective date of anything that happened to it.
    pub last_event_on: CivilDate,
    /// Overdue since, while it is overdue or worse.
    pub overdue_since: Option<CivilDate>,
    /// Day it was settled, closed or withdrawn.
    pub ended_on: Option<CivilDate>,
    /// The pool's exposure for it, in yuan.
    pub exposure: Amount,
    /// The claim on the pool, the last one.
    pub claim: Option<ClaimId>,
}

impl Loan {
    /// Principal that is out and not repaid, in yuan.
    pub fn outstanding(&self) -> Amount {
        self.disbursed.minus(self.repaid)
    }

    /// The IP part of what the bank has lent or may still lend: the filed IP part, down in proportion to repayment
    /// after `repaid`, in yuan, rounded up so that exposure is never understated.
    pub fn ip_part_after(&self, repaid: Amount) -> Amount {
        let left = self.terms.principal.minus(repaid).floored_at_zero();
        proportion(left, self.terms.ip_part, self.terms.principal, Rounding::Up).unwrap_or(self.terms.ip_part)
    }

    /// Whether the loan still needs its pledge: it is neither over nor withdrawn.
    pub fn is_live(&self) -> bool {
        match self.state {
            LoanState::Filed
            | LoanState::Disbursed
            | LoanState::Repaying
            | LoanState::Overdue
            | LoanState::NonPerforming
            | LoanState::Claimed
            | LoanState::Compensated
            | LoanState::Recovering => true,
            LoanState::Settled | LoanState::Closed | LoanState::Withdrawn => false,
        }
    }
}

/// `amount` × `part` ÷ `whole`, rounded to the fen; `None` when `whole` is zero or the product does not fit.
pub fn proportion(amount: Amount, part: Amount, whole: Amount, rounding: Rounding) -> Option<Amount> {
    let exact = amount.times(Rate::ONE).ok()?.times_fraction(part.fen(), whole.fen()).ok()?;
    Some(exact.round(rounding))
}
