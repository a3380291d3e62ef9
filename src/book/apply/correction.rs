//! How the members of a group change the book: shares of a closing run, corrections of awards.

use super::{add, subtract};
use crate::book::Book;
use crate::book::application::{Application, ApplicationLineState};
use crate::book::closing::ClosingShareTaken;
use crate::book::correction::{CorrectedLine, Correction};
use crate::book::event::Entry;
use crate::book::nouns::ApplicationState;
use crate::identifier::{ApplicationId, LoanId, ProgrammeId};
use crate::money::Amount;
use crate::rulebook::refusal::Refusal;

impl Book {
    /// The share becomes the award; what is not paid frees its caps. Who gets nothing is refused.
    pub(super) fn take_share(&mut self, entry: &Entry, application: &mut Application, share: &ClosingShareTaken) {
        self.release(application);
        for (line, closed) in application.lines.iter_mut().zip(&share.lines) {
            line.award = closed.paid;
        }
        application.granted = share.paid();
        application.waits_for_closing = false;
        application.closed = Some((share.run, entry.actor.hands()));
        if application.granted.is_positive() {
            application.state = ApplicationState::Approved;
            self.hold(application);
        } else {
            application.state = ApplicationState::Refused;
            application.refusal = Some(Refusal::BudgetUsedUp);
        }
    }

    /// See [`Correction`].
    pub(super) fn correct(
        &mut self,
        entry: &Entry,
        id: ApplicationId,
        application: &mut Application,
        correction: &Correction,
    ) {
        application.corrections.push(entry.sequence);
        application.rulebook = correction.rulebook.clone();
        if application.paid.is_some() {
            self.correct_paid(entry, id, application, correction);
        } else {
            self.correct_pending(entry, application, correction);
        }
    }

    /// Nothing was paid: the new award takes the place of the old one.
    fn correct_pending(&mut self, entry: &Entry, application: &mut Application, correction: &Correction) {
        if application.state != ApplicationState::Refused {
            self.release(application);
        }
        for (line, now) in application.lines.iter_mut().zip(&correction.lines) {
            replace(line, now, now.award);
            line.interest = if now.award.is_positive() { self.interest_on(line) } else { None };
        }
        application.granted = correction.after;
        application.refusal = correction.refusal;
        if !correction.after.is_positive() {
            application.state = ApplicationState::Refused;
            return;
        }
        match application.state {
            ApplicationState::Refused => application.state = ApplicationState::Submitted,
            // Whoever corrects it answers for the amount.
            ApplicationState::Approved | ApplicationState::AwaitingClosing => {
                application.approved = Some((entry.effective_date, entry.actor.hands()));
            }
            ApplicationState::Submitted
            | ApplicationState::Withdrawn
            | ApplicationState::Paid
            | ApplicationState::ClawbackDemanded
            | ApplicationState::ClawedBack => {}
        }
        self.hold(application);
    }

    /// What was paid too much is owed; what was paid too little becomes a supplement.
    fn correct_paid(&mut self, entry: &Entry, id: ApplicationId, application: &mut Application, now: &Correction) {
        let mut supplement = Application {
            lines: Vec::new(),
            granted: Amount::ZERO,
            budget: (application.budget.0.clone(), entry.effective_date.year()),
            state: ApplicationState::Submitted,
            submitted_on: entry.effective_date,
            submitted_by: entry.actor.hands(),
            approved: None,
            paid: None,
            supplements: Some(id),
            corrections: Vec::new(),
            closed: None,
            ..application.clone()
        };
        let mut taken_back = Amount::ZERO;
        let grant = (application.programme.clone(), application.enterprise);
        self.grants.update(grant, |grants| {
            for (line, now) in application.lines.iter().zip(&now.lines) {
                match (line.award.is_positive(), now.award.is_positive()) {
                    (true, false) => *grants = grants.saturating_sub(1),
                    (false, true) => *grants = grants.saturating_add(1),
                    (true, true) | (false, false) => {}
                }
            }
        });
        for (line, now) in application.lines.iter_mut().zip(&now.lines) {
            let more = now.award.minus(line.award).floored_at_zero();
            add(&mut taken_back, line.award.minus(now.award).floored_at_zero());
            self.free_caps(line, line.award);
            let evidence_more = now.evidence_used.minus(line.evidence.1).floored_at_zero();
            let mut added = line.clone();
            replace(&mut added, now, more);
            added.evidence.1 = evidence_more;
            // The days of interest count once: with the line, unless it had none.
            added.interest = if more.is_positive() && line.interest.is_none() { self.interest_on(line) } else { None };
            self.free_days(application.programme.clone(), line, now);
            supplement.lines.push(added);
            add(&mut supplement.granted, more);
            // What is owed back proves another cost again; what a supplement uses more it holds itself.
            let (kept, evidence) = (line.award.at_most(now.award), line.evidence.1.at_most(now.evidence_used));
            if let Some(proof) = self.evidence.get_mut(&line.evidence.0) {
                subtract(&mut proof.used, line.evidence.1.minus(evidence));
            }
            replace(line, now, kept);
            line.evidence.1 = evidence;
            for key in &line.cap_uses {
                self.cap_use.update(key.clone(), |sum| add(sum, kept));
            }
            for key in &line.wide_uses {
                add(self.wide_use.entry(key.clone()).or_default(), kept);
            }
        }
        if taken_back.is_positive() {
            subtract(&mut application.granted, taken_back);
            if application.granted.is_zero() {
                let applicant = (application.programme.clone(), application.enterprise);
                self.granted_applications.update(applicant, |granted| *granted = granted.saturating_sub(1));
            }
            add(&mut application.overpaid, taken_back);
            application.restores_budget = now.restores_budget;
            application.state = ApplicationState::ClawbackDemanded;
        }
        if supplement.granted.is_positive() {
            let number = ApplicationId::new(entry.sequence.value());
            if let Some(enterprise) = self.enterprises.get_mut(&supplement.enterprise) {
                enterprise.applications.push(number);
            }
            self.hold(&supplement);
            self.applications.insert(number, supplement);
        }
    }

    /// The loan and the days of an interest line.
    fn interest_on(&self, line: &ApplicationLineState) -> Option<(LoanId, u32)> {
        let proof = self.evidence.get(&line.evidence.0)?;
        Some((proof.loan?, proof.days()))
    }

    /// A line that is granted nothing any more leaves its days of interest to others.
    fn free_days(&mut self, programme: ProgrammeId, line: &mut ApplicationLineState, now: &CorrectedLine) {
        if now.award.is_positive() {
            return;
        }
        if let Some((loan, days)) = line.interest.take() {
            self.interest_days.update((programme, loan), |sum| *sum = sum.saturating_sub(days));
        }
    }
}

fn replace(line: &mut ApplicationLineState, now: &CorrectedLine, award: Amount) {
    line.award = award;
    line.evidence.1 = now.evidence_used;
    line.cap_uses.clone_from(&now.cap_uses);
    line.wide_uses.clone_from(&now.wide_uses);
}
