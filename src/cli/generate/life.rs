//! A loan from its filing to its end.

use super::random::Random;

/// A city with a rulebook of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum City {
    Hebi,
    Xuchang,
    Weihai,
}

impl City {
    /// Half of the enterprises are in 鹤壁, where most rules are.
    pub(super) const fn of(enterprise: u64) -> Self {
        match enterprise.rem_euclid(4) {
            0 | 1 => Self::Hebi,
            2 => Self::Xuchang,
            _ => Self::Weihai,
        }
    }

    /// 行政区划代码, GB/T 2260.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Hebi => "410600",
            Self::Xuchang => "411000",
            Self::Weihai => "371000",
        }
    }

    pub(super) const fn pool(self) -> &'static str {
        match self {
            Self::Hebi => "hebi-pool",
            Self::Xuchang => "",
            Self::Weihai => "weihai-pool",
        }
    }

    /// The programme that pays towards interest, if there is one.
    pub(super) const fn programme(self) -> Option<&'static str> {
        match self {
            Self::Hebi => Some("pledge-cost"),
            Self::Xuchang => Some("trademark-interest"),
            Self::Weihai => None,
        }
    }
}

/// How a loan ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Repaid,
    /// Repaid, and borrowed again on the same day against the same pledge.
    Renewed,
    /// Overdue for a month, then repaid.
    Late,
    Lost,
}

/// A month, counted from the first year's January.
pub(super) type Month = u32;

/// A loan that lives.
#[derive(Debug, Clone)]
pub(super) struct Loan {
    pub(super) number: u64,
    pub(super) enterprise: u64,
    pub(super) city: City,
    /// In 10,000 yuan (万元).
    pub(super) principal: u64,
    /// Per year, in hundredths of a per cent.
    pub(super) rate: u64,
    /// When it was disbursed.
    pub(super) begun: Month,
    pub(super) day: u8,
    /// In months; a multiple of three.
    pub(super) term: Month,
    pub(super) fate: Fate,
    /// Whether a subsidy will be applied for.
    pub(super) applies: bool,
    /// How many payments of interest were made in the year of the last one, and are named.
    pub(super) paid_this_year: u32,
}

impl Loan {
    pub(super) fn new(random: &mut Random, number: u64, enterprise: u64, begun: Month) -> Self {
        let city = City::of(enterprise);
        let fate = match random.below(100) {
            0 | 1 => Fate::Lost,
            2 => Fate::Late,
            3..=54 => Fate::Renewed,
            _ => Fate::Repaid,
        };
        let term = match random.below(10) {
            0 => 6,
            1 => 24,
            _ => 12,
        };
        Self {
            number,
            enterprise,
            city,
            principal: principal(random),
            rate: random.below(200).saturating_add(310),
            begun,
            day: u8::try_from(random.below(18)).unwrap_or(0).saturating_add(4),
            term,
            fate,
            applies: city.programme().is_some() && matches!(fate, Fate::Repaid | Fate::Renewed) && random.percent(60),
            paid_this_year: 0,
        }
    }

    /// What later rows call it.
    pub(super) fn name(&self) -> String {
        format!("L{}", self.number)
    }

    /// What its application calls a payment of interest.
    pub(super) fn payment_name(&self, quarter: Month) -> String {
        format!("I{}.{quarter}", self.number)
    }

    pub(super) fn principal_text(&self) -> String {
        format!("{}.00", self.principal.saturating_mul(10_000))
    }

    /// A quarter's interest.
    pub(super) fn interest_text(&self) -> String {
        // 10,000 yuan by a hundredth of a per cent is a yuan a year.
        let fen = self.principal.saturating_mul(self.rate).saturating_mul(100).div_euclid(4);
        format!("{}.{:02}", fen.div_euclid(100), fen.rem_euclid(100))
    }

    pub(super) fn rate_text(&self) -> String {
        format!("0.{:04}", self.rate)
    }

    pub(super) const fn ends(&self) -> Month {
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
