//! What moved an account, and which accounts are a pool's.

use crate::book::account::Account;
use crate::identifier::PoolId;
use crate::money::Amount;

/// What moved an account, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Turnover {
    /// The balance before the first day; debit positive.
    pub opening: Amount,
    /// Debits within the days.
    pub debit: Amount,
    /// Credits within the days, positive.
    pub credit: Amount,
}

impl Turnover {
    /// A reversal is posted in red (红字冲销): it takes back on the side of the original, so that turnovers show what
    /// truly moved.
    pub fn post(&mut self, amount: Amount, is_reversal: bool) {
        if amount.is_negative() == is_reversal {
            self.debit = self.debit.plus(amount);
        } else {
            self.credit = self.credit.minus(amount);
        }
    }

    /// The balance at the end of the last day; debit positive.
    pub fn closing(self) -> Amount {
        self.opening.plus(self.debit).minus(self.credit)
    }
}

/// Whose account it is, if it is a pool's.
pub const fn pool_of(account: &Account) -> Option<&PoolId> {
    match account {
        Account::PoolCash(pool)
        | Account::PoolCapital(pool, _)
        | Account::PoolInterest(pool)
        | Account::PoolCompensation(pool)
        | Account::PoolPayable(pool, _)
        | Account::PoolRecovered(pool)
        | Account::PoolExposure(pool)
        | Account::PoolExposureContra(pool) => Some(pool),
        Account::BudgetAppropriated(..)
        | Account::BudgetAvailable(..)
        | Account::BudgetReserved(..)
        | Account::BudgetSpent(..)
        | Account::SubsidyExpense(_)
        | Account::SubsidyPayable(_)
        | Account::SubsidyClawback(_)
        | Account::SubsidyPayableTo(_)
        | Account::SubsidyClawbackFrom(_)
        | Account::TreasuryCash => None,
    }
}
