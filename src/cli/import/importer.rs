//! From rows to batches, and from answers to the report.

use std::sync::Arc;
use std::time::Duration;

use prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, Value as Field};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::item::{Item, brief};
use super::names::{Made, Missing, Names};
use super::report::{Place, Report, Tally};
use super::rows::{Asked, CallAs, Wrong};
use super::session::Session;
use super::wire::Wire;
use crate::cli::client::Client;
use crate::identifier::RequestId;
use crate::proto::v1;
use crate::proto::v1::write_result::Result as Outcome;

/// A batch with so many bytes takes no more; a request may have 4 MiB.
const BATCH_BYTES_MAX: usize = 3 * 1024 * 1024;

/// How often a row is sent that the ledger asks to send again.
const TRIES_MAX: u32 = 20;

/// Before rows are sent again.
const TRY_INTERVAL: Duration = Duration::from_millis(200);

/// A row under way.
#[derive(Debug)]
struct Sent {
    row: u64,
    item: Arc<Item>,
    request_id: String,
    name: Option<String>,
    /// Kept to send it again.
    bytes: Bytes,
    tries: u32,
}

/// Takes rows and sends batches.
pub(super) struct Importer<'a> {
    client: &'a Client,
    digest: [u8; 32],
    batch_rows: usize,
    retry_for: Duration,
    caller: Option<CallAs>,
    session: Session<Sent>,
    batch: Vec<Sent>,
    batch_bytes: usize,
    names: Names,
    report: Report,
    wire: Option<Wire>,
}

impl<'a> Importer<'a> {
    /// `digest` is the file's.
    pub(super) fn new(
        client: &'a Client,
        (digest, batch_rows, retry_for): ([u8; 32], usize, Duration),
        report: Report,
        wire: Option<Wire>,
    ) -> Self {
        let session = Session::new(client.clone(), retry_for);
        let (batch, names) = (Vec::new(), Names::default());
        let (caller, batch_bytes) = (None, 0);
        Self { client, digest, batch_rows, retry_for, caller, session, batch, batch_bytes, names, report, wire }
    }

    /// Takes a row.
    pub(super) async fn put(&mut self, row: u64, asked: Result<Asked, Wrong>) -> anyhow::Result<()> {
        let mut asked = match asked {
            Ok(asked) => asked,
            Err(wrong) => return self.not_sent(row, "", &wrong),
        };
        self.turn_to(asked.caller.take()).await?;
        let item = Arc::clone(&asked.item);
        let (name, forget) = (asked.name.clone(), std::mem::take(&mut asked.forget));
        match self.sent(row, asked).await? {
            Ok(sent) => {
                if let Some(name) = &sent.name {
                    self.names.set(name, Made::NotYet);
                }
                self.batch_bytes = self.batch_bytes.saturating_add(sent.bytes.len());
                self.batch.push(sent);
            }
            Err(wrong) => {
                if let Some(name) = &name {
                    self.names.set(name, Made::Nothing);
                }
                self.not_sent(row, &item.rpc, &wrong)?;
            }
        }
        for name in &forget {
            self.names.forget(name);
        }
        if self.batch.len() >= self.batch_rows || self.batch_bytes >= BATCH_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what is left, waits for every answer and gives the counts, and what was sent if that was kept.
    pub(super) async fn finish(mut self, began: Instant) -> anyhow::Result<(Tally, Option<Wire>)> {
        self.drain().await?;
        Ok((self.report.finish(began.elapsed())?, self.wire))
    }

    fn not_sent(&mut self, row: u64, rpc: &str, wrong: &Wrong) -> anyhow::Result<()> {
        self.report.not_sent(&Place { row, rpc, request_id: "" }, wrong)
    }

    /// Goes on as another caller; everything before is answered first, since rows see what the ones before them left.
    async fn turn_to(&mut self, caller: Option<CallAs>) -> anyhow::Result<()> {
        if caller == self.caller {
            return Ok(());
        }
        self.drain().await?;
        let client = match &caller {
            Some(CallAs { role, party, person }) => self.client.acting_as(role, party, person)?,
            None => self.client.clone(),
        };
        self.session = Session::new(client, self.retry_for);
        self.caller = caller;
        Ok(())
    }

    /// The row as an item of a batch, or why it cannot be one.
    async fn sent(&mut self, row: u64, asked: Asked) -> anyhow::Result<Result<Sent, Wrong>> {
        let Asked { item, mut request, name, .. } = asked;
        loop {
            match self.names.resolve(&mut request) {
                Ok(()) => break,
                Err(Missing::Waits) => self.wait_for_one().await?,
                Err(Missing::Unknown(name)) => {
                    let expected = ("the `name` of a row before it", "前面某行的 name");
                    return Ok(Err(Wrong::value("name", &format!("${name}"), expected)));
                }
                Err(Missing::MadeNothing(name)) => {
                    let expected = ("a row that came through: see that row", "已成功的行，请先处理该行");
                    return Ok(Err(Wrong::value("name", &format!("${name}"), expected)));
                }
            }
        }
        let request_id = self.request_id(row, &request);
        Ok(encoded(&item, request, &request_id).map(|bytes| Sent { row, item, request_id, name, bytes, tries: 0 }))
    }

    /// That of the row, or one made of file and row.
    fn request_id(&self, row: u64, request: &Value) -> String {
        let given = request.get("request_id").or_else(|| request.get("requestId")).and_then(Value::as_str);
        if let Some(given) = given.filter(|given| !given.is_empty()) {
            return given.to_owned();
        }
        let hash: [u8; 32] = Sha256::new().chain_update(self.digest).chain_update(row.to_be_bytes()).finalize().into();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(into, byte)| *into = byte);
        // RFC 9562: version 8, a UUID of one's own making.
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = (*version & 0x0f) | 0x80;
        *variant = (*variant & 0x3f) | 0x80;
        RequestId::from_bytes(bytes).map(|id| id.to_string()).unwrap_or_default()
    }

    /// Sends what is collected.
    async fn flush(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        while self.session.is_full() {
            self.receive().await?;
        }
        self.batch_bytes = 0;
        let rows = std::mem::take(&mut self.batch);
        if let Some(wire) = &mut self.wire {
            wire.note(self.caller.as_ref(), rows.iter().map(|sent| &sent.bytes));
        }
        self.session.send(joined(&rows), rows).await
    }

    /// Makes sure that one more answer is there.
    async fn wait_for_one(&mut self) -> anyhow::Result<()> {
        if self.session.is_empty() {
            self.flush().await?;
        }
        self.receive().await
    }

    async fn drain(&mut self) -> anyhow::Result<()> {
        self.flush().await?;
        while !self.session.is_empty() {
            self.receive().await?;
        }
        Ok(())
    }

    /// Takes the answer to one batch. What the ledger asks to send again is sent again at once, in its order.
    async fn receive(&mut self) -> anyhow::Result<()> {
        let (rows, results) = self.session.receive().await?;
        let mut again = Vec::new();
        for (mut sent, result) in rows.into_iter().zip(results) {
            let place = Place { row: sent.row, rpc: &sent.item.rpc, request_id: &sent.request_id };
            let made = match result.result {
                Some(Outcome::Answer(answer)) => {
                    self.report.answer(&place, &answer)?;
                    made(&sent.item, &answer)
                }
                Some(Outcome::Error(error)) if error.retryable && sent.tries < TRIES_MAX => {
                    sent.tries = sent.tries.saturating_add(1);
                    again.push(sent);
                    continue;
                }
                Some(Outcome::Error(error)) => {
                    self.report.error(&place, &error)?;
                    Made::Nothing
                }
                None => anyhow::bail!("row {}: the ledger gave no result; report this bug", sent.row),
            };
            if let Some(name) = &sent.name {
                self.names.set(name, made);
            }
        }
        if !again.is_empty() {
            sleep(TRY_INTERVAL).await;
            self.session.send(joined(&again), again).await?;
        }
        Ok(())
    }
}

/// What a row made for those after it. A loan that the pool refused is an entry, and no loan.
fn made(item: &Item, answer: &v1::WriteAnswer) -> Made {
    let sequence = answer.entry.as_ref().map_or(0, |entry| entry.sequence);
    let missing = sequence == 0 || (item.rpc == "LoanService/FileLoan" && answer.loan_id.is_empty());
    if missing { Made::Nothing } else { Made::Entry(sequence) }
}

/// Several items as the bytes of one message.
fn joined(rows: &[Sent]) -> Bytes {
    let mut bytes = brief();
    for sent in rows {
        bytes.extend_from_slice(&sent.bytes);
    }
    bytes.into()
}

fn encoded(item: &Item, request: Value, request_id: &str) -> Result<Bytes, Wrong> {
    let mut message = DynamicMessage::deserialize(item.request.clone(), request)
        .map_err(|error| Wrong::row(format!("it is no request of `{}`: {error}", item.rpc)))?;
    message.set_field_by_name("request_id", Field::String(request_id.to_owned()));
    Ok(item.encode(&message).into())
}
