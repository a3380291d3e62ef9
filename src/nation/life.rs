//! A loan from its filing to its end.

use std::cmp::Ordering;

use super::Shape;
use super::random::Random;
use crate::money::Amount;

/// A city with a rulebook of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum City {
    /// 鹤壁.
    Hebi,
    /// 许昌.
    Xuchang,
    /// 威海.
    Weihai,
}

impl City {
    /// Half of the enterprises are in 鹤壁, where most rules are.
    pub const fn of(enterprise: u64) -> Self {
        match enterprise.rem_euclid(4) {
            0 | 1 => Self::Hebi,
            2 => Self::Xuchang,
            _ => Self::Weihai,
        }
    }

    /// 行政区划代码, GB/T 2260.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hebi => "410600",
            Self::Xuchang => "411000",
            Self::Weihai => "371000",
        }
    }

    /// The pool that shares losses, if there is one.
    pub const fn pool(self) -> Option<&'static str> {
        match self {
            Self::Hebi => Some("hebi-pool"),
            Self::Xuchang => None,
            Self::Weihai => Some("weihai-pool"),
        }
    }

    /// The programme that pays towards interest, if there is one.
    pub const fn programme(self) -> Option<&'static str> {
        match self {
            Self::Hebi => Some("pledge-cost"),
            Self::Xuchang => Some("trademark-interest"),
            Self::Weihai => None,
        }
    }
}

/// How a loan ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// In order.
    Repaid,
    /// Repaid, and borrowed again on the same day against the same pledge.
    Renewed,
    /// Overdue for a month, then repaid.
    Late,
    /// Not repaid at all.
    Lost,
}

/// How many loans of a hundred end how; the others are repaid.
#[derive(Debug, Clone, Copy)]
pub struct Fates {
    /// [`Fate::Lost`].
    pub lost: u64,
    /// [`Fate::Late`].
    pub late: u64,
    /// [`Fate::Renewed`].
    pub renewed: u64,
}

impl Fates {
    /// As it is said of such loans: three in a hundred get into trouble.
    pub const USUAL: Self = Self { lost: 2, late: 1, renewed: 52 };

    fn draw(self, random: &mut Random) -> Fate {
        let drawn = random.below(100);
        let late = self.lost.saturating_add(self.late);
        if drawn < self.lost {
            Fate::Lost
        } else if drawn < late {
            Fate::Late
        } else if drawn < late.saturating_add(self.renewed) {
            Fate::Renewed
        } else {
            Fate::Repaid
        }
    }
}

/// A month, counted from the first year's January.
pub type Month = u32;

/// A loan that lives.
#[derive(Debug, Clone)]
pub struct Loan {
    /// Unique in the nation.
    pub number: u64,
    /// The number of its borrower.
    pub enterprise: u64,
    /// The number of its bank.
    pub bank: u64,
    /// Where its borrower is.
    pub city: City,
    /// In 10,000 yuan (万元).
    pub principal: u64,
    /// Per year, in hundredths of a per cent.
    pub rate: u32,
    /// When it was disbursed.
    pub begun: Month,
    /// The day of the month on which everything happens to it.
    pub day: u8,
    /// In months; a multiple of three.
    pub term: Month,
    /// How it will end.
    pub fate: Fate,
    /// Whether a subsidy will be applied for.
    pub applies: bool,
    /// How many payments of interest were made in the year of the last one, and are named.
    pub(super) paid_this_year: u32,
}

impl Loan {
    pub(super) fn new(
        random: &mut Random,
        (number, enterprise, bank): (u64, u64, u64),
        begun: Month,
        shape: &Shape,
    ) -> Self {
        let city = City::of(enterprise);
        let fate = shape.fates.draw(random);
        let drawn = random.below(10);
        let term = match drawn.cmp(&shape.half_years) {
            Ordering::Less => 6,
            Ordering::Equal => 24,
            Ordering::Greater => 12,
        };
        Self {
            number,
            enterprise,
            bank,
            city,
            principal: principal(random),
            rate: u32::try_from(random.below(200)).unwrap_or(0).saturating_add(310),
            begun,
            day: u8::try_from(random.below(18)).unwrap_or(0).saturating_add(4),
            term,
            fate,
            applies: city.programme().is_some() && matches!(fate, Fate::Repaid | Fate::Renewed) && random.percent(60),
            paid_this_year: 0,
        }
    }

    /// The principal, in yuan.
    pub fn amount(&self) -> Amount {
        Amount::from_yuan(i64::try_from(self.principal.saturating_mul(10_000)).unwrap_or(i64::MAX))
    }

    /// A quarter's interest, in yuan.
    pub fn interest(&self) -> Amount {
        // 10,000 yuan by a hundredth of a per cent is a yuan a year.
        let fen = self.principal.saturating_mul(u64::from(self.rate)).saturating_mul(100).div_euclid(4);
        Amount::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
    }

    /// The number of its contract.
    pub fn contract(&self) -> String {
        format!("HT-{}", self.number)
    }

    /// The month in which it is due.
    pub const fn ends(&self) -> Month {
        self.begun.saturating_add(self.term)
    }

    /// Which quarter's interest is due in a month, from 1.
    pub(super) const fn quarter_due(&self, month: Month) -> Option<Month> {
        let age = month.saturating_sub(self.begun);
        if age > 0 && age.rem_euclid(3) == 0 && age <= self.term { Some(age.div_euclid(3)) } else { None }
    }
}

/// Skewed as such loans are: half of them below a million, one in twenty above ten.
fn principal(random: &mut Random) -> u64 {
    let (least, span) = match random.below(20) {
        0..=9 => (10, 90),
        10..=15 => (100, 400),
        16..=18 => (500, 500),
        _ => (1_000, 4_000),
    };
    random.below(span).saturating_add(least)
}
