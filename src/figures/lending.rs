//! What a bank has out, by the day since which it is overdue.

use std::collections::BTreeMap;

use super::Sign;
use crate::book::loan::Loan;
use crate::book::nouns::LoanState;
use crate::calendar::CivilDate;
use crate::money::Amount;

/// What a bank has out, in yuan.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lent {
    /// How many loans.
    pub loans: u64,
    /// Principal that is out.
    pub total: Amount,
    /// Of it the IP part.
    pub ip_part: Amount,
    /// Of it what is not overdue.
    pub current: Amount,
    /// Of it what is non-performing, or worse.
    pub non_performing: Amount,
    /// Of it what is overdue, by the first day in arrears.
    pub overdue: BTreeMap<CivilDate, Amount>,
}

impl Lent {
    pub(super) fn count(&mut self, loan: &Loan, sign: Sign) {
        let out = loan.outstanding();
        sign.count(&mut self.loans, 1);
        sign.amount(&mut self.total, out);
        sign.amount(&mut self.ip_part, loan.ip_part_after(loan.repaid).at_most(out));
        if is_non_performing(loan.state) {
            sign.amount(&mut self.non_performing, out);
        } else if let Some(since) = loan.overdue_since {
            let sum = self.overdue.entry(since).or_default();
            sign.amount(sum, out);
            if sum.is_zero() {
                self.overdue.remove(&since);
            }
        } else {
            sign.amount(&mut self.current, out);
        }
    }
}

/// Whether money of the loan is out.
pub(super) fn is_out(loan: &Loan) -> bool {
    loan.is_live() && loan.outstanding().is_positive()
}

const fn is_non_performing(state: LoanState) -> bool {
    match state {
        LoanState::NonPerforming | LoanState::Claimed | LoanState::Compensated | LoanState::Recovering => true,
        LoanState::Filed
        | LoanState::Disbursed
        | LoanState::Repaying
        | LoanState::Overdue
        | LoanState::Settled
        | LoanState::Closed
        | LoanState::Withdrawn => false,
    }
}
