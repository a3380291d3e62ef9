//! What an import sent, ready for the wire, to be sent again to another new ledger: a benchmark of the ledger alone.
//!
//! Names are resolved: the same rows in the same order make the same entries, so what the first ledger answered is true of
//! the next one. Batches of one caller that went out one behind the other are put together up to the usual number of rows,
//! because nothing has to be waited for any more.

use std::time::Duration;

use prost::bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::item::brief;
use super::rows::CallAs;
use super::session::Session;
use crate::cli::client::Client;
use crate::proto::v1::write_result::Result as Outcome;
use crate::server::IMPORT_ITEMS_MAX;

/// A message may have 4 MiB.
const BATCH_BYTES_MAX: usize = 3 * 1024 * 1024;

/// An import, to send again.
#[derive(Debug, Default)]
pub(in crate::cli) struct Wire {
    turns: Vec<Turn>,
}

/// What one caller sent before another did.
#[derive(Debug)]
struct Turn {
    caller: Option<CallAs>,
    batches: Vec<Batch>,
}

#[derive(Debug)]
struct Batch {
    items: BytesMut,
    rows: usize,
}

/// What came of sending it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Sending {
    /// Entries that were recorded.
    pub(in crate::cli) entries: u64,
    /// Batches.
    pub(in crate::cli) batches: u64,
    /// From the first byte to the last answer.
    pub(in crate::cli) took: Duration,
}

impl Wire {
    /// Takes items down that go out now.
    pub(super) fn note<'a>(&mut self, caller: Option<&CallAs>, items: impl Iterator<Item = &'a Bytes>) {
        if self.turns.last().is_none_or(|turn| turn.caller.as_ref() != caller) {
            self.turns.push(Turn { caller: caller.cloned(), batches: Vec::new() });
        }
        let Some(turn) = self.turns.last_mut() else { return };
        for item in items {
            let is_full = |batch: &Batch| batch.rows >= IMPORT_ITEMS_MAX || batch.items.len() >= BATCH_BYTES_MAX;
            if turn.batches.last().is_none_or(is_full) {
                turn.batches.push(Batch { items: BytesMut::from(brief().as_slice()), rows: 0 });
            }
            if let Some(batch) = turn.batches.last_mut() {
                batch.items.extend_from_slice(item);
                batch.rows = batch.rows.saturating_add(1);
            }
        }
    }

    /// Sends all of it, each caller's batches as fast as they are taken; the next caller waits for the last answer.
    pub(in crate::cli) async fn send(self, client: &Client) -> anyhow::Result<Sending> {
        let began = Instant::now();
        let mut sending = Sending { entries: 0, batches: 0, took: Duration::ZERO };
        for Turn { caller, batches } in self.turns {
            let client = match &caller {
                Some(CallAs { role, party, person }) => client.acting_as(role, party, person)?,
                None => client.clone(),
            };
            let mut session = Session::new(client, Duration::from_secs(5));
            for Batch { items, rows } in batches {
                while session.is_full() {
                    sending.receive(&mut session).await?;
                }
                session.send(items.freeze(), vec![(); rows]).await?;
            }
            while !session.is_empty() {
                sending.receive(&mut session).await?;
            }
        }
        sending.took = began.elapsed();
        Ok(sending)
    }
}

impl Sending {
    async fn receive(&mut self, session: &mut Session<()>) -> anyhow::Result<()> {
        let (_, results) = session.receive().await?;
        self.batches = self.batches.saturating_add(1);
        for result in results {
            let Some(Outcome::Answer(answer)) = result.result else { continue };
            let is_entry = answer.entry.is_some_and(|entry| entry.sequence > 0);
            self.entries = self.entries.saturating_add(u64::from(is_entry));
        }
        Ok(())
    }
}
