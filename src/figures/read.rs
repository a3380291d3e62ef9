//! What is asked of the sums: each answer looks at days, banks, districts and accounts, never at loans or applications.

use std::collections::BTreeMap;

use super::{Appropriations, Day, Figures, Lent, Sums, Turnover};
use crate::book::account::Account;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, District, InstitutionId};
use crate::money::Amount;
use crate::rulebook::model::{Target, TargetMeasure, TargetValue};

/// A year on few lines; amounts in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overview {
    /// Enterprises that had a loan filed.
    pub borrowers: u64,
    /// Banks that had one filed.
    pub banks: u64,
    /// Loans filed and not withdrawn.
    pub filed: u64,
    /// Their principal.
    pub principal: Amount,
    /// Of it the IP part.
    pub ip_part: Amount,
    /// Drawn down.
    pub disbursed: Amount,
    /// Principal repaid.
    pub repaid: Amount,
    /// Interest paid.
    pub interest: Amount,
    /// Pledges registered.
    pub pledges: u64,
    /// What they secure.
    pub secured: Amount,
    /// Applications of which something came back.
    pub clawed_back: u64,
    /// How much came back.
    pub returned: Amount,
}

impl Figures {
    /// The day of a board: today, or the latest on which an entry took effect, where the clock was set back since.
    pub fn day(&self, today: CivilDate) -> CivilDate {
        self.last_day.map_or(today, |last| last.max(today))
    }

    /// A year so far.
    pub fn overview(&self, year: FiscalYear) -> Overview {
        let (from, to) = (year.first_day(), year.last_day());
        let days = self.days_of(from, to);
        let clawed_back =
            self.returned.range((year, ApplicationId::new(0))..).take_while(|(of, _)| *of == year).count();
        Overview {
            borrowers: self.borrowers.get(&(from, to)).copied().unwrap_or_default(),
            banks: self.banks_of(from, to),
            filed: days.filed,
            principal: days.principal,
            ip_part: days.ip_part,
            disbursed: days.disbursed,
            repaid: days.repaid,
            interest: days.interest,
            pledges: days.pledges,
            secured: days.secured,
            clawed_back: u64::try_from(clawed_back).unwrap_or(u64::MAX),
            returned: days.returned,
        }
    }

    /// What was reached of a target so far.
    pub fn reached(&self, target: &Target) -> TargetValue {
        let count = |number: u64| TargetValue::Count(u32::try_from(number).unwrap_or(u32::MAX));
        let (from, by) = (target.from, target.by);
        let days = self.days_of(from, by);
        match target.measure {
            TargetMeasure::Enterprises => count(self.borrowers.get(&(from, by)).copied().unwrap_or_default()),
            TargetMeasure::Loans => count(days.filed),
            TargetMeasure::Banks => count(self.banks_of(from, by)),
            TargetMeasure::Pledges => count(days.pledges_standing),
            TargetMeasure::Principal => TargetValue::Money(days.principal),
            TargetMeasure::Disbursed => TargetValue::Money(days.drawn),
            TargetMeasure::SubsidiesPaid => TargetValue::Money(days.subsidies),
        }
    }

    /// What each bank has out.
    pub const fn banks(&self) -> &BTreeMap<InstitutionId, Lent> {
        &self.banks
    }

    /// What was appropriated.
    pub const fn appropriations(&self) -> &Appropriations {
        &self.appropriations
    }

    /// The subsidies applied for in a year, by district; `None` is that of enterprises nobody registered.
    pub fn subsidies(&self, year: FiscalYear) -> impl Iterator<Item = (Option<&District>, Sums)> {
        let of_year = self.subsidies.range((year, None)..).take_while(move |((of, _), _)| *of == year);
        of_year.map(|((_, district), sums)| (district.as_ref(), *sums))
    }

    /// What moved the pools' accounts in a year.
    pub fn pool_turnovers(&self, year: FiscalYear) -> BTreeMap<Account, Turnover> {
        let mut accounts: BTreeMap<Account, Turnover> = BTreeMap::new();
        for ((account, of), moved) in self.pools.iter().filter(|((_, of), _)| *of <= year) {
            let turnover = accounts.entry(account.clone()).or_default();
            if *of == year {
                (turnover.debit, turnover.credit) = (moved.debit, moved.credit);
            } else {
                turnover.opening = turnover.opening.plus(moved.closing());
            }
        }
        accounts
    }

    fn days_of(&self, from: CivilDate, to: CivilDate) -> Day {
        // Nothing is counted for a term that ends before it begins.
        if from > to {
            return Day::default();
        }
        self.days.range(from..=to).fold(Day::default(), |sum, (_, day)| sum.plus(day))
    }

    fn banks_of(&self, from: CivilDate, to: CivilDate) -> u64 {
        let has_filed = |days: &BTreeMap<CivilDate, u64>| from <= to && days.range(from..=to).next().is_some();
        u64::try_from(self.filed_by_bank.values().filter(|days| has_filed(days)).count()).unwrap_or(u64::MAX)
    }
}
