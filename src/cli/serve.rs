//! `ipledger serve`: replay the journal, start the writer and the reader, serve until told to stop.
//!
//! Stops by itself when the store fails: a ledger that cannot record must not answer.

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::book::event::RequestKey;
use crate::book::nouns::{Caller, Role};
use crate::config::ServeConfig;
use crate::decide::command::{Command, Request};
use crate::identifier::{PersonId, RequestId};
use crate::reader::{self, Reader};
use crate::rulebook::load;
use crate::server::Edge;
use crate::server::identity::DevIdentity;
use crate::storage::sled::SledStorage;
use crate::writer::Writer;
use crate::writer::clock::Clock;

/// Serves until SIGINT or SIGTERM; an error when the store cannot be opened, replayed or written.
pub fn run(config: ServeConfig) -> anyhow::Result<bool> {
    let config = config.checked()?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(config))
}

async fn serve(config: ServeConfig) -> anyhow::Result<bool> {
    let storage = SledStorage::open(&config.data)
        .with_context(|| format!("opening the data folder `{}`", config.data.display()))?;
    let storage = Arc::new(storage);
    let bar = super::verify::progress_bar();
    let loaded = reader::load(storage.as_ref(), &mut |entries| bar.set_position(entries))
        .with_context(|| format!("replaying the journal in `{}`", config.data.display()))?;
    bar.finish_and_clear();
    info!(
        data = %config.data.display(),
        entries = loaded.view().head.last_sequence,
        root = %loaded.view().head.tree.root(),
        "journal replayed"
    );
    let (writer, reader, threads) = Writer::start(storage, Clock::System, loaded)?;
    for name in &config.adopt {
        adopt(&writer, &reader, name).await?;
    }
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    announce(&listener)?;
    let edge = Edge::new(writer.clone(), reader, Arc::new(DevIdentity));
    let served = crate::server::serve(listener, edge, stopped(writer)).await;
    let written = threads.shutdown().await;
    served.context("serving gRPC")?;
    written.context("the store failed; start again after looking at the disk: the journal is replayed and checked")?;
    info!("stopped; everything that was answered is on disk");
    Ok(true)
}

/// Tells people where the ledger is (standard error) and programs (standard output, one line).
fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    warn!(
        "DEVELOPMENT IDENTITY: any program on this machine may act as anybody by sending `ipledger-dev-*` metadata. \
         Loopback only. Not for real money."
    );
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    out.flush()?;
    Ok(())
}

/// Ends on SIGINT, on SIGTERM, or when the writer has failed.
async fn stopped(writer: Writer) {
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
        warn!("signals cannot be received; stopping");
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => info!("interrupted; finishing what was begun"),
        _ = terminate.recv() => info!("told to stop; finishing what was begun"),
        fault = writer.failed() => warn!(%fault, "the store failed; stopping"),
    }
}

/// Adopts a rulebook unless this version is adopted: the first thing a new ledger needs.
async fn adopt(writer: &Writer, reader: &Reader, name: &str) -> anyhow::Result<()> {
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
        caller: Caller {
            role: Role::Operator,
            institution: None,
            enterprise: None,
            person: PersonId::parse("operator").map_err(|invalid| anyhow::anyhow!("{invalid}"))?,
        },
        key: adoption_key(&rulebook.digest)?,
        effective_date: None,
        command: Command::AdoptRulebook(Arc::new(rulebook)),
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
