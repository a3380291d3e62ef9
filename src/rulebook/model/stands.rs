//! Where a programme's own steps stand, where that is not the programme's clause.

use super::{BilingualText, Programme};
use crate::identifier::ClauseId;
use crate::rulebook::terms::{CostKind, codes};

/// A clause that some costs, or some steps, of a programme stand on instead of the programme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandsOn {
    /// For these kinds of cost; all of them where it is empty.
    pub items: Vec<CostKind>,
    /// For this step; every one of the programme's own where it is `None`.
    pub step: Option<OwnStep>,
    /// The clause.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// A step of a programme that has no clause key of its own; gates, clamps, choices and caps have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnStep {
    /// Whether the kind of cost is paid toward, how often, and instead of what.
    Item,
    /// What the ratio is taken of.
    Base,
    /// The IP part of the loan.
    IpShare,
    /// The part that is granted.
    Ratio,
}
codes!(OwnStep { Item = "item", Base = "base", IpShare = "ip-share", Ratio = "ratio" });

impl Programme {
    /// The clause that a step stands on for a kind of cost: of the first row that fits, else the programme's own.
    pub fn clause_of(&self, item: CostKind, step: OwnStep) -> &ClauseId {
        let fits = |row: &&StandsOn| {
            (row.items.is_empty() || row.items.contains(&item)) && row.step.is_none_or(|only| only == step)
        };
        self.clauses.iter().find(fits).map_or(&self.clause, |row| &row.clause)
    }
}
