//! `BatchService/ImportStream`: batches on one stream, for millions of writes.
//!
//! ```text
//! stream ──> taking: charge, parse, queue ──(2 batches)──> answering: wait, write down ──> stream
//! ```
//!
//! Two tasks, so that a batch is decided while the one before it is being made durable. Nothing is kept but the batches
//! between the two: whoever sends faster than the ledger decides, or reads its answers slowly, is held back by the flow
//! control of HTTP/2.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::batch::{answered, asked, error, wrong_number};
use crate::book::nouns::Caller;
use crate::decide::command::Request;
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::write_result::Result as Outcome;
use crate::server::edge::{DEFAULT_DEADLINE, Edge};
use crate::server::guard::limits::Permit;
use crate::server::guard::{Ongoing, open_stream};
use crate::server::render::decision::brief;
use crate::server::render::entry::CreatedIds;
use crate::server::reused;
use crate::server::{IMPORT_BATCHES_AHEAD, IMPORT_ITEMS_MAX};
use crate::writer::{self, PendingSeveral, QUEUE_COMMANDS_MAX};

/// How many commands may wait when an import adds one. The rest of the queue is for callers with one write each, who
/// would otherwise be refused because somebody imports.
const QUEUE_SHARE: usize = QUEUE_COMMANDS_MAX.div_euclid(4);

/// How long an import waits for room in the queue before it looks again; some twenty commands are decided in that time.
const ROOM_INTERVAL: Duration = Duration::from_micros(200);

/// So many items go into the queue together; after them others get their turn on the thread.
const ITEMS_PER_TURN: usize = 64;

/// The answers to the batches.
pub(super) type ResultStream = Pin<Box<dyn Stream<Item = Result<v1::ImportStreamResponse, Status>> + Send>>;

/// A batch whose items are in the queue.
struct Begun {
    turns: Vec<Turn>,
    count: usize,
    brief: bool,
    began: Instant,
    deadline: Instant,
}

/// Opens an import; refused when the caller has too many streams open.
pub(super) fn open(
    edge: &Edge,
    caller: Caller,
    messages: Streaming<v1::ImportStreamRequest>,
) -> Result<ResultStream, Status> {
    let permit = open_stream()?;
    let call = Ongoing::of_this_call();
    // Of those that wait, the first is with the task that answers.
    let (begun, waiting) = mpsc::channel(IMPORT_BATCHES_AHEAD.saturating_sub(1).max(1));
    let (sender, receiver) = mpsc::channel(1);
    let taking = Taking { edge: edge.clone(), caller, call: call.clone(), begun };
    tokio::spawn(taking.run(messages));
    tokio::spawn(Answering { edge: edge.clone(), call, waiting, sender, _permit: permit }.run());
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

/// Some items of a batch: those that are in the queue, and why the others are not.
struct Turn {
    /// `None` for each that is in the queue.
    rejected: Vec<Option<Rejection>>,
    /// What those that are in the queue ask for.
    requests: Vec<Arc<Request>>,
    pending: Result<PendingSeveral, Rejection>,
}

struct Taking {
    edge: Edge,
    caller: Caller,
    call: Ongoing,
    begun: mpsc::Sender<Result<Begun, Status>>,
}

impl Taking {
    /// Takes batches until the client has no more, breaks a rule, or the server stops.
    async fn run(self, mut messages: Streaming<v1::ImportStreamRequest>) {
        let mut stopped = self.edge.stop.subscribe();
        loop {
            let message = tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => Err(stopping().into()),
                message = messages.message() => message,
            };
            let taken = match message {
                Ok(None) => return,
                Ok(Some(message)) => self.take(message).await,
                Err(status) => Err(status),
            };
            let ends = taken.is_err();
            // Whoever answers ends when the client has gone.
            if self.begun.send(taken).await.is_err() || ends {
                return;
            }
        }
    }

    async fn take(&self, message: v1::ImportStreamRequest) -> Result<Begun, Status> {
        let count = message.items.len();
        if count == 0 || count > IMPORT_ITEMS_MAX {
            return Err(wrong_number(count, IMPORT_ITEMS_MAX).into());
        }
        self.call.pay(count, message.encoded_len()).await;
        let began = Instant::now();
        let deadline = began.checked_add(DEFAULT_DEADLINE).unwrap_or(began);
        let mut turns = Vec::with_capacity(count.div_ceil(ITEMS_PER_TURN));
        let mut items = message.items.into_iter().enumerate().peekable();
        while items.peek().is_some() {
            tokio::task::yield_now().await;
            turns.push(self.take_turn(items.by_ref().take(ITEMS_PER_TURN), deadline).await);
        }
        Ok(Begun { turns, count, brief: message.brief, began, deadline })
    }

    /// Parses some items and puts them into the queue together, when it has room for them.
    async fn take_turn(&self, items: impl Iterator<Item = (usize, v1::WriteItem)>, deadline: Instant) -> Turn {
        let (mut commands, mut rejected) = (Vec::with_capacity(ITEMS_PER_TURN), Vec::with_capacity(ITEMS_PER_TURN));
        for item in items {
            match asked(&self.edge, &self.caller, item).await {
                Ok(command) => {
                    commands.push(command);
                    rejected.push(None);
                }
                Err(rejection) => rejected.push(Some(rejection)),
            }
        }
        while self.edge.waiting() >= QUEUE_SHARE && Instant::now() < deadline {
            tokio::time::sleep(ROOM_INTERVAL).await;
        }
        let requests = commands.iter().map(|command| Arc::clone(&command.request)).collect();
        Turn { rejected, requests, pending: self.edge.writer().begin_several(commands, Some(deadline)) }
    }
}

struct Answering {
    edge: Edge,
    call: Ongoing,
    waiting: mpsc::Receiver<Result<Begun, Status>>,
    sender: mpsc::Sender<Result<v1::ImportStreamResponse, Status>>,
    _permit: Option<Permit>,
}

impl Answering {
    async fn run(mut self) {
        let mut batch: u64 = 0;
        while let Some(begun) = self.waiting.recv().await {
            batch = batch.saturating_add(1);
            let answer = match begun {
                Ok(begun) => self.answer(begun, batch).await,
                Err(status) => Err(status),
            };
            let ends = answer.is_err();
            // A client that has gone needs no answer; what is in the queue takes its course.
            if self.sender.send(answer).await.is_err() || ends {
                return;
            }
        }
    }

    async fn answer(&self, begun: Begun, batch: u64) -> Result<v1::ImportStreamResponse, Status> {
        let Begun { turns, count, brief, began, deadline } = begun;
        let mut tally = Tally::new(count);
        let mut results = Vec::with_capacity(count);
        for turn in turns {
            for settled in turn.settled(&self.edge, deadline).await {
                tally.add(&settled);
                let result = match settled {
                    Ok(answer) if brief => Outcome::Answer(briefly(&answer)),
                    Ok(answer) => Outcome::Answer(answered(&answer)),
                    Err(rejection) => Outcome::Error(error(rejection)),
                };
                results.push(v1::WriteResult { result: Some(result) });
            }
        }
        if !self.call.record(&self.edge, began, tally.resources()).await {
            return Err(Rejection::plain(Reason::Unavailable).into());
        }
        Ok(v1::ImportStreamResponse { results, batch })
    }
}

impl Turn {
    /// What became of each item, in their order. What is not decided at the deadline is rejected by the writer.
    async fn settled(self, edge: &Edge, deadline: Instant) -> Vec<Result<writer::Answer, Rejection>> {
        let Self { rejected, requests, pending } = self;
        let (answers, otherwise) = match pending {
            Ok(pending) => match timeout_at(deadline, pending.answers()).await {
                Ok(answers) => (answers, Rejection::plain(Reason::Unavailable)),
                Err(_) => (Vec::new(), Rejection::plain(Reason::DeadlineExceeded)),
            },
            Err(rejection) => (Vec::new(), rejection),
        };
        let mut told = Vec::with_capacity(answers.len());
        for (answer, request) in answers.into_iter().zip(&requests) {
            told.push(match answer {
                Err(rejection) => Err(reused::explained(edge, request, rejection).await),
                Ok(answer) => Ok(answer),
            });
        }
        let mut told = told.into_iter();
        let mut of_queued = || told.next().unwrap_or_else(|| Err(otherwise.clone()));
        rejected.into_iter().map(|rejected| rejected.map_or_else(&mut of_queued, Err)).collect()
    }
}

/// What became of a batch, for the access log.
struct Tally {
    items: usize,
    recorded: usize,
    replayed: usize,
    rejected: usize,
    /// The first and the last entry that the batch made; others may have written between them.
    entries: Option<(u64, u64)>,
}

impl Tally {
    const fn new(items: usize) -> Self {
        Self { items, recorded: 0, replayed: 0, rejected: 0, entries: None }
    }

    fn add(&mut self, settled: &Result<writer::Answer, Rejection>) {
        match settled {
            Err(_) => self.rejected = self.rejected.saturating_add(1),
            Ok(answer) if answer.replayed => self.replayed = self.replayed.saturating_add(1),
            Ok(answer) if answer.recorded => {
                let sequence = answer.entry.sequence.value();
                self.recorded = self.recorded.saturating_add(1);
                self.entries = Some((self.entries.map_or(sequence, |(first, _)| first), sequence));
            }
            // Only validated.
            Ok(_) => {}
        }
    }

    fn resources(self) -> Vec<String> {
        let Self { items, recorded, replayed, rejected, entries } = self;
        let mut resources = vec![
            format!("items={items}"),
            format!("recorded={recorded}"),
            format!("replayed={replayed}"),
            format!("rejected={rejected}"),
        ];
        resources.extend(entries.map(|(first, last)| format!("entries={first}..{last}")));
        resources
    }
}

fn briefly(answer: &writer::Answer) -> v1::WriteAnswer {
    let (entry, recorded) = (&answer.entry, answer.recorded);
    let CreatedIds { loan_id, application_id, claim_id } = CreatedIds::of(entry, recorded);
    let sequence = if recorded { entry.sequence.value() } else { 0 };
    v1::WriteAnswer {
        entry: Some(v1::Entry { sequence, ..v1::Entry::default() }),
        decision: Some(brief(entry, recorded)),
        loan_id,
        application_id,
        claim_id,
        replayed: answer.replayed,
    }
}

fn stopping() -> Rejection {
    Rejection::new(
        Reason::Unavailable,
        "",
        "the server is stopping; send the batches that got no answer again, with the same request ids",
        "服务正在停止；请用原请求编号重新发送未获应答的批次",
    )
}
