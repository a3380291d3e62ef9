//! How a loan's entries change the book.

use super::{add, subtract};
use crate::book::Book;
use crate::book::application::Evidence;
use crate::book::event::{Entry, InterestPaid, LoanChange, LoanChanged, LoanFiled};
use crate::book::loan::Loan;
use crate::book::nouns::{ClaimState, EvidenceKey, LoanState};
use crate::book::references::References;
use crate::calendar::CivilDate;
use crate::identifier::LoanId;
use crate::money::Amount;

impl Book {
    pub(super) fn take_loan(&mut self, entry: &Entry, filed: &LoanFiled) {
        let id = LoanId::new(entry.sequence.value());
        let terms = &filed.terms;
        if let Some(borrower) = self.enterprises.get_mut(&terms.borrower) {
            borrower.loans.push(id);
        }
        for key in &terms.pledges {
            if let Some(pledge) = self.pledges.get_mut(key) {
                pledge.loans.push(id);
            }
        }
        if let Some(pool) = terms.pool.as_ref().and_then(|pool| self.pools.get_mut(pool)) {
            add(&mut pool.exposure, filed.exposure);
            let bank_year = pool.bank_years.entry((terms.bank.clone(), entry.effective_date.year())).or_default();
            add(&mut bank_year.filed, terms.principal);
        }
        self.contracts.insert((terms.bank.clone(), terms.contract.clone()), id);
        self.loans.insert(
            id,
            Loan {
                terms: terms.clone(),
                rulebook: filed.rulebook.clone(),
                filed_on: entry.effective_date,
                state: LoanState::Filed,
                matures_on: terms.matures_on,
                disbursed: Amount::ZERO,
                disbursed_on: None,
                repaid: Amount::ZERO,
                interest_paid: Amount::ZERO,
                interest_references: References::default(),
                principal_references: References::default(),
                last_event_on: entry.effective_date,
                overdue_since: None,
                ended_on: None,
                exposure: filed.exposure,
                claim: None,
            },
        );
    }

    pub(super) fn change_loan(&mut self, entry: &Entry, changed: &LoanChanged) {
        let day = entry.effective_date;
        if let LoanChange::InterestPaid(payment) = &changed.change {
            self.take_interest_payment(entry, changed.loan, payment);
        }
        self.set_exposure(changed.loan, changed.exposure);
        let Some(loan) = self.loans.get_mut(&changed.loan) else { return };
        loan.last_event_on = loan.last_event_on.max(day);
        match &changed.change {
            LoanChange::Disbursed(amount) => {
                add(&mut loan.disbursed, *amount);
                loan.disbursed_on = Some(loan.disbursed_on.map_or(day, |first| first.min(day)));
                if loan.state == LoanState::Filed {
                    loan.state = LoanState::Disbursed;
                }
            }
            LoanChange::InterestPaid(payment) => {
                add(&mut loan.interest_paid, payment.amount);
                loan.interest_references.insert(&payment.reference);
                loan.begin_repaying();
            }
            LoanChange::PrincipalPaid(amount, reference) => {
                add(&mut loan.repaid, *amount);
                loan.principal_references.insert(reference);
                loan.begin_repaying();
            }
            LoanChange::Extended(matures_on) => loan.matures_on = *matures_on,
            LoanChange::MarkedOverdue(since) => {
                loan.overdue_since = Some(*since);
                loan.state = LoanState::Overdue;
            }
            LoanChange::MarkedNonPerforming => loan.state = LoanState::NonPerforming,
            LoanChange::MarkedCured => {
                loan.overdue_since = None;
                loan.state = LoanState::Repaying;
            }
            LoanChange::Settled => loan.end(LoanState::Settled, day),
            LoanChange::Closed => {
                loan.end(LoanState::Closed, loan.ended_on.unwrap_or(day));
                self.close_claim(changed.loan);
            }
            LoanChange::Withdrawn(_) => {
                loan.end(LoanState::Withdrawn, day);
                self.take_back_filing(changed.loan);
            }
        }
    }

    pub(super) fn take_interest_payment(&mut self, entry: &Entry, loan: LoanId, payment: &InterestPaid) {
        self.evidence.insert(
            EvidenceKey::InterestPayment(entry.sequence),
            Evidence {
                total: payment.amount,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
                loan: Some(loan),
                paid_on: Some(entry.effective_date),
                period: Some((payment.period_from, payment.period_to.plus_days(1).unwrap_or(payment.period_to))),
            },
        );
    }

    /// A withdrawn loan was never filed, as far as the breaker is concerned.
    pub(super) fn take_back_filing(&mut self, id: LoanId) {
        let Some(loan) = self.loans.get(&id) else { return };
        let Some(pool) = loan.terms.pool.as_ref().and_then(|pool| self.pools.get_mut(pool)) else {
            return;
        };
        let bank_year = pool.bank_years.entry((loan.terms.bank.clone(), loan.filed_on.year())).or_default();
        subtract(&mut bank_year.filed, loan.terms.principal);
    }

    /// A loan of which nothing more is to come has no open claim.
    fn close_claim(&mut self, id: LoanId) {
        let claim = self.loans.get(&id).and_then(|loan| loan.claim);
        if let Some(claim) = claim.and_then(|claim| self.claims.get_mut(&claim)) {
            claim.state = ClaimState::Closed;
        }
    }

    pub(super) fn set_exposure(&mut self, id: LoanId, exposure: Amount) {
        let Some(loan) = self.loans.get_mut(&id) else { return };
        if let Some(pool) = loan.terms.pool.as_ref().and_then(|pool| self.pools.get_mut(pool)) {
            pool.exposure = pool.exposure.plus(exposure).minus(loan.exposure);
        }
        loan.exposure = exposure;
    }
}

impl Loan {
    pub(super) fn begin_repaying(&mut self) {
        if self.state == LoanState::Disbursed {
            self.state = LoanState::Repaying;
        }
    }

    pub(super) fn end(&mut self, state: LoanState, day: CivilDate) {
        self.state = state;
        self.ended_on = Some(day);
    }
}
