//! Any text as every kind of identifier, amount, rate and date.

use std::fmt::Display;

use super::outcome;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{
    BankCode, CapId, ContractNumber, Invalid, InvoiceNumber, LoanId, PatentNumber, PledgeRegistrationNumber, RequestId,
    RightId, Trademark, Uscc,
};
use crate::money::{Amount, Rate};

/// What is accepted is written as it was read, or in one canonical way that is read as the same; what is not says why.
pub(super) fn identifier(bytes: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    let accepted = [
        tried(text, Uscc::parse),
        tried(text, RightId::parse),
        tried(text, PatentNumber::parse),
        tried(text, Trademark::parse),
        tried(text, PledgeRegistrationNumber::parse),
        tried(text, ContractNumber::parse),
        tried(text, InvoiceNumber::parse),
        tried(text, BankCode::parse),
        tried(text, LoanId::parse),
        tried(text, RequestId::parse),
        tried(text, CapId::parse),
        tried(text, Amount::parse),
        tried(text, Rate::parse),
        tried(text, CivilDate::parse),
        tried(text, FiscalYear::parse),
    ];
    outcome(accepted)
}

fn tried<T: Display + PartialEq>(text: &str, parse: fn(&str) -> Result<T, Invalid>) -> bool {
    match parse(text) {
        Ok(value) => {
            let written = value.to_string();
            let again = parse(&written);
            assert!(again.is_ok_and(|again| again == value), "`{written}` is not read as it was written");
            true
        }
        Err(Invalid { problem, problem_zh }) => {
            assert!(!problem.is_empty() && !problem_zh.is_empty(), "refused without a word");
            false
        }
    }
}
