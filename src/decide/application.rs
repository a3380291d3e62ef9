//! An application's life after it was submitted: approval, refusal, withdrawal, payment, clawback.
//!
//! Three acts by three persons: submit, approve, pay. The person counts, not the role or the certificate.

use super::command::{DemandClawback, RecordClawback};
use super::eyes::another_person;
use super::loan::exceeds;
use super::rejection::{Reason, Rejection};
use super::second::not_first_approver;
use super::{Context, Outcome, concerning_nobody, expect_state, not_before, text};
use crate::book::account::{Account, Posting, transfer};
use crate::book::application::Application;
use crate::book::event::{ApplicationChange, ApplicationChanged, ClawbackDemand, Event, RedLetterInvoice};
use crate::book::nouns::{ApplicationState, Concerns, EvidenceKey, Role};
use crate::book::shelf::Held;
use crate::identifier::ApplicationId;
use crate::money::Amount;
use crate::rulebook::refusal::Refusal;

pub(super) fn approve(context: &Context<'_>, id: ApplicationId) -> Result<Outcome, Rejection> {
    let application = application(context, id)?;
    expect_state("application_id", id, application.state, &[ApplicationState::Submitted])?;
    not_before_submission(context, &application)?;
    another_person(context, "application_id", &application.submitted_by, text("submitted it", "提交人"))?;
    if application.waits_for_closing {
        // How much of it is owed the closing run will say.
        return Ok(changed(context, id, &application, ApplicationChange::Approved));
    }
    let payable = application.payable();
    let mut postings: Vec<Posting> = Vec::new();
    for line in &application.lines {
        postings.extend(transfer(Account::SubsidyExpense(line.item), payable.clone(), line.award));
    }
    Ok(changed(context, id, &application, ApplicationChange::Approved).with(postings))
}

/// Refuses what is submitted, or takes back an approval that was not paid: the only way out for an application whose
/// payment is refused (blacklisted since, invoice cancelled since).
pub(super) fn refuse(context: &Context<'_>, id: ApplicationId, reason: &str) -> Result<Outcome, Rejection> {
    let application = application(context, id)?;
    let undecided = [ApplicationState::Submitted, ApplicationState::Approved, ApplicationState::AwaitingClosing];
    expect_state("application_id", id, application.state, &undecided)?;
    not_before_submission(context, &application)?;
    another_person(context, "application_id", &application.submitted_by, text("submitted it", "提交人"))?;
    let mut postings = unreserve(&application);
    if let Some((approved_on, _)) = &application.approved {
        not_before("effective_date", context.day, *approved_on, text("the day of approval", "审核日"))?;
    }
    if application.approved.is_some() && !application.waits_for_closing {
        let payable = application.payable();
        for line in &application.lines {
            postings.extend(transfer(payable.clone(), Account::SubsidyExpense(line.item), line.award));
        }
    }
    let change = ApplicationChange::Refused(reason.to_owned());
    Ok(changed(context, id, &application, change).with(postings))
}

pub(super) fn withdraw(context: &Context<'_>, id: ApplicationId, reason: &str) -> Result<Outcome, Rejection> {
    let application = application(context, id)?;
    expect_state("application_id", id, application.state, &[ApplicationState::Submitted])?;
    not_before_submission(context, &application)?;
    let change = ApplicationChange::Withdrawn(reason.to_owned());
    Ok(changed(context, id, &application, change).with(unreserve(&application)))
}

pub(super) fn pay(context: &Context<'_>, id: ApplicationId, reference: &str) -> Result<Outcome, Rejection> {
    let application = application(context, id)?;
    expect_state("application_id", id, application.state, &[ApplicationState::Approved])?;
    another_person(context, "application_id", &application.submitted_by, text("submitted it", "提交人"))?;
    if let Some((approved_on, approver)) = &application.approved {
        another_person(context, "application_id", approver, text("approved it", "审核人"))?;
        not_first_approver(context, id)?;
        not_before("effective_date", context.day, *approved_on, text("the day of approval", "审核日"))?;
    }
    if let Some((_, person)) = &application.closed {
        another_person(context, "application_id", person, text("made the closing run", "折算人"))?;
    }
    if let Some(refusal) = payment_refusal(context, &application) {
        let change = ApplicationChange::PaymentRefused(refusal);
        return Ok(changed(context, id, &application, change));
    }
    let (line, year) = application.budget.clone();
    let mut postings = transfer(application.payable(), Account::TreasuryCash, application.granted);
    postings.extend(transfer(
        Account::BudgetSpent(line.clone(), year),
        Account::BudgetReserved(line, year),
        application.granted,
    ));
    let change = ApplicationChange::Paid(reference.to_owned());
    Ok(changed(context, id, &application, change).with(postings))
}

/// Why an approved subsidy is not paid after all: a blacklist entry, or an invoice that was cancelled in the meantime.
fn payment_refusal(context: &Context<'_>, application: &Application) -> Option<Refusal> {
    let enterprise = context.book.enterprises.get(&application.enterprise);
    if enterprise.is_some_and(|enterprise| enterprise.blacklisted_on(context.day).is_some()) {
        return Some(Refusal::EnterpriseBlacklisted);
    }
    let used = application.lines.iter().filter(|line| line.evidence.1.is_positive());
    let mut evidence = used.filter_map(|line| context.book.evidence.get(&line.evidence.0));
    evidence.any(|evidence| evidence.overused().is_positive()).then_some(Refusal::EvidenceUsedUp)
}

const PAID: &[ApplicationState] =
    &[ApplicationState::Paid, ApplicationState::ClawbackDemanded, ApplicationState::ClawedBack];

pub(super) fn demand_clawback(context: &Context<'_>, demand: &DemandClawback) -> Result<Outcome, Rejection> {
    let id = demand.application;
    let application = application(context, id)?;
    expect_state("application_id", id, application.state, PAID)?;
    not_before_payment(context, &application)?;
    let left = application.granted.minus(application.demanded);
    if demand.amount > left {
        return Err(exceeds(
            "amount",
            demand.amount,
            left,
            text("what was paid and not demanded yet", "已拨付未追回金额"),
        ));
    }
    let rule = context.book.rulebook(&application.rulebook);
    let clawback =
        rule.and_then(|rulebook| rulebook.programme(&application.programme)).map(|programme| programme.clawback);
    let by_line = fill_lines(&application, demand.amount);
    let mut postings = Vec::new();
    let receivable = application.receivable();
    for (line, amount) in application.lines.iter().zip(&by_line) {
        postings.extend(transfer(receivable.clone(), Account::SubsidyExpense(line.item), *amount));
    }
    let change = ApplicationChange::ClawbackDemanded(ClawbackDemand {
        amount: demand.amount,
        reason: demand.reason.clone(),
        by_line,
        restores_caps: clawback.is_some_and(|clawback| clawback.restores_cap),
        restores_budget: clawback.is_some_and(|clawback| clawback.restores_budget),
    });
    Ok(changed(context, id, &application, change).with(postings))
}

/// Spreads a demand over the lines in their order, each up to what was awarded and not demanded before.
pub(super) fn fill_lines(application: &Application, amount: Amount) -> Vec<Amount> {
    let mut left = amount;
    let mut parts = Vec::with_capacity(application.lines.len());
    for line in &application.lines {
        let part = left.at_most(line.award.minus(line.demanded));
        left = left.minus(part);
        parts.push(part);
    }
    parts
}

pub(super) fn record_clawback(context: &Context<'_>, clawback: &RecordClawback) -> Result<Outcome, Rejection> {
    let id = clawback.application;
    let application = application(context, id)?;
    expect_state("application_id", id, application.state, &[ApplicationState::ClawbackDemanded])?;
    not_before_payment(context, &application)?;
    let due = application.demanded.minus(application.received_back).plus(application.overpaid);
    if clawback.amount > due {
        return Err(exceeds("amount", clawback.amount, due, text("what is still demanded", "尚未收回的追回金额")));
    }
    let mut postings = transfer(Account::TreasuryCash, application.receivable(), clawback.amount);
    if application.restores_budget {
        let (line, year) = application.budget.clone();
        postings.extend(transfer(
            Account::BudgetAvailable(line.clone(), year),
            Account::BudgetSpent(line, year),
            clawback.amount,
        ));
    }
    let change = ApplicationChange::ClawbackReceived(clawback.amount, clawback.reference.clone());
    Ok(changed(context, id, &application, change).with(postings))
}

/// A red-letter invoice leaves less of the blue one; what was used beyond is shown as overused, to be clawed back.
pub(super) fn record_red_letter(context: &Context<'_>, red: &RedLetterInvoice) -> Result<Outcome, Rejection> {
    let Some(evidence) = context.book.evidence.get(&EvidenceKey::Invoice(red.blue)) else {
        return Err(Rejection::new(
            Reason::EvidenceUnknown,
            "blue_invoice_number",
            format!("invoice `{}` was never used here; nothing to cancel", red.blue),
            format!("发票“{}”未在本系统使用，无需冲红", red.blue),
        ));
    };
    if context.book.evidence.contains_key(&EvidenceKey::Invoice(red.red)) || red.red == red.blue {
        return Err(Rejection::new(
            Reason::AlreadyExists,
            "red_invoice_number",
            format!("`{}` is known as a blue invoice; expected the red-letter invoice's own number", red.red),
            format!("“{}”已作为蓝字发票登记；应填写红字发票号码", red.red),
        ));
    }
    if context.book.red_letters.contains_key(&red.red) {
        return Err(Rejection::new(
            Reason::AlreadyExists,
            "red_invoice_number",
            format!("red-letter invoice `{}` is recorded already; it cancels once", red.red),
            format!("红字发票“{}”已登记；不能重复冲红", red.red),
        ));
    }
    let left = evidence.total.minus(evidence.cancelled);
    if red.amount > left {
        return Err(exceeds("amount", red.amount, left, text("what is left of the invoice", "发票未冲红金额")));
    }
    Ok(Outcome::new(Event::RedLetterInvoiceRecorded(red.clone()), concerning_nobody()))
}

/// Looks up an application; an enterprise finds only its own.
pub(super) fn application<'a>(context: &Context<'a>, id: ApplicationId) -> Result<Held<'a, Application>, Rejection> {
    let found = context.book.applications.get(&id).filter(|application| {
        let own = context.caller.role != Role::Enterprise || context.caller.enterprise == Some(application.enterprise);
        own && context.in_districts(application.enterprise)
    });
    found.ok_or_else(|| {
        Rejection::new(
            Reason::ApplicationUnknown,
            "application_id",
            format!("`{id}` is not an application known here; expected an id that ApplySubsidy returned"),
            format!("未找到申请“{id}”；应为申请时返回的编号"),
        )
    })
}

fn not_before_submission(context: &Context<'_>, application: &Application) -> Result<(), Rejection> {
    not_before("effective_date", context.day, application.submitted_on, text("the day of application", "申请日"))
}

fn not_before_payment(context: &Context<'_>, application: &Application) -> Result<(), Rejection> {
    let paid_on = application.paid.as_ref().map_or(application.submitted_on, |(paid_on, _)| *paid_on);
    not_before("effective_date", context.day, paid_on, text("the day of payment", "拨付日"))
}

fn unreserve(application: &Application) -> Vec<Posting> {
    let (line, year) = application.budget.clone();
    transfer(Account::BudgetAvailable(line.clone(), year), Account::BudgetReserved(line, year), application.reserved())
}

fn changed(context: &Context<'_>, id: ApplicationId, application: &Application, change: ApplicationChange) -> Outcome {
    let loan = application.loan.and_then(|loan| context.book.loans.get(&loan));
    let concerns =
        Concerns { institution: loan.map(|loan| loan.terms.bank.clone()), enterprise: Some(application.enterprise) };
    Outcome::new(Event::ApplicationChanged(ApplicationChanged { application: id, change }), concerns)
}
