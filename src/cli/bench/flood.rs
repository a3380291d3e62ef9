//! `ipledger bench flood`: what a client that floods the ledger does to one that does not.
//!
//! The polite client writes [`POLITE_PER_SECOND`] times a second, durably, and waits for each answer. Quiet and flooded
//! stretches follow each other in turn, on the same server with its default limits (a tenth of them in a debug build); compared are the medians over the
//! rounds of the polite client's 99th percentile. The flood comes from another principal, on connections of its own,
//! with [`FLOODERS`] writers and no-op callers at once that never wait and ignore `RetryInfo`. Client and server share the
//! machine, so the flood also costs the polite client its processor.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{Options, Rates};
use crate::cli::child::{ActAs, ServerProcess};
use crate::config::REQUESTS_PER_SECOND_DEFAULT;
use crate::proto::v1;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::registry_service_client::RegistryServiceClient;

/// Writes of the polite client.
const POLITE_PER_SECOND: u64 = 50;

/// Callers of the flood at once.
const FLOODERS: usize = 512;

/// Connections of the flood.
const CONNECTIONS: usize = 4;

/// How much slower the polite client may become: twice.
const RATIO_MAX: u64 = 2;

const ENTERPRISE: &str = "91110000600037341L";

pub(super) type Registry = RegistryServiceClient<InterceptedService<Channel, ActAs>>;

/// What the flood got.
#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    refused: AtomicU64,
}

/// Runs the rounds and prints the ratio; false if the polite client became more than [`RATIO_MAX`] times slower.
pub(super) async fn run(options: Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let program = std::env::current_exe()?;
    // An unoptimised server does a tenth of the work, so a tenth of the limit is the same share of it.
    let limit =
        if cfg!(debug_assertions) { REQUESTS_PER_SECOND_DEFAULT.div_ceil(10) } else { REQUESTS_PER_SECOND_DEFAULT };
    let flags = ["--limit-requests".to_owned(), limit.to_string()].map(Into::into);
    let server = ServerProcess::start_with(&program, &folder.path().join("data"), flags).await?;
    let polite = RegistryServiceClient::with_interceptor(server.connect().await?, ActAs::new("officer", "", "polite")?);
    register(polite.clone()).await?;
    let tally = Arc::new(Tally::default());
    let (mut quiet, mut flooded) = (Rates::default(), Rates::default());
    for _ in 0..options.rounds {
        quiet.0.push(p99_micros(polite.clone(), options.seconds).await?);
        let flood = Flood::start(&server, &tally).await?;
        flooded.0.push(p99_micros(polite.clone(), options.seconds).await?);
        flood.stop().await;
    }
    server.stop().await?;
    let (quiet, flooded) = (quiet.median().max(1), flooded.median());
    let percent = flooded.saturating_mul(100).checked_div(quiet).unwrap_or(0);
    writeln!(
        out,
        "polite client, {POLITE_PER_SECOND} durable writes a second: p99 {quiet} µs quiet, {flooded} µs flooded"
    )?;
    writeln!(
        out,
        "flood of {FLOODERS} callers, {limit} requests a second allowed: {} calls answered, {} refused with RESOURCE_EXHAUSTED",
        tally.answered.load(Ordering::Relaxed),
        tally.refused.load(Ordering::Relaxed)
    )?;
    let held = flooded <= quiet.saturating_mul(RATIO_MAX);
    writeln!(out, "flooded : quiet {percent} %, {}", if held { "within 200 %" } else { "MORE THAN 200 %" })?;
    Ok(held)
}

/// Registers the enterprise that all write to.
pub(super) async fn register(mut client: Registry) -> anyhow::Result<()> {
    let request = v1::RegisterEnterpriseRequest {
        request_id: Uuid::new_v4().to_string(),
        uscc: ENTERPRISE.to_owned(),
        name: "鹤壁镁业".to_owned(),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".to_owned(),
        ..Default::default()
    };
    client.register_enterprise(request).await?;
    Ok(())
}

/// A write that changes nothing, of a new id.
pub(super) fn update() -> v1::UpdateEnterpriseRequest {
    v1::UpdateEnterpriseRequest {
        request_id: Uuid::new_v4().to_string(),
        uscc: ENTERPRISE.to_owned(),
        name: "鹤壁镁业".to_owned(),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".to_owned(),
        ..Default::default()
    }
}

/// The 99th percentile of the polite client's writes over some seconds.
async fn p99_micros(mut client: Registry, seconds: u64) -> anyhow::Result<u64> {
    let mut ticks = tokio::time::interval(Duration::from_millis(1_000_u64.div_ceil(POLITE_PER_SECOND)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut taken = Vec::new();
    for _ in 0..seconds.saturating_mul(POLITE_PER_SECOND) {
        ticks.tick().await;
        let begin = Instant::now();
        client.update_enterprise(update()).await?;
        taken.push(u64::try_from(begin.elapsed().as_micros())?);
    }
    taken.sort_unstable();
    let index = taken.len().saturating_mul(99).div_euclid(100).min(taken.len().saturating_sub(1));
    taken.get(index).copied().context("not one write")
}

/// Calls and calls until the connection ends.
async fn flood(channel: Channel, identity: ActAs, writes: bool, tally: Arc<Tally>) {
    let mut registry = RegistryServiceClient::with_interceptor(channel.clone(), identity.clone());
    let mut ledger = LedgerServiceClient::with_interceptor(channel, identity);
    loop {
        let answered = if writes {
            registry.update_enterprise(update()).await.map(drop)
        } else {
            ledger.ping(v1::PingRequest { payload: vec![7; 300] }).await.map(drop)
        };
        let count = match answered {
            Ok(()) => &tally.answered,
            Err(status) if status.code() == Code::ResourceExhausted => &tally.refused,
            Err(_) => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Callers that never wait.
struct Flood {
    callers: JoinSet<()>,
}

impl Flood {
    async fn start(server: &ServerProcess, tally: &Arc<Tally>) -> anyhow::Result<Self> {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.connect().await?);
        }
        let mut callers = JoinSet::new();
        for (number, channel) in channels.iter().cycle().take(FLOODERS).enumerate() {
            let (channel, identity, tally) = (channel.clone(), ActAs::new("officer", "", "flood")?, Arc::clone(tally));
            let writes = number.is_multiple_of(2);
            callers.spawn(flood(channel, identity, writes, tally));
        }
        Ok(Self { callers })
    }

    async fn stop(mut self) {
        self.callers.shutdown().await;
    }
}
