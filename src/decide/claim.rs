//! Claims on a pool: judged by the rule, set aside while under review, approved and paid by different persons,
//! deferred claims resumed in order, recoveries shared back.

use std::collections::BTreeMap;

use super::command::RecordRecovery;
use super::eyes::another_person;
use super::loan::{exceeds, exposure_postings, own_loan};
use super::rejection::{Reason, Rejection};
use super::second::not_first_approver_of_claim;
use super::{Context, Outcome, concerning, expect_state, not_before, state_forbids, text};
use crate::book::account::{Account, transfer};
use crate::book::event::{ClaimChange, ClaimChanged, ClaimDecision, ClaimSubmitted, Event, Recovery};
use crate::book::loan::Loan;
use crate::book::nouns::{ClaimState, LoanState, Named as _, Role};
use crate::book::pool::{Claim, Pool, pool_share};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{CapId, ClaimId, InstitutionId, LoanId, PoolId};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, Input, Step, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{ClaimFacts, ClaimVerdict, WideKey};
use crate::rulebook::model::PayerCapScope;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::LossParty;
use crate::rulebook::word::Word;
use crate::rulebook::{PoolRule, judge_claim, recovery_split};

pub(super) fn submit(context: &Context<'_>, id: LoanId, principal_loss: Amount) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::NonPerforming])?;
    not_before("effective_date", context.day, loan.last_event_on, text("the loan's last event", "该贷款最近业务日"))?;
    if principal_loss > loan.outstanding() {
        return Err(exceeds(
            "principal_loss",
            principal_loss,
            loan.outstanding(),
            text("the outstanding principal", "未还本金"),
        ));
    }
    let Some(pool) = &loan.terms.pool else {
        return Err(Rejection::new(
            Reason::PoolUnknown,
            "loan_id",
            format!("`{id}` was filed without a pool; there is nothing to claim on"),
            format!("“{id}”备案时未纳入资金池，无法申请补偿"),
        ));
    };
    let rule = rule_of(context, &loan, pool)?;
    let facts = ClaimFacts {
        principal_loss,
        outstanding: loan.outstanding(),
        principal: loan.terms.principal,
        ip_part: loan.terms.ip_part,
        overdue_days: loan.overdue_since.map(|since| context.day.days_since(since)),
        ..facts_of_pool(context, (id, &loan), pool, context.day)
    };
    let mut verdict = judge_claim(rule, &facts);
    filed_before_overdue(&mut verdict, &loan);
    let payee = payee_of(context, (id, &loan), &mut verdict);
    let place = Place {
        pool,
        bank: &loan.terms.bank,
        year: context.day.year(),
        claim: ClaimId::new(context.stamp.sequence.value()),
    };
    wait_in_line(context, &mut verdict, &place);
    let submitted = ClaimSubmitted {
        loan: id,
        pool: pool.clone(),
        rulebook: loan.rulebook.clone(),
        principal_loss,
        decision: decision(verdict, payee),
    };
    Ok(Outcome::new(Event::ClaimSubmitted(submitted), concerning(&loan.terms.bank, loan.terms.borrower)))
}

fn facts_of_pool(
    context: &Context<'_>,
    (id, loan): (LoanId, &Loan),
    pool_id: &PoolId,
    submitted_on: CivilDate,
) -> ClaimFacts {
    let empty = Pool::default();
    let pool = context.book.pools.get(pool_id).unwrap_or(&empty);
    let year = submitted_on.year();
    let bank_year = pool.bank_year(&loan.terms.bank, year);
    let mut details = super::facts::of_claim(context, (id, loan), pool_id, submitted_on);
    details.used = used_of(context, loan, pool, year);
    ClaimFacts {
        principal_loss: Amount::ZERO,
        outstanding: Amount::ZERO,
        principal: loan.terms.principal,
        ip_part: loan.terms.ip_part,
        overdue_days: None,
        free_balance: pool.free_balance(),
        bank_year_losses: bank_year.losses,
        bank_year_filed: bank_year.filed,
        details,
    }
}

/// What counts toward the payers' caps of the year; a sum that nothing was added to is zero.
fn used_of(context: &Context<'_>, loan: &Loan, pool: &Pool, year: FiscalYear) -> BTreeMap<CapId, Amount> {
    let rule = context.book.rulebook(&loan.rulebook).zip(loan.terms.pool.as_ref());
    let payers = rule.and_then(|(rulebook, id)| rulebook.pool(id)).map(|rule| rule.payers.iter());
    let caps = payers.into_iter().flatten().flat_map(|payer| &payer.caps);
    let used = caps.map(|cap| {
        let bank = match cap.scope {
            PayerCapScope::BankYear => Some(loan.terms.bank.clone()),
            PayerCapScope::Claim | PayerCapScope::ProgrammeYear => None,
        };
        let key = WideKey { cap: cap.id.clone(), year, bank };
        (cap.id.clone(), pool.cap_use.get(&key).copied().unwrap_or(Amount::ZERO))
    });
    used.collect()
}

/// The institution that the pool's part is paid to. Where the rule names a party that nobody named an institution for,
/// the claim is refused for want of that fact.
fn payee_of(context: &Context<'_>, loan: (LoanId, &Loan), verdict: &mut ClaimVerdict) -> Option<InstitutionId> {
    if verdict.payee == LossParty::Bank || verdict.explanation.refusal.is_some_and(|refusal| !refusal.defers()) {
        return None;
    }
    let found = super::facts::institution_of(context, loan, verdict.payee);
    if found.is_none() {
        let text =
            |name: &'static str, value: String| Input { name: Word::fixed(name), value: Value::Text(value.into()) };
        let inputs = vec![text("payee", verdict.payee.to_string()), text("missing", "parties".to_owned())];
        refuse_by(verdict, Refusal::FactMissing, ("payee", inputs));
    }
    found
}

/// Refuses a claim by a step of the ledger's own.
fn refuse_by(verdict: &mut ClaimVerdict, refusal: Refusal, (rule, inputs): (&str, Vec<Input>)) {
    verdict.covered_loss = Amount::ZERO;
    verdict.shares = Vec::new();
    verdict.cap_uses = Vec::new();
    verdict.explanation.refusal = Some(refusal);
    verdict.explanation.bound = Bound::Gate;
    verdict.explanation.granted = Amount::ZERO;
    verdict.explanation.steps.push(Step {
        kind: StepKind::Gate,
        rule: rule.into(),
        clause: None,
        inputs,
        result: Amount::ZERO.to_string().into(),
        outcome: StepOutcome::Failed,
    });
}

fn rule_of<'a>(context: &Context<'a>, loan: &Loan, pool: &PoolId) -> Result<&'a PoolRule, Rejection> {
    let rulebook = context.book.rulebook(&loan.rulebook);
    let rule = rulebook.and_then(|rulebook| rulebook.pool(pool));
    rule.ok_or_else(|| super::loan::pool_unknown(pool))
}

/// A loan that was overdue when it entered the scheme is none of the pool's business, whatever its pledge (ours).
fn filed_before_overdue(verdict: &mut ClaimVerdict, loan: &Loan) {
    let Some(since) = loan.overdue_since.filter(|since| *since < loan.filed_on) else { return };
    if verdict.explanation.refusal.is_some_and(|refusal| !refusal.defers()) {
        return;
    }
    let day = |name: &'static str, day| Input { name: Word::fixed(name), value: Value::Date(day) };
    let inputs = vec![day("filed-on", loan.filed_on), day("overdue-since", since)];
    refuse_by(verdict, Refusal::LossNotCovered, ("filed-before-overdue", inputs));
}

/// A claim's place in the line.
struct Place<'a> {
    pool: &'a PoolId,
    bank: &'a InstitutionId,
    /// The claim's bank-year.
    year: FiscalYear,
    claim: ClaimId,
}

/// An earlier claim that this one must wait for: of the same bank-year, whose ratio both add to, or one that waits for
/// the pool's money.
fn ahead<'a>(context: &Context<'a>, place: &Place<'_>) -> Option<&'a Claim> {
    let waiting = &context.book.pools.get(place.pool)?.deferred;
    let mut earlier = waiting.range(..place.claim).filter_map(|id| context.book.claims.get(id)).filter(|other| {
        let same_year = other.bank == *place.bank && other.submitted_on.year() == place.year;
        same_year || other.refusal == Some(Refusal::PoolShort)
    });
    earlier.next()
}

/// A claim that could be paid waits nevertheless while an earlier one does: first come, first served.
fn wait_in_line(context: &Context<'_>, verdict: &mut ClaimVerdict, place: &Place<'_>) {
    if verdict.explanation.refusal.is_some() {
        return;
    }
    let Some(first) = ahead(context, place) else { return };
    let reason = first.refusal.unwrap_or(Refusal::PoolShort);
    let (kind, bound) = if reason == Refusal::BreakerTripped {
        (StepKind::Breaker, Bound::Gate)
    } else {
        (StepKind::PoolBalance, Bound::PoolBalance)
    };
    verdict.explanation.refusal = Some(reason);
    verdict.explanation.bound = bound;
    verdict.explanation.granted = Amount::ZERO;
    verdict.explanation.steps.push(Step {
        kind,
        rule: Word::fixed("in-order"),
        clause: None,
        inputs: vec![Input { name: Word::fixed("earlier-claim-waits-since"), value: Value::Date(first.submitted_on) }],
        result: Amount::ZERO.to_string().into(),
        outcome: StepOutcome::Deferred,
    });
}

fn decision(verdict: ClaimVerdict, payee: Option<InstitutionId>) -> ClaimDecision {
    ClaimDecision {
        covered_loss: verdict.covered_loss,
        shares: verdict.shares,
        payee,
        cap_uses: verdict.cap_uses,
        explanation: verdict.explanation,
    }
}

/// Judges a deferred claim again, on today's pool and the bank-year of its submission.
pub(super) fn resume(context: &Context<'_>, id: ClaimId) -> Result<Outcome, Rejection> {
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::Deferred])?;
    not_before("effective_date", context.day, claim.submitted_on, text("the day of submission", "申请日"))?;
    let year = claim.submitted_on.year();
    let place = Place { pool: &claim.pool, bank: &claim.bank, year, claim: id };
    if let Some(first) = ahead(context, &place) {
        return Err(Rejection::new(
            Reason::OutOfOrder,
            "claim_id",
            format!("an earlier claim waits since {}; it comes first", first.submitted_on),
            format!("{}提交的更早申请仍在等待；须按顺序恢复", first.submitted_on),
        ));
    }
    let loan = own_loan(context, claim.loan)?;
    let rule = rule_of(context, &loan, &claim.pool)?;
    let facts = ClaimFacts {
        principal_loss: claim.principal_loss,
        outstanding: loan.outstanding(),
        overdue_days: loan.overdue_since.map(|since| context.day.days_since(since)),
        ..facts_of_pool(context, (claim.loan, &loan), &claim.pool, claim.submitted_on)
    };
    let mut verdict = judge_claim(rule, &facts);
    let payee = payee_of(context, (claim.loan, &loan), &mut verdict);
    Ok(changed(context, id, claim, ClaimChange::Resumed(decision(verdict, payee))))
}

pub(super) fn approve(context: &Context<'_>, id: ClaimId) -> Result<Outcome, Rejection> {
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::UnderReview])?;
    not_before("effective_date", context.day, claim.submitted_on, text("the day of submission", "申请日"))?;
    another_person(context, "claim_id", &claim.submitted_by, text("submitted it", "提交人"))?;
    let loan = own_loan(context, claim.loan)?;
    let mut postings = transfer(
        Account::PoolCompensation(claim.pool.clone()),
        Account::PoolPayable(claim.pool.clone(), claim.payee.clone()),
        claim.pool_share(),
    );
    postings.extend(exposure_postings(Some(&claim.pool), loan.exposure, Amount::ZERO));
    Ok(changed(context, id, claim, ClaimChange::Approved).with(postings))
}

pub(super) fn refuse(context: &Context<'_>, id: ClaimId, reason: &str) -> Result<Outcome, Rejection> {
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::UnderReview, ClaimState::Deferred])?;
    not_before("effective_date", context.day, claim.submitted_on, text("the day of submission", "申请日"))?;
    another_person(context, "claim_id", &claim.submitted_by, text("submitted it", "提交人"))?;
    Ok(changed(context, id, claim, ClaimChange::Refused(reason.to_owned())))
}

pub(super) fn pay(context: &Context<'_>, id: ClaimId, reference: &str) -> Result<Outcome, Rejection> {
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::Approved])?;
    another_person(context, "claim_id", &claim.submitted_by, text("submitted it", "提交人"))?;
    if let Some((approved_on, approver)) = &claim.approved {
        another_person(context, "claim_id", approver, text("approved it", "审核人"))?;
        not_first_approver_of_claim(context, id)?;
        not_before("effective_date", context.day, *approved_on, text("the day of approval", "审核日"))?;
    }
    let postings = transfer(
        Account::PoolPayable(claim.pool.clone(), claim.payee.clone()),
        Account::PoolCash(claim.pool.clone()),
        claim.pool_share(),
    );
    Ok(changed(context, id, claim, ClaimChange::Paid(reference.to_owned())).with(postings))
}

/// Shares back what was recovered, net of its cost, by the vector of the claim; the pool never gets more than it paid,
/// the rest is the bank's.
pub(super) fn record_recovery(context: &Context<'_>, command: &RecordRecovery) -> Result<Outcome, Rejection> {
    let id = command.claim;
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::Paid, ClaimState::Recovering, ClaimState::Closed])?;
    let Some((paid_on, _)) = &claim.paid else {
        return Err(state_forbids(
            "claim_id",
            id,
            text("closed without payment", "未补偿即关闭"),
            &[ClaimState::Paid.name()],
        ));
    };
    not_before("effective_date", context.day, *paid_on, text("the day of payment", "补偿日"))?;
    let loan = own_loan(context, claim.loan)?;
    let rule = rule_of(context, &loan, &claim.pool)?;
    let net = command.amount.minus(command.cost).floored_at_zero();
    let mut shares = recovery_split(rule, &claim.shares, net);
    let to_pool = pool_share(&shares).at_most(claim.pool_share().minus(claim.returned));
    let excess = pool_share(&shares).minus(to_pool);
    for (party, share) in &mut shares {
        match party {
            LossParty::Pool => *share = to_pool,
            LossParty::Bank => *share = share.plus(excess),
            LossParty::Insurer
            | LossParty::Guarantor
            | LossParty::Valuer
            | LossParty::Province
            | LossParty::City
            | LossParty::District => {}
        }
    }
    let postings = transfer(Account::PoolCash(claim.pool.clone()), Account::PoolRecovered(claim.pool.clone()), to_pool);
    let recovery = Recovery { amount: command.amount, cost: command.cost, shares, to_pool };
    Ok(changed(context, id, claim, ClaimChange::Recovered(recovery)).with(postings))
}

pub(super) fn write_off(context: &Context<'_>, id: ClaimId) -> Result<Outcome, Rejection> {
    let claim = claim(context, id)?;
    expect_state("claim_id", id, claim.state, &[ClaimState::Paid, ClaimState::Recovering])?;
    let paid_on = claim.paid.as_ref().map_or(claim.submitted_on, |(paid_on, _)| *paid_on);
    not_before("effective_date", context.day, paid_on, text("the day of payment", "补偿日"))?;
    Ok(changed(context, id, claim, ClaimChange::WrittenOff))
}

/// Looks up a claim; a bank finds only its own.
pub(super) fn claim<'a>(context: &Context<'a>, id: ClaimId) -> Result<&'a Claim, Rejection> {
    let found = context.book.claims.get(&id).filter(|claim| {
        let own = context.caller.role != Role::Bank || context.caller.institution.as_ref() == Some(&claim.bank);
        let borrower = context.book.loans.get(&claim.loan).map(|loan| loan.terms.borrower);
        own && borrower.is_none_or(|borrower| context.in_districts(borrower))
    });
    found.ok_or_else(|| {
        Rejection::new(
            Reason::ClaimUnknown,
            "claim_id",
            format!("`{id}` is not a claim known here; expected an id that SubmitClaim returned"),
            format!("未找到补偿申请“{id}”；应为申请时返回的编号"),
        )
    })
}

fn changed(context: &Context<'_>, id: ClaimId, claim: &Claim, change: ClaimChange) -> Outcome {
    let borrower = context.book.loans.get(&claim.loan).map(|loan| loan.terms.borrower);
    let concerns = crate::book::nouns::Concerns { institution: Some(claim.bank.clone()), enterprise: borrower };
    Outcome::new(Event::ClaimChanged(ClaimChanged { claim: id, change }), concerns)
}
