//! Ids that the ledger gives: the sequence number of the entry that created the thing, with its word before it.

use std::fmt;

use super::{Invalid, shown};

/// The place of an entry in the journal (序号), counted from 1 without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Sequence(u64);

impl Sequence {
    /// The first entry of a journal.
    pub const FIRST: Self = Self(1);

    /// The place with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The place after this one. 2^64 entries cannot be reached, so this never stands still.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number in `WORD-NUMBER`: from 1, without leading zeros, so that each id has one spelling.
fn number_after(word: &str, text: &str) -> Option<u64> {
    let digits = text.strip_prefix(word)?.strip_prefix('-')?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

macro_rules! numbered {
    ($($(#[$documentation:meta])+ $name:ident, $word:literal, $chinese:literal;)+) => {$(
        $(#[$documentation])+
        ///
        /// The number is the sequence of the entry that created it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The id of what the entry at `sequence` creates.
            pub const fn created_by(sequence: Sequence) -> Self {
                Self(sequence.value())
            }

            /// The number.
            pub const fn number(self) -> u64 {
                self.0
            }

            #[doc = concat!("Reads `", $word, "-42`.")]
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                number_after($word, text).map(Self).ok_or_else(|| Invalid::new(
                    format!(concat!("`{}` is not a ", $word, " id; expected one such as `", $word, "-42`"), shown(text)),
                    format!(concat!("“{}”不是有效的", $chinese, "编号，应形如 ", $word, "-42"), shown(text)),
                ))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($word, "-{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

numbered! {
    /// A filed loan (贷款): `loan-42`.
    LoanId, "loan", "贷款";
    /// A subsidy application (补贴申请): `application-42`.
    ApplicationId, "application", "补贴申请";
    /// A claim on the pool (补偿申请): `claim-42`.
    ClaimId, "claim", "补偿申请";
    /// A recovery after compensation (追偿回款): `recovery-42`.
    RecoveryId, "recovery", "追偿";
    /// A clawback of a paid subsidy (补贴追回): `clawback-42`.
    ClawbackId, "clawback", "补贴追回";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_word_has_its_own_type() {
        assert_eq!(LoanId::new(42).to_string(), "loan-42");
        assert_eq!(ApplicationId::new(42).to_string(), "application-42");
        assert_eq!(ClaimId::new(42).to_string(), "claim-42");
        assert_eq!(RecoveryId::new(42).to_string(), "recovery-42");
        assert_eq!(ClawbackId::new(42).to_string(), "clawback-42");
        assert_eq!(LoanId::created_by(Sequence::FIRST.next()).number(), 2);
    }

    #[test]
    fn one_id_has_one_spelling() {
        for text in [
            "",
            "loan",
            "loan-",
            "loan-0",
            "loan-042",
            "loan-+4",
            "loan--4",
            "Loan-42",
            "claim-42",
            "42",
            "loan-18446744073709551616",
        ] {
            let invalid = LoanId::parse(text).unwrap_err();
            assert!(invalid.problem.contains("expected one such as `loan-42`"), "{text}");
            assert!(invalid.problem_zh.contains("不是有效的贷款编号"));
        }
    }

    proptest! {
        #[test]
        fn round_trip(number in 1_u64..) {
            let id = ClaimId::new(number);
            prop_assert_eq!(ClaimId::parse(&id.to_string()), Ok(id));
        }

        #[test]
        fn never_panics(text in "(loan-)?.*") {
            drop(LoanId::parse(&text));
        }
    }
}
