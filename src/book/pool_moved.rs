//! Money that moved in or out of a pool for a reason other than a claim.

use crate::identifier::{FunderId, PoolId};
use crate::money::Amount;

/// See [`Event::PoolMoved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolMoved {
    /// Which pool.
    pub pool: PoolId,
    /// Why.
    pub movement: PoolMovement,
    /// In yuan, positive.
    pub amount: Amount,
    /// The bank's reference.
    pub reference: String,
}

/// Why the pool's cash moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolMovement {
    /// A funder paid in.
    Contribution(FunderId),
    /// A funder took out.
    Withdrawal(FunderId),
    /// Interest on the account.
    Interest,
}
