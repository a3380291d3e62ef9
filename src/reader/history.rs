//! The history of every account (科目): its balance after any entry, and at the end of any day.
//!
//! Kept beside the book so that a question about the past costs a search, never a scan of the journal. Two axes,
//! because they differ: *after an entry* is what the ledger knew then; *on a date* is what took effect until that day,
//! back-dated entries included, as it is known now.

use super::movements::Movements;
use super::sequences::Sequences;
use crate::book::account::Account;
use crate::book::chunked::Chunked;
use crate::book::event::Entry;
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, Uscc};
use crate::money::Amount;

/// The balances of all accounts, now and before, in yuan; debit positive.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History {
    accounts: Chunked<Account, AccountHistory>,
    /// The entries that concern each enterprise, in the order of the journal: so that a company's list looks at nothing else.
    concerning: Chunked<Uscc, Sequences>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct AccountHistory {
    /// The balance after each entry that moved it, in the order of the journal.
    movements: Movements,
    /// What moved on each effective date, all its entries together; sorted.
    moved_on: Vec<(CivilDate, Amount)>,
}

/// What one entry did to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The entry.
    pub sequence: Sequence,
    /// What it moved, all its postings to the account together, in yuan; debit positive.
    pub amount: Amount,
    /// The balance after it, in yuan; debit positive.
    pub balance: Amount,
}

impl History {
    /// Takes the entry's postings in. Entries come in the order of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        if let Some(enterprise) = entry.concerns.enterprise {
            self.concerning.update(enterprise, |list| list.push(entry.sequence));
        }
        for posting in &entry.postings {
            self.accounts.update(posting.account.clone(), |account| {
                account.post(entry.sequence, entry.effective_date, posting.amount);
            });
        }
    }

    /// The entries that concern an enterprise, in the order of the journal.
    pub fn concerning(&self, enterprise: Uscc) -> impl Iterator<Item = Sequence> + use<'_> {
        self.concerning.get(&enterprise).into_iter().flat_map(Sequences::iter)
    }

    /// Every account that was ever posted to, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.keys()
    }

    /// The balance now; zero for an account without postings.
    pub fn balance(&self, account: &Account) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, |history| history.movements.balance())
    }

    /// The balance after the entry of this sequence.
    pub fn balance_at_sequence(&self, account: &Account, sequence: Sequence) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, |history| history.movements.at(sequence))
    }

    /// The balance at the end of this day, by effective date.
    pub fn balance_at_date(&self, account: &Account, date: CivilDate) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, |history| history.at_date(date))
    }

    /// All accounts with their balances after the entry of this sequence; they sum to zero. Accounts that had no
    /// posting yet are left out, accounts that had come back to zero are not.
    pub fn trial_balance_at(&self, sequence: Sequence) -> Vec<(Account, Amount)> {
        let known = self.accounts.iter().filter(|(_, history)| history.movements.began_by(sequence));
        known.map(|(account, history)| (account.clone(), history.movements.at(sequence))).collect()
    }

    /// All accounts with their balances at the end of this day, by effective date; they sum to zero.
    pub fn trial_balance_on(&self, date: CivilDate) -> Vec<(Account, Amount)> {
        let known = self
            .accounts
            .iter()
            .filter(|(_, history)| history.moved_on.first().is_some_and(|(first, _)| *first <= date));
        known.map(|(account, history)| (account.clone(), history.at_date(date))).collect()
    }

    /// What moved the account, from this sequence on, in the order of the journal.
    pub fn movements<'a>(&'a self, account: &Account, from: Sequence) -> impl Iterator<Item = Movement> + use<'a> {
        let movements = self.accounts.get(account).into_iter().flat_map(move |history| history.movements.from(from));
        movements.map(|(sequence, amount, balance)| Movement { sequence, amount, balance })
    }
}

impl AccountHistory {
    fn post(&mut self, sequence: Sequence, date: CivilDate, amount: Amount) {
        self.movements.push(sequence, amount);
        match self.moved_on.binary_search_by_key(&date, |(day, _)| *day) {
            Ok(place) => {
                if let Some((_, moved)) = self.moved_on.get_mut(place) {
                    *moved = moved.plus(amount);
                }
            }
            Err(place) => {
                if self.moved_on.len() == self.moved_on.capacity() {
                    self.moved_on.reserve_exact((self.moved_on.len() >> 2).max(1));
                }
                self.moved_on.insert(place, (date, amount));
            }
        }
    }

    /// One sum over the days that moved the account: some hundreds a year at most, whatever the number of entries.
    fn at_date(&self, date: CivilDate) -> Amount {
        let until = self.moved_on.iter().take_while(|(day, _)| *day <= date);
        Amount::total(until.map(|(_, amount)| *amount))
    }
}
