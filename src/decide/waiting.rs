//! Who may do what about a case now: the role, the state and the four eyes, as [`super::decide`] judges them, asked
//! beforehand for a whole queue. The amount's second person is found in the same way as when it is done.

use super::eyes::{conflict, rejection};
use super::permission::roles_of;
use super::rejection::Violation;
use super::{Text, text};
use crate::book::Book;
use crate::book::access::WITHDRAW_FROM_POOL;
use crate::book::application::Application;
use crate::book::nouns::{ApplicationState, Caller, ClaimState, Hands, Role};
use crate::book::pool::Claim;
use crate::book::waiting::{Act, CaseId};
use crate::calendar::CivilDate;
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::model::ApprovalAct;

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The state.
    pub book: &'a Book,
    /// Who.
    pub caller: &'a Caller,
    /// Today in Asia/Shanghai.
    pub today: CivilDate,
}

/// Something that the caller's roles may do about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub act: Act,
    /// Whether it would be the second of two approvals.
    pub second: bool,
    /// Whether it takes two persons, because of the amount.
    pub two_persons: bool,
    /// Why this person may not, in English and Chinese; `None` where it may.
    pub barred: Option<[String; 2]>,
}

/// What a name may act as: all its roles, since each RPC takes the first that may call it.
pub fn roles(book: &Book, caller: &Caller) -> Vec<Role> {
    let principal = caller.principal.as_ref().and_then(|name| book.access.principals.get(name));
    let bound = principal.filter(|_| caller.on_behalf_of.is_none()).map(|one| one.details.roles.clone());
    bound.unwrap_or_else(|| vec![caller.role])
}

/// Whether one of these roles may do it.
pub fn allows(roles: &[Role], act: Act) -> bool {
    roles_of(act.rpc()).iter().any(|role| roles.contains(role))
}

/// What the caller's roles may do about a case in its state. Nothing for a case that is not there.
pub fn choices(asker: &Asker<'_>, case: CaseId) -> Vec<Choice> {
    let roles = roles(asker.book, asker.caller);
    let acts: &[Act] = match case {
        CaseId::Application(id) => asker.book.applications.get(&id).map_or(&[], |one| on_application(one.state)),
        CaseId::Claim(id) => asker.book.claims.get(&id).map_or(&[], |one| on_claim(one.state)),
    };
    acts.iter().filter(|act| allows(&roles, **act)).filter_map(|act| choice(asker, case, *act)).collect()
}

/// One act about a case, whether or not the caller's role allows it; `None` for a case that is not there.
pub fn choice(asker: &Asker<'_>, case: CaseId, act: Act) -> Option<Choice> {
    let (amount, rulebook) = match case {
        CaseId::Application(id) => asker.book.applications.get(&id).map(|one| (one.granted, one.rulebook.clone()))?,
        CaseId::Claim(id) => asker.book.claims.get(&id).map(|one| (one.pool_share(), one.rulebook.clone()))?,
    };
    let two_persons = needs_two(asker.book, &rulebook, (act, amount));
    let first = if two_persons { endorsed(asker.book, case, (act, amount)) } else { None };
    let application = match case {
        CaseId::Application(id) => asker.book.applications.get(&id),
        CaseId::Claim(_) => None,
    };
    let mut earlier = match case {
        CaseId::Application(_) => application.as_deref().map(|one| before_application(one, act))?,
        CaseId::Claim(id) => asker.book.claims.get(&id).map(|one| before_claim(one, act))?,
    };
    earlier.extend(first.map(|hands| (hands, text("approved it first", "初审人"))));
    let approved_first =
        if matches!(act, Act::PaySubsidy | Act::PayClaim) { approved_first(asker.book, case) } else { None };
    earlier.extend(approved_first.map(|hands| (hands, text("approved it first", "初审人"))));
    let found = earlier.into_iter().find_map(|(hands, what)| {
        conflict(asker.book, asker.caller, asker.today, hands).map(|conflict| (conflict, what))
    });
    let barred = found.and_then(|(conflict, what)| {
        let Violation { problem, problem_zh, .. } =
            rejection(&asker.caller.person, conflict, "case_id", what).violations.into_iter().next()?;
        Some([problem, problem_zh])
    });
    Some(Choice { act, second: first.is_some(), two_persons, barred })
}

/// A withdrawal from a pool that was approved by the first of two persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Pool, funder, and the bank's reference.
    pub particulars: [String; 3],
    /// In yuan.
    pub amount: Amount,
    /// Who approved it first.
    pub first: Hands,
    /// Whether the caller's roles may withdraw.
    pub allowed: bool,
    /// Why this person may not be the second, in English and Chinese; `None` where it may.
    pub barred: Option<[String; 2]>,
}

/// The withdrawals that wait for a second person, in the order of their pools.
pub fn withdrawals(asker: &Asker<'_>) -> Vec<Withdrawal> {
    let roles = roles(asker.book, asker.caller);
    let allowed = roles_of(WITHDRAW_FROM_POOL).iter().any(|role| roles.contains(role));
    let from = (WITHDRAW_FROM_POOL.to_owned(), String::new());
    let all = asker.book.access.endorsements.range(from..).take_while(|((rpc, _), _)| rpc == WITHDRAW_FROM_POOL);
    let waiting = all.filter_map(|((_, subject), first)| {
        // As `withdrawal_subject` writes it; the reference may have spaces.
        let mut parts = subject.splitn(4, ' ');
        let (pool, funder, _amount, reference) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let found = conflict(asker.book, asker.caller, asker.today, &first.hands);
        let barred = found.and_then(|conflict| {
            let what = text("approved it first", "初审人");
            let Violation { problem, problem_zh, .. } =
                rejection(&asker.caller.person, conflict, "pool_id", what).violations.into_iter().next()?;
            Some([problem, problem_zh])
        });
        Some(Withdrawal {
            particulars: [pool, funder, reference].map(str::to_owned),
            amount: first.amount,
            first: first.hands.clone(),
            allowed,
            barred,
        })
    });
    waiting.collect()
}

/// Whether the caller may make a closing run: whoever is confined to districts may not, because it is of all of them.
pub fn may_run_closing(asker: &Asker<'_>) -> bool {
    let roles = roles(asker.book, asker.caller);
    roles_of("SubsidyService/RunClosing").iter().any(|role| roles.contains(role))
        && asker.book.access.districts_of(asker.caller).is_none()
}

const fn on_application(state: ApplicationState) -> &'static [Act] {
    match state {
        ApplicationState::Submitted => &[Act::ApproveSubsidy, Act::RefuseSubsidy],
        ApplicationState::Approved => &[Act::PaySubsidy, Act::RefuseSubsidy],
        ApplicationState::AwaitingClosing => &[Act::RefuseSubsidy],
        ApplicationState::Paid | ApplicationState::ClawedBack => &[Act::DemandClawback],
        ApplicationState::ClawbackDemanded => &[Act::RecordClawback, Act::DemandClawback],
        ApplicationState::Refused | ApplicationState::Withdrawn => &[],
    }
}

const fn on_claim(state: ClaimState) -> &'static [Act] {
    match state {
        ClaimState::UnderReview => &[Act::ApproveClaim, Act::RefuseClaim],
        ClaimState::Deferred => &[Act::ResumeClaim, Act::RefuseClaim],
        ClaimState::Approved => &[Act::PayClaim],
        ClaimState::Paid | ClaimState::Recovering => &[Act::WriteOffClaim],
        ClaimState::Refused | ClaimState::Closed => &[],
    }
}

type Earlier<'a> = Vec<(&'a Hands, Text)>;

/// Whose acts on an application must not have been the same person's: the checks of `decide::application`.
fn before_application(one: &Application, act: Act) -> Earlier<'_> {
    let submitted = (&one.submitted_by, text("submitted it", "提交人"));
    let approved = one.approved.iter().map(|(_, hands)| (hands, text("approved it", "审核人")));
    let closed = one.closed.iter().map(|(_, hands)| (hands, text("made the closing run", "折算人")));
    match act {
        Act::ApproveSubsidy | Act::RefuseSubsidy => vec![submitted],
        Act::PaySubsidy => std::iter::once(submitted).chain(approved).chain(closed).collect(),
        Act::DemandClawback
        | Act::RecordClawback
        | Act::ApproveClaim
        | Act::ResumeClaim
        | Act::PayClaim
        | Act::RefuseClaim
        | Act::WriteOffClaim => Vec::new(),
    }
}

/// The same for a claim: the checks of `decide::claim`.
fn before_claim(one: &Claim, act: Act) -> Earlier<'_> {
    let submitted = (&one.submitted_by, text("submitted it", "提交人"));
    let approved = one.approved.iter().map(|(_, hands)| (hands, text("approved it", "审核人")));
    match act {
        Act::ApproveClaim | Act::RefuseClaim => vec![submitted],
        Act::PayClaim => std::iter::once(submitted).chain(approved).collect(),
        Act::ResumeClaim
        | Act::WriteOffClaim
        | Act::ApproveSubsidy
        | Act::PaySubsidy
        | Act::RecordClawback
        | Act::RefuseSubsidy
        | Act::DemandClawback => Vec::new(),
    }
}

fn needs_two(book: &Book, rulebook: &RulebookRef, (act, amount): (Act, Amount)) -> bool {
    let kind = match act {
        Act::ApproveSubsidy => ApprovalAct::Award,
        Act::ApproveClaim => ApprovalAct::Claim,
        Act::PaySubsidy | Act::PayClaim => ApprovalAct::Payment,
        Act::RecordClawback
        | Act::ResumeClaim
        | Act::RefuseSubsidy
        | Act::DemandClawback
        | Act::RefuseClaim
        | Act::WriteOffClaim => return false,
    };
    book.rulebook(rulebook).and_then(|rulebook| rulebook.second_above(kind)).is_some_and(|limit| amount > limit)
}

/// Who gave the first of two approvals; of a payment with whatever reference.
fn endorsed(book: &Book, case: CaseId, (act, amount): (Act, Amount)) -> Option<&Hands> {
    let (rpc, subject) = (act.rpc().to_owned(), case.to_string());
    let from = (rpc.clone(), subject.clone());
    let of_case = book.access.endorsements.range(from..).take_while(|((other, about), _)| {
        *other == rpc && (*about == subject || about.strip_prefix(&subject).is_some_and(|rest| rest.starts_with(' ')))
    });
    of_case.filter(|(_, first)| first.amount == amount).map(|(_, first)| &first.hands).last()
}

/// Who approved a case first, of two.
fn approved_first(book: &Book, case: CaseId) -> Option<&Hands> {
    let act = match case {
        CaseId::Application(_) => Act::ApproveSubsidy,
        CaseId::Claim(_) => Act::ApproveClaim,
    };
    book.access.endorsement(act.rpc(), &case.to_string()).map(|first| &first.hands)
}
