//! The whole path: submitters → writer → decide → journal → a store that fails, started again and again.
//!
//! One *life* is one process: it starts as a server does, from a snapshot and what came after it, and takes commands until its
//! store fails, the power fails or its time is over. After each life the journal on the disk is the truth, and everything
//! that callers were told must be in it (`disk`).

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use tempfile::TempDir;

use super::callers::{Callers, Known, Submitter, completed, is_over, tell};
use super::disk::Looked;
use super::generate::Generator;
use super::generate::nation::Deeds;
use super::model::Model;
use super::plan::{Faults, Outcome, Plan, Workload};
use super::random::Random;
use super::timeline::Timeline;
use crate::decide::command::{Request, Stamp};
use crate::decide::rejection::{Reason, Rejection};
use crate::reader::Reader;
use crate::snapshot;
use crate::storage::Storage;
use crate::storage::memory::{AppendFault, FaultPlan, MemoryDisk};
use crate::writer::clock::{Clock, ManualClock};
use crate::writer::{Answer, Writer, WriterThreads};

/// The faults that chance picks from.
const FAULTS: [AppendFault; 7] = [
    AppendFault::BeforeWrite,
    AppendFault::AfterWrite,
    AppendFault::Torn,
    AppendFault::Reordered,
    AppendFault::Full,
    AppendFault::Slow,
    AppendFault::Lie,
];

/// How many appends a lying disk lies about: more than a life has.
const LIES: u64 = 10_000;

/// A run: the disk and the callers outlive the processes.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) disk: MemoryDisk,
    /// For the snapshots.
    pub(super) data: TempDir,
    pub(super) callers: Arc<Mutex<Callers>>,
    pub(super) model: Model,
    pub(super) outcome: Outcome,
    /// How far the journal was looked at.
    pub(super) looked: Looked,
    /// Whether the disk says that blocks are durable which are not.
    pub(super) lies: bool,
    clock: ManualClock,
    timeline: Arc<Mutex<Timeline>>,
    generators: Vec<Arc<Mutex<Generator>>>,
    opening: Vec<Request>,
    /// The planned fault of [`Faults::At`] has been.
    struck: bool,
}

/// A running ledger.
struct Process {
    writer: Writer,
    reader: Reader,
    threads: WriterThreads,
}

/// A folder for snapshots, in memory where there is one: their syncs mean nothing here.
fn folder() -> io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| TempDir::new())
}

/// Runs a plan to its end.
///
/// # Errors
///
/// What broke a promise, with the seed.
pub async fn run(plan: Plan) -> Result<Outcome, String> {
    let mut run = Run {
        plan,
        random: Random::new(plan.seed),
        disk: MemoryDisk::default(),
        data: folder().map_err(|error| error.to_string())?,
        callers: Arc::default(),
        model: Model::default(),
        outcome: Outcome::default(),
        looked: Looked::default(),
        lies: false,
        clock: ManualClock::default(),
        timeline: Arc::new(Mutex::new(match plan.workload {
            Workload::Town => Timeline::new(plan.seed, plan.steps),
            Workload::Nation => Timeline::of_nation(plan.seed, plan.steps),
        })),
        generators: generators(plan).into_iter().map(|generator| Arc::new(Mutex::new(generator))).collect(),
        opening: Vec::new(),
        struck: false,
    };
    let finished = run.lives().await;
    finished.map_err(|problem| format!("{plan:?}, life {}: {problem}", run.outcome.lives))?;
    run.outcome.submitted = run.callers.lock().submitted;
    run.outcome.entries = u64::try_from(run.model.len()).expect("a small number");
    run.outcome.appends = run.disk.appends();
    Ok(run.outcome)
}

/// One for each caller.
fn generators(plan: Plan) -> Vec<Generator> {
    let streams = 0..plan.submitters;
    match plan.workload {
        Workload::Town => streams.map(|stream| Generator::with_stream(plan.seed, stream)).collect(),
        Workload::Nation => {
            let deeds = Deeds::new(plan.seed, plan.steps);
            streams.map(|stream| Generator::of_nation(plan.seed, stream, (deeds.clone(), plan.steps))).collect()
        }
    }
}

impl Run {
    async fn lives(&mut self) -> Result<(), String> {
        let mut left = self.plan.steps;
        while left > 0 {
            self.outcome.lives += 1;
            // Longer lives as the journal grows, or starting would be all that a long run does.
            let grown = u64::try_from(self.model.len()).expect("a small number") / 10;
            let steps = left.min(u64::try_from(self.random.between(20, 150)).expect("a small number") + grown);
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
        self.audit_all()
    }

    /// One process, from its start to its end, and the look at the disk that it leaves.
    async fn life(&mut self, steps: u64) -> Result<(), String> {
        let power_fails = self.plan_faults(steps);
        let process = self.start()?;
        self.opening(&process).await?;
        self.resend(&process, 30).await?;
        self.submit_all(&process, steps, power_fails).await?;
        self.end(process, power_fails).await
    }

    /// Says how the store will fail in the next life; gives whether the power fails in its course.
    fn plan_faults(&mut self, steps: u64) -> bool {
        let mut plan = FaultPlan::new();
        match self.plan.faults {
            Faults::At(append, fault) => {
                plan.insert(append, fault);
            }
            Faults::Seeded if self.random.chance(70) => {
                let fault = self.random.pick(FAULTS).unwrap_or(AppendFault::Torn);
                let append = self.disk.appends() + 1 + self.random.below(steps);
                let last = if fault == AppendFault::Lie { append + LIES } else { append };
                plan.extend((append..=last).map(|append| (append, fault)));
                self.lies = fault == AppendFault::Lie;
            }
            Faults::Seeded => {}
        }
        self.disk.plan(plan);
        self.plan.faults == Faults::Seeded && !self.lies && self.random.chance(20)
    }

    /// Starts as a server does. A disk that cannot be read may refuse, and never gives another state.
    fn start(&mut self) -> Result<Process, String> {
        if self.plan.faults == Faults::Seeded && self.random.chance(5) {
            self.disk.fail_reads_after(Some(self.random.below(3)));
            let started = self.disk.open().map_err(|fault| fault.to_string()).and_then(|storage| {
                snapshot::load(self.data.path(), &storage, &mut |_| {}).map_err(|fault| fault.to_string())
            });
            self.disk.fail_reads_after(None);
            match started {
                Ok(start) => self.looked.agrees(&start.loaded)?,
                Err(_) => self.outcome.unreadable += 1,
            }
        }
        let storage = self.disk.open().map_err(|fault| format!("the disk does not open: {fault}"))?;
        let start = snapshot::load(self.data.path(), &storage, &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        self.looked.agrees(&start.loaded)?;
        self.outcome.snapshots += u64::from(start.from.is_some_and(|(_, taken)| taken > 0));
        let storage: Arc<dyn Storage> = Arc::new(storage);
        let clock = Clock::Manual(self.clock.clone());
        let (writer, reader, threads) = Writer::start(storage, clock, start.loaded)
            .map_err(|error| format!("the writer does not start: {error}"))?;
        Ok(Process { writer, reader, threads })
    }

    /// The registrations without which little can happen: sent in the first life, and again while a fault kept some out.
    async fn opening(&mut self, process: &Process) -> Result<(), String> {
        if self.opening.is_empty() {
            self.opening = self.generators.first().map(|generator| generator.lock().opening()).unwrap_or_default();
        }
        let is_recorded = |request: &Request| matches!(self.callers.lock().known(request), Known::Recorded(_));
        let left: Vec<Request> = self.opening.iter().filter(|request| !is_recorded(request)).cloned().collect();
        self.clock.set(self.timeline.lock().next());
        self.give(process, left).await
    }

    /// Sends again what is unknown, and some of what was answered.
    async fn resend(&mut self, process: &Process, at_most: u64) -> Result<(), String> {
        let recorded_only = self.random.chance(50);
        let (mut again, mut repeated) = (Vec::new(), 0);
        for (request, known) in self.callers.lock().sent.values() {
            let wanted = match known {
                Known::Unknown => true,
                Known::NoTrace if recorded_only => false,
                Known::NoTrace | Known::Recorded(_) => repeated < 400 && self.random.chance(10),
            };
            if wanted {
                repeated += 1;
                again.push(request.clone());
            }
        }
        again.truncate(usize::try_from(at_most).unwrap_or(usize::MAX));
        self.give(process, again).await
    }

    /// One request after the other, until the process can answer no more.
    async fn give(&mut self, process: &Process, requests: Vec<Request>) -> Result<(), String> {
        for request in requests {
            if self.is_struck() {
                break;
            }
            let answer = tell(&self.callers, &process.writer, &request, false).await;
            if self.plan.submitters == 1 {
                self.audit_now(&request, &answer)?;
            }
            if is_over(&answer) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the one planned fault has been, and the power is to fail now.
    fn is_struck(&self) -> bool {
        matches!(self.plan.faults, Faults::At(append, _) if !self.struck && self.disk.appends() >= append)
    }

    async fn submit_all(&mut self, process: &Process, steps: u64, power_fails: bool) -> Result<(), String> {
        if self.plan.submitters == 1 {
            return self.submit_one_by_one(process, steps, power_fails).await;
        }
        let share = steps / self.plan.submitters + 1;
        let mut tasks = Vec::new();
        for (number, generator) in self.generators.iter().enumerate() {
            let submitter = Submitter {
                process: (process.writer.clone(), process.reader.clone()),
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
            if self.is_struck() {
                break;
            }
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
        // What nobody waits for any more: an answer may rest on the book if all of it is durable, on the entries in any case.
        let is_settled = reader.settled().await.is_ok();
        let (durable_there, book) = (reader.last_sequence(), reader.book().last_sequence());
        if is_settled != (book == durable_there) {
            return Err(format!("the book stands at {book}, {durable_there} is durable, settled: {is_settled}"));
        }
        let (shown, shown_digest) = (durable_there, is_settled.then(|| reader.book().digest()));
        drop(reader);
        let struck = self.is_struck();
        self.struck |= struck;
        if power_fails || struck || self.lies || (self.plan.faults == Faults::Seeded && self.random.chance(30)) {
            self.outcome.crashes += 1;
            self.power_cut()?;
        }
        self.lies = false;
        let durable = self.look(false)?;
        if shown > durable {
            return Err(format!("the reader had shown entry {shown}, the disk ends at {durable}"));
        }
        if shown == durable && shown_digest.is_some_and(|digest| !self.looked.has_digest(digest)) {
            return Err(format!("the live book and the replayed one differ after entry {durable}"));
        }
        Ok(())
    }
}
