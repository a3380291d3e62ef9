//! Entry points for fuzzing: one function for every boundary at which bytes come from outside.
//!
//! A target takes any bytes. It must not panic; what it accepts must hold what it promises, which it asserts. It returns
//! a number that stands for what became of the bytes (which message, which steps), so that a driver keeps the inputs that
//! reach something new. `tests/it/fuzz` drives them with a corpus and a mutator of its own, for a few seconds in
//! `cargo test` and for as long as one likes by `cargo test --test it fuzz_for_long -- --ignored`; `fuzz/` has the same
//! targets for `cargo fuzz`, which needs a nightly compiler and files: `cargo test --test it the_seeds_join_the_corpus --
//! --ignored` writes the seeds that the program makes itself beside those in `fuzz/corpus`.

mod commands;
mod facts;
mod identifiers;
mod records;
mod rulebooks;

use std::hash::{DefaultHasher, Hash, Hasher};

/// A target: bytes in, what became of them out.
pub type Target = fn(&[u8]) -> u64;

/// Every target by its name, which is also that of its corpus folder in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("rulebook", rulebooks::file),
    ("judge", facts::judged),
    ("command", commands::command),
    ("record", records::record),
    ("identifier", identifiers::identifier),
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(other, _)| *other == name).map(|(_, target)| *target)
}

/// A number for what became of an input.
fn outcome(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
