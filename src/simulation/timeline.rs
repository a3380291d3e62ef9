//! The time of a simulation: two years from a January, in uneven steps, now and then backwards.

use crate::calendar::Timestamp;

use super::random::Random;

/// Midnight of 15 January in Shanghai, in microseconds: of 2018, and of the nation's 2024.
const BEGIN: i64 = 1_515_945_600_000_000;
const BEGIN_OF_NATION: i64 = 1_705_248_000_000_000;
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
const DAYS: i64 = 700;

/// A clock that somebody winds.
#[derive(Debug)]
pub struct Timeline {
    random: Random,
    now: i64,
    step: i64,
}

impl Timeline {
    /// Two years in so many steps.
    pub fn new(seed: u64, steps: u64) -> Self {
        Self::from(BEGIN, seed, steps)
    }

    /// The two years of a nation in so many steps.
    pub fn of_nation(seed: u64, steps: u64) -> Self {
        Self::from(BEGIN_OF_NATION, seed, steps)
    }

    fn from(begin: i64, seed: u64, steps: u64) -> Self {
        let steps = i64::try_from(steps.max(1)).expect("a small number");
        Self { random: Random::new(!seed), now: begin, step: DAYS * DAY / steps }
    }

    /// The time of the next step: later by up to twice the pace, sometimes the last second of the day in Shanghai,
    /// sometimes set back.
    pub fn next(&mut self) -> Timestamp {
        self.now += self.random.between(0, 2 * self.step);
        let shown = match self.random.below(50) {
            0 => self.now - self.random.between(0, 3 * DAY),
            1 => (self.now + 8 * 3_600 * SECOND).div_euclid(DAY) * DAY + DAY - 8 * 3_600 * SECOND - SECOND,
            _ => self.now,
        };
        Timestamp::from_micros(shown)
    }
}
