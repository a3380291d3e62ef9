//! A made-up nation of borrowers (全国模拟数据): what happens in it, from a seed, month by month.
//!
//! ```text
//! Nation::tell ──> Deed { by, on, what } ──> cli::generate: rows for `ipledger import` (bench, demo)
//!                                       └──> simulation::nation: commands, with faults between them
//! ```
//!
//! It says what happens and sends nothing. The same seed and shape tell the same deeds; only the loans that live are
//! held, some hundred bytes each. A loan is named by its number: the id that a ledger gives it is known to who sends it.
//!
//! What is realistic and what is not: sizes are skewed (many small loans, few large ones), filings crowd at the end of
//! the year, half of the loans are renewed when they end, two in a hundred are lost and one in a hundred is late and
//! cured; everybody pays interest by the quarter. Three cities by their own rulebooks: 鹤壁 (interest subsidies, pool
//! with claims), 许昌 (lump sums for trademark loans), 威海 (a pool; claims would need facts that are not made). Names
//! and codes are invented.

pub mod life;
mod months;
pub mod names;
pub(crate) mod random;

pub use months::{ENTERPRISES_MAX, Nation};

use std::fmt;

use crate::calendar::{CivilDate, FiscalYear};
use crate::money::Amount;
use crate::rulebook::terms::SizeClass;
use life::{City, Fates, Loan};

/// What the nation is like, beside its seed.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many enterprises borrow, spread over the years; at most [`ENTERPRISES_MAX`].
    pub enterprises: u64,
    /// The first year and how many there are; the rulebooks are in force from 2024 on.
    pub years: (u16, u16),
    /// How many banks lend; the first ones are the large ones.
    pub banks: u64,
    /// How many loans of ten run for half a year; one runs for two years, the others for one.
    pub half_years: u64,
    /// How loans end.
    pub fates: Fates,
}

impl Shape {
    /// The usual one: twelve banks, and losses as they are.
    pub const fn usual(enterprises: u64, years: (u16, u16)) -> Self {
        Self { enterprises, years, banks: 12, half_years: 1, fates: Fates::USUAL }
    }
}

/// Something that somebody does.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Who.
    pub by: Sender,
    /// On which day.
    pub on: CivilDate,
    /// What.
    pub what: What,
}

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Adopts rulebooks, registers banks.
    Operator,
    /// An officer who registers, and applies for enterprises.
    Counter,
    /// An officer who approves what the counter took in.
    Officer,
    /// Budgets, pools, payments.
    Finance,
    /// The bank of this number.
    Bank(u64),
}

/// What is done.
#[derive(Debug, Clone)]
pub enum What {
    /// The rulebook of a city is adopted: its text.
    Rulebook(City, &'static str),
    /// The bank of this number is registered.
    Bank(u64),
    /// The budget of a year is appropriated, in yuan.
    Budget(FiscalYear, Amount),
    /// The year's money goes to a city's pool, in yuan.
    PoolMoney(City, FiscalYear, Amount),
    /// The enterprise of this number is registered.
    Enterprise(u64, SizeClass),
    /// The right of an enterprise is registered.
    Right(u64),
    /// The right of an enterprise is pledged to a bank.
    Pledge(u64, u64),
    /// Something happens to a loan.
    Loan(Loan, Step),
}

/// What happens to a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The bank files it.
    Filed {
        /// When it is due.
        matures_on: CivilDate,
    },
    /// All of it is disbursed.
    Disbursed,
    /// The interest of a quarter is paid.
    InterestPaid(Interest),
    /// It is due and not repaid.
    Overdue,
    /// It was overdue, and is repaid now.
    Cured,
    /// It is given up.
    NonPerforming,
    /// The bank claims all of it from the pool.
    Claimed,
    /// All of it is repaid.
    Repaid,
    /// Nothing is owed any more.
    Settled,
    /// The bank closes it.
    Closed,
    /// A subsidy is applied for: the quarters whose interest was paid in the year, each with the day.
    Applied(Vec<(life::Month, CivilDate)>),
    /// The application is approved.
    Approved,
    /// The claim is approved.
    ClaimApproved,
    /// The subsidy is paid.
    Paid,
    /// The claim is paid.
    ClaimPaid,
}

/// A payment of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// Which quarter of the loan, from 1.
    pub quarter: life::Month,
    /// First and last day of the quarter.
    pub period: (CivilDate, CivilDate),
    /// Whether an application will name it.
    pub counts: bool,
}

/// A name or day that there is none of: only numbers beyond the bounds of [`Shape`] give one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmade(pub(crate) String);

impl fmt::Display for Unmade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the nation cannot be made: {}", self.0)
    }
}

impl std::error::Error for Unmade {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::life::Fate;
    use super::*;

    /// Two years of 3,000 enterprises.
    fn told() -> Vec<Deed> {
        let mut deeds = Vec::new();
        let nation = Nation::new(1, Shape::usual(3_000, (2024, 2)));
        let told = nation.tell(&mut |deed| {
            deeds.push(deed);
            Ok::<_, Unmade>(())
        });
        told.unwrap();
        deeds
    }

    /// What the nation is said to be like.
    #[test]
    fn it_is_as_such_loans_are() {
        let deeds = told();
        let loans: Vec<(&Loan, CivilDate)> = deeds
            .iter()
            .filter_map(|deed| {
                let What::Loan(loan, Step::Filed { .. }) = &deed.what else { return None };
                Some((loan, deed.on))
            })
            .collect();
        let of_hundred = |count: usize| (count * 100).div_euclid(loans.len());
        let by = |fate| of_hundred(loans.iter().filter(|(loan, _)| loan.fate == fate).count());
        assert!((1..=3).contains(&by(Fate::Lost)) && by(Fate::Late) <= 2 && (45..=58).contains(&by(Fate::Renewed)));
        let small = of_hundred(loans.iter().filter(|(loan, _)| loan.principal < 100).count());
        let large = of_hundred(loans.iter().filter(|(loan, _)| loan.principal >= 1_000).count());
        assert!((44..=56).contains(&small) && (3..=8).contains(&large), "{small} and {large} of a hundred");
        let mut months: BTreeMap<u8, usize> = BTreeMap::new();
        for (loan, on) in &loans {
            // The first loans of their borrowers; renewals come when the old ones end.
            if on.year().value() == 2024 && loan.begun < 6 || on.month() == 12 {
                *months.entry(on.month()).or_default() += 1;
            }
        }
        assert!(months[&12] > 2 * months[&3] && months[&2] < months[&3], "{months:?}");
        for city in [City::Hebi, City::Xuchang, City::Weihai] {
            assert!(of_hundred(loans.iter().filter(|(loan, _)| loan.city == city).count()) >= 20, "{city:?}");
        }
    }

    /// Every loan is filed before anything else happens to it, and days grow from month to month.
    #[test]
    fn deeds_come_in_an_order_that_can_be_lived() {
        let mut filed = std::collections::BTreeSet::new();
        let mut month = (0, 0);
        for deed in told() {
            let now = (deed.on.year().value(), deed.on.month());
            assert!(now >= month, "{deed:?} after {month:?}");
            month = now;
            let What::Loan(loan, step) = &deed.what else { continue };
            let is_first = filed.insert(loan.number);
            assert_eq!(is_first, matches!(step, Step::Filed { .. }), "{deed:?}");
        }
        assert!(filed.len() > 3_000, "some borrow again");
    }
}
