//! Reference rates and days of a line: what a base, a clamp or a gate looks up.

use super::input;
use crate::calendar::{CivilDate, FiscalYear};
use crate::money::{Amount, MoneyError, Rate};
use crate::rulebook::explanation::{Input, Value};
use crate::rulebook::facts::{LineFacts, LoanFacts, Point};
use crate::rulebook::model::{AsOf, Attribution, DateFact, Days, Figure, Missing, RateTerm, Span};
use crate::rulebook::rates::REFERENCE_RATE;

/// Why a rate cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRate {
    /// A fact is missing.
    Missing(Missing),
    /// The product does not fit.
    Money(MoneyError),
}

impl From<Missing> for NoRate {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<MoneyError> for NoRate {
    fn from(error: MoneyError) -> Self {
        Self::Money(error)
    }
}

/// A reference rate that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The point of the series; `None` for a rate that the text itself gives.
    pub(super) point: Option<Point>,
    /// What the term makes of it.
    pub(super) rate: Rate,
}

impl Found {
    /// The value of the series, since when it holds, and the entry that recorded it where it is not the file's.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let Some(point) = self.point else { return Vec::new() };
        let mut inputs =
            vec![input("reference-rate", Value::Rate(point.rate)), input("reference-from", Value::Date(point.from))];
        let entry = point.entry.and_then(|entry| i64::try_from(entry.value()).ok());
        inputs.extend(entry.map(|entry| input("reference-entry", Value::Count(entry))));
        inputs
    }
}

/// The rate that a term comes to for a line.
pub(super) fn rate_of(term: &RateTerm, attribution: Attribution, facts: &LineFacts) -> Result<Found, NoRate> {
    let loan = loan(facts)?;
    let point = if term.fixed.is_some() { None } else { Some(point_of(term, attribution, (facts, loan))?) };
    let basis = term.fixed.or(point.map(|point| point.rate)).ok_or(REFERENCE_RATE)?;
    let plus = Rate::from_basis_points(term.plus_basis_points);
    let minus = Rate::from_basis_points(term.minus_basis_points);
    let rate = basis.times(term.factor)?.plus(plus)?.minus(minus);
    let rate = if term.or_actual_if_lower { rate.min(loan.annual_rate) } else { rate };
    let rate = if term.actual_above { loan.annual_rate.minus(rate) } else { rate };
    Ok(Found { point, rate: term.at_most.map_or(rate, |most| rate.min(most)) })
}

/// The point of the series that the term refers to.
fn point_of(
    term: &RateTerm,
    attribution: Attribution,
    (facts, loan): (&LineFacts, &LoanFacts),
) -> Result<Point, Missing> {
    let series = series_of(term, loan)?;
    let rates = &facts.details.rates;
    if term.as_of == AsOf::SamePeriod {
        let (first, last) = accrual(facts, loan)?;
        return rates.lowest(&series, first, last);
    }
    rates.on(&series, day_of(term.as_of, attribution, facts)?)
}

/// The series for the loan's term; an only one without an upper end is for all.
fn series_of(term: &RateTerm, loan: &LoanFacts) -> Result<crate::identifier::SeriesId, Missing> {
    for entry in &term.series {
        let Some(months) = entry.up_to_months else { return Ok(entry.series.clone()) };
        let signed = loan.details.signed_on.ok_or(Missing("signed-on"))?;
        let matures = loan.details.matures_on.ok_or(Missing("matures-on"))?;
        if signed.plus_months(months).is_none_or(|end| matures <= end) {
            return Ok(entry.series.clone());
        }
    }
    Err(REFERENCE_RATE)
}

/// The days on which the interest of the line accrued: the first and the last.
fn accrual(facts: &LineFacts, loan: &LoanFacts) -> Result<(CivilDate, CivilDate), Missing> {
    if let Some((first, end)) = facts.details.interest_period {
        return Ok((first, end.plus_days(-1).unwrap_or(end).max(first)));
    }
    let first = loan.disbursed_on.ok_or(Missing("disbursed-on"))?;
    Ok((first, facts.paid_on.min(loan.ended_on.unwrap_or(facts.paid_on))))
}

fn day_of(as_of: AsOf, attribution: Attribution, facts: &LineFacts) -> Result<CivilDate, Missing> {
    let out_of_calendar = REFERENCE_RATE;
    match as_of {
        AsOf::MonthBeforeSigning => {
            date_of(DateFact::Signing, facts)?.last_day_of_month_before().ok_or(out_of_calendar)
        }
        AsOf::Signing => date_of(DateFact::Signing, facts),
        AsOf::Disbursement => date_of(DateFact::Disbursement, facts),
        AsOf::Payment => Ok(facts.paid_on),
        AsOf::Settlement => date_of(DateFact::Settlement, facts),
        AsOf::Application => Ok(facts.applied_on),
        AsOf::December => Ok(attributed_year(attribution, facts)?.last_day()),
        AsOf::PreviousDecember => {
            let year = attributed_year(attribution, facts)?.previous().ok_or(out_of_calendar)?;
            Ok(year.last_day())
        }
        AsOf::SamePeriod => accrual(facts, loan(facts)?).map(|(first, _)| first),
    }
}

/// A day of the line by its name.
pub(super) fn date_of(date: DateFact, facts: &LineFacts) -> Result<CivilDate, Missing> {
    match date {
        DateFact::Signing => loan(facts)?.details.signed_on.ok_or(Missing("signed-on")),
        DateFact::Disbursement => loan(facts)?.disbursed_on.ok_or(Missing("disbursed-on")),
        DateFact::Registration => Ok(loan(facts)?.pledged_on),
        DateFact::Settlement => loan(facts)?.ended_on.ok_or(Missing("ended-on")),
        DateFact::Payment => Ok(facts.paid_on),
        DateFact::Application => Ok(facts.applied_on),
    }
}

/// The year that a line is attributed to.
pub fn attributed_year(attribution: Attribution, facts: &LineFacts) -> Result<FiscalYear, Missing> {
    attributed_day(attribution, facts).map(CivilDate::year)
}

/// The day by which a line is attributed to its year.
pub(super) fn attributed_day(attribution: Attribution, facts: &LineFacts) -> Result<CivilDate, Missing> {
    let date = match attribution {
        Attribution::PaymentYear => DateFact::Payment,
        Attribution::ApplicationYear => DateFact::Application,
        Attribution::SettlementYear => DateFact::Settlement,
        Attribution::DisbursementYear => DateFact::Disbursement,
        Attribution::RegistrationYear => DateFact::Registration,
    };
    date_of(date, facts)
}

/// How many days of the loan count: all of them, and at most as many as the rule says.
pub(super) fn days_of(days: Days, attribution: Attribution, facts: &LineFacts) -> Result<(i64, i64), Missing> {
    let loan = loan(facts)?;
    let life = || -> Result<(CivilDate, CivilDate), Missing> {
        Ok((loan.disbursed_on.ok_or(Missing("disbursed-on"))?, loan.ended_on.ok_or(Missing("ended-on"))?))
    };
    let (first, end) = match days.span {
        Span::Loan => life()?,
        Span::InterestPeriod => facts.details.interest_period.ok_or(Missing("interest-period"))?,
        Span::AwardYear => {
            let year = attributed_year(attribution, facts)?;
            let first = loan.disbursed_on.ok_or(Missing("disbursed-on"))?.max(year.first_day());
            // A loan that goes on counts to the end of the year; what is not paid yet is not applied for yet.
            let after = year.last_day().plus_days(1).unwrap_or(CivilDate::MAX);
            (first, loan.ended_on.map_or(after, |end| end.min(after)))
        }
    };
    // What a payment was for: a line counts its own days only, so that several payments make up the span once.
    let (first, end) =
        facts.details.interest_period.map_or((first, end), |(from, until)| (first.max(from), end.min(until)));
    let all = end.days_since(first).max(0);
    Ok((all, days.at_most.map_or(all, |most| all.min(days_left(most, facts)))))
}

/// What earlier lines left of so many days of interest on one loan.
pub(super) fn days_left(most: u32, facts: &LineFacts) -> i64 {
    i64::from(most.saturating_sub(facts.details.interest_days_before))
}

/// A figure of the enterprise, for the year that the line is attributed to, and what was looked for.
pub(super) fn figure_of(
    figure: &Figure,
    attribution: Attribution,
    facts: &LineFacts,
) -> (Vec<Input>, Result<Amount, Missing>) {
    const NOT_STATED: Missing = Missing("figure");
    let mut inputs = vec![input("of", Value::Text(figure.name.to_string().into()))];
    let year = match attributed_year(attribution, facts) {
        Ok(counts_to) => figure.year(counts_to),
        Err(missing) => return (inputs, Err(missing)),
    };
    inputs.extend(year.map(|year| input("year", Value::Count(i64::from(year.value())))));
    let stated = year.and_then(|year| facts.enterprise.figures.get(&(figure.name.clone(), year)));
    (inputs, stated.copied().ok_or(NOT_STATED))
}

/// The loan of a line.
pub(super) fn loan(facts: &LineFacts) -> Result<&LoanFacts, Missing> {
    facts.loan.as_ref().ok_or(Missing("loan"))
}
