//! The name under which a certificate or token makes somebody known.

use std::fmt;
use std::sync::Arc;

use super::{Invalid, shown};

const LONGEST: usize = 200;

/// The name of a principal (访问主体): the first URI SAN of a certificate, or the subject of a token, for example
/// `ipledger:bank:icbc-hebi:core-1`. 1 to 200 visible ASCII characters, compared as they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PrincipalName(Arc<str>);

impl PrincipalName {
    /// Reads a name; nothing is forgiven, since a certificate says it and the operator repeats it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && text.len() <= LONGEST {
            return Ok(Self(text.into()));
        }
        Err(Invalid::new(
            format!(
                "`{}` is not a principal's name; expected 1 to {LONGEST} visible ASCII characters, such as \
                 `ipledger:bank:icbc-hebi:core-1`",
                shown(text)
            ),
            format!(
                "“{}”不是有效的访问主体名称，应为 1 至 {LONGEST} 个可见 ASCII 字符，例如 ipledger:bank:icbc-hebi:core-1",
                shown(text)
            ),
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_visible_ascii() {
        for text in ["ipledger:bank:icbc-hebi:core-1", "a", "https://issuer.example/subject#1", &"x".repeat(200)] {
            assert_eq!(PrincipalName::parse(text).unwrap().as_str(), text);
        }
        for text in ["", " a", "a b", "a\n", "银行", "a\u{200B}", &"x".repeat(201)] {
            assert!(PrincipalName::parse(text).unwrap_err().problem.contains("principal's name"), "{text:?}");
        }
    }
}
