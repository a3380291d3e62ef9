//! Money and rates (金额、费率), exact to the fen (分).
//!
//! These are the only files that know the decimal library. The rules of the house:
//!
//! - an [`Amount`] always has two decimals; sums, differences and splits are exact;
//! - a product with a [`Rate`] is an [`Exact`], a fraction of whole numbers, and becomes an amount only through
//!   [`Exact::round`], where the clause names the rule of rounding;
//! - what would not fit is a [`MoneyError`], never a silently shortened number. Decimal addition near 28 digits drops
//!   the last ones without a word, so all arithmetic here runs on whole fen in 128 bits.

mod amount;
mod capital;
mod exact;
mod order;
mod rate;

pub use amount::Amount;
pub use exact::{Exact, Rounding};
pub use rate::Rate;

/// Why a product of money cannot be held exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Beyond [`Amount::INPUT_MAX`] in size, or a rate of 10^6 or more.
    #[error("the result of the calculation is too large; check the amount and the rate")]
    TooLarge,
    /// The exact fraction needs more than 38 digits.
    #[error("the calculation needs more digits than can be kept exactly; use rates with fewer decimals")]
    TooManyDigits,
    /// A fraction over zero or over a negative number.
    #[error("the denominator of a fraction must be positive, it is `{0}`")]
    NotAFraction(i64),
}

/// At least one digit, and nothing but ASCII digits.
fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
