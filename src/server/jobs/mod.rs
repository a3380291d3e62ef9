//! What takes long to make (报表、模拟测算): on threads of its own, a few at a time, a few more waiting; what was made is kept
//! for a while for whoever asks the same.
//!
//! Nothing here knows who asks. A handler comes here after the guard and its own checks, each time, and what is made
//! depends on the key alone: so nobody gets what he could not have had made, and whoever loses his right loses it at once.

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use prost::Message as _;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::REPORTS_MAX;
use super::edge::Edge;
use crate::book::event::Entry;
use crate::calendar::{CivilDate, Timestamp};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::reader::ReadFault;
use crate::report::write::Form;
use crate::report::{Name, Question, Report};
use crate::rulebook::Language;

/// How many wait for their turn; one more is refused.
pub(super) const WAITING_MAX: usize = 8;

/// How long what was made is kept.
const KEPT: Duration = Duration::from_mins(20);

/// How many are kept.
const KEPT_MAX: usize = 32;

/// How much is kept, in bytes, about; the newest is kept however large it is.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a cell of a report takes, in bytes, about.
const CELL_BYTES: usize = 80;

/// After how many entries a walk through the journal looks whether writes wait.
const ENTRIES_AT_A_TIME: u64 = 512;

/// How long it rests then.
const REST: Duration = Duration::from_millis(1);

/// What is made. Equal keys make equal things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A report.
    Report(Name, Question),
    /// The same as a file.
    File(Name, Question, Form, Language),
    /// What another rulebook would have granted.
    WhatIf(WhatIfKey),
}

/// Which text, in force from when, how many names, and up to which entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WhatIfKey {
    pub(super) digest: [u8; 32],
    pub(super) from: Option<CivilDate>,
    pub(super) top: usize,
    pub(super) known_at: Sequence,
}

impl Key {
    /// The last entry that it knows.
    pub(super) const fn known_at(&self) -> Sequence {
        match self {
            Self::Report(_, question) | Self::File(_, question, _, _) => question.known_at,
            Self::WhatIf(one) => one.known_at,
        }
    }

    /// Whether both ask the same, each of another end of the journal or of the same.
    pub(super) fn asks_as(&self, other: &Self) -> bool {
        let mut same_end = other.clone();
        match &mut same_end {
            Self::Report(_, question) | Self::File(_, question, _, _) => question.known_at = self.known_at(),
            Self::WhatIf(one) => one.known_at = self.known_at(),
        }
        *self == same_end
    }
}

/// What was made.
#[derive(Debug)]
pub(super) enum Product {
    /// A report.
    Report(Report),
    /// A file.
    File(Vec<u8>),
    /// What another rulebook would have granted.
    WhatIf(Box<v1::SimulationReport>),
}

impl Product {
    fn bytes(&self) -> usize {
        match self {
            Self::Report(report) => {
                let rows = report.sections.iter().flat_map(|section| &section.rows);
                rows.map(|row| row.cells.len()).fold(0, usize::saturating_add).saturating_mul(CELL_BYTES)
            }
            Self::File(file) => file.len(),
            Self::WhatIf(report) => report.encoded_len().saturating_mul(4),
        }
    }
}

/// Something made, and when.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) product: Product,
    pub(super) at: Timestamp,
    bytes: usize,
    since: Instant,
}

/// How far a job is.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// Others are made first.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Made(Arc<Made>),
    /// The journal could not be read, or the server stops.
    Failed,
}

/// Something that is being made, or was.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: Key,
    entries: AtomicU64,
    state: watch::Sender<State>,
}

impl Job {
    /// How many entries are read.
    pub(super) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// What it is now.
    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    fn is_over(state: &State) -> bool {
        match state {
            State::Waiting | State::Running => false,
            State::Made(_) | State::Failed => true,
        }
    }

    /// What it is when it is over, or after this long; without a limit only when it is over.
    pub(super) async fn wait(&self, limit: Option<Duration>) -> State {
        let mut hears = self.state.subscribe();
        let over = hears.wait_for(Self::is_over);
        match limit {
            // The sender is a part of the job and cannot be gone.
            None => drop(over.await),
            Some(limit) => drop(timeout(limit, over).await),
        }
        self.state()
    }

    fn has_failed(&self) -> bool {
        matches!(*self.state.borrow(), State::Failed)
    }

    /// What was made, if it was.
    pub(super) fn made(&self) -> Option<Arc<Made>> {
        if let State::Made(made) = &*self.state.borrow() { Some(Arc::clone(made)) } else { None }
    }
}

/// Makes it: `None` where it cannot.
type Make = Box<dyn FnOnce(&Job) -> Option<Product> + Send>;

#[derive(Default)]
struct All {
    /// In the order in which they were asked for.
    jobs: VecDeque<Arc<Job>>,
    waiting: VecDeque<(Arc<Job>, Make)>,
    /// How many threads there are.
    threads: usize,
}

/// The jobs of this process.
#[derive(Default)]
pub(super) struct Jobs {
    all: Arc<Mutex<All>>,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("jobs", &self.all.lock().jobs).finish_non_exhaustive()
    }
}

impl Jobs {
    /// The job with this key, begun now unless it is under way or done. For a thread of the runtime.
    pub(super) fn start(
        &self,
        edge: &Edge,
        key: Key,
        make: impl FnOnce(&Job) -> Option<Product> + Send + 'static,
    ) -> Result<Arc<Job>, Rejection> {
        let mut all = self.all.lock();
        all.forget_old();
        if let Some(same) = all.jobs.iter().find(|job| job.key == key && !job.has_failed()) {
            return Ok(Arc::clone(same));
        }
        if all.threads >= REPORTS_MAX && all.waiting.len() >= WAITING_MAX {
            return Err(busy());
        }
        let job = Arc::new(Job { key, entries: AtomicU64::new(0), state: watch::channel(State::Waiting).0 });
        all.waiting.push_back((Arc::clone(&job), Box::new(make)));
        if all.threads < REPORTS_MAX {
            let (of_thread, clock) = (Arc::clone(&self.all), edge.clock().clone());
            let work = move || work(&of_thread, &|| clock.now());
            if let Err(fault) = std::thread::Builder::new().name("report".to_owned()).spawn(work) {
                let fault: &dyn std::error::Error = &fault;
                tracing::error!(fault, "no thread for a report");
                all.waiting.pop_back();
                return Err(Rejection::plain(Reason::Unavailable));
            }
            all.threads = all.threads.saturating_add(1);
        }
        all.jobs.push_back(Arc::clone(&job));
        drop(all);
        self.forget_later(&job);
        Ok(job)
    }

    /// The newest job that asks the same and was done last; with `under_way` one that is under way as well.
    pub(super) fn newest(&self, key: &Key, under_way: bool) -> Option<Arc<Job>> {
        let mut all = self.all.lock();
        all.forget_old();
        let mut known = all.jobs.iter().rev().filter(|job| job.key.asks_as(key) && !job.has_failed());
        known.find(|job| under_way || job.made().is_some()).cloned()
    }

    /// What was made of this key, if it is kept.
    pub(super) fn made(&self, key: &Key) -> Option<Arc<Made>> {
        self.all.lock().jobs.iter().find(|job| job.key == *key).and_then(|job| job.made())
    }

    /// Frees its memory when its time is over, without anybody asking.
    fn forget_later(&self, job: &Arc<Job>) {
        let (all, mut hears) = (Arc::downgrade(&self.all), job.state.subscribe());
        tokio::spawn(async move {
            // Whether it was made or let go: afterwards it is not there.
            drop(hears.wait_for(Job::is_over).await);
            tokio::time::sleep(KEPT).await;
            if let Some(all) = all.upgrade() {
                all.lock().forget_old();
            }
        });
    }
}

impl All {
    fn forget_old(&mut self) {
        self.jobs.retain(|job| !job.has_failed() && job.made().is_none_or(|made| made.since.elapsed() < KEPT));
    }

    /// Lets the oldest go until what is kept fits; never the newest.
    fn make_room(&mut self) {
        loop {
            let mut made: Vec<(Instant, usize)> =
                self.jobs.iter().filter_map(|job| job.made()).map(|made| (made.since, made.bytes)).collect();
            made.sort_unstable();
            let bytes = made.iter().map(|(_, bytes)| *bytes).fold(0, usize::saturating_add);
            let Some((oldest, _)) = made.first().filter(|_| made.len() > 1) else { return };
            if made.len() <= KEPT_MAX && bytes <= KEPT_BYTES_MAX {
                return;
            }
            let Some(at) = self.jobs.iter().position(|job| job.made().is_some_and(|made| made.since == *oldest)) else {
                return;
            };
            self.jobs.remove(at);
        }
    }
}

/// One thread: takes what waits longest, until nothing waits.
fn work(all: &Mutex<All>, now: &dyn Fn() -> Timestamp) {
    loop {
        let (job, make) = {
            let mut all = all.lock();
            let Some(next) = all.waiting.pop_front() else {
                all.threads = all.threads.saturating_sub(1);
                return;
            };
            next
        };
        job.state.send_replace(State::Running);
        // A defect in one report ends that report, not the making of all others.
        let product = catch_unwind(AssertUnwindSafe(|| make(&job))).unwrap_or_default();
        let state = product.map_or(State::Failed, |product| {
            let bytes = product.bytes();
            State::Made(Arc::new(Made { product, at: now(), bytes, since: Instant::now() }))
        });
        job.state.send_replace(state);
        all.lock().make_room();
    }
}

fn busy() -> Rejection {
    let there = REPORTS_MAX.saturating_add(WAITING_MAX);
    Rejection::new(
        Reason::QueueFull,
        "",
        format!("{there} reports and simulations are being made or wait for it; come back in a minute"),
        format!("已有 {there} 份报表或模拟测算在生成或排队，请稍后重试"),
    )
}

/// Shows a job every entry up to the last one that it knows; a write that waits goes first. `None` when the journal cannot
/// be read, which the log says, or the server stops.
pub(super) fn walk(edge: &Edge, job: &Job, take: &mut dyn FnMut(&Entry)) -> Option<()> {
    let (last, stopped) = (job.key.known_at(), edge.stop.subscribe());
    let mut whole = true;
    if last < Sequence::FIRST {
        return Some(());
    }
    let scanned: Result<(), ReadFault> = edge.reader().scan(&mut |entry| {
        let number = entry.sequence.value();
        if number.is_multiple_of(ENTRIES_AT_A_TIME) {
            job.entries.store(number, Ordering::Relaxed);
            if *stopped.borrow() {
                whole = false;
                return ControlFlow::Break(());
            }
            if edge.writer().waiting() > 0 {
                std::thread::park_timeout(REST);
            }
        }
        take(&entry);
        if entry.sequence >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match scanned {
        Ok(()) => whole.then_some(()),
        Err(fault) => {
            let fault: &dyn std::error::Error = &fault;
            tracing::error!(fault, "a report cannot read the journal");
            None
        }
    }
}

#[cfg(test)]
mod tests;
