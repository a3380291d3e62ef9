//! 风险补偿资金收支表: each pool's money over the days, and each bank's part in it.

use std::collections::{BTreeMap, BTreeSet};

use super::extract::Extract;
use super::question::Question;
use super::{Cell, Kind, Section, Words, column, count, percent, text};
use crate::book::Book;
use crate::book::account::Account;
use crate::book::nouns::ClaimState;
use crate::figures::{Turnover, pool_of};
use crate::identifier::{InstitutionId, PoolId};
use crate::money::Amount;

pub(super) fn sections(extract: &Extract, question: &Question) -> Vec<Section> {
    vec![statement(extract), by_bank(extract, question)]
}

/// Each pool's cash from opening to closing, and what weighs on it.
pub(super) fn statement(extract: &Extract) -> Section {
    statement_of(&extract.turnovers, &extract.book)
}

/// The same of what moved the accounts.
pub(super) fn statement_of(turnovers: &BTreeMap<Account, Turnover>, book: &Book) -> Section {
    let turnover = |account: Account| turnovers.get(&account).copied().unwrap_or_default();
    let mut section = Section::new(
        "pools",
        Words::new("Cash of the pools", "资金池收支"),
        vec![
            column("pool", Kind::Text, "pool", "资金池"),
            column("opening", Kind::Money, "opening", "期初余额"),
            column("contributions", Kind::Money, "contributions", "注资"),
            column("interest", Kind::Money, "interest", "利息"),
            column("claims", Kind::Money, "claims paid", "补偿支付"),
            column("recoveries", Kind::Money, "recoveries", "追偿收回"),
            column("withdrawals", Kind::Money, "withdrawals", "退出"),
            column("closing", Kind::Money, "closing", "期末余额"),
            column("payable", Kind::Money, "approved, not paid", "已批未付"),
            column("exposure", Kind::Money, "exposure", "在保责任"),
        ],
    );
    for pool in pools(turnovers, book) {
        let cash = turnover(Account::PoolCash(pool.clone()));
        let (contributions, withdrawals) = capital(turnovers, &pool);
        let (paid, payable) = payable(turnovers, &pool);
        let interest = turnover(Account::PoolInterest(pool.clone()));
        let recovered = turnover(Account::PoolRecovered(pool.clone()));
        section.line(vec![
            text(&pool),
            Cell::Money(cash.opening),
            Cell::Money(contributions),
            Cell::Money(interest.credit.minus(interest.debit)),
            Cell::Money(paid),
            Cell::Money(recovered.credit.minus(recovered.debit)),
            Cell::Money(withdrawals),
            Cell::Money(cash.closing()),
            Cell::Money(payable),
            Cell::Money(turnover(Account::PoolExposure(pool.clone())).closing()),
        ]);
    }
    section.add_total();
    section.note(
        "Opening + contributions + interest − claims paid + recoveries − withdrawals = closing.",
        "期初余额 + 注资 + 利息 − 补偿支付 + 追偿收回 − 退出 = 期末余额。",
    );
    section
}

/// Every pool that an account or a loan names.
fn pools(turnovers: &BTreeMap<Account, Turnover>, book: &Book) -> BTreeSet<PoolId> {
    turnovers.keys().filter_map(pool_of).chain(book.pools.keys()).cloned().collect()
}

/// Paid in and taken out by the funders within the days, in yuan.
fn capital(turnovers: &BTreeMap<Account, Turnover>, pool: &PoolId) -> (Amount, Amount) {
    let of_pool = turnovers.iter().filter(|(account, _)| matches!(account, Account::PoolCapital(of, _) if of == pool));
    of_pool.fold((Amount::ZERO, Amount::ZERO), |(paid_in, taken_out), (_, turnover)| {
        (paid_in.plus(turnover.credit), taken_out.plus(turnover.debit))
    })
}

/// Paid to the banks within the days, and still owed to them, in yuan.
fn payable(turnovers: &BTreeMap<Account, Turnover>, pool: &PoolId) -> (Amount, Amount) {
    let of_pool = turnovers.iter().filter(|(account, _)| matches!(account, Account::PoolPayable(of, _) if of == pool));
    of_pool.fold((Amount::ZERO, Amount::ZERO), |(paid, owed), (_, turnover)| {
        (paid.plus(turnover.debit), owed.minus(turnover.closing()))
    })
}

/// A bank's part in a pool.
#[derive(Default)]
struct BankPart {
    loans: usize,
    principal: Amount,
    exposure: Amount,
    claims: usize,
    losses: Amount,
    waiting: Amount,
    paid: Amount,
    returned: Amount,
}

/// Each bank's loans and claims under each pool, at the end of the day.
fn by_bank(extract: &Extract, question: &Question) -> Section {
    let mut parts: BTreeMap<(PoolId, InstitutionId), BankPart> = BTreeMap::new();
    for loan in extract.book.loans.values() {
        let Some(pool) = &loan.terms.pool else { continue };
        let part = parts.entry((pool.clone(), loan.terms.bank.clone())).or_default();
        if loan.is_live() {
            part.loans = part.loans.saturating_add(1);
            part.principal = part.principal.plus(loan.outstanding());
            part.exposure = part.exposure.plus(loan.exposure);
        }
    }
    for claim in extract.book.claims.values() {
        let part = parts.entry((claim.pool.clone(), claim.bank.clone())).or_default();
        part.claims = part.claims.saturating_add(1);
        part.losses = part.losses.plus(claim.covered_loss);
        match claim.state {
            ClaimState::UnderReview | ClaimState::Deferred | ClaimState::Approved => {
                part.waiting = part.waiting.plus(claim.pool_share());
            }
            ClaimState::Refused => {}
            ClaimState::Paid | ClaimState::Recovering | ClaimState::Closed => {
                if claim.paid.is_some() {
                    part.paid = part.paid.plus(claim.pool_share());
                }
            }
        }
        part.returned = part.returned.plus(claim.returned);
    }
    let mut section = Section::new("pools-by-bank", Words::new("By bank", "按银行"), bank_columns());
    let wanted = |bank: &InstitutionId| question.institution.as_ref().is_none_or(|only| only == bank);
    for ((pool, bank), part) in parts.iter().filter(|((_, bank), _)| wanted(bank)) {
        section.line(vec![
            text(&pool),
            text(&extract.institution_name(bank)),
            count(part.loans),
            Cell::Money(part.principal),
            Cell::Money(part.exposure),
            count(part.claims),
            Cell::Money(part.losses),
            Cell::Money(part.waiting),
            Cell::Money(part.paid),
            Cell::Money(part.returned),
            percent(part.returned, part.paid),
        ]);
    }
    section.add_total();
    section.set_total("recovery_rate", percent(section.total("returned"), section.total("paid")));
    section.note(
        "Sums since the beginning, at the end of the day; the statement above shows the days asked for.",
        "本表为截至期末的累计数；上表为所选期间发生数。",
    );
    section
}

fn bank_columns() -> Vec<super::Column> {
    vec![
        column("pool", Kind::Text, "pool", "资金池"),
        column("bank", Kind::Text, "bank", "银行"),
        column("loans", Kind::Count, "loans alive", "存续贷款笔数"),
        column("outstanding", Kind::Money, "outstanding", "在贷本金"),
        column("exposure", Kind::Money, "exposure", "在保责任"),
        column("claims", Kind::Count, "claims", "补偿申请笔数"),
        column("losses", Kind::Money, "covered losses", "纳入补偿的损失"),
        column("waiting", Kind::Money, "waiting", "待支付补偿"),
        column("paid", Kind::Money, "paid", "已付补偿"),
        column("returned", Kind::Money, "returned", "追偿归还"),
        column("recovery_rate", Kind::Percent, "returned %", "追偿率%"),
    ]
}
