//! The book as it would be: facts as recorded, decisions made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::tally::{Award, Tally};
use crate::book::Book;
use crate::book::application::Application;
use crate::book::correction::Correction;
use crate::book::event::{
    ApplicationChange, ApplicationChanged, ClawbackDemand, Entry, Event, Reversed, SubsidyApplied, Undone,
};
use crate::book::nouns::ApplicationState;
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::application::fill_lines;
use crate::decide::closing;
use crate::decide::command::{ApplySubsidy, Stamp};
use crate::decide::subsidy::apply_under;
use crate::decide::{Context, members};
use crate::identifier::{ApplicationId, ProgrammeId};
use crate::money::Amount;
use crate::rulebook::model::Transition;
use crate::rulebook::{Programme, Rulebook, RulebookRef};

/// See the module.
#[derive(Debug)]
pub(super) struct Shadow {
    pub(super) book: Book,
    pub(super) rulebook: Arc<Rulebook>,
    /// How the rulebook is called.
    pub(super) tried: RulebookRef,
    pub(super) from: CivilDate,
    /// Programme years that wait for a closing run in the shadow only: nobody made one, because nobody had to.
    to_close: BTreeSet<(ProgrammeId, FiscalYear)>,
    last: Option<Entry>,
}

impl Shadow {
    pub(super) fn new(rulebook: &Rulebook, from: CivilDate) -> Self {
        let mut book = Book::new();
        let tried = rulebook.reference();
        // A number of its own: a draft may bear the number of the version that it is meant to replace.
        let rulebook = Arc::new(Rulebook { version: u32::MAX, ..rulebook.clone() });
        // Known from the start, so that what is decided under it finds its rules again.
        book.rulebooks.push(Arc::clone(&rulebook));
        Self { book, rulebook, tried, from, to_close: BTreeSet::new(), last: None }
    }

    pub(super) fn take(&mut self, entry: &Entry, tally: &mut Tally) {
        match &entry.event {
            Event::SubsidyApplied(applied) => self.apply(entry, applied, tally),
            Event::ApplicationChanged(changed) => self.change(entry, changed, tally),
            Event::ClosingRun(run) => self.close(entry, &run.programme, run.year, tally),
            // The members say what became of each award; here nothing is left to correct.
            Event::AwardsCorrected(_) => {}
            Event::EnterpriseRegistered(_)
            | Event::EnterpriseUpdated(_)
            | Event::InstitutionRegistered(_)
            | Event::IpRightRegistered(_)
            | Event::IpRightChanged(_)
            | Event::PledgeRegistered(_)
            | Event::PledgeReleased(_)
            | Event::BlacklistEntryAdded(_)
            | Event::BlacklistEntryLifted(_)
            | Event::LoanFiled(_)
            | Event::LoanChanged(_)
            | Event::RedLetterInvoiceRecorded(_)
            | Event::BudgetAppropriated(_)
            | Event::BudgetAdjusted(_)
            | Event::PoolMoved(_)
            | Event::ClaimSubmitted(_)
            | Event::ClaimChanged(_)
            | Event::RulebookAdopted(_)
            | Event::PeriodClosed(_)
            | Event::StatementSignedOff(_)
            | Event::PeriodClosedOver(_)
            | Event::YearClosed(_)
            | Event::ReferenceRateRecorded(_)
            | Event::FactRecorded(_)
            | Event::AccessChanged(_)
            | Event::Endorsed(_)
            | Event::Refused(_) => self.book.apply(entry),
            Event::Reversed(reversed) => {
                if self.happened(reversed) {
                    self.book.apply(entry);
                }
            }
        }
        match &mut self.last {
            Some(last) => {
                (last.sequence, last.recorded_at) = (entry.sequence, entry.recorded_at);
                last.effective_date = entry.effective_date;
            }
            None => self.last = Some(Entry { postings: Vec::new(), ..entry.clone() }),
        }
    }

    /// Whether what was reversed is so in the shadow: a payment may never have come about there.
    fn happened(&self, reversed: &Reversed) -> bool {
        let Undone::SubsidyPaid(id) = &reversed.undone else { return true };
        self.book.applications.get(id).is_some_and(|application| application.paid.is_some())
    }

    fn apply(&mut self, entry: &Entry, applied: &SubsidyApplied, tally: &mut Tally) {
        let id = ApplicationId::created_by(entry.sequence);
        let old = Award::of(applied);
        let decided = self.decide(entry, applied);
        let year = entry.effective_date.year();
        let new = decided.as_ref().map_or_else(Award::refused, Award::of);
        tally.decided(id, (applied.enterprise, applied.programme.clone(), year), (old, new));
        tally.note_budget(entry, applied, decided.as_ref().ok());
        let Ok(decided) = decided else { return };
        if decided.waits_for_closing && !applied.waits_for_closing {
            self.to_close.insert((decided.programme.clone(), decided.budget_year));
        }
        self.put(entry, Event::SubsidyApplied(decided));
    }

    /// Decides the application again; the error is the name of what would have kept it out.
    fn decide(&self, entry: &Entry, applied: &SubsidyApplied) -> Result<SubsidyApplied, &'static str> {
        let version = self.version(entry, applied).ok_or("PROGRAMME_UNKNOWN")?;
        let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
        let (day, today) = (entry.effective_date, entry.recorded_at.shanghai_date());
        let late_for = entry.late_for;
        let context = Context { book: &self.book, stamp: &stamp, caller: &entry.actor, day, late_for, today };
        let outcome =
            apply_under(&context, &request_of(applied), version).map_err(|rejection| rejection.reason.code())?;
        if let Event::SubsidyApplied(decided) = outcome.event { Ok(decided) } else { Err("UNAVAILABLE") }
    }

    /// The version that would have decided; see [`super`].
    fn version(&self, entry: &Entry, applied: &SubsidyApplied) -> Option<(&Rulebook, &Programme)> {
        let recorded = self.book.rulebook(&applied.rulebook);
        let as_recorded = || {
            let rulebook = recorded?;
            Some((rulebook.as_ref(), rulebook.programme(&applied.programme)?))
        };
        let loan = applied.loan.and_then(|loan| self.book.loans.get(&loan));
        let keeps = loan.filter(|loan| loan.filed_on < self.from && loan.rulebook == applied.rulebook);
        let keeps = keeps.and(recorded).is_some_and(|rulebook| rulebook.transition == Transition::Filing);
        if keeps || entry.effective_date < self.from {
            return as_recorded();
        }
        match self.rulebook.programme(&applied.programme) {
            Some(programme) => Some((self.rulebook.as_ref(), programme)),
            None if applied.rulebook.id == self.rulebook.id => None,
            None => as_recorded(),
        }
    }

    fn change(&mut self, entry: &Entry, changed: &ApplicationChanged, tally: &mut Tally) {
        let id = changed.application;
        let application = self.book.applications.get(&id);
        let state = application.as_ref().map(|application| application.state);
        let undecided = [ApplicationState::Submitted, ApplicationState::Approved, ApplicationState::AwaitingClosing];
        let is_one_of = |states: &[ApplicationState]| state.is_some_and(|state| states.contains(&state));
        let happens = match &changed.change {
            ApplicationChange::Approved => is_one_of(&[ApplicationState::Submitted]),
            ApplicationChange::Refused(_) | ApplicationChange::Withdrawn(_) => {
                tally.void(id);
                is_one_of(&undecided)
            }
            ApplicationChange::Paid(_) | ApplicationChange::PaymentRefused(_) => {
                is_one_of(&[ApplicationState::Approved])
            }
            ApplicationChange::ClawbackDemanded(demand) => return self.demand(entry, id, demand),
            ApplicationChange::ClawbackReceived(amount, reference) => {
                return self.receive(entry, id, *amount, reference);
            }
            ApplicationChange::ClosingShare(share) => {
                tally.recorded(id, share.paid());
                false
            }
            ApplicationChange::Corrected(correction) => {
                tally.recorded(id, correction.after);
                application.is_some_and(|application| self.follows(&application, correction))
            }
        };
        if happens {
            self.put(entry, Event::ApplicationChanged(changed.clone()));
            if let ApplicationChange::Corrected(correction) = &changed.change {
                tally.simulated(id, correction.after, None);
            }
        }
    }

    /// A correction happens where the other rulebook has no say and nothing differs so far.
    fn follows(&self, application: &Application, correction: &Correction) -> bool {
        application.rulebook != self.rulebook.reference() && application.granted == correction.before
    }

    fn demand(&mut self, entry: &Entry, id: ApplicationId, demand: &ClawbackDemand) {
        let Some(application) = self.book.applications.get(&id).filter(|one| one.paid.is_some()) else { return };
        let amount = demand.amount.at_most(application.granted.minus(application.demanded));
        if !amount.is_positive() {
            return;
        }
        let by_line = fill_lines(&application, amount);
        let demand = ClawbackDemand { amount, by_line, ..demand.clone() };
        let change = ApplicationChange::ClawbackDemanded(demand);
        self.put(entry, Event::ApplicationChanged(ApplicationChanged { application: id, change }));
    }

    fn receive(&mut self, entry: &Entry, id: ApplicationId, amount: Amount, reference: &str) {
        let Some(application) = self.book.applications.get(&id) else { return };
        let due = application.demanded.minus(application.received_back).plus(application.overpaid);
        let amount = amount.at_most(due);
        if amount.is_positive() {
            let change = ApplicationChange::ClawbackReceived(amount, reference.to_owned());
            self.put(entry, Event::ApplicationChanged(ApplicationChanged { application: id, change }));
        }
    }

    /// The closing run as it would have been.
    fn close(&mut self, entry: &Entry, programme: &ProgrammeId, year: FiscalYear, tally: &mut Tally) {
        let Some(run) = closing::divide(&self.book, programme, year) else { return };
        let head = Entry { event: Event::ClosingRun(run), postings: Vec::new(), ..entry.clone() };
        let shares = members(&self.book, &head);
        self.book.apply(&head);
        self.to_close.remove(&(programme.clone(), year));
        for share in shares {
            if let Event::ApplicationChanged(changed) = &share.event
                && let ApplicationChange::ClosingShare(taken) = &changed.change
            {
                tally.simulated(changed.application, taken.paid(), taken.lines.first().map(|line| &line.explanation));
            }
            self.book.apply(&Entry { postings: Vec::new(), ..share });
        }
    }

    /// Closes the years that only the other rulebook closes, after the last entry; what nobody decided yet counts as
    /// approved.
    pub(super) fn close_open_years(&mut self, tally: &mut Tally) {
        let Some(last) = self.last.clone() else { return };
        for (programme, year) in self.to_close.clone() {
            let waits = |one: &Application| {
                let waits = one.waits_for_closing && one.programme == programme && one.budget.1 == year;
                waits && one.state == ApplicationState::Submitted
            };
            let waiting = self.book.applications.iter().filter(|(_, one)| waits(one)).map(|(id, _)| *id);
            for id in waiting.collect::<Vec<_>>() {
                if let Some(application) = self.book.applications.get_mut(&id) {
                    application.state = ApplicationState::AwaitingClosing;
                }
            }
            self.close(&last, &programme, year, tally);
        }
    }

    /// Takes an event into the book, without postings: nothing here is judged on the balance of an account.
    fn put(&mut self, entry: &Entry, event: Event) {
        let entry = Entry {
            sequence: entry.sequence,
            recorded_at: entry.recorded_at,
            effective_date: entry.effective_date,
            actor: entry.actor.clone(),
            request: entry.request,
            concerns: entry.concerns.clone(),
            late_for: entry.late_for,
            event,
            postings: Vec::new(),
        };
        self.book.apply(&entry);
    }
}

/// What was asked for.
pub(super) fn request_of(applied: &SubsidyApplied) -> ApplySubsidy {
    ApplySubsidy {
        enterprise: applied.enterprise,
        programme: applied.programme.clone(),
        loan: applied.loan,
        items: applied.lines.iter().map(|line| line.item.clone()).collect(),
    }
}
