//! What each application got, and would have got.

use std::collections::BTreeMap;

use crate::book::event::{ApplicationLine, Entry, SubsidyApplied};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, BudgetLineId, ClauseId, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, LineExplanation, StepKind, StepOutcome};

/// The figures of a run, application by application.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) applications: BTreeMap<ApplicationId, Compared>,
    /// The first application that a budget cut, as recorded and as it would be.
    pub(super) budgets: BTreeMap<(BudgetLineId, FiscalYear), (Option<Cut>, Option<Cut>)>,
}

/// When a budget first had too little.
pub(super) type Cut = (CivilDate, Sequence);

/// One application under both.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) enterprise: Uscc,
    pub(super) programme: ProgrammeId,
    pub(super) year: FiscalYear,
    pub(super) old: Amount,
    pub(super) new: Amount,
    /// An officer refused it, or the applicant took it back: it counts for nothing under either.
    pub(super) void: bool,
    /// What decides the new amount, where it is another one.
    pub(super) deciding: Option<(Bound, Option<ClauseId>)>,
}

/// What an application is granted, and what decided.
#[derive(Debug)]
pub(super) struct Award {
    amount: Amount,
    deciding: Option<(Bound, Option<ClauseId>)>,
}

impl Award {
    pub(super) fn of(applied: &SubsidyApplied) -> Self {
        // Of several lines the one that was cut last decides.
        let cut = applied.lines.iter().rfind(|line| line.explanation.bound != Bound::Ratio);
        let deciding = cut.or_else(|| applied.lines.last()).map(|line| deciding(&line.explanation));
        Self { amount: applied.granted, deciding }
    }

    /// It could not even be applied for.
    pub(super) fn refused(_: &&'static str) -> Self {
        Self { amount: Amount::ZERO, deciding: None }
    }
}

/// The bound, and the clause of the step that decided.
fn deciding(line: &LineExplanation) -> (Bound, Option<ClauseId>) {
    let cut = line.steps.iter().rfind(|step| step.outcome != StepOutcome::Passed && step.kind != StepKind::Round);
    let ratio = line.steps.iter().rfind(|step| step.kind == StepKind::Ratio);
    let step = if line.bound == Bound::Ratio { ratio } else { cut };
    (line.bound, step.or(ratio).and_then(|step| step.clause.clone()))
}

impl Tally {
    pub(super) fn decided(
        &mut self,
        id: ApplicationId,
        (enterprise, programme, year): (Uscc, ProgrammeId, FiscalYear),
        (old, new): (Award, Award),
    ) {
        let deciding = new.deciding.filter(|_| old.amount != new.amount);
        let (old, new) = (old.amount, new.amount);
        self.applications.insert(id, Compared { enterprise, programme, year, old, new, void: false, deciding });
    }

    /// Neither counts any more.
    pub(super) fn void(&mut self, id: ApplicationId) {
        if let Some(compared) = self.applications.get_mut(&id) {
            compared.void = true;
        }
    }

    /// The recorded award became another one.
    pub(super) fn recorded(&mut self, id: ApplicationId, amount: Amount) {
        if let Some(compared) = self.applications.get_mut(&id) {
            compared.old = amount;
        }
    }

    /// The simulated award became another one.
    pub(super) fn simulated(&mut self, id: ApplicationId, amount: Amount, because: Option<&LineExplanation>) {
        if let Some(compared) = self.applications.get_mut(&id) {
            compared.new = amount;
            compared.deciding = because.map(deciding).or_else(|| compared.deciding.take());
        }
    }

    /// Notes whether a budget cut the application, as recorded and as it would be.
    pub(super) fn note_budget(&mut self, entry: &Entry, old: &SubsidyApplied, new: Option<&SubsidyApplied>) {
        let cut = |applied: &SubsidyApplied| applied.lines.iter().any(is_cut_by_budget);
        let when = (entry.effective_date, entry.sequence);
        if cut(old) {
            let key = (old.budget_line.clone(), old.budget_year);
            self.budgets.entry(key).or_default().0.get_or_insert(when);
        }
        if let Some(new) = new.filter(|new| cut(new)) {
            let key = (new.budget_line.clone(), new.budget_year);
            self.budgets.entry(key).or_default().1.get_or_insert(when);
        }
    }
}

fn is_cut_by_budget(line: &ApplicationLine) -> bool {
    line.explanation.bound == Bound::Budget
}
