//! Goal: no bytes from outside bring the program down, and what is accepted holds what it promises. Method: every target
//! of `ipledger::fuzz` is fed its corpus (`fuzz/corpus/<target>`), then mutations of it from a fixed seed; an input that
//! reaches something new joins the inputs that are mutated. A failure prints the input and writes it to the corpus of
//! the target, where it stays as a regression test.
//!
//! `fuzz/corpus` holds small inputs of ours that once showed something, and what failed. What the program makes itself is
//! not kept there; `cargo test --test it the_seeds_join_the_corpus -- --ignored` writes it there for `cargo fuzz`.
//!
//! For long: `FUZZ_SECONDS=600 FUZZ_TARGET=rulebook cargo test --test it fuzz_for_long -- --ignored --nocapture`; with
//! `FUZZ_KEEP=1` the inputs that reached something new join the corpus.

#![expect(clippy::disallowed_methods, reason = "a fuzzer runs for a time that its caller sets")]

mod mutate;
mod seeds;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ipledger::fuzz::{TARGETS, Target, target};

use mutate::Mutator;

/// Mutations of each target in `cargo test`.
const SHORT: u64 = 1500;
/// At most so long for each target in `cargo test`, on a busy machine.
const SHORT_TIME: Duration = Duration::from_secs(12);
/// The most bytes of an input.
const BYTES_MAX: usize = 64 * 1024;

fn corpus_folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name)
}

/// The files of a target's corpus, by name, and the seeds that are made by the program itself.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus_folder(name))
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.sort();
    let mut inputs: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    inputs.extend(seeds::of(name));
    inputs
}

/// Runs a target on one input; an input that fails is kept.
fn run(name: &str, target: Target, input: &[u8]) -> u64 {
    catch_unwind(AssertUnwindSafe(|| target(input))).unwrap_or_else(|_| {
        let file = corpus_folder(name).join(format!("failed-{:016x}", mutate::digest(input)));
        std::fs::create_dir_all(corpus_folder(name)).unwrap();
        std::fs::write(&file, input).unwrap();
        panic!("the target `{name}` fails on {} bytes, kept as {}", input.len(), file.display());
    })
}

struct Done {
    inputs: u64,
    outcomes: usize,
}

fn fuzz(name: &str, seed: u64, inputs_max: u64, time: Duration) -> Done {
    let target = target(name).unwrap();
    let begun = Instant::now();
    let mut pool = corpus(name);
    assert!(!pool.is_empty(), "the target `{name}` has no seeds");
    let mut reached: BTreeSet<u64> = pool.iter().map(|input| run(name, target, input)).collect();
    let mut mutator = Mutator::new(seed);
    let mut inputs = 0;
    while inputs < inputs_max && begun.elapsed() < time {
        inputs += 1;
        let mut input = mutator.mutate(&pool);
        input.truncate(BYTES_MAX);
        if reached.insert(run(name, target, &input)) {
            if std::env::var("FUZZ_KEEP").is_ok() {
                std::fs::create_dir_all(corpus_folder(name)).unwrap();
                std::fs::write(corpus_folder(name).join(format!("{:016x}", mutate::digest(&input))), &input).unwrap();
            }
            pool.push(input);
        }
    }
    Done { inputs, outcomes: reached.len() }
}

#[test]
fn every_target_stands_its_corpus_and_mutations_of_it() {
    for (name, _) in TARGETS {
        let Done { inputs, outcomes } = fuzz(name, 1, SHORT, SHORT_TIME);
        println!("{name}: {inputs} inputs, {outcomes} outcomes");
        assert!(outcomes > 5, "`{name}` reaches only {outcomes} outcomes: its seeds are poor");
    }
}

#[test]
#[ignore = "as long as FUZZ_SECONDS says; 60 for each target otherwise"]
fn fuzz_for_long() {
    let setting = |key: &str| std::env::var(key).ok();
    let seconds = setting("FUZZ_SECONDS").map_or(60, |text| text.parse().unwrap());
    let seed = setting("FUZZ_SEED").map_or(7, |text| text.parse().unwrap());
    let only = setting("FUZZ_TARGET");
    for (name, _) in TARGETS.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        let Done { inputs, outcomes } = fuzz(name, seed, u64::MAX, Duration::from_secs(seconds));
        println!("{name}: {inputs} inputs, {outcomes} outcomes, seed {seed}");
    }
}

/// For `cargo fuzz`, which knows files only.
#[test]
#[ignore = "writes files: the seeds of every target into its corpus"]
fn the_seeds_join_the_corpus() {
    for (name, _) in TARGETS {
        std::fs::create_dir_all(corpus_folder(name)).unwrap();
        for seed in seeds::of(name) {
            std::fs::write(corpus_folder(name).join(format!("seed-{:016x}", mutate::digest(&seed))), &seed).unwrap();
        }
    }
}

/// Every target has a corpus of its own beside its seeds.
#[test]
fn no_corpus_is_empty() {
    for (name, _) in TARGETS {
        let files = std::fs::read_dir(corpus_folder(name)).unwrap_or_else(|_| panic!("`{name}` has no corpus"));
        assert!(files.count() > 2, "`{name}` has too few files in its corpus");
    }
}

/// A target that fails is told, and what failed is kept.
#[test]
fn a_failure_is_found_and_kept() {
    fn fails(bytes: &[u8]) -> u64 {
        assert!(!bytes.starts_with(b"boom"), "found");
        0
    }
    let kept = corpus_folder("test-of-the-driver");
    let failed = catch_unwind(|| run("test-of-the-driver", fails, b"boom!")).unwrap_err();
    assert!(failed.downcast_ref::<String>().unwrap().contains("fails on 5 bytes"));
    let files: Vec<_> = std::fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(std::fs::read(&files[0]).unwrap(), b"boom!");
    std::fs::remove_dir_all(kept).unwrap();
}
