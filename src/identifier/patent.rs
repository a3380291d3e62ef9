//! Patent number (专利号), the application number of GB/T ZC 0006-2003 with its check digit.

use std::fmt;

use super::{Invalid, normalise, shown};

const NEW_DIGITS: usize = 12;
const OLD_DIGITS: usize = 8;

/// What a patent protects (专利类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum PatentKind {
    /// 发明, type digit 1; PCT applications 8.
    Invention,
    /// 实用新型, type digit 2; PCT applications 9.
    UtilityModel,
    /// 外观设计, type digit 3.
    Design,
}

impl PatentKind {
    /// Every kind, in order.
    pub const ALL: &'static [Self] = &[Self::Invention, Self::UtilityModel, Self::Design];

    /// The word of the kind in rulebooks.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invention => "invention",
            Self::UtilityModel => "utility-model",
            Self::Design => "design",
        }
    }

    /// The kind with this word, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The Chinese term.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Invention => "发明",
            Self::UtilityModel => "实用新型",
            Self::Design => "外观设计",
        }
    }

    fn from_type_digit(digit: u8) -> Option<Self> {
        match digit {
            b'1' | b'8' => Some(Self::Invention),
            b'2' | b'9' => Some(Self::UtilityModel),
            b'3' => Some(Self::Design),
            _ => None,
        }
    }
}

impl fmt::Display for PatentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A Chinese patent number: 12 digits (since October 2003) or 8 (before), and a check digit.
///
/// The one canonical form has no prefix and a dot before the check digit: `202010001234.X`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PatentNumber {
    /// Year, type and serial as a number; padded with zeros to its width again on display.
    base: u64,
    is_old_form: bool,
    kind: PatentKind,
    check: u8,
}

impl PatentNumber {
    /// Reads a number with or without the prefix `ZL` or `CN` and the dot.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        if is_publication_number(&plain) {
            return Err(Invalid::new(
                format!(
                    "`{}` is a publication number, not a patent number; use the number on the certificate, such as `202011156730.2`",
                    shown(text)
                ),
                format!("“{}”是公开（公告）号而非专利号，请填写证书上的专利号，例如 202011156730.2", shown(text)),
            ));
        }
        let body = plain.strip_prefix("ZL").or_else(|| plain.strip_prefix("CN")).unwrap_or(&plain);
        let Some((digits, check)) = digits_and_check(body) else {
            return Err(not_a_patent_number(text));
        };
        let Some(kind) = kind_of(digits) else {
            return Err(Invalid::new(
                format!("`{}` has no known type digit after the year; expected 1, 2, 3, 8 or 9", shown(text)),
                format!("“{}”年份后的类型码无效，应为 1、2、3、8 或 9", shown(text)),
            ));
        };
        let expected = check_digit(digits);
        let check = check.and_then(|digit| u8::try_from(digit).ok());
        if check != Some(expected) {
            return Err(wrong_check_digit(text, check, expected));
        }
        let base = digits.parse::<u64>().map_err(|_too_long| not_a_patent_number(text))?;
        Ok(Self { base, is_old_form: digits.len() == OLD_DIGITS, kind, check: expected })
    }

    /// What it protects.
    pub fn kind(self) -> PatentKind {
        self.kind
    }
}

/// `CN` and digits with a kind code at the end (A, B, C, U, S, Y), as in `CN112272063B` or `CN112272063B2`.
fn is_publication_number(plain: &str) -> bool {
    let Some(rest) = plain.strip_prefix("CN") else { return false };
    let code = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let mut code = code.chars();
    let has_kind_code = matches!(code.next(), Some('A' | 'B' | 'C' | 'S' | 'U' | 'Y'));
    has_kind_code && code.all(|character| character.is_ascii_digit())
}

/// Splits into 8 or 12 digits and the check digit, if one was given.
fn digits_and_check(body: &str) -> Option<(&str, Option<char>)> {
    let (digits, check) = match body.split_once('.') {
        Some((digits, check)) => (digits, check),
        None if matches!(body.len(), OLD_DIGITS | NEW_DIGITS) => (body, ""),
        None => body.split_at_checked(body.len().checked_sub(1)?)?,
    };
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let known_length = matches!(digits.len(), OLD_DIGITS | NEW_DIGITS);
    let mut rest = check.chars();
    let check = rest.next();
    let known_check = check.is_none_or(|digit| digit == 'X' || digit.is_ascii_digit());
    (all_digits && known_length && known_check && rest.next().is_none()).then_some((digits, check))
}

fn kind_of(digits: &str) -> Option<PatentKind> {
    let place = if digits.len() == OLD_DIGITS { 2 } else { 4 };
    digits.as_bytes().get(place).copied().and_then(PatentKind::from_type_digit)
}

/// The digits from left to right times 2 to 9 and again from 2, summed, mod 11; ten is written X.
fn check_digit(digits: &str) -> u8 {
    let weights = (2_u32..=9).cycle();
    let sum = digits
        .chars()
        .zip(weights)
        .fold(0_u32, |sum, (digit, weight)| sum.saturating_add(digit.to_digit(10).unwrap_or(0).saturating_mul(weight)));
    let digit = char::from_digit(sum.rem_euclid(11), 10).unwrap_or('X');
    u8::try_from(digit).unwrap_or(b'X')
}

fn wrong_check_digit(text: &str, found: Option<u8>, expected: u8) -> Invalid {
    let (input, expected) = (shown(text), char::from(expected));
    if found.is_none() {
        return Invalid::new(
            format!("`{input}` lacks its check digit, expected `.{expected}` at the end"),
            format!("“{input}”缺少校验位，末尾应为 .{expected}"),
        );
    }
    Invalid::new(
        format!("`{input}` has a wrong check digit, expected `{expected}`; check for a mistyped digit"),
        format!("“{input}”校验位错误，应为 {expected}，请核对是否有误填"),
    )
}

fn not_a_patent_number(text: &str) -> Invalid {
    Invalid::new(
        format!(
            "`{}` is not a patent number; expected 12 or 8 digits, a dot and a check digit, such as `202011156730.2`",
            shown(text)
        ),
        format!("“{}”不是有效专利号，应为 12 位或 8 位数字加小数点和校验位，例如 202011156730.2", shown(text)),
    )
}

impl fmt::Display for PatentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.is_old_form { OLD_DIGITS } else { NEW_DIGITS };
        write!(f, "{:0width$}.{}", self.base, char::from(self.check))
    }
}

impl fmt::Debug for PatentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn real_numbers_are_read_back_as_written() {
        let real = [
            ("97101765.4", PatentKind::Invention),
            ("95115608.X", PatentKind::Invention),
            ("201710601862.3", PatentKind::Invention),
            ("202011156730.2", PatentKind::Invention),
            ("201210593328.X", PatentKind::Invention),
            ("201821344181.X", PatentKind::UtilityModel),
            ("201930071397.7", PatentKind::Design),
        ];
        for (text, kind) in real {
            let number = PatentNumber::parse(text).unwrap();
            assert_eq!((number.to_string().as_str(), number.kind()), (text, kind));
        }
    }

    #[test]
    fn one_canonical_form_for_every_spelling() {
        for text in [
            "ZL201821344181.X",
            "CN201821344181.X",
            "zl 2018 2 1344181．x",
            "201821344181X",
            "ＺＬ２０１８２１３４４１８１．Ｘ",
        ] {
            assert_eq!(PatentNumber::parse(text).unwrap().to_string(), "201821344181.X");
        }
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let problem = |text| PatentNumber::parse(text).unwrap_err().problem;
        assert!(problem("201820468923.4").contains("expected `3`"));
        assert!(problem("201820468922.X").contains("expected `9`"));
        assert!(problem("201820468922").contains("lacks its check digit, expected `.9`"));
        assert!(problem("CN112272063B").contains("publication number"));
        assert!(problem("CN112272063B2").contains("publication number"));
        assert!(problem("201850468923.4").contains("type digit"));
        assert!(problem("2018204689.4").contains("not a patent number"));
        assert!(problem("").contains("not a patent number"));
        assert!(PatentNumber::parse("CN112272063B").unwrap_err().problem_zh.contains("公开"));
        assert!(PatentNumber::parse("201820468923.4").unwrap_err().problem_zh.contains("应为 3"));
    }

    #[test]
    fn pct_types_are_inventions_and_utility_models() {
        assert_eq!(numbered("201880000001").kind(), PatentKind::Invention);
        assert_eq!(numbered("201890000001").kind(), PatentKind::UtilityModel);
        assert_eq!(numbered("01800001").kind(), PatentKind::Invention);
    }

    fn numbered(digits: &str) -> PatentNumber {
        PatentNumber::parse(&format!("{digits}.{}", char::from(check_digit(digits)))).unwrap()
    }

    proptest! {
        #[test]
        fn round_trip(digits in "(20[0-9]{2}[12389][0-9]{7})|([089][0-9][12389][0-9]{5})") {
            let number = numbered(&digits);
            prop_assert_eq!(PatentNumber::parse(&number.to_string()), Ok(number));
        }

        #[test]
        fn never_panics(text in "(ZL|CN)?.*") {
            drop(PatentNumber::parse(&text));
        }
    }
}
