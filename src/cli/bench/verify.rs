//! Entries a second of an audit, in full and of bytes only.

use std::io::Write;

use tempfile::TempDir;
use tokio::time::Instant;

use super::{Rates, per_second, start};
use crate::audit::{Depth, audit};
use crate::storage::sled::SledStorage;

pub(super) fn run(entries: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let entries = start::make(folder.path(), entries)?;
    writeln!(
        out,
        "journal   {entries} entries, most of them granted applications; {rounds} rounds, the median and the spread"
    )?;
    for (depth, what) in [(Depth::Full, "verify"), (Depth::Bytes, "verify --fast")] {
        let mut rates = Rates::default();
        for _ in 0..rounds {
            let storage = SledStorage::open(folder.path())?;
            let begin = Instant::now();
            let report = audit(&storage, depth, &[], &mut |_| {})?;
            rates.0.push(per_second(report.head.last_sequence, begin.elapsed()));
            anyhow::ensure!(report.is_intact(), "the journal does not hold: {:?}", report.findings.first());
        }
        writeln!(out, "{what:<14} {} entries/s ({})", rates.median(), rates.spread())?;
    }
    Ok(true)
}
