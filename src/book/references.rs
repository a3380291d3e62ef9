//! A bank's references of the payments on a loan: each is recorded once.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identifier::word::Word;

/// A set of texts, sorted. A loan has a handful, and a nation has millions of loans: nothing is kept in reserve.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct References(Vec<Word>);

impl References {
    /// Whether it is there.
    pub fn contains(&self, reference: &str) -> bool {
        self.place(reference).is_ok()
    }

    /// Puts it in; `false` when it was there.
    pub fn insert(&mut self, reference: &str) -> bool {
        let Err(place) = self.place(reference) else { return false };
        self.0.reserve_exact(1);
        self.0.insert(place, reference.into());
        true
    }

    /// Takes it out; `false` when it was not there.
    pub fn remove(&mut self, reference: &str) -> bool {
        let Ok(place) = self.place(reference) else { return false };
        self.0.remove(place);
        true
    }

    fn place(&self, reference: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|one| one.as_bytes().cmp(reference.as_bytes()))
    }
}

impl fmt::Debug for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(Word::as_str)).finish()
    }
}

impl Serialize for References {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Word::as_str))
    }
}

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut texts = Vec::<Word>::deserialize(deserializer)?;
        texts.sort_unstable();
        texts.dedup();
        texts.shrink_to_fit();
        Ok(Self(texts))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_a_set() {
        let (mut one, mut other) = (References::default(), BTreeSet::new());
        for text in ["b", "a", "还本-2024-06", "b", "a text that is longer than a word in place has room for"] {
            assert_eq!(one.insert(text), other.insert(text.to_owned()));
        }
        assert!(other.iter().all(|text| one.contains(text)) && !one.contains("c"));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        let bytes = postcard::to_stdvec(&one).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(&other).unwrap(), "the same in a snapshot");
        assert_eq!(postcard::from_bytes::<References>(&bytes).unwrap(), one);
        assert!(one.remove("a") && !one.remove("a") && one.contains("b"));
    }
}
