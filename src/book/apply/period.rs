//! How closing a year and reversing an entry change the book.

use super::{add, subtract};
use crate::book::Book;
use crate::book::event::{BudgetChange, Entry, InterestPaid, PoolMoved, PoolMovement, Reversed, Undone, YearClosed};
use crate::book::nouns::{ApplicationState, ClaimState, EvidenceKey, LoanState};
use crate::book::pool::pool_share;
use crate::identifier::{ApplicationId, ClaimId, LoanId, Sequence};
use crate::money::Amount;

impl Book {
    pub(super) fn close_year(&mut self, closed: &YearClosed) {
        self.closed_years.insert(closed.year);
        for line in &closed.lines {
            let budget = self.budgets.entry((line.line.clone(), closed.year)).or_default();
            subtract(&mut budget.appropriated, line.left);
            if let Some(next) = closed.year.next().filter(|_| line.is_carried) {
                add(&mut self.budgets.entry((line.line.clone(), next)).or_default().appropriated, line.left);
            }
        }
    }

    pub(super) fn reverse(&mut self, entry: &Entry, reversed: &Reversed) {
        self.reversals.insert(reversed.entry, entry.sequence);
        match &reversed.undone {
            Undone::PoolMoved(moved) => self.undo_pool(moved),
            Undone::BudgetChanged(change) => self.undo_budget(change),
            Undone::Disbursed(loan, amount) => self.undo_disbursement(*loan, *amount),
            Undone::InterestPaid(loan, paid) => self.undo_interest(*loan, reversed.entry, paid),
            Undone::PrincipalPaid { loan, amount, reference, exposure } => {
                self.set_exposure(*loan, *exposure);
                if let Some(loan) = self.loans.get_mut(loan) {
                    subtract(&mut loan.repaid, *amount);
                    loan.principal_references.remove(reference);
                }
            }
            Undone::SubsidyPaid(application) => self.undo_subsidy_payment(*application),
            Undone::ClaimPaid(claim) => self.undo_claim_payment(*claim),
        }
    }

    fn undo_pool(&mut self, moved: &PoolMoved) {
        let pool = self.pools.entry(moved.pool.clone()).or_default();
        match &moved.movement {
            PoolMovement::Contribution(funder) => {
                subtract(&mut pool.cash, moved.amount);
                subtract(&mut pool.contributed, moved.amount);
                subtract(pool.funders.entry(funder.clone()).or_default(), moved.amount);
            }
            PoolMovement::Withdrawal(funder) => {
                add(&mut pool.cash, moved.amount);
                subtract(&mut pool.withdrawn, moved.amount);
                add(pool.funders.entry(funder.clone()).or_default(), moved.amount);
            }
            PoolMovement::Interest => {
                subtract(&mut pool.cash, moved.amount);
                subtract(&mut pool.interest, moved.amount);
            }
        }
    }

    fn undo_budget(&mut self, change: &BudgetChange) {
        let budget = self.budgets.entry((change.line.clone(), change.year)).or_default();
        subtract(&mut budget.appropriated, change.amount);
    }

    fn undo_disbursement(&mut self, id: LoanId, amount: Amount) {
        let Some(loan) = self.loans.get_mut(&id) else { return };
        subtract(&mut loan.disbursed, amount);
        if loan.disbursed.is_zero() {
            loan.disbursed_on = None;
            loan.overdue_since = None;
            loan.state = LoanState::Filed;
        }
    }

    fn undo_interest(&mut self, id: LoanId, payment: Sequence, paid: &InterestPaid) {
        self.evidence.remove(&EvidenceKey::InterestPayment(payment));
        if let Some(loan) = self.loans.get_mut(&id) {
            subtract(&mut loan.interest_paid, paid.amount);
            loan.interest_references.remove(&paid.reference);
        }
    }

    fn undo_subsidy_payment(&mut self, id: ApplicationId) {
        let Some(application) = self.applications.get_mut(&id) else { return };
        application.state = ApplicationState::Approved;
        application.paid = None;
        let budget = self.budgets.entry(application.budget.clone()).or_default();
        subtract(&mut budget.spent, application.granted);
        add(&mut budget.reserved, application.granted);
    }

    fn undo_claim_payment(&mut self, id: ClaimId) {
        let Some(claim) = self.claims.get_mut(&id) else { return };
        claim.state = ClaimState::Approved;
        claim.paid = None;
        let (share, loan) = (pool_share(&claim.shares), claim.loan);
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        add(&mut pool.payable, share);
        add(&mut pool.cash, share);
        subtract(&mut pool.paid, share);
        self.set_loan_state(loan, LoanState::Claimed);
    }
}
