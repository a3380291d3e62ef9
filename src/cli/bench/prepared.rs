//! A real server on a journal that was made for it, and calls sent by the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tonic::transport::Channel;

use super::core::{DAY, ENTERPRISES};
use super::per_second;
use super::server::application;
use super::start::{make_with_loans, write_snapshot};
use crate::cli::child::{ActAs, ServerProcess};
use crate::identifier::{LoanId, Uscc};
use crate::proto::v1;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;

/// Connections that the writers share.
const CONNECTIONS: usize = 4;

/// Invoices of the measured applications begin here, behind those of any journal.
const INVOICES_FROM: u64 = 1_000_000_000_000;

/// A server with so many entries, started from a snapshot.
pub(super) struct Prepared {
    pub(super) server: ServerProcess,
    pub(super) entries: u64,
    /// Those that nobody writes about; all where nobody is kept apart.
    pub(super) enterprises: Vec<String>,
    channels: Vec<Channel>,
    loans: Arc<Vec<(Uscc, LoanId)>>,
    invoices: Arc<AtomicU64>,
    _folder: TempDir,
}

/// How long calls took, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Latencies(Vec<u64>);

impl Latencies {
    /// So many of a hundred were not slower.
    pub(super) fn percentile(&self, percent: usize) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get(sorted.len().saturating_mul(percent).div_euclid(100).min(last)).copied().unwrap_or(0)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn note(&mut self, due: Instant, answered: Instant) {
        let span = answered.saturating_duration_since(due);
        self.0.push(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl Prepared {
    /// Makes the journal and a snapshot of it, and starts the server without limits.
    pub(super) async fn start(entries: u64) -> anyhow::Result<Self> {
        Self::start_with(entries, ENTERPRISES, 0).await
    }

    /// The same of so many enterprises. Where `written` is not 0, all applications are those of the first so many, and
    /// the others keep what they have.
    pub(super) async fn start_with(entries: u64, enterprises: u64, written: usize) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let data = folder.path().join("data");
        let (entries, mut loans) = tokio::task::block_in_place(|| {
            let made = make_with_loans(&data, (entries, enterprises))?;
            write_snapshot(&data)?;
            anyhow::Ok(made)
        })?;
        let program = std::env::current_exe()?;
        let flags = ["--limit-requests", "0"].map(Into::into);
        let server = ServerProcess::start_with(&program, &data, flags).await?;
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.connect().await?);
        }
        let others = loans.get(written..).context("enterprises that nobody writes about")?;
        let enterprises = others.iter().map(|(enterprise, _)| enterprise.to_string()).collect();
        if written > 0 {
            loans.truncate(written);
        }
        let invoices = Arc::new(AtomicU64::new(INVOICES_FROM));
        Ok(Self { server, entries, enterprises, channels, loans: Arc::new(loans), invoices, _folder: folder })
    }

    /// Applications of callers that wait for their answers; how many a second, and how long each took.
    pub(super) async fn closed_loop(&self, callers: usize, time: Duration) -> anyhow::Result<(u64, Latencies)> {
        let begin = Instant::now();
        let until = begin.checked_add(time).context("a time")?;
        let taken = self.write(callers, move |_| None, until).await?;
        Ok((per_second(u64::try_from(taken.count())?, begin.elapsed()), taken))
    }

    /// So many applications a second, by the clock: one that is late counts from when it was due.
    pub(super) async fn by_the_clock(&self, rate: u64, callers: usize, time: Duration) -> anyhow::Result<Latencies> {
        let until = Instant::now().checked_add(time).context("a time")?;
        let all = u64::try_from(callers)?.saturating_mul(1_000_000_000);
        let period = Duration::from_nanos(all.checked_div(rate).context("a rate")?);
        self.write(callers, move |_| Some(period), until).await
    }

    async fn write(
        &self,
        callers: usize,
        period: impl Fn(usize) -> Option<Duration>,
        until: Instant,
    ) -> anyhow::Result<Latencies> {
        let mut writers = JoinSet::new();
        for caller in 0..callers {
            let channel = self.channels.get(caller.rem_euclid(CONNECTIONS)).context("a connection")?.clone();
            let writer = Writer { loans: Arc::clone(&self.loans), invoices: Arc::clone(&self.invoices), channel };
            writers.spawn(writer.run(caller, period(caller), until));
        }
        let mut all = Latencies::default();
        while let Some(done) = writers.join_next().await {
            all.extend(done??);
        }
        Ok(all)
    }
}

/// One who writes.
struct Writer {
    loans: Arc<Vec<(Uscc, LoanId)>>,
    invoices: Arc<AtomicU64>,
    channel: Channel,
}

impl Writer {
    async fn run(self, number: usize, period: Option<Duration>, until: Instant) -> anyhow::Result<Latencies> {
        let officer = ActAs::new("officer", "", "bench")?;
        let mut client = SubsidyServiceClient::with_interceptor(self.channel, officer);
        let mut turns = self.loans.iter().cycle().skip(number.saturating_mul(7));
        let mut clock = period.map(|period| {
            let mut ticks = interval_at(offset(number, period), period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            ticks
        });
        let mut taken = Latencies::default();
        while Instant::now() < until {
            let due = match &mut clock {
                Some(clock) => clock.tick().await,
                None => Instant::now(),
            };
            let (enterprise, loan) = turns.next().context("a loan")?;
            let invoice = self.invoices.fetch_add(1, Ordering::Relaxed);
            let request = application(enterprise.to_string(), loan.to_string(), (invoice, DAY));
            let decision = client.apply_subsidy(request).await?.into_inner().decision.context("a decision")?;
            anyhow::ensure!(decision.outcome() == v1::Outcome::Granted, "an application was not granted");
            taken.note(due, Instant::now());
        }
        Ok(taken)
    }
}

/// Callers do not all begin at the same moment.
fn offset(number: usize, period: Duration) -> Instant {
    let part = u32::try_from(number.rem_euclid(64)).unwrap_or(0);
    let now = Instant::now();
    now.checked_add(period.saturating_mul(part).checked_div(64).unwrap_or_default()).unwrap_or(now)
}
