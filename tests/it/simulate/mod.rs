//! The seeded simulation in the suite: short seeds; `ipledger simulate` runs as many as anybody likes.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test; an overflow ends it, as it should")]

pub(crate) mod story;

use std::process::Command;

use ipledger::simulation::{Faults, Kept, Outcome, Plan, Workload, run};
use ipledger::storage::memory::AppendFault;
use tempfile::TempDir;

async fn holds(plan: Plan) -> Outcome {
    run(plan).await.unwrap_or_else(|problem| panic!("{problem}"))
}

fn seeded(seed: u64, steps: u64, submitters: u64) -> Plan {
    Plan { seed, steps, submitters, faults: Faults::Seeded, workload: Workload::Town }
}

fn nation(seed: u64, steps: u64, submitters: u64) -> Plan {
    Plan { workload: Workload::Nation, ..seeded(seed, steps, submitters) }
}

/// One caller: the seed repeats the run exactly, and the auditor hears every answer, rejections too.
#[tokio::test]
async fn one_caller_and_a_store_that_fails() {
    let mut total = Outcome::default();
    for plan in Kept::shipped().into_iter().map(|kept| kept.plan).chain((101..=103).map(|seed| seeded(seed, 500, 1))) {
        total = total.plus(holds(plan).await);
    }
    // Chances that never come would test nothing.
    let Outcome { faults, crashes, snapshots, unreadable, damages, lies, .. } = total;
    assert!([faults, crashes, snapshots, unreadable, damages, lies].iter().all(|count| *count > 0), "{total:?}");
}

#[tokio::test]
async fn a_seed_repeats_its_run() {
    let (one, other) = (holds(seeded(104, 200, 1)).await, holds(seeded(104, 200, 1)).await);
    assert_eq!(one, other);
    assert_ne!(one, holds(seeded(105, 200, 1)).await);
}

/// Several callers at once: batches, repeats in flight, unknown outcomes.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn several_callers_and_a_store_that_fails() {
    for seed in 201..=204 {
        holds(seeded(seed, 500, 5)).await;
    }
}

/// A generated nation instead of the town: three cities' rulebooks, year-end peaks, renewals, defaults.
#[tokio::test]
async fn a_nation_and_a_store_that_fails() {
    let mut total = Outcome::default();
    for seed in 301..=303 {
        total = total.plus(holds(nation(seed, 500, 1)).await);
    }
    let Outcome { faults, crashes, snapshots, .. } = total;
    assert!([faults, crashes, snapshots].iter().all(|count| *count > 0), "{total:?}");
    let (one, other) = (holds(nation(304, 200, 1)).await, holds(nation(304, 200, 1)).await);
    assert_eq!(one, other, "a seed repeats its run");
    assert_ne!(one, holds(seeded(304, 200, 1)).await, "and a town is another");
}

/// Its deeds by several callers at once, who may come to a loan before it was filed.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_nation_of_several_callers() {
    for seed in 305..=306 {
        holds(nation(seed, 500, 5)).await;
    }
}

/// A fault at the first, the tenth and the thirtieth write, in each way; `ipledger simulate --every-write` takes all writes.
#[tokio::test]
async fn each_fault_at_one_write() {
    for append in [1, 10, 30] {
        for fault in [
            AppendFault::BeforeWrite,
            AppendFault::AfterWrite,
            AppendFault::Torn,
            AppendFault::Reordered,
            AppendFault::Full,
            AppendFault::Lie,
            AppendFault::Slow,
        ] {
            let outcome = holds(Plan { faults: Faults::At(append, fault), ..seeded(7, 20, 1) }).await;
            let ends = !matches!(fault, AppendFault::Lie | AppendFault::Slow);
            assert_eq!(outcome.faults, u64::from(ends), "{fault:?} at {append}: {outcome:?}");
            assert_eq!((outcome.crashes, outcome.lies), (1, u64::from(fault == AppendFault::Lie)), "{outcome:?}");
        }
    }
}

/// The subcommand: kept seeds first, one line for each run, the sum, and a file of seeds that is read.
#[test]
fn anybody_can_run_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kept");
    std::fs::write(&file, "# none yet\n5 30 2 made up for this test\n").unwrap();
    let ipledger = |flags: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ipledger")).arg("simulate").args(flags).output().unwrap();
        let (said, log) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.code(), said, log)
    };
    let (code, said, log) = ipledger(&["--steps", "20", "--kept", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}{log}");
    assert!(said.contains("seed 5: ") && said.contains("seed 1: ") && said.contains("2 runs: "), "{said}");
    let (code, said, log) = ipledger(&["--steps", "1", "--every-write"]);
    assert_eq!(code, Some(0), "{said}{log}");
    let runs: u64 = said.split_once(" runs: ").unwrap().0.lines().last().unwrap().parse().unwrap();
    assert!(runs > 60 && runs.is_multiple_of(6), "six faults at each write: {said}");
    let (code, said, log) = ipledger(&["--steps", "60", "--workload", "nation"]);
    assert!(code == Some(0) && said.contains("1 runs: "), "{said}{log}");
    std::fs::write(&file, "5 30\n").unwrap();
    let (code, _, log) = ipledger(&["--kept", file.to_str().unwrap()]);
    assert!(code == Some(2) && log.contains("`5 30` is no kept seed"), "{code:?} {log}");
}
