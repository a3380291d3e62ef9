//! `ipledger import`: the rows of a file as writes, through the import stream of a running ledger.
//!
//! ```text
//! file ─ rows ──> request (JSON) ─ names, request id ──> batch of 1,000 ──> stream ──> outcome ──> report
//! ```
//!
//! A request id that a row does not bring is made of the file's digest and the row's number, so that running the same
//! file again replays what was recorded and sends anew what was not. NDJSON and CSV are read as a stream; a workbook is
//! held in memory. Beside the batches under way, only names of rows are kept, each until it is forgotten.

mod columns;
mod importer;
mod item;
mod names;
mod report;
mod rows;
mod session;
mod sheet;
mod wire;

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::bench::per_second;
use super::client::Client;
use crate::server::IMPORT_ITEMS_MAX;
use importer::Importer;
use item::Items;
use report::{Report, Tally};
use rows::Rows;
pub(super) use wire::Wire;

/// The flags of `ipledger import`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file: `.ndjson` (or `.jsonl`), `.csv`, `.xlsx`; told by its name.
    file: PathBuf,
    /// The RPC that every row of a CSV file or workbook is a request of, for example `LoanService/FileLoan`.
    #[arg(long = "as", value_name = "RPC")]
    rpc: Option<String>,
    /// Where the rows that were refused, rejected or not sent are written; `FILE.report.csv` if left out. Not made when
    /// there are none.
    #[arg(long, value_name = "CSV")]
    report: Option<PathBuf>,
    /// How many rows go in a batch.
    #[arg(long, value_name = "ROWS", default_value_t = IMPORT_ITEMS_MAX)]
    batch: usize,
    /// How long to try again when the ledger does not answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    retry_for: u64,
    #[command(flatten)]
    client: Client,
}

/// Imports the file; false if a row was refused, rejected or not sent.
pub async fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let (tally, _) = import(arguments, None).await?;
    tally.write(out)?;
    Ok(tally.is_clean())
}

/// The same without a word, for a benchmark.
pub(super) async fn quietly(file: &Path, client: Client) -> anyhow::Result<Tally> {
    let (file, batch) = (file.to_owned(), IMPORT_ITEMS_MAX);
    Ok(import(&Arguments { file, rpc: None, report: None, batch, retry_for: 60, client }, None).await?.0)
}

/// The same, and gives what was sent.
pub(super) async fn recorded(file: &Path, client: Client) -> anyhow::Result<(Tally, Wire)> {
    let (file, batch) = (file.to_owned(), IMPORT_ITEMS_MAX);
    let arguments = Arguments { file, rpc: None, report: None, batch, retry_for: 60, client };
    let (tally, wire) = import(&arguments, Some(Wire::default())).await?;
    Ok((tally, wire.context("what was sent")?))
}

/// With a `wire`, what is sent is kept in it.
async fn import(arguments: &Arguments, wire: Option<Wire>) -> anyhow::Result<(Tally, Option<Wire>)> {
    anyhow::ensure!(
        (1..=IMPORT_ITEMS_MAX).contains(&arguments.batch),
        "`--batch {}` is out of range; expected 1 to {IMPORT_ITEMS_MAX}",
        arguments.batch
    );
    let file = &arguments.file;
    let items = Items::new();
    let rows = Rows::open(file, arguments.rpc.as_deref(), &items)?;
    let digest = digest(file)?;
    let report = Report::new(arguments.report.clone().unwrap_or_else(|| beside(file)));
    let bar = bar(rows.length());
    let began = Instant::now();
    let retry_for = Duration::from_secs(arguments.retry_for);
    let mut importer = Importer::new(&arguments.client, (digest, arguments.batch, retry_for), report, wire);
    for (count, row) in (1_u64..).zip(rows) {
        let row = row.with_context(|| format!("reading `{}`", file.display()))?;
        importer.put(row.number, row.asked).await?;
        if count.is_multiple_of(1_000) {
            bar.set_position(row.position);
            bar.set_message(format!("{count} rows, {} a second", per_second(count, began.elapsed())));
        }
    }
    let finished = importer.finish(began).await?;
    bar.finish_and_clear();
    Ok(finished)
}

/// `loans.csv.report.csv`.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".report.csv");
    name.into()
}

fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {percent} %  {msg}  {eta} left");
    let bar = ProgressBar::new(length);
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

/// SHA-256 of the file.
fn digest(path: &Path) -> anyhow::Result<[u8; 32]> {
    let reading = || format!("reading `{}`", path.display());
    let mut file = File::open(path).with_context(reading)?;
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let count = file.read(&mut buffer).with_context(reading)?;
        if count == 0 {
            return Ok(digest.finalize().into());
        }
        digest.update(buffer.get(..count).unwrap_or_default());
    }
}
