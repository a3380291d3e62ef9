//! `ipledger simulate`: the whole path in memory, with a store that fails, judged by a second ledger.
//!
//! Each seed is a run of its own, from an empty ledger on: who asks for what, when the clock jumps and how the store fails.
//! Every answer is judged by the naive model of [`crate::simulation::model`], and after every life of the ledger the disk is
//! held against everything that was answered. The same seed, steps and a single caller make the same run, always.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use parking_lot::Mutex;
use tokio::runtime::Builder;
use tokio::time::Instant;

use crate::simulation::{Faults, Kept, Outcome, Plan, Workload, kept, line_of, run as simulate};
use crate::storage::memory::AppendFault;

/// The faults that are tried at every write.
const EVERY_FAULT: [AppendFault; 6] = [
    AppendFault::BeforeWrite,
    AppendFault::AfterWrite,
    AppendFault::Torn,
    AppendFault::Reordered,
    AppendFault::Full,
    AppendFault::Lie,
];

/// So many runs are told one by one.
const TOLD_RUNS: usize = 20;

/// How often the progress of many is told, on standard error.
const PROGRESS: Duration = Duration::from_secs(30);

/// Flags of `ipledger simulate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The first seed: it says everything that chance decides.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Commands that are answered in the run of each seed.
    #[arg(long, default_value_t = 1_000, value_parser = RangedU64ValueParser::<u64>::new().range(1..=1_000_000))]
    steps: u64,
    /// How many seeds, counted up from the first. With more than one, those that ever found something run before them.
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    seeds: u64,
    /// Callers at the same time. With one, a seed repeats its run exactly and rejections are judged too.
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<u64>::new().range(1..=64))]
    callers: u64,
    /// Who lives there: a town of few names under one rulebook, or a generated nation of three cities.
    #[arg(long, value_enum, default_value_t = Who::Town)]
    workload: Who,
    /// Seeds at the same time; as many as there are cores unless told.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Instead of by chance, let each write of the run fail, one after the other, in each way there is.
    #[arg(long)]
    every_write: bool,
    /// A file of seeds that run first, and to which a seed that fails is added: `SEED STEPS CALLERS WHAT` on
    /// each line, `nation:SEED` for one of a nation.
    #[arg(long, value_name = "FILE")]
    kept: Option<PathBuf>,
}

/// [`Workload`] as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Who {
    Town,
    Nation,
}

/// What all workers share.
struct Work {
    plans: Mutex<VecDeque<Plan>>,
    done: Mutex<Done>,
    /// Whether each run is told.
    tells: bool,
}

#[derive(Default)]
struct Done {
    runs: usize,
    total: Outcome,
    lines: Vec<String>,
    failed: Option<(Plan, String)>,
}

/// Runs it. False if something broke a promise.
pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let plans = plans(arguments)?;
    let (runs, began) = (plans.len(), Instant::now());
    let tells = runs <= TOLD_RUNS;
    let work = Work { plans: Mutex::new(plans), done: Mutex::default(), tells };
    let threads = match arguments.threads {
        Some(threads) => threads,
        None => thread::available_parallelism()?,
    };
    thread::scope(|scope| {
        for _ in 0..threads.get().min(runs) {
            scope.spawn(|| work.take_all(began, runs));
        }
    });
    let Work { done, .. } = work;
    let Done { runs: finished, total, lines, failed } = done.into_inner();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    let elapsed = began.elapsed();
    let rate = super::bench::per_second(total.submitted, elapsed);
    writeln!(out, "{finished} runs: {total}\nin {} s: {rate} commands/s on {threads} threads", elapsed.as_secs())?;
    let Some((plan, problem)) = failed else { return Ok(true) };
    let Plan { seed, steps, submitters, faults, workload } = plan;
    let again = match faults {
        Faults::Seeded => "",
        Faults::At(..) => " --every-write",
    };
    let nation = match workload {
        Workload::Town => "",
        Workload::Nation => " --workload nation",
    };
    writeln!(out, "FAILED: {problem}")?;
    writeln!(out, "again: ipledger simulate --seed {seed} --steps {steps} --callers {submitters}{nation}{again}")?;
    if let Some(file) = &arguments.kept {
        let what = problem.lines().next().unwrap_or_default();
        keep(file, &line_of(&plan, what))?;
    }
    Ok(false)
}

/// What to run: the kept ones first.
fn plans(arguments: &Arguments) -> anyhow::Result<VecDeque<Plan>> {
    let Arguments { seed, steps, seeds, callers, every_write, kept: file, .. } = arguments;
    let workload = match arguments.workload {
        Who::Town => Workload::Town,
        Who::Nation => Workload::Nation,
    };
    let plan = |seed| Plan { seed, steps: *steps, submitters: *callers, faults: Faults::Seeded, workload };
    if *every_write {
        return every_write_of(plan(*seed));
    }
    let mut plans = VecDeque::new();
    if let Some(file) = file
        && file.try_exists()?
    {
        let text = fs::read_to_string(file).with_context(|| format!("reading `{}`", file.display()))?;
        let known = kept(&text).map_err(|problem| anyhow::anyhow!("`{}`: {problem}", file.display()))?;
        plans.extend(known.into_iter().map(|kept| kept.plan));
    }
    if *seeds > 1 {
        plans.extend(Kept::shipped().into_iter().map(|kept| kept.plan));
    }
    plans.extend((0..*seeds).map(|index| plan(seed.saturating_add(index))));
    Ok(plans)
}

/// One run for each write of this one, and each fault.
fn every_write_of(plan: Plan) -> anyhow::Result<VecDeque<Plan>> {
    let undisturbed = Plan { faults: Faults::At(u64::MAX, AppendFault::Slow), ..plan };
    let outcome = one(undisturbed).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let writes = 1..=outcome.appends;
    let failing = writes.flat_map(|append| EVERY_FAULT.map(|fault| Plan { faults: Faults::At(append, fault), ..plan }));
    Ok(failing.collect())
}

impl Work {
    /// Runs one plan after the other until there is none or one has failed.
    fn take_all(&self, began: Instant, of: usize) {
        let mut told = began;
        loop {
            let next = self.plans.lock().pop_front();
            let Some(plan) = next else { return };
            let came = one(plan);
            let mut done = self.done.lock();
            done.runs = done.runs.saturating_add(1);
            match came {
                Ok(outcome) => {
                    done.total = done.total.plus(outcome);
                    if self.tells {
                        done.lines.push(format!("seed {}: {outcome}", plan.seed));
                    }
                }
                Err(problem) => {
                    done.failed.get_or_insert((plan, problem));
                    self.plans.lock().clear();
                }
            }
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                let (runs, commands) = (done.runs, done.total.submitted);
                drop(writeln!(
                    io::stderr(),
                    "{runs} of {of} runs, {commands} commands, {} s",
                    began.elapsed().as_secs()
                ));
            }
        }
    }
}

/// A run on a thread that bears the name of its seed, so that a panic tells it.
fn one(plan: Plan) -> Result<Outcome, String> {
    let spawned = thread::Builder::new().name(format!("seed-{}", plan.seed)).spawn(move || {
        let mut builder =
            if plan.submitters == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        let runtime = builder.worker_threads(2).enable_all().build().map_err(|error| error.to_string())?;
        runtime.block_on(simulate(plan))
    });
    match spawned.map(thread::JoinHandle::join) {
        Ok(Ok(came)) => came,
        Ok(Err(_)) => Err(format!("{plan:?} panicked; its words are above")),
        Err(error) => Err(format!("no thread could be started: {error}")),
    }
}

fn keep(file: &Path, line: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let mut opened = opened.with_context(|| format!("opening `{}`", file.display()))?;
    Ok(writeln!(opened, "{line}")?)
}
