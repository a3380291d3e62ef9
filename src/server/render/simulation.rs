//! The report of a simulation.

use crate::calendar::CivilDate;
use crate::decide::whatif::{BudgetUse, Changed, Figures, Report, Side};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::server::vocabulary::wire;

use super::event as details;
use super::{date_or_empty, or_empty};

/// As it travels, and as the command line prints it.
pub(crate) fn report(report: &Report) -> v1::SimulationReport {
    v1::SimulationReport {
        rulebook: Some(details::rulebook(&report.rulebook)),
        from: date_or_empty(report.from),
        entries: report.entries,
        total: Some(figures("", &report.total)),
        programmes: report.programmes.iter().map(|(id, sums)| figures(id.as_str(), sums)).collect(),
        years: report.years.iter().map(|(year, sums)| figures(&year.to_string(), sums)).collect(),
        districts: report.districts.iter().map(|(district, sums)| figures(&district.to_string(), sums)).collect(),
        newly_granted: report.newly_granted,
        newly_refused: report.newly_refused,
        gainers: Some(side(&report.gainers)),
        losers: Some(side(&report.losers)),
        budgets: report.budgets.iter().map(budget).collect(),
        // Whoever sends it knows when.
        made_at: None,
    }
}

fn figures(name: &str, figures: &Figures) -> v1::SimulationFigures {
    v1::SimulationFigures {
        name: name.to_owned(),
        applications: figures.applications,
        changed: figures.changed,
        old: figures.old.to_string(),
        new: figures.new.to_string(),
        difference: figures.difference().to_string(),
    }
}

fn side(side: &Side) -> v1::SimulationSide {
    v1::SimulationSide {
        enterprises: side.enterprises,
        sum: side.sum.to_string(),
        top: side.top.iter().map(change).collect(),
    }
}

fn change(one: &Changed) -> v1::SimulationChange {
    v1::SimulationChange {
        enterprise: one.enterprise.to_string(),
        name: one.name.clone(),
        old: one.old.to_string(),
        new: one.new.to_string(),
        difference: one.difference().to_string(),
        application_id: one.application.to_string(),
        bound: one.bound.map_or(0, wire),
        clause: or_empty(one.clause.as_ref()),
    }
}

fn budget(one: &BudgetUse) -> v1::SimulationBudget {
    let day = |cut: Option<(CivilDate, Sequence)>| date_or_empty(cut.map(|(day, _)| day));
    v1::SimulationBudget {
        budget_line_id: one.line.to_string(),
        year: details::year(one.year),
        appropriated: one.appropriated.to_string(),
        old_cut_on: day(one.old),
        new_cut_on: day(one.new),
    }
}
