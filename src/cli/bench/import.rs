//! The import of a generated nation into a new server: the whole program at both ends, file, JSON and all.

use std::fs::File;
use std::io::Write;

use tempfile::TempDir;

use super::{Rates, per_second};
use crate::cli::child::ServerProcess;
use crate::cli::client::Client;
use crate::cli::{generate, import};

/// Imports the same nation into a new server each round and prints the rates.
pub(super) async fn run((seed, enterprises): (u64, u64), rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let file = folder.path().join("nation.ndjson");
    generate::run(generate::Arguments::of(seed, enterprises), &mut File::create(&file)?)?;
    let program = std::env::current_exe()?;
    let (mut rates, mut costs, mut counts) = (Rates::default(), Rates::default(), (0, 0));
    for round in 0..rounds {
        let data = folder.path().join(round.to_string());
        let flags = ["--limit-requests", "0"].map(Into::into);
        let server = ServerProcess::start_with(&program, &data, flags).await?;
        let before = server.processor_ticks().unwrap_or(0);
        let tally = import::quietly(&file, Client::of_development(&server.address)).await?;
        let ticks = server.processor_ticks().unwrap_or(0).saturating_sub(before);
        server.stop().await?;
        rates.0.push(per_second(tally.entries(), tally.elapsed()));
        // A tick is 10 ms.
        costs.0.push(ticks.saturating_mul(10_000).checked_div(tally.entries()).unwrap_or(0));
        counts = (tally.rows(), tally.entries());
    }
    let (rows, entries) = counts;
    writeln!(
        out,
        "import of a generated nation (seed {seed}, {enterprises} enterprises, 2 years), {rows} rows, {entries} entries, \
         batches of 1,000, 3 rulebooks, no limits, {rounds} rounds"
    )?;
    writeln!(
        out,
        "{} durable entries/s ({}), {} µs of the server's processors an entry ({}); the importer shares the machine",
        rates.median(),
        rates.spread(),
        costs.median(),
        costs.spread()
    )?;
    Ok(true)
}
