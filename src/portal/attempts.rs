//! How often somebody may guess a code: by the browser's address, and all together.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use parking_lot::Mutex;

use crate::calendar::Timestamp;

/// The time in which attempts are counted: ten minutes.
const WINDOW_MICROS: i64 = 10 * 60 * 1_000_000;

/// The most wrong codes from one address in that time; an office behind one address must still get in.
pub const PER_ADDRESS_MAX: u32 = 20;

/// The most wrong codes from everywhere in that time: a botnet of 10,000 addresses is no better off.
pub const IN_ALL_MAX: u32 = 2_000;

/// The most addresses that are remembered.
const ADDRESSES_MAX: usize = 100_000;

/// What was guessed wrong lately.
#[derive(Debug, Default)]
pub struct Attempts {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    began: i64,
    in_all: u32,
    by_address: BTreeMap<Option<IpAddr>, u32>,
}

impl Counted {
    fn turn(&mut self, now: Timestamp) {
        if now.micros().saturating_sub(self.began) >= WINDOW_MICROS {
            *self = Self { began: now.micros(), ..Self::default() };
        }
    }
}

impl Attempts {
    /// Whether this address may try.
    pub fn may_try(&self, from: Option<SocketAddr>, now: Timestamp) -> bool {
        let mut counted = self.counted.lock();
        counted.turn(now);
        let own = counted.by_address.get(&network(from)).copied().unwrap_or(0);
        own < PER_ADDRESS_MAX && counted.in_all < IN_ALL_MAX
    }

    /// Counts a wrong code.
    pub fn note_wrong(&self, from: Option<SocketAddr>, now: Timestamp) {
        let mut counted = self.counted.lock();
        counted.turn(now);
        counted.in_all = counted.in_all.saturating_add(1);
        let network = network(from);
        if counted.by_address.len() < ADDRESSES_MAX || counted.by_address.contains_key(&network) {
            let own = counted.by_address.entry(network).or_default();
            *own = own.saturating_add(1);
        }
    }
}

/// Whoever has one address of IPv6 has the whole /64.
fn network(from: Option<SocketAddr>) -> Option<IpAddr> {
    match from?.ip().to_canonical() {
        IpAddr::V4(address) => Some(IpAddr::V4(address)),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_may_guess_a_few_times() {
        let attempts = Attempts::default();
        let (one, other): (SocketAddr, SocketAddr) = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:1".parse().unwrap());
        let now = Timestamp::from_micros(WINDOW_MICROS);
        for _ in 0..PER_ADDRESS_MAX {
            assert!(attempts.may_try(Some(one), now));
            attempts.note_wrong(Some(one), now);
        }
        assert!(!attempts.may_try(Some(one), now));
        assert!(attempts.may_try(Some(other), now));
        let later = Timestamp::from_micros(WINDOW_MICROS * 2);
        assert!(attempts.may_try(Some(one), later));
    }

    #[test]
    fn all_together_are_bounded_and_a_network_of_ipv6_counts_as_one() {
        let attempts = Attempts::default();
        let now = Timestamp::from_micros(WINDOW_MICROS);
        for host in 0..PER_ADDRESS_MAX {
            attempts.note_wrong(Some(format!("[2001:db8::{host:x}]:1").parse().unwrap()), now);
        }
        assert!(!attempts.may_try(Some("[2001:db8::ffff]:1".parse().unwrap()), now));
        for host in 0..IN_ALL_MAX {
            let [.., high, low] = host.to_be_bytes();
            let from = SocketAddr::from(([10, 1, high, low], 1));
            attempts.note_wrong(Some(from), now);
        }
        assert!(!attempts.may_try(Some("192.0.2.1:1".parse().unwrap()), now));
    }
}
