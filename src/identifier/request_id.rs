//! Request id: the UUID under which a client sends a command, so that a repeat is recognised.

use std::cmp::Ordering;
use std::fmt;

use uuid::Uuid;

use super::{Invalid, shown};

/// A UUID of any version but nil, chosen by the client once per command and kept through its retries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// Reads 8-4-4-4-12 hexadecimal digits, upper or lower case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const HYPHENATED: usize = 36; // the crate would also take braces, a urn and no hyphens
        let parsed = if text.len() == HYPHENATED { Uuid::try_parse(text).ok() } else { None };
        let Some(uuid) = parsed else {
            return Err(Invalid::new(
                format!(
                    "`{}` is not a request id; expected a UUID such as `6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21`",
                    shown(text)
                ),
                format!("“{}”不是有效的请求编号，应为 UUID，例如 6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21", shown(text)),
            ));
        };
        Self::from_bytes(uuid.into_bytes()).ok_or_else(|| {
            Invalid::new(
                format!("`{text}` is the nil UUID; make a new random one for each command"),
                format!("“{text}”是空 UUID，请为每个请求生成新的随机 UUID"),
            )
        })
    }

    /// The id from its 16 bytes, or nothing for the nil UUID.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// The 16 bytes: the form on disk.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl PartialOrd for RequestId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the bytes, as a number: see [`Uscc`](super::Uscc).
impl Ord for RequestId {
    fn cmp(&self, other: &Self) -> Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

/// The canonical form, lower case with hyphens.
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Uuid::from_bytes(self.0).hyphenated())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CANONICAL: &str = "6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21";

    #[test]
    fn case_does_not_make_two_requests() {
        let id = RequestId::parse(&CANONICAL.to_uppercase()).unwrap();
        assert_eq!(id, RequestId::parse(CANONICAL).unwrap());
        assert_eq!(id.to_string(), CANONICAL);
    }

    #[test]
    fn only_the_hyphenated_form_is_taken() {
        for text in [
            "",
            "6f0e4c9a52d44d0b9c570d6f1c8a7b21",
            "{6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21}",
            "6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b2g",
            "6f0e4c9a52d4-4d0b-9c57-0d6f-1c8a7b21",
            "请求请求请求请求请求请求",
        ] {
            let invalid = RequestId::parse(text).unwrap_err();
            assert!(invalid.problem.contains("expected a UUID") && invalid.problem_zh.contains("应为 UUID"), "{text}");
        }
    }

    #[test]
    fn nil_is_refused() {
        let invalid = RequestId::parse("00000000-0000-0000-0000-000000000000").unwrap_err();
        assert!(invalid.problem.contains("nil UUID"));
        assert_eq!(RequestId::from_bytes([0; 16]), None);
    }

    proptest! {
        #[test]
        fn round_trip(bytes in proptest::array::uniform16(1_u8..)) {
            let id = RequestId::from_bytes(bytes).unwrap();
            prop_assert_eq!(RequestId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(RequestId::from_bytes(id.bytes()), Some(id));
        }

        #[test]
        fn never_panics(text in "(?s).{0,40}") {
            drop(RequestId::parse(&text));
        }
    }
}
