//! `ipledger bench remember`: a caller that loses nothing of what it was told, for shooting at servers.
//!
//! It writes into a running ledger as fast as it is answered, and keeps in a file what it asked and what it was answered. First
//! of all it sends everything of that file again: what was answered before must be answered the same, to the byte; what was
//! in flight when the server died is settled. So one file goes with one data folder through any number of deaths
//! (`tests/faults/run` brings them about), and at the end the journal must hold as many enterprises as were asked for, densely
//! numbered, at growing times.
//!
//! ```text
//! the file, one line each   asked ID INDEX       before a request leaves
//!                           answered ID SHA256   of the answer's bytes, when it is here
//! ```
//!
//! The file is not synced: the caller outlives the server, not the machine.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use parking_lot::Mutex;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use super::per_second;
use super::server::uscc;
use crate::cli::child::ActAs;
use crate::proto::v1;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::registry_service_client::RegistryServiceClient;

type Registry = RegistryServiceClient<InterceptedService<Channel, ActAs>>;

/// Connections that the callers share.
const CONNECTIONS: usize = 4;

/// Requests of the file that are sent again at a time.
const AGAIN_AT_ONCE: usize = 64;

/// Flags of `ipledger bench remember`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the ledger listens, `127.0.0.1:PORT`; with --dev-identity, and nobody else writes to it.
    #[arg(long)]
    server: String,
    /// The file of what was asked and answered; made if it is not there. One for each data folder.
    #[arg(long)]
    keep: PathBuf,
    /// Send again at first only the last so many of the file, and what is unsettled; all unless told.
    #[arg(long)]
    last: Option<usize>,
    /// How long to write; 0 only sends again what is in the file, then reads the whole journal.
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// Callers at once.
    #[arg(long, default_value_t = 16)]
    callers: usize,
}

/// What is known of one request.
#[derive(Debug, Clone)]
struct Asked {
    index: u64,
    answer: Option<String>,
}

/// The file, and what it says.
#[derive(Debug)]
struct Kept {
    file: File,
    requests: BTreeMap<String, Asked>,
    next: u64,
}

/// Runs it. False if an answer differs or the journal does not hold what it should; a server that goes away while it is
/// written to is what this is for.
pub(super) async fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let kept = Kept::open(&arguments.keep)?;
    let before = kept.last(arguments.last.unwrap_or(usize::MAX));
    let asked = u64::try_from(kept.requests.len())?;
    let kept = Arc::new(Mutex::new(kept));
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(connect(&arguments.server).await?);
    }
    let channel = channels.first().context("a connection")?.clone();
    let (same, settled) = send_again(&channel, &before, &kept).await?;
    writeln!(out, "sent again   {same} answered the same to the byte, {settled} that were in flight are settled")?;
    out.flush()?;
    if arguments.seconds == 0 {
        let Journal { entries, enterprises, first, last } = read_journal(channel).await?;
        writeln!(
            out,
            "journal      {entries} entries, dense, at growing times, spanning {} s; {enterprises} of {asked} enterprises",
            last.0.saturating_sub(first.unwrap_or(last.0))
        )?;
        return Ok(enterprises == asked);
    }
    let begin = Instant::now();
    let until = begin.checked_add(Duration::from_secs(arguments.seconds)).context("a time")?;
    let mut callers = JoinSet::new();
    for channel in channels.iter().cycle().take(arguments.callers) {
        callers.spawn(write(client(channel.clone())?, Arc::clone(&kept), until));
    }
    let (mut answered, mut ends) = (0_u64, BTreeMap::<String, u64>::new());
    while let Some(done) = callers.join_next().await {
        let (count, end) = done??;
        answered = answered.saturating_add(count);
        let reason = end.map_or_else(|| "the time was over".to_owned(), |status| format!("{:?}", status.code()));
        let times = ends.entry(reason).or_default();
        *times = times.saturating_add(1);
    }
    let rate = per_second(answered, begin.elapsed());
    writeln!(out, "written      {answered} answered, {rate}/s; callers ended: {ends:?}")?;
    Ok(true)
}

impl Kept {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
        let mut requests = BTreeMap::<String, Asked>::new();
        let mut next = 1;
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("asked"), Some(id), Some(index)) => {
                    let index: u64 = index.parse().with_context(|| format!("`{line}` in `{shown}`"))?;
                    next = next.max(index.saturating_add(1));
                    requests.insert(id.to_owned(), Asked { index, answer: None });
                }
                (Some("answered"), Some(id), Some(digest)) => {
                    let asked = requests.get_mut(id).with_context(|| format!("`{id}` in `{shown}` was never asked"))?;
                    asked.answer = Some(digest.to_owned());
                }
                _ => anyhow::bail!("`{line}` in `{shown}` is no line of such a file"),
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("opening `{shown}`"))?;
        Ok(Self { file, requests, next })
    }

    /// The last so many in the order in which they were asked, and all that are unsettled.
    fn last(&self, count: usize) -> Vec<(String, Asked)> {
        let old = self.requests.len().saturating_sub(count);
        let mut all: Vec<(String, Asked)> = self.requests.clone().into_iter().collect();
        all.sort_by_key(|(_, asked)| asked.index);
        let kept = all.into_iter().enumerate().filter(|(place, (_, asked))| *place >= old || asked.answer.is_none());
        kept.map(|(_, one)| one).collect()
    }

    /// A new request, noted before it leaves.
    fn ask(&mut self) -> anyhow::Result<v1::RegisterEnterpriseRequest> {
        let (id, index) = (Uuid::new_v4().to_string(), self.next);
        self.next = index.saturating_add(1);
        writeln!(self.file, "asked {id} {index}")?;
        request(&id, index)
    }

    fn answered(&mut self, id: &str, digest: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.file, "answered {id} {digest}")?)
    }
}

/// The request of this number, always the same.
fn request(id: &str, index: u64) -> anyhow::Result<v1::RegisterEnterpriseRequest> {
    Ok(v1::RegisterEnterpriseRequest {
        request_id: id.to_owned(),
        uscc: uscc(index)?.to_string(),
        name: format!("企业{index}"),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".to_owned(),
        ..v1::RegisterEnterpriseRequest::default()
    })
}

async fn connect(address: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
    endpoint.connect().await.with_context(|| format!("connecting to {address}"))
}

fn client(channel: Channel) -> anyhow::Result<Registry> {
    Ok(RegistryServiceClient::with_interceptor(channel, ActAs::new("officer", "", "li.na")?))
}

fn digest(answer: &v1::RegisterEnterpriseResponse) -> String {
    hex::encode(Sha256::digest(answer.encode_to_vec()))
}

/// Sends everything again; the numbers of those that were answered before, and that are settled only now.
async fn send_again(
    channel: &Channel,
    before: &[(String, Asked)],
    kept: &Arc<Mutex<Kept>>,
) -> anyhow::Result<(u64, u64)> {
    let (mut same, mut settled) = (0_u64, 0_u64);
    for some in before.chunks(AGAIN_AT_ONCE) {
        let mut calls = JoinSet::new();
        for (id, asked) in some.iter().cloned() {
            let (mut client, request) = (client(channel.clone())?, request(&id, asked.index)?);
            calls.spawn(async move { (id, asked, client.register_enterprise(request).await) });
        }
        while let Some(done) = calls.join_next().await {
            let (id, asked, answer) = done?;
            let answer = answer.with_context(|| format!("request {id}, sent again, is not answered"))?;
            let now = digest(answer.get_ref());
            if let Some(first) = asked.answer {
                anyhow::ensure!(first == now, "request {id} was answered before, and otherwise: {first}, now {now}");
                same = same.saturating_add(1);
            } else {
                kept.lock().answered(&id, &now)?;
                settled = settled.saturating_add(1);
            }
        }
    }
    Ok((same, settled))
}

/// Writes until the time is over or the server is gone; how many answers there were, and what ended it.
async fn write(mut client: Registry, kept: Arc<Mutex<Kept>>, until: Instant) -> anyhow::Result<(u64, Option<Status>)> {
    let mut count = 0_u64;
    while Instant::now() < until {
        let request = kept.lock().ask()?;
        let id = request.request_id.clone();
        match client.register_enterprise(request).await {
            Ok(answer) => kept.lock().answered(&id, &digest(answer.get_ref()))?,
            Err(status) => return Ok((count, Some(status))),
        }
        count = count.saturating_add(1);
    }
    Ok((count, None))
}

/// What the whole journal holds.
#[derive(Debug, Default)]
struct Journal {
    entries: u64,
    enterprises: u64,
    /// Second of the first entry.
    first: Option<i64>,
    /// Second and nanosecond of the last.
    last: (i64, i32),
}

/// Reads all entries: sequences without a gap, times that grow.
async fn read_journal(channel: Channel) -> anyhow::Result<Journal> {
    let mut client = LedgerServiceClient::with_interceptor(channel, ActAs::new("auditor", "", "wang.fang")?);
    let (mut journal, mut token) = (Journal::default(), String::new());
    loop {
        let request = v1::ListEntriesRequest { page_size: 1000, page_token: token, ..Default::default() };
        let page = client.list_entries(request).await?.into_inner();
        for entry in page.entries {
            let sequence = journal.entries.saturating_add(1);
            anyhow::ensure!(entry.sequence == sequence, "entry {} stands where {sequence} should", entry.sequence);
            let at = entry.recorded_at.map(|at| (at.seconds, at.nanos)).context("an entry without a time")?;
            anyhow::ensure!(at > journal.last, "entry {sequence} is not later than the one before it");
            let registers = matches!(entry.event, Some(v1::entry::Event::EnterpriseRegistered(_)));
            journal.entries = sequence;
            journal.enterprises = journal.enterprises.saturating_add(u64::from(registers));
            journal.first = journal.first.or(Some(at.0));
            journal.last = at;
        }
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(journal);
        }
    }
}
