//! `ipledger bench status`: how long an enterprise waits for its own year (`GetEnterpriseYear`) while others write.
//!
//! First what the ledger can do is found, with [`CALLERS`] in flight. Then writes come at half of that by the clock, whether
//! answers come or not, and enterprises ask for their year [`ASKS_PER_SECOND`] times a second, also by the clock: alone, beside
//! the writes, and beside the writes and tails that read everything. Of the writes their own 99th percentile is told.
//!
//! The journal is that of a city: an enterprise for every [`ENTRIES_EACH`] entries, with a few applications in the year.
//! At half of its limit a ledger takes more in seconds than a city sends in a year, so what is written meanwhile are
//! applications of every [`WRITTEN_OF`]th enterprise, and the others ask: each of them has as many as a year brings, and
//! how many that is is counted in the answers.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use comfy_table::{Table, presets};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic::transport::Channel;

use super::prepared::{Latencies, Prepared};
use super::{Options, Rates};
use crate::cli::child::ActAs;
use crate::proto::v1;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;

/// Writers at once.
const CALLERS: usize = 64;

/// Entries for an enterprise: five until its loan is disbursed, the others are its applications.
const ENTRIES_EACH: u64 = 8;

/// One in so many enterprises is written about.
const WRITTEN_OF: u64 = 10;

/// The next who asks is so many further; a prime, so that all have their turn.
const STRIDE: usize = 997;

/// How often enterprises ask.
const ASKS_PER_SECOND: u64 = 200;

/// The most that an enterprise waits at the 99th percentile, in microseconds.
const STATUS_MAX: u64 = 5_000;

/// What runs beside.
const BESIDE: [&str; 3] = ["nothing", "writes", "writes and tails"];

/// Figures of one kind: statuses at the median and the 99th percentile, writes the same.
type Figures = [Rates; 4];

/// Measures and prints; false if an enterprise waits longer than it should beside the writes.
pub(super) async fn run((entries, tails): (u64, usize), options: Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let all = entries.div_euclid(ENTRIES_EACH).max(WRITTEN_OF);
    let written = usize::try_from(all.div_euclid(WRITTEN_OF))?;
    let prepared = Prepared::start_with(entries, all, written).await?;
    let time = Duration::from_secs(options.seconds);
    prepared.closed_loop(CALLERS, time).await?;
    let (limit, _) = prepared.closed_loop(CALLERS, time).await?;
    let half = limit.div_euclid(2).max(1);
    let asking = prepared.server.connect().await?;
    let enterprises = Arc::new(prepared.enterprises.clone());
    let mut figures: [Figures; 3] = Default::default();
    let (mut year, mut turn) = (Year::default(), 0_usize);
    for _ in 0..options.rounds {
        for (beside, figures) in figures.iter_mut().enumerate() {
            let mut readers = JoinSet::new();
            for _ in 0..if beside == 2 { tails } else { 0 } {
                readers.spawn(read_all(prepared.server.connect().await?));
            }
            let asks = tokio::spawn(ask(asking.clone(), (Arc::clone(&enterprises), turn), time));
            let writes = if beside == 0 { None } else { Some(prepared.by_the_clock(half, CALLERS, time).await?) };
            let (asks, seen) = asks.await??;
            year = year.with(seen);
            turn = turn.saturating_add(asks.count());
            anyhow::ensure!(readers.try_join_next().is_none(), "a tail ended");
            readers.shutdown().await;
            let writes = writes.unwrap_or_default();
            let found = [asks.percentile(50), asks.percentile(99), writes.percentile(50), writes.percentile(99)];
            for (rates, found) in figures.iter_mut().zip(found) {
                rates.0.push(found);
            }
        }
    }
    prepared.server.stop().await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["beside", "year p50 µs", "p99 µs", "spread", "write p50 µs", "p99 µs", "spread"]);
    for (beside, [ask_median, ask_tail, write_median, write_tail]) in BESIDE.iter().zip(&figures) {
        table.add_row([
            (*beside).to_owned(),
            ask_median.median().to_string(),
            ask_tail.median().to_string(),
            ask_tail.spread(),
            write_median.median().to_string(),
            write_tail.median().to_string(),
            write_tail.spread(),
        ]);
    }
    let Options { seconds, rounds } = options;
    writeln!(
        out,
        "{} entries; {} enterprises ask, {} to {} applications each in the year; {limit} durable writes/s with {CALLERS} in flight, of which half is sent; {ASKS_PER_SECOND} times a second an \
         enterprise asks for its year; {tails} tails that read everything; {seconds} s a figure, {rounds} rounds\n{table}",
        prepared.entries,
        prepared.enterprises.len(),
        year.fewest,
        year.most
    )?;
    let [_, [_, beside_writes, ..], _] = &figures;
    let held = beside_writes.median() <= STATUS_MAX;
    writeln!(out, "{}", if held { "a year within 5 ms" } else { "A YEAR TAKES MORE THAN 5 ms" })?;
    Ok(held || cfg!(debug_assertions))
}

/// How many applications were in the years that were asked for.
#[derive(Debug, Clone, Copy)]
struct Year {
    fewest: usize,
    most: usize,
}

impl Default for Year {
    fn default() -> Self {
        Self { fewest: usize::MAX, most: 0 }
    }
}

impl Year {
    fn with(self, other: Self) -> Self {
        Self { fewest: self.fewest.min(other.fewest), most: self.most.max(other.most) }
    }
}

/// Enterprises ask for their year, one after the other; how long each waited, and what they were told.
async fn ask(
    channel: Channel,
    (enterprises, turn): (Arc<Vec<String>>, usize),
    time: Duration,
) -> anyhow::Result<(Latencies, Year)> {
    let until = Instant::now().checked_add(time).context("a time")?;
    let mut ticks = interval(Duration::from_nanos(1_000_000_000_u64.div_euclid(ASKS_PER_SECOND)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asked = JoinSet::new();
    // Far from each other in turn, as people are who ask; from where the last figure ended.
    let mut turns = enterprises.iter().cycle().step_by(STRIDE).skip(turn);
    while Instant::now() < until {
        let due = ticks.tick().await;
        let enterprise = turns.next().context("an enterprise")?.clone();
        let owner = ActAs::new("enterprise", &enterprise, "owner")?;
        let mut client = SubsidyServiceClient::with_interceptor(channel.clone(), owner);
        asked.spawn(async move {
            let answer = client.get_enterprise_year(v1::GetEnterpriseYearRequest { enterprise, year: 2026 }).await;
            (due, Instant::now(), answer)
        });
    }
    let (mut taken, mut year) = (Latencies::default(), Year::default());
    while let Some(done) = asked.join_next().await {
        let (due, answered, answer) = done?;
        let count = answer?.into_inner().enterprise_year.context("a year")?.applications.len();
        year = year.with(Year { fewest: count, most: count });
        taken.note(due, answered);
    }
    Ok((taken, year))
}

/// A tail from the end on, read as fast as it comes.
async fn read_all(channel: Channel) -> anyhow::Result<()> {
    let mut ledger = LedgerServiceClient::with_interceptor(channel, ActAs::new("auditor", "", "tail")?);
    let mut tail = ledger.tail_entries(v1::TailEntriesRequest::default()).await?.into_inner();
    while tail.message().await?.is_some() {}
    Ok(())
}
