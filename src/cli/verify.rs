//! `ipledger verify`: audit the journal from its first byte, and say what does not hold.
//!
//! # Exit codes, which do not change
//!
//! | code | meaning |
//! |---|---|
//! | 0 | intact: everything that was looked at holds |
//! | 1 | damaged: bytes, hashes, order, balances, invariants or a checkpoint do not hold |
//! | 2 | could not look: no such folder, in use, no permission, a wrong flag |
//! | 3 | the bytes are as written, but a decision, made again, comes out differently |
//!
//! Code 3 is a forged entry, or an entry that a version of ipledger with other rules has decided.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::time::Instant;

use super::bench::per_second;
use super::key::LedgerKey;
use crate::audit::{Check, Depth, Finding, Place, Report, audit, of_fault};
use crate::book::account::Account;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::keeper::{KeeperFault, compare, read_kept};
use crate::evidence::{PublicKey, Refuted};
use crate::money::Amount;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

/// What `--fast` leaves out.
const SKIPPED: &[&str] = &[
    "decoding of the records",
    "sequence, time, balance and request id of each entry",
    "every decision made again",
    "invariants 1 and 3 to 10 of the book, the trial balance, what a reader would serve",
];

/// The flags.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The data folder.
    #[arg(long, env = "IPLEDGER_DATA", default_value = crate::config::DATA_DEFAULT)]
    pub data: PathBuf,
    /// Take what the store holds as the newest state, although its head witness is missing or ahead of it.
    /// Only after you have made sure that nothing was lost: the witness exists to notice exactly that.
    #[arg(long)]
    pub accept_head: bool,
    /// Look at bytes only: hashes, chain, tree and checkpoints. Says what it left out.
    #[arg(long)]
    pub fast: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
    /// Prove that the journal only grew since this checkpoint, which was kept elsewhere; needs --key.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub checkpoint: Option<PathBuf>,
    /// The public key of the ledger: the checkpoint, and those in the data folder, must be signed by it.
    #[arg(long, value_name = "PUBFILE")]
    pub key: Option<PathBuf>,
    /// The statement of a rotation of that key, oldest first.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub rotation: Vec<PathBuf>,
}

/// What came of it; each has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was looked at holds.
    Intact,
    /// Something in the store is not what was written, or breaks a rule of the journal.
    Damaged,
    /// A decision comes out differently.
    DecisionsDiffer,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(match verdict {
            Verdict::Intact => 0,
            Verdict::Damaged => 1,
            Verdict::DecisionsDiffer => 3,
        })
    }
}

/// Everything that is printed.
#[derive(Debug, Serialize)]
struct Summary {
    verdict: Verdict,
    entries: u64,
    commits: u64,
    merkle_root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    book: Option<BookSummary>,
    decided_again: u64,
    not_kept: u64,
    differing: u64,
    /// The checkpoints that the journal continues, with their sizes.
    continues: Vec<(PathBuf, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grew_since: Option<u64>,
    entries_per_second: u64,
    skipped: &'static [&'static str],
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct BookSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_recorded: Option<String>,
    digest: String,
    debit: String,
    credit: String,
}

/// Audits the journal, compares the checkpoints beside it and the given one, and prints what came of it.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let data = &arguments.data;
    anyhow::ensure!(data.is_dir(), "`{}` is not a folder; name the data folder with --data", data.display());
    super::panics::install(super::panics::Engine { exit_code: 1, json: arguments.json });
    let keys = Keys::read(arguments.key.as_ref(), &arguments.rotation)?;
    let given = given_checkpoint(arguments.checkpoint.as_ref(), keys.as_ref())?;
    let begin = Instant::now();
    let looked = look(arguments, keys.as_ref(), given.as_ref())?;
    let summary = summarise(looked, arguments.fast, given.as_ref(), begin.elapsed());
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        say(&summary, out)?;
    }
    Ok(summary.verdict)
}

/// A checkpoint and the file that it is in.
pub(super) type Kept = (PathBuf, SignedCheckpoint);

/// What was found, and the checkpoints that the journal continues.
struct Looked {
    report: Report,
    continues: Vec<(PathBuf, u64)>,
}

fn look(arguments: &Arguments, keys: Option<&Keys>, given: Option<&Kept>) -> anyhow::Result<Looked> {
    let mut looked = Looked { report: Report::empty(&[]), continues: Vec::new() };
    let shown = arguments.data.display();
    // Read before the store is opened, which may change files of its own.
    let mut checkpoints = match read_kept(&arguments.data) {
        Ok(kept) => kept,
        Err(fault @ KeeperFault::Refuted { .. }) => {
            looked.report.find(of_checkpoint(&fault));
            Vec::new()
        }
        Err(fault) => return Err(fault.into()),
    };
    for (path, kept) in &checkpoints {
        if let Some(Err(source)) = keys.map(|keys| keys.verify(kept)) {
            looked.report.find(of_checkpoint(&KeeperFault::Refuted { path: path.clone(), source }));
        }
    }
    checkpoints.extend(given.cloned());
    let open = if arguments.accept_head { SledStorage::open_accepting_head } else { SledStorage::open };
    let storage = match open(&arguments.data) {
        Ok(storage) => storage,
        Err(fault) => {
            let finding = of_fault(fault, Place::default()).with_context(|| format!("opening `{shown}`"))?;
            looked.report.find(finding);
            return Ok(looked);
        }
    };
    let sizes: Vec<u64> = checkpoints.iter().map(|(_, signed)| signed.checkpoint.size).collect();
    let last = storage.tip().and_then(|tip| storage.read(tip)).ok().flatten();
    let bar = progress_bar_to(last.map_or(0, |last| last.last_sequence()));
    let depth = if arguments.fast { Depth::Bytes } else { Depth::Full };
    let audited = audit(&storage, depth, &sizes, &mut |entries| bar.set_position(entries));
    bar.finish_and_clear();
    let earlier = looked.report.findings;
    looked.report = audited.with_context(|| format!("reading `{shown}`"))?;
    looked.report.findings.splice(0..0, earlier);
    if looked.report.reaches_the_end {
        looked.compare_all(&checkpoints);
    }
    Ok(looked)
}

impl Looked {
    fn compare_all(&mut self, checkpoints: &[Kept]) {
        let journal = (self.report.head.tree.size(), self.report.head.tree.root());
        for (path, signed) in checkpoints {
            let checkpoint = &signed.checkpoint;
            let root = self.report.roots.get(&checkpoint.size).copied().flatten();
            match compare(path, checkpoint, root, journal) {
                Ok(()) => self.continues.push((path.clone(), checkpoint.size)),
                Err(fault) => self.report.find(of_checkpoint(&fault)),
            }
        }
    }
}

fn of_checkpoint(fault: &KeeperFault) -> Finding {
    let fault: &dyn std::error::Error = fault;
    let causes = std::iter::successors(fault.source(), |error| error.source()).map(|error| format!(": {error}"));
    Finding::new(Check::Checkpoint, Place::default(), format!("{fault}{}", causes.collect::<String>()))
}

fn summarise(looked: Looked, fast: bool, given: Option<&Kept>, elapsed: Duration) -> Summary {
    let Looked { report, continues } = looked;
    let entries = report.head.last_sequence;
    let grew_since = given.map(|(path, given)| (path, given.checkpoint.size));
    let grew_since = grew_since.filter(|(path, _)| continues.iter().any(|(other, _)| other == *path));
    Summary {
        verdict: verdict(&report.findings),
        entries,
        commits: report.head.height,
        merkle_root: report.head.tree.root().to_string(),
        book: (!fast).then(|| book_summary(&report)),
        decided_again: report.decided_again,
        not_kept: report.not_kept,
        differing: report.differing,
        continues,
        grew_since: grew_since.map(|(_, size)| size),
        entries_per_second: per_second(entries, elapsed),
        skipped: if fast { SKIPPED } else { &[] },
        findings: report.findings,
    }
}

fn book_summary(report: &Report) -> BookSummary {
    let (debits, credits) = sides(report.book.accounts.iter());
    BookSummary {
        last_recorded: report.book.last_recorded_at().map(|at| at.to_string()),
        digest: hex::encode(report.book.digest()),
        debit: debits.grouped(),
        credit: credits.grouped(),
    }
}

fn verdict(findings: &[Finding]) -> Verdict {
    if findings.is_empty() {
        Verdict::Intact
    } else if findings.iter().all(|finding| finding.check == Check::Decision) {
        Verdict::DecisionsDiffer
    } else {
        Verdict::Damaged
    }
}

/// The summary for people.
fn say(summary: &Summary, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "entries        {}", summary.entries)?;
    writeln!(out, "blocks         {}", summary.commits)?;
    writeln!(out, "rate           {} entries/s", summary.entries_per_second)?;
    writeln!(out, "merkle root    {}", summary.merkle_root)?;
    if let Some(book) = &summary.book {
        writeln!(out, "last recorded  {}", book.last_recorded.as_deref().unwrap_or("-"))?;
        writeln!(out, "book digest    {}", book.digest)?;
        writeln!(out, "trial balance  debit {} credit {}", book.debit, book.credit)?;
        writeln!(out, "decisions      {} made again, {} differ", summary.decided_again, summary.differing)?;
    }
    if summary.not_kept > 0 {
        let count = summary.not_kept;
        writeln!(out, "not made again {count} refusals of an early version, which did not keep what was asked for")?;
    }
    for (path, size) in &summary.continues {
        writeln!(out, "continues      `{}`, of {size} entries", path.display())?;
    }
    if let Some(since) = summary.grew_since {
        let added = summary.entries.saturating_sub(since);
        writeln!(out, "proven: the journal only grew since the checkpoint, from {since} entries by {added}")?;
    }
    for skipped in summary.skipped {
        writeln!(out, "skipped        {skipped}")?;
    }
    for finding in &summary.findings {
        let word = if finding.check == Check::Decision { "DIFFERS" } else { "NOT INTACT" };
        writeln!(out, "{word}: {finding}")?;
    }
    conclude(summary, out)
}

fn conclude(summary: &Summary, out: &mut dyn Write) -> anyhow::Result<()> {
    match summary.verdict {
        Verdict::Intact if summary.skipped.is_empty() => {
            writeln!(out, "intact: every hash, every entry's balance and every invariant of the book holds")?;
        }
        Verdict::Intact => writeln!(out, "intact as far as it was looked at: every hash, the chain and the tree")?,
        Verdict::DecisionsDiffer => writeln!(
            out,
            "the bytes are as written, but {} decisions come out differently: somebody forged them, or another version \
             of ipledger made them",
            summary.differing
        )?,
        Verdict::Damaged => writeln!(out, "damaged: do not serve this; restore a backup")?,
    }
    Ok(())
}

/// The key of the ledger and those before it, if one is given.
pub(super) struct Keys(Vec<PublicKey>);

impl Keys {
    pub(super) fn read(key: Option<&PathBuf>, rotation: &[PathBuf]) -> anyhow::Result<Option<Self>> {
        let Some(key) = key.cloned() else { return Ok(None) };
        let (key, earlier) = LedgerKey { key, rotation: rotation.to_vec() }.read_all()?;
        Ok(Some(Self(std::iter::once(key).chain(earlier).collect())))
    }

    /// By one of the keys; if by none, what the last one says of it.
    pub(super) fn verify(&self, checkpoint: &SignedCheckpoint) -> Result<(), Refuted> {
        let mut outcome = Ok(());
        for key in self.0.iter().rev() {
            outcome = checkpoint.verify_by(key);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }
}

/// The checkpoint on the command line, which the ledger must have signed.
pub(super) fn given_checkpoint(path: Option<&PathBuf>, keys: Option<&Keys>) -> anyhow::Result<Option<Kept>> {
    let (Some(path), Some(keys)) = (path, keys) else { return Ok(None) };
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("reading `{shown}`"))?;
    let checkpoint = SignedCheckpoint::parse(&text).with_context(|| format!("`{shown}`"))?;
    keys.verify(&checkpoint).with_context(|| format!("`{shown}`"))?;
    Ok(Some((path.clone(), checkpoint)))
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

/// The same where the end is known.
pub(super) fn progress_bar_to(entries: u64) -> ProgressBar {
    let bar = progress_bar();
    bar.set_length(entries);
    let template = "{spinner} {wide_bar} {human_pos}/{human_len} entries, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
