//! The decider: takes the commands in the order of the queue and decides each on the book as the one before left it.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender, select_biased};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::clock::{Clock, has_passed};
use super::{
    Alarm, Asked, BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Decide, Decided, GROUP_BYTES_MAX, GROUP_RECORDS_MAX, LINGER,
    Outcome, Queued, Several, Task, WriterFault,
};
use crate::decide::command::Stamp;
use crate::decide::members;
use crate::decide::rejection::{Reason, Rejection};
use crate::journal::block::{RECORD_BYTES_MAX, payload_bytes_of};
use crate::journal::codec::encode;
use crate::journal::replay::check_follows;
use crate::reader::Applier;

pub(super) struct Decider {
    /// To the state after the last entry that was decided, durable or not.
    applier: Applier,
    clock: Clock,
    decide: Decide,
    tasks: Tasks,
    ready: Sender<Batch>,
    /// What was decided and not handed over.
    batch: Batch,
    /// How many commands were in the batch handed over last.
    handed_over: usize,
    alarm: Alarm,
}

/// The decider's end of the queue.
pub(super) struct Tasks {
    pub(super) queue: Receiver<Queued>,
    /// How many commands wait in it.
    pub(super) waiting: Arc<AtomicUsize>,
}

impl Tasks {
    /// Whoever counts what waits does not count these any more.
    fn taken(&self, queued: Queued) -> Queued {
        self.waiting.fetch_sub(queued.count(), Ordering::Relaxed);
        queued
    }
}

/// Who gets which answer.
pub(super) type Answers = Vec<Reply>;

/// One sender and what it hears.
pub(super) enum Reply {
    One(oneshot::Sender<Outcome>, Outcome),
    Several(oneshot::Sender<Vec<Outcome>>, Vec<Outcome>),
}

impl Reply {
    /// What it hears, for counting.
    pub(super) fn outcomes(&self) -> &[Outcome] {
        match self {
            Self::One(_, outcome) => std::slice::from_ref(outcome),
            Self::Several(_, outcomes) => outcomes,
        }
    }

    /// Tells it.
    pub(super) fn send(self) {
        // Whoever has gone meanwhile changes nothing: the entry stands.
        match self {
            Self::One(reply, outcome) => drop(reply.send(outcome)),
            Self::Several(reply, outcomes) => drop(reply.send(outcomes)),
        }
    }
}

/// What is committed together.
#[derive(Default)]
pub(super) struct Batch {
    /// The new entries, encoded.
    pub(super) records: Vec<Vec<u8>>,
    /// Who gets which answer once the records, and all before them, are durable.
    pub(super) answers: Answers,
    /// What the records take in a block.
    payload_bytes: usize,
}

/// Why the decider ends before the queue is closed and drained.
enum Stop {
    /// The committer has ended, so nothing can be answered any more; it has told why.
    CommitterGone,
    /// A bug of ours, found before anything was recorded.
    Fault(WriterFault),
}

/// What comes next for a batch that can still grow.
enum Next {
    Take(Queued),
    /// The queue is closed and empty.
    Drained,
    HandedOver,
}

impl Decider {
    pub(super) fn new(
        applier: Applier,
        clock: Clock,
        decide: Decide,
        (tasks, ready): (Tasks, Sender<Batch>),
        alarm: Alarm,
    ) -> Self {
        Self { applier, clock, decide, tasks, ready, batch: Batch::default(), handed_over: 0, alarm }
    }

    /// Decides until the queue is closed and drained, or the writer has a fault. Whoever is dropped unanswered when this
    /// ends was not recorded, or was handed to a committer that failed.
    pub(super) fn run(mut self) {
        while let Ok(queued) = self.tasks.queue.recv() {
            // Nothing is in hand here: all that was applied is on its way to the disk.
            self.applier.pause();
            match self.take(queued).and_then(|()| self.linger()).and_then(|()| self.fill()) {
                Ok(()) => {}
                Err(Stop::CommitterGone) => return,
                Err(Stop::Fault(fault)) => return self.alarm.raise(fault),
            }
        }
    }

    /// Waits a moment for those who were answered together and come back together: without it the first of them would
    /// go alone and the others wait for its sync. A single caller never waits.
    fn linger(&mut self) -> Result<(), Stop> {
        let (expected, until) = (self.handed_over, linger_until());
        while self.batch.answers.len() < expected {
            match self.tasks.queue.recv_deadline(until) {
                Ok(queued) => self.take(queued)?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Lets the batch grow by what is queued until the committer takes it.
    fn fill(&mut self) -> Result<(), Stop> {
        while !self.batch.is_empty() {
            if self.batch.is_full() {
                return self.hand_over();
            }
            match self.next()? {
                Next::Take(queued) => self.take(queued)?,
                Next::Drained => return self.hand_over(),
                Next::HandedOver => {}
            }
        }
        Ok(())
    }

    /// Tasks first: a batch goes when nothing is queued, so a burst shares one sync.
    fn next(&mut self) -> Result<Next, Stop> {
        self.handed_over = self.batch.answers.len();
        select_biased! {
            recv(self.tasks.queue) -> queued => Ok(queued.map_or(Next::Drained, Next::Take)),
            send(self.ready, mem::take(&mut self.batch)) -> sent => {
                if sent.is_ok() { Ok(Next::HandedOver) } else { Err(Stop::CommitterGone) }
            }
        }
    }

    fn hand_over(&mut self) -> Result<(), Stop> {
        self.handed_over = self.batch.answers.len();
        let sent = self.ready.send(mem::take(&mut self.batch));
        if sent.is_ok() { Ok(()) } else { Err(Stop::CommitterGone) }
    }

    /// Decides what was queued. What nobody waits for any more is as if it had never come.
    fn take(&mut self, queued: Queued) -> Result<(), Stop> {
        match self.tasks.taken(queued) {
            Queued::One(task) if task.reply.is_closed() => {}
            Queued::One(task) => {
                let Task { command, deadline, reply } = *task;
                let outcome = self.outcome(&command, deadline)?;
                self.batch.answers.push(Reply::One(reply, outcome));
            }
            Queued::Several(several) if several.reply.is_closed() => {}
            Queued::Several(several) => {
                let Several { commands, deadline, reply } = *several;
                let mut outcomes = Vec::with_capacity(commands.len());
                for command in &commands {
                    // The answer goes with the last of them, so what came before is durable by then.
                    if self.batch.is_full() {
                        self.hand_over()?;
                    }
                    outcomes.push(self.outcome(command, deadline)?);
                }
                self.batch.answers.push(Reply::Several(reply, outcomes));
            }
        }
        Ok(())
    }

    fn outcome(&mut self, command: &Asked, deadline: Option<Instant>) -> Result<Outcome, Stop> {
        if deadline.is_some_and(has_passed) {
            return Ok(Err(deadline_exceeded()));
        }
        self.answer(command).map_err(Stop::Fault)
    }

    fn answer(&mut self, Asked { request, validate_only }: &Asked) -> Result<Outcome, WriterFault> {
        // One lock for the whole command: nobody sees half a group. And no longer: each call takes it to find out who calls,
        // on one of the runtime's few threads, and with 64 commands under one lock all of them stood still now and then.
        let mut published = self.applier.lock();
        let book = published.book();
        if let Some(sequence) = book.request(&request.key.id) {
            return Ok(Ok(Decided::Known(sequence, request.key)));
        }
        let stamp = Stamp {
            sequence: book.last_sequence().next(),
            recorded_at: self.clock.stamp_after(book.last_recorded_at()),
        };
        let entry = match (self.decide)(book, &stamp, request) {
            Ok(entry) => entry,
            Err(rejection) => return Ok(Err(rejection)),
        };
        check_follows(book, &entry)?;
        let record = encode(&entry);
        if record.len() > RECORD_BYTES_MAX {
            return Ok(Err(record_too_large(record.len())));
        }
        let members = members(book, &entry);
        let records: Vec<Vec<u8>> = members.iter().map(encode).collect();
        if let Some(rejection) = group_too_large(&record, &records) {
            return Ok(Err(rejection));
        }
        let entry = Arc::new(entry);
        if *validate_only {
            return Ok(Ok(Decided::Validated(entry)));
        }
        // Nothing is refused from here on.
        published.apply(Arc::clone(&entry));
        self.batch.push(record);
        for (member, record) in members.into_iter().zip(records) {
            check_follows(published.book(), &member)?;
            published.apply(Arc::new(member));
            self.batch.push(record);
        }
        Ok(Ok(Decided::Recorded(entry)))
    }
}

impl Batch {
    fn push(&mut self, record: Vec<u8>) {
        self.payload_bytes = self.payload_bytes.saturating_add(payload_bytes_of(record.len()));
        self.records.push(record);
    }

    const fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.records.is_empty()
    }

    const fn is_full(&self) -> bool {
        self.records.len() >= BATCH_COMMANDS_MAX
            || self.answers.len() >= BATCH_COMMANDS_MAX
            || self.payload_bytes >= BATCH_BYTES_MAX
    }
}

/// When the wait for companions ends.
fn linger_until() -> std::time::Instant {
    let now = Instant::now().into_std();
    now.checked_add(LINGER).unwrap_or(now)
}

fn deadline_exceeded() -> Rejection {
    Rejection::new(
        Reason::DeadlineExceeded,
        "",
        "the deadline passed before the request was decided; nothing was recorded, retry with the same request id",
        "请求在处理前已超过时限，未作任何登记；请用同一请求编号重试",
    )
}

/// A group goes into one block, whole; what does not fit is not begun.
fn group_too_large(head: &[u8], members: &[Vec<u8>]) -> Option<Rejection> {
    if members.is_empty() {
        return None;
    }
    let entries = members.len().saturating_add(1);
    let sizes = members.iter().map(|record| payload_bytes_of(record.len()));
    let bytes = sizes.fold(payload_bytes_of(head.len()), usize::saturating_add);
    let longest = members.iter().map(Vec::len).max().unwrap_or(0);
    if longest > RECORD_BYTES_MAX {
        return Some(record_too_large(longest));
    }
    (entries > GROUP_RECORDS_MAX || bytes > GROUP_BYTES_MAX).then(|| {
        Rejection::new(
            Reason::InvalidField,
            "",
            format!(
                "the request makes {entries} entries of {bytes} bytes in one commit, expected at most \
                 {GROUP_RECORDS_MAX} of {GROUP_BYTES_MAX}; divide the programme"
            ),
            format!("该请求须一次写入{entries}笔分录，共{bytes}字节，上限{GROUP_RECORDS_MAX}笔、{GROUP_BYTES_MAX}字节；请拆分补助项目"),
        )
    })
}

fn record_too_large(bytes: usize) -> Rejection {
    Rejection::new(
        Reason::InvalidField,
        "",
        format!(
            "the request makes a record of {bytes} bytes, expected at most {RECORD_BYTES_MAX}; divide it into several"
        ),
        format!("该请求形成的记录为 {bytes} 字节，上限 {RECORD_BYTES_MAX} 字节；请分次提交"),
    )
}
