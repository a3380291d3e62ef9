//! Money and rates (金额、费率), exact to the fen (分).
//!
//! This is the only file that knows the decimal library. The rules of the house:
//!
//! - an [`Amount`] always has two decimals; sums, differences and splits are exact;
//! - a product with a [`Rate`] is an [`Exact`], a fraction of whole numbers, and becomes an amount only through
//!   [`Exact::round`], where the clause names the rule of rounding;
//! - what would not fit is a [`MoneyError`], never a silently shortened number. Decimal addition near 28 digits drops
//!   the last ones without a word, so all arithmetic here runs on whole fen in 128 bits.

use std::cmp::Reverse;
use std::fmt;

use rust_decimal::Decimal;

use crate::identifier::{Invalid, half_width, shown};

/// A fen is 10^-2 yuan.
const SCALE: u32 = 2;
const INPUT_MAX_FEN: i128 = 999_999_999_999_999;
/// 28 digits: what a `Decimal` holds with certainty.
const LIMIT_FEN: i128 = 9_999_999_999_999_999_999_999_999_999;

/// A signed sum of yuan (元) with exactly two decimals.
///
/// Every amount that comes from outside or out of [`Exact::round`] is at most [`Amount::INPUT_MAX`], 15 digits in fen.
/// A journal of 10^12 entries adds 12 digits at most, so no sum exceeds 27 of the 28 digits that are held: sums are
/// exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Amount {
    /// 0.00 yuan.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, SCALE));
    /// 9 999 999 999 999.99 yuan, the bound on any single amount that comes from outside.
    pub const INPUT_MAX: Self =
        Self(Decimal::from_parts(0xA4C6_7FFF, 0x0003_8D7E, 0, false, SCALE));

    /// Reads a sum from outside: `[0-9]{1,13}(\.[0-9]{1,2})?`, yuan.
    ///
    /// No sign, exponent, separator, space or currency: a sum on its way into the book has one spelling.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
        let plain = all_digits(whole) && all_digits(fraction);
        if !plain {
            return Err(not_an_amount(text));
        }
        if fraction.len() > 2 {
            return Err(Invalid::new(
                format!("`{}` has more than two decimals; round it to the fen first", shown(text)),
                format!("“{}”的小数超过两位，请先精确到分", shown(text)),
            ));
        }
        if whole.len() > 13 {
            return Err(Invalid::new(
                format!(
                    "`{}` is too large; a single amount is at most {}",
                    shown(text),
                    Self::INPUT_MAX
                ),
                format!("“{}”过大，单笔金额不得超过 {} 元", shown(text), Self::INPUT_MAX),
            ));
        }
        // 15 digits always fit in an i64.
        format!("{whole}{fraction:0<2}")
            .parse()
            .map(Self::from_fen)
            .map_err(|_| not_an_amount(text))
    }

    /// A sum in fen (分).
    pub fn from_fen(fen: i64) -> Self {
        Self(Decimal::new(fen, SCALE))
    }

    /// A sum in whole yuan; saturates at the bounds of an `i64` in fen.
    pub fn from_yuan(yuan: i64) -> Self {
        Self::from_fen(yuan.saturating_mul(100))
    }

    /// The sum in fen: exact up to 92 233 720 368 547 758.07 yuan either way, saturating beyond.
    ///
    /// Every amount in one entry is within [`Amount::INPUT_MAX`] and so exact; a grand total may not be.
    pub fn fen(self) -> i64 {
        let fen = self.whole_fen();
        i64::try_from(fen).unwrap_or(if fen < 0 { i64::MIN } else { i64::MAX })
    }

    /// The exact sum.
    ///
    /// # Panics
    ///
    /// Beyond 28 digits, which no journal can reach (see [`Amount`]): such a sum is a bug of ours.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self::from_whole_fen(self.whole_fen().saturating_add(other.whole_fen()))
    }

    /// The exact difference; may be negative.
    ///
    /// # Panics
    ///
    /// As [`Amount::plus`].
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::from_whole_fen(self.whole_fen().saturating_sub(other.whole_fen()))
    }

    /// The same sum with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::ZERO.minus(self)
    }

    /// Neither positive nor negative.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self < Self::ZERO
    }

    /// Above zero.
    pub fn is_positive(self) -> bool {
        self > Self::ZERO
    }

    /// The smaller of this sum and `cap`.
    #[must_use]
    pub fn at_most(self, cap: Self) -> Self {
        self.min(cap)
    }

    /// This sum, or zero if it is negative.
    #[must_use]
    pub fn floored_at_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// The exact total; zero for no amounts.
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Self {
        amounts.into_iter().fold(Self::ZERO, Self::plus)
    }

    /// Divides the sum by weight, to the fen, by the largest remainder (最大余数法); the parts add up to the whole.
    ///
    /// Ties go to the earlier party. The weights may be basis points or any other whole numbers. If all weights are
    /// zero the first party takes everything, so that no fen is lost; no parties give no parts. A negative sum is
    /// divided as its positive twin.
    pub fn split(self, weights: &[u32]) -> Vec<Self> {
        let size = self.whole_fen().abs();
        let whole_weight =
            weights.iter().fold(0_i128, |sum, weight| sum.saturating_add(i128::from(*weight)));
        let mut parts: Vec<Part> = if whole_weight == 0 {
            let first_takes_all = |index| if index == 0 { size } else { 0 };
            (0..weights.len())
                .map(|index| Part { fen: first_takes_all(index), remainder: 0 })
                .collect()
        } else {
            weights.iter().map(|weight| Part::of(size, *weight, whole_weight)).collect()
        };
        let given = parts.iter().fold(0_i128, |sum, part| sum.saturating_add(part.fen));
        // Fewer fen are left than there are parts with a remainder, so one round is enough.
        let left = usize::try_from(size.saturating_sub(given)).unwrap_or(0);
        let mut by_remainder: Vec<&mut Part> = parts.iter_mut().collect();
        by_remainder.sort_by_key(|part| Reverse(part.remainder)); // stable: the earlier party first
        for part in by_remainder.into_iter().take(left) {
            part.fen = part.fen.saturating_add(1);
        }
        let signed = |fen: i128| if self.is_negative() { fen.saturating_neg() } else { fen };
        parts.into_iter().map(|part| Self::from_whole_fen(signed(part.fen))).collect()
    }

    /// Whether this sum is *above* `of` × `rate`, compared exactly; equal is not above.
    ///
    /// For a breaker such as "defaults above 3 % of loans".
    pub fn exceeds_share(self, of: Self, rate: Rate) -> bool {
        let (numerator, denominator) = rate.fraction();
        let whole = of.whole_fen().div_euclid(denominator);
        let rest = of.whole_fen().rem_euclid(denominator);
        // 28 digits over the denominator times a rate of at most 6 digits over it: both terms stay below 10^34.
        let floor = whole
            .saturating_mul(numerator)
            .saturating_add(rest.saturating_mul(numerator).div_euclid(denominator));
        // A whole number is above a fraction exactly if it is above the fraction's floor.
        self.whole_fen() > floor
    }

    /// The unrounded product.
    pub fn times(self, rate: Rate) -> Result<Exact, MoneyError> {
        Exact::from(self).times(rate)
    }

    /// As people write it: `37,400.00`.
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, unsigned) =
            plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "00"));
        let mut text = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            let digits_after = whole.len().saturating_sub(index);
            if index > 0 && digits_after.is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text.push('.');
        text.push_str(fraction);
        text
    }

    /// The sum in fen. The scale is always two, so the mantissa is the number of fen.
    fn whole_fen(self) -> i128 {
        self.0.mantissa()
    }

    fn from_whole_fen(fen: i128) -> Self {
        // Cannot fire: see `Amount` for why no sum of bounded entries leaves 28 digits.
        assert!(
            (-LIMIT_FEN..=LIMIT_FEN).contains(&fen),
            "a sum of bounded amounts left 28 digits: {fen} fen"
        );
        Self(Decimal::from_i128_with_scale(fen, SCALE))
    }
}

/// One party's part in a split: whole fen, and the rest over the total weight.
struct Part {
    fen: i128,
    remainder: i128,
}

impl Part {
    fn of(size: i128, weight: u32, whole_weight: i128) -> Self {
        // 28 digits times 10 digits fit into the 38 of an i128.
        let share = size.saturating_mul(i128::from(weight));
        Self { fen: share.div_euclid(whole_weight), remainder: share.rem_euclid(whole_weight) }
    }
}

impl Default for Amount {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Plain, with two decimals and no separators: `37400.00`. [`Amount::parse`] reads it back if it is not negative.
impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The most helpful thing to say about a text that is not digits with an optional fraction.
fn not_an_amount(text: &str) -> Invalid {
    let input = shown(text);
    if text.trim().is_empty() {
        return Invalid::new(
            "the amount is empty; write yuan with up to two decimals, such as `37400.00`",
            "金额为空，请以元为单位填写，最多两位小数，例如 37400.00",
        );
    }
    if text.starts_with(['-', '−', '－']) {
        return Invalid::new(
            format!(
                "`{input}` is negative; amounts are written without a sign, the kind of entry gives the direction"
            ),
            format!("“{input}”为负数，金额不带正负号，方向由业务类型决定"),
        );
    }
    let plain: String = half_width(text)
        .chars()
        .filter(|character| !matches!(character, ',' | ' ' | '\''))
        .collect();
    if plain != text && Amount::parse(&plain).is_ok() {
        return Invalid::new(
            format!(
                "`{input}` has thousands separators, spaces or full-width characters; write `{plain}`"
            ),
            format!("“{input}”含有千位分隔符、空格或全角字符，请写成 {plain}"),
        );
    }
    Invalid::new(
        format!(
            "`{input}` is not an amount; write yuan in plain digits with up to two decimals, such as `37400.00`"
        ),
        format!("“{input}”不是有效金额，请以元为单位用阿拉伯数字填写，最多两位小数，例如 37400.00"),
    )
}

/// A non-negative ratio (比率) such as an interest rate or a share: `0.0435` is 4.35 %.
///
/// Below 10^6 with at most 12 decimals, so that a product with an amount fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(Decimal);

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
    fn fraction(self) -> (i128, i128) {
        (self.0.mantissa(), 10_i128.saturating_pow(self.0.scale()))
    }
}

/// Without trailing zeros: `0.5`. [`Rate::parse`] reads it back.
impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn not_a_rate(text: &str) -> Invalid {
    let input = shown(text);
    if half_width(text).contains('%') {
        return Invalid::new(
            format!(
                "`{input}` has a percent sign; write the ratio itself, such as `0.0435` for 4.35 %"
            ),
            format!("“{input}”含有百分号，请写成小数，例如 4.35% 写成 0.0435"),
        );
    }
    Invalid::new(
        format!(
            "`{input}` is not a rate; write digits below 1000000 with up to 12 decimals, such as `0.0435`"
        ),
        format!("“{input}”不是有效比率，请写小于 1000000、最多 12 位小数的数字，例如 0.0435"),
    )
}

/// Why a product of money cannot be held exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Beyond [`Amount::INPUT_MAX`] in size, or a rate of 10^6 or more.
    #[error("the result of the calculation is too large; check the amount and the rate")]
    TooLarge,
    /// The exact fraction needs more than 38 digits.
    #[error(
        "the calculation needs more digits than can be kept exactly; use rates with fewer decimals"
    )]
    TooManyDigits,
    /// A fraction over zero or over a negative number.
    #[error("the denominator of a fraction must be positive, it is `{0}`")]
    NotAFraction(i64),
}

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
        // Cancel crosswise first: the products are then already in lowest terms and as small as they can be.
        let left = greatest_common_divisor(self.numerator, denominator);
        let right = greatest_common_divisor(numerator, self.denominator);
        let product = |one: i128, two: i128| one.checked_mul(two).ok_or(MoneyError::TooManyDigits);
        let exact = Self {
            numerator: product(self.numerator.div_euclid(left), numerator.div_euclid(right))?,
            denominator: product(self.denominator.div_euclid(right), denominator.div_euclid(left))?,
        };
        let bound = INPUT_MAX_FEN.saturating_mul(exact.denominator);
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
