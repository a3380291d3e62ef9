//! What must hold of every book: checked by `verify`, by the simulator and by property tests.
//!
//! Each check sums up the nouns anew and compares with the running sums; none trusts what it checks.

use std::collections::BTreeMap;

use super::Book;
use super::account::Account;
use super::nouns::{ApplicationState, ClaimState};
use crate::identifier::PoolId;
use crate::money::Amount;
use crate::rulebook::facts::{CapKey, WideKey};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Number of the invariant in `README.md`.
    pub invariant: u8,
    /// What is wrong, with both figures.
    pub problem: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "invariant {}: {}", self.invariant, self.problem)
    }
}

impl Book {
    /// Every violated invariant; empty for a sound book.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.check_trial_balance(&mut found);
        self.check_caps(&mut found);
        self.check_caps_of_many(&mut found);
        self.check_evidence(&mut found);
        self.check_pledges(&mut found);
        self.check_budgets(&mut found);
        self.check_pools(&mut found);
        self.check_claims(&mut found);
        found
    }

    /// 1: the trial balance is zero.
    fn check_trial_balance(&self, found: &mut Vec<Violation>) {
        let total = Amount::total(self.accounts.values().copied());
        expect(found, 1, "sum of all balances", total, Amount::ZERO);
    }

    /// 3: granted and pending within each cap; 4: no award beyond its cost.
    fn check_caps(&self, found: &mut Vec<Violation>) {
        let mut sums: BTreeMap<CapKey, Amount> = BTreeMap::new();
        for (id, application) in &self.applications {
            for line in &application.lines {
                if line.award > line.cost || line.award.is_negative() {
                    let problem = format!("{id}: award {} is not within the cost {}", line.award, line.cost);
                    found.push(Violation { invariant: 4, problem });
                }
                let restored = if line.restores_caps { line.received_back } else { Amount::ZERO };
                let counts = holds(application.state).then(|| line.award.minus(restored));
                for key in &line.cap_uses {
                    let sum = sums.entry(key.clone()).or_default();
                    *sum = sum.plus(counts.unwrap_or(Amount::ZERO));
                }
            }
        }
        for (key, used) in &self.cap_use {
            let sum = sums.get(key).copied().unwrap_or(Amount::ZERO);
            expect(found, 3, &format!("cap {} of {}: running sum", key.cap, key.enterprise), *used, sum);
            if let Some(limit) = self.limit_of(key).filter(|limit| used > limit) {
                let problem = format!("cap {} of {}: {used} is more than {limit}", key.cap, key.enterprise);
                found.push(Violation { invariant: 3, problem });
            }
        }
    }

    /// 3, for the sums over many enterprises: those of programmes, and those of a pool's payers.
    fn check_caps_of_many(&self, found: &mut Vec<Violation>) {
        let mut sums: BTreeMap<WideKey, Amount> = BTreeMap::new();
        for application in self.applications.values().filter(|application| holds(application.state)) {
            for line in &application.lines {
                let restored = if line.restores_caps { line.received_back } else { Amount::ZERO };
                for key in &line.wide_uses {
                    let sum = sums.entry(key.clone()).or_default();
                    *sum = sum.plus(line.award.minus(restored));
                }
            }
        }
        for (key, used) in &self.wide_use {
            let sum = sums.get(key).copied().unwrap_or(Amount::ZERO);
            expect(found, 3, &format!("cap {} of {}: running sum", key.cap, key.year), *used, sum);
        }
        let mut of_pools: BTreeMap<(&PoolId, WideKey), Amount> = BTreeMap::new();
        for claim in self.claims.values().filter(|claim| counts(claim.state)) {
            for (key, part) in claim.counts_toward() {
                let sum = of_pools.entry((&claim.pool, key)).or_default();
                *sum = sum.plus(part);
            }
        }
        for (id, pool) in &self.pools {
            for (key, used) in &pool.cap_use {
                let sum = of_pools.get(&(id, key.clone())).copied().unwrap_or(Amount::ZERO);
                expect(found, 3, &format!("pool {id}, cap {} of {}: running sum", key.cap, key.year), *used, sum);
            }
        }
    }

    /// The largest amount that any adopted version gives this cap.
    fn limit_of(&self, key: &CapKey) -> Option<Amount> {
        let programmes = self.rulebooks.iter().flat_map(|rulebook| &rulebook.programmes);
        programmes.flat_map(|programme| &programme.caps).filter(|cap| cap.id == key.cap).map(|cap| cap.amount).max()
    }

    /// 4: nothing used beyond its amount, but for a red-letter invoice that came afterwards.
    fn check_evidence(&self, found: &mut Vec<Violation>) {
        let mut sums: BTreeMap<_, Amount> = BTreeMap::new();
        for application in self.applications.values().filter(|application| holds(application.state)) {
            for line in &application.lines {
                let sum = sums.entry(line.evidence.0.clone()).or_default();
                *sum = sum.plus(line.evidence.1);
            }
        }
        for (key, evidence) in self.evidence.iter() {
            let sum = sums.get(&key).copied().unwrap_or(Amount::ZERO);
            expect(found, 4, &format!("use of {key:?}"), evidence.used, sum);
            if evidence.used > evidence.total {
                let problem = format!("{key:?}: {} used of {}", evidence.used, evidence.total);
                found.push(Violation { invariant: 4, problem });
            }
        }
    }

    /// 5: no right under two active pledges on any day.
    fn check_pledges(&self, found: &mut Vec<Violation>) {
        for (id, right) in &self.rights {
            let pledges: Vec<_> = right.pledges.iter().filter_map(|key| self.pledges.get(key)).collect();
            for (index, one) in pledges.iter().enumerate() {
                let end = one.released_on.and_then(|released| released.plus_days(-1));
                let until = [end, one.details.term_end].into_iter().flatten().min();
                let empty = one.void || until.is_some_and(|until| until < one.registered_on);
                let others = pledges.iter().skip(index.saturating_add(1));
                for other in others.filter(|other| !empty && other.overlaps(one.registered_on, until)) {
                    let problem = format!(
                        "{id} is under pledges {} and {} at once",
                        one.details.pledge.number, other.details.pledge.number
                    );
                    found.push(Violation { invariant: 5, problem });
                }
            }
        }
    }

    /// 6: appropriated = available + reserved + spent, and the accounts agree.
    fn check_budgets(&self, found: &mut Vec<Violation>) {
        for ((line, year), budget) in &self.budgets {
            let name = format!("budget {line} {year}");
            let account = |account: Account| self.balance(&account);
            if budget.available().is_negative() || budget.reserved.is_negative() || budget.spent.is_negative() {
                found.push(Violation { invariant: 6, problem: format!("{name}: a part is negative: {budget:?}") });
            }
            let appropriated = account(Account::BudgetAppropriated(line.clone(), *year)).negated();
            expect(found, 6, &format!("{name} appropriated"), budget.appropriated, appropriated);
            let reserved = account(Account::BudgetReserved(line.clone(), *year));
            expect(found, 6, &format!("{name} reserved"), budget.reserved, reserved);
            let spent = account(Account::BudgetSpent(line.clone(), *year));
            expect(found, 6, &format!("{name} spent"), budget.spent, spent);
        }
    }

    /// 6: cash = contributions + interest + recoveries − paid − withdrawn ≥ 0, and the accounts agree.
    fn check_pools(&self, found: &mut Vec<Violation>) {
        for (id, pool) in &self.pools {
            let name = format!("pool {id}");
            let inflow = pool.contributed.plus(pool.interest).plus(pool.recovered);
            let cash = inflow.minus(pool.paid).minus(pool.withdrawn);
            expect(found, 6, &format!("{name} cash"), pool.cash, cash);
            expect(found, 6, &format!("{name} cash account"), pool.cash, self.balance(&Account::PoolCash(id.clone())));
            if pool.free_balance().is_negative() {
                let problem = format!("{name}: free balance {} is negative", pool.free_balance());
                found.push(Violation { invariant: 6, problem });
            }
            let exposure = self.balance(&Account::PoolExposure(id.clone()));
            expect(found, 6, &format!("{name} exposure account"), pool.exposure, exposure);
            let loans = self.loans.values().filter(|loan| loan.terms.pool.as_ref() == Some(id));
            let sum = Amount::total(loans.map(|loan| loan.exposure));
            expect(found, 6, &format!("{name} exposure"), pool.exposure, sum);
        }
    }

    /// 7: shares sum to the loss, nothing more returned than paid.
    fn check_claims(&self, found: &mut Vec<Violation>) {
        for (id, claim) in &self.claims {
            let sum = Amount::total(claim.shares.iter().map(|(_, share)| *share));
            if claim.state != ClaimState::Refused {
                expect(found, 7, &format!("{id}: sum of shares"), sum, claim.covered_loss);
            }
            if claim.returned > claim.pool_share() {
                let problem = format!("{id}: {} returned of {} paid", claim.returned, claim.pool_share());
                found.push(Violation { invariant: 7, problem });
            }
        }
    }
}

/// Whether a claim in this state counts toward the payers' caps.
const fn counts(state: ClaimState) -> bool {
    match state {
        ClaimState::UnderReview
        | ClaimState::Approved
        | ClaimState::Paid
        | ClaimState::Recovering
        | ClaimState::Closed => true,
        ClaimState::Deferred | ClaimState::Refused => false,
    }
}

/// Whether an application in this state counts toward caps, evidence and budget.
fn holds(state: ApplicationState) -> bool {
    match state {
        ApplicationState::Submitted
        | ApplicationState::Approved
        | ApplicationState::Paid
        | ApplicationState::ClawbackDemanded
        | ApplicationState::ClawedBack
        | ApplicationState::AwaitingClosing => true,
        ApplicationState::Refused | ApplicationState::Withdrawn => false,
    }
}

fn expect(found: &mut Vec<Violation>, invariant: u8, what: &str, figure: Amount, expected: Amount) {
    if figure != expected {
        found.push(Violation { invariant, problem: format!("{what} is {figure}, expected {expected}") });
    }
}
