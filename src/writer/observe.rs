//! What somebody outside may count of the writer's work: one report for each batch, after it is durable.

use std::fmt::Debug;
use std::time::Duration;

use super::decider::{Answers, Reply};
use super::{Decided, Outcome};

/// Hears of each batch. Called on the committer's thread, so it must be quick and must not wait.
pub trait Observer: Debug + Send + Sync {
    /// A batch was made durable, or, without records, only answered.
    fn committed(&self, commit: &Commit);
}

/// One batch, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commit {
    /// Entries that became durable with it.
    pub entries: usize,
    /// Commands that were recorded.
    pub recorded: usize,
    /// Commands that were only validated.
    pub validated: usize,
    /// Commands whose id an earlier one had; almost always the same one, sent again.
    pub replayed: usize,
    /// Commands that were rejected.
    pub rejected: usize,
    /// From the first byte given to the store until all were durable; zero without records.
    pub took: Duration,
    /// How long the disk's own sync took of that, where the store knows.
    pub sync: Option<Duration>,
}

impl Commit {
    /// Counts what the callers of a batch will hear.
    pub(super) fn of(entries: usize, answers: &Answers, (took, sync): (Duration, Option<Duration>)) -> Self {
        let outcomes = || answers.iter().flat_map(Reply::outcomes);
        let count = |is: fn(&Outcome) -> bool| outcomes().filter(|outcome| is(outcome)).count();
        Self {
            entries,
            recorded: count(|outcome| matches!(outcome, Ok(Decided::Recorded(_)))),
            validated: count(|outcome| matches!(outcome, Ok(Decided::Validated(_)))),
            replayed: count(|outcome| matches!(outcome, Ok(Decided::Known(..)))),
            rejected: count(Result::is_err),
            took,
            sync,
        }
    }
}

/// Nobody counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn committed(&self, _: &Commit) {}
}
