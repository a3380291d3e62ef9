//! The ledger's entries as a statement would show them.

use std::collections::BTreeMap;

use super::Item;
use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::{ApplicationChange, ClaimChange, Entry, Event, InterestPaid, LoanChange, Undone};
use crate::book::nouns::InstitutionDetails;
use crate::book::reconciliation::{StatementOf, statement_day};
use crate::identifier::{InstitutionId, LoanId, Uscc};
use crate::money::Amount;
use crate::statement::Nature;

/// The movement that an entry is in a statement; `None` if it is none in this one.
///
/// `book` gives names and contract numbers, and what was reconciled before.
pub fn items_of<'a>(
    book: &'a Book,
    statement: &'a StatementOf,
    entries: impl IntoIterator<Item = &'a Entry> + 'a,
) -> impl Iterator<Item = Item> + 'a {
    let mut names = BTreeMap::new();
    entries.into_iter().filter_map(move |entry| {
        let item = match statement {
            StatementOf::Loans(bank) | StatementOf::Repayments(bank) => loan_item(book, bank, statement, entry),
            StatementOf::Pool(pool) => cash_item(book, &Account::PoolCash(pool.clone()), entry, &mut names),
            StatementOf::Treasury => cash_item(book, &Account::TreasuryCash, entry, &mut names),
        }?;
        Some(Item { reconciled_by: book.reconciliation.reconciled_by(statement, entry.sequence), ..item })
    })
}

/// An item that is nothing but its entry, a nature and an amount.
fn bare(entry: &Entry, nature: Nature, amount: Amount) -> Item {
    Item {
        sequence: entry.sequence,
        nature,
        amount,
        date: statement_day(entry),
        contract: None,
        party_code: None,
        party: None,
        reference: None,
        period: None,
        reconciled_by: None,
        reverses: if let Event::Reversed(reversed) = &entry.event { Some(reversed.entry) } else { None },
    }
}

fn loan_item(book: &Book, bank: &InstitutionId, statement: &StatementOf, entry: &Entry) -> Option<Item> {
    let (id, item) = loan_money(entry)?;
    let wanted = matches!(statement, StatementOf::Loans(_)) == (item.nature == Nature::Drawdown);
    let loan = book.loans.get(&id).filter(|loan| wanted && loan.terms.bank == *bank)?;
    let borrower = loan.terms.borrower;
    Some(Item {
        contract: Some(loan.terms.contract.to_string()),
        party_code: Some(borrower),
        party: book.enterprises.get(&borrower).map(|one| one.details.name.clone()),
        ..item
    })
}

/// A drawdown, an interest payment or a repayment, or the reversal of one; with its loan.
fn loan_money(entry: &Entry) -> Option<(LoanId, Item)> {
    let interest = |paid: &InterestPaid, amount: Amount| Item {
        reference: Some(paid.reference.clone()),
        period: Some((paid.period_from, paid.period_to)),
        ..bare(entry, Nature::Interest, amount)
    };
    let principal = |amount: Amount, reference: &String| Item {
        reference: Some(reference.clone()),
        ..bare(entry, Nature::Principal, amount)
    };
    if let Event::Reversed(reversed) = &entry.event {
        return match &reversed.undone {
            Undone::Disbursed(loan, amount) => Some((*loan, bare(entry, Nature::Drawdown, amount.negated()))),
            Undone::InterestPaid(loan, paid) => Some((*loan, interest(paid, paid.amount.negated()))),
            Undone::PrincipalPaid { loan, amount, reference, .. } => {
                Some((*loan, principal(amount.negated(), reference)))
            }
            Undone::PoolMoved(_) | Undone::BudgetChanged(_) | Undone::SubsidyPaid(_) | Undone::ClaimPaid(_) => None,
        };
    }
    let Event::LoanChanged(changed) = &entry.event else { return None };
    if let LoanChange::Disbursed(amount) = &changed.change {
        return Some((changed.loan, bare(entry, Nature::Drawdown, *amount)));
    }
    if let LoanChange::InterestPaid(paid) = &changed.change {
        return Some((changed.loan, interest(paid, paid.amount)));
    }
    if let LoanChange::PrincipalPaid(amount, reference) = &changed.change {
        return Some((changed.loan, principal(*amount, reference)));
    }
    None
}

/// Any entry that moves an account's money, by its posting.
fn cash_item(
    book: &Book,
    account: &Account,
    entry: &Entry,
    names: &mut BTreeMap<LoanId, Option<InstitutionDetails>>,
) -> Option<Item> {
    let moved = entry.postings.iter().filter(|posting| posting.account == *account);
    let amount = Amount::total(moved.map(|posting| posting.amount));
    if amount.is_zero() {
        return None;
    }
    let mut item = bare(entry, Nature::Cash, amount);
    if let Event::PoolMoved(moved) = &entry.event {
        item.reference = Some(moved.reference.clone());
    }
    if let Event::ClaimChanged(changed) = &entry.event {
        if let Some(claim) = book.claims.get(&changed.claim) {
            let bank = names.entry(claim.loan).or_insert_with(|| book.institutions.get(&claim.bank).cloned());
            item.party = bank.as_ref().map(|bank| bank.name.clone());
            item.party_code = bank.as_ref().map(|bank| bank.uscc);
        }
        if let ClaimChange::Paid(reference) = &changed.change {
            item.reference = Some(reference.clone());
        }
    }
    if let Event::ApplicationChanged(changed) = &entry.event {
        if let Some(application) = book.applications.get(&changed.application) {
            let enterprise: Uscc = application.enterprise;
            item.party_code = Some(enterprise);
            item.party = book.enterprises.get(&enterprise).map(|one| one.details.name.clone());
        }
        if let ApplicationChange::Paid(reference) | ApplicationChange::ClawbackReceived(_, reference) = &changed.change
        {
            item.reference = Some(reference.clone());
        }
    }
    Some(item)
}
