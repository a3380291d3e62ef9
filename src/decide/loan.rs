//! A loan's life (domain.md §5): filed → disbursed → repaying → settled, overdue, cured, non-performing, closed.

use super::command::RecordPrincipalPayment;
use super::pledge::pledge;
use super::registry::{already_exists, enterprise, institution};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning, expect_state, not_after, not_before, state_forbids, text};
use crate::book::account::{Account, Posting, transfer};
use crate::book::event::{Asked, Event, InterestPaid, LoanChange, LoanChanged, LoanFiled};
use crate::book::loan::Loan;
use crate::book::nouns::{LoanState, LoanTerms, Named as _, Role};
use crate::book::pool::Pool;
use crate::book::references::References;
use crate::book::registry::PledgeState;
use crate::book::shelf::Held;
use crate::calendar::CivilDate;
use crate::identifier::{LoanId, PoolId, RightId};
use crate::money::Amount;
use crate::rulebook::explanation::{Explanation, LineExplanation};
use crate::rulebook::facts::FilingFacts;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::InstitutionKind;
use crate::rulebook::{RulebookRef, covered_principal, exposure_of, judge_filing};

const FILE: &str = "FileLoan";

pub(super) fn file(context: &Context<'_>, terms: &LoanTerms) -> Result<Outcome, Rejection> {
    check_parties(context, terms)?;
    check_terms(context, terms)?;
    for (index, key) in terms.pledges.iter().enumerate() {
        check_pledge(context, terms, index, key)?;
    }
    let concerns = concerning(&terms.bank, terms.borrower);
    let refuse = |refusal, subject, since| {
        let concerns = concerning(&terms.bank, terms.borrower);
        Ok(Outcome::refused(FILE, refusal, subject, since, concerns).asking(Asked::Loan(terms.clone())))
    };
    let listed = context.book.enterprises.get(&terms.borrower).and_then(|one| one.blacklisted_on(context.day).cloned());
    if let Some(entry) = listed {
        return refuse(Refusal::EnterpriseBlacklisted, terms.borrower.to_string(), Some(entry.from));
    }
    for id in pledged_rights(context, terms) {
        let in_force = context.book.rights.get(&id).is_some_and(|right| right.is_in_force_on(context.day));
        if !in_force {
            return refuse(Refusal::RightNotInForce, id.to_string(), None);
        }
    }
    for key in &terms.pledges {
        let loans = context.book.pledges.get(key).map(|pledge| pledge.loans.clone()).unwrap_or_default();
        let mut live = loans.iter().filter_map(|id| context.book.loans.get(id)).filter(|loan| loan.is_live());
        if let Some(loan) = live.next() {
            return refuse(Refusal::RightAlreadyPledged, key.number.to_string(), Some(loan.filed_on));
        }
    }
    let covered = cover(context, terms)?;
    if let Some(refusal) = covered.explanation.as_ref().and_then(|explanation| explanation.refusal) {
        let subject = terms.pool.as_ref().map(ToString::to_string).unwrap_or_default();
        let lines = covered.explanation.into_iter().collect();
        let refused = Outcome::refused(FILE, refusal, subject, None, concerns).asking(Asked::Loan(terms.clone()));
        return Ok(refused.explained(Explanation { lines }));
    }
    let postings = exposure_postings(terms.pool.as_ref(), Amount::ZERO, covered.exposure);
    let filed = LoanFiled {
        terms: terms.clone(),
        rulebook: covered.rulebook,
        exposure: covered.exposure,
        explanation: covered.explanation,
    };
    Ok(Outcome::new(Event::LoanFiled(filed), concerns).with(postings))
}

/// Every right under the loan's pledges.
fn pledged_rights(context: &Context<'_>, terms: &LoanTerms) -> impl Iterator<Item = RightId> {
    let pledges = terms.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    pledges.flat_map(|pledge| pledge.details.rights.clone()).collect::<Vec<_>>().into_iter()
}

fn check_parties(context: &Context<'_>, terms: &LoanTerms) -> Result<(), Rejection> {
    let bank = institution(context, "bank_id", &terms.bank)?;
    if bank.kind != InstitutionKind::Bank {
        return Err(Rejection::new(
            Reason::InstitutionUnknown,
            "bank_id",
            format!("`{}` is registered as {}; expected a bank", terms.bank, bank.kind),
            format!("“{}”登记类型为{}；应为银行", terms.bank, bank.kind.name().zh),
        ));
    }
    enterprise(context, "borrower", terms.borrower)?;
    let contract = context.book.contracts.get(&(terms.bank.clone(), terms.contract.clone()));
    let earlier = contract.and_then(|id| context.book.loans.get(id));
    // A bank that mistyped a filing withdraws it and files the same contract again.
    if earlier.is_some_and(|loan| loan.state != LoanState::Withdrawn) {
        return Err(already_exists(
            "contract_number",
            &terms.contract,
            "contract numbers are unique per bank",
            "同一银行合同号不能重复",
        ));
    }
    Ok(())
}

fn check_terms(context: &Context<'_>, terms: &LoanTerms) -> Result<(), Rejection> {
    not_before("effective_date", context.day, terms.signed_on, text("the day of signing", "合同签订日"))?;
    not_before("matures_on", terms.matures_on, terms.signed_on, text("the day of signing", "合同签订日"))?;
    not_after("effective_date", context.day, terms.matures_on, text("the maturity", "到期日"))?;
    if terms.ip_part > terms.principal {
        return Err(exceeds("ip_part", terms.ip_part, terms.principal, text("the principal", "贷款本金")));
    }
    Ok(())
}

fn check_pledge(
    context: &Context<'_>,
    terms: &LoanTerms,
    index: usize,
    key: &crate::book::nouns::PledgeKey,
) -> Result<(), Rejection> {
    let field = format!("pledges[{index}]");
    let pledge = pledge(context, &field, key)?;
    if pledge.details.pledgor != terms.borrower {
        return Err(Rejection::new(
            Reason::PledgeUnknown,
            field,
            format!("pledge `{}` was not given by the borrower `{}`", key.number, terms.borrower),
            format!("质押登记“{}”的出质人不是借款企业“{}”", key.number, terms.borrower),
        ));
    }
    let state = pledge.state_on(context.day);
    if state != PledgeState::Active {
        return Err(state_forbids(
            &field,
            &key.number,
            state.name(),
            &[text("active on the day of filing", "备案日处于质押中")],
        ));
    }
    Ok(())
}

/// The rulebook version of a filing and what its pool says.
struct Cover {
    rulebook: RulebookRef,
    exposure: Amount,
    explanation: Option<LineExplanation>,
}

fn cover(context: &Context<'_>, terms: &LoanTerms) -> Result<Cover, Rejection> {
    let Some(pool_id) = &terms.pool else {
        let rulebook = context.book.rulebook_on(context.day).ok_or_else(|| no_rulebook(context.day))?;
        return Ok(Cover { rulebook: rulebook.reference(), exposure: Amount::ZERO, explanation: None });
    };
    let (rulebook, rule) = context.book.pool_rule_on(pool_id, context.day).ok_or_else(|| pool_unknown(pool_id))?;
    let empty = Pool::default();
    let pool = context.book.pools.get(pool_id).unwrap_or(&empty);
    let bank_year = pool.bank_year(&terms.bank, context.day.year());
    let facts = FilingFacts {
        ip_part: terms.ip_part,
        exposure: pool.exposure,
        free_balance: pool.free_balance(),
        principal: Some(terms.principal),
        borrower_filed: rule.borrower_limit.map(|_| super::facts::borrower_filed(context, terms)),
        bank_year: Some((bank_year.losses, bank_year.filed)),
    };
    let verdict = judge_filing(rule, &facts);
    Ok(Cover { rulebook: rulebook.reference(), exposure: verdict.exposure, explanation: Some(verdict.explanation) })
}

/// A rejection because no rulebook is in force.
pub(super) fn no_rulebook(day: CivilDate) -> Rejection {
    Rejection::new(
        Reason::RulebookConflict,
        "effective_date",
        format!("no rulebook is in force on {day}; adopt one first"),
        format!("{day}无有效办法；请先启用办法"),
    )
}

/// A rejection because no rulebook in force has this pool.
pub(super) fn pool_unknown(pool: &PoolId) -> Rejection {
    Rejection::new(
        Reason::PoolUnknown,
        "pool_id",
        format!("no rulebook in force has a pool `{pool}`"),
        format!("当日有效办法中没有资金池“{pool}”"),
    )
}

/// The memorandum postings that move a loan's exposure from one amount to another.
pub(super) fn exposure_postings(pool: Option<&PoolId>, before: Amount, after: Amount) -> Vec<Posting> {
    let Some(pool) = pool else { return Vec::new() };
    transfer(Account::PoolExposure(pool.clone()), Account::PoolExposureContra(pool.clone()), after.minus(before))
}

/// The memorandum postings that a change of a loan's exposure makes.
pub(super) fn changed_exposure(loan: &Loan, after: Amount) -> Vec<Posting> {
    exposure_postings(loan.terms.pool.as_ref(), loan.exposure, after)
}

/// A rejection because an amount is more than what there is.
pub(super) fn exceeds(field: &str, amount: Amount, limit: Amount, what: super::Text) -> Rejection {
    Rejection::new(
        Reason::AmountExceeds,
        field,
        format!("`{amount}` is more than {} ({limit}); expected at most {limit}", what.en),
        format!("“{amount}”超过{}（{limit}）；应不超过 {limit}", what.zh),
    )
}

pub(super) fn disburse(context: &Context<'_>, id: LoanId, amount: Amount) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Filed, LoanState::Disbursed, LoanState::Repaying])?;
    not_before("effective_date", context.day, loan.terms.signed_on, text("the day of signing", "合同签订日"))?;
    not_after("effective_date", context.day, loan.matures_on, text("the maturity", "到期日"))?;
    let undrawn = loan.terms.principal.minus(loan.disbursed);
    if amount > undrawn {
        return Err(exceeds("amount", amount, undrawn, text("the undrawn principal", "未放款本金")));
    }
    Ok(changed(id, &loan, LoanChange::Disbursed(amount), loan.exposure))
}

const PAYING: &[LoanState] = &[LoanState::Disbursed, LoanState::Repaying, LoanState::Overdue, LoanState::NonPerforming];

pub(super) fn record_interest(context: &Context<'_>, id: LoanId, payment: &InterestPaid) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, PAYING)?;
    not_before_disbursement(context, &loan)?;
    let begin = loan.disbursed_on.unwrap_or(loan.filed_on);
    not_before("period_from", payment.period_from, begin, text("the day of disbursement", "放款日"))?;
    not_before("period_to", payment.period_to, payment.period_from, text("the period's first day", "计息起始日"))?;
    not_recorded_yet(&payment.reference, &loan.interest_references)?;
    Ok(changed(id, &loan, LoanChange::InterestPaid(payment.clone()), loan.exposure))
}

pub(super) fn record_principal(context: &Context<'_>, payment: &RecordPrincipalPayment) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, payment.loan)?;
    expect_state("loan_id", payment.loan, loan.state, PAYING)?;
    not_before_disbursement(context, &loan)?;
    if payment.amount > loan.outstanding() {
        return Err(exceeds(
            "amount",
            payment.amount,
            loan.outstanding(),
            text("the outstanding principal", "未还本金"),
        ));
    }
    not_recorded_yet(&payment.reference, &loan.principal_references)?;
    let exposure = exposure_after(context, &loan, loan.repaid.plus(payment.amount));
    let change = LoanChange::PrincipalPaid(payment.amount, payment.reference.clone());
    Ok(changed(payment.loan, &loan, change, exposure))
}

/// A payment is recorded once, under whatever request id: the bank's reference tells.
fn not_recorded_yet(reference: &str, known: &References) -> Result<(), Rejection> {
    if known.contains(reference) {
        return Err(already_exists(
            "reference",
            reference,
            "a payment is recorded once; give each payment its own reference",
            "每笔还款只登记一次，请使用各自的凭证号",
        ));
    }
    Ok(())
}

/// The pool's exposure for a loan once `repaid` of it has been repaid.
pub(super) fn exposure_after(context: &Context<'_>, loan: &Loan, repaid: Amount) -> Amount {
    let Some(pool) = &loan.terms.pool else { return Amount::ZERO };
    let rule = context.book.rulebook(&loan.rulebook).and_then(|rulebook| rulebook.pool(pool));
    let left = loan.terms.principal.minus(repaid).floored_at_zero();
    rule.map_or(loan.exposure, |rule| exposure_of(rule, covered_principal(rule, loan.ip_part_after(repaid), left)))
}

pub(super) fn extend(context: &Context<'_>, id: LoanId, matures_on: CivilDate) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Disbursed, LoanState::Repaying, LoanState::Overdue])?;
    not_before_disbursement(context, &loan)?;
    if matures_on <= loan.matures_on {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "matures_on",
            format!("`{matures_on}` is not after the maturity ({}); expected a later day", loan.matures_on),
            format!("“{matures_on}”不晚于原到期日（{}）；应为更晚的日期", loan.matures_on),
        ));
    }
    Ok(changed(id, &loan, LoanChange::Extended(matures_on), loan.exposure))
}

pub(super) fn mark_overdue(context: &Context<'_>, id: LoanId, since: CivilDate) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Disbursed, LoanState::Repaying])?;
    let begin = loan.disbursed_on.unwrap_or(loan.filed_on);
    not_before("overdue_since", since, begin, text("the day of disbursement", "放款日"))?;
    not_after("overdue_since", since, context.day, text("the effective date", "生效日"))?;
    Ok(changed(id, &loan, LoanChange::MarkedOverdue(since), loan.exposure))
}

pub(super) fn mark_non_performing(context: &Context<'_>, id: LoanId) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Overdue])?;
    not_before_overdue(context, &loan)?;
    Ok(changed(id, &loan, LoanChange::MarkedNonPerforming, loan.exposure))
}

pub(super) fn mark_cured(context: &Context<'_>, id: LoanId) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Overdue])?;
    not_before_overdue(context, &loan)?;
    Ok(changed(id, &loan, LoanChange::MarkedCured, loan.exposure))
}

pub(super) fn settle(context: &Context<'_>, id: LoanId) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, PAYING)?;
    not_before("effective_date", context.day, loan.last_event_on, text("the loan's last event", "该贷款最近业务日"))?;
    if loan.outstanding().is_positive() {
        return Err(Rejection::new(
            Reason::StateForbids,
            "loan_id",
            format!("`{id}` has {} of principal outstanding; expected 0.00", loan.outstanding()),
            format!("“{id}”尚有未还本金 {}；应为 0.00", loan.outstanding()),
        ));
    }
    Ok(changed(id, &loan, LoanChange::Settled, Amount::ZERO))
}

pub(super) fn close(context: &Context<'_>, id: LoanId) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Settled, LoanState::Recovering])?;
    not_before("effective_date", context.day, loan.last_event_on, text("the loan's last event", "该贷款最近业务日"))?;
    let claim = loan.claim.and_then(|claim| context.book.claims.get(&claim));
    if let Some(claim) = claim.filter(|claim| claim.returned < claim.pool_share()) {
        let due = claim.pool_share().minus(claim.returned);
        return Err(Rejection::new(
            Reason::StateForbids,
            "loan_id",
            format!("`{id}` still owes the pool {due}; expected a full recovery or a write-off"),
            format!("“{id}”尚欠资金池 {due}；应全额追偿或核销后关闭"),
        ));
    }
    Ok(changed(id, &loan, LoanChange::Closed, Amount::ZERO))
}

pub(super) fn withdraw(context: &Context<'_>, id: LoanId, reason: &str) -> Result<Outcome, Rejection> {
    let loan = own_loan(context, id)?;
    expect_state("loan_id", id, loan.state, &[LoanState::Filed])?;
    not_before("effective_date", context.day, loan.filed_on, text("the day of filing", "备案日"))?;
    Ok(changed(id, &loan, LoanChange::Withdrawn(reason.to_owned()), Amount::ZERO))
}

/// Looks up a loan; a bank finds only its own, an enterprise only its own.
pub(super) fn own_loan<'a>(context: &Context<'a>, id: LoanId) -> Result<Held<'a, Loan>, Rejection> {
    let found = context.book.loans.get(&id).filter(|loan| match context.caller.role {
        Role::Bank => context.caller.institution.as_ref() == Some(&loan.terms.bank),
        Role::Enterprise => context.caller.enterprise == Some(loan.terms.borrower),
        Role::Officer | Role::Finance | Role::Operator | Role::Auditor => context.in_districts(loan.terms.borrower),
        Role::Guarantor | Role::Insurer => false,
    });
    found.ok_or_else(|| {
        Rejection::new(
            Reason::LoanUnknown,
            "loan_id",
            format!("`{id}` is not a loan known here; expected an id that FileLoan returned"),
            format!("未找到贷款“{id}”；应为备案时返回的编号"),
        )
    })
}

fn not_before_disbursement(context: &Context<'_>, loan: &Loan) -> Result<(), Rejection> {
    let begin = loan.disbursed_on.unwrap_or(loan.filed_on);
    not_before("effective_date", context.day, begin, text("the day of disbursement", "放款日"))
}

fn not_before_overdue(context: &Context<'_>, loan: &Loan) -> Result<(), Rejection> {
    let since = loan.overdue_since.unwrap_or(loan.filed_on);
    not_before("effective_date", context.day, since, text("the first day overdue", "逾期起始日"))
}

fn changed(id: LoanId, loan: &Loan, change: LoanChange, exposure: Amount) -> Outcome {
    let postings = exposure_postings(loan.terms.pool.as_ref(), loan.exposure, exposure);
    let event = Event::LoanChanged(LoanChanged { loan: id, change, exposure });
    Outcome::new(event, concerning(&loan.terms.bank, loan.terms.borrower)).with(postings)
}
