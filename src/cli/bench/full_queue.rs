//! Part of `ipledger bench overload`: the writer's queue, filled to its end and kept full.
//!
//! Batches of [`BATCH_ITEMS_MAX`] writes come over [`BATCHES`] connections, each again as soon as it is answered: there are
//! more commands under way than the queue holds, whatever the machine. Beside them one caller sends single writes, and waits
//! as it is told when it is refused. Looked at: that both are refused with `RESOURCE_EXHAUSTED` and a hint and with nothing
//! else, and how soon a write is answered when the batches end.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::flood::update;
use super::overload::has_hint;
use super::{Rates, per_second};
use crate::cli::child::{ActAs, ServerProcess};
use crate::proto::v1;
use crate::proto::v1::batch_service_client::BatchServiceClient;
use crate::proto::v1::registry_service_client::RegistryServiceClient;
use crate::proto::v1::write_item::Request as Item;
use crate::proto::v1::write_result::Result as Outcome;
use crate::server::BATCH_ITEMS_MAX;
use crate::writer::QUEUE_COMMANDS_MAX;

/// Batches under way: twice the queue and a half.
const BATCHES: usize = 20;

const _: () = assert!(BATCHES * BATCH_ITEMS_MAX > 2 * QUEUE_COMMANDS_MAX, "more than the queue holds");

/// How soon a single write must be answered when the batches have ended.
const RECOVERY_MAX: Duration = Duration::from_secs(1);

/// What became of items and single writes.
#[derive(Debug, Default)]
struct Tally {
    recorded: AtomicU64,
    refused: AtomicU64,
    without_hint: AtomicU64,
    others: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    fn note(&self, code: Code, hint: bool, words: &str) {
        if code == Code::ResourceExhausted {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.without_hint.fetch_add(u64::from(!hint), Ordering::Relaxed);
        } else {
            let mut others = self.others.lock();
            let times = others.entry(format!("{code:?}: {words}")).or_default();
            *times = times.saturating_add(1);
        }
    }
}

/// Fills the queue for so long and prints what came of it; whether it held.
pub(super) async fn run(server: &ServerProcess, time: Duration, out: &mut dyn Write) -> anyhow::Result<bool> {
    let (batches, single) = (Arc::new(Tally::default()), Arc::new(Tally::default()));
    let begin = Instant::now();
    let until = begin.checked_add(time).context("a time")?;
    let mut callers = JoinSet::new();
    for number in 0..BATCHES {
        let identity = ActAs::new("officer", "", &format!("batches-{number}"))?;
        let client = BatchServiceClient::with_interceptor(server.connect().await?, identity);
        callers.spawn(send_batches(client, until, Arc::clone(&batches)));
    }
    let beside = ActAs::new("officer", "", "beside")?;
    let mut client = RegistryServiceClient::with_interceptor(server.connect().await?, beside);
    let mut waited = Rates::default();
    while Instant::now() < until {
        let asked = Instant::now();
        obediently(&mut client, &single).await?;
        waited.0.push(u64::try_from(asked.elapsed().as_millis())?);
    }
    let ended = Instant::now();
    obediently(&mut client, &single).await?;
    let recovery = ended.elapsed();
    while let Some(done) = callers.join_next().await {
        done??;
    }
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (items, refused) = (count(&batches.recorded), count(&batches.refused));
    let without = count(&batches.without_hint).saturating_add(count(&single.without_hint));
    let others = [batches.others.lock().clone(), single.others.lock().clone()];
    writeln!(
        out,
        "full queue   {BATCHES} batches of {BATCH_ITEMS_MAX} under way: {} writes/s recorded, {} /s refused with \
         RESOURCE_EXHAUSTED; beside them {} single writes, refused {} times and sent again as told, answered after {} ms at the \
         median; {without} refusals without RetryInfo; others {others:?}; {} ms after the end a new call is answered",
        per_second(items, begin.elapsed()),
        per_second(refused, begin.elapsed()),
        count(&single.recorded),
        count(&single.refused),
        waited.median(),
        recovery.as_millis(),
    )?;
    out.flush()?;
    let alone = refused > 0 && without == 0 && others.iter().all(BTreeMap::is_empty);
    Ok(alone && (recovery <= RECOVERY_MAX || cfg!(debug_assertions)))
}

type Batches = BatchServiceClient<tonic::service::interceptor::InterceptedService<tonic::transport::Channel, ActAs>>;
type Single = RegistryServiceClient<tonic::service::interceptor::InterceptedService<tonic::transport::Channel, ActAs>>;

async fn send_batches(mut client: Batches, until: Instant, tally: Arc<Tally>) -> anyhow::Result<()> {
    while Instant::now() < until {
        let item = || v1::WriteItem { request: Some(Item::UpdateEnterprise(update())) };
        let items = std::iter::repeat_with(item).take(BATCH_ITEMS_MAX).collect();
        for result in client.write_batch(v1::WriteBatchRequest { items }).await?.into_inner().results {
            match result.result.context("an item without an answer")? {
                Outcome::Answer(_) => drop(tally.recorded.fetch_add(1, Ordering::Relaxed)),
                Outcome::Error(error) => {
                    let code = Code::from(error.code);
                    let details = error.status.clone();
                    let status = Status::with_details(code, error.message.clone(), details.into());
                    tally.note(code, error.retryable && has_hint(&status), &error.message);
                }
            }
        }
    }
    Ok(())
}

/// One write with one id until it is answered, waiting after each refusal as long as it says.
async fn obediently(client: &mut Single, tally: &Tally) -> anyhow::Result<()> {
    let request = update();
    while let Err(status) = client.update_enterprise(request.clone()).await {
        tally.note(status.code(), has_hint(&status), status.message());
        anyhow::ensure!(status.code() == Code::ResourceExhausted, "beside a full queue: {status}");
        sleep(status.get_details_retry_info().and_then(|hint| hint.retry_delay).unwrap_or_default()).await;
    }
    tally.recorded.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
