//! Where a subcommand finds a ledger: the data folder of a stopped one, or the address of a running one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::client::Client;
use crate::storage::sled::SledStorage;

/// The data folder of a stopped ledger, or a running ledger.
#[derive(Debug, Args)]
pub struct Source {
    /// The data folder of a ledger that is stopped; without it a running ledger is asked.
    #[arg(long, env = "IPLEDGER_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    client: Client,
}

/// One of the two.
pub(super) enum Ledger<'a> {
    /// Of a stopped ledger.
    Stopped(Box<SledStorage>),
    /// Where a running one is.
    Running(&'a Client),
}

impl Source {
    /// Opens the folder, or says whom to ask.
    pub(super) fn open(&self) -> anyhow::Result<Ledger<'_>> {
        let Some(data) = &self.data else { return Ok(Ledger::Running(&self.client)) };
        folder(data).map(Box::new).map(Ledger::Stopped)
    }
}

fn folder(data: &Path) -> anyhow::Result<SledStorage> {
    let shown = data.display();
    anyhow::ensure!(data.is_dir(), "`{shown}` is not a folder; name the data folder with --data");
    SledStorage::open(data).with_context(|| format!("opening `{shown}`; ask a running ledger with --server instead"))
}
