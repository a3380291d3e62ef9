//! `ipledger bench nation`: what a nation's book costs: memory and disk for each entry, and the time of a start.
//!
//! A generated nation is imported into a new server. Then: the resident memory of the server as it is after the import,
//! the bytes of its data folder after an orderly stop, and how long it takes to start again, from the process to the
//! first answer, with its snapshot; and the memory after that start.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{parts, per_second};
use crate::cli::child::{ActAs, ServerProcess, resident_kib};
use crate::cli::client::Client;
use crate::cli::{generate, import};
use crate::proto::v1;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::snapshot;
use crate::storage::sled::SledStorage;

/// Imports so many enterprises and prints what they cost.
pub(super) async fn run(enterprises: u64, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let file = folder.path().join("nation.ndjson");
    generate::run(generate::Arguments::of(1, enterprises), &mut File::create(&file)?)?;
    let (data, program) = (folder.path().join("data"), std::env::current_exe()?);
    let flags = || ["--limit-requests", "0"].map(Into::into);
    let server = ServerProcess::start_with(&program, &data, flags()).await?;
    let tally = import::quietly(&file, Client::of_development(&server.address)).await?;
    let entries = last_sequence(&server).await?;
    let imported = resident(&server)?;
    server.stop().await?;
    let disk = size_of(&data)?;
    let snapshots = size_of(&data.join(snapshot::FOLDER))?;

    let begin = Instant::now();
    let server = ServerProcess::start_with(&program, &data, flags()).await?;
    anyhow::ensure!(last_sequence(&server).await? == entries, "the second start has other entries");
    let start = begin.elapsed();
    let started = resident(&server)?;
    server.stop().await?;
    let each = |bytes: u64| bytes.checked_div(entries).unwrap_or(0);
    writeln!(
        out,
        "{entries} entries of {enterprises} enterprises, two years; imported at {}/s",
        per_second(tally.entries(), tally.elapsed())
    )?;
    writeln!(out, "memory after the import   {:>6} MiB, {:>5} bytes an entry", imported >> 20, each(imported))?;
    writeln!(out, "memory after a start      {:>6} MiB, {:>5} bytes an entry", started >> 20, each(started))?;
    writeln!(out, "disk, all of the folder   {:>6} MiB, {:>5} bytes an entry", disk >> 20, each(disk))?;
    writeln!(out, "of that, its snapshots    {:>6} MiB, {:>5} bytes an entry", snapshots >> 20, each(snapshots))?;
    writeln!(out, "start, process to answer  {:>6} ms", start.as_millis())?;
    let storage = SledStorage::open(&data)?;
    parts::write(&snapshot::load(&data, &storage, &mut |_| {})?.loaded, out)?;
    Ok(true)
}

async fn last_sequence(server: &ServerProcess) -> anyhow::Result<u64> {
    let mut ledger =
        LedgerServiceClient::with_interceptor(server.connect().await?, ActAs::new("auditor", "", "bench")?);
    Ok(ledger.ping(v1::PingRequest::default()).await?.into_inner().last_sequence)
}

/// Bytes.
fn resident(server: &ServerProcess) -> anyhow::Result<u64> {
    let process = server.id().context("the server has ended")?;
    Ok(resident_kib(process).context("this system does not tell the memory of a process")?.saturating_mul(1_024))
}

/// The bytes of all files below a folder.
fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0_u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let bytes = if entry.file_type()?.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() };
        sum = sum.saturating_add(bytes);
    }
    Ok(sum)
}
