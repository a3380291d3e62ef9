//! The part of a base that is granted: a plain ratio, or branches, tiers, ordinals and uplifts under a ceiling.

use super::When;
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate};
use crate::rulebook::terms::codes;

/// How much of the base is granted. The first branch whose `when` holds counts; uplifts are added; the ceiling holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatioRule {
    /// Tried in this order; where none holds, nothing is granted.
    pub branches: Vec<RatioBranch>,
    /// Added, each where its `when` holds (再提高…个百分点).
    pub uplifts: Vec<Uplift>,
    /// The ratio with all uplifts is at most this (最高不超过).
    pub ceiling: Option<Rate>,
}

/// One branch of a ratio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatioBranch {
    /// Where it applies.
    pub when: When,
    /// What it grants.
    pub ratio: RatioKind,
    /// The clause that it stands on, where that is not the one of the whole rule.
    pub clause: Option<ClauseId>,
}

/// What a branch grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RatioKind {
    /// One ratio.
    Flat(Rate),
    /// A ratio by the number of the application: first, second, … (首次, 第二次).
    ByOrdinal {
        /// For the first, the second, ….
        ratios: Vec<Rate>,
        /// Whether the last one holds for all later ones too; otherwise those get nothing.
        and_later: bool,
    },
    /// A ratio by size.
    Tiers(TierTable),
}

/// Ratios by size (分档), in rising order, without a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierTable {
    /// What is measured.
    pub by: Measure,
    /// What the ratio of a tier applies to.
    pub method: TierMethod,
    /// In rising order; the last one without an upper end, or what is above it gets nothing.
    pub tiers: Vec<Tier>,
}

/// What a tier table measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The loan's contract principal.
    Principal,
    /// The loan's IP part.
    IpPart,
    /// The base itself.
    Base,
}
codes!(Measure { Principal = "principal", IpPart = "ip-part", Base = "base" });

/// What the ratio of a tier applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierMethod {
    /// The whole base gets the ratio of the tier that the measure falls in (全额).
    Whole,
    /// Each slice of the measure gets the ratio of its own tier (超额累进).
    Marginal,
}
codes!(TierMethod { Whole = "whole", Marginal = "marginal" });

/// One tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The upper end; `None` for all above.
    pub up_to: Option<Amount>,
    /// Whether the upper end itself belongs to it (含).
    pub inclusive: bool,
    /// The ratio.
    pub ratio: Rate,
}

impl Tier {
    /// Whether the measure is within the upper end.
    pub fn reaches(&self, measure: Amount) -> bool {
        match self.up_to {
            None => true,
            Some(end) => measure < end || (self.inclusive && measure == end),
        }
    }
}

/// Percentage points added to a ratio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uplift {
    /// Where it is added.
    pub when: When,
    /// How much: 15 percentage points are `0.15`.
    pub add: Rate,
}

impl RatioRule {
    /// One ratio for all.
    pub fn flat(ratio: Rate) -> Self {
        let branch = RatioBranch { when: When::default(), ratio: RatioKind::Flat(ratio), clause: None };
        Self { branches: vec![branch], uplifts: Vec::new(), ceiling: None }
    }

    /// The one ratio, where the rule says nothing else.
    pub fn plain(&self) -> Option<Rate> {
        match self.branches.as_slice() {
            [RatioBranch { when, ratio: RatioKind::Flat(ratio), .. }]
                if when.0.is_empty() && self.uplifts.is_empty() && self.ceiling.is_none() =>
            {
                Some(*ratio)
            }
            _ => None,
        }
    }

    /// The largest ratio that it may give: with every uplift, under the ceiling; at most 1.
    pub fn largest(&self) -> Rate {
        let branch = |branch: &RatioBranch| match &branch.ratio {
            RatioKind::Flat(ratio) => *ratio,
            RatioKind::ByOrdinal { ratios, .. } => ratios.iter().copied().max().unwrap_or_default(),
            RatioKind::Tiers(table) => table.tiers.iter().map(|tier| tier.ratio).max().unwrap_or_default(),
        };
        let base = self.branches.iter().map(branch).max().unwrap_or_default();
        let sum = self.uplifts.iter().fold(base, |sum, uplift| sum.plus(uplift.add).unwrap_or(Rate::ONE));
        sum.min(self.ceiling.unwrap_or(Rate::ONE)).min(Rate::ONE)
    }
}
