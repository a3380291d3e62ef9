//! The invented names and codes of a nation: each is made of a number, and two numbers never share one.

use super::Unmade;
use super::life::City;
use crate::book::nouns::PledgeKey;
use crate::identifier::{InstitutionId, PledgeRegistrationNumber, RightId, RightKind, Uscc};

/// The ledger's short name of a bank.
///
/// # Errors
///
/// A number that is far too large.
pub fn bank(number: u64) -> Result<InstitutionId, Unmade> {
    made(InstitutionId::parse(&format!("bank-{number:02}")))
}

/// The code of a bank.
///
/// # Errors
///
/// A number that is far too large.
pub fn bank_code(number: u64) -> Result<Uscc, Unmade> {
    code("110000", number.saturating_add(900_000_000))
}

/// The code of an enterprise, in the district of its city.
///
/// # Errors
///
/// A number that is far too large.
pub fn enterprise(number: u64) -> Result<Uscc, Unmade> {
    code(City::of(number).code(), number)
}

/// The trademark of an enterprise.
///
/// # Errors
///
/// A number that is far too large.
pub fn right(enterprise: u64) -> Result<RightId, Unmade> {
    made(RightId::parse(&format!("trademark:{}/9", enterprise.saturating_add(10_000_000))))
}

/// The pledge of that trademark.
///
/// # Errors
///
/// A number that is far too large.
pub fn pledge(enterprise: u64) -> Result<PledgeKey, Unmade> {
    let number = made(PledgeRegistrationNumber::parse(&format!("Y{}", enterprise.saturating_add(1))))?;
    Ok(PledgeKey { kind: RightKind::Trademark, number })
}

/// A valid code of a company that does not exist: its check character is found by trying.
fn code(region: &str, number: u64) -> Result<Uscc, Unmade> {
    const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("91{region}{number:09}");
    let mut codes = CHARACTERS.chars().filter_map(|check| Uscc::parse(&format!("{body}{check}")).ok());
    codes.next().ok_or_else(|| Unmade(format!("no check character for `{body}`")))
}

pub(super) fn made<T, E: std::fmt::Display>(value: Result<T, E>) -> Result<T, Unmade> {
    value.map_err(|error| Unmade(error.to_string()))
}
