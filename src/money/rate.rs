//! A ratio: an interest rate, a share, a subsidy rate.

use std::fmt;

use rust_decimal::Decimal;

use super::{MoneyError, all_digits};
use crate::identifier::{Invalid, half_width, shown};

/// A non-negative ratio (比率) such as an interest rate or a share: `0.0435` is 4.35 %.
///
/// Below 10^6 with at most 12 decimals, so that a product with an amount fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "(i128, u32)", into = "(i128, u32)")]
pub struct Rate(Decimal);

/// Mantissa and scale: the form in a snapshot.
impl From<Rate> for (i128, u32) {
    fn from(rate: Rate) -> Self {
        (rate.0.mantissa(), rate.0.scale())
    }
}

impl TryFrom<(i128, u32)> for Rate {
    type Error = &'static str;

    fn try_from((mantissa, scale): (i128, u32)) -> Result<Self, Self::Error> {
        let value = Decimal::try_from_i128_with_scale(mantissa, scale).ok();
        let value = value.filter(|value| !value.is_sign_negative() && *value < Decimal::from(1_000_000_u32));
        value.map(Self).ok_or("a rate that is negative or too large")
    }
}

impl Rate {
    /// Nothing: 0 %.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The whole: 100 %.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Reads a ratio: `[0-9]{1,6}(\.[0-9]{1,12})?`; half is `0.5`, not `50%`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let fits = (1..=6).contains(&whole.len()) && (1..=12).contains(&fraction.len());
        let plain = all_digits(whole) && all_digits(fraction);
        let value = if fits && plain { Decimal::from_str_exact(text).ok() } else { None };
        value.map(|value| Self(value.normalize())).ok_or_else(|| not_a_rate(text))
    }

    /// Hundredths of a percent (基点): 435 is 4.35 %.
    pub fn from_basis_points(basis_points: u32) -> Self {
        Self(Decimal::new(i64::from(basis_points), 4).normalize())
    }

    /// The sum, or an error from 10^6 upwards.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        // Both have at most 6 + 12 digits, so the addition itself is exact.
        let sum = self.0.checked_add(other.0).filter(|sum| *sum < Decimal::from(1_000_000_u32));
        sum.map(|sum| Self(sum.normalize())).ok_or(MoneyError::TooLarge)
    }

    /// The difference, or zero where the other is larger.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let difference = self.0.checked_sub(other.0).unwrap_or_default();
        Self(difference.max(Decimal::ZERO).normalize())
    }

    /// The product, or an error where it is beyond 10^6 or needs more than 12 decimals.
    pub fn times(self, other: Self) -> Result<Self, MoneyError> {
        let product = self.0.checked_mul(other.0).ok_or(MoneyError::TooManyDigits)?.normalize();
        // `checked_mul` rounds beyond 28 digits, so a product that was cut has more than 12 decimals as well.
        if product.scale() > 12 || self.0.scale().saturating_add(other.0.scale()) > 28 {
            return Err(MoneyError::TooManyDigits);
        }
        if product < Decimal::from(1_000_000_u32) { Ok(Self(product)) } else { Err(MoneyError::TooLarge) }
    }

    /// Exactly nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// As people write it: `50 %`, `4.35 %`.
    pub fn percent(self) -> String {
        let hundredfold = self.0.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(self.0); // 20 digits at most: it fits
        format!("{} %", hundredfold.normalize())
    }

    /// The rate as a fraction of whole numbers: at most 10^18 over a power of ten up to 10^12.
    pub(super) fn fraction(self) -> (i128, i128) {
        (self.0.mantissa(), 10_i128.saturating_pow(self.0.scale()))
    }
}

/// Without trailing zeros: `0.5`. [`Rate::parse`] reads it back.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn not_a_rate(text: &str) -> Invalid {
    let input = shown(text);
    if half_width(text).contains('%') {
        return Invalid::new(
            format!("`{input}` has a percent sign; write the ratio itself, such as `0.0435` for 4.35 %"),
            format!("“{input}”含有百分号，请写成小数，例如 4.35% 写成 0.0435"),
        );
    }
    Invalid::new(
        format!("`{input}` is not a rate; write digits below 1000000 with up to 12 decimals, such as `0.0435`"),
        format!("“{input}”不是有效比率，请写小于 1000000、最多 12 位小数的数字，例如 0.0435"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn one_rate_has_one_spelling() {
        for (text, shown, percent) in [
            ("0.50", "0.5", "50 %"),
            ("0.0435", "0.0435", "4.35 %"),
            ("1.000000000000", "1", "100 %"),
            ("000000.10", "0.1", "10 %"),
            ("0", "0", "0 %"),
            ("0.0", "0", "0 %"),
            ("999999.999999999999", "999999.999999999999", "99999999.9999999999 %"),
        ] {
            assert_eq!((rate(text).to_string().as_str(), rate(text).percent().as_str()), (shown, percent));
        }
        assert_eq!(rate("1.0"), Rate::ONE);
        assert_eq!(rate("0.00"), Rate::ZERO);
        assert_eq!(Rate::from_basis_points(435), rate("0.0435"));
    }

    #[test]
    fn products_and_differences_are_exact() {
        assert_eq!(rate("1.4").times(rate("0.031")), Ok(rate("0.0434")));
        assert_eq!(rate("0.031").times(Rate::ZERO), Ok(Rate::ZERO));
        assert_eq!(rate("999999").times(rate("2")), Err(MoneyError::TooLarge));
        assert_eq!(rate("0.0000001").times(rate("0.0000001")), Err(MoneyError::TooManyDigits));
        assert_eq!(rate("0.5").minus(rate("0.2")), rate("0.3"));
        assert_eq!(rate("0.2").minus(rate("0.5")), Rate::ZERO);
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        for text in ["", "-0.1", "+1", "1e-2", "1_0", "1.", ".5", "1000000", "0.1234567890123", " 1", "half", "0,5"] {
            let invalid = Rate::parse(text).unwrap_err();
            assert!(invalid.problem.contains("not a rate"), "{text}");
            assert!(invalid.problem_zh.contains("不是有效比率"), "{text}");
        }
        for text in ["4.35%", "4.35 %", "4.35％"] {
            assert!(Rate::parse(text).unwrap_err().problem.contains("percent sign"), "{text}");
        }
    }

    #[test]
    fn order_and_sums() {
        assert!(rate("0.5") > rate("0.4999") && rate("2").min(Rate::ONE) == Rate::ONE);
        assert_eq!(rate("0.45").plus(rate("0.05")).unwrap().to_string(), "0.5");
        assert_eq!(rate("999999.999999999999").plus(rate("0.000000000001")), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn round_trip(text in "[0-9]{1,6}(\\.[0-9]{1,12})?") {
            let rate = rate(&text);
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }

        #[test]
        fn never_panics(text in "[-0-9.%]*|(?s).*") {
            drop(Rate::parse(&text));
        }
    }
}
