//! 看板: the year until today as the yearly report has it, from the running sums: a view costs what it shows.

use std::collections::{BTreeMap, BTreeSet};

use super::loans::Outstanding;
use super::question::Grouping;
use super::{Cell, Section, budget, loans, periodic, pool, subsidies, targets, text};
use crate::book::Book;
use crate::calendar::CivilDate;
use crate::figures::Figures;
use crate::identifier::{District, InstitutionId};

/// The sections of a board on a day: the same figures as those of the yearly report until that day. `day` is
/// [`Figures::day`]. For somebody who is confined to districts only what is divided by them.
pub fn sections(
    figures: &Figures,
    book: &Book,
    day: CivilDate,
    districts: Option<&BTreeSet<&District>>,
) -> Vec<Section> {
    let year = day.year();
    let by_district = by_district(figures, day, districts);
    if districts.is_some() {
        return vec![by_district];
    }
    let banks: BTreeMap<InstitutionId, Outstanding> =
        figures.banks().iter().map(|(bank, lent)| (bank.clone(), Outstanding::of(lent, day))).collect();
    let name = |bank: &InstitutionId| {
        book.institutions.get(bank).map_or_else(|| bank.to_string(), |details| details.name.clone())
    };
    vec![
        periodic::overview_of(&figures.overview(year)),
        by_district,
        loans::by_bank_of(&banks, &name),
        budget::execution_of(figures.appropriations(), &|account| book.balance(account)),
        pool::statement_of(&figures.pool_turnovers(year), book),
        targets::section_of(book, &|target| figures.reached(target)),
    ]
}

fn by_district(figures: &Figures, day: CivilDate, districts: Option<&BTreeSet<&District>>) -> Section {
    let is_theirs = |district: Option<&District>| match districts {
        None => true,
        Some(theirs) => district.is_some_and(|district| theirs.contains(district)),
    };
    let rows = figures.subsidies(day.year()).filter(|(district, _)| is_theirs(*district));
    let named = rows.map(|(district, sums)| {
        let name: Cell = text(&district.map(ToString::to_string).unwrap_or_default());
        (name, sums)
    });
    let mut section = subsidies::section_of(Grouping::District, named);
    "subsidies-by-district".clone_into(&mut section.id);
    section
}
