//! `ipledger receipt`: takes the receipt of an entry home, and checks one without network and data folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use super::client::Client;
use super::key::{LedgerKey, read_public};
use crate::calendar::Timestamp;
use crate::evidence::note::Signer;
use crate::evidence::receipt::{Proven, RECEIPT_BYTES_MAX, Receipt};
use crate::evidence::{PublicKey, Refuted};
use crate::proto::v1;
use crate::server::words;

/// What to do with receipts.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Get the receipt of an entry from a running ledger.
    Get {
        /// The sequence of the entry.
        sequence: u64,
        /// The file to write; default `receipt-SEQUENCE.json`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Where the ledger is.
        #[command(flatten)]
        client: Client,
    },
    /// Check a receipt: needs the file and the ledger's public key, nothing else.
    Verify {
        /// The receipt.
        file: PathBuf,
        /// The key of the ledger.
        #[command(flatten)]
        ledger: LedgerKey,
        /// The public key of a cosigner who must have signed the checkpoint too; may be repeated.
        #[arg(long, value_name = "PUBFILE")]
        cosigner: Vec<PathBuf>,
    },
}

/// Runs the task; `false` when a receipt proves nothing.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    match task {
        Task::Get { sequence, out: file, client } => {
            let file = file.clone().unwrap_or_else(|| PathBuf::from(format!("receipt-{sequence}.json")));
            super::on_runtime(get(*sequence, &file, client, out))
        }
        Task::Verify { file, ledger, cosigner } => verify(file, ledger, cosigner, out),
    }
}

async fn get(sequence: u64, file: &Path, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let answer = client.evidence().await?.get_receipt(v1::GetReceiptRequest { sequence }).await?.into_inner();
    fs::write(file, &answer.receipt).with_context(|| format!("writing `{}`", file.display()))?;
    writeln!(
        out,
        "receipt of entry {sequence} under a checkpoint of {} entries: {}",
        answer.tree_size,
        file.display()
    )?;
    Ok(true)
}

fn verify(file: &Path, ledger: &LedgerKey, cosigners: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<bool> {
    let (key, cosigners) = (ledger.read()?, read_public(cosigners)?);
    let size = fs::metadata(file).with_context(|| format!("reading `{}`", file.display()))?.len();
    let limit = RECEIPT_BYTES_MAX;
    anyhow::ensure!(
        usize::try_from(size).is_ok_and(|size| size <= limit),
        "`{}` has {size} bytes; a receipt has at most {limit}",
        file.display()
    );
    let text = fs::read(file).with_context(|| format!("reading `{}`", file.display()))?;
    match check(&text, &key, &cosigners) {
        Ok(proven) => {
            say(&proven, &key, out)?;
            Ok(true)
        }
        Err(refuted) => {
            writeln!(out, "NOT PROVEN: {refuted}")?;
            Ok(false)
        }
    }
}

/// All of the cosigners must have signed.
fn check(text: &[u8], key: &PublicKey, cosigners: &[PublicKey]) -> Result<Proven, Refuted> {
    let text = std::str::from_utf8(text).map_err(|error| Refuted::Disagrees(format!("the receipt: {error}")))?;
    let proven = Receipt::parse(text)?.verify(key, cosigners)?;
    for cosigner in cosigners {
        proven.checkpoint.note.verify_by(cosigner)?;
    }
    Ok(proven)
}

fn say(proven: &Proven, key: &PublicKey, out: &mut dyn Write) -> anyhow::Result<()> {
    let (entry, checkpoint) = (&proven.entry, &proven.checkpoint.checkpoint);
    let said = words(entry);
    writeln!(out, "proven: entry {} is in the ledger `{}`", entry.sequence, checkpoint.origin)?;
    writeln!(out, "says        {}", said.en)?;
    writeln!(out, "            {}", said.zh)?;
    writeln!(out, "recorded    {} by {} {}", entry.recorded_at, entry.actor.role, entry.actor.person)?;
    writeln!(out, "effective   {}", entry.effective_date)?;
    writeln!(out, "request     {}", entry.request.id)?;
    for posting in &entry.postings {
        writeln!(out, "posting     {} {}", posting.account, posting.amount.grouped())?;
    }
    writeln!(out, "checkpoint  {} entries, root {}", checkpoint.size, checkpoint.root)?;
    writeln!(out, "signed by   {}", key.label())?;
    for Signer { key, signed_at } in &proven.cosigners {
        writeln!(out, "cosigned by {}{}", key.label(), signed_at.map(at).unwrap_or_default())?;
    }
    Ok(())
}

/// ` at …`, from seconds since 1970.
fn at(seconds: u64) -> String {
    let micros = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    micros.map(|micros| format!(" at {}", Timestamp::from_micros(micros))).unwrap_or_default()
}
