//! `ipledger verify`: replay the journal from its first byte and check that the books hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::key::LedgerKey;
use crate::book::account::Account;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::keeper::{compare, read_kept};
use crate::journal::merkle::{Hash, Tree};
use crate::journal::replay::{Replayed, replay_with_leaves};
use crate::money::Amount;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

/// What to verify.
#[derive(Debug)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Whether to take the store's end for true whatever the head witness says.
    pub accept_head: bool,
    /// A checkpoint since which the journal must only have grown, and the key that signed it.
    pub since: Option<(PathBuf, LedgerKey)>,
}

/// Replays the journal; `false` when the books do not hold, or when the journal does not continue a checkpoint. Hashes,
/// sequence, times and the balance of each entry are checked by the replay itself, the invariants on the book that it
/// ends in; the checkpoints beside the journal are compared too.
pub fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let data = &options.data;
    anyhow::ensure!(data.is_dir(), "`{}` is not a folder; name the data folder with --data", data.display());
    let given = options.since.as_ref().map(|(path, key)| given_checkpoint(path, key)).transpose()?;
    let kept = read_kept(data);
    let open = if options.accept_head { SledStorage::open_accepting_head } else { SledStorage::open };
    let storage = open(data).with_context(|| format!("opening `{}`", data.display()))?;
    let mut checkpoints = match kept {
        Ok(kept) => kept,
        Err(fault) => return not_intact(&fault.into(), out),
    };
    checkpoints.extend(given.clone());
    let mut roots = RootsAt::new(&checkpoints);
    let bar = progress_bar();
    let replayed = replay_with_leaves(&storage, &mut |entry, _height, leaf| {
        roots.append(leaf);
        bar.set_position(entry.sequence.value());
    });
    bar.finish_and_clear();
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(fault) => return not_intact(&fault.into(), out),
    };
    report(&replayed, storage.tip()?, out)?;
    let journal = (replayed.head.tree.size(), replayed.head.tree.root());
    for (path, kept) in &checkpoints {
        let checkpoint = &kept.checkpoint;
        if let Err(fault) = compare(path, checkpoint, roots.at(checkpoint.size), journal) {
            return not_intact(&fault.into(), out);
        }
        writeln!(out, "continues      `{}`, of {} entries", path.display(), checkpoint.size)?;
    }
    if let Some((_, given)) = &given {
        let since = given.checkpoint.size;
        let added = journal.0.saturating_sub(since);
        writeln!(out, "proven: the journal only grew since the checkpoint, from {since} entries by {added}")?;
    }
    let violations = replayed.book.violations();
    for violation in &violations {
        writeln!(out, "VIOLATED: {violation}")?;
    }
    if violations.is_empty() {
        writeln!(out, "intact: every hash, every entry's balance and every invariant of the book holds")?;
    } else {
        writeln!(out, "NOT INTACT: {} invariants do not hold", violations.len())?;
    }
    Ok(violations.is_empty())
}

/// What there is.
fn report(replayed: &Replayed, tip: u64, out: &mut dyn Write) -> anyhow::Result<()> {
    let Replayed { book, head } = replayed;
    writeln!(out, "entries        {}", head.last_sequence)?;
    writeln!(out, "blocks         {} (store's tip {tip})", head.height)?;
    writeln!(out, "last recorded  {}", book.last_recorded_at().map_or_else(|| "-".to_owned(), |at| at.to_string()))?;
    writeln!(out, "merkle root    {}", head.tree.root())?;
    writeln!(out, "book digest    {}", hex::encode(book.digest()))?;
    let (debits, credits) = sides(book.accounts.iter());
    writeln!(out, "trial balance  debit {} credit {}", debits.grouped(), credits.grouped())?;
    Ok(())
}

fn not_intact(fault: &anyhow::Error, out: &mut dyn Write) -> anyhow::Result<bool> {
    writeln!(out, "NOT INTACT: {fault:#}")?;
    Ok(false)
}

/// The checkpoint in a file, which the ledger must have signed.
fn given_checkpoint(path: &Path, key: &LedgerKey) -> anyhow::Result<(PathBuf, SignedCheckpoint)> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("reading `{shown}`"))?;
    let checkpoint = SignedCheckpoint::parse(&text).with_context(|| format!("`{shown}`"))?;
    let (key, earlier) = key.read_all()?;
    // By an earlier key, or by the last one, whose refusal is told.
    if !earlier.iter().any(|key| checkpoint.verify_by(key).is_ok()) {
        checkpoint.verify_by(&key).with_context(|| format!("`{shown}`"))?;
    }
    Ok((path.to_path_buf(), checkpoint))
}

/// The roots of the tree at the sizes of some checkpoints.
struct RootsAt {
    tree: Tree,
    /// `None` until the tree has had this size.
    roots: BTreeMap<u64, Option<Hash>>,
}

impl RootsAt {
    fn new(checkpoints: &[(PathBuf, SignedCheckpoint)]) -> Self {
        let sizes = checkpoints.iter().map(|(_, signed)| (signed.checkpoint.size, None));
        let mut roots = Self { tree: Tree::EMPTY, roots: sizes.collect() };
        roots.note();
        roots
    }

    fn append(&mut self, leaf: Hash) {
        if !self.roots.is_empty() {
            self.tree.append_leaf_hash(leaf);
            self.note();
        }
    }

    fn note(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.tree.size()) {
            *root = Some(self.tree.root());
        }
    }

    fn at(&self, size: u64) -> Option<Hash> {
        self.roots.get(&size).copied().flatten()
    }
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
