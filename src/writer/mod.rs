//! The writer: order and durability. All that changes the ledger passes here, one command after the other.
//!
//! ```text
//! submit ──queue──> decider ─────────batch─────────> committer ──> answer
//!                   decide, apply, encode,           seal, append (durable), publish
//!                   collect
//! ```
//!
//! **Two threads, so that deciding and syncing overlap.** While the committer waits for the disk with one batch, the
//! decider fills the next from whatever is queued, up to [`BATCH_COMMANDS_MAX`]; when the committer is ready it takes
//! what there is. So a batch is as large as the load asks for, and a lone command waits for nobody.
//!
//! **Order.** The decider applies each entry to the book at once, so within a batch each command sees the ones before it.
//! The book runs ahead of the disk, for who decides and for who reads; nobody is answered before the disk has caught up
//! ([`Reader::settled`]).
//!
//! **Answers.** Only the committer answers, batch by batch, rejections too: a rejection may rest on an entry that is
//! not durable yet, and must not be known before that entry is. A batch without records is answered without a sync.
//!
//! **Request ids** are remembered for ever. The same id with the same bytes gets the first answer again; with other
//! bytes it is refused. Nothing that was not recorded takes an id: after a rejection, a validation, a full queue or a
//! passed deadline the same id may be used again.
//!
//! **Faults.** After a [`WriterFault`] nobody knows what the disk holds. Nothing is retried and nothing is answered as
//! if it were business: who waits, and who comes later, gets `UNAVAILABLE`, and the process is to stop
//! ([`Writer::failed`]). Starting again finds out what is durable; the same request id then gets the answer.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use crossbeam_channel::{Sender, TrySendError};
use parking_lot::RwLock;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task;
use tokio::time::Instant;

use crate::book::Book;
use crate::book::event::{Entry, RequestKey};
use crate::decide::command::{Request, Stamp};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::journal::block::{BLOCK_BYTES_MAX, BLOCK_RECORDS_MAX, RECORD_BYTES_MAX, payload_bytes_of};
use crate::journal::replay::EntryFlaw;
use crate::reader::{Loaded, Reader};
use crate::storage::{Fault, Storage};

pub mod clock;
mod committer;
mod decider;
pub mod observe;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use clock::Clock;
use committer::Committer;
use decider::{Decider, Tasks};
use observe::{Observer, Unobserved};

/// How many commands may wait to be decided; about a quarter of a second of work. Beyond that a caller is told to come
/// back, which is better than a queue that outlives every deadline.
pub const QUEUE_COMMANDS_MAX: usize = 4_096;

/// The most commands in one batch, rejected ones included: larger commits gain little and make the slowest answers
/// slow.
pub const BATCH_COMMANDS_MAX: usize = 1_000;

/// The most entries of one group, its head included: a closing run of so many applications less one.
pub const GROUP_RECORDS_MAX: usize = 20_000;

/// The most bytes of the records of one group.
pub const GROUP_BYTES_MAX: usize = 14 * 1024 * 1024;

/// A batch with this many bytes of records takes no more; the last record may reach beyond.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;

const _: () = {
    assert!(BATCH_COMMANDS_MAX + GROUP_RECORDS_MAX <= BLOCK_RECORDS_MAX, "a batch that ends in a group fits a block");
    assert!(BATCH_BYTES_MAX + GROUP_BYTES_MAX <= BLOCK_BYTES_MAX, "and so do its bytes");
    assert!(BATCH_BYTES_MAX + payload_bytes_of(RECORD_BYTES_MAX) <= BLOCK_BYTES_MAX, "its last record fits too");
};

/// How a request is decided: `decide::decide`, or a stand-in in the tests of this module.
pub(crate) type Decide = fn(&Book, &Stamp, &Request) -> Result<Entry, Rejection>;

/// Where commands go in. Clones are cheap and lead to the same queue.
#[derive(Debug, Clone)]
pub struct Writer {
    gate: Arc<Gate>,
    reader: Reader,
    fault: watch::Receiver<Option<Arc<WriterFault>>>,
}

/// What became of a request that was not rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The entry, which says what was decided. A refusal by the scheme is an entry too.
    pub entry: Arc<Entry>,
    /// Whether the entry is in the journal; `false` when the request was only validated, and nothing came of it.
    pub recorded: bool,
    /// Whether an earlier request with the same id made the entry.
    pub replayed: bool,
}

/// Commands that went into the queue together.
#[derive(Debug)]
pub struct PendingSeveral {
    writer: Writer,
    count: usize,
    outcomes: oneshot::Receiver<Vec<Outcome>>,
}

impl PendingSeveral {
    /// What became of each, in their order.
    pub async fn answers(self) -> Vec<Result<Answer, Rejection>> {
        let Ok(outcomes) = self.outcomes.await else {
            return std::iter::repeat_with(|| Err(outcome_unknown())).take(self.count).collect();
        };
        let mut answers = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            answers.push(self.writer.answer(outcome).await);
        }
        answers
    }
}

/// A command in the queue. Who drops it while it waits there takes it back.
#[derive(Debug)]
pub struct Pending {
    writer: Writer,
    outcome: oneshot::Receiver<Outcome>,
}

impl Pending {
    /// What became of it.
    pub async fn answer(self) -> Result<Answer, Rejection> {
        // The threads drop whom they cannot answer any more.
        let Ok(outcome) = self.outcome.await else { return Err(outcome_unknown()) };
        self.writer.answer(outcome).await
    }
}

/// How long a batch waits for companions when the one before it had some. Below the cost of a commit (a write, a sync and
/// the wakes behind it), and only paid where several callers write at once.
const LINGER: Duration = Duration::from_micros(200);

/// What the queue holds.
enum Queued {
    One(Box<Task>),
    /// Those of one sender, which are answered together: at a million commands the channel of each would cost as much as its
    /// decision.
    Several(Box<Several>),
}

impl Queued {
    /// How many commands it is.
    const fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several(several) => several.commands.len(),
        }
    }
}

/// A command.
struct Task {
    command: Asked,
    deadline: Option<Instant>,
    reply: oneshot::Sender<Outcome>,
}

/// Commands in their order.
struct Several {
    commands: Vec<Asked>,
    deadline: Option<Instant>,
    reply: oneshot::Sender<Vec<Outcome>>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request; whoever asks may keep it, to say what was wrong with it.
    pub request: Arc<Request>,
    /// Whether it is only decided, and not recorded.
    pub validate_only: bool,
}

/// What the caller will be told once everything that it rests on is durable.
type Outcome = Result<Decided, Rejection>;

#[derive(Debug)]
enum Decided {
    /// A new entry.
    Recorded(Arc<Entry>),
    /// The entry as it would have been.
    Validated(Arc<Entry>),
    /// The entry of this sequence answered a request with this id before: the same one, or another.
    Known(Sequence, RequestKey),
}

impl Writer {
    /// Starts the two threads on a journal that was read from this store.
    pub fn start(storage: Arc<dyn Storage>, clock: Clock, loaded: Loaded) -> io::Result<(Self, Reader, WriterThreads)> {
        Self::start_with(storage, clock, loaded, (crate::decide::decide, Arc::new(Unobserved)))
    }

    /// The same, and each batch is reported to this observer.
    pub fn start_observed(
        storage: Arc<dyn Storage>,
        clock: Clock,
        loaded: Loaded,
        observer: Arc<dyn Observer>,
    ) -> io::Result<(Self, Reader, WriterThreads)> {
        Self::start_with(storage, clock, loaded, (crate::decide::decide, observer))
    }

    fn start_with(
        storage: Arc<dyn Storage>,
        clock: Clock,
        loaded: Loaded,
        (decide, observer): (Decide, Arc<dyn Observer>),
    ) -> io::Result<(Self, Reader, WriterThreads)> {
        let head = loaded.view().head.clone();
        let (reader, applier, publisher) = Reader::new(Arc::clone(&storage), loaded);
        let (queue, tasks) = crossbeam_channel::bounded(QUEUE_COMMANDS_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        // No room between the two threads: a batch that waits stays with the decider, where it can still grow.
        let (ready, batches) = crossbeam_channel::bounded(0);
        let (fault_sender, fault) = watch::channel(None);
        let gate = Arc::new(Gate { queue: RwLock::new(Some(queue)), waiting: Arc::clone(&waiting) });
        let alarm = Alarm { fault: Arc::new(fault_sender), gate: Arc::downgrade(&gate) };

        let runtime = Handle::try_current().ok();
        let committer = Committer { batches, storage, head, publisher, alarm: alarm.clone(), runtime, observer };
        let decider = Decider::new(applier, clock, decide, (Tasks { queue: tasks, waiting }, ready), alarm);
        let committer = thread::Builder::new().name("committer".to_owned()).spawn(move || committer.run())?;
        let decider = thread::Builder::new().name("decider".to_owned()).spawn(move || decider.run())?;

        let threads = WriterThreads { gate: Arc::clone(&gate), fault: fault.clone(), decider, committer };
        Ok((Self { gate, reader: reader.clone(), fault }, reader, threads))
    }

    /// Takes a command to its end: recorded and durable, or rejected.
    ///
    /// With `validate_only` everything is decided and nothing recorded. A `deadline` that has passed before the command
    /// is decided rejects it; after that the command takes its course, whether anybody waits for it or not.
    pub async fn submit(
        &self,
        request: impl Into<Arc<Request>>,
        validate_only: bool,
        deadline: Option<Instant>,
    ) -> Result<Answer, Rejection> {
        self.begin(request, validate_only, deadline)?.answer().await
    }

    /// Puts a command into the queue, behind those that were put there before; its answer comes later.
    pub fn begin(
        &self,
        request: impl Into<Arc<Request>>,
        validate_only: bool,
        deadline: Option<Instant>,
    ) -> Result<Pending, Rejection> {
        let (reply, outcome) = oneshot::channel();
        let command = Asked { request: request.into(), validate_only };
        self.gate.enqueue(Queued::One(Box::new(Task { command, deadline, reply })))?;
        Ok(Pending { writer: self.clone(), outcome })
    }

    /// Puts commands into the queue, one behind the other, all or none; nothing of another comes between them. They are
    /// answered when the last one is: give it some dozens at a time.
    pub fn begin_several(&self, commands: Vec<Asked>, deadline: Option<Instant>) -> Result<PendingSeveral, Rejection> {
        let (reply, outcomes) = oneshot::channel();
        let count = commands.len();
        self.gate.enqueue(Queued::Several(Box::new(Several { commands, deadline, reply })))?;
        Ok(PendingSeveral { writer: self.clone(), count, outcomes })
    }

    async fn answer(&self, outcome: Outcome) -> Result<Answer, Rejection> {
        match outcome? {
            Decided::Recorded(entry) => Ok(Answer { entry, recorded: true, replayed: false }),
            Decided::Validated(entry) => Ok(Answer { entry, recorded: false, replayed: false }),
            Decided::Known(sequence, key) => self.recall(sequence, &key).await,
        }
    }

    /// The first answer to a repeated request; durable and published by now. Another request under its id is rejected.
    async fn recall(&self, sequence: Sequence, key: &RequestKey) -> Result<Answer, Rejection> {
        match self.reader.entry(sequence).await {
            Ok(Some(entry)) if entry.request.digest != key.digest => Err(request_id_reused(key)),
            Ok(Some(entry)) => Ok(Answer { entry, recorded: true, replayed: true }),
            Ok(None) => {
                tracing::error!(%sequence, "an entry that answered a request is not in the journal");
                Err(outcome_unknown())
            }
            Err(fault) => {
                let fault: &dyn Error = &fault;
                tracing::error!(%sequence, fault, "an entry that answered a request cannot be read");
                Err(outcome_unknown())
            }
        }
    }

    /// How many commands wait to be decided, of at most [`QUEUE_COMMANDS_MAX`].
    pub fn waiting(&self) -> usize {
        self.gate.waiting.load(Ordering::Relaxed)
    }

    /// The fault that stopped the writer, now and as it comes.
    pub fn fault(&self) -> watch::Receiver<Option<Arc<WriterFault>>> {
        self.fault.clone()
    }

    /// Waits until a fault stops the writer; for ever while all is well. Who serves the ledger then exits.
    pub async fn failed(&self) -> Arc<WriterFault> {
        let mut fault = self.fault.clone();
        let failed = fault.wait_for(Option::is_some).await;
        if let Some(fault) = failed.ok().and_then(|fault| fault.as_ref().map(Arc::clone)) {
            return fault;
        }
        // The threads ended without a fault: the ledger is shutting down.
        std::future::pending().await
    }
}

/// The two threads; whoever starts the writer keeps them to end it in order.
#[derive(Debug)]
pub struct WriterThreads {
    gate: Arc<Gate>,
    fault: watch::Receiver<Option<Arc<WriterFault>>>,
    decider: JoinHandle<()>,
    committer: JoinHandle<()>,
}

impl WriterThreads {
    /// Takes no more commands, decides and commits what is queued, answers everybody and ends the threads. Gives the
    /// fault if there was one.
    pub async fn shutdown(self) -> Result<(), Arc<WriterFault>> {
        self.gate.close();
        let Self { gate: _, fault, decider, committer } = self;
        let joined = task::spawn_blocking(move || decider.join().and(committer.join()).is_ok()).await;
        let failed = fault.borrow().as_ref().map(Arc::clone);
        match (failed, joined) {
            (Some(fault), _) => Err(fault),
            (None, Ok(true)) => Ok(()),
            (None, Ok(false) | Err(_)) => Err(Arc::new(WriterFault::Panicked)),
        }
    }
}

/// The way into the queue, until it is closed. Behind a lock, so that whatever got in before is still drained.
struct Gate {
    queue: RwLock<Option<Sender<Queued>>>,
    /// How many commands are in it.
    waiting: Arc<AtomicUsize>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting.load(Ordering::Relaxed);
        f.debug_struct("Gate").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl Gate {
    fn enqueue(&self, queued: Queued) -> Result<(), Rejection> {
        let count = queued.count();
        let before = self.waiting.fetch_add(count, Ordering::Relaxed);
        let sent = if before.saturating_add(count) > QUEUE_COMMANDS_MAX {
            Err(queue_full())
        } else {
            match self.queue.read().as_ref().map(|queue| queue.try_send(queued)) {
                Some(Ok(())) => Ok(()),
                Some(Err(TrySendError::Full(_))) => Err(queue_full()),
                Some(Err(TrySendError::Disconnected(_))) | None => Err(outcome_unknown()),
            }
        };
        if sent.is_err() {
            self.waiting.fetch_sub(count, Ordering::Relaxed);
        }
        sent
    }

    fn close(&self) {
        drop(self.queue.write().take());
    }
}

/// How a thread stops the writer.
#[derive(Debug, Clone)]
struct Alarm {
    fault: Arc<watch::Sender<Option<Arc<WriterFault>>>>,
    gate: Weak<Gate>,
}

impl Alarm {
    /// Tells the first fault to whoever listens and closes the queue. What is still in it is dropped by the decider.
    fn raise(&self, fault: WriterFault) {
        let shown: &dyn Error = &fault;
        tracing::error!(fault = shown, "the writer stops");
        self.fault.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert_with(|| Arc::new(fault));
            is_first
        });
        if let Some(gate) = self.gate.upgrade() {
            gate.close();
        }
    }
}

/// Why the writer stopped. Never an answer to a caller; the process ends with it.
#[derive(Debug, Error)]
pub enum WriterFault {
    /// The store failed while a block was appended. Whether the block is durable is unknown.
    #[error("the journal cannot be written: mend the cause and start again; what was acknowledged is kept")]
    Storage(#[from] Fault),
    /// A decision made an entry that breaks a rule of the journal. It was not recorded.
    #[error("a decision broke a rule of the journal, nothing of it was recorded: report this bug")]
    Entry(#[from] EntryFlaw),
    /// A thread of the writer panicked.
    #[error("the writer panicked: report this bug with the log")]
    Panicked,
}

fn queue_full() -> Rejection {
    Rejection::new(
        Reason::QueueFull,
        "",
        format!("{QUEUE_COMMANDS_MAX} requests wait already; retry in a second with the same request id"),
        format!("已有 {QUEUE_COMMANDS_MAX} 个请求在排队；请一秒后用同一请求编号重试"),
    )
}

/// Says nothing of the other request: it may be another caller's.
fn request_id_reused(key: &RequestKey) -> Rejection {
    Rejection::new(
        Reason::RequestIdReused,
        "request_id",
        format!("`{}` was used earlier by another request; take a new id for a new request", key.id),
        format!("“{}”已被先前的另一请求使用；新的请求请用新的编号", key.id),
    )
}

fn outcome_unknown() -> Rejection {
    Rejection::new(
        Reason::Unavailable,
        "",
        "the ledger is stopping or its store failed; retry with the same request id, nothing will be recorded twice",
        "系统正在停止或存储出现故障；请用同一请求编号重试，不会重复入账",
    )
}
