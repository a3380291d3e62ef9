//! Trademark (商标): a registration number and a class of the Nice Agreement. A right is per class.

use std::fmt;

use super::{Invalid, normalise, shown};

/// A class of goods or services (商标类别), 1 to 45.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct NiceClass(u8);

impl NiceClass {
    /// Reads one or two digits, 1 to 45.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        let digits = (1..=2).contains(&plain.len()) && plain.bytes().all(|byte| byte.is_ascii_digit());
        let class = if digits { plain.parse().ok() } else { None };
        class.and_then(Self::from_value).ok_or_else(|| {
            Invalid::new(
                format!("`{}` is not a Nice class; expected a number from 1 to 45", shown(text)),
                format!("“{}”不是有效的商标类别，应为 1 至 45", shown(text)),
            )
        })
    }

    /// The class, or nothing outside 1 to 45.
    pub fn from_value(class: u8) -> Option<Self> {
        (1..=45).contains(&class).then_some(Self(class))
    }

    /// 1 to 45.
    pub fn value(self) -> u8 {
        self.0
    }
}

impl fmt::Display for NiceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A trademark registration number (商标注册号): up to ten digits, `G` before an international one, a letter after
/// one that was split.
///
/// Leading zeros are dropped, so that one registration has one spelling and cannot be pledged twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct TrademarkNumber {
    is_international: bool,
    number: u64,
    suffix: Option<char>,
}

impl TrademarkNumber {
    /// Reads `G?[0-9]{1,10}[A-Z]?` after [`normalise`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        Self::from_plain(&plain).ok_or_else(|| {
            Invalid::new(
                format!("`{}` is not a trademark registration number; expected up to ten digits, such as `12345678` or `G1234567`", shown(text)),
                format!("“{}”不是有效的商标注册号，应为不超过十位的数字，例如 12345678 或 G1234567", shown(text)),
            )
        })
    }

    fn from_plain(plain: &str) -> Option<Self> {
        let (is_international, rest) = plain.strip_prefix('G').map_or((false, plain), |rest| (true, rest));
        let suffix = rest.chars().next_back().filter(char::is_ascii_uppercase);
        let digits = suffix.and_then(|letter| rest.strip_suffix(letter)).unwrap_or(rest);
        let fits = (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if fits { digits.parse().ok()? } else { 0 };
        (number > 0).then_some(Self { is_international, number, suffix })
    }
}

impl fmt::Display for TrademarkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_international {
            f.write_str("G")?;
        }
        write!(f, "{}", self.number)?;
        self.suffix.map_or(Ok(()), |letter| write!(f, "{letter}"))
    }
}

impl fmt::Debug for TrademarkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One trademark right: a registration in one class. Written `12345678/9`, number and class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Trademark {
    /// The registration.
    pub number: TrademarkNumber,
    /// The class in which it is pledged.
    pub class: NiceClass,
}

impl Trademark {
    /// Reads `NUMBER/CLASS`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        let Some((number, class)) = plain.split_once('/') else {
            return Err(Invalid::new(
                format!(
                    "`{}` lacks the Nice class; write the registration number and the class, such as `12345678/9`",
                    shown(text)
                ),
                format!("“{}”缺少商标类别，请写注册号和类别，例如 12345678/9", shown(text)),
            ));
        };
        Ok(Self { number: TrademarkNumber::parse(number)?, class: NiceClass::parse(class)? })
    }
}

impl fmt::Display for Trademark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.class)
    }
}

impl fmt::Debug for Trademark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for (text, canonical) in [
            ("12345678", "12345678"),
            ("g 1234567", "G1234567"),
            ("０１２３４５６７８a", "12345678A"),
            ("G0812345", "G812345"),
        ] {
            assert_eq!(TrademarkNumber::parse(text).unwrap().to_string(), canonical);
        }
        for text in ["", "G", "A", "0", "12345678901", "12345678AB", "H123", "12 345.6", "商标123"] {
            let invalid = TrademarkNumber::parse(text).unwrap_err();
            assert!(invalid.problem.contains("not a trademark registration number"), "{text}");
            assert!(invalid.problem_zh.contains("商标注册号"));
        }
    }

    #[test]
    fn a_right_is_per_class() {
        let right = Trademark::parse("12345678/09").unwrap();
        assert_eq!((right.to_string().as_str(), right.class.value()), ("12345678/9", 9));
        assert_ne!(right, Trademark::parse("12345678/35").unwrap());
        assert!(Trademark::parse("12345678").unwrap_err().problem.contains("lacks the Nice class"));
        for class in ["0", "46", "", "9a", "+9", "009"] {
            let invalid = NiceClass::parse(class).unwrap_err();
            assert!(invalid.problem.contains("1 to 45") && invalid.problem_zh.contains("1 至 45"), "{class}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(text in "G?[1-9][0-9]{0,9}[A-Z]?/([1-9]|[1-3][0-9]|4[0-5])") {
            let right = Trademark::parse(&text).unwrap();
            prop_assert_eq!(right.to_string(), text);
        }

        #[test]
        fn never_panics(text in ".*/?.*") {
            drop((Trademark::parse(&text), TrademarkNumber::parse(&text), NiceClass::parse(&text)));
        }
    }
}
