//! Entries a second of `ipledger rulebook simulate`: another reading over a journal made for it.

use std::io::Write;

use tempfile::TempDir;
use tokio::time::Instant;

use super::{Rates, per_second, start};
use crate::cli::rulebook::read;
use crate::cli::rulebook::simulate::over_folder;
use crate::decide::whatif::WhatIf;
use crate::rulebook::load;
use crate::storage::sled::SledStorage;

pub(super) fn run(entries: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    const READING: &str = "hebi-2017-literal";
    let folder = TempDir::new()?;
    let entries = start::make(folder.path(), entries)?;
    let rulebook = load(&read(READING)?)?;
    writeln!(
        out,
        "journal   {entries} entries, most of them granted applications, tried out under `{READING}`; {rounds} rounds, the median and the spread"
    )?;
    let mut rates = Rates::default();
    for _ in 0..rounds {
        let storage = SledStorage::open(folder.path())?;
        let begin = Instant::now();
        let report = over_folder(&storage, WhatIf::new(&rulebook, None), &mut |_| {})?.report(10);
        rates.0.push(per_second(report.entries, begin.elapsed()));
        anyhow::ensure!(report.entries == entries, "{} entries were read, expected {entries}", report.entries);
    }
    writeln!(out, "simulate       {} entries/s ({})", rates.median(), rates.spread())?;
    Ok(true)
}
