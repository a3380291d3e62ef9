//! What a reader would serve, folded from the postings alone, beside the book.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::finding::{Check, Finding, Place};
use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::Entry;
use crate::identifier::Sequence;
use crate::money::Amount;
use crate::reader::history::History;

/// Folds entries on a thread of its own.
pub(super) struct Folder(Mutex<Served>);

/// The balances as a reader serves them, and as a plain sum of the postings.
#[derive(Default)]
pub(super) struct Served {
    history: History,
    sums: BTreeMap<Account, Amount>,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn fold(&self, entries: impl Iterator<Item = Entry>) {
        let mut served = self.0.lock();
        for entry in entries {
            served.history.apply(&entry);
            for posting in entry.postings {
                let sum = served.sums.entry(posting.account).or_insert(Amount::ZERO);
                *sum = sum.plus(posting.amount);
            }
        }
    }

    pub(super) fn into_history(self) -> Served {
        self.0.into_inner()
    }
}

impl Served {
    /// Where the book, the reader's balances, its trial balance and the sum of all postings do not agree.
    pub(super) fn differences(&self, book: &Book) -> Vec<Finding> {
        let trial: BTreeMap<Account, Amount> =
            self.history.trial_balance_at(Sequence::new(u64::MAX)).into_iter().collect();
        let mut found = Vec::new();
        let accounts: std::collections::BTreeSet<&Account> =
            self.sums.keys().chain(book.accounts.keys()).chain(trial.keys()).collect();
        for account in accounts {
            let sum = self.sums.get(account).copied();
            let served = [
                ("the book's balance", book.accounts.get(account).copied()),
                ("the reader's balance", Some(self.history.balance(account))),
                ("the trial balance's figure", trial.get(account).copied()),
            ];
            for (what, figure) in served {
                if figure != sum {
                    let show =
                        |figure: Option<Amount>| figure.map_or_else(|| "none".to_owned(), |amount| amount.to_string());
                    let problem = format!("{what} of `{account}` is not the sum of its postings");
                    let finding = Finding::new(Check::Served, Place::default(), problem);
                    found.push(finding.with(show(sum), show(figure)));
                }
            }
        }
        let total = Amount::total(trial.values().copied());
        if !total.is_zero() {
            let finding = Finding::new(Check::Served, Place::default(), "the trial balance is not zero");
            found.push(finding.with("0.00", total.to_string()));
        }
        found
    }
}
