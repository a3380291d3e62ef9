//! The gates: does a condition of a programme hold for a line, and what was looked at.

use super::explanation::{Input, Value};
use super::facts::{LineFacts, LoanFacts, RightFacts};
use super::judge::input;
use super::model::Condition;
use super::refusal::Refusal;
use crate::calendar::CivilDate;
use crate::identifier::RightKind;

/// What was looked at, and whether the condition holds; the refusal otherwise.
pub(super) fn judge(condition: &Condition, facts: &LineFacts) -> (Vec<Input>, Result<(), Refusal>) {
    let loan = facts.loan.as_ref();
    let right = facts.right.as_ref();
    match condition {
        Condition::NotBlacklisted => not_blacklisted(facts),
        Condition::LoanRequired => {
            let shown = loan.map_or_else(|| "none".to_owned(), |loan| loan.loan.to_string());
            (vec![input("loan", Value::Text(shown))], holds(loan.is_some(), Refusal::NotEligible))
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
            (vec![input("right", Value::Text(shown))], holds(right.is_some(), Refusal::NotEligible))
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
                input("size-class", Value::Text(class.to_string())),
                input("allowed", Value::Text(allowed_codes.join(" "))),
            ];
            (inputs, holds(allowed.contains(&class), Refusal::NotEligible))
        }
    }
}

fn holds(condition: bool, refusal: Refusal) -> Result<(), Refusal> {
    if condition { Ok(()) } else { Err(refusal) }
}

/// A condition on the loan; it does not hold without one.
fn on_loan(
    loan: Option<&LoanFacts>,
    look: impl FnOnce(&LoanFacts) -> (Vec<Input>, bool),
) -> (Vec<Input>, Result<(), Refusal>) {
    let none = || (vec![input("loan", Value::Text("none".to_owned()))], false);
    let (inputs, held) = loan.map_or_else(none, look);
    (inputs, holds(held, Refusal::NotEligible))
}

/// A condition on the right; it does not hold without one.
fn on_right(
    right: Option<&RightFacts>,
    refusal: Refusal,
    look: impl FnOnce(&RightFacts) -> bool,
) -> (Vec<Input>, Result<(), Refusal>) {
    let Some(right) = right else {
        return (vec![input("right", Value::Text("none".to_owned()))], Err(Refusal::NotEligible));
    };
    (vec![input("right", Value::Text(right.right.to_string()))], holds(look(right), refusal))
}

/// An entry that is in force bites, whatever its day: the caller has looked at the dates.
fn not_blacklisted(facts: &LineFacts) -> (Vec<Input>, Result<(), Refusal>) {
    let since = facts.enterprise.blacklisted_since;
    (vec![day("blacklisted-since", since)], holds(since.is_none(), Refusal::EnterpriseBlacklisted))
}

fn payment_and_end(loan: &LoanFacts, facts: &LineFacts) -> Vec<Input> {
    vec![day("paid-on", Some(facts.paid_on)), day("ended-on", loan.ended_on)]
}

fn paid_by_end(loan: &LoanFacts, facts: &LineFacts) -> bool {
    loan.ended_on.is_none_or(|ended| facts.paid_on <= ended)
}

fn day(name: &str, day: Option<CivilDate>) -> Input {
    input(name, day.map_or_else(|| Value::Text("none".to_owned()), Value::Date))
}
