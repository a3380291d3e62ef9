//! How applications and budgets change the book: what they hold, release, spend and get back.

use super::{add, subtract};
use crate::book::Book;
use crate::book::application::{Application, ApplicationLineState, Evidence};
use crate::book::event::{ApplicationChange, ApplicationChanged, ApplicationLine, BudgetChange, Entry, SubsidyApplied};
use crate::book::nouns::ApplicationState;
use crate::identifier::{ApplicationId, LoanId};
use crate::money::Amount;

impl Book {
    pub(super) fn take_application(&mut self, entry: &Entry, applied: &SubsidyApplied) {
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
            wide_uses: line.wide_uses.clone(),
            interest: self.interest_of(line),
            demanded: Amount::ZERO,
            received_back: Amount::ZERO,
            restores_caps: false,
            source: line.item.clone(),
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
            submitted_by: entry.actor.hands(),
            approved: None,
            paid: None,
            reason: None,
            demanded: Amount::ZERO,
            received_back: Amount::ZERO,
            restores_budget: false,
            waits_for_closing: applied.waits_for_closing,
            closed: None,
            corrections: Vec::new(),
            supplements: None,
            overpaid: Amount::ZERO,
            payee: applied.payee.clone(),
        };
        for line in &applied.lines {
            let unused = || Evidence {
                total: line.item.evidence_total,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
                loan: None,
                paid_on: None,
                period: None,
            };
            let evidence = self.evidence.get_or_insert_with(&line.item.evidence, unused);
            if let Some(evidence) = evidence.filter(|evidence| !evidence.is_settled()) {
                evidence.total = line.item.evidence_total;
            }
        }
        if applied.refusal.is_none() {
            self.hold(&application);
            self.applications.insert(id, application);
        } else {
            self.applications.insert(id, Application { state: ApplicationState::Refused, ..application });
        }
    }

    /// Counts what an application uses: evidence, caps, one-off grants, budget.
    pub(super) fn hold(&mut self, application: &Application) {
        for line in &application.lines {
            if let Some(evidence) = self.evidence.get_mut(&line.evidence.0) {
                add(&mut evidence.used, line.evidence.1);
            }
            for key in &line.cap_uses {
                self.cap_use.update(key.clone(), |sum| add(sum, line.award));
            }
            if line.award.is_positive() && application.supplements.is_none() {
                let grant = (application.programme.clone(), application.enterprise);
                self.grants.update(grant, |grants| *grants = grants.saturating_add(1));
            }
            for key in &line.wide_uses {
                add(self.wide_use.entry(key.clone()).or_default(), line.award);
            }
            if let Some((loan, days)) = line.interest {
                self.interest_days.update((application.programme.clone(), loan), |sum| *sum = sum.saturating_add(days));
            }
        }
        if application.supplements.is_none() {
            let applicant = (application.programme.clone(), application.enterprise);
            self.granted_applications.update(applicant, |granted| *granted = granted.saturating_add(1));
        }
        let budget = self.budgets.entry(application.budget.clone()).or_default();
        add(&mut budget.reserved, application.reserved());
    }

    /// Gives back what an application that is refused or withdrawn had used.
    pub(super) fn release(&mut self, application: &Application) {
        for line in &application.lines {
            if let Some(evidence) = self.evidence.get_mut(&line.evidence.0) {
                subtract(&mut evidence.used, line.evidence.1);
            }
            self.free_caps(line, line.award);
            if line.award.is_positive() && application.supplements.is_none() {
                let grant = (application.programme.clone(), application.enterprise);
                self.grants.update(grant, |grants| *grants = grants.saturating_sub(1));
            }
            if let Some((loan, days)) = line.interest {
                self.interest_days.update((application.programme.clone(), loan), |sum| *sum = sum.saturating_sub(days));
            }
        }
        if application.supplements.is_none() {
            let applicant = (application.programme.clone(), application.enterprise);
            self.granted_applications.update(applicant, |granted| *granted = granted.saturating_sub(1));
        }
        let budget = self.budgets.entry(application.budget.clone()).or_default();
        subtract(&mut budget.reserved, application.reserved());
    }

    pub(super) fn free_caps(&mut self, line: &ApplicationLineState, amount: Amount) {
        for key in &line.cap_uses {
            self.cap_use.update(key.clone(), |sum| subtract(sum, amount));
        }
        for key in &line.wide_uses {
            subtract(self.wide_use.entry(key.clone()).or_default(), amount);
        }
    }

    /// The loan and the days of a granted interest line.
    fn interest_of(&self, line: &ApplicationLine) -> Option<(LoanId, u32)> {
        let payment = self.interest_payment(&line.item.evidence).filter(|_| line.award.is_positive())?;
        Some((payment.loan?, payment.days()))
    }

    pub(super) fn change_application(&mut self, entry: &Entry, changed: &ApplicationChanged) {
        let id: ApplicationId = changed.application;
        let Some(mut application) = self.applications.remove(&id) else { return };
        match &changed.change {
            ApplicationChange::Approved => {
                application.state = if application.waits_for_closing {
                    ApplicationState::AwaitingClosing
                } else {
                    ApplicationState::Approved
                };
                application.approved = Some((entry.effective_date, entry.actor.hands()));
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
            ApplicationChange::ClawbackReceived(amount, _) => {
                self.receive_back(&mut application, *amount);
            }
            ApplicationChange::ClosingShare(share) => self.take_share(entry, &mut application, share),
            ApplicationChange::Corrected(correction) => self.correct(entry, id, &mut application, correction),
        }
        self.applications.insert(id, application);
    }

    /// Money received back fills the demands line by line, in their order.
    pub(super) fn receive_back(&mut self, application: &mut Application, amount: Amount) {
        if application.restores_budget {
            let budget = self.budgets.entry(application.budget.clone()).or_default();
            subtract(&mut budget.spent, amount);
        }
        // What a correction took off the award is no part of it any more, so it comes back first and frees nothing.
        let overpaid = amount.at_most(application.overpaid);
        subtract(&mut application.overpaid, overpaid);
        let amount = amount.minus(overpaid);
        add(&mut application.received_back, amount);
        if application.received_back >= application.demanded && application.overpaid.is_zero() {
            application.state = ApplicationState::ClawedBack;
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

    pub(super) fn change_budget(&mut self, change: &BudgetChange) {
        let budget = self.budgets.entry((change.line.clone(), change.year)).or_default();
        add(&mut budget.appropriated, change.amount);
    }
}
