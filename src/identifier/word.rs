//! A short text: an identifier, a code, a name, an amount.
//!
//! An application's explanation has some fifty of them. As strings of their own they were most of the work of deciding,
//! reading and writing an entry; here almost all are copied with the structure that they stand in. Nor are they counted
//! references: the threads of an audit spent more on the counts of shared names than on anything else.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest text, in bytes, that needs no memory of its own. Chosen so that a word takes 24 bytes, as a string does.
const INLINE_BYTES: usize = 22;

/// A text that is cheap to copy. Two are equal when their texts are.
#[derive(Clone)]
pub struct Word(Kept);

#[derive(Clone)]
enum Kept {
    /// A text of the program.
    Fixed(&'static str),
    /// A short one.
    Inline(u8, [u8; INLINE_BYTES]),
    /// A longer one, shared by its copies.
    Shared(Arc<str>),
}

impl Word {
    /// A text of the program.
    pub const fn fixed(text: &'static str) -> Self {
        Self(Kept::Fixed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Fixed(text) => text,
            // What was taken from a text is one.
            Kept::Inline(..) => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Kept::Shared(text) => text,
        }
    }

    /// The bytes of the text, at less cost than the text.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Fixed(text) => text.as_bytes(),
            Kept::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Kept::Shared(text) => text.as_bytes(),
        }
    }

    fn inline(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; INLINE_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self(Kept::Inline(u8::try_from(text.len()).ok()?, bytes)))
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::fixed("")
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::inline(text).unwrap_or_else(|| Self(Kept::Shared(text.into())))
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // The rest is zero in both.
            (Kept::Inline(one, bytes), Kept::Inline(other, others)) => one == other && bytes == others,
            (Kept::Fixed(_) | Kept::Inline(..) | Kept::Shared(_), _) => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Word {}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the bytes, which is the order of the texts.
impl Ord for Word {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            // A shorter text ends in zeros, and no character is smaller; of two that only end in zeros the shorter is.
            (Kept::Inline(one, bytes), Kept::Inline(other, others)) => bytes.cmp(others).then(one.cmp(other)),
            (Kept::Fixed(_) | Kept::Inline(..) | Kept::Shared(_), _) => self.as_bytes().cmp(other.as_bytes()),
        }
    }
}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Word;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_str<E: Error>(self, v: &str) -> Result<Word, E> {
                Ok(v.into())
            }
        }
        deserializer.deserialize_string(Text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// As a string.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_its_text_however_it_is_kept() {
        let long = "第十三条第二款第（一）项第1目";
        for text in ["", "gate", "1234567890123456789012", "12345678901234567890123", "办法第三条", long] {
            let (word, string) = (Word::from(text), text.to_owned());
            assert_eq!(word.as_str(), text);
            assert_eq!((word.to_string(), format!("{word:?}")), (string.clone(), format!("{string:?}")));
            assert_eq!(word, Word::from(string));
            assert!(word != *"other" && word.cmp(&Word::fixed("龥")).is_lt());
        }
        assert_eq!(Word::fixed("gate"), Word::from("gate"));
        assert_eq!(size_of::<Word>(), size_of::<String>());
    }

    #[test]
    fn words_are_in_the_order_of_their_texts() {
        let long = "一".repeat(9);
        let mut texts = ["", "a", "a\0", "a\0b", "ab", "b", "1234567890123456789012", "1234567890123456789012a", &long];
        texts.sort_unstable();
        for (place, one) in texts.iter().enumerate() {
            for (other_place, other) in texts.iter().enumerate() {
                assert_eq!(Word::from(*one).cmp(&Word::from(*other)), place.cmp(&other_place), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_word_is_kept_as_its_text() {
        for text in ["", "gate", &"办法".repeat(9)] {
            let bytes = postcard::to_stdvec(&Word::from(text)).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(text).unwrap());
            assert_eq!(postcard::from_bytes::<Word>(&bytes).unwrap(), *text);
        }
    }
}
