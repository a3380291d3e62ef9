//! `ipledger backup` and `ipledger restore`: the journal to a folder elsewhere while it is written to, and back.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use tonic::{Code, Streaming};

use super::client::Client;
use super::key::LedgerKey;
use crate::backup::{Backup, BackupFault, Expected, NotProven, Restore, Run};
use crate::evidence::PublicKey;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::journal::block::{Block, Head, StreamFault};
use crate::journal::merkle::Hash;
use crate::journal::merkle::proof::is_consistent;
use crate::proto::v1;
use crate::proto::v1::back_up_journal_response::Part;
use crate::writer::clock::Clock;

/// What to back up.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The folder of the backup; made if it is not there. Another run adds what is new.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The key of the ledger.
    #[command(flatten)]
    ledger: LedgerKey,
    /// Where the ledger is; backups are for `--role operator`.
    #[command(flatten)]
    client: Client,
}

/// What to restore.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The folder of the backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data folder to make; it must not exist, or be empty.
    #[arg(long, value_name = "DATA")]
    to: PathBuf,
    /// The checkpoint that the journal must be of, kept elsewhere than the backup: by `checkpoint get`, a cosigner, or a
    /// bank.
    #[arg(long, value_name = "CHECKPOINT")]
    expect: PathBuf,
    /// Restore a backup that goes on after the checkpoint too, once it is proven that it begins with it.
    #[arg(long)]
    allow_longer: bool,
    /// The public key of the ledger; without it no signature is checked, and the certificate says so.
    #[arg(long, value_name = "PUBFILE")]
    key: Option<PathBuf>,
    /// The statement of a rotation of that key, oldest first.
    #[arg(long, value_name = "FILE", requires = "key")]
    rotation: Vec<PathBuf>,
}

/// Takes a backup; `false` when what the ledger shows does not continue what the folder has, or what the folder has is
/// damaged.
pub fn back_up(arguments: &BackupArguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    super::on_runtime(async {
        match arguments.take(out).await {
            Ok(()) => Ok(true),
            Err(error) => not_proven(error, "NOT BACKED UP", out),
        }
    })
}

/// Restores a backup; `false` when it does not prove to be what is expected.
pub fn restore(arguments: &RestoreArguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    match arguments.restore(out) {
        Ok(()) => Ok(true),
        Err(error) => not_proven(error, "NOT RESTORED", out),
    }
}

/// What is wrong with the evidence is a result; everything else could not be done.
fn not_proven(error: anyhow::Error, verdict: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    let fault = error.downcast_ref::<BackupFault>();
    if fault.is_some_and(|fault| matches!(fault, BackupFault::NotProven(_))) {
        writeln!(out, "{verdict}: {error:#}")?;
        return Ok(false);
    }
    Err(error)
}

fn contradiction(problem: String) -> anyhow::Error {
    BackupFault::from(NotProven::Contradiction(problem)).into()
}

impl BackupArguments {
    async fn take(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let (key, _) = self.ledger.read_all()?;
        let mut run = Backup::open(&self.to)?.begin()?;
        let before = run.complete().clone();
        let resumed = run.head().last_sequence.saturating_sub(before.last_sequence);
        let mut evidence = self.client.evidence().await?;
        let request = v1::BackUpJournalRequest { after_sequence: run.head().last_sequence };
        let mut stream = match evidence.back_up_journal(request).await {
            Ok(answer) => answer.into_inner(),
            // It has no such entries, or cut them another way.
            Err(status) if status.code() == Code::InvalidArgument => {
                return Err(contradiction(format!("the ledger does not continue the backup: {}", status.message())));
            }
            Err(status) => return Err(status).context("asking for the journal"),
        };
        let checkpoint = opening(&mut stream, &key, run.head()).await?;
        let bar = super::verify::progress_bar();
        receive(&mut stream, &mut run, checkpoint.checkpoint.size, &bar).await?;
        bar.finish_and_clear();
        let manifest = run.finish(&checkpoint, Clock::System.now())?;
        let added = manifest.entries.saturating_sub(before.last_sequence);
        writeln!(out, "backed up   {} entries of `{}`, {added} of them new", manifest.entries, manifest.ledger)?;
        if resumed > 0 {
            writeln!(out, "resumed     {resumed} of them were received by a run that was broken off")?;
        }
        if before.last_sequence > 0 {
            writeln!(
                out,
                "proven      the ledger only grew since the last backup, of {} entries",
                before.last_sequence
            )?;
        }
        writeln!(out, "root        {}", manifest.root)?;
        writeln!(out, "checkpoint  {}", self.to.join(&manifest.checkpoint.file).display())?;
        writeln!(out, "signed by   {}", key.label())?;
        Ok(())
    }
}

/// The checkpoint that the blocks lead to: signed, and proven to continue what there is.
async fn opening(
    stream: &mut Streaming<v1::BackUpJournalResponse>,
    key: &PublicKey,
    have: &Head,
) -> anyhow::Result<SignedCheckpoint> {
    let first = stream.message().await?.and_then(|message| message.part);
    let Some(Part::Opening(opening)) = first else {
        anyhow::bail!("the server sent no opening: it is another version")
    };
    let note = opening.checkpoint.unwrap_or_default().note;
    let signed = SignedCheckpoint::parse(&note).and_then(|signed| signed.verify_by(key).map(|()| signed));
    let signed =
        signed.map_err(|refuted| contradiction(format!("the ledger's checkpoint proves nothing: {refuted}")))?;
    let now = (signed.checkpoint.size, signed.checkpoint.root);
    let before = (have.tree.size(), have.tree.root());
    let proof: Option<Vec<Hash>> = opening.consistency.into_iter().map(|hash| hash.try_into().ok().map(Hash)).collect();
    if proof.is_some_and(|proof| is_consistent(before, now, &proof)) {
        return Ok(signed);
    }
    Err(contradiction(format!(
        "the ledger does not continue the backup: its {} entries with root {} do not begin with the {} with root {} that \
         were backed up; keep the backup, and find out what happened to the ledger",
        now.0, now.1, before.0, before.1
    )))
}

/// Receives the blocks up to this size.
async fn receive(
    stream: &mut Streaming<v1::BackUpJournalResponse>,
    run: &mut Run,
    size: u64,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut bytes: Vec<u8> = Vec::new();
    while run.head().last_sequence < size {
        let Some(message) = stream.message().await.context("receiving the journal")? else {
            let (have, missing) = (run.head().last_sequence, size.saturating_sub(run.head().last_sequence));
            anyhow::bail!(
                "the stream ended after entry {have}, {missing} are missing: take the backup again, it goes on"
            );
        };
        let Some(Part::Blocks(piece)) = message.part else {
            anyhow::bail!("the server sent something else than blocks: it is another version");
        };
        bytes.extend_from_slice(&piece);
        let mut rest = bytes.as_slice();
        loop {
            let mut ahead = rest;
            match Block::from_stream(run.head().height.saturating_add(1), &mut ahead) {
                Ok(Some(block)) => run.take(&block)?,
                Ok(None) | Err(StreamFault::CutOff { .. }) => break,
                Err(fault @ (StreamFault::Io(_) | StreamFault::Block(_))) => {
                    return Err(contradiction(format!("what the ledger sent is damaged: {fault}")));
                }
            }
            rest = ahead;
            bar.set_position(run.head().last_sequence);
        }
        bytes = rest.to_vec();
    }
    Ok(())
}

impl RestoreArguments {
    fn restore(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let keys = match &self.key {
            Some(key) => {
                let ledger = LedgerKey { key: key.clone(), rotation: self.rotation.clone() };
                let (key, mut earlier) = ledger.read_all()?;
                earlier.push(key);
                earlier
            }
            None => Vec::new(),
        };
        let shown = self.expect.display();
        let text = fs::read_to_string(&self.expect).with_context(|| format!("reading `{shown}`"))?;
        let checkpoint = SignedCheckpoint::parse(&text)
            .map_err(|source| NotProven::Checkpoint { path: self.expect.clone(), source })
            .map_err(BackupFault::from)?;
        let expected = Expected { checkpoint, path: self.expect.clone(), keys, longer: self.allow_longer };
        let restore = Restore { from: &self.from, to: &self.to, expected: &expected, now: Clock::System.now() };
        let bar = super::verify::progress_bar();
        let restored = crate::backup::restore(&restore, &mut |entries| bar.set_position(entries));
        bar.finish_and_clear();
        let certificate = restored?;
        writeln!(out, "restored: every hash, every entry and every invariant of the book holds")?;
        write!(out, "{certificate}")?;
        writeln!(out, "certificate    {}", self.to.join("restore-certificate.json").display())?;
        Ok(())
    }
}
