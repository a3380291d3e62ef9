//! The subcommands, one file each. Standard output is for results, standard error for progress and the log.
//!
//! Exit codes: 0 done; 1 done, and something is not as it should be (a figure differs, a rulebook is refused, the
//! books do not hold); 2 could not be done. `verify` has one more, see there.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::RangedU64ValueParser;
use clap::{CommandFactory as _, Parser, Subcommand};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::config::{DATA_DEFAULT, LISTEN_DEFAULT, SNAPSHOT_ENTRIES_DEFAULT, ServeConfig};

pub mod access;
pub mod backup;
pub mod bench;
pub mod check;
pub mod call;
pub mod checkpoint;
pub mod child;
pub mod client;
pub mod closing;
mod config_file;
pub mod demo;
pub mod export;
pub mod fact;
pub mod generate;
pub mod identity;
pub mod import;
pub mod import_journal;
pub mod key;
mod ops;
mod panics;
pub mod period;
pub mod pki;
pub mod portal;
pub mod rate;
pub mod reasons;
pub mod receipt;
pub mod reconcile;
pub mod report;
pub mod rulebook;
pub mod sandbox;
pub mod serve;
pub mod simulate;
pub mod source;
pub mod snapshot;
pub mod verify;
pub mod whoami;

/// The one book for a Chinese city's IP pledge financing.
#[derive(Debug, Parser)]
#[command(name = "ipledger", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Serve the ledger over gRPC.
    Serve {
        /// Settings, as TOML: the flags below with `_` for `-`. Flags and the environment win over it.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The data folder; made if it is not there.
        #[arg(long, env = "IPLEDGER_DATA", default_value = DATA_DEFAULT)]
        data: PathBuf,
        /// The address to listen on; port 0 takes a free one. Without certificates, loopback only.
        #[arg(long, env = "IPLEDGER_LISTEN", default_value = LISTEN_DEFAULT)]
        listen: SocketAddr,
        /// Adopt a rulebook at start unless it is adopted: a shipped name such as `hebi-2017`, or a file.
        #[arg(long, value_name = "NAME|FILE")]
        adopt: Vec<String>,
        #[command(flatten)]
        evidence: serve::EvidenceArguments,
        #[command(flatten)]
        access: access::AccessArguments,
        #[command(flatten)]
        identity: Box<identity::IdentityArguments>,
        /// How many entries lie between two snapshots of the book, which a start begins with; 0 for none.
        #[arg(long, value_name = "ENTRIES", default_value_t = SNAPSHOT_ENTRIES_DEFAULT)]
        snapshot_every: u64,
        #[command(flatten)]
        portal: Box<portal::PortalArguments>,
        /// An address on this machine for `/metrics` (Prometheus) and `/healthz`; `ipledger check` asks there.
        #[arg(long, env = "IPLEDGER_OPS", value_name = "ADDRESS")]
        ops: Option<SocketAddr>,
    },
    /// The pages for people: login codes.
    Portal {
        #[command(subcommand)]
        command: portal::Task,
    },
    /// Is the ledger well? For monitoring systems; exit codes 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    Check(check::Arguments),
    /// Serve a sandbox: the same API with made-up companies and a clock that you move. Never on a real data folder.
    Sandbox(Box<sandbox::Arguments>),
    /// Play a year of 鹤壁 through the real server, and compare every figure with the hand calculation.
    Demo {
        /// The data folder, which stays; a temporary one by default.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Leave the server and the pages running with the year in them, and print five logins; Ctrl+C ends it.
        #[arg(long)]
        keep: bool,
        /// With `--keep`: so many generated companies of two other cities around the story; 0 for none.
        #[arg(long, value_name = "COUNT", default_value_t = demo::CITY, value_parser = RangedU64ValueParser::<u64>::new().range(..=10_000))]
        city: u64,
    },
    /// Rulebook files.
    Rulebook {
        #[command(subcommand)]
        command: rulebook::Task,
    },
    /// Audit the whole journal: every hash, every invariant, every decision made again. Exit codes: 0 intact,
    /// 1 damaged, 2 could not look, 3 a decision comes out differently.
    Verify(verify::Arguments),
    /// Write the whole journal to a plain file that other programs can read; the ledger must be stopped.
    Export(export::Arguments),
    /// Write the rows of a file (NDJSON, CSV, XLSX) to a running ledger; run again after a cut, nothing comes twice.
    Import(Box<import::Arguments>),
    /// Write a made-up nation as NDJSON for `ipledger import`: the same seed, the same bytes.
    Generate(generate::Arguments),
    /// Make a ledger of an exported journal: the same records, the same root.
    ImportJournal(import_journal::Arguments),
    /// The closing run of a programme year, and awards under a version that reaches back; each with a preview.
    Closing {
        #[command(subcommand)]
        command: closing::Task,
    },
    /// Reference rates: record, import, list.
    Rate {
        #[command(subcommand)]
        command: rate::Task,
    },
    /// Facts that rules ask for: record, list.
    Fact {
        #[command(subcommand)]
        command: fact::Task,
    },
    /// Keys of the ledger and of its cosigners.
    Key {
        #[command(subcommand)]
        command: key::Task,
    },
    /// Certificates, for a city without a certification authority.
    Pki {
        #[command(subcommand)]
        command: pki::Task,
    },
    /// Ask a running ledger who you are to it, and for how long.
    Whoami {
        #[command(flatten)]
        client: client::Client,
    },
    /// Call any RPC of a running ledger, with JSON for its request.
    Call(Box<call::Arguments>),
    /// Write the file descriptor set of the API to standard output, for tools that make clients.
    Descriptors,
    /// Every reason that the ledger can give, with remedy and whether to try again.
    Reasons(reasons::Arguments),
    /// Checkpoints: take one home, check that the ledger only grew, cosign it.
    Checkpoint {
        #[command(subcommand)]
        command: checkpoint::Task,
    },
    /// The access log: check that nothing in it was changed, removed or added.
    Access {
        #[command(subcommand)]
        command: access::Task,
    },
    /// Receipts: take one home, check one without the ledger.
    Receipt {
        #[command(subcommand)]
        command: receipt::Task,
    },
    /// Say what is open in a month, close it, close a year.
    Period(Box<period::Options>),
    /// Reconcile a bank's list or account statement with a running ledger, and sign it off.
    Reconcile(Box<reconcile::Options>),
    /// Compare the snapshots with what the whole journal adds up to, and write a new one; no server may use the folder.
    Snapshot {
        /// The data folder.
        #[arg(long, env = "IPLEDGER_DATA", default_value = DATA_DEFAULT)]
        data: PathBuf,
        /// Write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Back a running ledger up into a folder, up to a new checkpoint; another run adds what is new.
    Backup(backup::BackupArguments),
    /// Make a data folder from a backup that proves to be of the checkpoint that is expected, and nothing otherwise.
    Restore(backup::RestoreArguments),
    /// Run made-up commands through the whole path in memory while the store fails, each answer judged by a second ledger.
    Simulate(simulate::Arguments),
    /// Reports of the bureau: pools, budgets, subsidies, loans, targets, accounts.
    Report(Box<report::Task>),
    /// Measure durable writes against a no-op call of the same server, and decisions of the pure core.
    #[command(args_conflicts_with_subcommands = true)]
    Bench {
        #[command(subcommand)]
        what: Option<bench::Task>,
        /// Seconds for each figure.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Rounds; the median is printed with the spread.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
}

impl Arguments {
    /// Reads the command line of this process, and the file of settings that it names.
    pub fn read() -> Result<Self, ExitCode> {
        let is_set = |name: &OsStr| std::env::var_os(name).is_some();
        match config_file::expanded(std::env::args_os(), &Self::command(), is_set) {
            Ok(arguments) => Ok(Self::parse_from(arguments)),
            Err(error) => {
                report(&error);
                Err(ExitCode::from(2))
            }
        }
    }
}

/// Runs a subcommand.
pub fn run(arguments: Arguments) -> ExitCode {
    panics::install(panics::Engine { exit_code: 2, json: false });
    let mut out = io::stdout().lock();
    let done = match arguments.command {
        // The flags of the file are among the others by now.
        Task::Serve { config: _, data, listen, adopt, evidence, access, snapshot_every, identity, ops, portal } => {
            let (evidence, access, identity) = (evidence.into_config(), access.into_config(), identity.into_config());
            let portal = portal.into_config();
            serve::run(ServeConfig { data, listen, adopt, evidence, access, identity, snapshot_every, portal, ops })
        }
        Task::Check(arguments) => match on_runtime(check::run(&arguments, &mut out)) {
            Ok(verdict) => return flushed(&mut out, verdict.exit_code().into()),
            Err(error) => Err(error),
        },
        Task::Sandbox(arguments) => sandbox::run(*arguments),
        Task::Demo { data, keep, city } => on_runtime(demo::run(demo::Options { data, keep, city }, &mut out)),
        Task::Portal { command } => on_runtime(portal::run(&command, &mut out)),
        Task::Rulebook { command } => rulebook::run(&command, &mut out),
        Task::Verify(arguments) => match verify::run(&arguments, &mut out) {
            Ok(verify::Verdict::DecisionsDiffer) => return flushed(&mut out, verify::Verdict::DecisionsDiffer.into()),
            done => done.map(|verdict| verdict == verify::Verdict::Intact),
        },
        Task::Export(arguments) => export::run(&arguments, &mut out),
        Task::Import(arguments) => on_runtime(import::run(&arguments, &mut out)),
        Task::Generate(arguments) => generate::run(arguments, &mut out),
        Task::ImportJournal(arguments) => import_journal::run(&arguments, &mut out),
        Task::Closing { command } => closing::run(&command, &mut out),
        Task::Rate { command } => rate::run(&command, &mut out),
        Task::Fact { command } => fact::run(&command, &mut out),
        Task::Key { command } => key::run(&command, &mut out),
        Task::Pki { command } => pki::run(&command, &mut out),
        Task::Whoami { client } => on_runtime(whoami::run(client, &mut out)),
        Task::Call(arguments) => on_runtime(call::run(&arguments, &mut out)),
        Task::Descriptors => call::descriptors(&mut out),
        Task::Reasons(arguments) => reasons::run(&arguments, &mut out),
        Task::Checkpoint { command } => checkpoint::run(&command, &mut out),
        Task::Access { command } => access::run(&command, &mut out),
        Task::Receipt { command } => receipt::run(&command, &mut out),
        Task::Period(options) => on_runtime(period::run(&options, &mut out)),
        Task::Reconcile(options) => on_runtime(reconcile::run(&options, &mut out)),
        Task::Snapshot { data, check } => snapshot::run(&data, check, &mut out),
        Task::Backup(arguments) => backup::back_up(&arguments, &mut out),
        Task::Restore(arguments) => backup::restore(&arguments, &mut out),
        Task::Bench { what: Some(task), .. } => on_runtime(bench::run_task(&task, &mut out)),
        Task::Bench { what: None, seconds, rounds } => {
            on_runtime(bench::run(bench::Options { seconds, rounds }, &mut out))
        }
        Task::Report(task) => report::run(&task, &mut out),
        Task::Simulate(arguments) => simulate::run(&arguments, &mut out),
    };
    match done.and_then(|good| Ok(out.flush().map(|()| good)?)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads the output has seen enough, as `| head` does.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

/// This exit code, once the output is out; nobody may be left to read it.
fn flushed(out: &mut dyn Write, code: ExitCode) -> ExitCode {
    drop(out.flush());
    code
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Says on standard error what went wrong, with its causes.
fn report(error: &anyhow::Error) {
    // Standard error may be closed; there is nobody left to tell then.
    let said =
        error.chain().find_map(|cause| cause.downcast_ref::<Status>()).map_or_else(|| format!("{error:#}"), refusal);
    drop(writeln!(io::stderr(), "ipledger: {said}"));
}

/// What a ledger said when it refused: its sentence, and each field with what was wrong with it.
fn refusal(status: &Status) -> String {
    // TLS 1.3 refuses a certificate after the client takes itself for connected: then this is no answer of the ledger.
    if status.get_details_error_info().is_none() && std::error::Error::source(status).is_some() {
        return format!(
            "no answer ({}); if the ledger refused the certificate (another CA, expired, revoked, not for clients), its \
             log says why",
            status.message()
        );
    }
    let fields = status.get_details_bad_request().map(|request| request.field_violations).unwrap_or_default();
    let reason = status.get_details_error_info().map(|info| format!(" {}", info.reason)).unwrap_or_default();
    if fields.len() < 2 {
        return format!("the ledger answers {:?}{reason}: {}", status.code(), status.message());
    }
    let fields = fields.iter().map(|each| format!("\n  {}: {}", each.field, each.description));
    format!("the ledger answers {:?}{reason}:{}", status.code(), fields.collect::<String>())
}

/// Runs a client task on a runtime of its own.
fn on_runtime<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(task)
}
