//! `ipledger bench`: how fast, as ratios in one run on one machine.
//!
//! Two measurements. *Decisions*: `decide`, and `decide` + `apply`, of subsidy applications in the pure core, one thread. *Writes*:
//! durable unary writes of the real server in a process of its own, each with a full decision: interest payments, which are
//! half of what a ledger takes, and applications, which are the dearest (all gates, caps, evidence, budget, double entry,
//! Merkle tree, every step explained in the answer), beside a no-op RPC on the same server, in turn, at 1 and at 64 in flight. Client and server share the machine, so a server alone would do about twice as much.

mod core;
mod disk;
mod flood;
mod full_queue;
mod growth;
mod import;
mod machine;
#[cfg(feature = "postgres-baseline")]
pub mod postgres;
mod nation;
mod national;
mod overload;
mod pages;
mod parts;
mod payments;
mod prepared;
mod proofs;
pub mod reconcile;
pub mod remember;
mod server;
mod simulate;
pub mod start;
mod status;
mod verify;

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;
use comfy_table::{Table, presets};

/// Measurements of their own.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Measure what a flood of one client does to the 99th percentile of another.
    Flood {
        /// Seconds for each figure.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Rounds; the medians are compared.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Import a generated nation into a new server through the import stream: durable entries a second.
    Import {
        /// The seed of the nation.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Its enterprises; about 13 rows come of each.
        #[arg(long, default_value_t = 20_000)]
        enterprises: u64,
        /// Rounds, each on a new server; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Measure writes on journals of these sizes, in turn: does it matter how much there is?
    Growth {
        /// The numbers of entries; the others are compared with the first.
        #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000])]
        entries: Vec<u64>,
        /// Seconds for each figure.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Rounds; the medians are compared.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Measure what an enterprise, of a city of them, waits for its own year while others write at half of what the ledger
    /// can do.
    Status {
        /// Entries of the journal.
        #[arg(long, default_value_t = 100_000)]
        entries: u64,
        /// Seconds for each figure.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Rounds; the medians count.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Tails that read everything, for the last figure.
        #[arg(long, default_value_t = 8)]
        tails: usize,
    },
    /// Send twice what the ledger can do for a while; then readers that are slow.
    Overload {
        /// Seconds of overload.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// What a nation costs: memory and disk for each entry, and the time of a start.
    Nation {
        /// Its enterprises; about 12 entries come of each.
        #[arg(long, default_value_t = 100_000)]
        enterprises: u64,
    },
    /// The decisions of a generated nation made again by the pure core, in the proportions in which they come.
    Decisions {
        /// Its enterprises; about 12 entries come of each.
        #[arg(long, default_value_t = 20_000)]
        enterprises: u64,
        /// Rounds; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// How long each page takes with a nation in the ledger: a company's, an officer's, finance's, an auditor's.
    Pages {
        /// About so many entries.
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
        /// How often each page is asked for.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// Write into a running ledger and remember every answer; hold it against them after it died and started again.
    Remember(remember::Arguments),
    /// Measure the start of a ledger from a snapshot against one that reads the whole journal.
    Start {
        /// The numbers of entries to measure at.
        #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
        entries: Vec<u64>,
        /// Rounds; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// How fast `ipledger verify` is, in full and with --fast, on a journal made for it.
    Verify {
        /// Entries in the journal.
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
        /// Rounds; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// How fast `ipledger rulebook simulate` reads a journal made for it and decides it again.
    Simulate {
        /// Entries in the journal.
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
        /// Rounds; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// How long proofs take and how large receipts are, on journals of these sizes.
    Proofs {
        /// Entries in a journal.
        #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000])]
        entries: Vec<u64>,
        /// Rounds; all their proofs count together.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Read a bank's file and reconcile it: time and memory.
    Reconcile {
        /// How many lines.
        #[arg(long, default_value_t = 100_000)]
        lines: u32,
    },
    /// The same applications to the ledger and to `PostgreSQL` with the same rules; `benches/postgres/run` starts it.
    #[cfg(feature = "postgres-baseline")]
    Postgres(postgres::PostgresArguments),
}

/// Runs one of them.
pub async fn run_task(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    // The machine means nothing to what it finds.
    if !matches!(task, Task::Remember(_)) {
        writeln!(out, "{}", machine::describe())?;
    }
    match task {
        Task::Flood { seconds, rounds } => flood::run(Options { seconds: *seconds, rounds: *rounds }, out).await,
        Task::Import { seed, enterprises, rounds } => import::run((*seed, *enterprises), *rounds, out).await,
        Task::Growth { entries, seconds, rounds } => {
            growth::run(entries, Options { seconds: *seconds, rounds: *rounds }, out).await
        }
        Task::Status { entries, seconds, rounds, tails } => {
            status::run((*entries, *tails), Options { seconds: *seconds, rounds: *rounds }, out).await
        }
        Task::Overload { seconds } => overload::run(*seconds, out).await,
        Task::Nation { enterprises } => nation::run(*enterprises, out).await,
        Task::Decisions { enterprises, rounds } => national::decisions(*enterprises, *rounds, out).await,
        Task::Pages { entries, rounds } => pages::run(*entries, *rounds, out).await,
        Task::Remember(arguments) => remember::run(arguments, out).await,
        Task::Start { entries, rounds } => start::run(entries, *rounds, out),
        Task::Reconcile { lines } => reconcile::run(*lines, out),
        Task::Verify { entries, rounds } => verify::run(*entries, *rounds, out),
        Task::Simulate { entries, rounds } => simulate::run(*entries, *rounds, out),
        #[cfg(feature = "postgres-baseline")]
        Task::Postgres(arguments) => postgres::run(arguments, out).await,
        Task::Proofs { entries, rounds } => {
            for entries in entries {
                proofs::run(*entries, *rounds, out).await?;
            }
            Ok(true)
        }
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Seconds for each figure.
    pub seconds: u64,
    /// Rounds; the median counts.
    pub rounds: usize,
}

/// One measurement of the server.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Calls per second.
    per_second: u64,
    /// Processor time of the server for one call, in microseconds: what is left of noise on a busy machine.
    processor_micros: u64,
}

/// Figures of one kind over the rounds.
#[derive(Debug, Clone, Default)]
struct Rates(Vec<u64>);

impl Rates {
    fn median(&self) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().div_euclid(2)).copied().unwrap_or(0)
    }

    fn spread(&self) -> String {
        let lowest = self.0.iter().min().copied().unwrap_or(0);
        let highest = self.0.iter().max().copied().unwrap_or(0);
        format!("{lowest}–{highest}")
    }
}

/// How many per second.
pub(super) fn per_second(count: u64, elapsed: Duration) -> u64 {
    let micros = elapsed.as_micros().max(1);
    let scaled = u128::from(count).saturating_mul(1_000_000).div_euclid(micros);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// `part` of `whole` in per cent.
fn per_cent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

/// Runs both measurements and prints the tables.
pub async fn run(options: Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let cores = std::thread::available_parallelism()?;
    let build = if cfg!(debug_assertions) { "debug: figures mean nothing, use --release" } else { "optimised" };
    writeln!(out, "ipledger {} ({build}), {cores} cores, {} s a figure", env!("CARGO_PKG_VERSION"), options.seconds)?;

    let (mut decided, mut applied) = (Rates::default(), Rates::default());
    for _ in 0..options.rounds {
        let span = Duration::from_secs(options.seconds);
        decided.0.push(core::decisions_per_second(span, core::Work::Decided)?);
        applied.0.push(core::decisions_per_second(span, core::Work::Applied)?);
    }
    writeln!(out, "\npure core, one thread: {} decisions/s ({})", decided.median(), decided.spread())?;
    writeln!(out, "each applied to the book: {} a second ({})", applied.median(), applied.spread())?;

    let bench = server::Bench::start().await?.with_payers().await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["in flight", "call", "a second", "spread", "server CPU", "of the no-op"]);
    let mut syncs = Rates::default();
    for in_flight in [1, 64] {
        for row in calls(&bench, (in_flight, options), &mut syncs).await? {
            table.add_row(row);
        }
    }
    bench.stop().await?;
    writeln!(out, "\nreal server over loopback gRPC, fdatasync before every answer\n{table}")?;
    writeln!(out, "the disk alone, 4 KiB written and synced: {} µs ({})", syncs.median(), syncs.spread())?;
    Ok(true)
}

/// A no-op, an interest payment and an application in turn, so many in flight: a row for each.
async fn calls(
    bench: &server::Bench,
    (in_flight, options): (usize, Options),
    syncs: &mut Rates,
) -> anyhow::Result<Vec<[String; 6]>> {
    let load = server::Load { callers: in_flight, enterprises: server::ENTERPRISES, items: 1 };
    let mut kinds = [("no-op", Vec::new()), ("interest payment", Vec::new()), ("subsidy application", Vec::new())];
    for _ in 0..options.rounds {
        syncs.0.push(u64::try_from(disk::sync_time()?.as_micros())?);
        let figures = [
            bench.pings(in_flight, options.seconds).await?,
            bench.payments(in_flight, options.seconds).await?,
            bench.writes(load, options.seconds).await?,
        ];
        for ((_, of_kind), figure) in kinds.iter_mut().zip(figures) {
            of_kind.push(figure);
        }
    }
    let mut no_op = None;
    let rows = kinds.into_iter().map(|(name, figures)| {
        let rates = Rates(figures.iter().map(|figure| figure.per_second).collect());
        let cost = Rates(figures.iter().map(|figure| figure.processor_micros).collect());
        let share = no_op.map(|no_op| format!("{} %", per_cent(rates.median(), no_op))).unwrap_or_default();
        no_op.get_or_insert(rates.median());
        let (rate, spread, cost) = (rates.median().to_string(), rates.spread(), format!("{} µs", cost.median()));
        [in_flight.to_string(), name.to_owned(), rate, spread, cost, share]
    });
    Ok(rows.collect())
}
