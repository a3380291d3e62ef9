//! Gates on windows of application, fees by the year, the use of a loan, a clean record and stated figures.

use super::super::{amount_input, input, reference};
use super::{Judged, day, holds, missing, on_loan};
use crate::money::{Amount, Rate, Rounding};
use crate::rulebook::explanation::Value;
use crate::rulebook::facts::LineFacts;
use crate::rulebook::model::{Figure, Missing, Programme, Window};
use crate::rulebook::refusal::Refusal;

/// The days of a year that a fee rate is for.
const DAYS_OF_A_YEAR: i64 = 365;

/// The first window that is for the cost's day decides; a cost that none is for cannot be applied for.
pub(super) fn applied_in_window(windows: &[Window], programme: &Programme, facts: &LineFacts) -> Judged {
    let counted = match reference::attributed_day(programme.attribution, facts) {
        Ok(counted) => counted,
        Err(name) => return missing(Vec::new(), name),
    };
    let mut inputs = vec![day("applied-on", Some(facts.applied_on)), day("day", Some(counted))];
    let Some(window) = windows.iter().find(|window| window.is_for(counted)) else {
        return (inputs, Err(Refusal::NotEligible));
    };
    let Some((from, until)) = window.for_year(counted.year()) else { return missing(inputs, Missing("date")) };
    inputs.extend([day("from", Some(from)), day("until", Some(until))]);
    (inputs, holds((from..=until).contains(&facts.applied_on), Refusal::NotEligible))
}

/// An entry that ended so many months before the application, or earlier, no longer counts.
pub(super) fn not_blacklisted_within(months: u32, facts: &LineFacts) -> Judged {
    let (since, until) = (facts.enterprise.blacklisted_since, facts.enterprise.blacklisted_until);
    let inputs = vec![
        day("blacklisted-since", since),
        day("blacklisted-until", until),
        input("months", Value::Count(i64::from(months))),
    ];
    let clean = until.is_none_or(|until| until.plus_months(months).is_some_and(|end| end < facts.applied_on));
    (inputs, holds(since.is_none() && clean, Refusal::EnterpriseBlacklisted))
}

/// The fee over the principal and the contract's days, both ends counted, by the year of 365 days.
pub(super) fn fee_rate_at_most(rate: Rate, facts: &LineFacts) -> Judged {
    let Some(loan) = &facts.loan else { return on_loan(None, |_| (Vec::new(), false)) };
    let (Some(signed), Some(matures)) = (loan.details.signed_on, loan.details.matures_on) else {
        return missing(Vec::new(), Missing("signed-on"));
    };
    let days = matures.days_since(signed).saturating_add(1).max(0);
    let most = loan.principal.floored_at_zero().times(rate).and_then(|year| year.times_fraction(days, DAYS_OF_A_YEAR));
    let most = match most {
        Ok(most) => most.round(Rounding::Down),
        Err(error) => return (vec![input("error", Value::Text(error.to_string().into()))], Err(Refusal::NotEligible)),
    };
    let inputs = vec![
        amount_input("cost", facts.cost),
        amount_input("principal", loan.principal),
        input("days", Value::Count(days)),
        input("rate-limit", Value::Rate(rate)),
        amount_input("limit", most),
    ];
    (inputs, holds(facts.cost <= most, Refusal::NotEligible))
}

/// From the first disbursement to the loan's end, or to the application where it goes on.
pub(super) fn loan_days_at_least(least: u32, facts: &LineFacts) -> Judged {
    on_loan(facts.loan.as_ref(), |loan| {
        let end = loan.ended_on.map_or(facts.applied_on, |ended| ended.min(facts.applied_on));
        let days = loan.disbursed_on.map_or(0, |disbursed| end.days_since(disbursed).max(0));
        let inputs = vec![
            day("disbursed-on", loan.disbursed_on),
            day("ended-on", loan.ended_on),
            input("days", Value::Count(days)),
            input("days-at-least", Value::Count(i64::from(least))),
        ];
        (inputs, days >= i64::from(least))
    })
}

/// A figure of the enterprise against a limit.
pub(super) fn figure(
    figure: &Figure,
    (programme, facts): (&Programme, &LineFacts),
    limit: Amount,
    keeps: impl FnOnce(Amount) -> bool,
) -> Judged {
    let (mut inputs, stated) = reference::figure_of(figure, programme.attribution, facts);
    match stated {
        Ok(stated) => {
            inputs.extend([amount_input("figure", stated), amount_input("limit", limit)]);
            (inputs, holds(keeps(stated), Refusal::NotEligible))
        }
        Err(name) => missing(inputs, name),
    }
}
