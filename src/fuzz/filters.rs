//! Any bytes as a question: the first byte says which, the rest is the message; and any text as a page token.

use super::outcome;
use crate::server::outside::{filter_of, page_token_of};

/// A question is in order or is told what is wrong with it, field by field; nobody guesses a page token.
pub(super) fn filter(bytes: &[u8]) -> u64 {
    let Some((number, message)) = bytes.split_first() else { return 0 };
    if let Ok(text) = std::str::from_utf8(message) {
        assert_eq!(page_token_of(text), None, "a page token that was never given");
    }
    match filter_of(*number, message) {
        None => outcome((0, number)),
        Some(Ok(())) => outcome((1, number)),
        Some(Err(rejection)) => {
            assert!(!rejection.violations.is_empty(), "a malformed question is refused without a word");
            let fields: Vec<&str> = rejection.violations.iter().map(|violation| violation.field.as_str()).collect();
            outcome((2, number, fields))
        }
    }
}
