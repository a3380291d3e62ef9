//! Above an amount one approver is not enough (大额双人审批): the rulebook's `[approval]`.
//!
//! The command is decided in full each time. The first time it comes to an entry that says who approved and that another
//! person must; the second time, given by another person with the same particulars, it comes to what was asked.

use super::command::Command;
use super::eyes::another_person;
use super::permission::rpc_of;
use super::rejection::Rejection;
use super::{Context, Outcome, text};
use crate::book::access::{Endorsed, withdrawal_subject};
use crate::book::event::{ApplicationChange, ApplicationChanged, Event};
use crate::identifier::{ApplicationId, ClaimId};
use crate::money::Amount;
use crate::rulebook::Rulebook;
use crate::rulebook::model::ApprovalAct;

/// An act that may need a second person.
struct Matter<'a> {
    act: ApprovalAct,
    /// The request's field that names it.
    field: &'static str,
    subject: String,
    amount: Amount,
    rulebook: &'a Rulebook,
}

/// Keeps the outcome back where the rulebook wants a second person and there was no first.
pub(super) fn wait_for_second(
    context: &Context<'_>,
    command: &Command,
    outcome: Outcome,
) -> Result<Outcome, Rejection> {
    let Some(matter) = matter(context, command) else { return Ok(outcome) };
    if is_refused(&outcome.event) {
        return Ok(outcome);
    }
    let Some(second_above) = matter.rulebook.second_above(matter.act).filter(|limit| matter.amount > *limit) else {
        return Ok(outcome);
    };
    let rpc = rpc_of(command);
    let first = context.book.access.endorsement(rpc, &matter.subject).filter(|first| first.amount == matter.amount);
    if let Some(first) = first {
        another_person(context, matter.field, &first.hands, text("approved it first", "初审人"))?;
        return Ok(outcome);
    }
    let endorsed = Endorsed { rpc: rpc.to_owned(), subject: matter.subject, amount: matter.amount, second_above };
    Ok(Outcome::new(Event::Endorsed(endorsed), outcome.concerns))
}

/// Refuses the caller if it gave the first of two approvals of an application.
pub(super) fn not_first_approver(context: &Context<'_>, id: ApplicationId) -> Result<(), Rejection> {
    not_first(context, &Command::ApproveSubsidy(id), &id.to_string(), "application_id")
}

/// Refuses the caller if it gave the first of two approvals of a claim.
pub(super) fn not_first_approver_of_claim(context: &Context<'_>, id: ClaimId) -> Result<(), Rejection> {
    not_first(context, &Command::ApproveClaim(id), &id.to_string(), "claim_id")
}

fn not_first(context: &Context<'_>, command: &Command, subject: &str, field: &str) -> Result<(), Rejection> {
    let Some(first) = context.book.access.endorsement(rpc_of(command), subject) else { return Ok(()) };
    another_person(context, field, &first.hands, text("approved it first", "初审人"))
}

/// A payment that the scheme refuses is no payment.
const fn is_refused(event: &Event) -> bool {
    matches!(event, Event::ApplicationChanged(ApplicationChanged { change: ApplicationChange::PaymentRefused(_), .. }))
}

fn matter<'a>(context: &Context<'a>, command: &Command) -> Option<Matter<'a>> {
    if let Command::ApproveSubsidy(id) = command {
        return of_application(context, *id, ApprovalAct::Award, id.to_string());
    }
    if let Command::PaySubsidy(id, reference) = command {
        return of_application(context, *id, ApprovalAct::Payment, format!("{id} {reference}"));
    }
    if let Command::ApproveClaim(id) = command {
        return of_claim(context, *id, ApprovalAct::Claim, id.to_string());
    }
    if let Command::PayClaim(id, reference) = command {
        return of_claim(context, *id, ApprovalAct::Payment, format!("{id} {reference}"));
    }
    let Command::WithdrawFromPool(transfer) = command else { return None };
    let in_force = context.book.pool_rule_on(&transfer.pool, context.day).map(|(rulebook, _)| rulebook);
    let last = || context.book.rulebooks.iter().rev().find(|rulebook| rulebook.pool(&transfer.pool).is_some());
    Some(Matter {
        act: ApprovalAct::Withdrawal,
        field: "amount",
        subject: withdrawal_subject(&transfer.pool, &transfer.funder, transfer.amount, &transfer.reference),
        amount: transfer.amount,
        rulebook: in_force.or_else(last)?.as_ref(),
    })
}

fn of_application<'a>(
    context: &Context<'a>,
    id: ApplicationId,
    act: ApprovalAct,
    subject: String,
) -> Option<Matter<'a>> {
    let application = context.book.applications.get(&id)?;
    let rulebook = context.book.rulebook(&application.rulebook)?.as_ref();
    Some(Matter { act, field: "application_id", subject, amount: application.granted, rulebook })
}

fn of_claim<'a>(context: &Context<'a>, id: ClaimId, act: ApprovalAct, subject: String) -> Option<Matter<'a>> {
    let claim = context.book.claims.get(&id)?;
    let rulebook = context.book.rulebook(&claim.rulebook)?.as_ref();
    Some(Matter { act, field: "claim_id", subject, amount: claim.pool_share(), rulebook })
}
