//! The callers of a simulation: what they sent, what they were told, and whether they were ever told two things.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::generate::Generator;
use super::generate::corrections::with_entry;
use super::timeline::Timeline;
use crate::book::event::{Entry, RequestKey};
use crate::decide::command::{Command, Request};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::reader::Reader;
use crate::storage::memory::MemoryDisk;
use crate::writer::clock::ManualClock;
use crate::writer::{Answer, Writer};

/// What the callers know of a request.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// It must have left no trace: it was rejected.
    NoTrace,
    /// Nobody knows until it is asked again.
    Unknown,
    /// It must be in the journal, exactly so.
    Recorded(Arc<Entry>),
}

/// Id and digest of a request.
pub(super) type Key = ([u8; 16], [u8; 32]);

pub(super) fn key_of(key: &RequestKey) -> Key {
    (key.id.bytes(), key.digest)
}

/// What all callers together sent and were told.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub(super) sent: BTreeMap<Key, (Request, Known)>,
    pub(super) submitted: u64,
    pub(super) problems: Vec<String>,
}

impl Callers {
    /// Notes a request before it is sent: until an answer comes its outcome is unknown.
    fn send(&mut self, request: &Request) {
        let (_, known) = self.sent.entry(key_of(&request.key)).or_insert_with(|| (request.clone(), Known::NoTrace));
        if matches!(known, Known::NoTrace) {
            *known = Known::Unknown;
        }
    }

    /// Notes the answer and checks it against earlier ones.
    fn hear(&mut self, request: &Request, answer: &Result<Answer, Rejection>) {
        let Some((_, known)) = self.sent.get_mut(&key_of(&request.key)) else { return };
        let problem = match (answer, &*known) {
            (Ok(answer), Known::Recorded(first)) => {
                (*answer.entry != **first || !answer.replayed).then_some("answered anew though recorded before")
            }
            (Ok(answer), Known::Unknown | Known::NoTrace) => {
                let recorded = answer.recorded;
                *known = Known::Recorded(Arc::clone(&answer.entry));
                (!recorded).then_some("answered without being recorded")
            }
            (Err(rejection), Known::Recorded(_)) => {
                (rejection.reason != Reason::Unavailable).then_some("rejected though recorded before")
            }
            (Err(rejection), Known::Unknown | Known::NoTrace) => {
                if rejection.reason != Reason::Unavailable {
                    // Nothing was in the journal when this was decided, so an earlier sending left nothing either.
                    *known = Known::NoTrace;
                }
                None
            }
        };
        if let Some(problem) = problem {
            self.problems.push(format!("{problem}: {request:?}\nanswer: {answer:?}\nknown: {known:?}"));
        }
    }

    pub(super) fn known(&self, request: &Request) -> Known {
        self.sent.get(&key_of(&request.key)).map_or(Known::NoTrace, |(_, known)| known.clone())
    }

    /// How many are unsettled.
    pub(super) fn unknown(&self) -> usize {
        self.sent.values().filter(|(_, known)| matches!(known, Known::Unknown)).count()
    }

    /// The last entry that anybody was told of.
    pub(super) fn last_told(&self) -> Sequence {
        let told = self.sent.values().filter_map(|(_, known)| match known {
            Known::Recorded(entry) => Some(entry.sequence),
            Known::Unknown | Known::NoTrace => None,
        });
        told.max().unwrap_or(Sequence::new(0))
    }
}

/// Sends a request, waits for the answer and notes both; of one that is only validated nothing is noted, so any entry
/// that came of it would be one that nobody sent.
pub(super) async fn tell(
    callers: &Mutex<Callers>,
    writer: &Writer,
    request: &Request,
    validate_only: bool,
) -> Result<Answer, Rejection> {
    if !validate_only {
        callers.lock().send(request);
    }
    let answer = writer.submit(request.clone(), validate_only, None).await;
    if !validate_only {
        let mut callers = callers.lock();
        // What a process that is gone did not answer is no step, and what is only validated is none either.
        callers.submitted += u64::from(!is_over(&answer));
        callers.hear(request, &answer);
    }
    answer
}

/// The request as the server would hand it on: a reversal with the entry that it names, if that is shown.
pub(super) async fn completed(reader: &Reader, request: Request) -> Request {
    let Command::ReverseEntry(reverse) = &request.command else { return request };
    let known = reverse.sequence <= reader.last_sequence() && reverse.sequence > Sequence::new(0);
    let found = if known { reader.entries_at(vec![reverse.sequence]).await.ok() } else { None };
    with_entry(request, |_| found.and_then(|entries| entries.first().cloned()))
}

/// Whether the process can answer no more.
pub(super) fn is_over(answer: &Result<Answer, Rejection>) -> bool {
    answer.as_ref().is_err_and(|rejection| rejection.reason == Reason::Unavailable)
}

/// One of several callers at the same time.
pub(super) struct Submitter {
    pub(super) process: (Writer, Reader),
    pub(super) generator: Arc<Mutex<Generator>>,
    pub(super) callers: Arc<Mutex<Callers>>,
    pub(super) timeline: Arc<Mutex<Timeline>>,
    pub(super) clock: ManualClock,
    pub(super) crash_at: Option<(u64, MemoryDisk)>,
}

impl Submitter {
    pub(super) async fn run(self, steps: u64) {
        let (writer, reader) = &self.process;
        for step in 0..steps {
            if let Some((at, disk)) = &self.crash_at
                && *at == step
            {
                disk.crash();
            }
            let now = self.timeline.lock().next();
            self.clock.set(now);
            let request = self.generator.lock().next(&reader.book(), now);
            let request = completed(reader, request).await;
            if is_over(&tell(&self.callers, writer, &request, step % 20 == 19).await) {
                return;
            }
        }
    }
}
