//! What waits for the bureau (待办), by act and by the day on which it is due: so that a queue is read from its top,
//! however many cases there are.
//!
//! Carried on entry by entry, and made from the book where a snapshot is written; [`Work::apply`] and [`Work::of`] come to
//! the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::cases::Cases;
use crate::book::Book;
use crate::book::application::Application;
use crate::book::event::{Entry, Event, Undone};
use crate::book::waiting::{Act, CaseId, Waiting, of_application, of_claim, run_awaited};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, ClaimId, ProgrammeId};

/// A place in the queue: the day on which it is due, then the case.
pub type Place = (CivilDate, CaseId);

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Work {
    by_act: BTreeMap<Act, BTreeSet<Place>>,
    places: BTreeMap<CaseId, (Act, CivilDate)>,
    #[serde(skip)]
    none: BTreeSet<Place>,
    /// What waits for a closing run, which is one act for all of a programme's year.
    runs: BTreeMap<(ProgrammeId, FiscalYear), BTreeSet<ApplicationId>>,
}

impl Work {
    /// What waits in a book.
    pub fn of(book: &Book, cases: &Cases) -> Self {
        let mut work = Self::default();
        for id in book.applications.keys() {
            work.place(CaseId::Application(*id), book, cases);
        }
        for id in book.claims.keys() {
            work.place(CaseId::Claim(*id), book, cases);
        }
        work
    }

    /// Takes over an entry that the book and the time lines have taken over.
    pub fn apply(&mut self, entry: &Entry, book: &Book, cases: &Cases) {
        if let Some(case) = case_of(entry) {
            self.place(case, book, cases);
        }
    }

    fn place(&mut self, case: CaseId, book: &Book, cases: &Cases) {
        if let Some((act, due)) = self.places.remove(&case)
            && let Some(places) = self.by_act.get_mut(&act)
        {
            places.remove(&(due, case));
        }
        if let Some(Waiting { act, since, .. }) = waiting(case, book, cases) {
            let due = act.due(since);
            self.places.insert(case, (act, due));
            self.by_act.entry(act).or_default().insert((due, case));
        }
        self.by_act.retain(|_, places| !places.is_empty());
        if let CaseId::Application(id) = case
            && let Some(one) = book.applications.get(&id)
        {
            self.place_in_run(id, &one);
        }
    }

    fn place_in_run(&mut self, id: ApplicationId, one: &Application) {
        if let Some(run) = run_awaited(one) {
            self.runs.entry(run).or_default().insert(id);
            return;
        }
        let run = (one.programme.clone(), one.budget.1);
        if let Some(waiting) = self.runs.get_mut(&run) {
            waiting.remove(&id);
            if waiting.is_empty() {
                self.runs.remove(&run);
            }
        }
    }

    /// The closing runs that something waits for, with what.
    pub const fn runs(&self) -> &BTreeMap<(ProgrammeId, FiscalYear), BTreeSet<ApplicationId>> {
        &self.runs
    }

    /// What waits for any of these acts after a place, what is due first at the top.
    pub fn queue<'a>(&'a self, acts: &'a [Act], after: Option<Place>) -> impl Iterator<Item = (Place, Act)> + 'a {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut heads: Vec<_> =
            acts.iter().map(|act| (*act, self.places_of(*act).range((from, Bound::Unbounded)).peekable())).collect();
        std::iter::from_fn(move || {
            let firsts = heads.iter_mut().enumerate().filter_map(|(at, (_, rest))| Some((**rest.peek()?, at)));
            let (_, at) = firsts.min()?;
            let (act, rest) = heads.get_mut(at)?;
            rest.next().map(|place| (*place, *act))
        })
    }

    /// What waits for an act.
    pub fn places_of(&self, act: Act) -> &BTreeSet<Place> {
        self.by_act.get(&act).unwrap_or(&self.none)
    }
}

/// What a case waits for.
pub fn waiting(case: CaseId, book: &Book, cases: &Cases) -> Option<Waiting> {
    match case {
        CaseId::Application(id) => of_application(&*book.applications.get(&id)?, cases.demanded_on(id)),
        CaseId::Claim(id) => of_claim(book.claims.get(&id)?),
    }
}

/// The case that an entry moves on.
fn case_of(entry: &Entry) -> Option<CaseId> {
    if let Event::SubsidyApplied(_) = &entry.event {
        return Some(CaseId::Application(ApplicationId::created_by(entry.sequence)));
    }
    if let Event::ApplicationChanged(changed) = &entry.event {
        return Some(CaseId::Application(changed.application));
    }
    if let Event::ClaimSubmitted(_) = &entry.event {
        return Some(CaseId::Claim(ClaimId::created_by(entry.sequence)));
    }
    if let Event::ClaimChanged(changed) = &entry.event {
        return Some(CaseId::Claim(changed.claim));
    }
    let Event::Reversed(reversed) = &entry.event else { return None };
    match &reversed.undone {
        Undone::SubsidyPaid(application) => Some(CaseId::Application(*application)),
        Undone::ClaimPaid(claim) => Some(CaseId::Claim(*claim)),
        Undone::PoolMoved(_)
        | Undone::BudgetChanged(_)
        | Undone::Disbursed(..)
        | Undone::InterestPaid(..)
        | Undone::PrincipalPaid { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::samples::samples;

    #[test]
    fn carried_on_entry_by_entry_it_is_what_the_book_gives() {
        let (mut book, mut cases, mut carried) = (Book::new(), Cases::default(), Work::default());
        for entry in samples() {
            book.apply(&entry);
            cases.apply(&entry);
            carried.apply(&entry, &book, &cases);
        }
        assert_eq!(carried, Work::of(&book, &cases));
    }

    #[test]
    fn a_queue_goes_by_the_day_on_which_it_is_due_over_all_acts() {
        let day = |day: i8| CivilDate::from_ymd(2026, 3, day).unwrap();
        let case = |number| CaseId::Application(ApplicationId::new(number));
        let by_act = BTreeMap::from([
            (Act::ApproveSubsidy, BTreeSet::from([(day(1), case(5)), (day(9), case(2))])),
            (Act::PaySubsidy, BTreeSet::from([(day(3), case(1)), (day(9), case(1))])),
        ]);
        let work = Work { by_act, ..Work::default() };
        let acts = [Act::ApproveSubsidy, Act::PaySubsidy, Act::PayClaim];
        let order: Vec<_> = work.queue(&acts, None).map(|((due, case), act)| (due.day(), case, act)).collect();
        let expected = [
            (1, case(5), Act::ApproveSubsidy),
            (3, case(1), Act::PaySubsidy),
            (9, case(1), Act::PaySubsidy),
            (9, case(2), Act::ApproveSubsidy),
        ];
        assert_eq!(order, expected);
        let rest: Vec<_> = work.queue(&acts, Some((day(3), case(1)))).collect();
        assert_eq!(rest.len(), 2, "what comes after a place");
    }
}
