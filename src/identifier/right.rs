//! The right that secures a loan (质押权利).

use std::fmt;

use super::{Invalid, PatentKind, PatentNumber, RegisteredText, Trademark, half_width, shown};

/// The kinds of intellectual property that can be pledged (知识产权类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum RightKind {
    /// 专利.
    Patent,
    /// 商标.
    Trademark,
    /// 著作权.
    Copyright,
    /// Another registered right, such as a layout design (集成电路布图设计) or data rights (数据知识产权).
    Other,
}

impl RightKind {
    /// Every kind, in order.
    pub const ALL: [Self; 4] = [Self::Patent, Self::Trademark, Self::Copyright, Self::Other];

    /// The word of the kind, as in rulebooks and in [`RightId`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patent => "patent",
            Self::Trademark => "trademark",
            Self::Copyright => "copyright",
            Self::Other => "other",
        }
    }

    /// The Chinese term.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Patent => "专利",
            Self::Trademark => "商标",
            Self::Copyright => "著作权",
            Self::Other => "其他知识产权",
        }
    }

    /// Reads the word of a kind.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| {
            Invalid::new(
                format!("`{}` is not a kind of right; expected patent, trademark, copyright or other", shown(text)),
                format!("“{}”不是有效的知识产权类型，应为 patent、trademark、copyright 或 other", shown(text)),
            )
        })
    }
}

impl fmt::Display for RightKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One pledged right, written `patent:202011156730.2`, `trademark:12345678/9`, `copyright:…` or `other:…`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum RightId {
    /// 专利.
    Patent(PatentNumber),
    /// 商标, one class of one registration.
    Trademark(Trademark),
    /// 著作权.
    Copyright(RegisteredText),
    /// Another registered right.
    Other(RegisteredText),
}

impl RightId {
    /// Reads `KIND:NUMBER`; the number is forgiven as by its own type.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = half_width(text);
        let Some((kind, number)) = plain.split_once(':') else {
            return Err(Invalid::new(
                format!(
                    "`{}` is not a right; write its kind, a colon and its number, such as `patent:202011156730.2`",
                    shown(text)
                ),
                format!("“{}”不是有效的质押权利，请写类型、冒号和号码，例如 patent:202011156730.2", shown(text)),
            ));
        };
        Ok(match RightKind::parse(kind.trim())? {
            RightKind::Patent => Self::Patent(PatentNumber::parse(number)?),
            RightKind::Trademark => Self::Trademark(Trademark::parse(number)?),
            RightKind::Copyright => Self::Copyright(RegisteredText::parse(number)?),
            RightKind::Other => Self::Other(RegisteredText::parse(number)?),
        })
    }

    /// What kind of right it is.
    pub fn kind(&self) -> RightKind {
        match self {
            Self::Patent(_) => RightKind::Patent,
            Self::Trademark(_) => RightKind::Trademark,
            Self::Copyright(_) => RightKind::Copyright,
            Self::Other(_) => RightKind::Other,
        }
    }

    /// What kind of patent it is; `None` for any other right.
    pub fn patent_kind(&self) -> Option<PatentKind> {
        match self {
            Self::Patent(number) => Some(number.kind()),
            Self::Trademark(_) | Self::Copyright(_) | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for RightId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind())?;
        match self {
            Self::Patent(number) => write!(f, "{number}"),
            Self::Trademark(right) => write!(f, "{right}"),
            Self::Copyright(number) | Self::Other(number) => write!(f, "{number}"),
        }
    }
}

impl fmt::Debug for RightId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_has_one_spelling() {
        for (text, canonical, kind) in [
            ("patent: ZL202011156730.2", "patent:202011156730.2", RightKind::Patent),
            ("trademark：12345678/09", "trademark:12345678/9", RightKind::Trademark),
            ("copyright:软著登字第1234567号", "copyright:软著登字第1234567号", RightKind::Copyright),
            ("other:BS.20:5", "other:BS.20:5", RightKind::Other),
        ] {
            let right = RightId::parse(text).unwrap();
            assert_eq!((right.to_string().as_str(), right.kind()), (canonical, kind));
        }
    }

    #[test]
    fn the_message_names_the_part_that_is_wrong() {
        let problem = |text| RightId::parse(text).unwrap_err().problem;
        assert!(problem("202011156730.2").contains("such as `patent:202011156730.2`"));
        assert!(problem("song:1").contains("`song` is not a kind of right"));
        assert!(problem("patent:201820468923.4").contains("expected `3`"));
        assert!(problem("trademark:12345678/46").contains("1 to 45"));
        assert!(problem("copyright:").contains("registration number"));
        assert!(RightId::parse("song:1").unwrap_err().problem_zh.contains("知识产权类型"));
    }

    proptest! {
        #[test]
        fn round_trip(text in "(copyright|other):[\\PC]{1,40}|trademark:G?[1-9][0-9]{0,7}/[1-9]") {
            if let Ok(right) = RightId::parse(&text) {
                prop_assert_eq!(RightId::parse(&right.to_string()), Ok(right));
            }
        }

        #[test]
        fn never_panics(text in "(patent|trademark|copyright|other)?:?.*") {
            drop(RightId::parse(&text));
        }
    }
}
