//! Unified social credit code (统一社会信用代码), GB 32100-2015.

use std::cmp::Ordering;
use std::fmt;

use super::{Invalid, normalise, shown};

/// The 31 characters of GB 32100; the value of each is its place. I, O, S, V and Z are left out.
const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31 for the first 17 characters.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714, for the eight characters of the organisation code.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
const LENGTH: usize = 18;

/// The 18-character code of an enterprise or institution, check character verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Uscc([u8; LENGTH]);

impl Uscc {
    /// Reads a code after [`normalise`]: full-width, spaces, hyphens and lower case are forgiven.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // As it mostly comes.
        if let Some(code) = Self::canonical(text) {
            return Ok(code);
        }
        let plain = normalise(text);
        if let Some(foreign) = plain.chars().find(|character| !is_in_alphabet(*character)) {
            return Err(foreign_character(text, foreign));
        }
        let Ok(code) = <[u8; LENGTH]>::try_from(plain.as_bytes()) else {
            return Err(Invalid::new(
                format!(
                    "`{}` has {} characters, a USCC has 18; copy it from the business licence",
                    shown(text),
                    plain.len()
                ),
                format!("“{}”为 {} 位，统一社会信用代码应为 18 位，请按营业执照填写", shown(text), plain.len()),
            ));
        };
        if !code.iter().skip(2).take(6).all(u8::is_ascii_digit) {
            return Err(Invalid::new(
                format!("`{}` has a letter among characters 3 to 8, the region code; expected six digits", shown(text)),
                format!("“{}”第 3 至 8 位为登记管理机关行政区划码，应为六位数字", shown(text)),
            ));
        }
        let expected = check_character(&code);
        if code.last() == Some(&expected) {
            return Ok(Self(code));
        }
        let expected = char::from(expected);
        Err(Invalid::new(
            format!(
                "`{}` has a wrong check character, expected `{expected}`; check for a mistyped character",
                shown(text)
            ),
            format!("“{}”校验码错误，应为 {expected}，请核对是否有误填", shown(text)),
        ))
    }

    /// The code whose one spelling the text is.
    fn canonical(text: &str) -> Option<Self> {
        let code = <[u8; LENGTH]>::try_from(text.as_bytes()).ok()?;
        let known = code.iter().all(|character| value(*character).is_some());
        let region = code.iter().skip(2).take(6).all(u8::is_ascii_digit);
        (known && region && code.last() == Some(&check_character(&code))).then_some(Self(code))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // Always ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Two numbers in the order of the characters.
    const fn rank(self) -> (u128, u16) {
        let [first @ .., last_but_one, last] = self.0;
        (u128::from_be_bytes(first), u16::from_be_bytes([last_but_one, last]))
    }

    /// Tells when the inner organisation code (组织机构代码, characters 9 to 17) fails its own check, GB 11714.
    ///
    /// Only a warning: codes issued since 2015 need not carry a valid one.
    pub fn warning(&self) -> Option<String> {
        let mut inner = self.0.iter().skip(8).copied();
        // The weights go first into `zip`: it stops there without taking the check character from `inner`.
        let weighted = ORGANISATION_WEIGHTS.iter().zip(inner.by_ref()).fold(0_u32, |sum, (weight, character)| {
            let value = char::from(character).to_digit(36).unwrap_or(0);
            sum.saturating_add(weight.saturating_mul(value))
        });
        let expected = match 11_u32.saturating_sub(weighted.rem_euclid(11)) {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(digit, 10).unwrap_or('0'),
        };
        let found = inner.next().map(char::from)?;
        (found != expected)
            .then(|| format!("the organisation code in `{self}` ends in `{found}`, GB 11714 expects `{expected}`"))
    }
}

fn is_in_alphabet(character: char) -> bool {
    u8::try_from(character).is_ok_and(|byte| value(byte).is_some())
}

fn foreign_character(text: &str, foreign: char) -> Invalid {
    let hint = match foreign {
        'I' => "; perhaps the digit `1`",
        'O' => "; perhaps the digit `0`",
        'S' => "; perhaps the digit `5`",
        'Z' => "; perhaps the digit `2`",
        _ => "",
    };
    let foreign = shown(&foreign.to_string());
    Invalid::new(
        format!(
            "`{}` contains `{foreign}`; a USCC has digits and capital letters without I, O, S, V, Z{hint}",
            shown(text)
        ),
        format!("“{}”含有“{foreign}”，统一社会信用代码只使用数字和除 I、O、S、V、Z 以外的大写字母", shown(text)),
    )
}

/// The value of a character: its place in the [`ALPHABET`].
const fn value(character: u8) -> Option<u8> {
    let (first, value) = match character {
        b'0'..=b'9' => (b'0', 0),
        b'A'..=b'H' => (b'A', 10),
        b'J'..=b'N' => (b'J', 18),
        b'P'..=b'R' => (b'P', 23),
        b'T'..=b'U' => (b'T', 26),
        b'W'..=b'Y' => (b'W', 28),
        _ => return None,
    };
    Some(character.saturating_sub(first).saturating_add(value))
}

/// (31 − Σ value × weight mod 31) mod 31 as a character.
fn check_character(code: &[u8; LENGTH]) -> u8 {
    let sum = code.iter().zip(WEIGHTS).fold(0_usize, |sum, (character, weight)| {
        sum.saturating_add(usize::from(value(*character).unwrap_or(0)).saturating_mul(weight))
    });
    let place = 31_usize.saturating_sub(sum.rem_euclid(31)).rem_euclid(31);
    ALPHABET.get(place).copied().unwrap_or(b'0')
}

impl PartialOrd for Uscc {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the characters. As numbers: a search in the book's trees compares some thirty codes.
impl Ord for Uscc {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: [&str; 6] = [
        "91110000600037341L",
        "9144030071526726XG",
        "91310115MA1K3BTP2B",
        "91371082775260043P",
        "121200004013590816",
        "91620105L015101280",
    ];

    #[test]
    fn real_codes_are_read_back_as_written() {
        for code in VALID {
            assert_eq!(Uscc::parse(code).unwrap().to_string(), code);
        }
    }

    #[test]
    fn the_value_of_a_character_is_its_place() {
        for byte in 0..=u8::MAX {
            let place = ALPHABET.iter().position(|known| *known == byte);
            assert_eq!(value(byte).map(usize::from), place, "{byte}");
        }
    }

    #[test]
    fn typing_habits_are_forgiven() {
        let code = Uscc::parse("　９１１１００００-6000 3734-1l ").unwrap();
        assert_eq!(code.as_str(), "91110000600037341L");
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let problem = |code| Uscc::parse(code).unwrap_err().problem;
        assert!(problem("91110000600037341N").contains("expected `L`"));
        assert!(problem("9111000060003IOZSV").contains("contains `I`"));
        assert!(problem("12345").contains("has 5 characters"));
        assert!(problem("").contains("has 0 characters"));
        assert!(problem("91A10000600037341L").contains("region code"));
        assert!(Uscc::parse("91110000600037341N").unwrap_err().problem_zh.contains("应为 L"));
    }

    #[test]
    fn organisation_code_is_only_a_warning() {
        assert_eq!(Uscc::parse("91110000600037341L").unwrap().warning(), None);
        assert_eq!(Uscc::parse("9144030071526726XG").unwrap().warning(), None);
        let odd = with_right_check("91110000600037342");
        assert!(odd.warning().unwrap().contains("expects `1`"));
    }

    fn with_right_check(first_17: &str) -> Uscc {
        let padded = <[u8; LENGTH]>::try_from(format!("{first_17}0").as_bytes()).unwrap();
        let check = char::from(check_character(&padded));
        Uscc::parse(&format!("{first_17}{check}")).unwrap()
    }

    proptest! {
        #[test]
        fn round_trip(text in "[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}") {
            let code = with_right_check(&text);
            prop_assert_eq!(Uscc::parse(&code.to_string()), Ok(code));
        }

        #[test]
        fn any_single_mistyped_character_is_caught(place in 0_usize..18, character in "[0-9A-HJ-NP-RTUWXY]") {
            let mut text = VALID[0].to_owned();
            text.replace_range(place..=place, &character);
            prop_assert_eq!(Uscc::parse(&text).is_ok(), text == VALID[0]);
        }

        #[test]
        fn codes_are_in_the_order_of_their_texts(one in "[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}", place in 8_usize..17) {
            let mut other = one.clone();
            other.replace_range(place..=place, "5");
            let (one, other) = (with_right_check(&one), with_right_check(&other));
            prop_assert_eq!(one.cmp(&other), one.as_str().cmp(other.as_str()));
        }

        #[test]
        fn never_panics(text in ".*") {
            drop(Uscc::parse(&text));
        }
    }
}
