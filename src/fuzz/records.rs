//! Any bytes as a record of the journal.

use super::outcome;
use crate::journal::codec::{decode, encode};

/// What decodes encodes to the same bytes again, and decodes to the same entry.
pub(super) fn record(bytes: &[u8]) -> u64 {
    match decode(bytes) {
        Err(error) => {
            let text: String = error.to_string().chars().filter(|one| !one.is_ascii_digit()).take(60).collect();
            outcome((0, text))
        }
        Ok(entry) => {
            let again = encode(&entry);
            assert!(decode(&again).is_ok_and(|same| same == entry), "an entry changed on its way to disk and back");
            outcome((1, std::mem::discriminant(&entry.event), again == bytes))
        }
    }
}
