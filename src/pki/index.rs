//! What a CA has issued and revoked: `index.json`.

use serde::{Deserialize, Serialize};

use crate::calendar::Timestamp;

/// Everything that was issued, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The number of the last revocation list; the next one has the next number.
    pub crl_number: u64,
    /// The certificates.
    pub issued: Vec<Record>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Serial number, 32 lower case hexadecimal digits.
    pub serial: String,
    /// For whom: the name of an identity, or `server:HOST` with its first host.
    pub name: String,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// The file of the certificate, below the folder.
    pub file: String,
    /// When it begins to hold, in seconds since 1970 (UTC).
    pub not_before: i64,
    /// When it ends, in seconds since 1970 (UTC).
    pub not_after: i64,
    /// When and why it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// A revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
    /// Why.
    pub reason: Reason,
}

/// Why a certificate is revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// No reason is given.
    Unspecified,
    /// Somebody else has, or may have, the private key.
    KeyCompromise,
    /// The holder belongs to another organisation, or acts for it no more.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// The holder may no longer act.
    PrivilegeWithdrawn,
}

/// What a certificate is at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It holds.
    Valid,
    /// It has ended.
    Expired,
    /// It was revoked.
    Revoked,
}

impl Record {
    /// What it is at this time.
    pub const fn standing(&self, now: Timestamp) -> Standing {
        if self.revoked.is_some() {
            return Standing::Revoked;
        }
        if self.not_after < seconds(now) { Standing::Expired } else { Standing::Valid }
    }

    /// Whether `what` is its serial, or the beginning of it of 8 digits or more, or its name.
    pub fn is(&self, what: &str) -> bool {
        self.name == what || (what.len() >= 8 && self.serial.starts_with(&what.to_ascii_lowercase()))
    }
}

/// Whole seconds since 1970, rounded down.
pub(super) const fn seconds(time: Timestamp) -> i64 {
    time.micros().div_euclid(1_000_000)
}

/// The instant so many seconds after 1970.
pub const fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}
