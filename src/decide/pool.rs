//! The pool's own money: contributions, withdrawals, interest on the account.

use super::command::{PoolInterest, PoolTransfer};
use super::loan::{exceeds, pool_unknown};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody, text};
use crate::book::account::{Account, transfer};
use crate::book::event::{Event, PoolMoved, PoolMovement};
use crate::book::pool::{Claim, Pool};
use crate::identifier::PoolId;
use crate::money::Amount;
use crate::rulebook::PoolRule;

pub(super) fn contribute(context: &Context<'_>, command: &PoolTransfer) -> Result<Outcome, Rejection> {
    rule(context, &command.pool)?;
    let postings = transfer(
        Account::PoolCash(command.pool.clone()),
        Account::PoolCapital(command.pool.clone(), command.funder.clone()),
        command.amount,
    );
    Ok(moved(command, PoolMovement::Contribution(command.funder.clone())).with(postings))
}

/// Takes out at most what the funder has in, what no claim waits for, and what leaves the leverage limit kept.
pub(super) fn withdraw(context: &Context<'_>, command: &PoolTransfer) -> Result<Outcome, Rejection> {
    let rule = rule(context, &command.pool)?;
    let empty = Pool::default();
    let pool = context.book.pools.get(&command.pool).unwrap_or(&empty);
    let paid_in = pool.funders.get(&command.funder).copied().unwrap_or(Amount::ZERO);
    if command.amount > paid_in {
        return Err(exceeds("amount", command.amount, paid_in, text("what the funder has paid in", "该出资人出资额")));
    }
    let free = pool.free_balance();
    let spare = free.minus(waiting_for(context, pool)).floored_at_zero();
    if command.amount > spare {
        return Err(exceeds(
            "amount",
            command.amount,
            spare,
            text("the pool's balance that no claim waits for", "资金池扣除待补偿款后的可用余额"),
        ));
    }
    let rest = free.minus(command.amount);
    if let Some(limit) = rule.leverage_limit.filter(|limit| pool.exposure.exceeds_share(rest, *limit)) {
        let exposure = pool.exposure;
        return Err(Rejection::new(
            Reason::AmountExceeds,
            "amount",
            format!(
                "`{}` would leave {rest} for an exposure of {exposure}; expected to leave at least a {limit}th of it",
                command.amount
            ),
            format!("“{}”支出后仅余 {rest}，在保责任为 {exposure}；余额应不低于其 1/{limit}", command.amount),
        ));
    }
    let postings = transfer(
        Account::PoolCapital(command.pool.clone(), command.funder.clone()),
        Account::PoolCash(command.pool.clone()),
        command.amount,
    );
    Ok(moved(command, PoolMovement::Withdrawal(command.funder.clone())).with(postings))
}

/// What the pool would pay for the claims that wait, in yuan.
fn waiting_for(context: &Context<'_>, pool: &Pool) -> Amount {
    let claims = pool.deferred.iter().filter_map(|id| context.book.claims.get(id));
    Amount::total(claims.map(Claim::pool_share))
}

pub(super) fn record_interest(context: &Context<'_>, command: &PoolInterest) -> Result<Outcome, Rejection> {
    rule(context, &command.pool)?;
    let postings =
        transfer(Account::PoolCash(command.pool.clone()), Account::PoolInterest(command.pool.clone()), command.amount);
    let event = Event::PoolMoved(PoolMoved {
        pool: command.pool.clone(),
        movement: PoolMovement::Interest,
        amount: command.amount,
        reference: command.reference.clone(),
    });
    Ok(Outcome::new(event, concerning_nobody()).with(postings))
}

/// The rule in force, or the last one: a pool that takes no more loans still has money to look after.
fn rule<'a>(context: &Context<'a>, pool: &PoolId) -> Result<&'a PoolRule, Rejection> {
    let in_force = context.book.pool_rule_on(pool, context.day).map(|(_, rule)| rule);
    in_force.or_else(|| context.book.last_pool_rule(pool)).ok_or_else(|| pool_unknown(pool))
}

fn moved(command: &PoolTransfer, movement: PoolMovement) -> Outcome {
    let event = Event::PoolMoved(PoolMoved {
        pool: command.pool.clone(),
        movement,
        amount: command.amount,
        reference: command.reference.clone(),
    });
    Outcome::new(event, concerning_nobody())
}
