//! `ipledger bench postgres`: the ledger beside `PostgreSQL`, which a user would pick instead, with the same rules in one
//! transaction (`benches/postgres/schema.sql`).
//!
//! Both get the same applications from this program, for the same span, in turn: the ledger over loopback gRPC,
//! `PostgreSQL` over its Unix socket in one round trip, prepared, with a connection for each caller. Both decide, keep the
//! explanation and answer with it (in batches: with the outcome), and both have synced before they answer. Client and
//! server share the machine on both sides.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use comfy_table::{Table, presets};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use super::server::{BATCH_ITEMS, Bench, ENTERPRISES, Load, PAID_ON, uscc};
use super::{Rate, Rates, per_second};

/// What to measure against.
#[derive(Debug, Args)]
pub struct PostgresArguments {
    /// The folder of `PostgreSQL`'s Unix socket; `benches/postgres/run` starts it and loads the schema.
    #[arg(long)]
    socket: PathBuf,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds; the median is printed with the spread.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Applications in one transaction of `PostgreSQL` in the rows of batches.
    #[arg(long, default_value_t = 8_190)]
    rows: usize,
}

/// How a case calls `PostgreSQL`.
#[derive(Debug, Clone, Copy)]
enum Call {
    /// One application a transaction; all draw on the one budget line, as the rulebook has it.
    One,
    /// The same with a budget line for each enterprise, so that callers share no row.
    OneSpread,
    /// Many a transaction, one after the other.
    ByRow,
    /// Many a transaction, in one statement.
    AsSet,
}

impl Call {
    const fn statement(self) -> &'static str {
        match self {
            Self::One | Self::OneSpread => {
                "SELECT outcome, sequence, granted::text, explained::text FROM apply_subsidy($1::text::uuid, $2, $3, $4, \
                 'valuation', $5::text::numeric, $6::text::date, $7, $8::text::numeric, 'bench')"
            }
            Self::ByRow => {
                "SELECT outcome, sequence, granted::text FROM apply_subsidies_by_row($1::text[]::uuid[], $2, $3, $4, \
                 'valuation', $5::text[]::numeric[], $6::text::date, $7, $8::text[]::numeric[], 'bench')"
            }
            Self::AsSet => {
                "SELECT outcome, sequence, granted::text FROM apply_subsidies($1::text[]::uuid[], $2, $3, $4, \
                 'valuation', $5::text[]::numeric[], $6::text::date, $7, $8::text[]::numeric[], 'bench')"
            }
        }
    }
}

/// One row of the table.
struct Case {
    name: String,
    ours: Load,
    callers: usize,
    enterprises: usize,
    call: Call,
}

fn cases(rows: usize) -> Vec<Case> {
    let case = |name: &str, callers, enterprises, call| Case {
        name: name.to_owned(),
        ours: Load { callers, enterprises, items: 1 },
        callers,
        enterprises,
        call,
    };
    // The ledger's queue takes 4,096 writes.
    let calls = 8;
    let batch = |name: &str, callers, call| Case {
        name: format!("{name}: {calls} calls of {BATCH_ITEMS} : {callers} of {rows}"),
        ours: Load { callers: calls, enterprises: ENTERPRISES, items: BATCH_ITEMS },
        callers,
        enterprises: ENTERPRISES,
        call,
    };
    vec![
        case("1 caller, in sequence", 1, ENTERPRISES, Call::One),
        case("64 callers, 64 enterprises, one budget line", 64, ENTERPRISES, Call::One),
        case("64 callers, 64 enterprises; PostgreSQL with 64 budget lines", 64, ENTERPRISES, Call::OneSpread),
        case("64 callers, one enterprise, one budget line", 64, 1, Call::One),
        batch("batches, row by row", 1, Call::ByRow),
        batch("batches, one statement", 1, Call::AsSet),
        batch("batches, one statement", 2, Call::AsSet),
    ]
}

/// Runs both sides in turn and prints the table.
pub(super) async fn run(arguments: &PostgresArguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let postgres = Postgres::set_up(&arguments.socket).await?;
    writeln!(out, "{}", postgres.describe().await?)?;
    let ledger = Bench::start().await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "applications decided and durable, a second",
        "ipledger",
        "spread",
        "server CPU each",
        "PostgreSQL",
        "spread",
        "server CPU each",
        "ratio",
    ]);
    for case in cases(arguments.rows) {
        let (mut ours, mut theirs) = (Rates::default(), Rates::default());
        let (mut our_cost, mut their_cost) = (Rates::default(), Rates::default());
        for _ in 0..arguments.rounds {
            let rate = ledger.writes(case.ours, arguments.seconds).await?;
            ours.0.push(rate.per_second);
            our_cost.0.push(rate.processor_micros);
            let rate = postgres.writes(&case, arguments).await?;
            theirs.0.push(rate.per_second);
            their_cost.0.push(rate.processor_micros);
        }
        table.add_row([
            case.name,
            ours.median().to_string(),
            ours.spread(),
            format!("{} µs", our_cost.median()),
            theirs.median().to_string(),
            theirs.spread(),
            format!("{} µs", their_cost.median()),
            ratio(ours.median(), theirs.median()),
        ]);
    }
    ledger.stop().await?;
    writeln!(out, "{} rounds of {} s a figure, in turn\n{table}", arguments.rounds, arguments.seconds)?;
    Ok(true)
}

/// With two digits behind the point.
fn ratio(ours: u64, theirs: u64) -> String {
    let hundredths = ours.saturating_mul(100).checked_div(theirs).unwrap_or(0);
    format!("{}.{:02}", hundredths.div_euclid(100), hundredths.rem_euclid(100))
}

/// A `PostgreSQL` with the schema and borrowers.
struct Postgres {
    config: Config,
    borrowers: Arc<Vec<(String, i64)>>,
    invoices: Arc<AtomicU64>,
    /// The process that starts the others.
    postmaster: u32,
}

impl Postgres {
    /// Connects and registers the borrowers.
    async fn set_up(socket: &Path) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.host_path(socket).user("bench").dbname("bench");
        let client = connect(&config).await?;
        let mut borrowers = Vec::new();
        for index in 1..=u64::try_from(ENTERPRISES)? {
            let enterprise = uscc(index)?.to_string();
            let (name, contract) = (format!("企业{index}"), format!("C{index}"));
            let register = "SELECT register_borrower($1, $2, $3, $4::text::date)";
            let row = client.query_one(register, &[&enterprise, &name, &contract, &PAID_ON]).await?;
            borrowers.push((enterprise, row.try_get(0)?));
        }
        let row = client.query_one("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", &[]).await?;
        let postmaster = row.try_get::<_, &str>(0)?.parse()?;
        Ok(Self { config, borrowers: Arc::new(borrowers), invoices: Arc::new(AtomicU64::new(1)), postmaster })
    }

    /// Version and the settings that matter.
    async fn describe(&self) -> anyhow::Result<String> {
        let client = connect(&self.config).await?;
        let row = client
            .query_one(
                "SELECT 'PostgreSQL ' || current_setting('server_version') || '; ' || string_agg(name || ' ' || \
                 current_setting(name), ', ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', \
                 'max_wal_size', 'shared_buffers', 'synchronous_commit', 'wal_buffers', 'wal_sync_method')",
                &[],
            )
            .await?;
        Ok(format!("beside    {}", row.try_get::<_, &str>(0)?))
    }

    /// Applications per second.
    async fn writes(&self, case: &Case, arguments: &PostgresArguments) -> anyhow::Result<Rate> {
        let mut prepared = Vec::with_capacity(case.callers);
        for _ in 0..case.callers {
            let client = connect(&self.config).await?;
            let statement = client.prepare(case.call.statement()).await?;
            prepared.push((client, statement));
        }
        let (begin, ticks) = (Instant::now(), processor_ticks(self.postmaster)?);
        let deadline = begin.checked_add(Duration::from_secs(arguments.seconds)).context("a deadline")?;
        let mut callers = JoinSet::new();
        for (number, (client, statement)) in prepared.into_iter().enumerate() {
            let mut turns = Turns {
                borrowers: Arc::clone(&self.borrowers),
                invoices: Arc::clone(&self.invoices),
                enterprises: case.enterprises,
                next: number,
            };
            let (call, rows) = (case.call, arguments.rows);
            callers.spawn(async move {
                let mut count: u64 = 0;
                while Instant::now() < deadline {
                    let done = match call {
                        Call::One => one(&client, &statement, turns.take()?, false).await?,
                        Call::OneSpread => one(&client, &statement, turns.take()?, true).await?,
                        Call::ByRow | Call::AsSet => many(&client, &statement, &mut turns, rows).await?,
                    };
                    count = count.saturating_add(done);
                }
                anyhow::Ok(count)
            });
        }
        let mut total: u64 = 0;
        while let Some(done) = callers.join_next().await {
            total = total.saturating_add(done??);
        }
        let per_second = per_second(total, begin.elapsed());
        let ticks = processor_ticks(self.postmaster)?.saturating_sub(ticks);
        Ok(Rate { per_second, processor_micros: ticks.saturating_mul(10_000).checked_div(total).unwrap_or(0) })
    }
}

/// The processor time of all its processes so far, in ticks of 10 ms; of those that have ended too.
fn processor_ticks(postmaster: u32) -> anyhow::Result<u64> {
    let mut total: u64 = 0;
    for process in std::fs::read_dir("/proc")? {
        let Ok(stat) = std::fs::read_to_string(process?.path().join("stat")) else { continue };
        let own = stat.starts_with(&format!("{postmaster} "));
        // Counted behind the command's name: 1 is the parent, 11 to 14 are user and system time, own and of ended children.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or(Vec::new(), |(_, rest)| rest.split_whitespace().collect());
        let child = fields.get(1).is_some_and(|parent| *parent == postmaster.to_string());
        let times = match (own, child) {
            (true, _) => 4,
            (false, true) => 2,
            (false, false) => 0,
        };
        for time in fields.iter().skip(11).take(times) {
            total = total.saturating_add(time.parse()?);
        }
    }
    Ok(total)
}

/// The applications of one caller, the enterprises in turn.
struct Turns {
    borrowers: Arc<Vec<(String, i64)>>,
    invoices: Arc<AtomicU64>,
    enterprises: usize,
    next: usize,
}

/// What one application says.
struct Application {
    request: String,
    enterprise: String,
    /// Counted from one.
    number: usize,
    loan: i64,
    invoice: String,
}

impl Turns {
    fn take(&mut self) -> anyhow::Result<Application> {
        let index = self.next.checked_rem(self.enterprises).unwrap_or(0);
        self.next = self.next.wrapping_add(1);
        let (enterprise, loan) = self.borrowers.get(index).context("a borrower")?;
        Ok(Application {
            request: Uuid::new_v4().to_string(),
            enterprise: enterprise.clone(),
            number: index.saturating_add(1),
            loan: *loan,
            invoice: format!("{:020}", self.invoices.fetch_add(1, Ordering::Relaxed)),
        })
    }
}

const PROGRAMME: &str = "pledge-cost";
const COST: &str = "2.00";

async fn connect(config: &Config) -> anyhow::Result<Client> {
    let (client, connection) = config.connect(NoTls).await.context("connecting to PostgreSQL")?;
    // An error of the connection is that of the next query.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

async fn one(client: &Client, statement: &Statement, asked: Application, spread: bool) -> anyhow::Result<u64> {
    let own = if spread { format!("{PROGRAMME}-{}", asked.number) } else { PROGRAMME.to_owned() };
    let Application { request, enterprise, loan, invoice, .. } = asked;
    let row =
        client.query_one(statement, &[&request, &enterprise, &own, &loan, &COST, &PAID_ON, &invoice, &COST]).await?;
    granted(&row)?;
    Ok(1)
}

async fn many(client: &Client, statement: &Statement, turns: &mut Turns, rows: usize) -> anyhow::Result<u64> {
    let (mut requests, mut enterprises, mut loans, mut invoices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let asked = turns.take()?;
        requests.push(asked.request);
        enterprises.push(asked.enterprise);
        loans.push(asked.loan);
        invoices.push(asked.invoice);
    }
    let costs = vec![COST; rows];
    let answers = client
        .query(statement, &[&requests, &enterprises, &PROGRAMME, &loans, &costs, &PAID_ON, &invoices, &costs])
        .await?;
    anyhow::ensure!(answers.len() == rows, "{} answers to {rows} applications", answers.len());
    answers.iter().try_for_each(granted)?;
    Ok(u64::try_from(rows)?)
}

fn granted(row: &tokio_postgres::Row) -> anyhow::Result<()> {
    let outcome: &str = row.try_get(0)?;
    anyhow::ensure!(outcome == "GRANTED", "PostgreSQL did not grant an application: {outcome}");
    Ok(())
}
