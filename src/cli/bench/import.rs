//! The import of a generated nation into a new server: the whole program at both ends, file, JSON and all; and the same
//! batches again, ready for the wire, into another new server.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::{Rates, per_second};
use crate::cli::child::ServerProcess;
use crate::cli::client::Client;
use crate::cli::{generate, import};

/// Imports the same nation into a new server each time and prints the rates.
pub(super) async fn run((seed, enterprises): (u64, u64), rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let file = folder.path().join("nation.ndjson");
    generate::run(generate::Arguments::of(seed, enterprises), &mut File::create(&file)?)?;
    let (mut files, mut wires) = (Figures::default(), Figures::default());
    let (mut counts, mut batches) = ((0, 0), 0);
    for round in 0..rounds {
        let server = Measured::start(&folder.path().join(round.to_string())).await?;
        let (tally, wire) = import::recorded(&file, server.client()).await?;
        counts = (tally.rows(), tally.entries());
        files.note(tally.entries(), per_second(tally.entries(), tally.elapsed()), server.stop().await?);

        let server = Measured::start(&folder.path().join(format!("{round}-wire"))).await?;
        let sending = wire.send(&server.client()).await?;
        batches = sending.batches;
        anyhow::ensure!(
            sending.entries == counts.1,
            "{} entries the second time, {} before",
            sending.entries,
            counts.1
        );
        wires.note(sending.entries, per_second(sending.entries, sending.took), server.stop().await?);
    }
    let (rows, entries) = counts;
    writeln!(
        out,
        "import of a generated nation (seed {seed}, {enterprises} enterprises, 2 years), {rows} rows, {entries} entries, \
         {batches} batches, 3 rulebooks, no limits, {rounds} rounds; the importer shares the machine"
    )?;
    files.write("from a file of JSON, names resolved on the way", out)?;
    wires.write("ready for the wire, batches of 1,000", out)?;
    Ok(true)
}

/// A new server and its processor time.
struct Measured {
    server: ServerProcess,
    ticks: u64,
}

impl Measured {
    async fn start(data: &Path) -> anyhow::Result<Self> {
        let flags = ["--limit-requests", "0"].map(Into::into);
        let server = ServerProcess::start_with(&std::env::current_exe()?, data, flags).await?;
        let ticks = server.processor_ticks().unwrap_or(0);
        Ok(Self { server, ticks })
    }

    fn client(&self) -> Client {
        Client::of_development(&self.server.address)
    }

    /// The ticks since the start, of 10 ms.
    async fn stop(self) -> anyhow::Result<u64> {
        let ticks = self.server.processor_ticks().unwrap_or(0).saturating_sub(self.ticks);
        self.server.stop().await?;
        Ok(ticks)
    }
}

#[derive(Default)]
struct Figures {
    rates: Rates,
    nanos: Rates,
}

impl Figures {
    fn note(&mut self, entries: u64, rate: u64, ticks: u64) {
        self.rates.0.push(rate);
        self.nanos.0.push(ticks.saturating_mul(10_000_000).checked_div(entries).unwrap_or(0));
    }

    fn write(&self, what: &str, out: &mut dyn Write) -> anyhow::Result<()> {
        let (rate, nanos) = (self.rates.median(), self.nanos.median());
        let spreads = (self.rates.spread(), self.nanos.spread());
        writeln!(
            out,
            "{what}: {rate} durable entries/s ({}), {nanos} ns of the server's processors an entry ({})",
            spreads.0, spreads.1
        )?;
        Ok(())
    }
}
