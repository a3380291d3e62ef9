//! The access log (访问日志): who called what, allowed or denied, in a file of its own beside the journal.
//!
//! JSON lines in `access/access-NNNNNNNNNNNN.jsonl`, named after the number of their first line and begun anew at
//! [`FILE_BYTES_MAX`]. Each line carries the SHA-256 of the line before it, so that a line that was changed, taken out
//! or put in shows ([`verify`]); what was cut off at the end shows against the head that the ledger's own log names.
//! The journal never depends on it. A finished file has a list of the names in it beside it (`.names`), by which a company
//! finds who looked at it without the whole log being read.
//!
//! **What a crash may take.** A call that was refused is answered only after its line is written to the file, so a crash
//! of the process loses none; of the calls that were allowed it loses at most the [`QUEUE_RECORDS_MAX`] in the queue, in
//! practice some milliseconds. A loss of power takes at most what was written since the last sync,
//! [`SYNC_INTERVAL`] ago. When the file cannot be written the ledger takes no more calls.
//!
//! **What is never in it.** Amounts, texts, payloads, keys, tokens: a record names what a call was about and no more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod log;
mod names;
mod read;

pub use log::{AccessLog, AccessLogFault, Head};
pub use read::{Flaw, Page, Query, Verified, page, verify};

/// A file of the log is followed by the next when it has this many bytes.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The most records that wait to be written; who has one more waits.
pub const QUEUE_RECORDS_MAX: usize = 4_096;

/// How long what was written may wait for the disk.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// How long a line waits for others to be written with it.
pub const GATHER: Duration = Duration::from_millis(2);

/// The folder in the data folder.
pub const FOLDER: &str = "access";

/// One call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// SHA-256 of the line before, without its line feed, in hex; of nothing for the first.
    pub prev: String,
    /// From 1, dense.
    pub n: u64,
    /// When it came in, in microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// How long it took, in microseconds.
    pub us: u64,
    /// What is known of the caller.
    pub who: Who,
    /// Where from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub peer: String,
    /// `Service/Rpc`.
    pub rpc: String,
    /// The request id of a write.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// What the call named and what it made, `field=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The gRPC code.
    pub code: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How many calls like this were refused since the last one that was written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub also: u64,
}

/// What is known of a caller. Empty texts for what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The name that it proved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub principal: String,
    /// The person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// Whose office it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub on_behalf_of: String,
    /// The role.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Institution or enterprise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organisation: String,
    /// SHA-256 of the certificate, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
}

impl Record {
    /// Whether the call was refused.
    pub fn is_denied(&self) -> bool {
        self.code != "OK"
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
