//! `ipledger serve`: replay the journal, start the writer and the reader, serve until told to stop.
//!
//! Stops by itself when the store fails: a ledger that cannot record must not answer.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use prometheus_client::registry::Registry;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, timeout};
use tracing::{error, info, warn};
use tracing_subscriber::EnvFilter;

use super::identity::Doors;
use super::sandbox;
use crate::access_log::AccessLog;
use crate::book::event::RequestKey;
use crate::book::nouns::{Caller, Role};
use crate::calendar::CivilDate;
use crate::config::{CHECKPOINT_SECONDS_DEFAULT, EvidenceConfig, ServeConfig};
use crate::decide::command::{Command, Request};
use crate::evidence::keeper::check_kept;
use crate::evidence::publish::{check_published, publish_always, publish_once};
use crate::evidence::{Keeper, SigningKey};
use crate::identifier::{PersonId, RequestId};
use crate::reader::{Loaded, Reader};
use crate::rulebook::load;
use crate::server::Edge;
use crate::server::sandbox::SANDBOX_PERSON;
use crate::snapshot::{self, Start, Taker};
use crate::storage::sled::SledStorage;
use crate::telemetry::{Metrics, Scrape, Sources};
use crate::writer::clock::{Clock, ManualClock};
use crate::writer::{Writer, WriterThreads};

/// The flags about evidence.
#[derive(Debug, Args)]
pub struct EvidenceArguments {
    /// The private key of the ledger, made with `ipledger key new`; without one no checkpoint is signed.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The public key of a cosigner whose cosignatures are taken; may be repeated.
    #[arg(long, value_name = "PUBFILE")]
    cosigner: Vec<PathBuf>,
    /// How often a checkpoint is made while something is recorded.
    #[arg(long, value_name = "SECONDS", default_value_t = CHECKPOINT_SECONDS_DEFAULT)]
    checkpoint_every: u64,
    /// A folder elsewhere (another disk, another machine) where the newest checkpoint is kept too; a journal behind what is
    /// there is not served. One folder for each ledger.
    #[arg(long, value_name = "DIR", env = "IPLEDGER_PUBLISH_CHECKPOINTS")]
    publish_checkpoints: Option<PathBuf>,
}

impl EvidenceArguments {
    /// As settings.
    pub(super) fn into_config(self) -> EvidenceConfig {
        let Self { key, cosigner, checkpoint_every, publish_checkpoints } = self;
        let interval = Duration::from_secs(checkpoint_every);
        EvidenceConfig { key, cosigners: cosigner, interval, publish: publish_checkpoints }
    }
}

/// Serves until SIGINT or SIGTERM; an error when the store cannot be opened, replayed or written.
pub fn run(config: ServeConfig) -> anyhow::Result<bool> {
    run_as(config, None)
}

/// The same as a sandbox that begins on this day, or as a real ledger.
pub(super) fn run_as(config: ServeConfig, sandbox: Option<CivilDate>) -> anyhow::Result<bool> {
    let config = config.checked()?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(config, sandbox));
    // A folder elsewhere may hang for ever; everything that matters is done.
    runtime.shutdown_timeout(PUBLISH_LIMIT);
    served
}

async fn serve(config: ServeConfig, sandbox: Option<CivilDate>) -> anyhow::Result<bool> {
    sandbox::check_folder(&config.data, sandbox.is_some())?;
    // Before the journal is replayed, which may take minutes.
    let doors = Doors::open(&config.identity, &Clock::System)?;
    let ledger = Ledger::open(&config, sandbox).await?;
    ledger.first_entries(&config).await?;
    let watch = super::access::open_watch(&config)?.with_tally(Arc::<Metrics>::clone(&ledger.metrics));
    let log = watch.log().cloned();
    if let Some(log) = &log {
        tokio::spawn(super::access::name_heads(log.clone()));
    }
    // Before anybody is told where the ledger is: whoever knows may also tell it to stop, or to read its files again.
    let signals = Signals::new()?;
    let hangup = signal(SignalKind::hangup())?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    let pages = super::portal::bind(config.portal.clone(), doors.pages.clone(), &config.data).await?;
    announce(&listener, pages.as_ref().map(|pages| pages.url.as_str()))?;
    let Ledger { writer, reader, threads, taker, keeper, hand, registry, .. } = ledger;
    let sources = Sources {
        writer: writer.clone(),
        reader: reader.clone(),
        keeper: keeper.clone(),
        tls: doors.tls.clone(),
        data: config.data.clone(),
        clock: Clock::System,
    };
    let scrape = super::ops::open(config.ops, sources, registry).await?;
    let mut edge = Edge::new(writer.clone(), reader, doors.identify()).with_watch(watch);
    if let Some(hand) = hand {
        edge = edge.with_sandbox(hand);
        sandbox::open(&edge).await?;
    }
    tokio::spawn(doors.clone().keep(hangup));
    if let Some(keeper) = &keeper {
        edge = edge.with_keeper(keeper.clone());
        tokio::spawn(keep_at_intervals(keeper.clone(), config.evidence.interval, scrape));
        if let Some(folder) = config.evidence.publish.clone() {
            tokio::spawn(publish_always(keeper.clone(), folder));
        }
    }
    let pages = pages.map(|pages| tokio::spawn(pages.serve(edge.clone())));
    let served = crate::server::serve(listener, doors.tls, edge, signals.stopped(writer, log.clone())).await;
    if let Some(pages) = pages {
        // Its requests in flight end before the writer does; it bounds itself.
        drop(pages.await);
    }
    let written = threads.shutdown().await;
    if let (Some(taker), Ok(())) = (taker, &written) {
        taker.finish();
    }
    if let Some(keeper) = &keeper {
        let _made: bool = keep(keeper).await;
        publish_last(keeper, config.evidence.publish).await;
    }
    served.context("serving gRPC")?;
    written.context("the store failed; start again after looking at the disk: the journal is replayed and checked")?;
    anyhow::ensure!(
        log.is_none_or(|log| log.is_open()),
        "the access log cannot be written, and no call is answered without its line: the line above says why; make room or \
         mend the rights, then start again"
    );
    info!("stopped; everything that was answered is on disk");
    Ok(true)
}

/// A ledger with its journal read, before anybody can call.
struct Ledger {
    writer: Writer,
    reader: Reader,
    threads: WriterThreads,
    taker: Option<Taker>,
    keeper: Option<Keeper>,
    /// The clock of a sandbox.
    hand: Option<ManualClock>,
    metrics: Arc<Metrics>,
    registry: Registry,
}

impl Ledger {
    async fn open(config: &ServeConfig, sandbox: Option<CivilDate>) -> anyhow::Result<Self> {
        let storage = SledStorage::open(&config.data)
            .with_context(|| format!("opening the data folder `{}`", config.data.display()))?;
        let storage = Arc::new(storage);
        let (loaded, snapshot) = read_journal(config, storage.as_ref())?;
        let hand = sandbox.map(|day| sandbox::clock(day, loaded.view().book.last_recorded_at()));
        let clock = hand.clone().map_or(Clock::System, Clock::Manual);
        let (metrics, registry) = Scrape::counters();
        let metrics = Arc::new(metrics);
        let observer = Arc::<Metrics>::clone(&metrics);
        let (writer, reader, threads) =
            Writer::start_observed(Arc::<SledStorage>::clone(&storage), clock, loaded, observer)?;
        sandbox::check_first_entry(&reader, sandbox.is_some()).await?;
        let taker = start_taker(config, &reader, snapshot)?;
        let keeper = open_keeper(config, &reader)?;
        Ok(Self { writer, reader, threads, taker, keeper, hand, metrics, registry })
    }

    /// What the settings want to be there before the first call: rulebooks, and the first operator.
    async fn first_entries(&self, config: &ServeConfig) -> anyhow::Result<()> {
        let person = if self.hand.is_some() { SANDBOX_PERSON } else { "operator" };
        for name in &config.adopt {
            adopt(&self.writer, &self.reader, name, person).await?;
        }
        if let Some(first) = &config.access.bootstrap {
            super::access::bootstrap(&self.writer, &self.reader, first).await?;
        }
        Ok(())
    }
}

/// The state after the whole journal, and how many entries of it came from a snapshot.
fn read_journal(config: &ServeConfig, storage: &SledStorage) -> anyhow::Result<(Loaded, u64)> {
    let bar = super::verify::progress_bar();
    let start = snapshot::load(&config.data, storage, &mut |entries| bar.set_position(entries))
        .with_context(|| format!("replaying the journal in `{}`", config.data.display()))?;
    bar.finish_and_clear();
    let Start { loaded, from, replayed, .. } = start;
    let snapshot = from.map_or(0, |(_, entries)| entries);
    info!(
        data = %config.data.display(),
        entries = loaded.view().head.last_sequence,
        root = %loaded.view().head.tree.root(),
        snapshot,
        replayed,
        "journal replayed"
    );
    Ok((loaded, snapshot))
}

/// Starts the thread for snapshots, unless the settings say that there are none.
fn start_taker(config: &ServeConfig, reader: &Reader, newest: u64) -> anyhow::Result<Option<Taker>> {
    let every = config.snapshot_every;
    let start = || Taker::start(&config.data, reader.clone(), every, newest);
    (every > 0).then(start).transpose().context("starting the thread for snapshots")
}

/// Compares the journal with the checkpoints that are kept beside it, and opens their keeper if the ledger has a key.
fn open_keeper(config: &ServeConfig, reader: &Reader) -> anyhow::Result<Option<Keeper>> {
    let (data, EvidenceConfig { key, cosigners, .. }) = (config.data.display(), &config.evidence);
    let compared =
        check_kept(&config.data, reader).with_context(|| format!("comparing the checkpoints in `{data}`"))?;
    info!(entries = compared, "the journal agrees with the checkpoints beside it");
    if let Some(folder) = &config.evidence.publish {
        let shown = folder.display();
        let entries =
            check_published(folder, reader).with_context(|| format!("comparing what is published in `{shown}`"))?;
        info!(entries, "the journal agrees with what is published");
    }
    let Some(path) = key else {
        warn!("no signing key: no checkpoint and no receipt is given; make a key with `ipledger key new`");
        return Ok(None);
    };
    let key = SigningKey::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    let cosigners = super::key::read_public(cosigners)?;
    info!(key = %key.public().label(), cosigners = cosigners.len(), "checkpoints are signed");
    Ok(Some(Keeper::open(&config.data, key, cosigners, reader.clone())?))
}

/// Makes a checkpoint now and then, for as long as the process lives.
async fn keep_at_intervals(keeper: Keeper, every: Duration, scrape: Scrape) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if keep(&keeper).await {
            scrape.note_covered();
        }
    }
}

/// Makes a checkpoint, and says whether there is one. Without one the ledger goes on: what it records is safe, only
/// nobody else can tell yet.
async fn keep(keeper: &Keeper) -> bool {
    let made = keeper.fresh().await;
    if let Err(fault) = &made {
        let fault: &dyn std::error::Error = fault;
        error!(fault, "no checkpoint could be made");
    }
    made.is_ok()
}

/// How long the end of a process waits for a folder elsewhere.
const PUBLISH_LIMIT: Duration = Duration::from_secs(5);

/// Publishes the last checkpoint; the end does not wait long for it.
async fn publish_last(keeper: &Keeper, folder: Option<PathBuf>) {
    let Some(folder) = folder else { return };
    match timeout(PUBLISH_LIMIT, publish_once(keeper.clone(), folder)).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => {
            let fault: &dyn std::error::Error = &fault;
            error!(fault, "the last checkpoint could not be published");
        }
        Err(_) => error!("the last checkpoint could not be published in {PUBLISH_LIMIT:?}"),
    }
}

/// Tells programs where the ledger is (standard output): one line, and one more where there are pages.
fn announce(listener: &TcpListener, pages: Option<&str>) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    if let Some(url) = pages {
        writeln!(out, "pages on {url}")?;
    }
    out.flush()?;
    Ok(())
}

/// The signals that end the server in order.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on the signals are heard.
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Ends on SIGINT, on SIGTERM, or when the writer or the access log has failed.
    async fn stopped(mut self, writer: Writer, log: Option<AccessLog>) {
        let unwritten = async {
            match &log {
                Some(log) => log.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => info!("interrupted; finishing what was begun"),
            _ = self.terminate.recv() => info!("told to stop; finishing what was begun"),
            fault = writer.failed() => warn!(%fault, "the store failed; stopping"),
            () = unwritten => warn!("the access log cannot be written; stopping"),
        }
    }
}

/// Adopts a rulebook unless this version is adopted: the first thing a new ledger needs.
async fn adopt(writer: &Writer, reader: &Reader, name: &str, person: &str) -> anyhow::Result<()> {
    let text = super::rulebook::read(name)?;
    let rulebook = load(&text).map_err(|errors| anyhow::anyhow!("{}", errors.in_file(name)))?;
    let reference = rulebook.reference();
    if let Some(adopted) = reader.book().rulebook(&reference) {
        anyhow::ensure!(
            adopted.digest == rulebook.digest,
            "`{reference}` was adopted with another text; give the changed text a higher version"
        );
        return Ok(());
    }
    let request = Request {
        caller: Caller::of_bureau(
            Role::Operator,
            PersonId::parse(person).map_err(|invalid| anyhow::anyhow!("{invalid}"))?,
        ),
        key: adoption_key(&rulebook.digest)?,
        effective_date: None,
        book_late: false,
        command: Command::AdoptRulebook(Arc::new(rulebook).into()),
    };
    let answer = writer.submit(request, false, None).await.with_context(|| format!("adopting `{name}`"))?;
    info!(rulebook = %reference, sequence = answer.entry.sequence.value(), "rulebook adopted");
    Ok(())
}

/// A request id made from the text, so that a start that was cut off can be repeated.
fn adoption_key(digest: &[u8; 32]) -> anyhow::Result<RequestKey> {
    let hash: [u8; 32] = Sha256::new().chain_update("ipledger serve --adopt").chain_update(digest).finalize().into();
    let id = hash.first_chunk::<16>().and_then(|bytes| RequestId::from_bytes(*bytes));
    Ok(RequestKey { id: id.context("a digest of zeros")?, digest: *digest })
}
