//! The board's figures (看板数字): running sums that each entry carries on, so that a view costs what it shows and not what
//! the journal holds.
//!
//! Before the book takes an entry, what the loan, the applications and the pledges that it touches count for is taken
//! away; afterwards what they count for now is added ([`Figures::apply`]). A sum never asks how it came about: reversals,
//! clawbacks, corrections and whatever comes late into a year that is over land where the entry's own day says.
//!
//! ```text
//! by day         loans filed, pledges registered, money that moved        a year or a target's term is a range of days
//! by bank        what is out, by the day since which it is overdue        a class of arrears is a range of days
//! by district    subsidies applied for in a year
//! by account     what moved a pool's accounts in a year
//! by budget line appropriated, adjusted, carried over
//! ```
//!
//! Nothing is kept for each loan or application, but for the few whose money came back or was corrected after it was paid.

mod budget;
mod day;
mod lending;
mod pool;
mod read;
mod subsidies;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::{Entry, Event};
use crate::book::loan::Loan;
use crate::book::nouns::LoanState;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, District, InstitutionId, LoanId};
use crate::money::Amount;
use crate::rulebook::model::TargetMeasure;

pub use budget::{Appropriated, Appropriations};
pub use day::Day;
pub use lending::Lent;
pub use pool::{Turnover, pool_of};
pub use read::Overview;
pub use subsidies::{Payments, Sums, is_granted, payment_of};

use touched::Touched;

/// The running sums.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// The latest day on which an entry took effect.
    last_day: Option<CivilDate>,
    /// What counts for each day.
    days: BTreeMap<CivilDate, Day>,
    /// How many loans each bank filed on each day, less those withdrawn.
    filed_by_bank: BTreeMap<InstitutionId, BTreeMap<CivilDate, u64>>,
    /// How many enterprises had a loan filed within each term that somebody asks for: years, and the terms of targets.
    borrowers: BTreeMap<(CivilDate, CivilDate), u64>,
    /// What each bank has out.
    banks: BTreeMap<InstitutionId, Lent>,
    /// The subsidies applied for in each year, by the enterprise's district as it is now.
    subsidies: BTreeMap<(FiscalYear, Option<District>), Sums>,
    appropriations: Appropriations,
    /// What moved each account of a pool in each year.
    pools: BTreeMap<(Account, FiscalYear), Turnover>,
    /// The money of those applications for which the book's own figures do not say it: the award follows a correction,
    /// the money that was paid does not.
    payments: BTreeMap<ApplicationId, Payments>,
    /// Of which applications something came back in which year.
    returned: BTreeSet<(FiscalYear, ApplicationId)>,
}

/// Whether something begins to count or counts no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It counts.
    On,
    /// It counts no more.
    Off,
}

impl Sign {
    fn amount(self, sum: &mut Amount, amount: Amount) {
        *sum = match self {
            Self::On => sum.plus(amount),
            Self::Off => sum.minus(amount),
        };
    }

    const fn count(self, sum: &mut u64, number: u64) {
        *sum = match self {
            Self::On => sum.saturating_add(number),
            Self::Off => sum.saturating_sub(number),
        };
    }
}

impl Figures {
    /// Takes over an entry, and has the book take it over: this is instead of [`Book::apply`].
    pub fn apply(&mut self, book: &mut Book, entry: &Entry) {
        self.last_day = self.last_day.max(Some(entry.effective_date));
        self.open_terms(book, entry);
        let touched = Touched::by(book, entry);
        let filed_before = touched.loan.and_then(|id| filed_on(book, id));
        let moneys = self.count_off(book, &touched);
        book.apply(entry);
        self.count_on(book, &touched, moneys, entry);
        if let Some(id) = touched.loan.filter(|id| filed_on(book, *id) != filed_before) {
            self.count_borrower(book, id);
        }
        self.take_moved(entry);
    }

    /// Takes away what the touched count for; gives the money of the applications.
    fn count_off(&mut self, book: &Book, touched: &Touched) -> Vec<Payments> {
        self.count_loan_and_pledges(book, touched, Sign::Off);
        let mut moneys = Vec::new();
        for id in &touched.applications {
            let application = book.applications.get(id);
            let money =
                self.payments.get(id).copied().or_else(|| application.as_deref().map(Payments::of)).unwrap_or_default();
            if let Some(application) = application {
                self.count_application(book, &application, money, Sign::Off);
            }
            moneys.push(money);
        }
        moneys
    }

    /// Adds what the touched count for after the entry.
    fn count_on(&mut self, book: &Book, touched: &Touched, moneys: Vec<Payments>, entry: &Entry) {
        self.count_loan_and_pledges(book, touched, Sign::On);
        let moved = payment_of(entry);
        for (id, before) in touched.applications.iter().zip(moneys) {
            let Some(application) = book.applications.get(id) else { continue };
            let money = moved.filter(|(moved, _)| moved == id).map_or(before, |(_, moved)| before.plus(moved));
            if money == Payments::of(&application) {
                self.payments.remove(id);
            } else {
                self.payments.insert(*id, money);
            }
            self.count_application(book, &application, money, Sign::On);
        }
    }

    fn count_loan_and_pledges(&mut self, book: &Book, touched: &Touched, sign: Sign) {
        for pledge in touched.pledges.iter().filter_map(|key| book.pledges.get(key)) {
            self.days.entry(pledge.registered_on).or_default().count_pledge(&pledge, sign);
        }
        let Some(loan) = touched.loan.and_then(|id| book.loans.get(&id)) else { return };
        if let Some(day) = loan.disbursed_on {
            sign.amount(&mut self.days.entry(day).or_default().drawn, loan.disbursed);
        }
        if loan.state != LoanState::Withdrawn {
            self.days.entry(loan.filed_on).or_default().count_filed(&loan, sign);
            let of_bank = self.filed_by_bank.entry(loan.terms.bank.clone()).or_default();
            let of_day = of_bank.entry(loan.filed_on).or_default();
            sign.count(of_day, 1);
            if *of_day == 0 {
                of_bank.remove(&loan.filed_on);
            }
        }
        if lending::is_out(&loan) {
            let lent = self.banks.entry(loan.terms.bank.clone()).or_default();
            lent.count(&loan, sign);
            if lent.loans == 0 {
                self.banks.remove(&loan.terms.bank);
            }
        }
    }

    /// A term is counted from the book when it is first asked for, and carried on from then.
    fn open_terms(&mut self, book: &Book, entry: &Entry) {
        if let Event::LoanFiled(_) = &entry.event {
            let year = entry.effective_date.year();
            self.open_term(book, (year.first_day(), year.last_day()));
        } else if let Event::RulebookAdopted(adopted) = &entry.event {
            for target in adopted.rulebook.targets.iter().filter(|one| one.measure == TargetMeasure::Enterprises) {
                self.open_term(book, (target.from, target.by));
            }
        }
    }

    fn open_term(&mut self, book: &Book, (from, by): (CivilDate, CivilDate)) {
        self.borrowers.entry((from, by)).or_insert_with(|| {
            let days = book.loans.values().filter_map(|loan| Some((filed(&loan)?, loan.terms.borrower)));
            let within = days.filter(|(day, _)| from <= *day && *day <= by);
            let borrowers: BTreeSet<_> = within.map(|(_, borrower)| borrower).collect();
            u64::try_from(borrowers.len()).unwrap_or(u64::MAX)
        });
    }

    /// A loan was filed, or withdrawn: its borrower counts once for each term, whatever the number of its loans.
    fn count_borrower(&mut self, book: &Book, id: LoanId) {
        let Some(loan) = book.loans.get(&id) else { return };
        let sign = if filed(&loan).is_some() { Sign::On } else { Sign::Off };
        let all = book.enterprises.get(&loan.terms.borrower).map(|one| one.loans.clone()).unwrap_or_default();
        let others: Vec<CivilDate> =
            all.iter().filter(|other| **other != id).filter_map(|other| filed_on(book, *other)).collect();
        for ((from, by), count) in &mut self.borrowers {
            let is_within = |day: CivilDate| *from <= day && day <= *by;
            if is_within(loan.filed_on) && !others.iter().any(|day| is_within(*day)) {
                sign.count(count, 1);
            }
        }
    }

    /// What the entry itself moved, on its own day.
    fn take_moved(&mut self, entry: &Entry) {
        self.appropriations.take(entry);
        if let Some(application) = day::money_came_back(entry) {
            self.returned.insert((entry.effective_date.year(), application));
        }
        if day::moves(&entry.event) {
            self.days.entry(entry.effective_date).or_default().take(&entry.event);
        }
        let is_reversal = matches!(entry.event, Event::Reversed(_));
        for posting in entry.postings.iter().filter(|posting| pool_of(&posting.account).is_some()) {
            let key = (posting.account.clone(), entry.effective_date.year());
            self.pools.entry(key).or_default().post(posting.amount, is_reversal);
        }
    }
}

/// The day on which a loan was filed, unless it was withdrawn.
fn filed(loan: &Loan) -> Option<CivilDate> {
    (loan.state != LoanState::Withdrawn).then_some(loan.filed_on)
}

fn filed_on(book: &Book, id: LoanId) -> Option<CivilDate> {
    filed(&*book.loans.get(&id)?)
}
