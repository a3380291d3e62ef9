//! How an entry changes the book. Nothing is refused here: `decide` has checked, replay trusts the hashes.
//!
//! Where an entry refers to something that is not there (which only a defect or a forged journal can bring about),
//! the change is left out and the invariants, which `verify` checks, will not hold; nothing panics.

use std::sync::Arc;

use super::application::{Application, ApplicationLineState, Evidence};
use super::event::{
    ApplicationChange, ApplicationChanged, BudgetChange, ClaimChange, ClaimChanged, ClaimSubmitted, Entry, Event,
    InterestPaid, LoanChange, LoanChanged, LoanFiled, PoolMoved, PoolMovement, Recovery, SubsidyApplied,
};
use super::loan::Loan;
use super::nouns::{
    ApplicationState, ClaimState, EnterpriseDetails, EvidenceKey, IpRightDetails, LoanState, PledgeDetails, RightChange,
};
use super::pool::{Claim, pool_share, state_of};
use super::registry::{BlacklistEntry, Enterprise, IpRight, Pledge};
use super::Book;
use crate::identifier::{ApplicationId, ClaimId, LoanId, RightId};
use crate::money::Amount;

impl Book {
    /// Takes over one entry. Infallible; entries must come in the order of their sequence.
    pub fn apply(&mut self, entry: &Entry) {
        self.last_sequence = entry.sequence.value();
        self.last_recorded_at = Some(entry.recorded_at);
        self.requests.insert(entry.request.id, (entry.sequence, entry.request.digest));
        for posting in &entry.postings {
            add(self.accounts.entry(posting.account.clone()).or_default(), posting.amount);
        }
        self.apply_event(entry);
    }

    fn apply_event(&mut self, entry: &Entry) {
        match &entry.event {
            Event::EnterpriseRegistered(details) | Event::EnterpriseUpdated(details) => self.take_enterprise(details),
            Event::InstitutionRegistered(details) => {
                self.institutions.insert(details.institution.clone(), details.clone());
            }
            Event::IpRightRegistered(details) => self.take_right(details),
            Event::IpRightChanged(changed) => self.change_right(entry, &changed.right, changed.change),
            Event::PledgeRegistered(details) => self.take_pledge(entry, details),
            Event::PledgeReleased(key) => {
                if let Some(pledge) = self.pledges.get_mut(key) {
                    pledge.released_on = Some(entry.effective_date);
                }
            }
            Event::BlacklistEntryAdded(details) => {
                if let Some(enterprise) = self.enterprises.get_mut(&details.enterprise) {
                    enterprise.blacklist.push(BlacklistEntry {
                        entry: entry.sequence,
                        ground: details.ground,
                        from: entry.effective_date,
                        until: details.until,
                        lifted_on: None,
                        document: details.document.clone(),
                    });
                }
            }
            Event::BlacklistEntryLifted(lifted) => {
                let listed = self.enterprises.get_mut(&lifted.enterprise);
                let found = listed.and_then(|one| one.blacklist.iter_mut().find(|each| each.entry == lifted.entry));
                if let Some(found) = found {
                    found.lifted_on = Some(entry.effective_date);
                }
            }
            Event::LoanFiled(filed) => self.take_loan(entry, filed),
            Event::LoanChanged(changed) => self.change_loan(entry, changed),
            Event::SubsidyApplied(applied) => self.take_application(entry, applied),
            Event::ApplicationChanged(changed) => self.change_application(entry, changed),
            Event::RedLetterInvoiceRecorded(red) => {
                if let Some(evidence) = self.evidence.get_mut(&EvidenceKey::Invoice(red.blue.clone())) {
                    add(&mut evidence.cancelled, red.amount);
                }
            }
            Event::BudgetAppropriated(change) | Event::BudgetAdjusted(change) => self.change_budget(change),
            Event::PoolMoved(moved) => self.move_pool(moved),
            Event::ClaimSubmitted(submitted) => self.take_claim(entry, submitted),
            Event::ClaimChanged(changed) => self.change_claim(entry, changed),
            Event::RulebookAdopted(rulebook) => self.rulebooks.push(Arc::clone(rulebook)),
            Event::PeriodClosed(month) => {
                self.closed_months.insert(*month);
            }
            Event::Refused(_) => {}
        }
    }

    fn take_enterprise(&mut self, details: &EnterpriseDetails) {
        self.enterprises
            .entry(details.uscc)
            .and_modify(|enterprise| enterprise.details = details.clone())
            .or_insert_with(|| Enterprise {
                details: details.clone(),
                blacklist: Vec::new(),
                rights: Vec::new(),
                loans: Vec::new(),
                applications: Vec::new(),
            });
    }

    fn take_right(&mut self, details: &IpRightDetails) {
        if let Some(owner) = self.enterprises.get_mut(&details.owner) {
            owner.rights.push(details.right.clone());
        }
        self.rights.insert(
            details.right.clone(),
            IpRight { details: details.clone(), changes: Vec::new(), pledges: Vec::new() },
        );
    }

    fn change_right(&mut self, entry: &Entry, id: &RightId, change: RightChange) {
        let Some(right) = self.rights.get_mut(id) else { return };
        let at = right.changes.partition_point(|(from, _)| *from <= entry.effective_date);
        right.changes.insert(at, (entry.effective_date, change));
        match change {
            RightChange::Lapsed | RightChange::Restored => {}
            RightChange::Transferred(to) => {
                if let Some(enterprise) = self.enterprises.get_mut(&to) {
                    enterprise.rights.push(id.clone());
                }
            }
            RightChange::Invalidated => {
                for key in right.pledges.clone() {
                    self.void_if_nothing_is_left(&key);
                }
            }
        }
    }

    /// A pledge all of whose rights were invalidated is as if it had never existed.
    fn void_if_nothing_is_left(&mut self, key: &super::nouns::PledgeKey) {
        let Some(pledge) = self.pledges.get_mut(key) else { return };
        pledge.void = pledge.details.rights.iter().all(|id| {
            self.rights
                .get(id)
                .is_some_and(|right| right.changes.iter().any(|(_, each)| *each == RightChange::Invalidated))
        });
    }

    fn take_pledge(&mut self, entry: &Entry, details: &PledgeDetails) {
        for id in &details.rights {
            if let Some(right) = self.rights.get_mut(id) {
                right.pledges.push(details.pledge.clone());
            }
        }
        let pledge = Pledge {
            details: details.clone(),
            registered_on: entry.effective_date,
            released_on: None,
            void: false,
            loans: Vec::new(),
        };
        self.pledges.insert(details.pledge.clone(), pledge);
    }

    fn take_loan(&mut self, entry: &Entry, filed: &LoanFiled) {
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
                last_event_on: entry.effective_date,
                overdue_since: None,
                ended_on: None,
                exposure: filed.exposure,
                claim: None,
            },
        );
    }

    fn change_loan(&mut self, entry: &Entry, changed: &LoanChanged) {
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
                loan.begin_repaying();
            }
            LoanChange::PrincipalPaid(amount, _) => {
                add(&mut loan.repaid, *amount);
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
            LoanChange::Closed => loan.end(LoanState::Closed, loan.ended_on.unwrap_or(day)),
            LoanChange::Withdrawn(_) => {
                loan.end(LoanState::Withdrawn, day);
                self.take_back_filing(changed.loan);
            }
        }
    }

    fn take_interest_payment(&mut self, entry: &Entry, loan: LoanId, payment: &InterestPaid) {
        self.evidence.insert(
            EvidenceKey::InterestPayment(entry.sequence),
            Evidence {
                total: payment.amount,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
                loan: Some(loan),
                paid_on: Some(entry.effective_date),
            },
        );
    }

    /// A withdrawn loan was never filed, as far as the breaker is concerned.
    fn take_back_filing(&mut self, id: LoanId) {
        let Some(loan) = self.loans.get(&id) else { return };
        let Some(pool) = loan.terms.pool.as_ref().and_then(|pool| self.pools.get_mut(pool)) else { return };
        let bank_year = pool.bank_years.entry((loan.terms.bank.clone(), loan.filed_on.year())).or_default();
        subtract(&mut bank_year.filed, loan.terms.principal);
    }

    fn set_exposure(&mut self, id: LoanId, exposure: Amount) {
        let Some(loan) = self.loans.get_mut(&id) else { return };
        if let Some(pool) = loan.terms.pool.as_ref().and_then(|pool| self.pools.get_mut(pool)) {
            pool.exposure = pool.exposure.plus(exposure).minus(loan.exposure);
        }
        loan.exposure = exposure;
    }

    fn take_application(&mut self, entry: &Entry, applied: &SubsidyApplied) {
        let id = ApplicationId::new(entry.sequence.value());
        if let Some(enterprise) = self.enterprises.get_mut(&applied.enterprise) {
            enterprise.applications.push(id);
        }
        let lines = applied.lines.iter().map(|line| ApplicationLineState {
            item: line.item.item,
            cost: line.item.cost,
            paid_on: line.item.paid_on,
            award: line.award,
            evidence: (line.item.evidence.clone(), line.evidence_used),
            cap_uses: line.cap_uses.clone(),
            demanded: Amount::ZERO,
            received_back: Amount::ZERO,
            restores_caps: false,
        });
        let application = Application {
            enterprise: applied.enterprise,
            programme: applied.programme.clone(),
            rulebook: applied.rulebook.clone(),
            loan: applied.loan,
            state: ApplicationState::Submitted,
            lines: lines.collect(),
            granted: applied.granted,
            budget: (applied.budget_line.clone(), applied.budget_year),
            refusal: applied.refusal,
            submitted_on: entry.effective_date,
            submitted_by: entry.actor.person.clone(),
            approved: None,
            paid: None,
            reason: None,
            demanded: Amount::ZERO,
            received_back: Amount::ZERO,
            restores_budget: false,
        };
        for line in &applied.lines {
            self.evidence.entry(line.item.evidence.clone()).or_insert_with(|| Evidence {
                total: line.item.evidence_total,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
                loan: None,
                paid_on: None,
            });
        }
        if applied.refusal.is_none() {
            self.hold(&application);
            self.applications.insert(id, application);
        } else {
            self.applications.insert(id, Application { state: ApplicationState::Refused, ..application });
        }
    }

    /// Counts what an application uses: evidence, caps, one-off grants, budget.
    fn hold(&mut self, application: &Application) {
        for line in &application.lines {
            if let Some(evidence) = self.evidence.get_mut(&line.evidence.0) {
                add(&mut evidence.used, line.evidence.1);
            }
            for key in &line.cap_uses {
                add(self.cap_use.entry(key.clone()).or_default(), line.award);
            }
            if line.award.is_positive() {
                let grants = self.grants.entry((application.programme.clone(), application.enterprise)).or_default();
                *grants = grants.saturating_add(1);
            }
        }
        let budget = self.budgets.entry(application.budget.clone()).or_default();
        add(&mut budget.reserved, application.granted);
    }

    /// Gives back what an application that is refused or withdrawn had used.
    fn release(&mut self, application: &Application) {
        for line in &application.lines {
            if let Some(evidence) = self.evidence.get_mut(&line.evidence.0) {
                subtract(&mut evidence.used, line.evidence.1);
            }
            self.free_caps(line, line.award);
            if line.award.is_positive() {
                let grants = self.grants.entry((application.programme.clone(), application.enterprise)).or_default();
                *grants = grants.saturating_sub(1);
            }
        }
        let budget = self.budgets.entry(application.budget.clone()).or_default();
        subtract(&mut budget.reserved, application.granted);
    }

    fn free_caps(&mut self, line: &ApplicationLineState, amount: Amount) {
        for key in &line.cap_uses {
            subtract(self.cap_use.entry(key.clone()).or_default(), amount);
        }
    }

    fn change_application(&mut self, entry: &Entry, changed: &ApplicationChanged) {
        let id: ApplicationId = changed.application;
        let Some(mut application) = self.applications.remove(&id) else { return };
        match &changed.change {
            ApplicationChange::Approved => {
                application.state = ApplicationState::Approved;
                application.approved = Some((entry.effective_date, entry.actor.person.clone()));
            }
            ApplicationChange::Refused(reason) => {
                application.state = ApplicationState::Refused;
                application.reason = Some(reason.clone());
                self.release(&application);
            }
            ApplicationChange::Withdrawn(reason) => {
                application.state = ApplicationState::Withdrawn;
                application.reason = Some(reason.clone());
                self.release(&application);
            }
            ApplicationChange::Paid(reference) => {
                application.state = ApplicationState::Paid;
                application.paid = Some((entry.effective_date, reference.clone()));
                let budget = self.budgets.entry(application.budget.clone()).or_default();
                subtract(&mut budget.reserved, application.granted);
                add(&mut budget.spent, application.granted);
            }
            ApplicationChange::PaymentRefused(_) => {}
            ApplicationChange::ClawbackDemanded(demand) => {
                application.state = ApplicationState::ClawbackDemanded;
                add(&mut application.demanded, demand.amount);
                application.restores_budget = demand.restores_budget;
                for (line, amount) in application.lines.iter_mut().zip(&demand.by_line) {
                    add(&mut line.demanded, *amount);
                    line.restores_caps = demand.restores_caps;
                }
            }
            ApplicationChange::ClawbackReceived(amount, _) => self.receive_back(&mut application, *amount),
        }
        self.applications.insert(id, application);
    }

    /// Money received back fills the demands line by line, in their order.
    fn receive_back(&mut self, application: &mut Application, amount: Amount) {
        add(&mut application.received_back, amount);
        if application.received_back >= application.demanded {
            application.state = ApplicationState::ClawedBack;
        }
        if application.restores_budget {
            let budget = self.budgets.entry(application.budget.clone()).or_default();
            subtract(&mut budget.spent, amount);
        }
        let mut left = amount;
        for line in &mut application.lines {
            let part = left.at_most(line.demanded.minus(line.received_back));
            add(&mut line.received_back, part);
            subtract(&mut left, part);
            if line.restores_caps {
                self.free_caps(line, part);
            }
        }
    }

    fn change_budget(&mut self, change: &BudgetChange) {
        let budget = self.budgets.entry((change.line.clone(), change.year)).or_default();
        add(&mut budget.appropriated, change.amount);
    }

    fn move_pool(&mut self, moved: &PoolMoved) {
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
            }
            PoolMovement::Interest => {
                add(&mut pool.cash, moved.amount);
                add(&mut pool.interest, moved.amount);
            }
        }
    }

    fn take_claim(&mut self, entry: &Entry, submitted: &ClaimSubmitted) {
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
            submitted_on: entry.effective_date,
            submitted_by: entry.actor.person.clone(),
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
    fn set_aside(&mut self, id: ClaimId, claim: &Claim) {
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        match claim.state {
            ClaimState::UnderReview => {
                pool.deferred.remove(&id);
                add(&mut pool.pending, claim.pool_share());
                let bank_year = pool.bank_years.entry((claim.bank.clone(), claim.submitted_on.year())).or_default();
                add(&mut bank_year.losses, claim.covered_loss);
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

    fn change_claim(&mut self, entry: &Entry, changed: &ClaimChanged) {
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
                claim.approved = Some((entry.effective_date, entry.actor.person.clone()));
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
        self.claims.insert(changed.claim, claim);
    }

    fn refuse_claim(&mut self, id: ClaimId, claim: &Claim) {
        let pool = self.pools.entry(claim.pool.clone()).or_default();
        pool.deferred.remove(&id);
        if claim.state == ClaimState::UnderReview {
            subtract(&mut pool.pending, claim.pool_share());
            let bank_year = pool.bank_years.entry((claim.bank.clone(), claim.submitted_on.year())).or_default();
            subtract(&mut bank_year.losses, claim.covered_loss);
        }
        self.give_loan_back(claim.loan);
    }

    fn take_recovery(&mut self, claim: &mut Claim, recovery: &Recovery) {
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
    fn give_loan_back(&mut self, id: LoanId) {
        if let Some(loan) = self.loans.get_mut(&id) {
            loan.state = LoanState::NonPerforming;
            loan.claim = None;
        }
    }

    fn set_loan_state(&mut self, id: LoanId, state: LoanState) {
        if let Some(loan) = self.loans.get_mut(&id) {
            loan.state = state;
        }
    }
}

impl Loan {
    fn begin_repaying(&mut self) {
        if self.state == LoanState::Disbursed {
            self.state = LoanState::Repaying;
        }
    }

    fn end(&mut self, state: LoanState, day: crate::calendar::CivilDate) {
        self.state = state;
        self.ended_on = Some(day);
    }
}

fn add(sum: &mut Amount, amount: Amount) {
    *sum = sum.plus(amount);
}

fn subtract(sum: &mut Amount, amount: Amount) {
    *sum = sum.minus(amount);
}
