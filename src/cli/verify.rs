//! `ipledger verify`: replay the journal from its first byte and check that the books hold.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::book::account::Account;
use crate::journal::replay::replay;
use crate::money::Amount;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

/// Replays `data`; `false` when the books do not hold. Hashes, sequence, times and the balance of each entry are
/// checked by the replay itself, the invariants on the book that it ends in.
pub fn run(data: &Path, accept_head: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    anyhow::ensure!(data.is_dir(), "`{}` is not a folder; name the data folder with --data", data.display());
    let open = if accept_head { SledStorage::open_accepting_head } else { SledStorage::open };
    let storage = open(data).with_context(|| format!("opening `{}`", data.display()))?;
    let bar = progress_bar();
    let replayed = replay(&storage, &mut |entry, _height| bar.set_position(entry.sequence.value()));
    bar.finish_and_clear();
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(fault) => {
            writeln!(out, "NOT INTACT: {:#}", anyhow::Error::new(fault))?;
            return Ok(false);
        }
    };
    let (book, head) = (replayed.book, replayed.head);
    writeln!(out, "entries        {}", head.last_sequence)?;
    writeln!(out, "blocks         {} (store's tip {})", head.height, storage.tip()?)?;
    writeln!(out, "last recorded  {}", book.last_recorded_at().map_or_else(|| "-".to_owned(), |at| at.to_string()))?;
    writeln!(out, "merkle root    {}", head.tree.root())?;
    writeln!(out, "book digest    {}", hex::encode(book.digest()))?;
    let (debits, credits) = sides(book.accounts.iter());
    writeln!(out, "trial balance  debit {} credit {}", debits.grouped(), credits.grouped())?;
    let violations = book.violations();
    for violation in &violations {
        writeln!(out, "VIOLATED: {violation}")?;
    }
    if violations.is_empty() {
        writeln!(out, "intact: every hash, every entry's balance and every invariant holds")?;
    } else {
        writeln!(out, "NOT INTACT: {} invariants do not hold", violations.len())?;
    }
    Ok(violations.is_empty())
}

/// The two columns of the trial balance.
fn sides<'a>(accounts: impl Iterator<Item = (&'a Account, &'a Amount)>) -> (Amount, Amount) {
    let mut sides = (Amount::ZERO, Amount::ZERO);
    for (_, balance) in accounts {
        if balance.is_negative() {
            sides.1 = sides.1.minus(*balance);
        } else {
            sides.0 = sides.0.plus(*balance);
        }
    }
    sides
}

/// A counter of entries with the rate, on standard error.
pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} entries, {per_sec}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
