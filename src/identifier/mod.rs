//! Identifiers (标识): types that can only hold a valid value.
//!
//! Text from outside is parsed once, at the edge, into one of these types; the rest of the program never validates
//! again. A refusal ([`Invalid`]) says what is wrong, what was expected and, where a check digit is off, which one
//! would have been right, in English and in Chinese.

mod bank_code;
mod invoice;
mod numbered;
mod opaque;
mod patent;
mod principal;
mod request_id;
mod right;
mod slug;
mod trademark;
mod uscc;
pub mod word;

use std::fmt;

pub use bank_code::BankCode;
pub use invoice::InvoiceNumber;
pub use numbered::{ApplicationId, ClaimId, ClawbackId, LoanId, RecoveryId, Sequence};
pub use opaque::{ContractNumber, PledgeRegistrationNumber, RegisteredText};
pub use patent::{PatentKind, PatentNumber};
pub use principal::PrincipalName;
pub use request_id::RequestId;
pub use right::{RightId, RightKind};
pub use slug::{
    BudgetLineId, CapId, ClauseId, District, FunderId, InstitutionId, LimitId, PersonId, PoolId, ProgrammeId,
    RulebookId, SeriesId, Tag,
};
pub use trademark::{NiceClass, Trademark, TrademarkNumber};
pub use uscc::Uscc;

/// Why a text is not a valid value: one sentence in English, one in Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// English, lower case, no final dot, the input in backticks.
    pub problem: String,
    /// The same in Chinese (简体中文).
    pub problem_zh: String,
}

impl Invalid {
    /// Both sentences at once, so that neither is forgotten.
    pub fn new(problem: impl Into<String>, problem_zh: impl Into<String>) -> Self {
        Self { problem: problem.into(), problem_zh: problem_zh.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Invalid {}

/// User input as it may appear in a message: control characters escaped, cut to 64 characters.
///
/// A message must neither carry terminal escapes into a log nor repeat a megabyte of nonsense.
pub(crate) fn shown(input: &str) -> String {
    const LIMIT: usize = 64;
    let mut text = String::new();
    for character in input.chars().take(LIMIT) {
        if character.is_control() {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    if input.chars().nth(LIMIT).is_some() {
        text.push('…');
    }
    text
}

/// Full-width forms become half-width, white space and hyphens go, letters become upper case.
///
/// This undoes what spreadsheets and Chinese input methods do to an identifier: `９１１１－ｋ` becomes `9111K`.
pub fn normalise(input: &str) -> String {
    // What the ledger wrote itself is in order: every record that is read comes through here.
    if input.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return input.to_owned();
    }
    half_width(input)
        .chars()
        .filter(|character| !character.is_whitespace() && !is_hyphen(*character))
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

/// Full-width ASCII (U+FF01–U+FF5E) and the ideographic space as their half-width forms; nothing else changes.
pub(crate) fn half_width(input: &str) -> String {
    if input.is_ascii() {
        return input.to_owned();
    }
    input.chars().map(half_width_character).collect()
}

fn half_width_character(character: char) -> char {
    const FIRST: u32 = 0xFF01; // '！', the full-width '!'
    match character {
        '\u{3000}' => ' ',
        '！'..='～' => u32::from(character)
            .checked_sub(FIRST)
            .and_then(|offset| offset.checked_add(u32::from('!')))
            .and_then(char::from_u32)
            .unwrap_or(character),
        other => other,
    }
}

/// The hyphens and dashes that people and word processors put between groups of digits.
fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_habits_are_evened_out() {
        assert_eq!(normalise("　９１１１－ｋ "), "9111K");
        assert_eq!(normalise("a\u{2014}b\tc"), "ABC");
        assert_eq!(normalise("国作登字"), "国作登字");
    }

    #[test]
    fn a_message_repeats_input_safely() {
        assert_eq!(shown("a\u{1b}[31m"), "a\\u{1b}[31m");
        assert_eq!(shown(&"长".repeat(65)).chars().count(), 65);
        assert_eq!(shown(&"长".repeat(64)), "长".repeat(64));
    }
}
