//! Opaque identifiers: texts issued by others that are compared but never taken apart.

use std::fmt;
use std::sync::Arc;

use super::{Invalid, half_width, normalise, shown};

const LONGEST: usize = 64;

/// The number of a pledge registration (质权登记号), `[A-Z0-9]{1,32}`; unique per kind of right.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PledgeRegistrationNumber(Arc<str>);

impl PledgeRegistrationNumber {
    /// Reads a number after [`normalise`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        let known = plain.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if known && (1..=32).contains(&plain.len()) {
            return Ok(Self(plain.into()));
        }
        Err(Invalid::new(
            format!(
                "`{}` is not a pledge registration number; expected 1 to 32 letters and digits, such as `Y2024980001234`",
                shown(text)
            ),
            format!("“{}”不是有效的质权登记号，应为 1 至 32 位字母和数字，例如 Y2024980001234", shown(text)),
        ))
    }
}

/// The number of a loan contract (借款合同编号), 1 to 64 printable characters; unique per bank.
///
/// Only full-width characters and outer spaces are evened out: banks use hyphens, brackets and Chinese characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ContractNumber(Arc<str>);

impl ContractNumber {
    /// Reads a number, full-width characters made half-width and outer spaces dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = half_width(text);
        let plain = plain.trim();
        if is_printable(plain) {
            Ok(Self(plain.into()))
        } else {
            Err(not_printable(text, "contract number", "合同编号"))
        }
    }
}

/// The number of a registered copyright (著作权登记号) or of another registered right, 1 to 64 printable characters.
///
/// Kept after [`normalise`], so that spaces, hyphens and case cannot make two rights out of one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct RegisteredText(Arc<str>);

impl RegisteredText {
    /// Reads a number after [`normalise`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        if is_printable(&plain) {
            Ok(Self(plain.into()))
        } else {
            Err(not_printable(text, "registration number", "登记号"))
        }
    }
}

/// 1 to 64 characters, none of them invisible: two numbers that look alike are alike.
fn is_printable(text: &str) -> bool {
    let visible = |character: char| {
        let invisible = matches!(character,
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
        character == ' ' || !(character.is_control() || character.is_whitespace() || invisible)
    };
    !text.is_empty() && text.chars().all(visible) && text.chars().nth(LONGEST).is_none()
}

fn not_printable(text: &str, what: &str, what_zh: &str) -> Invalid {
    Invalid::new(
        format!("`{}` is not a {what}; expected 1 to {LONGEST} printable characters", shown(text)),
        format!("“{}”不是有效的{what_zh}，应为 1 至 {LONGEST} 个可见字符", shown(text)),
    )
}

macro_rules! text_access {
    ($($name:ident),+) => {$(
        impl $name {
            /// The canonical text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_access!(PledgeRegistrationNumber, ContractNumber, RegisteredText);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pledge_registration_numbers() {
        let number = PledgeRegistrationNumber::parse(" y2024-9800 01234 ").unwrap();
        assert_eq!(number.as_str(), "Y2024980001234");
        for text in ["", " - ", "质2024", "A.1", &"1".repeat(33)] {
            let invalid = PledgeRegistrationNumber::parse(text).unwrap_err();
            assert!(invalid.problem.contains("1 to 32") && invalid.problem_zh.contains("1 至 32"), "{text}");
        }
    }

    #[test]
    fn contract_numbers_keep_their_hyphens_and_brackets() {
        let number = ContractNumber::parse(" 兴银（２０２４）借字-第001号　").unwrap();
        assert_eq!(number.as_str(), "兴银(2024)借字-第001号");
        assert!(ContractNumber::parse(&"长".repeat(64)).is_ok());
        for text in ["", "　", "a\nb", "a\u{200B}b", "\u{202E}1", &"长".repeat(65)] {
            let invalid = ContractNumber::parse(text).unwrap_err();
            assert!(
                invalid.problem.contains("1 to 64 printable") && invalid.problem_zh.contains("可见字符"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn one_registered_right_has_one_spelling() {
        let one = RegisteredText::parse("国作登字-2020-f-00012345").unwrap();
        assert_eq!(one, RegisteredText::parse("国作登字 2020 F 00012345").unwrap());
        assert_eq!(one.as_str(), "国作登字2020F00012345");
        assert!(RegisteredText::parse("--").unwrap_err().problem.contains("registration number"));
    }

    proptest! {
        #[test]
        fn round_trip(text in "\\PC{1,64}") {
            if let Ok(number) = ContractNumber::parse(&text) {
                prop_assert_eq!(ContractNumber::parse(number.as_str()), Ok(number));
            }
            if let Ok(number) = RegisteredText::parse(&text) {
                prop_assert_eq!(RegisteredText::parse(number.as_str()), Ok(number));
            }
            if let Ok(number) = PledgeRegistrationNumber::parse(&text) {
                prop_assert_eq!(PledgeRegistrationNumber::parse(number.as_str()), Ok(number));
            }
        }

        #[test]
        fn never_panics(text in "(?s).*") {
            drop((ContractNumber::parse(&text), RegisteredText::parse(&text), PledgeRegistrationNumber::parse(&text)));
        }
    }
}
