//! A sum of yuan: reading, adding, comparing, dividing.

use std::cmp::Reverse;
use std::fmt;

use rust_decimal::Decimal;

use super::{Exact, MoneyError, Rate, all_digits};
use crate::identifier::{Invalid, half_width, shown};

/// A fen is 10^-2 yuan.
const SCALE: u32 = 2;
/// 28 digits: what a `Decimal` holds with certainty.
const LIMIT_FEN: i128 = 9_999_999_999_999_999_999_999_999_999;

/// A signed sum of yuan (元) with exactly two decimals.
///
/// Every amount that comes from outside or out of [`Exact::round`] is at most [`Amount::INPUT_MAX`], 15 digits in fen.
/// A journal of 10^12 entries adds 12 digits at most, so no sum exceeds 27 of the 28 digits that are held: sums are
/// exact.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "i128", into = "i128")]
pub struct Amount(Decimal);

/// In fen: the form in a snapshot.
impl From<Amount> for i128 {
    fn from(amount: Amount) -> Self {
        amount.whole_fen()
    }
}

impl TryFrom<i128> for Amount {
    type Error = &'static str;

    fn try_from(fen: i128) -> Result<Self, Self::Error> {
        if (-LIMIT_FEN..=LIMIT_FEN).contains(&fen) {
            Ok(Self::from_whole_fen(fen))
        } else {
            Err("a sum beyond 28 digits")
        }
    }
}

impl Amount {
    /// 0.00 yuan.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, SCALE));
    /// 9 999 999 999 999.99 yuan, the bound on any single amount that comes from outside.
    pub const INPUT_MAX: Self = Self(Decimal::from_parts(0xA4C6_7FFF, 0x0003_8D7E, 0, false, SCALE));

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
                format!("`{}` is too large; a single amount is at most {}", shown(text), Self::INPUT_MAX),
                format!("“{}”过大，单笔金额不得超过 {} 元", shown(text), Self::INPUT_MAX),
            ));
        }
        // 15 digits always fit in an i64.
        format!("{whole}{fraction:0<2}").parse().map(Self::from_fen).map_err(|_too_long| not_an_amount(text))
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
        self.split_by(&weights.iter().copied().map(i128::from).collect::<Vec<_>>())
    }

    fn split_by(self, weights: &[i128]) -> Vec<Self> {
        self.split_ranked(weights).into_iter().map(|(part, _)| part).collect()
    }

    /// The parts, each with its place in the order of the remainders, from 1.
    fn split_ranked(self, weights: &[i128]) -> Vec<(Self, usize)> {
        let size = self.whole_fen().abs();
        let whole_weight = weights.iter().fold(0_i128, |sum, weight| sum.saturating_add(*weight));
        let parts: Vec<Part> = if whole_weight == 0 {
            let first_takes_all = |index| if index == 0 { size } else { 0 };
            (0..weights.len()).map(|index| Part { fen: first_takes_all(index), remainder: 0 }).collect()
        } else {
            weights.iter().map(|weight| Part::of(size, *weight, whole_weight)).collect()
        };
        let given = parts.iter().fold(0_i128, |sum, part| sum.saturating_add(part.fen));
        // Fewer fen are left than there are parts with a remainder, so one round is enough.
        let left = usize::try_from(size.saturating_sub(given)).unwrap_or(0);
        let signed = |fen: i128| if self.is_negative() { fen.saturating_neg() } else { fen };
        let mut ranked: Vec<(usize, Part)> = parts.into_iter().enumerate().collect();
        ranked.sort_by_key(|(_, part)| Reverse(part.remainder)); // stable: the earlier party first
        let mut done: Vec<(usize, Self, usize)> = (1_usize..)
            .zip(ranked)
            .map(|(rank, (index, part))| {
                let fen = part.fen.saturating_add(i128::from(rank <= left));
                (index, Self::from_whole_fen(signed(fen)), rank)
            })
            .collect();
        done.sort_by_key(|(index, _, _)| *index);
        done.into_iter().map(|(_, part, rank)| (part, rank)).collect()
    }

    /// Divides the sum in proportion to other sums, to the fen, by the largest remainder; the parts add up to the whole.
    ///
    /// As [`Amount::split`], with amounts for weights; a negative one counts as zero.
    pub fn split_like(self, weights: &[Self]) -> Vec<Self> {
        self.split_like_ranked(weights).into_iter().map(|(part, _)| part).collect()
    }

    /// The same, each part with its place in the order of the remainders, from 1: the first places got a fen more.
    pub fn split_like_ranked(self, weights: &[Self]) -> Vec<(Self, usize)> {
        let fen: Vec<i128> = weights.iter().map(|weight| weight.whole_fen().max(0)).collect();
        let whole = fen.iter().fold(0_i128, |sum, weight| sum.saturating_add(*weight));
        // 28 digits times 28 do not fit, so the weights lose their last digits first; real sums have far fewer.
        let mut shrink = 1_i128;
        while self.whole_fen().abs().checked_mul(whole.div_euclid(shrink)).is_none() {
            shrink = shrink.saturating_mul(10);
        }
        self.split_ranked(&fen.iter().map(|weight| weight.div_euclid(shrink)).collect::<Vec<_>>())
    }

    /// Whether this sum is *above* `of` × `rate`, compared exactly; equal is not above.
    ///
    /// For a breaker such as "defaults above 3 % of loans".
    pub fn exceeds_share(self, of: Self, rate: Rate) -> bool {
        let (numerator, denominator) = rate.fraction();
        let whole = of.whole_fen().div_euclid(denominator);
        let rest = of.whole_fen().rem_euclid(denominator);
        // 28 digits over the denominator times a rate of at most 6 digits over it: both terms stay below 10^34.
        let floor =
            whole.saturating_mul(numerator).saturating_add(rest.saturating_mul(numerator).div_euclid(denominator));
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
        let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
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
    pub(super) fn whole_fen(self) -> i128 {
        self.0.mantissa()
    }

    pub(super) fn from_whole_fen(fen: i128) -> Self {
        // Cannot fire: see `Amount` for why no sum of bounded entries leaves 28 digits.
        assert!((-LIMIT_FEN..=LIMIT_FEN).contains(&fen), "a sum of bounded amounts left 28 digits: {fen} fen");
        Self(Decimal::from_i128_with_scale(fen, SCALE))
    }
}

/// One party's part in a split: whole fen, and the rest over the total weight.
struct Part {
    fen: i128,
    remainder: i128,
}

impl Part {
    fn of(size: i128, weight: i128, whole_weight: i128) -> Self {
        // 28 digits times 10 digits fit into the 38 of an i128; `split_like` has made sure of larger weights.
        let share = size.saturating_mul(weight);
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.whole_fen().unsigned_abs()) {
            Ok(fen) => f.pad_integral(!self.is_negative(), "", Digits::of(fen).as_str()),
            Err(_) => fmt::Display::fmt(&self.0, f),
        }
    }
}

/// Yuan and fen in digits. An answer has some fifty amounts; as decimals of any scale they took five times as long.
pub(super) struct Digits {
    bytes: [u8; Self::LONGEST],
    /// How many of the last bytes are the text.
    length: usize,
}

impl Digits {
    /// Twenty digits of a `u64` and the dot.
    const LONGEST: usize = 21;

    pub(super) fn of(fen: u64) -> Self {
        let (mut bytes, mut length, mut rest) = ([b'0'; Self::LONGEST], 0_usize, fen);
        for (place, byte) in bytes.iter_mut().rev().enumerate() {
            if place == 2 {
                *byte = b'.';
            } else {
                *byte = b'0'.saturating_add(u8::try_from(rest.rem_euclid(10)).unwrap_or(0));
                rest = rest.div_euclid(10);
            }
            length = place.saturating_add(1);
            if rest == 0 && place > 2 {
                break;
            }
        }
        Self { bytes, length }
    }

    pub(super) fn as_str(&self) -> &str {
        let text = self.bytes.get(Self::LONGEST.saturating_sub(self.length)..).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
            format!("`{input}` is negative; amounts are written without a sign, the kind of entry gives the direction"),
            format!("“{input}”为负数，金额不带正负号，方向由业务类型决定"),
        );
    }
    let plain: String = half_width(text).chars().filter(|character| !matches!(character, ',' | ' ' | '\'')).collect();
    if plain != text && Amount::parse(&plain).is_ok() {
        return Invalid::new(
            format!("`{input}` has thousands separators, spaces or full-width characters; write `{plain}`"),
            format!("“{input}”含有千位分隔符、空格或全角字符，请写成 {plain}"),
        );
    }
    Invalid::new(
        format!("`{input}` is not an amount; write yuan in plain digits with up to two decimals, such as `37400.00`"),
        format!("“{input}”不是有效金额，请以元为单位用阿拉伯数字填写，最多两位小数，例如 37400.00"),
    )
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "the tests compare with plain whole numbers far below overflow")]
mod tests;
