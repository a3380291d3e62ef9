//! How the pool's money and the claims on it change the book.

use super::{add, subtract};
use crate::book::Book;
use crate::book::access::{WITHDRAW_FROM_POOL, withdrawal_subject};
use crate::book::event::{ClaimChange, ClaimChanged, ClaimSubmitted, Entry, PoolMoved, PoolMovement, Recovery};
use crate::book::nouns::{ClaimState, LoanState};
use crate::book::pool::{Claim, pool_share, state_of};
use crate::identifier::{ClaimId, LoanId};
use crate::money::Amount;

impl Book {
    pub(super) fn move_pool(&mut self, moved: &PoolMoved) {
        let pool = self.pools.entry(moved.pool.clone()).or_default();
        match &moved.movement {
            PoolMovement::Contribution(funder) => {
                add(&mut pool.cash, moved.amount);
                add(&mut pool.contributed, moved.amount);
                add(pool.funders.entry(funder.clone()).or_default(), moved.amount);
            }
            PoolMovement::Withdrawal(funder) => {
                subtract(&mut pool.cash, moved.amount);
                add(&mut pool.withdrawn, moved.amount);
                subtract(pool.funders.entry(funder.clone()).or_default(), moved.amount);
                let subject = withdrawal_subject(&moved.pool, funder, moved.amount, &moved.reference);
                self.access.forget_endorsement(WITHDRAW_FROM_POOL, &subject);
            }
            PoolMovement::Interest => {
                add(&mut pool.cash, moved.amount);
                add(&mut pool.interest, moved.amount);
            }
        }
    }

    pub(super) fn take_claim(&mut self, entry: &Entry, submitted: &ClaimSubmitted) {
        let id = ClaimId::new(entry.sequence.value());
        let Some(loan) = self.loans.get_mut(&submitted.loan) else { return };
        let state = state_of(&submitted.decision);
        if state != ClaimState::Refused {
            loan.state = LoanState::Claimed;
            loan.claim = Some(id);
        }
        loan.last_event_on = loan.last_event_on.max(entry.effective_date);
        let claim = Claim {
            loan: submitted.loan,
            bank: loan.terms.bank.clone(),
            pool: submitted.pool.clone(),
            rulebook: submitted.rulebook.clone(),
            state,
            refusal: submitted.decision.explanation.refusal,
            principal_loss: submitted.principal_loss,
            covered_loss: submitted.decision.covered_loss,
            shares: submitted.decision.shares.clone(),
            payee: submitted.decision.payee.clone().unwrap_or_else(|| loan.terms.bank.clone()),
            cap_uses: submitted.decision.cap_uses.clone(),
            submitted_on: entry.effective_date,
            submitted_by: entry.actor.hands(),
            approved: None,
            paid: None,
            reason: None,
            returned: Amount::ZERO,
            recovered: (Amount::ZERO, Amount::ZERO),
        };
        self.set_aside(id, &claim);
        self.claims.insert(id, claim);
    }

    /// Counts a claim under review toward the bank's year and the pool; queues a deferred one.
    pub(super) fn set_aside(&mut self, id: ClaimId, claim: &Claim) {
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        match claim.state {
            ClaimState::UnderReview => {
                pool.deferred.remove(&id);
                add(&mut pool.pending, claim.pool_share());
                let bank_year = pool.bank_years.entry((claim.bank.clone(), claim.submitted_on.year())).or_default();
                add(&mut bank_year.losses, claim.covered_loss);
                for (key, amount) in claim.counts_toward() {
                    add(pool.cap_use.entry(key).or_default(), amount);
                }
            }
            ClaimState::Deferred => {
                pool.deferred.insert(id);
            }
            ClaimState::Refused => {
                pool.deferred.remove(&id);
            }
            ClaimState::Approved | ClaimState::Paid | ClaimState::Recovering | ClaimState::Closed => {}
        }
    }

    pub(super) fn change_claim(&mut self, entry: &Entry, changed: &ClaimChanged) {
        let Some(mut claim) = self.claims.remove(&changed.claim) else { return };
        match &changed.change {
            ClaimChange::Resumed(decision) => {
                claim.take(decision);
                self.set_aside(changed.claim, &claim);
                if claim.state == ClaimState::Refused {
                    self.give_loan_back(claim.loan);
                }
            }
            ClaimChange::Approved => {
                claim.state = ClaimState::Approved;
                claim.approved = Some((entry.effective_date, entry.actor.hands()));
                let pool = self.pools.entry(claim.pool.clone()).or_default();
                subtract(&mut pool.pending, claim.pool_share());
                add(&mut pool.payable, claim.pool_share());
                self.set_exposure(claim.loan, Amount::ZERO);
            }
            ClaimChange::Refused(reason) => {
                self.refuse_claim(changed.claim, &claim);
                claim.state = ClaimState::Refused;
                claim.reason = Some(reason.clone());
            }
            ClaimChange::Paid(reference) => {
                claim.state = ClaimState::Paid;
                claim.paid = Some((entry.effective_date, reference.clone()));
                let pool = self.pools.entry(claim.pool.clone()).or_default();
                let share = pool_share(&claim.shares);
                subtract(&mut pool.payable, share);
                subtract(&mut pool.cash, share);
                add(&mut pool.paid, share);
                self.set_loan_state(claim.loan, LoanState::Compensated);
            }
            ClaimChange::Recovered(recovery) => self.take_recovery(&mut claim, recovery),
            ClaimChange::WrittenOff => {
                claim.state = ClaimState::Closed;
                if let Some(loan) = self.loans.get_mut(&claim.loan) {
                    loan.end(LoanState::Closed, entry.effective_date);
                }
            }
        }
        if let Some(loan) = self.loans.get_mut(&claim.loan) {
            loan.last_event_on = loan.last_event_on.max(entry.effective_date);
        }
        self.claims.insert(changed.claim, claim);
    }

    pub(super) fn refuse_claim(&mut self, id: ClaimId, claim: &Claim) {
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        pool.deferred.remove(&id);
        if claim.state == ClaimState::UnderReview {
            subtract(&mut pool.pending, claim.pool_share());
            let bank_year = pool.bank_years.entry((claim.bank.clone(), claim.submitted_on.year())).or_default();
            subtract(&mut bank_year.losses, claim.covered_loss);
            for (key, amount) in claim.counts_toward() {
                subtract(pool.cap_use.entry(key).or_default(), amount);
            }
        }
        self.give_loan_back(claim.loan);
    }

    pub(super) fn take_recovery(&mut self, claim: &mut Claim, recovery: &Recovery) {
        if claim.state != ClaimState::Closed {
            claim.state = ClaimState::Recovering;
            self.set_loan_state(claim.loan, LoanState::Recovering);
        }
        add(&mut claim.returned, recovery.to_pool);
        add(&mut claim.recovered.0, recovery.amount);
        add(&mut claim.recovered.1, recovery.cost);
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        add(&mut pool.cash, recovery.to_pool);
        add(&mut pool.recovered, recovery.to_pool);
    }

    /// A loan whose claim was refused is what it was before: non-performing.
    pub(super) fn give_loan_back(&mut self, id: LoanId) {
        if let Some(loan) = self.loans.get_mut(&id) {
            loan.state = LoanState::NonPerforming;
            loan.claim = None;
        }
    }

    pub(super) fn set_loan_state(&mut self, id: LoanId, state: LoanState) {
        if let Some(loan) = self.loans.get_mut(&id) {
            loan.state = state;
        }
    }
}
