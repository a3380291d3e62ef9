//! Names that the operator gives: short lower-case words such as `nanshan-branch` or `440305`.

use std::fmt;

use super::word::Word;
use super::{Invalid, shown};

/// `[a-z0-9][a-z0-9._-]{0,63}`
fn is_slug(text: &[u8]) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.first().is_some_and(|first| word(*first))
        && text.iter().all(|byte| word(*byte) || matches!(byte, b'.' | b'_' | b'-'))
        && text.len() <= 64
}

fn not_a_slug(text: &str, what: &str, what_zh: &str) -> Invalid {
    Invalid::new(
        format!(
            "`{}` is not a {what}; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first",
            shown(text)
        ),
        format!(
            "“{}”不是有效的{what_zh}，应为 1 至 64 位小写字母、数字、点、下划线或连字符，且以字母或数字开头",
            shown(text)
        ),
    )
}

macro_rules! slugs {
    ($($(#[$documentation:meta])+ $name:ident, $what:literal, $what_zh:literal;)+) => {$(
        $(#[$documentation])+
        ///
        /// `[a-z0-9][a-z0-9._-]{0,63}`, taken exactly as written; cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "Word")]
        pub struct $name(Word);

        impl TryFrom<Word> for $name {
            type Error = &'static str;

            fn try_from(text: Word) -> Result<Self, Self::Error> {
                if is_slug(text.as_bytes()) { Ok(Self(text)) } else { Err(concat!("a text that is not a ", $what)) }
            }
        }

        impl $name {
            /// Reads a name; nothing is forgiven, since the operator chose it.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                if is_slug(text.as_bytes()) { Ok(Self(text.into())) } else { Err(not_a_slug(text, $what, $what_zh)) }
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
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

slugs! {
    /// An institution (机构): bank, guarantor, insurer, agency.
    InstitutionId, "institution id", "机构标识";
    /// A person who acts for an institution (经办人).
    PersonId, "person id", "人员标识";
    /// A risk compensation pool (风险补偿资金池).
    PoolId, "pool id", "资金池标识";
    /// A line of the budget (预算项目).
    BudgetLineId, "budget line id", "预算项目标识";
    /// A subsidy programme (补贴项目).
    ProgrammeId, "programme id", "补贴项目标识";
    /// A rulebook (政策规则), all its versions.
    RulebookId, "rulebook id", "规则标识";
    /// A clause of a rulebook (条款), named in every decision.
    ClauseId, "clause id", "条款标识";
    /// A cap (限额) whose use is counted.
    CapId, "cap id", "限额标识";
    /// A reference-rate series (基准利率序列) that a rulebook names.
    SeriesId, "series id", "利率序列标识";
    /// A standing limit of a rulebook (比例限制) on one stated amount by another.
    LimitId, "limit id", "限制标识";
    /// A word of a rulebook: a class, a mode, a product, a trait (政策用词).
    Tag, "word of a rulebook", "政策用词";
    /// A body that pays into a pool or a budget line (出资方).
    FunderId, "funder id", "出资方标识";
    /// A district (行政区): the six-digit code of GB/T 2260, or a name.
    District, "district", "行政区标识";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_taken_exactly_as_written() {
        for text in ["a", "440305", "sz-2024.v1_b", &"x".repeat(64)] {
            assert_eq!(PoolId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "-a", ".a", "_a", "A", "a b", "a\n", "ａ", "南山", "a/b", &"x".repeat(65)] {
            assert!(PoolId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_message_names_the_kind_of_id() {
        let invalid = BudgetLineId::parse("IP 2024").unwrap_err();
        assert!(invalid.problem.starts_with("`IP 2024` is not a budget line id"));
        assert!(invalid.problem_zh.contains("不是有效的预算项目标识"));
        assert!(District::parse("").unwrap_err().problem.contains("not a district"));
    }

    proptest! {
        #[test]
        fn round_trip(text in "[a-z0-9][a-z0-9._-]{0,63}") {
            prop_assert_eq!(ClauseId::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn never_panics(text in "(?s).*") {
            drop(InstitutionId::parse(&text));
        }
    }
}
