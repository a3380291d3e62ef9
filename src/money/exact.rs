//! Products of money before they are rounded.

use super::{Amount, MoneyError, Rate};

/// How a clause turns a product into whole fen (舍入规则). For a negative product all three work on its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rounding {
    /// Towards zero (舍去).
    Down,
    /// Away from zero (进一).
    Up,
    /// To the nearest fen, half a fen away from zero (四舍五入).
    HalfUp,
}

/// An unrounded product of an amount with rates and fractions: a fraction of fen in lowest terms.
///
/// A third of a fen is a third of a fen here, so the rounding at the end is right however the product was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    numerator: i128,
    /// Positive.
    denominator: i128,
}

impl Exact {
    /// The exact product with one more rate.
    pub fn times(self, rate: Rate) -> Result<Self, MoneyError> {
        let (numerator, denominator) = rate.fraction();
        self.scaled(numerator, denominator)
    }

    /// The exact product with `numerator` / `denominator`, such as 182 days of a year of 360.
    pub fn times_fraction(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::NotAFraction(denominator));
        }
        self.scaled(i128::from(numerator), i128::from(denominator))
    }

    /// The amount in whole fen, by the named rule.
    pub fn round(self, rounding: Rounding) -> Amount {
        let size = self.numerator.abs();
        let floor = size.div_euclid(self.denominator);
        let rest = size.rem_euclid(self.denominator);
        let up = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest > 0,
            Rounding::HalfUp => rest >= self.denominator.saturating_sub(rest),
        };
        let rounded = floor.saturating_add(i128::from(up));
        Amount::from_whole_fen(if self.numerator < 0 { rounded.saturating_neg() } else { rounded })
    }

    fn scaled(self, numerator: i128, denominator: i128) -> Result<Self, MoneyError> {
        let own = greatest_common_divisor(numerator, denominator);
        let (numerator, denominator) = (numerator.div_euclid(own), denominator.div_euclid(own));
        // Both fractions are in lowest terms; cancelled crosswise, so is their product, and no step is larger than it.
        let left = greatest_common_divisor(self.numerator, denominator);
        let right = greatest_common_divisor(numerator, self.denominator);
        let product = |one: i128, two: i128| one.checked_mul(two).ok_or(MoneyError::TooManyDigits);
        let exact = Self {
            numerator: product(self.numerator.div_euclid(left), numerator.div_euclid(right))?,
            denominator: product(self.denominator.div_euclid(right), denominator.div_euclid(left))?,
        };
        let bound = Amount::INPUT_MAX.whole_fen().saturating_mul(exact.denominator);
        if exact.numerator.saturating_abs() > bound { Err(MoneyError::TooLarge) } else { Ok(exact) }
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Self { numerator: amount.whole_fen(), denominator: 1 }
    }
}

/// Euclid; `positive` is positive, so the divisor is too.
fn greatest_common_divisor(any: i128, positive: i128) -> i128 {
    let (mut one, mut two) = (positive, any.abs());
    while two != 0 {
        (one, two) = (two, one.rem_euclid(two));
    }
    one
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "the tests compare with plain whole numbers far below overflow")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn yuan(text: &str) -> Exact {
        Exact::from(Amount::parse(text).unwrap())
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn interest_of_a_real_loan() {
        // 1 000 000 × 4.35 % × 182 / 360 × 50 % = 10 995.8333…
        let interest = yuan("1000000")
            .times(rate("0.0435"))
            .and_then(|exact| exact.times_fraction(182, 360))
            .and_then(|exact| exact.times(rate("0.5")))
            .unwrap();
        assert_eq!(interest.round(Rounding::Down).to_string(), "10995.83");
        assert_eq!(interest.round(Rounding::HalfUp).to_string(), "10995.83");
        assert_eq!(interest.round(Rounding::Up).to_string(), "10995.84");
    }

    #[test]
    fn half_a_fen() {
        let rounded =
            |exact: Exact| [Rounding::Down, Rounding::HalfUp, Rounding::Up].map(|rule| exact.round(rule).fen());
        let half = rate("0.5");
        assert_eq!(rounded(yuan("0.01").times(half).unwrap()), [0, 1, 1], "not to the even neighbour");
        assert_eq!(rounded(yuan("0.03").times(half).unwrap()), [1, 2, 2]);
        assert_eq!(rounded(yuan("0.04").times(half).unwrap()), [2, 2, 2], "a whole fen stays");
        assert_eq!(rounded(yuan("0.01").times_fraction(-1, 2).unwrap()), [0, -1, -1], "by size");
        assert_eq!(rounded(yuan("0.01").times(rate("0.499999999999")).unwrap()), [0, 0, 1]);
    }

    #[test]
    fn nothing_is_lost_between_the_steps() {
        let third = yuan("100").times_fraction(1, 3).unwrap();
        let whole = third.times_fraction(3, 1).unwrap();
        assert_eq!(whole, yuan("100"));
        // A trace below any fixed number of decimals still counts for rounding up.
        let trace = yuan("1").times_fraction(1_000_000_000_000_000_001, 1_000_000_000_000_000_000).unwrap();
        assert_eq!(trace.round(Rounding::Up).fen(), 101);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let largest = Exact::from(Amount::INPUT_MAX);
        assert_eq!(largest.times(Rate::ONE), Ok(largest));
        assert_eq!(largest.times(rate("1.000000000001")), Err(MoneyError::TooLarge));
        assert_eq!(largest.times_fraction(i64::MIN, 1), Err(MoneyError::TooLarge));
        assert_eq!(largest.times_fraction(1, 0), Err(MoneyError::NotAFraction(0)));
        assert_eq!(largest.times_fraction(1, -360), Err(MoneyError::NotAFraction(-360)));
        let fine = rate("0.333333333333");
        let deep = largest.times(fine).and_then(|exact| exact.times(fine)).and_then(|exact| exact.times(fine));
        assert_eq!(deep, Err(MoneyError::TooManyDigits));
        assert!(MoneyError::TooManyDigits.to_string().contains("fewer decimals"));
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_whole_numbers(fen in -1_000_000_000_i64..1_000_000_000, basis_points in 0_u32..20_000) {
            let exact = Amount::from_fen(fen).times(Rate::from_basis_points(basis_points)).unwrap();
            let product = i128::from(fen.abs()) * i128::from(basis_points);
            let sign = fen.signum();
            let by_size = |size: i128| i64::try_from(size).unwrap() * sign;
            prop_assert_eq!(exact.round(Rounding::Down).fen(), by_size(product.div_euclid(10_000)));
            prop_assert_eq!(exact.round(Rounding::Up).fen(), by_size((product + 9_999).div_euclid(10_000)));
            prop_assert_eq!(exact.round(Rounding::HalfUp).fen(), by_size((product + 5_000).div_euclid(10_000)));
        }

        #[test]
        fn the_order_of_steps_does_not_matter(fen in 0_i64..1_000_000_000_000, days in 0_i64..400, points in 0_u32..20_000) {
            let (amount, rate) = (Exact::from(Amount::from_fen(fen)), Rate::from_basis_points(points));
            let one = amount.times(rate).and_then(|exact| exact.times_fraction(days, 360));
            let other = amount.times_fraction(days, 360).and_then(|exact| exact.times(rate));
            prop_assert_eq!(one, other);
        }

        #[test]
        fn never_panics(fen: i64, numerator: i64, denominator: i64, points: u32) {
            let exact = Exact::from(Amount::from_fen(fen)).times_fraction(numerator, denominator);
            let product = exact.and_then(|exact| exact.times(Rate::from_basis_points(points)));
            if let Ok(product) = product {
                let size = |rule| product.round(rule).fen().abs();
                prop_assert!((0..=1).contains(&(size(Rounding::Up) - size(Rounding::Down))));
            }
        }
    }
}
