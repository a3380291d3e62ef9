//! Every setting once: type, default, unit, why. What can be checked without touching the data folder is checked here.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where the data folder is unless told otherwise.
pub const DATA_DEFAULT: &str = "data";

/// Where the server listens unless told otherwise: loopback, until certificates come.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7460";

/// How many seconds pass between two checkpoints unless told otherwise: what was recorded in between is covered by
/// nothing that others hold.
pub const CHECKPOINT_SECONDS_DEFAULT: u64 = 60;

/// How many entries lie between two snapshots unless told otherwise: what a start reads after a crash, about a second's
/// work.
pub const SNAPSHOT_ENTRIES_DEFAULT: u64 = 100_000;

/// Settings of `ipledger serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A rulebook to adopt at start, if it is not adopted yet: a shipped name or a file.
    pub adopt: Vec<String>,
    /// What the ledger signs.
    pub evidence: EvidenceConfig,
    /// Who is let in first, and how much each caller may ask for.
    pub access: AccessConfig,
    /// How many entries lie between two snapshots; 0 for no snapshots.
    pub snapshot_every: u64,
}

/// Settings of who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessConfig {
    /// The first operator, `NAME=PERSON`, bound at the start of a ledger that knows no principal.
    pub bootstrap: Option<String>,
    /// How much one caller may ask for.
    pub limits: LimitsConfig,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self { bootstrap: None, limits: LimitsConfig::DEFAULT }
    }
}

/// Settings of the evidence that the ledger gives away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvidenceConfig {
    /// The private key of the ledger, which carries its name; without one nothing is signed.
    pub key: Option<PathBuf>,
    /// The public keys of those whose cosignatures are taken.
    pub cosigners: Vec<PathBuf>,
    /// The time between two checkpoints.
    pub interval: Duration,
}

/// How much one caller may ask for. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Requests per second, in the long run.
    pub requests_per_second: u64,
    /// Requests at once, after a pause.
    pub requests_burst: u64,
    /// Bytes of requests per second, in the long run.
    pub bytes_per_second: u64,
    /// Bytes of requests at once, after a pause.
    pub bytes_burst: u64,
    /// Calls at a time.
    pub calls: u32,
    /// Open streams.
    pub streams: u32,
}

impl LimitsConfig {
    /// No limit: for a benchmark, and for tests of other things.
    pub const NONE: Self =
        Self { requests_per_second: 0, requests_burst: 0, bytes_per_second: 0, bytes_burst: 0, calls: 0, streams: 0 };

    /// These many requests per second with a fifth of them at once, and the rest as by default.
    pub const fn of_requests(per_second: u64) -> Self {
        if per_second == 0 {
            return Self::NONE;
        }
        Self { requests_per_second: per_second, requests_burst: per_second.div_ceil(5), ..Self::DEFAULT }
    }

    /// What a bank's core system never needs more of: 1,000 requests and 8 MiB a second, 32 calls at a time (at 1,000 a
    /// second two or three are under way), eight tails. The burst and the calls at a time bound what others wait for: a
    /// batch that one caller fills alone.
    pub const DEFAULT: Self = Self {
        requests_per_second: REQUESTS_PER_SECOND_DEFAULT,
        requests_burst: 200,
        bytes_per_second: 8 * 1024 * 1024,
        bytes_burst: 32 * 1024 * 1024,
        calls: 32,
        streams: 8,
    };
}

/// How many requests a second one caller may send unless told otherwise.
pub const REQUESTS_PER_SECOND_DEFAULT: u64 = 1_000;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Cosigners sign what the ledger signed, and it signs nothing.
    #[error("there are cosigners and no key; name the ledger's key with --key, or make one with `ipledger key new`")]
    NoKey,
    /// Checkpoints without end.
    #[error("checkpoints every 0 seconds are too many; expected 1 or more")]
    NoInterval,
    /// The address can be reached from other machines, and there is no way yet to tell who calls.
    #[error(
        "`{0}` is not a loopback address; until certificates are supported the ledger listens on loopback only, \
         for example `{LISTEN_DEFAULT}`"
    )]
    NotLoopback(SocketAddr),
}

impl ServeConfig {
    /// Checks what can be checked before the data folder is touched.
    pub fn checked(self) -> Result<Self, ConfigError> {
        if !self.listen.ip().is_loopback() {
            return Err(ConfigError::NotLoopback(self.listen));
        }
        let EvidenceConfig { key, cosigners, interval } = &self.evidence;
        if key.is_none() && !cosigners.is_empty() {
            return Err(ConfigError::NoKey);
        }
        if key.is_some() && interval.is_zero() {
            return Err(ConfigError::NoInterval);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str) -> ServeConfig {
        ServeConfig {
            data: DATA_DEFAULT.into(),
            listen: listen.parse().unwrap(),
            adopt: Vec::new(),
            evidence: EvidenceConfig::default(),
            access: AccessConfig::default(),
            snapshot_every: SNAPSHOT_ENTRIES_DEFAULT,
        }
    }

    #[test]
    fn loopback_only() {
        for listen in [LISTEN_DEFAULT, "127.0.0.1:0", "[::1]:7460"] {
            assert_eq!(config(listen).checked(), Ok(config(listen)));
        }
        for listen in ["0.0.0.0:7460", "192.168.1.5:7460", "[::]:7460"] {
            let refused = config(listen).checked().unwrap_err();
            assert!(refused.to_string().starts_with(&format!("`{listen}` is not a loopback address")), "{refused}");
        }
    }

    #[test]
    fn cosigners_need_a_key_and_a_key_an_interval() {
        let of = |key: Option<&str>, cosigners: &[&str], seconds| {
            let evidence = EvidenceConfig {
                key: key.map(PathBuf::from),
                cosigners: cosigners.iter().map(PathBuf::from).collect(),
                interval: Duration::from_secs(seconds),
            };
            ServeConfig { evidence, ..config(LISTEN_DEFAULT) }.checked().map(|_| ())
        };
        assert_eq!(of(None, &["bank.pub"], 60), Err(ConfigError::NoKey));
        assert_eq!(of(Some("ledger.key"), &[], 0), Err(ConfigError::NoInterval));
        assert_eq!(of(Some("ledger.key"), &["bank.pub"], 60), Ok(()));
    }
}
