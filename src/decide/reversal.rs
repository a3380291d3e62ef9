//! Reversal (冲销): an entry that was wrong is undone by another entry, never edited.
//!
//! Allowed only where nothing was built on it: interest whose evidence is not used, a payment that was not clawed back,
//! money that is still there. What an approval, a refusal or a filing began has its own way back and is not reversed.

use super::claim::claim;
use super::command::ReverseEntry;
use super::eyes::another_person;
use super::loan::{changed_exposure, exceeds, exposure_after, own_loan};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, expect_state, not_before, text};
use crate::book::account::Posting;
use crate::book::event::{
    ApplicationChange, ApplicationChanged, BudgetChange, ClaimChange, ClaimChanged, Entry, Event, LoanChange,
    LoanChanged, PoolMoved, PoolMovement, Reversed, Undone,
};
use crate::book::nouns::{ApplicationState, ClaimState, EvidenceKey, LoanState, Role};
use crate::book::pool::Pool;
use crate::identifier::{ApplicationId, ClaimId, LoanId, Sequence};
use crate::money::Amount;

pub(super) fn reverse(context: &Context<'_>, command: &ReverseEntry) -> Result<Outcome, Rejection> {
    let entry = command.entry.as_deref().filter(|entry| entry.sequence <= context.book.last_sequence());
    let Some(entry) = entry else { return Err(unknown(command.sequence)) };
    let step = Step::of(entry)?;
    may_reverse(context, entry, &step)?;
    if let Some(by) = context.book.reversals.get(&entry.sequence) {
        return Err(forbidden(
            entry.sequence,
            &format!("was reversed by entry `{by}`"),
            &format!("已由分录“{by}”冲销"),
        ));
    }
    not_before("effective_date", context.day, entry.effective_date, text("the entry's own day", "原分录生效日"))?;
    let (undone, postings) = step.undo(context, entry)?;
    let event = Event::Reversed(Reversed { entry: entry.sequence, reason: command.reason.clone(), undone });
    Ok(Outcome::new(event, entry.concerns.clone()).with(postings))
}

fn unknown(sequence: Sequence) -> Rejection {
    Rejection::new(
        Reason::EntryUnknown,
        "sequence",
        format!("`{sequence}` is unknown, or not the caller's to reverse; check the sequence and the caller"),
        format!("未找到分录“{sequence}”，或无权冲销；请核对序号和调用方身份"),
    )
}

fn forbidden(sequence: Sequence, why: &str, why_zh: &str) -> Rejection {
    Rejection::new(
        Reason::StateForbids,
        "sequence",
        format!("entry `{sequence}` {why}; expected an entry that nothing was built on"),
        format!("分录“{sequence}”{why_zh}；只能冲销尚未被后续业务引用的分录"),
    )
}

/// What a reversal may undo.
enum Step<'a> {
    Pool(&'a PoolMoved),
    Budget(&'a BudgetChange),
    Loan(LoanId, &'a LoanChange),
    SubsidyPayment(ApplicationId),
    ClaimPayment(ClaimId),
}

impl<'a> Step<'a> {
    fn of(entry: &'a Entry) -> Result<Self, Rejection> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "an entry that is not named here cannot be reversed")]
        match &entry.event {
            Event::PoolMoved(moved) => Ok(Self::Pool(moved)),
            Event::BudgetAppropriated(change) | Event::BudgetAdjusted(change) => Ok(Self::Budget(change)),
            Event::LoanChanged(LoanChanged {
                loan,
                change:
                    change @ (LoanChange::Disbursed(_) | LoanChange::InterestPaid(_) | LoanChange::PrincipalPaid(..)),
                ..
            }) => Ok(Self::Loan(*loan, change)),
            Event::ApplicationChanged(ApplicationChanged { application, change: ApplicationChange::Paid(_) }) => {
                Ok(Self::SubsidyPayment(*application))
            }
            Event::ClaimChanged(ClaimChanged { claim, change: ClaimChange::Paid(_) }) => Ok(Self::ClaimPayment(*claim)),
            _ => Err(Rejection::new(
                Reason::StateForbids,
                "sequence",
                format!(
                    "entry `{}` is of a kind that is not reversed; expected a drawdown, interest or principal payment, \
                     pool movement, budget change, or a subsidy's or claim's payment that came back",
                    entry.sequence
                ),
                format!(
                    "分录“{}”的类型不能冲销；可冲销放款、还息、还本、资金池收支、预算变动及被退回的拨付",
                    entry.sequence
                ),
            )),
        }
    }

    fn undo(&self, context: &Context<'_>, entry: &Entry) -> Result<(Undone, Vec<Posting>), Rejection> {
        match self {
            Self::Pool(moved) => undo_pool(context, moved).map(|undone| (undone, negated(entry))),
            Self::Budget(change) => undo_budget(context, change).map(|undone| (undone, negated(entry))),
            Self::Loan(id, change) => undo_loan(context, entry, *id, change),
            Self::SubsidyPayment(id) => undo_subsidy_payment(context, *id).map(|undone| (undone, negated(entry))),
            Self::ClaimPayment(id) => undo_claim_payment(context, *id).map(|undone| (undone, negated(entry))),
        }
    }
}

/// The same postings the other way round.
fn negated(entry: &Entry) -> Vec<Posting> {
    let postings = entry.postings.iter();
    postings.map(|one| Posting { account: one.account.clone(), amount: one.amount.negated() }).collect()
}

/// A bank corrects what it reported itself; everything else is for finance, and for another person than the one who
/// recorded it.
fn may_reverse(context: &Context<'_>, entry: &Entry, step: &Step<'_>) -> Result<(), Rejection> {
    match step {
        Step::Loan(loan, _) => match context.caller.role {
            Role::Bank => own_loan(context, *loan).map(drop).map_err(|_not_theirs| unknown(entry.sequence)),
            Role::Guarantor
            | Role::Insurer
            | Role::Enterprise
            | Role::Officer
            | Role::Finance
            | Role::Auditor
            | Role::Operator => Err(unknown(entry.sequence)),
        },
        Step::Pool(_) | Step::Budget(_) | Step::SubsidyPayment(_) | Step::ClaimPayment(_) => {
            if context.caller.role != Role::Finance {
                return Err(unknown(entry.sequence));
            }
            another_person(context, "sequence", &entry.actor.hands(), text("recorded it", "原记账人"))
        }
    }
}

fn undo_pool(context: &Context<'_>, moved: &PoolMoved) -> Result<Undone, Rejection> {
    let free = context.book.pools.get(&moved.pool).map_or(Amount::ZERO, Pool::free_balance);
    let is_out = match &moved.movement {
        PoolMovement::Contribution(_) | PoolMovement::Interest => true,
        PoolMovement::Withdrawal(_) => false,
    };
    if is_out && moved.amount > free {
        return Err(exceeds(
            "sequence",
            moved.amount,
            free.floored_at_zero(),
            text("the pool's free balance", "资金池可用余额"),
        ));
    }
    Ok(Undone::PoolMoved(moved.clone()))
}

fn undo_budget(context: &Context<'_>, change: &BudgetChange) -> Result<Undone, Rejection> {
    super::budget::year_is_open(context, change.year)?;
    let available = context.book.budget(&change.line, change.year).available();
    if change.amount > available {
        return Err(exceeds("sequence", change.amount, available, text("what is available", "可用预算")));
    }
    Ok(Undone::BudgetChanged(change.clone()))
}

/// The loan goes on as if the payment had not been recorded; its state stays.
const CORRECTABLE: &[LoanState] =
    &[LoanState::Disbursed, LoanState::Repaying, LoanState::Overdue, LoanState::NonPerforming];

fn undo_loan(
    context: &Context<'_>,
    entry: &Entry,
    id: LoanId,
    change: &LoanChange,
) -> Result<(Undone, Vec<Posting>), Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("sequence", id, loan.state, CORRECTABLE)?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "`Step::of` lets these three through")]
    match change {
        LoanChange::Disbursed(amount) => {
            let left = loan.disbursed.minus(*amount);
            if left < loan.repaid || (left.is_zero() && !loan.interest_paid.is_zero()) {
                return Err(forbidden(
                    entry.sequence,
                    "is a drawdown of which something was repaid or paid as interest",
                    "所记放款已有还本或付息",
                ));
            }
            Ok((Undone::Disbursed(id, *amount), negated(entry)))
        }
        LoanChange::InterestPaid(paid) => {
            let evidence = context.book.evidence.get(&EvidenceKey::InterestPayment(entry.sequence));
            if evidence.is_none_or(|evidence| evidence.used.is_positive()) {
                return Err(forbidden(
                    entry.sequence,
                    "is interest that a subsidy was applied for with",
                    "所记利息已用于补助申请",
                ));
            }
            Ok((Undone::InterestPaid(id, paid.clone()), negated(entry)))
        }
        LoanChange::PrincipalPaid(amount, reference) => {
            let exposure = exposure_after(context, &loan, loan.repaid.minus(*amount));
            let postings = changed_exposure(&loan, exposure);
            let (loan, amount, reference) = (id, *amount, reference.clone());
            Ok((Undone::PrincipalPaid { loan, amount, reference, exposure }, postings))
        }
        _ => Err(unknown(entry.sequence)),
    }
}

/// 退汇: the bank sent the money back; the application is approved again and waits for its payment.
fn undo_subsidy_payment(context: &Context<'_>, id: ApplicationId) -> Result<Undone, Rejection> {
    let application = super::application::application(context, id)?;
    expect_state("sequence", id, application.state, &[ApplicationState::Paid])?;
    Ok(Undone::SubsidyPaid(id))
}

fn undo_claim_payment(context: &Context<'_>, id: ClaimId) -> Result<Undone, Rejection> {
    let claim = claim(context, id)?;
    expect_state("sequence", id, claim.state, &[ClaimState::Paid])?;
    Ok(Undone::ClaimPaid(id))
}
