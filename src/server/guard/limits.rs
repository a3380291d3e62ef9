//! How much each caller may ask for: a token bucket for requests and one for bytes, a cap on calls at a time and on open
//! streams. One caller's flood is refused before it reaches the writer's queue, so that another's request finds room.
//!
//! Whole numbers only: a bucket counts millionths of a token, so that a rate per second is a rate per microsecond.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::config::LimitsConfig;

/// The most callers whose meters are kept; the idle ones are forgotten beyond that.
pub const METERS_MAX: usize = 10_000;

/// How long a refusal is held before it is answered: who does not listen to `RetryInfo` is slowed down here, at the cost of
/// nobody else.
pub const REFUSAL_DELAY: Duration = Duration::from_millis(100);

/// The same where more than [`HELD_SHORT_MAX`] of one caller are held already.
pub const FLOOD_DELAY: Duration = Duration::from_secs(1);

/// How many refusals of one caller are held shortly.
pub const HELD_SHORT_MAX: u32 = 32;

/// A token in the unit that buckets count in.
const TOKEN: i64 = 1_000_000;

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Requests per second.
    Requests,
    /// Bytes per second.
    Bytes,
    /// Calls at a time.
    Calls,
    /// Open streams.
    Streams,
}

impl Quota {
    /// Its name in `QuotaFailure` and in the access log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests per second",
            Self::Bytes => "bytes per second",
            Self::Calls => "calls at a time",
            Self::Streams => "open streams",
        }
    }
}

/// A refusal by a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Which.
    pub quota: Quota,
    /// How much is allowed.
    pub limit: u64,
    /// When to come back.
    pub retry_after: Duration,
}

/// The meters of all callers.
#[derive(Debug)]
pub struct Limits {
    config: LimitsConfig,
    began: Instant,
    meters: Mutex<BTreeMap<String, Arc<Meter>>>,
}

/// What one caller has used.
#[derive(Debug)]
pub struct Meter {
    limits: LimitsConfig,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    requests: Bucket,
    bytes: Bucket,
    calls: u32,
    streams: u32,
    /// Refusals that are being held before they are answered.
    held: u32,
    /// When a refusal was last written to the access log, and how many were not since.
    noted: Option<Duration>,
    unnoted: u64,
}

/// A token bucket; it may be in debt, and then refuses until it is not.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// In millionths of a token.
    level: i64,
    at: Duration,
}

impl Bucket {
    /// Fills up for the time that passed, at a rate of tokens per second, to the burst at most.
    fn refill(&mut self, now: Duration, rate: u64, burst: u64) {
        let passed = i64::try_from(now.saturating_sub(self.at).as_micros()).unwrap_or(i64::MAX);
        let rate = i64::try_from(rate).unwrap_or(i64::MAX);
        let full = i64::try_from(burst).unwrap_or(i64::MAX).saturating_mul(TOKEN);
        self.level = self.level.saturating_add(passed.saturating_mul(rate)).min(full);
        self.at = self.at.max(now);
    }

    /// How long until there is a token at this rate; `None` if there is one.
    fn wait(&self, rate: u64) -> Option<Duration> {
        let missing = u64::try_from(TOKEN.saturating_sub(self.level)).ok().filter(|missing| *missing > 0)?;
        Some(Duration::from_micros(missing.div_ceil(rate.max(1))))
    }

    fn spend(&mut self, tokens: u64) {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX).saturating_mul(TOKEN);
        self.level = self.level.saturating_sub(tokens);
    }
}

impl Limits {
    /// Meters under these limits.
    pub fn new(config: LimitsConfig) -> Self {
        Self { config, began: Instant::now(), meters: Mutex::new(BTreeMap::new()) }
    }

    /// The time on the meters' clock.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The meter of a caller.
    pub fn meter(&self, key: &str, now: Duration) -> Arc<Meter> {
        let mut meters = self.meters.lock();
        if let Some(meter) = meters.get(key) {
            return Arc::clone(meter);
        }
        if meters.len() >= METERS_MAX {
            meters.retain(|_, meter| !meter.is_idle(now));
        }
        let meter = Arc::new(Meter::new(self.config, now));
        meters.insert(key.to_owned(), Arc::clone(&meter));
        meter
    }
}

impl Meter {
    fn new(limits: LimitsConfig, now: Duration) -> Self {
        let full =
            |burst: u64| Bucket { level: i64::try_from(burst).unwrap_or(i64::MAX).saturating_mul(TOKEN), at: now };
        let used = Used {
            requests: full(limits.requests_burst),
            bytes: full(limits.bytes_burst),
            calls: 0,
            streams: 0,
            held: 0,
            noted: None,
            unnoted: 0,
        };
        Self { limits, used: Mutex::new(used) }
    }

    /// Lets a call in, or says which limit is reached. The permit lasts as long as the call.
    pub fn enter(self: &Arc<Self>, now: Duration) -> Result<Permit, Exceeded> {
        let limits = &self.limits;
        let mut used = self.used.lock();
        used.requests.refill(now, limits.requests_per_second, limits.requests_burst);
        used.bytes.refill(now, limits.bytes_per_second, limits.bytes_burst);
        if let Some(wait) = used.requests.wait(limits.requests_per_second).filter(|_| limits.requests_per_second > 0) {
            return Err(Exceeded { quota: Quota::Requests, limit: limits.requests_per_second, retry_after: wait });
        }
        if let Some(wait) = used.bytes.wait(limits.bytes_per_second).filter(|_| limits.bytes_per_second > 0) {
            return Err(Exceeded { quota: Quota::Bytes, limit: limits.bytes_per_second, retry_after: wait });
        }
        if limits.calls > 0 && used.calls >= limits.calls {
            let retry_after = Duration::from_millis(100);
            return Err(Exceeded { quota: Quota::Calls, limit: u64::from(limits.calls), retry_after });
        }
        if limits.requests_per_second > 0 {
            used.requests.spend(1);
        }
        used.calls = used.calls.saturating_add(1);
        drop(used);
        Ok(Permit { meter: Arc::clone(self), quota: Quota::Calls })
    }

    /// Opens a stream, or refuses.
    pub fn open_stream(self: &Arc<Self>) -> Result<Permit, Exceeded> {
        let mut used = self.used.lock();
        if self.limits.streams > 0 && used.streams >= self.limits.streams {
            let retry_after = Duration::from_secs(1);
            return Err(Exceeded { quota: Quota::Streams, limit: u64::from(self.limits.streams), retry_after });
        }
        used.streams = used.streams.saturating_add(1);
        drop(used);
        Ok(Permit { meter: Arc::clone(self), quota: Quota::Streams })
    }

    /// Charges bytes that were read; a huge message is paid for by waiting afterwards.
    pub fn charge(&self, bytes: usize) {
        if self.limits.bytes_per_second > 0 {
            self.used.lock().bytes.spend(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
    }

    /// Charges requests that came with the one that was let in; they are paid for by waiting afterwards.
    pub fn charge_requests(&self, requests: usize) {
        if self.limits.requests_per_second > 0 {
            self.used.lock().requests.spend(u64::try_from(requests).unwrap_or(u64::MAX));
        }
    }

    /// How long the caller owes for what it was charged; `None` if it owes nothing.
    pub fn owes(&self, now: Duration) -> Option<Duration> {
        let limits = &self.limits;
        let mut used = self.used.lock();
        used.requests.refill(now, limits.requests_per_second, limits.requests_burst);
        used.bytes.refill(now, limits.bytes_per_second, limits.bytes_burst);
        let requests = used.requests.wait(limits.requests_per_second).filter(|_| limits.requests_per_second > 0);
        let bytes = used.bytes.wait(limits.bytes_per_second).filter(|_| limits.bytes_per_second > 0);
        requests.max(bytes)
    }

    /// Holds a refusal: how long before it is answered. Who has many of them out at once waits longer for each, so that a
    /// flood costs the ledger the less the larger it is.
    pub fn hold(self: &Arc<Self>) -> (Held, Duration) {
        let mut used = self.used.lock();
        used.held = used.held.saturating_add(1);
        let delay = if used.held > HELD_SHORT_MAX { FLOOD_DELAY } else { REFUSAL_DELAY };
        drop(used);
        (Held { meter: Arc::clone(self) }, delay)
    }

    /// Whether a refusal is to be written to the access log, and how many before it were not: one a second is enough.
    pub fn note_refusal(&self, now: Duration) -> Option<u64> {
        let mut used = self.used.lock();
        if used.noted.is_some_and(|noted| now.saturating_sub(noted) < Duration::from_secs(1)) {
            used.unnoted = used.unnoted.saturating_add(1);
            return None;
        }
        used.noted = Some(now);
        Some(std::mem::take(&mut used.unnoted))
    }

    fn is_idle(&self, now: Duration) -> bool {
        let mut used = self.used.lock();
        used.requests.refill(now, self.limits.requests_per_second, self.limits.requests_burst);
        used.bytes.refill(now, self.limits.bytes_per_second, self.limits.bytes_burst);
        let full = |level: i64, burst: u64| level >= i64::try_from(burst).unwrap_or(i64::MAX).saturating_mul(TOKEN);
        used.calls == 0
            && used.streams == 0
            && used.held == 0
            && used.unnoted == 0
            && full(used.requests.level, self.limits.requests_burst)
            && full(used.bytes.level, self.limits.bytes_burst)
    }
}

/// A call or stream that is under way; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    meter: Arc<Meter>,
    quota: Quota,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.meter.used.lock();
        match self.quota {
            Quota::Streams => used.streams = used.streams.saturating_sub(1),
            Quota::Calls | Quota::Requests | Quota::Bytes => used.calls = used.calls.saturating_sub(1),
        }
    }
}

/// A refusal that is held.
#[derive(Debug)]
pub struct Held {
    meter: Arc<Meter>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut used = self.meter.used.lock();
        used.held = used.held.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(LimitsConfig {
            requests_per_second: 10,
            requests_burst: 5,
            bytes_per_second: 1_000,
            bytes_burst: 2_000,
            calls: 3,
            streams: 1,
        })
    }

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_flood_is_refused_and_another_caller_is_not() {
        let limits = limits();
        let flood = limits.meter("flood", at(0));
        let let_in = (0..1_000).filter(|_| flood.enter(at(0)).is_ok()).count();
        assert_eq!(let_in, 5, "the burst");
        let refused = flood.enter(at(0)).unwrap_err();
        assert_eq!(refused, Exceeded { quota: Quota::Requests, limit: 10, retry_after: at(100) });
        assert!(limits.meter("polite", at(0)).enter(at(0)).is_ok());
        assert!(flood.enter(at(99)).is_err());
        assert!(flood.enter(at(100)).is_ok(), "as soon as was said");
        let in_ten_seconds = (0..10_000).filter(|ms| flood.enter(at(100 + ms)).is_ok()).count();
        assert_eq!(in_ten_seconds, 99, "the rate, whatever is asked");
    }

    #[test]
    fn calls_at_a_time_are_counted_until_they_end() {
        let meter = limits().meter("a", at(0));
        let held: Vec<Permit> = (0..3).map(|_| meter.enter(at(0)).unwrap()).collect();
        assert_eq!(meter.enter(at(0)).unwrap_err().quota, Quota::Calls);
        drop(held);
        assert!(meter.enter(at(0)).is_ok());
        let stream = meter.open_stream().unwrap();
        assert_eq!(meter.open_stream().unwrap_err().quota, Quota::Streams);
        drop(stream);
        assert!(meter.open_stream().is_ok());
    }

    #[test]
    fn a_huge_message_is_paid_for_afterwards() {
        let meter = limits().meter("a", at(0));
        drop(meter.enter(at(0)).unwrap());
        meter.charge(4_000);
        let refused = meter.enter(at(0)).unwrap_err();
        assert_eq!((refused.quota, refused.retry_after), (Quota::Bytes, at(2_001)));
        assert!(meter.enter(at(2_001)).is_ok());
    }

    #[test]
    fn the_larger_a_flood_the_longer_each_of_it_waits() {
        let meter = limits().meter("a", at(0));
        let held: Vec<(Held, Duration)> = (0..=HELD_SHORT_MAX).map(|_| meter.hold()).collect();
        let long = held.iter().filter(|(_, delay)| *delay == FLOOD_DELAY).count();
        assert_eq!((held.len(), long), (33, 1));
        drop(held);
        assert_eq!(meter.hold().1, REFUSAL_DELAY);
    }

    #[test]
    fn refusals_are_noted_once_a_second_with_their_number() {
        let meter = limits().meter("a", at(0));
        assert_eq!(meter.note_refusal(at(0)), Some(0));
        assert!((1..=50).all(|ms| meter.note_refusal(at(ms)).is_none()));
        assert_eq!(meter.note_refusal(at(1_000)), Some(50));
    }

    #[test]
    fn no_limit_is_no_limit_and_idle_meters_are_forgotten() {
        let free = Limits::new(LimitsConfig::NONE);
        let meter = free.meter("a", at(0));
        let held: Vec<_> = (0..10_000).map(|_| meter.enter(at(0)).unwrap()).collect();
        assert_eq!(held.len(), 10_000);
        let limits = limits();
        for number in 0..METERS_MAX {
            drop(limits.meter(&number.to_string(), at(0)));
        }
        let busy = limits.meter("0", at(0));
        let _permit = busy.enter(at(0)).unwrap();
        drop(limits.meter("one more", at(0)));
        assert_eq!(limits.meters.lock().len(), 2);
    }
}
