//! Who is let in first, how much each may ask for, and the check of the access log.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};
use tracing::info;

use crate::access_log::{AccessLog, Flaw, verify};
use crate::book::access::{AccessChange, PrincipalDetails};
use crate::book::event::RequestKey;
use crate::book::nouns::{Caller, Role};
use crate::config::{AccessConfig, DATA_DEFAULT, LimitsConfig, REQUESTS_PER_SECOND_DEFAULT, ServeConfig};
use crate::decide::command::{Command, Request};
use crate::identifier::{PersonId, PrincipalName, RequestId};
use crate::reader::Reader;
use crate::server::guard::Watch;
use crate::server::guard::seal::Seal;
use crate::writer::Writer;

/// How often the head of the access log is named in the server's own log.
const HEAD_INTERVAL: Duration = Duration::from_hours(1);

/// The flags of `serve` about who is let in.
#[derive(Debug, Args)]
pub struct AccessArguments {
    /// Bind the first operator, at the start of a ledger that knows no principal: the name that its certificate proves
    /// and the person behind it, for example `ipledger:operator:op-1=wang.fang`.
    #[arg(long, value_name = "NAME=PERSON")]
    bootstrap_principal: Option<String>,
    /// How many requests a second one caller may send in the long run; 0 lifts every limit.
    #[arg(long, value_name = "COUNT", default_value_t = REQUESTS_PER_SECOND_DEFAULT)]
    limit_requests: u64,
}

impl AccessArguments {
    /// As settings.
    pub(super) fn into_config(self) -> AccessConfig {
        let Self { bootstrap_principal, limit_requests } = self;
        AccessConfig { bootstrap: bootstrap_principal, limits: LimitsConfig::of_requests(limit_requests) }
    }
}

/// Tasks around the access log.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Check the chain of the whole log and print its head.
    Verify {
        /// The data folder.
        #[arg(long, env = "IPLEDGER_DATA", default_value = DATA_DEFAULT)]
        data: PathBuf,
    },
}

/// Runs a task.
pub fn run(task: &Task, out: &mut impl Write) -> anyhow::Result<bool> {
    let Task::Verify { data } = task;
    match verify(data) {
        Ok(verified) => {
            writeln!(out, "{} calls, every line follows from the one before; head {}", verified.lines, verified.head)?;
            Ok(true)
        }
        Err(Flaw::Io(error)) => Err(error).with_context(|| format!("reading the access log in `{}`", data.display())),
        Err(flaw) => {
            writeln!(out, "{flaw}")?;
            Ok(false)
        }
    }
}

/// The guard of a server: its limits, and the access log in the data folder.
pub(super) fn open_watch(config: &ServeConfig) -> anyhow::Result<Watch> {
    let log = AccessLog::open(&config.data)?;
    let head = log.head();
    // In the ledger's own log, which others keep: a log that was cut off later ends before this line.
    info!(calls = head.number, head = %head.hash, "access log opened");
    Ok(Watch::new(config.access.limits, Some(log), Seal::new()))
}

/// Names the head of the access log once an hour, for as long as the process lives, in the server's own log: what is cut
/// off or written anew later does not fit it.
pub(super) async fn name_heads(log: AccessLog) {
    let mut named = log.head();
    let mut ticks = tokio::time::interval(HEAD_INTERVAL);
    loop {
        ticks.tick().await;
        let head = log.head();
        if head != named {
            info!(calls = head.number, head = %head.hash, "access log");
            named = head;
        }
    }
}

/// Binds the first operator unless it is bound. A ledger that knows a principal is given no other this way.
pub(super) async fn bootstrap(writer: &Writer, reader: &Reader, first: &str) -> anyhow::Result<()> {
    let (name, person) = first
        .rsplit_once('=')
        .with_context(|| format!("`{first}` is not a name and a person; expected NAME=PERSON"))?;
    let details = PrincipalDetails {
        name: PrincipalName::parse(name)?,
        person: PersonId::parse(person)?,
        roles: vec![Role::Operator],
        institution: None,
        enterprise: None,
        districts: std::collections::BTreeSet::new(),
    };
    let known = {
        let book = reader.book();
        let bound = book.access.principals.get(&details.name).map(|one| one.details == details);
        (bound, book.access.principals.is_empty())
    };
    match known {
        (Some(true), _) => return Ok(()),
        (None, true) => {}
        (Some(false), _) | (None, false) => {
            anyhow::bail!("this ledger knows principals already; let one of its operators bind `{name}`")
        }
    }
    let digest: [u8; 32] =
        Sha256::new().chain_update("ipledger serve --bootstrap-principal").chain_update(first).finalize().into();
    let id = digest.first_chunk::<16>().and_then(|bytes| RequestId::from_bytes(*bytes)).context("a digest of zeros")?;
    let request = Request {
        caller: Caller::of_bureau(Role::Operator, PersonId::parse("bootstrap")?),
        key: RequestKey { id, digest },
        effective_date: None,
        book_late: false,
        command: Command::ChangeAccess(AccessChange::PrincipalBound(details)),
    };
    let answer = writer.submit(request, false, None).await.with_context(|| format!("binding `{name}`"))?;
    info!(principal = name, person, sequence = answer.entry.sequence.value(), "first operator bound");
    Ok(())
}
