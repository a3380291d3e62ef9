//! Standing limits: one stated amount measured against another, without a grant.
//!
//! "出资最高可占注册资本的70%", "提取不低于5%", "高于财政经常性收入的增幅": a document that grants nothing may still bind an
//! amount. Where the limit names a budget line, the ledger itself holds the line's appropriation to it.

use super::BilingualText;
use crate::identifier::{BudgetLineId, ClauseId, LimitId, SeriesId};
use crate::money::Rate;

/// A standing limit on one amount by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its id.
    pub id: LimitId,
    /// Its name on pages.
    pub name: BilingualText,
    /// The amount that is measured, in words.
    pub measures: BilingualText,
    /// The amount that it is measured against, in words.
    pub of: BilingualText,
    /// How far it may go, or must.
    pub rule: LimitRule,
    /// The budget line whose appropriation of a year is measured against that of the year before.
    pub budget: Option<BudgetLineId>,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// How far a measured amount may go, or must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitRule {
    /// At most this part of the other (最高, 不超过).
    AtMost(Rate),
    /// At least this part of the other (不低于).
    AtLeast(Rate),
    /// More than this multiple of the other (高于); 1 says that it grows.
    Above(Rate),
    /// More than the other grown by the value of a series on the last day of the year (高于…的增幅).
    AboveGrowth(SeriesId),
}

impl LimitRule {
    /// The key in rulebook files, and the rule of the limit's step.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AtMost(_) => "at-most",
            Self::AtLeast(_) => "at-least",
            Self::Above(_) => "above",
            Self::AboveGrowth(_) => "above-growth-of",
        }
    }
}
