//! `ipledger checkpoint`: takes a checkpoint home, checks that the ledger only grew since the one that was kept, and
//! cosigns it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgGroup, Args, Subcommand};

use super::client::{Client, Evidence};
use super::key::{LedgerKey, read_public};
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::key::Algorithm;
use crate::evidence::note::Signer;
use crate::evidence::{PublicKey, SigningKey};
use crate::journal::merkle::Hash;
use crate::journal::merkle::proof::is_consistent;
use crate::proto::v1;
use crate::proto::v1::CheckpointChoice;
use crate::writer::clock::Clock;

/// What to do with checkpoints.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Get a checkpoint from a running ledger and check it.
    #[command(group = ArgGroup::new("choice"))]
    Get {
        /// One of everything that is durable now, instead of the newest that was made.
        #[arg(long, group = "choice")]
        fresh: bool,
        /// The one with the most cosignatures.
        #[arg(long, group = "choice")]
        cosigned: bool,
        /// The public key of a cosigner who must have signed it too; may be repeated.
        #[arg(long, value_name = "PUBFILE")]
        cosigner: Vec<PathBuf>,
        /// Which ledger, and what was kept of it.
        #[command(flatten)]
        watch: Watch,
    },
    /// Check the newest checkpoint of a running ledger against the one that was kept, sign it, and hand it in.
    Cosign {
        /// The private key of the cosigner, made with `ipledger key new --cosigner`.
        #[arg(long, value_name = "FILE")]
        sign_with: PathBuf,
        /// Which ledger, and what was kept of it.
        #[command(flatten)]
        watch: Watch,
    },
}

/// What a client needs to notice that a ledger rewrote its past.
#[derive(Debug, Args)]
pub struct Watch {
    /// The file that keeps the last checkpoint that was found right. When it is there, the ledger must prove that it only
    /// grew since; then the new one takes its place.
    #[arg(long, value_name = "FILE")]
    keep: PathBuf,
    /// The key of the ledger.
    #[command(flatten)]
    ledger: LedgerKey,
    /// Where the ledger is.
    #[command(flatten)]
    client: Client,
}

/// Runs the task; `false` when the ledger shows another history.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    super::on_runtime(async {
        match task {
            Task::Get { fresh, cosigned, cosigner, watch } => {
                let choice = match (fresh, cosigned) {
                    (true, _) => CheckpointChoice::Fresh,
                    (_, true) => CheckpointChoice::Cosigned,
                    (false, false) => CheckpointChoice::Newest,
                };
                let cosigners = read_public(cosigner)?;
                let Some(checkpoint) = watch.checked(choice, &cosigners, out).await? else { return Ok(false) };
                for Signer { key, .. } in checkpoint.note.verify(&cosigners)? {
                    writeln!(out, "cosigned by {}", key.label())?;
                }
                Ok(true)
            }
            Task::Cosign { sign_with, watch } => cosign(sign_with, watch, out).await,
        }
    })
}

async fn cosign(path: &Path, watch: &Watch, out: &mut dyn Write) -> anyhow::Result<bool> {
    let key = SigningKey::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    anyhow::ensure!(
        key.public().algorithm() == Algorithm::Cosignature,
        "`{}` is a ledger's key; a cosigner's is made with `ipledger key new --cosigner`",
        path.display()
    );
    let Some(mut checkpoint) = watch.checked(CheckpointChoice::Newest, &[], out).await? else { return Ok(false) };
    let micros = Clock::System.now().micros();
    let now = u64::try_from(micros.div_euclid(1_000_000)).context("the clock is before 1970")?;
    checkpoint.note.sign(&key, now);
    let request = v1::AddCosignatureRequest { note: checkpoint.to_string() };
    let answer = watch.client.evidence().await?.add_cosignature(request).await?.into_inner();
    // It passes over the signatures of strangers, and takes the note for those of others that are on it.
    let taken = SignedCheckpoint::parse(&answer.checkpoint.unwrap_or_default().note)?;
    let label = key.public().label();
    if taken.checkpoint != checkpoint.checkpoint || taken.note.verify_by(key.public()).is_err() {
        writeln!(
            out,
            "NOT COSIGNED: the ledger does not know `{label}`; its operator starts it with `--cosigner PUBFILE`"
        )?;
        return Ok(false);
    }
    writeln!(out, "cosigned    as {label}")?;
    Ok(true)
}

impl Watch {
    /// A checkpoint that is signed by the ledger and continues the one that was kept, and is now kept itself; `None` when
    /// the ledger shows another history, which `out` is told.
    async fn checked(
        &self,
        choice: CheckpointChoice,
        cosigners: &[PublicKey],
        out: &mut dyn Write,
    ) -> anyhow::Result<Option<SignedCheckpoint>> {
        let (key, earlier) = self.ledger.read_all()?;
        let mut evidence = self.client.evidence().await?;
        let request = v1::GetCheckpointRequest { choice: choice.into() };
        let answer = evidence.get_checkpoint(request).await?.into_inner();
        let note = answer.checkpoint.unwrap_or_default().note;
        let shown = SignedCheckpoint::parse(&note).and_then(|shown| {
            shown.verify_by(&key)?;
            cosigners.iter().try_for_each(|cosigner| shown.note.verify_by(cosigner).map(|_signer| ()))?;
            Ok(shown)
        });
        let shown = match shown {
            Ok(shown) => shown,
            Err(refuted) => {
                writeln!(out, "NOT PROVEN: {refuted}")?;
                return Ok(None);
            }
        };
        if let Some(kept) = self.kept()? {
            let is_theirs = earlier.iter().chain([&key]).any(|key| kept.verify_by(key).is_ok());
            anyhow::ensure!(is_theirs, "`{}` is not a checkpoint by `{}`", self.keep.display(), key.label());
            if let Some(problem) = contradiction(&mut evidence, &kept, &shown).await? {
                writeln!(out, "NOT PROVEN: {problem}")?;
                writeln!(out, "kept:\n{kept}\nshown:\n{shown}")?;
                return Ok(None);
            }
            let (before, now) = (kept.checkpoint.size, shown.checkpoint.size);
            writeln!(out, "proven: the ledger only grew, from {before} to {now} entries")?;
        } else {
            writeln!(out, "first checkpoint: nothing was kept to compare it with")?;
        }
        writeln!(out, "checkpoint  {} entries, root {}", shown.checkpoint.size, shown.checkpoint.root)?;
        writeln!(out, "signed by   {}", key.label())?;
        replace(&self.keep, &shown.to_string()).with_context(|| format!("writing `{}`", self.keep.display()))?;
        Ok(Some(shown))
    }

    fn kept(&self) -> anyhow::Result<Option<SignedCheckpoint>> {
        let path = self.keep.display();
        match fs::read_to_string(&self.keep) {
            Ok(text) => Ok(Some(SignedCheckpoint::parse(&text).with_context(|| format!("`{path}`"))?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading `{path}`")),
        }
    }
}

/// What speaks against the shown checkpoint coming after the kept one; `None` when it is proven to.
async fn contradiction(
    evidence: &mut Evidence,
    kept: &SignedCheckpoint,
    shown: &SignedCheckpoint,
) -> anyhow::Result<Option<String>> {
    let (before, now) = (&kept.checkpoint, &shown.checkpoint);
    if now.size < before.size {
        let problem = format!("the ledger shows {} entries, and {} were signed before", now.size, before.size);
        return Ok(Some(problem));
    }
    let request = v1::GetConsistencyProofRequest { first_size: before.size, second_size: now.size };
    let proof = evidence.get_consistency_proof(request).await.context("asking that the ledger only grew")?;
    let proof = proof.into_inner().hashes;
    let proof: Option<Vec<Hash>> = proof.into_iter().map(|hash| hash.try_into().ok().map(Hash)).collect();
    let (first, second) = ((before.size, before.root), (now.size, now.root));
    if proof.is_some_and(|proof| is_consistent(first, second, &proof)) {
        return Ok(None);
    }
    let problem = format!(
        "the ledger rewrote its past: its {} entries do not begin with the {} that were signed before; keep both \
         checkpoints, they convict the key's owner",
        now.size, before.size
    );
    Ok(Some(problem))
}

/// Under another name first: the file that is there is always complete.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let path_new = PathBuf::from(name);
    let mut file = fs::File::create(&path_new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&path_new, path)
}
