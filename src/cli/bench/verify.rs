//! Entries a second of an audit, in full and of bytes only.

use std::io::Write;

use tempfile::TempDir;
use tokio::time::Instant;

use super::{Rates, per_second, start};
use crate::audit::{Depth, audit};
use crate::cli::child::processor_ticks;
use crate::storage::sled::SledStorage;

/// The processor time of this program so far, in ticks of 10 ms: on a busy machine it says more than the clock.
fn own_ticks() -> u64 {
    processor_ticks(std::process::id()).unwrap_or(0)
}

pub(super) fn run(entries: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let entries = start::make(folder.path(), entries)?;
    writeln!(
        out,
        "journal   {entries} entries, most of them granted applications; {rounds} rounds, the median and the spread"
    )?;
    for (depth, what) in [(Depth::Full, "verify"), (Depth::Bytes, "verify --fast")] {
        let (mut rates, mut cost) = (Rates::default(), Rates::default());
        for _ in 0..rounds {
            let storage = SledStorage::open(folder.path())?;
            let (begin, ticks) = (Instant::now(), own_ticks());
            let report = audit(&storage, depth, &[], &mut |_| {})?;
            rates.0.push(per_second(report.head.last_sequence, begin.elapsed()));
            let nanos = own_ticks().saturating_sub(ticks).saturating_mul(10_000_000);
            cost.0.push(nanos.checked_div(entries).unwrap_or(0));
            anyhow::ensure!(report.is_intact(), "the journal does not hold: {:?}", report.findings.first());
        }
        let (rate, nanos) = (rates.median(), cost.median());
        writeln!(out, "{what:<14} {rate} entries/s ({}), {nanos} ns of processor an entry", rates.spread())?;
    }
    Ok(true)
}
