//! How long proofs take, and how large receipts are.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Rates, start};
use crate::evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::evidence::key::Algorithm;
use crate::evidence::{Note, Receipt, SigningKey};
use crate::identifier::Sequence;
use crate::reader::{self, Reader};
use crate::storage::sled::SledStorage;
use crate::writer::Writer;
use crate::writer::clock::Clock;

/// Proofs in one round.
const PROOFS: u64 = 500;

pub(super) async fn run(entries: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let entries = start::make(folder.path(), entries)?;
    let storage = Arc::new(SledStorage::open(folder.path())?);
    let loaded = reader::load(storage.as_ref(), &mut |_| {})?;
    let (_writer, reader, threads) = Writer::start(storage, Clock::System, loaded)?;
    writeln!(out, "\njournal of {entries} entries, {rounds} rounds of {PROOFS} proofs of places all over it")?;
    let (mut inclusion, mut consistency) = (Rates::default(), Rates::default());
    for round in 0..rounds {
        inclusion.0.extend(measure(&reader, entries, round, false).await?);
        consistency.0.extend(measure(&reader, entries, round, true).await?);
    }
    for (what, mut micros) in [("inclusion", inclusion), ("consistency", consistency)] {
        micros.0.sort_unstable();
        let at = |per_cent: usize| {
            let index = micros.0.len().saturating_mul(per_cent).div_euclid(100);
            micros.0.get(index).copied().unwrap_or(0)
        };
        writeln!(out, "{what:<14} {} µs at the median, {} at p99 ({})", at(50), at(99), micros.spread())?;
    }
    let (receipt, record) = receipt_bytes(&reader, entries).await?;
    writeln!(out, "receipt        {receipt} bytes, of an application whose record has {record}")?;
    drop(reader);
    threads.shutdown().await?;
    Ok(())
}

/// Microseconds of each proof.
async fn measure(reader: &Reader, entries: u64, round: usize, consistency: bool) -> anyhow::Result<Vec<u64>> {
    let mut micros = Vec::new();
    let offset = u64::try_from(round)?;
    for number in 0..PROOFS {
        // A large prime steps through the whole journal without a pattern.
        let place = number.saturating_add(offset).wrapping_mul(2_654_435_761).checked_rem(entries).unwrap_or(0);
        let begin = Instant::now();
        let proof = if consistency {
            reader.consistency_proof(place.saturating_add(1), entries).await?
        } else {
            reader.inclusion_proof(Sequence::new(place.saturating_add(1)), entries).await?
        };
        micros.push(u64::try_from(begin.elapsed().as_micros())?);
        proof.context("a proof")?;
    }
    Ok(micros)
}

/// The bytes of the receipt of the last entry under a checkpoint of everything, and of its record.
async fn receipt_bytes(reader: &Reader, entries: u64) -> anyhow::Result<(usize, usize)> {
    let key = SigningKey::generate("hebi.gov.cn/ip-pledge", Algorithm::Ed25519)?;
    let root = reader.tree_root(entries).await?.context("a root")?;
    let checkpoint = Checkpoint { origin: key.public().name().to_owned(), size: entries, root };
    let mut note = Note::new(checkpoint.to_string())?;
    note.sign(&key, 0);
    let sequence = Sequence::new(entries);
    let path = reader.inclusion_proof(sequence, entries).await?.context("a proof")?;
    let record = reader.record(sequence).await?.context("a record")?;
    let receipt = Receipt::new(sequence, &record, &path, &SignedCheckpoint { checkpoint, note }, key.public());
    Ok((receipt.to_json().len(), record.len()))
}
