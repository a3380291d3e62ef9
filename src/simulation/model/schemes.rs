//! The three cities whose rules the auditor knows, their numbers written down a second time.

/// The parameters of `hebi-2017`.
pub(crate) mod hebi {
    /// 不超过20万元, in fen.
    pub(crate) const YEAR_CAP: i128 = 20_000_000;
    pub(crate) const OVERDUE_MORE_THAN: i32 = 60;
    pub(crate) const LEVERAGE: i128 = 10;
    /// The breaker in percent.
    pub(crate) const BREAKER: i128 = 3;
    pub(crate) const COSTS: &str = "pledge-cost";
    pub(crate) const FIRST_PATENT: &str = "first-insured-patent";
}

/// The parameters of `xuchang-2023`.
pub(crate) mod xuchang {
    pub(crate) const TRADEMARK: &str = "trademark-interest";

    /// The lump sum for a trademark loan of this principal, both in fen: 10,000 yuan up to a million, 30,000 up to five,
    /// 50,000 above.
    pub(crate) fn lump(principal: i128) -> i128 {
        match principal {
            ..=100_000_000 => 1_000_000,
            100_000_001..=500_000_000 => 3_000_000,
            _ => 5_000_000,
        }
    }
}

/// The budget line that both pay from.
pub(crate) const BUDGET: &str = "ip-finance";

/// Whose rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    Hebi,
    Xuchang,
    Weihai,
}

impl Scheme {
    pub(crate) const ALL: [Self; 3] = [Self::Hebi, Self::Xuchang, Self::Weihai];

    /// That of a rulebook; the literal reading of 鹤壁 takes the place of the strict one.
    pub(crate) fn of_rulebook(id: &str) -> Self {
        match id {
            "hebi-2017" | "hebi-2017-literal" => Self::Hebi,
            "xuchang-2023" => Self::Xuchang,
            "weihai-2020" => Self::Weihai,
            _ => unreachable!("the simulator adopts no other rulebook"),
        }
    }

    pub(crate) fn of_pool(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.pool() == Some(id))
    }

    pub(crate) fn reference(self) -> &'static str {
        match self {
            Self::Hebi => "hebi-2017@1",
            Self::Xuchang => "xuchang-2023@1",
            Self::Weihai => "weihai-2020@1",
        }
    }

    /// The first day, in days since 1970: 2017-09-30, 2023-03-01, 2020-01-01.
    pub(crate) fn valid_from(self) -> i32 {
        match self {
            Self::Hebi => 17_439,
            Self::Xuchang => 19_417,
            Self::Weihai => 18_262,
        }
    }

    pub(crate) fn pool(self) -> Option<&'static str> {
        match self {
            Self::Hebi => Some("hebi-pool"),
            Self::Xuchang => None,
            Self::Weihai => Some("weihai-pool"),
        }
    }

    /// An account of its pool.
    pub(crate) fn account(self, part: &str) -> String {
        format!("pool/{}/{part}", self.pool().unwrap_or("none"))
    }

    /// The most that the pool may promise for its free balance, if there is a limit.
    pub(crate) fn leverage(self) -> Option<i128> {
        (self == Self::Hebi).then_some(hebi::LEVERAGE)
    }
}

/// What a subsidy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programme {
    /// 鹤壁: half of the costs of a pledge.
    Costs,
    /// 鹤壁: the premium of the first insured patent.
    FirstPatent,
    /// 许昌: a lump sum towards the interest of a trademark loan.
    Trademark,
}

impl Programme {
    pub(crate) fn of(id: &str) -> Option<Self> {
        match id {
            hebi::COSTS => Some(Self::Costs),
            hebi::FIRST_PATENT => Some(Self::FirstPatent),
            xuchang::TRADEMARK => Some(Self::Trademark),
            _ => None,
        }
    }

    pub(crate) fn scheme(self) -> Scheme {
        match self {
            Self::Costs | Self::FirstPatent => Scheme::Hebi,
            Self::Trademark => Scheme::Xuchang,
        }
    }
}
