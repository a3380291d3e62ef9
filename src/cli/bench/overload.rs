//! `ipledger bench overload`: twice what the ledger can do, for a while, and then readers that are slow.
//!
//! 1. *Sustainable*: [`IN_FLIGHT`] writers that each wait for their answer. That is the rate.
//! 2. *Overload*: twice that rate, sent by the clock whether answers come or not, over [`CONNECTIONS`] connections to a server
//!    without limits per caller, so that the writer's queue is the only valve. Looked at: what is answered, what is refused
//!    and with which hint, and the memory of the server all the while.
//!    There the calls cost more than the writes, and HTTP/2 holds back what the server has no hand for.
//! 3. *Recovery*: from the last request sent, how long until a new one is answered, and how the ledger answers then.
//! 4. *A full queue*: see [`full_queue`].
//! 5. *Slow readers*: [`TAILS`] tails from the first entry on, half of which read nothing and half ten entries a second;
//!    compared are writers without and with them, in turn.
//!
//! All writes go to one enterprise: the hottest row there can be. Client and server share the machine.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::flood::{Registry, register, update};
use super::{Rates, full_queue, per_cent, per_second};
use crate::cli::child::{ActAs, ServerProcess, resident_kib};
use crate::proto::v1;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::registry_service_client::RegistryServiceClient;

/// Writers of the sustainable rate.
const IN_FLIGHT: usize = 64;

/// Connections of the overload: more than the queue's length may be under way on them.
const CONNECTIONS: usize = 16;

/// How often requests are sent.
const TICK: Duration = Duration::from_millis(5);

/// The most requests that this client keeps under way; one more is not sent, and counted.
const UNDER_WAY_MAX: u64 = 16_000;

/// Slow readers at a time.
const TAILS: usize = 32;

/// Rounds with and without slow readers.
const ROUNDS: usize = 3;

/// What an entry may cost of memory while the ledger is overloaded, and what the overload itself may cost: the queue, the
/// buffers of the connections, sled's cache.
const ENTRY_KIB_MAX: u64 = 2;
const OVERLOAD_KIB_MAX: u64 = 256 * 1024;

/// The least that writers do beside slow readers, of what they do without, in per cent: less is not noise.
const BESIDE_READERS_MIN: u64 = 70;

/// How much longer than what was under way before it a new call may wait.
const RECOVERY_MAX: Duration = Duration::from_secs(1);

/// How long what was under way may take.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// How long slow readers have to fill their buffers before writers are measured beside them.
const SETTLE: Duration = Duration::from_secs(2);

/// The server and the ways to it.
struct Stage {
    server: ServerProcess,
    channels: Vec<Channel>,
    _folder: TempDir,
}

/// What became of the requests of the overload.
#[derive(Debug, Default)]
struct Tally {
    under_way: AtomicU64,
    sent: AtomicU64,
    not_sent: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    without_hint: AtomicU64,
    others: Mutex<BTreeMap<String, u64>>,
}

/// Runs the parts and prints them; false if one does not hold.
pub(super) async fn run(seconds: u64, out: &mut dyn Write) -> anyhow::Result<bool> {
    let stage = Stage::start().await?;
    let calibration = Duration::from_secs(seconds.div_ceil(4).clamp(2, 10));
    stage.closed_loop(calibration).await?;
    let rate = stage.closed_loop(calibration).await?.max(1);
    let before = stage.probe(Duration::from_secs(1)).await?;
    writeln!(out, "sustainable  {rate} durable writes/s, {IN_FLIGHT} in flight; one alone {before} µs (median)")?;
    out.flush()?;
    let tally = Arc::new(Tally::default());
    let held = stage.overload(rate, seconds, &tally, out).await?;
    let recovered = stage.recovery(&tally, before, out).await?;
    let full = full_queue::run(&stage.server, calibration, out).await?;
    let beside = stage.slow_readers(calibration, out).await?;
    stage.server.stop().await?;
    // There the calls themselves are the bottleneck, not the writer: its queue never fills, and rates mean nothing.
    if cfg!(debug_assertions) {
        writeln!(out, "{}; rates are judged in an optimised build only", if held { "no error" } else { "NOT HELD" })?;
        return Ok(held);
    }
    writeln!(out, "{}", if held && full && recovered && beside { "all held" } else { "NOT ALL HELD" })?;
    Ok(held && full && recovered && beside)
}

fn client(channel: &Channel, person: &str) -> anyhow::Result<Registry> {
    Ok(RegistryServiceClient::with_interceptor(channel.clone(), ActAs::new("officer", "", person)?))
}

impl Stage {
    async fn start() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let program = std::env::current_exe()?;
        let flags = ["--limit-requests", "0"].map(Into::into);
        let server = ServerProcess::start_with(&program, &folder.path().join("data"), flags).await?;
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.connect().await?);
        }
        register(client(channels.first().context("a connection")?, "bench")?).await?;
        Ok(Self { server, channels, _folder: folder })
    }

    /// Writes per second of callers that wait for their answers.
    async fn closed_loop(&self, time: Duration) -> anyhow::Result<u64> {
        let begin = Instant::now();
        let until = begin.checked_add(time).context("a time")?;
        let mut callers = JoinSet::new();
        for channel in self.channels.iter().cycle().take(IN_FLIGHT) {
            let mut client = client(channel, "steady")?;
            callers.spawn(async move {
                let mut count = 0_u64;
                while Instant::now() < until {
                    client.update_enterprise(update()).await?;
                    count = count.saturating_add(1);
                }
                anyhow::Ok(count)
            });
        }
        let mut total = 0_u64;
        while let Some(done) = callers.join_next().await {
            total = total.saturating_add(done??);
        }
        Ok(per_second(total, begin.elapsed()))
    }

    /// The median of one writer alone, in microseconds.
    async fn probe(&self, time: Duration) -> anyhow::Result<u64> {
        let mut client = client(self.channels.first().context("a connection")?, "alone")?;
        let until = Instant::now().checked_add(time).context("a time")?;
        let mut taken = Rates::default();
        while Instant::now() < until {
            let begin = Instant::now();
            client.update_enterprise(update()).await?;
            taken.0.push(u64::try_from(begin.elapsed().as_micros())?);
        }
        Ok(taken.median())
    }

    /// Part two. Held: twice the rate was offered (sent, or held back by flow control), every refusal had a hint, nothing
    /// else came, and memory stayed within what entries cost.
    async fn overload(&self, rate: u64, seconds: u64, tally: &Arc<Tally>, out: &mut dyn Write) -> anyhow::Result<bool> {
        let process = self.server.id().context("the server has ended")?;
        let memory = Memory::watch(process);
        let before = resident_kib(process).unwrap_or(0);
        let begin = Instant::now();
        self.send_by_the_clock(rate.saturating_mul(2), seconds, tally).await?;
        let elapsed = begin.elapsed();
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (sent, answered, refused) = (count(&tally.sent), count(&tally.answered), count(&tally.refused));
        let without = count(&tally.without_hint);
        let others = tally.others.lock().clone();
        writeln!(
            out,
            "overload     {} requests/s sent for {} s ({} % of sustainable; {} held back with {UNDER_WAY_MAX} under way): {} answered/s, {} refused/s \
             with RESOURCE_EXHAUSTED, of them {without} without RetryInfo; others {others:?}",
            per_second(sent, elapsed),
            elapsed.as_secs(),
            per_cent(per_second(sent, elapsed), rate),
            count(&tally.not_sent),
            per_second(answered, elapsed),
            per_second(refused, elapsed),
        )?;
        let peak = memory.peak();
        let grown = peak.saturating_sub(before);
        writeln!(
            out,
            "memory       {} MiB before, {} MiB at most: {} MiB for {answered} entries and the overload",
            before.div_euclid(1024),
            peak.div_euclid(1024),
            grown.div_euclid(1024)
        )?;
        out.flush()?;
        let bounded = peak > 0 && grown <= OVERLOAD_KIB_MAX.saturating_add(answered.saturating_mul(ENTRY_KIB_MAX));
        let offered = sent.saturating_add(count(&tally.not_sent));
        let twice = per_cent(per_second(offered, elapsed), rate) >= 180;
        Ok(bounded && (twice || cfg!(debug_assertions)) && without == 0 && others.is_empty())
    }

    /// Sends so many per second, and does not wait for an answer before the time is over.
    async fn send_by_the_clock(&self, rate: u64, seconds: u64, tally: &Arc<Tally>) -> anyhow::Result<()> {
        let mut clients = Vec::new();
        for (number, channel) in self.channels.iter().enumerate() {
            clients.push(client(channel, &format!("caller-{number}"))?);
        }
        let mut clients = clients.iter().cycle();
        let begin = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut due = 0_u64;
        while begin.elapsed() < Duration::from_secs(seconds) {
            ticks.tick().await;
            let micros = u64::try_from(begin.elapsed().as_micros())?;
            let target = rate.saturating_mul(micros).div_euclid(1_000_000);
            for _ in due..target {
                if tally.under_way.load(Ordering::Relaxed) >= UNDER_WAY_MAX {
                    tally.not_sent.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let client = clients.next().context("a client")?.clone();
                tally.sent.fetch_add(1, Ordering::Relaxed);
                tally.under_way.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(one(client, Arc::clone(tally)));
            }
            due = target;
        }
        Ok(())
    }

    /// Part three: a client of its own that obeys nothing and asks again at once.
    async fn recovery(&self, tally: &Tally, before: u64, out: &mut dyn Write) -> anyhow::Result<bool> {
        let left = tally.under_way.load(Ordering::Relaxed);
        let begin = Instant::now();
        let mut client = client(&self.server.connect().await?, "afterwards")?;
        let mut refused = 0_u64;
        while let Err(status) = client.update_enterprise(update()).await {
            anyhow::ensure!(status.code() == Code::ResourceExhausted, "after the overload: {status}");
            refused = refused.saturating_add(1);
            sleep(Duration::from_millis(10)).await;
        }
        let first = begin.elapsed();
        while tally.under_way.load(Ordering::Relaxed) > 0 && begin.elapsed() < DRAIN_MAX {
            sleep(Duration::from_millis(10)).await;
        }
        let drained = begin.elapsed();
        let after = self.probe(Duration::from_secs(1)).await?;
        writeln!(
            out,
            "recovery     {left} requests were under way at the end, the last answered {} ms later; a new call {} ms later \
             ({refused} refused before); one alone then {after} µs (median)",
            drained.as_millis(),
            first.as_millis(),
        )?;
        out.flush()?;
        Ok(first <= drained.saturating_add(RECOVERY_MAX) && drained < DRAIN_MAX && after <= before.saturating_mul(3))
    }

    /// The last part.
    async fn slow_readers(&self, time: Duration, out: &mut dyn Write) -> anyhow::Result<bool> {
        let (mut without, mut beside) = (Rates::default(), Rates::default());
        for _ in 0..ROUNDS {
            without.0.push(self.closed_loop(time).await?);
            let mut readers = JoinSet::new();
            for number in 0..TAILS {
                let channel = self.server.connect().await?;
                let mut ledger = LedgerServiceClient::with_interceptor(channel, ActAs::new("auditor", "", "slow")?);
                let tail = ledger.tail_entries(v1::TailEntriesRequest::default()).await?.into_inner();
                readers.spawn(read_slowly(tail, number.is_multiple_of(2)));
            }
            sleep(SETTLE).await;
            beside.0.push(self.closed_loop(time).await?);
            anyhow::ensure!(readers.try_join_next().is_none(), "a slow reader was thrown out");
            readers.shutdown().await;
        }
        let ratio = per_cent(beside.median(), without.median());
        writeln!(
            out,
            "slow readers {} writes/s without ({}), {} beside {TAILS} of them ({}): {ratio} %",
            without.median(),
            without.spread(),
            beside.median(),
            beside.spread()
        )?;
        Ok(ratio >= BESIDE_READERS_MIN)
    }
}

/// One request of the overload, and what became of it.
async fn one(mut client: Registry, tally: Arc<Tally>) {
    match client.update_enterprise(update()).await {
        Ok(_) => drop(tally.answered.fetch_add(1, Ordering::Relaxed)),
        Err(status) if status.code() == Code::ResourceExhausted => {
            tally.refused.fetch_add(1, Ordering::Relaxed);
            if !has_hint(&status) {
                tally.without_hint.fetch_add(1, Ordering::Relaxed);
            }
        }
        Err(status) => {
            let mut others = tally.others.lock();
            let times = others.entry(format!("{:?}: {}", status.code(), status.message())).or_default();
            *times = times.saturating_add(1);
        }
    }
    tally.under_way.fetch_sub(1, Ordering::Relaxed);
}

pub(super) fn has_hint(status: &Status) -> bool {
    status.get_details_retry_info().is_some_and(|hint| hint.retry_delay.is_some())
}

/// Reads nothing, or ten entries a second.
async fn read_slowly(mut tail: tonic::Streaming<v1::TailEntriesResponse>, nothing: bool) {
    if nothing {
        std::future::pending::<()>().await;
    }
    while let Ok(Some(_)) = tail.message().await {
        sleep(Duration::from_millis(100)).await;
    }
}

/// The most memory of a process while it is watched.
struct Memory {
    peak: Arc<AtomicU64>,
    watcher: JoinHandle<()>,
}

impl Memory {
    fn watch(process: u32) -> Self {
        let peak = Arc::new(AtomicU64::new(0));
        let most = Arc::clone(&peak);
        let watcher = tokio::spawn(async move {
            while let Some(resident) = resident_kib(process) {
                most.fetch_max(resident, Ordering::Relaxed);
                sleep(Duration::from_millis(100)).await;
            }
        });
        Self { peak, watcher }
    }

    fn peak(self) -> u64 {
        self.watcher.abort();
        self.peak.load(Ordering::Relaxed)
    }
}
