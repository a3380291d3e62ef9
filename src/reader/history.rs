//! The history of every account (科目): its balance after any entry, and at the end of any day.
//!
//! Kept beside the book so that a question about the past costs a search, never a scan of the journal. Two axes,
//! because they differ: *after an entry* is what the ledger knew then; *on a date* is what took effect until that day,
//! back-dated entries included, as it is known now.

use std::collections::BTreeMap;

use crate::book::account::Account;
use crate::book::event::Entry;
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, Uscc};
use crate::money::Amount;

/// The balances of all accounts, now and before, in yuan; debit positive.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History {
    accounts: BTreeMap<Account, AccountHistory>,
    /// The entries that concern each enterprise, in the order of the journal: eight bytes for each, so that a company's
    /// list looks at nothing else.
    concerning: BTreeMap<Uscc, Vec<Sequence>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct AccountHistory {
    /// The balance after each entry that moved it, in the order of the journal.
    balances: Vec<(Sequence, Amount)>,
    /// What moved on each effective date, all its entries together.
    moved_on: BTreeMap<CivilDate, Amount>,
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
            self.concerning.entry(enterprise).or_default().push(entry.sequence);
        }
        for posting in &entry.postings {
            let account = self.accounts.entry(posting.account.clone()).or_default();
            account.post(entry.sequence, entry.effective_date, posting.amount);
        }
    }

    /// The entries that concern an enterprise, from this sequence on.
    pub fn concerning(&self, enterprise: Uscc, from: Sequence) -> &[Sequence] {
        let all = self.concerning.get(&enterprise).map(Vec::as_slice).unwrap_or_default();
        all.get(all.partition_point(|sequence| *sequence < from)..).unwrap_or_default()
    }

    /// Every account that was ever posted to, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.keys()
    }

    /// The balance now; zero for an account without postings.
    pub fn balance(&self, account: &Account) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, AccountHistory::last)
    }

    /// The balance after the entry of this sequence.
    pub fn balance_at_sequence(&self, account: &Account, sequence: Sequence) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, |history| history.at_sequence(sequence))
    }

    /// The balance at the end of this day, by effective date.
    pub fn balance_at_date(&self, account: &Account, date: CivilDate) -> Amount {
        self.accounts.get(account).map_or(Amount::ZERO, |history| history.at_date(date))
    }

    /// All accounts with their balances after the entry of this sequence; they sum to zero. Accounts that had no
    /// posting yet are left out, accounts that had come back to zero are not.
    pub fn trial_balance_at(&self, sequence: Sequence) -> Vec<(Account, Amount)> {
        let known = self.accounts.iter().filter(|(_, history)| history.began_by(sequence));
        known.map(|(account, history)| (account.clone(), history.at_sequence(sequence))).collect()
    }

    /// All accounts with their balances at the end of this day, by effective date; they sum to zero.
    pub fn trial_balance_on(&self, date: CivilDate) -> Vec<(Account, Amount)> {
        let known = self.accounts.iter().filter(|(_, history)| history.moved_on.range(..=date).next().is_some());
        known.map(|(account, history)| (account.clone(), history.at_date(date))).collect()
    }

    /// What moved the account, from this sequence on, in the order of the journal.
    pub fn movements<'a>(&'a self, account: &Account, from: Sequence) -> impl Iterator<Item = Movement> + use<'a> {
        let balances = self.accounts.get(account).map_or(&[][..], |history| &history.balances);
        let (before, after) = balances.split_at(balances.partition_point(|(sequence, _)| *sequence < from));
        let mut previous = before.last().map_or(Amount::ZERO, |(_, balance)| *balance);
        after.iter().map(move |(sequence, balance)| {
            let amount = balance.minus(previous);
            previous = *balance;
            Movement { sequence: *sequence, amount, balance: *balance }
        })
    }
}

impl AccountHistory {
    fn post(&mut self, sequence: Sequence, date: CivilDate, amount: Amount) {
        let balance = self.last().plus(amount);
        match self.balances.last_mut() {
            // An entry may post to an account more than once; what counts is the balance after the whole entry.
            Some((last, current)) if *last == sequence => *current = balance,
            Some(_) | None => self.balances.push((sequence, balance)),
        }
        let moved = self.moved_on.entry(date).or_insert(Amount::ZERO);
        *moved = moved.plus(amount);
    }

    fn last(&self) -> Amount {
        self.balances.last().map_or(Amount::ZERO, |(_, balance)| *balance)
    }

    fn began_by(&self, sequence: Sequence) -> bool {
        self.balances.first().is_some_and(|(first, _)| *first <= sequence)
    }

    fn at_sequence(&self, sequence: Sequence) -> Amount {
        let after = self.balances.partition_point(|(moved, _)| *moved <= sequence);
        let last = after.checked_sub(1).and_then(|index| self.balances.get(index));
        last.map_or(Amount::ZERO, |(_, balance)| *balance)
    }

    /// One sum over the days that moved the account: some hundreds a year at most, whatever the number of entries.
    fn at_date(&self, date: CivilDate) -> Amount {
        Amount::total(self.moved_on.range(..=date).map(|(_, amount)| *amount))
    }
}
