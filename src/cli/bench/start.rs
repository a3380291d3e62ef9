//! Start-up: how long a ledger of so many entries takes from its files to the state that it serves, by reading the whole
//! journal and from a snapshot.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use comfy_table::{Table, presets};
use tempfile::TempDir;
use tokio::time::Instant;

use super::core::{Core, ENTERPRISES};
use super::{Rates, per_cent, per_second};
use crate::identifier::{LoanId, Uscc};
use crate::journal::block::{BLOCK_RECORDS_MAX, Head, payload_bytes_of};
use crate::journal::codec::encode;
use crate::snapshot;
use crate::storage::sled::SledStorage;

/// A block is sealed when it has so many bytes: as large as those of a busy writer.
const BLOCK_BYTES: usize = 1024 * 1024;

/// Blocks that are stored with one sync while the journal is made.
const BLOCKS_AT_A_TIME: usize = 16;

/// Measures both at each of these numbers of entries, and prints the ratio.
pub fn run(sizes: &[u64], rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "entries",
        "whole journal, ms",
        "spread",
        "entries/s",
        "from snapshot, ms",
        "spread",
        "of the whole",
        "snapshot, KiB",
        "written in, ms",
    ]);
    for size in sizes {
        let folder = TempDir::new()?;
        let data = folder.path();
        let entries = make(data, *size)?;
        let (mut whole, mut short) = (Rates::default(), Rates::default());
        for _ in 0..rounds {
            whole.0.push(start(data, entries)?);
        }
        let (path, written) = write_snapshot(data)?;
        for _ in 0..rounds {
            short.0.push(start(data, 0)?);
        }
        table.add_row([
            entries.to_string(),
            whole.median().to_string(),
            whole.spread(),
            per_second(entries, Duration::from_millis(whole.median())).to_string(),
            short.median().to_string(),
            short.spread(),
            format!("{} %", per_cent(short.median(), whole.median())),
            (fs::metadata(path)?.len() >> 10).to_string(),
            written.to_string(),
        ]);
    }
    writeln!(out, "start-up, from opening the store to the state that is served, {rounds} rounds\n{table}")?;
    Ok(true)
}

/// A journal of about so many entries in this folder; gives how many.
pub(super) fn make(data: &Path, size: u64) -> anyhow::Result<u64> {
    make_with_loans(data, (size, ENTERPRISES)).map(|(entries, _)| entries)
}

/// The same of so many enterprises, which take turns; gives them with their loans too.
pub(super) fn make_with_loans(
    data: &Path,
    (size, enterprises): (u64, u64),
) -> anyhow::Result<(u64, Vec<(Uscc, LoanId)>)> {
    let storage = SledStorage::open(data)?;
    let (mut head, mut records, mut blocks) = (Head::EMPTY, Vec::new(), Vec::new());
    let mut core = Core::new()?;
    let mut payload_bytes = 0_usize;
    let mut recorded = |record: Vec<u8>, is_last: bool| -> anyhow::Result<()> {
        payload_bytes = payload_bytes.saturating_add(payload_bytes_of(record.len()));
        records.push(record);
        if records.len() >= BLOCK_RECORDS_MAX || payload_bytes >= BLOCK_BYTES || is_last {
            payload_bytes = 0;
            let (block, next) = head.seal(std::mem::take(&mut records));
            blocks.push(block);
            head = next;
        }
        if blocks.len() >= BLOCKS_AT_A_TIME || is_last {
            storage.append_all(&blocks)?;
            blocks.clear();
        }
        Ok(())
    };
    let loans = core.set_up(enterprises, &mut |entry| recorded(encode(entry), false))?;
    let mut turns = loans.iter().cycle();
    loop {
        let Some((enterprise, loan)) = turns.next() else { anyhow::bail!("there are no loans") };
        let request = core.application(*enterprise, *loan)?;
        let entry = core.take(&request)?;
        let sequence = entry.sequence.value();
        recorded(encode(&entry), sequence >= size)?;
        if sequence >= size {
            return Ok((sequence, loans));
        }
    }
}

/// Milliseconds of one start, which must read so many entries.
fn start(data: &Path, expected: u64) -> anyhow::Result<u64> {
    let begin = Instant::now();
    let storage = SledStorage::open(data)?;
    let start = snapshot::load(data, &storage, &mut |_| {})?;
    let elapsed = begin.elapsed();
    anyhow::ensure!(start.replayed == expected, "{} entries were read, expected {expected}", start.replayed);
    Ok(millis(elapsed))
}

pub(super) fn write_snapshot(data: &Path) -> anyhow::Result<(std::path::PathBuf, u64)> {
    let storage = SledStorage::open(data)?;
    let loaded = snapshot::load(data, &storage, &mut |_| {})?.loaded;
    let begin = Instant::now();
    let path = snapshot::write(data, loaded.state().copy())?;
    Ok((path, millis(begin.elapsed())))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
