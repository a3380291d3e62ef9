//! The nation, month by month: who registers, borrows, pays, applies, defaults.
//!
//! Within a month deeds go by who does them, since an import waits for its answers when the sender changes: the counter
//! registers, each bank ends and begins loans, the counter applies, officers approve, finance pays.

use super::life::{City, Fate, Loan, Month};
use super::random::Random;
use super::{Deed, Interest, Sender, Shape, Step, Unmade, What};
use crate::calendar::{CivilDate, FiscalYear};
use crate::money::Amount;
use crate::rulebook::shipped;
use crate::rulebook::terms::SizeClass;

/// Numbers of trademarks have eight digits.
pub const ENTERPRISES_MAX: u64 = 50_000_000;

/// New loans by month: few around the Spring Festival, many before the year ends.
const SEASON: [u64; 12] = [6, 4, 8, 7, 7, 9, 7, 7, 9, 8, 11, 17];
const SEASON_TOTAL: u64 = 100;

/// The rulebooks of the three cities.
const RULEBOOKS: [(City, &str); 3] =
    [(City::Hebi, "hebi-2017.toml"), (City::Xuchang, "xuchang-2023.toml"), (City::Weihai, "weihai-2020.toml")];

/// A nation that has not begun yet.
#[derive(Debug)]
pub struct Nation {
    random: Random,
    shape: Shape,
    /// How many enterprises have borrowed.
    borrowed: u64,
    loans: u64,
    /// By bank.
    living: Vec<Vec<Loan>>,
}

/// What a month leaves for the bureau to do.
#[derive(Default)]
struct Desk {
    /// Loans that a subsidy is applied for, each with the quarters whose interest was paid in the year.
    applications: Vec<(Loan, Vec<Month>)>,
    claims: Vec<Loan>,
}

/// Who hears of the deeds, one after the other.
struct Told<'a, F> {
    to: &'a mut F,
    first_year: u16,
}

impl<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>> Told<'_, F> {
    fn of(&mut self, by: Sender, (month, day): (Month, u8), what: What) -> Result<(), E> {
        let on = self.date(month, day)?;
        (self.to)(Deed { by, on, what })
    }

    /// A bank's deed, or that of the bureau, about a loan.
    fn about(&mut self, by: Sender, when: (Month, u8), loan: &Loan, step: Step) -> Result<(), E> {
        self.of(by, when, What::Loan(loan.clone(), step))
    }

    fn date(&self, month: Month, day: u8) -> Result<CivilDate, Unmade> {
        let (year, month) = (self.year(month), month.rem_euclid(12).saturating_add(1));
        let made = i8::try_from(month).ok().zip(i8::try_from(day).ok());
        let made = made.and_then(|(month, day)| CivilDate::from_ymd(i16::try_from(year).ok()?, month, day));
        made.ok_or_else(|| Unmade(format!("there is no {year}-{month}-{day}")))
    }

    fn year(&self, month: Month) -> u32 {
        u32::from(self.first_year).saturating_add(month.div_euclid(12))
    }
}

impl Nation {
    /// The nation of a seed.
    pub fn new(seed: u64, shape: Shape) -> Self {
        let living = (0..shape.banks).map(|_| Vec::new()).collect();
        Self { random: Random::new(seed), shape, borrowed: 0, loans: 0, living }
    }

    /// Tells everything that happens, in its order, until the years are over or an error comes back.
    ///
    /// # Errors
    ///
    /// That of who is told, or [`Unmade`] for numbers beyond the bounds of [`Shape`].
    pub fn tell<E: From<Unmade>>(mut self, to: &mut impl FnMut(Deed) -> Result<(), E>) -> Result<(), E> {
        let (first_year, years) = self.shape.years;
        let mut told = Told { to, first_year };
        self.found(&mut told)?;
        for month in 0..u32::from(years).saturating_mul(12) {
            if month.rem_euclid(12) == 0 {
                self.fund(&mut told, month)?;
            }
            let begun = self.register(&mut told, month)?;
            let mut desk = Desk::default();
            for (bank, new) in (0..).zip(begun) {
                self.bank(&mut told, (bank, month), new, &mut desk)?;
            }
            applied(&mut told, month, &desk)?;
            decided(&mut told, month, &desk)?;
        }
        Ok(())
    }

    /// Rulebooks and banks.
    fn found<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(&self, told: &mut Told<'_, F>) -> Result<(), E> {
        for (city, name) in RULEBOOKS {
            let found = shipped().iter().find(|(file, _)| *file == name);
            let (_, text) = found.ok_or_else(|| Unmade(format!("`{name}` is not shipped")))?;
            told.of(Sender::Operator, (0, 2), What::Rulebook(city, text))?;
        }
        (0..self.shape.banks).try_for_each(|bank| told.of(Sender::Operator, (0, 2), What::Bank(bank)))
    }

    /// A year's money: enough for most, so that few are refused for want of it.
    fn fund<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
        &self,
        told: &mut Told<'_, F>,
        month: Month,
    ) -> Result<(), E> {
        let year = told.year(month);
        let fiscal = i16::try_from(year).ok().and_then(FiscalYear::from_value);
        let fiscal = fiscal.ok_or_else(|| Unmade(format!("there is no year {year}")))?;
        let each = |yuan: u64| i64::try_from(self.shape.enterprises.saturating_mul(yuan)).unwrap_or(i64::MAX);
        told.of(Sender::Finance, (month, 2), What::Budget(fiscal, Amount::from_yuan(each(100_000))))?;
        for city in [City::Hebi, City::Weihai] {
            let amount = Amount::from_yuan(each(500_000).saturating_add(50_000_000));
            told.of(Sender::Finance, (month, 2), What::PoolMoney(city, fiscal, amount))?;
        }
        Ok(())
    }

    /// The month's new borrowers with right and pledge; their loans by bank.
    fn register<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
        &mut self,
        told: &mut Told<'_, F>,
        month: Month,
    ) -> Result<Vec<Vec<Loan>>, E> {
        let mut begun: Vec<Vec<Loan>> = self.living.iter().map(|_| Vec::new()).collect();
        while self.borrowed < self.borrowers_until(month) {
            let enterprise = self.borrowed;
            self.borrowed = self.borrowed.saturating_add(1);
            let loan = self.loan((enterprise, 0), month);
            // The smaller of two: the first banks are the large ones.
            let banks = self.shape.banks;
            let bank = self.random.below(banks).min(self.random.below(banks));
            let size = match self.random.below(10) {
                0 => SizeClass::Medium,
                1..=5 => SizeClass::Small,
                _ => SizeClass::Micro,
            };
            let when = (month, 3);
            told.of(Sender::Counter, when, What::Enterprise(enterprise, size))?;
            told.of(Sender::Counter, when, What::Right(enterprise))?;
            told.of(Sender::Counter, when, What::Pledge(enterprise, bank))?;
            if let Some(begun) = usize::try_from(bank).ok().and_then(|bank| begun.get_mut(bank)) {
                begun.push(Loan { bank, ..loan });
            }
        }
        Ok(begun)
    }

    /// How many have borrowed by the end of a month: evenly over the years, by season within each.
    fn borrowers_until(&self, month: Month) -> u64 {
        let Shape { enterprises, years: (_, years), .. } = self.shape;
        let within = usize::try_from(month.rem_euclid(12)).unwrap_or(0).saturating_add(1);
        let season = SEASON.iter().take(within).fold(0_u64, |sum, one| sum.saturating_add(*one));
        let done = u64::from(month.div_euclid(12)).saturating_mul(SEASON_TOTAL).saturating_add(season);
        enterprises.saturating_mul(done).div_euclid(u64::from(years).saturating_mul(SEASON_TOTAL))
    }

    fn loan(&mut self, (enterprise, bank): (u64, u64), month: Month) -> Loan {
        self.loans = self.loans.saturating_add(1);
        Loan::new(&mut self.random, (self.loans, enterprise, bank), month, &self.shape)
    }

    /// A bank's month: what ends, what is paid, what begins.
    fn bank<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
        &mut self,
        told: &mut Told<'_, F>,
        (bank, month): (u64, Month),
        mut new: Vec<Loan>,
        desk: &mut Desk,
    ) -> Result<(), E> {
        let sender = Sender::Bank(bank);
        let place = usize::try_from(bank).unwrap_or(usize::MAX);
        let mut living = self.living.get_mut(place).map(std::mem::take).unwrap_or_default();
        for loan in &mut living {
            pay(told, sender, month, loan)?;
        }
        let mut renewed = Vec::new();
        for loan in &living {
            if end(told, sender, month, loan, desk)? == Some(Fate::Renewed) {
                renewed.push((loan.enterprise, loan.day));
            }
        }
        living.retain(|loan| {
            let over = match loan.fate {
                Fate::Repaid | Fate::Renewed => 0,
                Fate::Late => 1,
                Fate::Lost => 3,
            };
            month < loan.ends().saturating_add(over)
        });
        for (enterprise, day) in renewed {
            let loan = self.loan((enterprise, bank), month);
            new.push(Loan { day, ..loan });
        }
        for loan in &new {
            let matures_on = told.date(loan.ends(), loan.day)?;
            told.about(sender, (loan.begun, loan.day), loan, Step::Filed { matures_on })?;
        }
        for loan in &new {
            told.about(sender, (month, loan.day), loan, Step::Disbursed)?;
        }
        living.extend(new);
        if let Some(place) = self.living.get_mut(place) {
            *place = living;
        }
        Ok(())
    }
}

/// The interest of a quarter, if it is due. Who is lost pays the first year only as long as the loan runs.
fn pay<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
    told: &mut Told<'_, F>,
    sender: Sender,
    month: Month,
    loan: &mut Loan,
) -> Result<(), E> {
    let Some(quarter) = loan.quarter_due(month) else { return Ok(()) };
    let before = month.saturating_sub(3);
    let first_of_year = before.div_euclid(12) != month.div_euclid(12);
    loan.paid_this_year = if first_of_year { 1 } else { loan.paid_this_year.saturating_add(1) };
    let period = (told.date(before, loan.day)?, told.date(month, loan.day.saturating_sub(1))?);
    // Named only where the application will come in the same year.
    let counts = loan.applies && loan.ends().div_euclid(12) == month.div_euclid(12);
    told.about(sender, (month, loan.day), loan, Step::InterestPaid(Interest { quarter, period, counts }))
}

/// What happens when a loan has run its term, or some months later; its fate where it ends as it should.
fn end<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
    told: &mut Told<'_, F>,
    sender: Sender,
    month: Month,
    loan: &Loan,
    desk: &mut Desk,
) -> Result<Option<Fate>, E> {
    let when = (month, loan.day);
    let late = month.saturating_sub(loan.ends());
    match (loan.fate, late) {
        _ if month < loan.ends() => return Ok(None),
        (Fate::Repaid | Fate::Renewed, 0) => {}
        (Fate::Late | Fate::Lost, 0) => {
            told.about(sender, when, loan, Step::Overdue)?;
            return Ok(None);
        }
        (Fate::Late, 1) => told.about(sender, when, loan, Step::Cured)?,
        (Fate::Lost, 3) => {
            told.about(sender, when, loan, Step::NonPerforming)?;
            if loan.city == City::Hebi {
                told.about(sender, when, loan, Step::Claimed)?;
                desk.claims.push(loan.clone());
            }
            return Ok(None);
        }
        (Fate::Repaid | Fate::Renewed | Fate::Late | Fate::Lost, _) => return Ok(None),
    }
    for step in [Step::Repaid, Step::Settled, Step::Closed] {
        told.about(sender, when, loan, step)?;
    }
    if loan.applies {
        let last = loan.term.div_euclid(3);
        let first = last.saturating_sub(loan.paid_this_year).saturating_add(1);
        desk.applications.push((loan.clone(), (first..=last).collect()));
    }
    Ok(Some(loan.fate))
}

/// The counter applies for the enterprises whose loans ended.
fn applied<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
    told: &mut Told<'_, F>,
    month: Month,
    desk: &Desk,
) -> Result<(), E> {
    for (loan, quarters) in &desk.applications {
        let paid_on = |quarter: &Month| told.date(loan.begun.saturating_add(quarter.saturating_mul(3)), loan.day);
        let quarters =
            quarters.iter().map(|quarter| Ok((*quarter, paid_on(quarter)?))).collect::<Result<_, Unmade>>()?;
        told.about(Sender::Counter, (month, 25), loan, Step::Applied(quarters))?;
    }
    Ok(())
}

/// Officers approve, finance pays.
fn decided<E: From<Unmade>, F: FnMut(Deed) -> Result<(), E>>(
    told: &mut Told<'_, F>,
    month: Month,
    desk: &Desk,
) -> Result<(), E> {
    for (loan, _) in &desk.applications {
        told.about(Sender::Officer, (month, 26), loan, Step::Approved)?;
    }
    for loan in &desk.claims {
        told.about(Sender::Officer, (month, 26), loan, Step::ClaimApproved)?;
    }
    for (loan, _) in &desk.applications {
        told.about(Sender::Finance, (month, 27), loan, Step::Paid)?;
    }
    for loan in &desk.claims {
        told.about(Sender::Finance, (month, 27), loan, Step::ClaimPaid)?;
    }
    Ok(())
}
