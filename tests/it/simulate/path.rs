//! The whole path: submitters → writer → decide → journal → a store that fails, restarted by replay again and again.
//!
//! One *life* is one process: it opens the disk, replays, takes commands until its store fails, the power fails or its
//! time is over. After each life the journal on the disk is the truth, and everything that callers were told must be
//! in it:
//!
//! - nothing acknowledged is lost, nothing is there that was rejected or only validated, nothing is half written;
//! - sequences are dense and times grow, whatever the clock did;
//! - the auditor accepts every entry in the order of the journal, and its list agrees with the replayed book;
//! - the same request again gets the first answer again, in this life or a later one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipledger::audit::{Depth, audit};
use ipledger::book::event::{Entry, RequestKey};
use ipledger::decide::command::{Command, Request, Stamp};
use ipledger::decide::rejection::{Reason, Rejection};
use ipledger::identifier::Sequence;
use ipledger::journal::replay::replay;
use ipledger::reader::{Loaded, Reader, load};
use ipledger::snapshot;
use ipledger::storage::memory::{AppendFault, FaultPlan, MemoryDisk};
use ipledger::storage::{MemoryStorage, Storage};
use ipledger::writer::clock::{Clock, ManualClock};
use ipledger::writer::{Answer, Writer, WriterThreads};
use parking_lot::Mutex;
use tempfile::TempDir;

use super::generate::Generator;
use super::generate::corrections::with_entry;
use super::random::Random;
use super::timeline::Timeline;
use crate::model::Model;

/// What a run does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Commands in all, about.
    pub(crate) steps: u64,
    /// Who submit at the same time. One makes a run that its seed repeats exactly.
    pub(crate) submitters: u64,
}

/// What came of a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) lives: u64,
    pub(crate) submitted: u64,
    pub(crate) entries: u64,
    pub(crate) faults: u64,
    /// Starts from a snapshot.
    pub(crate) snapshots: u64,
}

/// What the callers know of a request.
#[derive(Debug, Clone)]
enum Known {
    /// It must have left no trace: it was rejected.
    NoTrace,
    /// Nobody knows until it is asked again.
    Unknown,
    /// It must be in the journal, exactly so.
    Recorded(Arc<Entry>),
}

/// Id and digest of a request.
type Key = ([u8; 16], [u8; 32]);

fn key_of(key: &RequestKey) -> Key {
    (key.id.bytes(), key.digest)
}

/// What all callers together sent and were told.
#[derive(Debug, Default)]
struct Callers {
    sent: BTreeMap<Key, (Request, Known)>,
    submitted: u64,
    problems: Vec<String>,
}

impl Callers {
    /// Notes a request before it is sent: until an answer comes its outcome is unknown.
    fn send(&mut self, request: &Request) {
        self.submitted += 1;
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

    fn known(&self, request: &Request) -> Known {
        self.sent.get(&key_of(&request.key)).map_or(Known::NoTrace, |(_, known)| known.clone())
    }
}

/// A run: the disk and the callers outlive the processes.
struct Run {
    plan: Plan,
    random: Random,
    disk: MemoryDisk,
    /// For the snapshots.
    data: TempDir,
    clock: ManualClock,
    timeline: Arc<Mutex<Timeline>>,
    generators: Vec<Arc<Mutex<Generator>>>,
    callers: Arc<Mutex<Callers>>,
    opening: Vec<Request>,
    model: Model,
    outcome: Outcome,
}

/// Runs a plan to its end; the error names the seed.
pub(crate) async fn run(plan: Plan) -> Result<Outcome, String> {
    let mut run = Run {
        plan,
        random: Random::new(plan.seed),
        disk: MemoryDisk::default(),
        data: TempDir::new().map_err(|error| error.to_string())?,
        clock: ManualClock::default(),
        timeline: Arc::new(Mutex::new(Timeline::new(plan.seed, plan.steps))),
        generators: (0..plan.submitters)
            .map(|stream| Arc::new(Mutex::new(Generator::with_stream(plan.seed, stream))))
            .collect(),
        callers: Arc::default(),
        opening: Vec::new(),
        model: Model::default(),
        outcome: Outcome::default(),
    };
    let finished = run.lives().await;
    finished.map_err(|problem| format!("{plan:?}, life {}: {problem}", run.outcome.lives))?;
    run.outcome.submitted = run.callers.lock().submitted;
    run.outcome.entries = u64::try_from(run.model.len()).expect("a small number");
    Ok(run.outcome)
}

impl Run {
    async fn lives(&mut self) -> Result<(), String> {
        let mut left = self.plan.steps;
        while left > 0 {
            self.outcome.lives += 1;
            let steps = left.min(u64::try_from(self.random.between(20, 150)).expect("a small number"));
            let before = self.callers.lock().submitted;
            self.life(steps).await?;
            let submitted = self.callers.lock().submitted - before;
            left = left.saturating_sub(submitted.max(1));
        }
        // The last life has no faults: whatever was unknown is asked again and answered.
        self.outcome.lives += 1;
        self.disk.plan(FaultPlan::new());
        let process = self.start()?;
        self.resend(&process, u64::MAX).await?;
        self.end(process, false).await?;
        let (loaded, storage) = self.check_disk()?;
        let report = audit(&storage, Depth::Full, &[], &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        if !report.is_intact() || report.not_kept > 0 || report.head != loaded.view().head {
            return Err(format!("the audit finds {:?}", report.findings));
        }
        let callers = self.callers.lock();
        let unknown = callers.sent.values().filter(|(_, known)| matches!(known, Known::Unknown)).count();
        if unknown > 0 || loaded.view().book.last_sequence().value() == 0 {
            return Err(format!("{unknown} requests are unknown at the end"));
        }
        Ok(())
    }

    /// One process, from its start to its end, and the look at the disk that it leaves.
    async fn life(&mut self, steps: u64) -> Result<(), String> {
        self.disk.plan(FaultPlan::new());
        if self.random.chance(70) {
            let faults = [AppendFault::BeforeWrite, AppendFault::AfterWrite, AppendFault::Torn, AppendFault::Full];
            let fault = self.random.pick(faults).unwrap_or(AppendFault::Torn);
            let append = self.disk.appends() + 1 + self.random.below(steps);
            self.disk.plan(FaultPlan::from([(append, fault)]));
        }
        let process = self.start()?;
        self.opening(&process).await?;
        self.resend(&process, 30).await?;
        let power_fails = self.random.chance(20);
        self.submit_all(&process, steps, power_fails).await?;
        self.end(process, power_fails).await
    }

    fn start(&mut self) -> Result<Process, String> {
        let (loaded, storage) = self.check_disk()?;
        let before = loaded.view().book.digest();
        let storage: Arc<dyn Storage> = Arc::new(storage);
        let clock = Clock::Manual(self.clock.clone());
        let (writer, reader, threads) =
            Writer::start(storage, clock, loaded).map_err(|error| format!("the writer does not start: {error}"))?;
        if reader.book().digest() != before {
            return Err("the reader starts with another book".to_owned());
        }
        Ok(Process { writer, reader, threads })
    }

    /// Opens the disk as a start does, replays it, and holds it against what the callers know and the auditor says.
    fn check_disk(&mut self) -> Result<(Loaded, MemoryStorage), String> {
        let storage = self.disk.open().map_err(|fault| format!("the disk does not open: {fault}"))?;
        let mut entries = Vec::new();
        let replayed = replay(&storage, &mut |entry, _| entries.push(entry)).map_err(|fault| format!("{fault:?}"))?;
        let loaded = load(&storage, &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        let book = &loaded.view().book;
        if book.digest() != replayed.book.digest() || loaded.view().head.tree.root() != replayed.head.tree.root() {
            return Err("two replays of one journal differ".to_owned());
        }
        self.check_snapshots(&loaded, &storage)?;
        let violations = book.violations();
        if !violations.is_empty() {
            return Err(format!("{violations:?}"));
        }
        self.check_entries(&entries)?;
        self.model.compare(book)?;
        Ok((loaded, storage))
    }

    /// The state from the newest snapshot and the entries after it is the state by the full replay, to the byte; then
    /// there is a new snapshot, or not.
    fn check_snapshots(&mut self, full: &Loaded, storage: &MemoryStorage) -> Result<(), String> {
        let start = snapshot::load(self.data.path(), storage, &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        let entries = full.view().book.last_sequence().value();
        let taken = start.from.map_or(0, |(_, taken)| taken);
        if taken + start.replayed != entries || !start.passed_over.is_empty() {
            return Err(format!("of {entries} entries {taken} are in a snapshot and {} were read", start.replayed));
        }
        let bytes = |loaded: &Loaded| postcard::to_stdvec(&loaded.state()).expect("a state can be written");
        let (ours, theirs) = (&start.loaded, full);
        if ours.view().book != theirs.view().book || bytes(ours) != bytes(theirs) {
            return Err(format!("a snapshot of {taken} entries and its tail differ from the full replay"));
        }
        self.outcome.snapshots += u64::from(taken > 0);
        if !self.outcome.lives.is_multiple_of(3) {
            snapshot::write(self.data.path(), ours.state()).map_err(|error| format!("no snapshot: {error}"))?;
        }
        Ok(())
    }

    fn check_entries(&mut self, entries: &[Arc<Entry>]) -> Result<(), String> {
        let callers = self.callers.lock();
        if let Some(problem) = callers.problems.first() {
            return Err(problem.clone());
        }
        let mut found = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = key_of(&entry.request);
            let Some((request, known)) = callers.sent.get(&key) else {
                return Err(format!("nobody sent what entry {} answers", entry.sequence));
            };
            match known {
                Known::NoTrace => return Err(format!("a rejected request left entry {}: {request:?}", entry.sequence)),
                Known::Recorded(told) if told != entry => {
                    return Err(format!("entry {} is not what was acknowledged: {told:?}", entry.sequence));
                }
                Known::Recorded(_) | Known::Unknown => {}
            }
            found.insert(key);
            if index >= self.model.len() {
                let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
                self.model.audit(&stamp, request, &Ok((**entry).clone()))?;
            }
        }
        let recorded = callers.sent.iter().filter(|(_, (_, known))| matches!(known, Known::Recorded(_)));
        for (key, (request, _)) in recorded {
            if !found.contains(key) {
                return Err(format!("acknowledged and lost: {request:?}"));
            }
        }
        Ok(())
    }

    /// The registrations without which little can happen: sent in the first life, and again while a fault kept some out.
    async fn opening(&mut self, process: &Process) -> Result<(), String> {
        if self.opening.is_empty() {
            self.opening = self.generators.first().map(|generator| generator.lock().opening()).unwrap_or_default();
        }
        let is_recorded = |request: &Request| matches!(self.callers.lock().known(request), Known::Recorded(_));
        let left: Vec<Request> = self.opening.iter().filter(|request| !is_recorded(request)).cloned().collect();
        self.clock.set(self.timeline.lock().next());
        for request in left {
            let answer = tell(&self.callers, &process.writer, &request, false).await;
            if self.plan.submitters == 1 {
                self.audit_now(&request, &answer)?;
            }
        }
        Ok(())
    }

    /// Sends again what is unknown, and some of what was answered.
    async fn resend(&mut self, process: &Process, at_most: u64) -> Result<(), String> {
        let mut again = Vec::new();
        for (request, known) in self.callers.lock().sent.values() {
            if matches!(known, Known::Unknown) || (again.len() < 400 && self.random.chance(10)) {
                again.push(request.clone());
            }
        }
        let recorded_only = self.random.chance(50);
        for request in again.into_iter().take(usize::try_from(at_most).unwrap_or(usize::MAX)) {
            let known = self.callers.lock().known(&request);
            if recorded_only && matches!(known, Known::NoTrace) {
                continue;
            }
            let answer = tell(&self.callers, &process.writer, &request, false).await;
            if self.plan.submitters == 1 {
                self.audit_now(&request, &answer)?;
            }
            if is_over(&answer) {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn submit_all(&mut self, process: &Process, steps: u64, power_fails: bool) -> Result<(), String> {
        if self.plan.submitters == 1 {
            return self.submit_one_by_one(process, steps, power_fails).await;
        }
        let share = steps / self.plan.submitters + 1;
        let mut tasks = Vec::new();
        for (number, generator) in self.generators.iter().enumerate() {
            let submitter = Submitter {
                process: process.clone_handles(),
                generator: Arc::clone(generator),
                callers: Arc::clone(&self.callers),
                timeline: Arc::clone(&self.timeline),
                clock: self.clock.clone(),
                crash_at: (power_fails && number == 0).then(|| (self.random.below(share), self.disk.clone())),
            };
            tasks.push(tokio::spawn(submitter.run(share)));
        }
        for task in tasks {
            task.await.map_err(|error| format!("a submitter panicked: {error}"))?;
        }
        Ok(())
    }

    /// One caller: the auditor hears each answer at once, rejections too.
    async fn submit_one_by_one(&mut self, process: &Process, steps: u64, power_fails: bool) -> Result<(), String> {
        let crash_at = power_fails.then(|| self.random.below(steps));
        for step in 0..steps {
            if crash_at == Some(step) {
                self.disk.crash();
            }
            let now = self.timeline.lock().next();
            self.clock.set(now);
            let Some(generator) = self.generators.first() else { return Ok(()) };
            let request = generator.lock().next(&process.reader.book(), now);
            let request = completed(&process.reader, request).await;
            let validate_only = self.random.chance(5);
            let answer = tell(&self.callers, &process.writer, &request, validate_only).await;
            if !validate_only {
                self.audit_now(&request, &answer)?;
            }
            if is_over(&answer) {
                break;
            }
        }
        Ok(())
    }

    /// With one caller the stamp of every decision is known.
    fn audit_now(&mut self, request: &Request, answer: &Result<Answer, Rejection>) -> Result<(), String> {
        match answer {
            Ok(answer) if answer.replayed => Ok(()),
            Ok(answer) => {
                let entry = (*answer.entry).clone();
                let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
                self.model.audit(&stamp, request, &Ok(entry))
            }
            Err(rejection) if [Reason::Unavailable, Reason::RequestIdReused].contains(&rejection.reason) => Ok(()),
            Err(rejection) => {
                let clock = Clock::Manual(self.clock.clone());
                let (sequence, last) = self.model.last();
                let stamp = Stamp { sequence: sequence.next(), recorded_at: clock.stamp_after(last) };
                self.model.audit(&stamp, request, &Err(rejection.clone()))
            }
        }
    }

    /// Ends the process in order or not; what the reader had shown must be on the disk.
    async fn end(&mut self, process: Process, power_fails: bool) -> Result<(), String> {
        let Process { writer, reader, threads } = process;
        drop(writer);
        let ended = threads.shutdown().await;
        self.outcome.faults += u64::from(ended.is_err());
        let (shown, shown_digest) = (reader.last_sequence(), reader.book().digest());
        drop(reader);
        if power_fails || self.random.chance(30) {
            self.disk.crash();
        }
        let (loaded, _storage) = self.check_disk()?;
        let durable = loaded.view().book.last_sequence();
        if shown > durable {
            return Err(format!("the reader had shown entry {shown}, the disk ends at {durable}"));
        }
        if shown == durable && shown_digest != loaded.view().book.digest() {
            return Err(format!("the live book and the replayed one differ after entry {durable}"));
        }
        Ok(())
    }
}

/// A running ledger.
struct Process {
    writer: Writer,
    reader: Reader,
    threads: WriterThreads,
}

impl Process {
    fn clone_handles(&self) -> (Writer, Reader) {
        (self.writer.clone(), self.reader.clone())
    }
}

/// Sends a request, waits for the answer and notes both; of one that is only validated nothing is noted, so any entry
/// that came of it would be one that nobody sent.
async fn tell(
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
        callers.lock().hear(request, &answer);
    }
    answer
}

/// The request as the server would hand it on: a reversal with the entry that it names, if that is shown.
async fn completed(reader: &Reader, request: Request) -> Request {
    let Command::ReverseEntry(reverse) = &request.command else { return request };
    let known = reverse.sequence <= reader.last_sequence() && reverse.sequence > Sequence::new(0);
    let found = if known { reader.entries_at(vec![reverse.sequence]).await.ok() } else { None };
    with_entry(request, |_| found.and_then(|entries| entries.first().cloned()))
}

/// Whether the process can answer no more.
fn is_over(answer: &Result<Answer, Rejection>) -> bool {
    answer.as_ref().is_err_and(|rejection| rejection.reason == Reason::Unavailable)
}

/// One of several callers at the same time.
struct Submitter {
    process: (Writer, Reader),
    generator: Arc<Mutex<Generator>>,
    callers: Arc<Mutex<Callers>>,
    timeline: Arc<Mutex<Timeline>>,
    clock: ManualClock,
    crash_at: Option<(u64, MemoryDisk)>,
}

impl Submitter {
    async fn run(self, steps: u64) {
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
