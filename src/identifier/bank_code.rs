//! CNAPS bank code (人民银行支付系统行号, 联行号): 12 digits.

use std::fmt;

use super::{Invalid, normalise, shown};

const LENGTH: usize = 12;

/// The 12-digit code of a bank branch in the payment system of the People's Bank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct BankCode([u8; LENGTH]);

impl BankCode {
    /// Reads 12 digits after [`normalise`]. The check digit is not enforced, see [`BankCode::warning`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = normalise(text);
        match <[u8; LENGTH]>::try_from(plain.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            Ok(_) | Err(_) => Err(Invalid::new(
                format!("`{}` is not a bank code; expected 12 digits, such as `102100099996`", shown(text)),
                format!("“{}”不是有效的银行行号，应为 12 位数字，例如 102100099996", shown(text)),
            )),
        }
    }

    /// Tells when the last digit does not fit ISO 7064 MOD 11,10.
    ///
    /// Nearly all public codes fit it, but no document says that they must, so this is never a refusal.
    pub fn warning(&self) -> Option<String> {
        let mut digits = self.0.iter().map(|digit| char::from(*digit).to_digit(10).unwrap_or(0));
        let product = digits.by_ref().take(LENGTH - 1).fold(10_u32, |product, digit| {
            let sum = match product.saturating_add(digit).rem_euclid(10) {
                0 => 10,
                sum => sum,
            };
            sum.saturating_mul(2).rem_euclid(11)
        });
        let expected = 11_u32.saturating_sub(product).rem_euclid(10);
        let found = digits.next()?;
        (found != expected).then(|| {
            format!("bank code `{self}` ends in `{found}`, most codes like it would end in `{expected}`; check for a mistyped digit")
        })
    }
}

impl fmt::Display for BankCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always ASCII, so the fallback is never taken.
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for BankCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn real_codes_raise_no_warning() {
        for text in ["102100099996", "105100000017", "313491000232", "403100000004"] {
            let code = BankCode::parse(text).unwrap();
            assert_eq!((code.to_string().as_str(), code.warning()), (text, None));
        }
    }

    #[test]
    fn a_wrong_check_digit_only_warns() {
        let code = BankCode::parse("1021-0009-9995").unwrap();
        assert!(code.warning().unwrap().contains("end in `6`"));
    }

    #[test]
    fn what_is_not_twelve_digits_is_refused() {
        for text in ["", "10210009999", "1021000999966", "10210009999X", "一二三四"] {
            let invalid = BankCode::parse(text).unwrap_err();
            assert!(invalid.problem.contains("12 digits") && invalid.problem_zh.contains("12 位"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trip_with_one_right_check_digit(first in "[0-9]{11}") {
            let quiet = (0..10).filter(|digit| {
                let text = format!("{first}{digit}");
                let code = BankCode::parse(&text).unwrap();
                assert_eq!(code.to_string(), text);
                code.warning().is_none()
            });
            prop_assert_eq!(quiet.count(), 1);
        }

        #[test]
        fn never_panics(text in ".*") {
            drop(BankCode::parse(&text));
        }
    }
}
