//! Accounting periods: what is closed, and what is open in a month.

use std::collections::BTreeSet;
use std::fmt;

use super::Book;
use super::loan::Loan;
use super::nouns::{ApplicationState, ClaimState, Month};
use super::reconciliation::{OpenStatement, StatementOf};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, ClaimId};

/// What is not done at the end of a month: the check list (结账检查清单) that should be empty first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenItems {
    /// Applications submitted in the month or before, neither approved nor refused nor withdrawn.
    pub applications: Vec<ApplicationId>,
    /// Claims submitted in the month or before and still under review. Deferred ones wait by the rule, not for us.
    pub claims: Vec<ClaimId>,
    /// Statements with entries of the month or before that no sign-off has looked at (未对账), by month.
    pub unreconciled: Vec<OpenStatement>,
    /// Statements that somebody must have sent for this month although the ledger may have nothing for them, and that
    /// nobody signed off (未收对账单): a payment that was never reported shows only there.
    pub unsigned: Vec<StatementOf>,
}

impl OpenItems {
    /// How many.
    pub fn count(&self) -> usize {
        let statements = self.unreconciled.len().saturating_add(self.unsigned.len());
        self.applications.len().saturating_add(self.claims.len()).saturating_add(statements)
    }
}

impl Book {
    /// Whether the month of this day is closed.
    pub fn is_closed(&self, date: CivilDate) -> bool {
        self.closed_months.contains(&Month::of(date))
    }

    /// The first day on or after this one whose month is open.
    pub fn first_open_day(&self, date: CivilDate) -> CivilDate {
        let mut day = date;
        while self.is_closed(day) {
            let next = Month::of(day).first_day().and_then(|first| first.plus_months(1));
            let Some(next) = next else { return day };
            day = next;
        }
        day
    }

    /// The open months since the first that was closed, before this one.
    pub fn open_months_before(&self, month: Month) -> Vec<Month> {
        let mut open = Vec::new();
        let mut next = self.closed_months.first().copied();
        while let Some(one) = next.filter(|one| *one < month) {
            if !self.closed_months.contains(&one) {
                open.push(one);
            }
            next = one.first_day().and_then(|first| first.plus_months(1)).map(Month::of);
        }
        open
    }

    /// What is open at the end of a month. Looks at every application, claim and loan: for closing a month, not for a
    /// page.
    pub fn open_items(&self, month: Month) -> OpenItems {
        let is_in = |day: CivilDate| Month::of(day) <= month;
        let applications = self
            .applications
            .iter()
            .filter(|(_, each)| each.state == ApplicationState::Submitted && is_in(each.submitted_on));
        let claims =
            self.claims.iter().filter(|(_, each)| each.state == ClaimState::UnderReview && is_in(each.submitted_on));
        OpenItems {
            applications: applications.map(|(id, _)| *id).collect(),
            claims: claims.map(|(id, _)| *id).collect(),
            unreconciled: self.reconciliation.unreconciled_until(month),
            unsigned: self.unsigned_statements(month),
        }
    }

    /// The statements that are due for a month and that no sign-off covers to its last day: the repayment list of every
    /// bank that has money out by then, the account of every pool that has money. One with open entries of the month is
    /// among the unreconciled ones and not named twice.
    fn unsigned_statements(&self, month: Month) -> Vec<StatementOf> {
        let Some(last_day) = month.last_day() else { return Vec::new() };
        let is_out = |loan: &Loan| {
            let has_begun = loan.disbursed_on.is_some_and(|first| first <= last_day);
            has_begun && loan.is_live() && loan.outstanding().is_positive()
        };
        let banks = self.loans.values().filter(|loan| is_out(loan)).map(|loan| loan.terms.bank.clone());
        let pools = self.pools.iter().filter(|(_, pool)| pool.cash.is_positive());
        let accounts = pools.map(|(id, _)| StatementOf::Pool(id.clone()));
        let accounts = accounts.filter(|account| self.reconciliation.has_begun(account, month));
        let due: BTreeSet<StatementOf> = banks.map(StatementOf::Repayments).chain(accounts).collect();
        let is_missing = |statement: &StatementOf| {
            !self.reconciliation.covers(statement, last_day) && !self.reconciliation.is_open(statement, month)
        };
        due.into_iter().filter(is_missing).collect()
    }

    /// Whether the year is closed.
    pub fn is_year_closed(&self, year: FiscalYear) -> bool {
        self.closed_years.contains(&year)
    }
}

impl Month {
    /// The month of a day.
    pub fn of(day: CivilDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day; `None` for a month that no calendar has.
    pub fn first_day(self) -> Option<CivilDate> {
        CivilDate::from_ymd(self.year.value(), i8::try_from(self.month).ok()?, 1)
    }

    /// Its last day; `None` for a month that no calendar has.
    pub fn last_day(self) -> Option<CivilDate> {
        self.first_day()?.plus_months(1)?.plus_days(-1)
    }
}

/// `2025-03`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}
