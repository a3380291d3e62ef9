//! The certificate of a restore (恢复证明): what was restored, from what, and what it adds up to.

use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::book::Book;
use crate::money::Amount;

/// The name of the file in the restored data folder.
pub(super) const FILE: &str = "restore-certificate.json";

/// What a restore did. Every hash is SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// `ipledger-restore/1`.
    pub format: &'static str,
    /// When, RFC 3339.
    pub restored_at: String,
    /// The version of the program.
    pub program: &'static str,
    /// The name of the ledger.
    pub ledger: String,
    /// How many entries were restored.
    pub entries: u64,
    /// The root of the Merkle tree over them.
    pub root: String,
    /// How many blocks.
    pub blocks: u64,
    /// The hash of the last block.
    pub block_hash: String,
    /// When the last entry was recorded.
    pub last_recorded_at: Option<String>,
    /// When the backup was complete.
    pub backup_completed_at: String,
    /// How many entries the checkpoint covers that was expected: all, or the first so many.
    pub expected_entries: u64,
    /// The root that was expected.
    pub expected_root: String,
    /// The key whose signatures on both checkpoints were checked; `None` when no key was named.
    pub checked_with: Option<String>,
    /// The signed checkpoint of the backup.
    pub checkpoint: String,
    /// What the entries add up to.
    pub book: BookFigures,
}

/// What a book adds up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookFigures {
    /// The digest of the whole book, as `ipledger verify` prints it.
    pub digest: String,
    /// How many accounts have a balance.
    pub accounts: usize,
    /// The sum of the debit balances, in yuan.
    pub debit: String,
    /// The sum of the credit balances, in yuan.
    pub credit: String,
    /// The hash over all balances: a line `ACCOUNT BALANCE` each, in the order of their names' bytes.
    pub balances: String,
}

impl BookFigures {
    /// The figures of this book.
    pub(super) fn of(book: &Book) -> Self {
        let (mut debit, mut credit) = (Amount::ZERO, Amount::ZERO);
        let mut lines = Vec::new();
        for (account, balance) in book.accounts.iter().filter(|(_, balance)| !balance.is_zero()) {
            if balance.is_negative() {
                credit = credit.minus(*balance);
            } else {
                debit = debit.plus(*balance);
            }
            lines.push(format!("{account} {balance}\n"));
        }
        lines.sort_unstable();
        Self {
            digest: hex::encode(book.digest()),
            accounts: lines.len(),
            debit: debit.to_string(),
            credit: credit.to_string(),
            balances: hex::encode(Sha256::digest(lines.concat())),
        }
    }
}

impl Certificate {
    /// The file.
    pub fn to_json(&self) -> String {
        // Plain data with text keys: it always has a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// For people.
impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ledger         {}", self.ledger)?;
        writeln!(f, "restored at    {}", self.restored_at)?;
        writeln!(f, "entries        {} in {} blocks", self.entries, self.blocks)?;
        writeln!(f, "last recorded  {}", self.last_recorded_at.as_deref().unwrap_or("-"))?;
        writeln!(f, "merkle root    {}", self.root)?;
        writeln!(f, "expected       {} entries, root {}", self.expected_entries, self.expected_root)?;
        match &self.checked_with {
            Some(key) => writeln!(f, "signed by      {key}")?,
            None => writeln!(f, "signed by      NOT CHECKED: no key was named")?,
        }
        writeln!(f, "book digest    {}", self.book.digest)?;
        writeln!(f, "balances       {} accounts, {}", self.book.accounts, self.book.balances)?;
        writeln!(f, "trial balance  debit {} credit {}", self.book.debit, self.book.credit)
    }
}
