//! The decider: takes the commands in the order of the queue and decides each on the book as the one before left it.

use std::mem;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, select_biased};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::clock::{Clock, has_passed};
use super::{
    Alarm, BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Decide, Decided, GROUP_BYTES_MAX, GROUP_RECORDS_MAX, LINGER, Outcome,
    Task, WriterFault,
};
use crate::book::event::RequestKey;
use crate::decide::command::{Request, Stamp};
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
    tasks: Receiver<Box<Task>>,
    ready: Sender<Batch>,
    /// What was decided and not handed over.
    batch: Batch,
    /// How many commands were in the batch handed over last.
    handed_over: usize,
    alarm: Alarm,
}

/// Who gets which answer.
pub(super) type Answers = Vec<(oneshot::Sender<Outcome>, Outcome)>;

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
    Take(Box<Task>),
    /// The queue is closed and empty.
    Drained,
    HandedOver,
}

impl Decider {
    pub(super) fn new(
        applier: Applier,
        clock: Clock,
        decide: Decide,
        (tasks, ready): (Receiver<Box<Task>>, Sender<Batch>),
        alarm: Alarm,
    ) -> Self {
        Self { applier, clock, decide, tasks, ready, batch: Batch::default(), handed_over: 0, alarm }
    }

    /// Decides until the queue is closed and drained, or the writer has a fault. Whoever is dropped unanswered when this
    /// ends was not recorded, or was handed to a committer that failed.
    pub(super) fn run(mut self) {
        while let Ok(task) = self.tasks.recv() {
            match self.take(task).and_then(|()| self.linger()).and_then(|()| self.fill()) {
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
            match self.tasks.recv_deadline(until) {
                Ok(task) => self.take(task)?,
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
                Next::Take(task) => self.take(task)?,
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
            recv(self.tasks) -> task => Ok(task.map_or(Next::Drained, Next::Take)),
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

    fn take(&mut self, task: Box<Task>) -> Result<(), Stop> {
        let Task { request, validate_only, deadline, reply } = *task;
        if reply.is_closed() {
            // Nobody waits for it and nothing was decided: as if it had never come.
            return Ok(());
        }
        let outcome = if deadline.is_some_and(has_passed) {
            Err(deadline_exceeded())
        } else {
            self.answer(&request, validate_only).map_err(Stop::Fault)?
        };
        self.batch.answers.push((reply, outcome));
        Ok(())
    }

    fn answer(&mut self, request: &Request, validate_only: bool) -> Result<Outcome, WriterFault> {
        // One lock for the whole command: nobody sees half a group.
        let mut published = self.applier.lock();
        let book = published.book();
        if let Some((sequence, digest)) = book.request(&request.key.id) {
            let same = digest == request.key.digest;
            return Ok(if same { Ok(Decided::Replayed(sequence)) } else { Err(request_id_reused(&request.key)) });
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
        if validate_only {
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
        self.answers.is_empty()
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

/// Says nothing of the other request: it may be another caller's.
fn request_id_reused(key: &RequestKey) -> Rejection {
    Rejection::new(
        Reason::RequestIdReused,
        "request_id",
        format!("`{}` was used earlier by another request; take a new id for a new request", key.id),
        format!("“{}”已被先前的另一请求使用；新的请求请用新的编号", key.id),
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
