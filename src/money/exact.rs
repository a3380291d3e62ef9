//! Products of money before they are rounded.

use super::amount::Digits;
use super::{Amount, MoneyError, Rate};
use crate::identifier::word::Word;

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

    /// The exact product with `numerator` / `denominator`, such as the clamped rate over the actual one.
    pub fn times_quotient(self, numerator: Rate, denominator: Rate) -> Result<Self, MoneyError> {
        let ((top, top_scale), (bottom, bottom_scale)) = (numerator.fraction(), denominator.fraction());
        if bottom <= 0 {
            return Err(MoneyError::NotAFraction(0));
        }
        let product = |one: i128, two: i128| one.checked_mul(two).ok_or(MoneyError::TooManyDigits);
        self.scaled(product(top, bottom_scale)?, product(top_scale, bottom)?)
    }

    /// The exact product with `part` / `whole`, such as what the slices of a loan come to over the loan.
    pub fn times_part(self, part: Self, whole: Amount) -> Result<Self, MoneyError> {
        if !whole.is_positive() {
            return Err(MoneyError::NotAFraction(0));
        }
        let denominator = part.denominator.checked_mul(whole.whole_fen()).ok_or(MoneyError::TooManyDigits)?;
        self.scaled(part.numerator, denominator)
    }

    /// The exact sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        let product = |one: i128, two: i128| one.checked_mul(two).ok_or(MoneyError::TooManyDigits);
        let common = greatest_common_divisor(self.denominator, other.denominator);
        let (own, others) = (self.denominator.div_euclid(common), other.denominator.div_euclid(common));
        let left = product(self.numerator, others)?;
        let right = product(other.numerator, own)?;
        let numerator = left.checked_add(right).ok_or(MoneyError::TooManyDigits)?;
        let denominator = product(self.denominator, others)?;
        let shared = greatest_common_divisor(numerator, denominator);
        Ok(Self { numerator: numerator.div_euclid(shared), denominator: denominator.div_euclid(shared) })
    }

    /// The amount if it is whole fen.
    pub fn whole(self) -> Option<Amount> {
        (self.denominator == 1).then(|| self.round(Rounding::Down))
    }

    /// The same text in place.
    pub fn word(self) -> Word {
        self.whole_fen().map_or_else(|| self.text().into(), |fen| Digits::of(fen).as_str().into())
    }

    /// The fen, if they are whole and not below zero.
    fn whole_fen(self) -> Option<u64> {
        u64::try_from(self.numerator).ok().filter(|_| self.denominator == 1)
    }

    /// In yuan: all its decimals, at least two; a fraction in lowest terms, `2000000/3`, where they never end.
    pub fn text(self) -> String {
        const FEN: i128 = 100;
        if let Some(fen) = self.whole_fen() {
            return Digits::of(fen).as_str().to_owned();
        }
        let (mut rest, mut twos, mut fives) = (self.denominator, 0_u32, 0_u32);
        while rest.rem_euclid(2) == 0 {
            (rest, twos) = (rest.div_euclid(2), twos.saturating_add(1));
        }
        while rest.rem_euclid(5) == 0 {
            (rest, fives) = (rest.div_euclid(5), fives.saturating_add(1));
        }
        let scale = twos.max(fives);
        let lifted = 10_i128.checked_pow(scale).and_then(|power| {
            let factor = power.div_euclid(self.denominator.div_euclid(rest.max(1)));
            self.numerator.checked_mul(factor)
        });
        match lifted {
            Some(mantissa) if rest == 1 => decimal_text(mantissa, scale.saturating_add(2)),
            Some(_) | None => {
                let common = greatest_common_divisor(self.numerator, FEN);
                let (top, bottom) = (self.numerator.div_euclid(common), FEN.div_euclid(common));
                format!("{top}/{}", self.denominator.saturating_mul(bottom))
            }
        }
    }

    /// The amount in whole fen, by the named rule.
    pub fn round(self, rounding: Rounding) -> Amount {
        if self.denominator == 1 {
            return Amount::from_whole_fen(self.numerator);
        }
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

    pub(super) fn scaled(self, numerator: i128, denominator: i128) -> Result<Self, MoneyError> {
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

/// `mantissa` over 10^`scale`, without trailing zeros beyond the second decimal.
fn decimal_text(mantissa: i128, scale: u32) -> String {
    const YUAN_SCALE: usize = 2;
    let scale = usize::try_from(scale).unwrap_or(YUAN_SCALE);
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale.saturating_add(1));
    let (yuan, decimals) = digits.split_at(digits.len().saturating_sub(scale));
    let kept = decimals.trim_end_matches('0');
    format!("{sign}{yuan}.{kept:0<YUAN_SCALE$}")
}

/// Euclid; `positive` is positive, so the divisor is too.
fn greatest_common_divisor(any: i128, positive: i128) -> i128 {
    // Real sums fit, and are divided several times faster.
    if let (Ok(mut one), Ok(mut two)) = (u64::try_from(positive), u64::try_from(any.unsigned_abs())) {
        while two != 0 {
            (one, two) = (two, one.rem_euclid(two));
        }
        return i128::from(one);
    }
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
    fn the_text_of_a_product_is_exact() {
        let text = |exact: Exact| exact.text();
        assert_eq!(text(yuan("37400")), "37400.00");
        assert_eq!(text(yuan("0.01").times(rate("0.5")).unwrap()), "0.005");
        assert_eq!(text(yuan("0.03").times_fraction(1, 3).unwrap()), "0.01");
        assert_eq!(text(yuan("20000").times_fraction(1, 3).unwrap()), "20000/3");
        assert_eq!(text(yuan("0.01").times_fraction(1, 3).unwrap()), "1/300");
        assert_eq!(text(yuan("3650000").times(rate("0.0435")).unwrap().times_fraction(100, 365).unwrap()), "43500.00");
        let clamped = yuan("500000").times_quotient(rate("0.0434"), rate("0.05")).unwrap();
        assert_eq!(text(clamped), "434000.00");
        assert_eq!(yuan("1").times_quotient(rate("0.1"), Rate::ZERO), Err(MoneyError::NotAFraction(0)));
    }

    #[test]
    fn sums_are_exact() {
        let third = yuan("1").times_fraction(1, 3).unwrap();
        let sum = third.plus(third).and_then(|two| two.plus(third)).unwrap();
        assert_eq!(sum, yuan("1"));
        let part = yuan("9").times_part(third, Amount::from_yuan(3)).unwrap();
        assert_eq!(part, yuan("1"));
        assert_eq!(part.whole(), Some(Amount::from_yuan(1)));
        assert_eq!(third.whole(), None);
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
            if let Ok(exact) = exact {
                prop_assert!(!exact.text().is_empty());
                prop_assert!(exact.plus(exact).map_or(true, |sum| sum.round(Rounding::Up) >= Amount::from_fen(i64::MIN)));
                let part = exact.times_part(exact, Amount::from_fen(numerator));
                prop_assert!(part.is_err() || numerator > 0);
            }
            let product = exact.and_then(|exact| exact.times(Rate::from_basis_points(points)));
            if let Ok(product) = product {
                let size = |rule| product.round(rule).fen().abs();
                prop_assert!((0..=1).contains(&(size(Rounding::Up) - size(Rounding::Down))));
            }
        }
    }
}
