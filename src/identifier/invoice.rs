//! Invoice number (发票号码), unique over all enterprises, programmes and years.

use std::cmp::Ordering;
use std::fmt;

use super::{Invalid, half_width, is_hyphen, shown};

const ALL_ELECTRONIC: usize = 20;
const NUMBER: usize = 8;

/// The number of a VAT invoice in one of its two forms.
///
/// - all-electronic (数电发票): 20 digits, canonical form `24442000000012345678`;
/// - code (发票代码, 10 or 12 digits) and number (发票号码, 8 digits): canonical form `144032001234-12345678`.
///
/// A 12-digit code and its number have 20 digits as well, so the two forms differ only by the separator. It is
/// therefore required in the second form and kept on display.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct InvoiceNumber {
    /// All digits, code first, filled with zeros on the right.
    digits: [u8; ALL_ELECTRONIC],
    /// 10 or 12; 0 for an all-electronic invoice.
    code_length: usize,
}

impl InvoiceNumber {
    /// Reads 20 digits, or code and number with a hyphen or a space between; full-width is forgiven.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = half_width(text);
        let mut groups = plain
            .split(|character: char| character.is_whitespace() || is_hyphen(character))
            .filter(|group| !group.is_empty());
        match (groups.next(), groups.next(), groups.next()) {
            (Some(number), None, None) => Self::all_electronic(number),
            (Some(code), Some(number), None) => Self::with_code(code, number),
            (Some(_), Some(_) | None, Some(_)) | (None, ..) => Err(not_an_invoice_number(text)),
        }
    }

    /// Numbers in the order of the digits, then of the length of the code.
    const fn rank(self) -> (u128, u32, usize) {
        let [first @ .., one, two, three, four] = self.digits;
        (u128::from_be_bytes(first), u32::from_be_bytes([one, two, three, four]), self.code_length)
    }

    /// An all-electronic invoice: exactly 20 digits.
    pub fn all_electronic(number: &str) -> Result<Self, Invalid> {
        if let (18, Some((code, rest))) = (number.len(), number.split_at_checked(10)) {
            return Err(Invalid::new(
                format!(
                    "`{}` has 18 digits; if it is a code and a number, write `{}-{}`",
                    shown(number),
                    shown(code),
                    shown(rest)
                ),
                format!("“{}”为 18 位，如为发票代码和发票号码，请写成 {}-{}", shown(number), shown(code), shown(rest)),
            ));
        }
        match <[u8; ALL_ELECTRONIC]>::try_from(number.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self { digits, code_length: 0 }),
            Ok(_) | Err(_) => Err(not_an_invoice_number(number)),
        }
    }

    /// An invoice with a code of 10 or 12 digits and a number of 8.
    pub fn with_code(code: &str, number: &str) -> Result<Self, Invalid> {
        let all_digits = code.bytes().chain(number.bytes()).all(|byte| byte.is_ascii_digit());
        if !matches!(code.len(), 10 | 12) || number.len() != NUMBER || !all_digits {
            return Err(not_an_invoice_number(&format!("{code}-{number}")));
        }
        let mut digits = [b'0'; ALL_ELECTRONIC];
        for (place, digit) in digits.iter_mut().zip(code.bytes().chain(number.bytes())) {
            *place = digit;
        }
        Ok(Self { digits, code_length: code.len() })
    }

    /// Whether it is an all-electronic invoice (数电发票).
    pub fn is_all_electronic(self) -> bool {
        self.code_length == 0
    }
}

fn not_an_invoice_number(text: &str) -> Invalid {
    Invalid::new(
        format!(
            "`{}` is not an invoice number; expected 20 digits, or a code of 10 or 12 digits, a hyphen and a number of 8 digits",
            shown(text)
        ),
        format!(
            "“{}”不是有效的发票号码，应为 20 位数电发票号码，或 10/12 位发票代码加连字符再加 8 位发票号码",
            shown(text)
        ),
    )
}

impl PartialOrd for InvoiceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the digits, as numbers: see [`Uscc`](super::Uscc).
impl Ord for InvoiceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = if self.is_all_electronic() { ALL_ELECTRONIC } else { self.code_length.saturating_add(NUMBER) };
        for (place, digit) in self.digits.iter().take(length).enumerate() {
            if place > 0 && place == self.code_length {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*digit))?;
        }
        Ok(())
    }
}

impl fmt::Debug for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_have_one_spelling() {
        for (text, canonical) in [
            ("24442000000012345678", "24442000000012345678"),
            (" ２４４４２００００００012345678 ", "24442000000012345678"),
            ("4403200123 12345678", "4403200123-12345678"),
            ("144032001234－12345678", "144032001234-12345678"),
            ("144032001234 - 12345678", "144032001234-12345678"),
        ] {
            assert_eq!(InvoiceNumber::parse(text).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn the_same_20_digits_are_two_invoices() {
        let electronic = InvoiceNumber::parse("14403200123412345678").unwrap();
        let paper = InvoiceNumber::parse("144032001234-12345678").unwrap();
        assert!(electronic.is_all_electronic() && !paper.is_all_electronic());
        assert_ne!(electronic, paper);
    }

    #[test]
    fn what_is_not_an_invoice_number() {
        for text in [
            "",
            "-",
            "1234",
            "2444200000001234567X",
            "144032001234-1234567",
            "14403200123-12345678",
            "1440 3200 1234 1234 5678",
        ] {
            let invalid = InvoiceNumber::parse(text).unwrap_err();
            assert!(invalid.problem.contains("20 digits") && invalid.problem_zh.contains("20 位"), "{text}");
        }
        let hint = InvoiceNumber::parse("440320012312345678").unwrap_err();
        assert!(hint.problem.contains("write `4403200123-12345678`"));
    }

    proptest! {
        #[test]
        fn round_trip(text in "([0-9]{20})|([0-9]{10}-[0-9]{8})|([0-9]{12}-[0-9]{8})") {
            prop_assert_eq!(InvoiceNumber::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn never_panics(text in ".*", other in ".*") {
            drop((InvoiceNumber::parse(&text), InvoiceNumber::with_code(&text, &other)));
        }
    }
}
