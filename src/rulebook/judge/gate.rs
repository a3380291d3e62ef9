//! The gates: does a condition of a programme hold for a line, and what was looked at.

#[path = "gate_further.rs"]
mod further;

use super::reference::{self, NoRate};
use super::{amount_input, input};
use crate::calendar::CivilDate;
use crate::identifier::RightKind;
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::{Input, Value};
use crate::rulebook::facts::{LineFacts, LoanFacts, RightFacts};
use crate::rulebook::model::{Condition, DateFact, Missing, Programme, RateTerm, When};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::word::Word;

/// What was looked at, and whether the condition holds; the refusal otherwise.
type Judged = (Vec<Input>, Result<(), Refusal>);

/// Judges a condition for a line that is the how-manieth application.
pub(super) fn judge(condition: &Condition, programme: &Programme, facts: &LineFacts, ordinal: u32) -> Judged {
    match condition {
        Condition::Property(when) => property(when, facts, ordinal),
        Condition::RateAtMost(term) => rate_at_most(term, programme, facts),
        Condition::IpShareAtLeast(share) => ip_share_at_least(*share, facts.loan.as_ref()),
        Condition::RevenueAtMost(limit) => known(facts.enterprise.revenue, "revenue", |revenue| {
            (vec![amount_input("revenue", revenue), amount_input("limit", *limit)], revenue <= *limit)
        }),
        Condition::LoanRepaid => on_details(facts, |loan| loan.details.repaid, "repaid", yes),
        Condition::LoanRightsOwned => on_details(facts, |loan| loan.details.rights_owned, "rights-owned", yes),
        Condition::FirstPledge => on_details(facts, |loan| loan.details.first_pledge, "first-pledge", yes),
        Condition::RightMonthsLeftAtLeast(months) => right_months_left(*months, facts),
        Condition::NoOtherPublicFunding => {
            let other = facts.other_public_funding;
            (vec![amount_input("other", other)], holds(!other.is_positive(), Refusal::OtherFundingCovers))
        }
        Condition::DateWithin { date, from, until } => date_within(*date, *from, *until, facts),
        Condition::AppliedWithinDays { of, days } => applied_within(*of, *days, facts),
        Condition::AppliedBy { month, day, years_after } => applied_by((*month, *day, *years_after), programme, facts),
        Condition::PledgedBySettlement => on_loan(facts.loan.as_ref(), |loan| {
            let in_time = loan.ended_on.is_none_or(|ended| loan.pledged_on <= ended);
            (vec![day("pledged-on", Some(loan.pledged_on)), day("ended-on", loan.ended_on)], in_time)
        }),
        Condition::AppliedInWindow(windows) => further::applied_in_window(windows, programme, facts),
        Condition::NotBlacklistedWithin(months) => further::not_blacklisted_within(*months, facts),
        Condition::FeeRateAtMost(rate) => further::fee_rate_at_most(*rate, facts),
        Condition::LoanDaysAtLeast(days) => further::loan_days_at_least(*days, facts),
        Condition::FigureAtLeast(figure, least) => {
            further::figure(figure, (programme, facts), *least, |figure| figure >= *least)
        }
        Condition::FigureAtMost(figure, most) => {
            further::figure(figure, (programme, facts), *most, |figure| figure <= *most)
        }
        Condition::NotBlacklisted
        | Condition::LoanRequired
        | Condition::LoanDisbursed
        | Condition::PledgedByDisbursement
        | Condition::PaidWithinLoan
        | Condition::PaidByLoanEnd
        | Condition::RightRequired
        | Condition::RightOwned
        | Condition::RightInForce
        | Condition::RightIsPatent
        | Condition::SizeClass(_) => plain(condition, facts),
    }
}

/// The conditions that need nothing but the facts that every line has.
fn plain(condition: &Condition, facts: &LineFacts) -> Judged {
    let loan = facts.loan.as_ref();
    let right = facts.right.as_ref();
    match condition {
        Condition::NotBlacklisted => not_blacklisted(facts),
        Condition::LoanRequired => {
            let shown = loan.map_or_else(|| "none".to_owned(), |loan| loan.loan.to_string());
            (vec![input("loan", Value::Text(shown.into()))], holds(loan.is_some(), Refusal::NotEligible))
        }
        Condition::LoanDisbursed => on_loan(loan, |loan| {
            let disbursed = loan.disbursed_on.is_some_and(|day| day <= facts.applied_on);
            (vec![day("disbursed-on", loan.disbursed_on), day("applied-on", Some(facts.applied_on))], disbursed)
        }),
        Condition::PledgedByDisbursement => on_loan(loan, |loan| {
            let in_time = loan.disbursed_on.is_some_and(|disbursed| loan.pledged_on <= disbursed);
            (vec![day("pledged-on", Some(loan.pledged_on)), day("disbursed-on", loan.disbursed_on)], in_time)
        }),
        Condition::PaidWithinLoan => on_loan(loan, |loan| {
            let begun = loan.disbursed_on.is_some_and(|disbursed| disbursed <= facts.paid_on);
            let mut inputs = vec![day("disbursed-on", loan.disbursed_on)];
            inputs.extend(payment_and_end(loan, facts));
            (inputs, begun && paid_by_end(loan, facts))
        }),
        Condition::PaidByLoanEnd => on_loan(loan, |loan| (payment_and_end(loan, facts), paid_by_end(loan, facts))),
        Condition::RightRequired => {
            let shown = right.map_or_else(|| "none".to_owned(), |right| right.right.to_string());
            (vec![input("right", Value::Text(shown.into()))], holds(right.is_some(), Refusal::NotEligible))
        }
        Condition::RightOwned => on_right(right, Refusal::RightNotOwned, |right| right.owned),
        Condition::RightInForce => on_right(right, Refusal::RightNotInForce, |right| right.in_force),
        Condition::RightIsPatent => {
            on_right(right, Refusal::NotEligible, |right| right.right.kind() == RightKind::Patent)
        }
        Condition::SizeClass(allowed) => {
            let class = facts.enterprise.size_class;
            let allowed_codes: Vec<&str> = allowed.iter().map(|class| class.code()).collect();
            let inputs = vec![
                input("size-class", Value::Text(Word::fixed(class.code()))),
                input("allowed", Value::Text(allowed_codes.join(" ").into())),
            ];
            (inputs, holds(allowed.contains(&class), Refusal::NotEligible))
        }
        Condition::Property(_)
        | Condition::RateAtMost(_)
        | Condition::IpShareAtLeast(_)
        | Condition::RevenueAtMost(_)
        | Condition::PledgedBySettlement
        | Condition::LoanRepaid
        | Condition::LoanRightsOwned
        | Condition::FirstPledge
        | Condition::RightMonthsLeftAtLeast(_)
        | Condition::NoOtherPublicFunding
        | Condition::DateWithin { .. }
        | Condition::AppliedWithinDays { .. }
        | Condition::AppliedBy { .. }
        | Condition::AppliedInWindow(_)
        | Condition::NotBlacklistedWithin(_)
        | Condition::FeeRateAtMost(_)
        | Condition::LoanDaysAtLeast(_)
        | Condition::FigureAtLeast(..)
        | Condition::FigureAtMost(..) => missing(Vec::new(), Missing("condition")),
    }
}

/// A condition that cannot be judged does not hold.
fn missing(mut inputs: Vec<Input>, missing: Missing) -> Judged {
    inputs.push(input("missing", Value::Text(missing.0.into())));
    (inputs, Err(missing.refusal()))
}

fn known<T>(fact: Option<T>, name: &'static str, look: impl FnOnce(T) -> (Vec<Input>, bool)) -> Judged {
    let Some(fact) = fact else { return missing(Vec::new(), Missing(name)) };
    let (inputs, held) = look(fact);
    (inputs, holds(held, Refusal::NotEligible))
}

/// A condition on a fact of the loan that only some rules ask for.
fn on_details<T>(
    facts: &LineFacts,
    fact: impl FnOnce(&LoanFacts) -> Option<T>,
    name: &'static str,
    look: impl FnOnce(&'static str, T) -> (Vec<Input>, bool),
) -> Judged {
    let Some(loan) = &facts.loan else { return on_loan(None, |_| (Vec::new(), false)) };
    known(fact(loan), name, |fact| look(name, fact))
}

fn yes(name: &'static str, fact: bool) -> (Vec<Input>, bool) {
    (vec![input(name, Value::Text(if fact { "yes" } else { "no" }.into()))], fact)
}

fn property(when: &When, facts: &LineFacts, ordinal: u32) -> Judged {
    let asked = vec![input("asked", Value::Text(when.text().into()))];
    match when.holds(&facts.properties(Some(ordinal))) {
        Ok(held) => (asked, holds(held, Refusal::NotEligible)),
        Err(name) => missing(asked, name),
    }
}

fn rate_at_most(term: &RateTerm, programme: &Programme, facts: &LineFacts) -> Judged {
    let found = reference::rate_of(term, programme.attribution, facts);
    match (found, &facts.loan) {
        (Ok(found), Some(loan)) => {
            let mut inputs = vec![input("actual-rate", Value::Rate(loan.annual_rate))];
            inputs.extend(found.inputs());
            inputs.push(input("rate-limit", Value::Rate(found.rate)));
            (inputs, holds(loan.annual_rate <= found.rate, Refusal::NotEligible))
        }
        (Err(NoRate::Missing(name)), _) => missing(Vec::new(), name),
        (Err(NoRate::Money(error)), _) => {
            (vec![input("error", Value::Text(error.to_string().into()))], Err(Refusal::NotEligible))
        }
        (Ok(_), None) => missing(Vec::new(), Missing("loan")),
    }
}

fn ip_share_at_least(share: Rate, loan: Option<&LoanFacts>) -> Judged {
    on_loan(loan, |loan| {
        let inputs = vec![
            amount_input("ip-part", loan.ip_part),
            amount_input("principal", loan.principal),
            input("share", Value::Rate(share)),
        ];
        (inputs, at_least(loan.ip_part, loan.principal, share))
    })
}

/// Whether a part is at least this share of the whole, exactly.
pub(in crate::rulebook) fn at_least(part: Amount, whole: Amount, share: Rate) -> bool {
    let floor = whole.times(share).map(|product| product.round(crate::money::Rounding::Up));
    floor.is_ok_and(|floor| part >= floor)
}

fn right_months_left(months: u32, facts: &LineFacts) -> Judged {
    let Some(right) = &facts.right else { return on_right(None, Refusal::NotEligible, |_| false) };
    known(right.expires_on, "right-expires-on", |expires| {
        let inputs = vec![
            day("applied-on", Some(facts.applied_on)),
            day("right-expires-on", Some(expires)),
            input("months", Value::Count(i64::from(months))),
        ];
        (inputs, facts.applied_on.plus_months(months).is_some_and(|least| least <= expires))
    })
}

fn date_within(date: DateFact, from: Option<CivilDate>, until: Option<CivilDate>, facts: &LineFacts) -> Judged {
    let mut inputs = vec![input("date", Value::Text(date.to_string().into()))];
    inputs.extend(from.map(|from| day("from", Some(from))));
    inputs.extend(until.map(|until| day("until", Some(until))));
    match reference::date_of(date, facts) {
        Ok(found) => {
            inputs.push(day("day", Some(found)));
            let held = from.is_none_or(|from| from <= found) && until.is_none_or(|until| found <= until);
            (inputs, holds(held, Refusal::NotEligible))
        }
        Err(name) => missing(inputs, name),
    }
}

fn applied_within(of: DateFact, days: u32, facts: &LineFacts) -> Judged {
    let mut inputs = vec![input("date", Value::Text(of.to_string().into()))];
    match reference::date_of(of, facts) {
        Ok(found) => {
            let passed = facts.applied_on.days_since(found);
            inputs.extend([
                day("day", Some(found)),
                input("days", Value::Count(passed)),
                input("days-limit", Value::Count(i64::from(days))),
            ]);
            (inputs, holds(passed <= i64::from(days), Refusal::NotEligible))
        }
        Err(name) => missing(inputs, name),
    }
}

fn applied_by((month, of_month, years_after): (u8, u8, u32), programme: &Programme, facts: &LineFacts) -> Judged {
    let year = match reference::attributed_year(programme.attribution, facts) {
        Ok(year) => year,
        Err(name) => return missing(Vec::new(), name),
    };
    let first = year.first_day().plus_months(years_after.saturating_mul(12).saturating_add(u32::from(month)));
    // The first day of the month after, less one day, or the day itself where the month has it.
    let end = first.and_then(|next| next.plus_days(-1));
    let Some(last) =
        end.and_then(|end| end.plus_days(i64::from(of_month.min(end.day())).saturating_sub(end.day().into())))
    else {
        return missing(Vec::new(), Missing("date"));
    };
    let inputs = vec![day("applied-on", Some(facts.applied_on)), day("until", Some(last))];
    (inputs, holds(facts.applied_on <= last, Refusal::NotEligible))
}

fn holds(condition: bool, refusal: Refusal) -> Result<(), Refusal> {
    if condition { Ok(()) } else { Err(refusal) }
}

/// A condition on the loan; it does not hold without one.
fn on_loan(loan: Option<&LoanFacts>, look: impl FnOnce(&LoanFacts) -> (Vec<Input>, bool)) -> Judged {
    let none = || (vec![input("loan", Value::Text("none".into()))], false);
    let (inputs, held) = loan.map_or_else(none, look);
    (inputs, holds(held, Refusal::NotEligible))
}

/// A condition on the right; it does not hold without one.
fn on_right(right: Option<&RightFacts>, refusal: Refusal, look: impl FnOnce(&RightFacts) -> bool) -> Judged {
    let Some(right) = right else {
        return (vec![input("right", Value::Text("none".into()))], Err(Refusal::NotEligible));
    };
    (vec![input("right", Value::Text(right.right.to_string().into()))], holds(look(right), refusal))
}

/// An entry that is in force bites, whatever its day: the caller has looked at the dates.
fn not_blacklisted(facts: &LineFacts) -> Judged {
    let since = facts.enterprise.blacklisted_since;
    (vec![day("blacklisted-since", since)], holds(since.is_none(), Refusal::EnterpriseBlacklisted))
}

fn payment_and_end(loan: &LoanFacts, facts: &LineFacts) -> Vec<Input> {
    vec![day("paid-on", Some(facts.paid_on)), day("ended-on", loan.ended_on)]
}

fn paid_by_end(loan: &LoanFacts, facts: &LineFacts) -> bool {
    loan.ended_on.is_none_or(|ended| facts.paid_on <= ended)
}

fn day(name: &'static str, day: Option<CivilDate>) -> Input {
    input(name, day.map_or_else(|| Value::Text("none".into()), Value::Date))
}
