//! What the ledger knows of a loan, a right or a claim, as the facts that rules are judged on.
//!
//! What it does not gather yet (reference rates of its own, classes, modes, the standard premium) stays `None`: a rule
//! that needs it refuses.

use std::collections::BTreeSet;

use super::Context;
use crate::book::loan::Loan;
use crate::book::nouns::{LoanState, LoanTerms};
use crate::identifier::{LoanId, RightId};
use crate::money::Amount;
use crate::rulebook::facts::{ClaimDetails, LoanDetails, LoanFacts};

/// A loan as a subsidy programme sees it.
pub(super) fn of_loan(context: &Context<'_>, id: LoanId, loan: &Loan) -> LoanFacts {
    let pledges = loan.terms.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    LoanFacts {
        loan: id,
        bank: loan.terms.bank.clone(),
        principal: loan.terms.principal,
        ip_part: loan.terms.ip_part,
        annual_rate: loan.terms.annual_rate,
        disbursed_on: loan.disbursed_on,
        pledged_on: pledges.map(|pledge| pledge.registered_on).max().unwrap_or(loan.filed_on),
        ended_on: loan.ended_on,
        details: details(context, loan),
    }
}

fn details(context: &Context<'_>, loan: &Loan) -> LoanDetails {
    let rights: Vec<&RightId> = rights(context, loan).collect();
    let owned = |right: &&RightId| {
        let found = context.book.rights.get(*right);
        found.is_some_and(|right| right.owner_on(context.day) == loan.terms.borrower)
    };
    LoanDetails {
        signed_on: Some(loan.terms.signed_on),
        matures_on: Some(loan.matures_on),
        repaid: Some(loan.state == LoanState::Settled),
        right_kinds: Some(rights.iter().map(|right| right.kind()).collect::<BTreeSet<_>>()),
        rights_owned: Some(!rights.is_empty() && rights.iter().all(owned)),
        first_pledge: Some(rights.iter().any(|right| is_first_pledge(context, loan, right))),
        ..LoanDetails::default()
    }
}

fn rights<'a>(context: &Context<'a>, loan: &'a Loan) -> impl Iterator<Item = &'a RightId> {
    let pledges = loan.terms.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    pledges.flat_map(|pledge| &pledge.details.rights)
}

/// Whether no pledge of the right was registered before those of the loan.
fn is_first_pledge(context: &Context<'_>, loan: &Loan, right: &RightId) -> bool {
    let Some(right) = context.book.rights.get(right) else { return false };
    let mut of_others = right.pledges.iter().filter(|key| !loan.terms.pledges.contains(key));
    let own = loan.terms.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    let Some(first_day) = own.map(|pledge| pledge.registered_on).min() else { return false };
    of_others
        .all(|key| context.book.pledges.get(key).is_none_or(|pledge| pledge.void || pledge.registered_on > first_day))
}

/// What only some rules ask of a claim.
pub(super) fn of_claim(context: &Context<'_>, loan: &Loan) -> ClaimDetails {
    let borrower = context.book.enterprises.get(&loan.terms.borrower);
    let pledges = loan.terms.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    ClaimDetails {
        size_class: borrower.map(|borrower| borrower.details.size_class),
        loan: details(context, loan),
        disbursed_on: loan.disbursed_on,
        pledged_on: pledges.map(|pledge| pledge.registered_on).max(),
        ..ClaimDetails::default()
    }
}

/// Principal of the borrower's live loans with a pool, of all banks, in yuan.
pub(super) fn borrower_filed(context: &Context<'_>, terms: &LoanTerms) -> Amount {
    let borrower = context.book.enterprises.get(&terms.borrower);
    let loans = borrower.into_iter().flat_map(|borrower| &borrower.loans).filter_map(|id| context.book.loans.get(id));
    let of_pool = loans.filter(|loan| loan.terms.pool == terms.pool && loan.is_live());
    Amount::total(of_pool.map(|loan| loan.terms.principal))
}
