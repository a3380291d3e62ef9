//! The disk alone: what a durable write costs before a ledger does anything.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

/// What is written at once: the least that a commit writes.
const PAGE_BYTES: usize = 4_096;

/// Pages of the file, and so syncs of one measurement.
const PAGES: usize = 1_000;

/// How long it takes at the median to write a page into a file that has its size, and to sync it (`fdatasync`); on the
/// file system that the server under measurement uses.
pub(super) fn sync_time() -> anyhow::Result<Duration> {
    let folder = TempDir::new()?;
    let file = OpenOptions::new().write(true).create_new(true).open(folder.path().join("pages"))?;
    file.write_all_at(&vec![0; PAGE_BYTES.saturating_mul(PAGES)], 0)?;
    file.sync_all()?;
    let page = vec![7; PAGE_BYTES];
    let mut times = Vec::with_capacity(PAGES);
    for number in 0..PAGES {
        let place = u64::try_from(number.saturating_mul(PAGE_BYTES))?;
        let began = Instant::now();
        file.write_all_at(&page, place)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(PAGES.div_euclid(2)).copied().unwrap_or_default())
}
