//! What a ratio is taken of, and the reference rates that a base, a clamp or a gate refers to.

use super::{BilingualText, Figure, When};
use crate::calendar::CivilDate;
use crate::identifier::{ClauseId, SeriesId};
use crate::money::{Amount, Rate};
use crate::rulebook::terms::{CostKind, codes};

/// What the ratio is taken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The actual cost, at most what is left of its evidence (实际发生额).
    ActualCost,
    /// Principal × reference rate × days ÷ day count (按基准利率测算的利息).
    ReferenceInterest {
        /// The rate.
        rate: RateTerm,
        /// The day count: 360 or 365.
        basis: i64,
        /// Which days count.
        days: Days,
    },
    /// The standard premium of the insurance product (标准保费).
    StandardPremium,
    /// The loan's contract principal (贷款金额).
    Principal,
    /// A figure of the enterprise that somebody stated.
    Figure(Figure),
    /// A lump sum by property or size (定额, 分档).
    Lump(LumpTable),
}

impl Base {
    /// The code in rulebook files, and the rule of the base's step.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ActualCost => "actual-cost",
            Self::ReferenceInterest { .. } => "reference-interest",
            Self::StandardPremium => "standard-premium",
            Self::Principal => "principal",
            Self::Figure(_) => "figure",
            Self::Lump(_) => "lump",
        }
    }
}

/// Which days of a loan count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The span.
    pub span: Span,
    /// At most so many days count (最长不超过).
    pub at_most: Option<u32>,
}

/// A span of days; its first day counts, its last one does not (算头不算尾).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// From the first disbursement until the loan ended.
    Loan,
    /// The part of [`Span::Loan`] within the year that the cost is attributed to (奖补年度).
    AwardYear,
    /// The days that the interest of the line was paid for.
    InterestPeriod,
}
codes!(Span { Loan = "loan", AwardYear = "award-year", InterestPeriod = "interest-period" });

/// A rate: `factor` × series + points − points, at most the actual rate where it says so; or a fixed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTerm {
    /// The series by the loan's term, in rising order; one entry without an upper end for all terms; empty for a fixed rate.
    pub series: Vec<TenorSeries>,
    /// A rate that the text itself gives (按年化0.5%), instead of a series.
    pub fixed: Option<Rate>,
    /// Which day's value.
    pub as_of: AsOf,
    /// The multiple (1.4 for 上浮40%).
    pub factor: Rate,
    /// Added, in basis points.
    pub plus_basis_points: u32,
    /// Taken off, in basis points.
    pub minus_basis_points: u32,
    /// Whether the loan's own rate counts where it is lower (实际利率低于…的按实际利率).
    pub or_actual_if_lower: bool,
    /// Whether it is the part of the loan's own rate above all this (加点部分).
    pub actual_above: bool,
    /// And at most this (最高不超过…个基点).
    pub at_most: Option<Rate>,
}

/// A series for loans up to a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenorSeries {
    /// The longest term in months; `None` for all longer ones.
    pub up_to_months: Option<u32>,
    /// The series.
    pub series: SeriesId,
}

/// Which day's value of a series counts. A series that does not cover the day refuses the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The last value of the month before the contract was signed (合同签订日上月).
    MonthBeforeSigning,
    /// The day of signing.
    Signing,
    /// The day of the first disbursement.
    Disbursement,
    /// The day on which the cost was paid.
    Payment,
    /// The day on which the loan ended.
    Settlement,
    /// The day of application.
    Application,
    /// December of the year that the cost is attributed to.
    December,
    /// December of the year before.
    PreviousDecember,
    /// The lowest value in force while the interest accrued (同期, read strictly).
    SamePeriod,
}
codes!(AsOf {
    MonthBeforeSigning = "month-before-signing",
    Signing = "signing",
    Disbursement = "disbursement",
    Payment = "payment",
    Settlement = "settlement",
    Application = "application",
    December = "december",
    PreviousDecember = "previous-december",
    SamePeriod = "same-period",
});

/// A reference-rate series (LPR, 基准利率) that a rulebook names, with the values that it brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its id.
    pub id: SeriesId,
    /// Its name on pages.
    pub name: BilingualText,
    /// Who publishes it, and where.
    pub source: String,
    /// The values by their first day.
    pub values: Vec<(CivilDate, Rate)>,
    /// The last day that the values cover; beyond it nothing is known.
    pub known_until: Option<CivilDate>,
}

/// The base of interest counts only up to a reference rate, or a number of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clamp {
    /// What is clamped.
    pub to: ClampTo,
    /// The kinds of cost that are clamped.
    pub items: Vec<CostKind>,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// The limit of a clamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClampTo {
    /// Interest above this rate does not count.
    Rate(RateTerm),
    /// Interest of days beyond so many does not count.
    Days(u32),
}

/// Lump sums by property or size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumpTable {
    /// What the upper ends of the rows measure.
    pub by: super::Measure,
    /// The rows.
    pub rows: Vec<LumpRow>,
    /// Which of several rows counts.
    pub pick: Pick,
    /// Whether the lump sum is given once for each (每件).
    pub per_unit: bool,
    /// Whether the actual cost limits it (低于…的按实际支付).
    pub at_most_cost: bool,
}

/// A lump sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumpRow {
    /// Where it applies.
    pub when: When,
    /// The upper end of the measure; `None` for all above.
    pub up_to: Option<Amount>,
    /// Whether the upper end itself belongs to the row.
    pub inclusive: bool,
    /// The sum, in yuan.
    pub amount: Amount,
}

/// Which of several rows that apply counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The first.
    First,
    /// The highest (就高不重复).
    Highest,
}
codes!(Pick { First = "first", Highest = "highest" });
