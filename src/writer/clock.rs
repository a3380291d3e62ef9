//! The clock: the only file that reads the time.
//!
//! Everything else takes the stamp that it was given, so a replay or a test sees the same times as the day itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::calendar::Timestamp;

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock, which the operator keeps right (NTP).
    System,
    /// A clock that stands still until it is set: for tests and the simulator.
    Manual(ManualClock),
}

/// A clock that its holder sets; clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn new(time: Timestamp) -> Self {
        let clock = Self::default();
        clock.set(time);
        clock
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.micros(), Ordering::SeqCst);
    }
}

impl Clock {
    /// The time for the entry after the one recorded at `last`: now, or a microsecond after `last` when the clock
    /// stands still or was set back. So times only grow, across restarts too.
    pub fn stamp_after(&self, last: Option<Timestamp>) -> Timestamp {
        let now = self.now();
        last.map_or(now, |last| now.max(last.next()))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_time(),
            Self::Manual(clock) => Timestamp::from_micros(clock.0.load(Ordering::SeqCst)),
        }
    }
}

/// Whether this deadline has passed.
pub(super) fn has_passed(deadline: Instant) -> bool {
    deadline <= Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_time() -> Timestamp {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::saturating_neg),
    };
    Timestamp::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_grow_whatever_the_clock_does() {
        let hand = ManualClock::new(Timestamp::from_micros(1_000));
        let clock = Clock::Manual(hand.clone());
        let first = clock.stamp_after(None);
        assert_eq!(first, Timestamp::from_micros(1_000));
        assert_eq!(clock.stamp_after(Some(first)), Timestamp::from_micros(1_001), "the clock stands still");
        hand.set(Timestamp::from_micros(10));
        assert_eq!(clock.stamp_after(Some(first)), Timestamp::from_micros(1_001), "the clock was set back");
        hand.set(Timestamp::from_micros(5_000));
        assert_eq!(clock.stamp_after(Some(first)), Timestamp::from_micros(5_000), "the clock went on");
    }

    #[test]
    fn the_system_clock_is_in_this_century() {
        let year = Clock::System.now().shanghai_date().year().value();
        assert!((2026..2100).contains(&year), "{year}");
    }
}
