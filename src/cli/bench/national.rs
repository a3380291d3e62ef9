//! The journal of a generated nation, and its decisions made again: what banks and enterprises really send, in the
//! proportions of `ipledger generate`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Rates, per_second};
use crate::book::Book;
use crate::book::event::Entry;
use crate::cli::child::ServerProcess;
use crate::cli::client::Client;
use crate::cli::{generate, import};
use crate::decide::command::Stamp;
use crate::decide::recorded::request_of;
use crate::decide::{decide, members};
use crate::journal::codec::{decode, encode};
use crate::storage::Storage as _;
use crate::storage::sled::SledStorage;

/// A stopped ledger with a nation in it.
pub(super) struct Nation {
    _folder: TempDir,
    /// Its data folder.
    pub(super) data: PathBuf,
}

/// Imports so many enterprises, two years, into a new server and stops it.
pub(super) async fn make(enterprises: u64) -> anyhow::Result<Nation> {
    let folder = TempDir::new()?;
    let (file, data) = (folder.path().join("nation.ndjson"), folder.path().join("data"));
    generate::run(generate::Arguments::of(1, enterprises), &mut File::create(&file)?)?;
    let flags = ["--limit-requests", "0", "--snapshot-every", "0"].map(Into::into);
    let server = ServerProcess::start_with(&std::env::current_exe()?, &data, flags).await?;
    import::quietly(&file, Client::of_development(&server.address)).await?;
    server.stop().await?;
    Ok(Nation { _folder: folder, data })
}

/// What the decisions of one kind took.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    count: u64,
    decided: Duration,
}

/// Decides every entry of a nation again, in order, on the book as it was then, and prints how many of them a second:
/// decided alone; decided, applied and encoded.
pub(super) async fn decisions(enterprises: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let nation = make(enterprises).await?;
    let storage = SledStorage::open(&nation.data)?;
    let (mut decided, mut applied, mut encoded) = (Rates::default(), Rates::default(), Rates::default());
    let mut kinds = BTreeMap::new();
    let mut count = 0;
    for _ in 0..rounds {
        let taken = tokio::task::block_in_place(|| again(&storage))?;
        count = taken.count;
        decided.0.push(per_second(taken.count, taken.decided));
        applied.0.push(per_second(taken.count, taken.decided.saturating_add(taken.applied)));
        let all = taken.decided.saturating_add(taken.applied).saturating_add(taken.encoded);
        encoded.0.push(per_second(taken.count, all));
        kinds = taken.kinds;
    }
    writeln!(
        out,
        "{count} decisions of {enterprises} enterprises, two years, one thread, {rounds} rounds; the clock is read twice for each and counts"
    )?;
    writeln!(out, "decided                       {:>9}/s ({})", decided.median(), decided.spread())?;
    writeln!(out, "decided, applied              {:>9}/s ({})", applied.median(), applied.spread())?;
    writeln!(out, "decided, applied and encoded  {:>9}/s ({})", encoded.median(), encoded.spread())?;
    let mut kinds: Vec<(String, Kind)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.decided));
    for (name, Kind { count, decided }) in kinds.into_iter().take(12) {
        let nanos = decided.as_nanos().checked_div(u128::from(count)).unwrap_or(0);
        writeln!(out, "  {name:<28} {count:>8} of {nanos:>6} ns")?;
    }
    Ok(true)
}

#[derive(Default)]
struct Taken {
    count: u64,
    decided: Duration,
    applied: Duration,
    encoded: Duration,
    kinds: BTreeMap<String, Kind>,
}

/// The whole journal, decided again entry by entry.
fn again(storage: &SledStorage) -> anyhow::Result<Taken> {
    let (mut book, mut taken) = (Book::new(), Taken::default());
    let mut due = std::collections::VecDeque::<Entry>::new();
    for height in 1..=storage.tip()? {
        let block = storage.read(height)?.context("a block")?;
        for record in block.records() {
            let asked = decode(record)?;
            if let Some(member) = due.pop_front() {
                book.apply(&member);
                continue;
            }
            let request = request_of(&asked, &|_| None).context("a request that its entry keeps")?;
            let stamp = Stamp { sequence: asked.sequence, recorded_at: asked.recorded_at };
            let begin = Instant::now();
            let entry = decide(&book, &stamp, &request)?;
            let decided = Instant::now();
            due = members(&book, &entry).into();
            book.apply(&entry);
            let applied = Instant::now();
            let again = encode(&entry);
            let encoded = Instant::now();
            anyhow::ensure!(again == *record, "entry {} was decided otherwise", asked.sequence);
            taken.note(
                &entry,
                [decided.duration_since(begin), applied.duration_since(decided), encoded.duration_since(applied)],
            );
        }
    }
    Ok(taken)
}

impl Taken {
    fn note(&mut self, entry: &Entry, [decided, applied, encoded]: [Duration; 3]) {
        self.count = self.count.saturating_add(1);
        self.decided = self.decided.saturating_add(decided);
        self.applied = self.applied.saturating_add(applied);
        self.encoded = self.encoded.saturating_add(encoded);
        let kind = self.kinds.entry(crate::server::kind_of(&entry.event).to_owned()).or_default();
        kind.count = kind.count.saturating_add(1);
        kind.decided = kind.decided.saturating_add(decided);
    }
}
