//! What a run comes to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::shadow::Shadow;
use super::tally::{Compared, Tally};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, BudgetLineId, ClauseId, District, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::explanation::Bound;

/// What was granted, and what would have been. What an officer refused or the applicant took back counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The rulebook that was tried out.
    pub rulebook: RulebookRef,
    /// From which day on; `None` over the whole history.
    pub from: Option<CivilDate>,
    /// How many entries were read.
    pub entries: u64,
    /// All applications.
    pub total: Figures,
    /// By programme.
    pub programmes: Vec<(ProgrammeId, Figures)>,
    /// By the year of application.
    pub years: Vec<(FiscalYear, Figures)>,
    /// By the enterprise's district.
    pub districts: Vec<(District, Figures)>,
    /// Applications that would be granted something and were not.
    pub newly_granted: u64,
    /// Applications that would be granted nothing and were.
    pub newly_refused: u64,
    /// Enterprises that would get more.
    pub gainers: Side,
    /// Enterprises that would get less.
    pub losers: Side,
    /// Budgets that were too small, or would be.
    pub budgets: Vec<BudgetUse>,
}

/// Sums under both, in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many applications.
    pub applications: u64,
    /// How many of them would get another amount.
    pub changed: u64,
    /// Granted, as recorded.
    pub old: Amount,
    /// Granted, as it would be.
    pub new: Amount,
}

impl Figures {
    /// What would be granted more; negative for less.
    pub fn difference(&self) -> Amount {
        self.new.minus(self.old)
    }

    fn add(&mut self, (old, new): (Amount, Amount)) {
        self.applications = self.applications.saturating_add(1);
        self.changed = self.changed.saturating_add(u64::from(old != new));
        self.old = self.old.plus(old);
        self.new = self.new.plus(new);
    }
}

/// Those who would gain, or lose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// How many enterprises.
    pub enterprises: u64,
    /// By how much together, in yuan; positive.
    pub sum: Amount,
    /// The ones with the largest difference, largest first.
    pub top: Vec<Changed>,
}

/// An enterprise that would get another amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Who.
    pub enterprise: Uscc,
    /// As registered.
    pub name: String,
    /// Granted in all, as recorded, in yuan.
    pub old: Amount,
    /// Granted in all, as it would be, in yuan.
    pub new: Amount,
    /// The application that differs most.
    pub application: ApplicationId,
    /// What decides that application's new amount; `None` where it could not be applied for.
    pub bound: Option<Bound>,
    /// The clause of the deciding step.
    pub clause: Option<ClauseId>,
}

impl Changed {
    /// What would be granted more; negative for less.
    pub fn difference(&self) -> Amount {
        self.new.minus(self.old)
    }
}

/// A budget line of a year that has too little under one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetUse {
    /// Which line.
    pub line: BudgetLineId,
    /// Which year.
    pub year: FiscalYear,
    /// Appropriated, in yuan.
    pub appropriated: Amount,
    /// The first application that it cut, as recorded.
    pub old: Option<(CivilDate, Sequence)>,
    /// The first application that it would cut.
    pub new: Option<(CivilDate, Sequence)>,
}

pub(super) fn report(shadow: &Shadow, tally: &Tally, entries: u64, top: usize) -> Report {
    let mut total = Figures::default();
    let (mut programmes, mut years, mut districts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut newly_granted, mut newly_refused) = (0_u64, 0_u64);
    let mut enterprises: BTreeMap<Uscc, Sum<'_>> = BTreeMap::new();
    for (id, one) in &tally.applications {
        let pair = if one.void { (Amount::ZERO, Amount::ZERO) } else { (one.old, one.new) };
        total.add(pair);
        programmes.entry(one.programme.clone()).or_insert_with(Figures::default).add(pair);
        years.entry(one.year).or_insert_with(Figures::default).add(pair);
        if let Some(enterprise) = shadow.book.enterprises.get(&one.enterprise) {
            districts.entry(enterprise.details.district.clone()).or_insert_with(Figures::default).add(pair);
        }
        newly_granted = newly_granted.saturating_add(u64::from(pair.0.is_zero() && pair.1.is_positive()));
        newly_refused = newly_refused.saturating_add(u64::from(pair.0.is_positive() && pair.1.is_zero()));
        enterprises.entry(one.enterprise).or_default().add(*id, one, pair);
    }
    Report {
        rulebook: shadow.tried.clone(),
        from: Some(shadow.from).filter(|from| *from > CivilDate::MIN),
        entries,
        total,
        programmes: programmes.into_iter().collect(),
        years: years.into_iter().collect(),
        districts: districts.into_iter().collect(),
        newly_granted,
        newly_refused,
        gainers: side(shadow, &enterprises, top, |sum| sum.new.minus(sum.old)),
        losers: side(shadow, &enterprises, top, |sum| sum.old.minus(sum.new)),
        budgets: budgets(shadow, tally),
    }
}

/// What an enterprise got in all, and the application that differs most.
#[derive(Default)]
struct Sum<'a> {
    old: Amount,
    new: Amount,
    most: Option<(Amount, ApplicationId, &'a Compared)>,
}

impl<'a> Sum<'a> {
    fn add(&mut self, id: ApplicationId, one: &'a Compared, (old, new): (Amount, Amount)) {
        self.old = self.old.plus(old);
        self.new = self.new.plus(new);
        let difference = new.minus(old);
        let size = if difference.is_negative() { difference.negated() } else { difference };
        if size.is_positive() && self.most.as_ref().is_none_or(|(most, ..)| size > *most) {
            self.most = Some((size, id, one));
        }
    }
}

fn side(shadow: &Shadow, all: &BTreeMap<Uscc, Sum<'_>>, top: usize, by: impl Fn(&Sum<'_>) -> Amount) -> Side {
    let mut found: Vec<(Amount, Uscc, &Sum<'_>)> = Vec::new();
    for (uscc, sum) in all {
        let difference = by(sum);
        if difference.is_positive() {
            found.push((difference, *uscc, sum));
        }
    }
    found.sort_by_key(|(difference, uscc, _)| (Reverse(*difference), *uscc));
    let enterprises = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let sum = Amount::total(found.iter().map(|(difference, ..)| *difference));
    let top = found.into_iter().take(top).filter_map(|(_, uscc, sum)| changed(shadow, uscc, sum));
    Side { enterprises, sum, top: top.collect() }
}

fn changed(shadow: &Shadow, enterprise: Uscc, sum: &Sum<'_>) -> Option<Changed> {
    let (_, application, one) = sum.most?;
    let name = shadow.book.enterprises.get(&enterprise).map(|known| known.details.name.clone()).unwrap_or_default();
    let (bound, clause) = one.deciding.clone().map_or((None, None), |(bound, clause)| (Some(bound), clause));
    Some(Changed { enterprise, name, old: sum.old, new: sum.new, application, bound, clause })
}

fn budgets(shadow: &Shadow, tally: &Tally) -> Vec<BudgetUse> {
    let uses = tally.budgets.iter().map(|((line, year), (old, new))| BudgetUse {
        line: line.clone(),
        year: *year,
        appropriated: shadow.book.budget(line, *year).appropriated,
        old: *old,
        new: *new,
    });
    uses.collect()
}
