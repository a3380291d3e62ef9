//! What was used of each invoice, recorded payment and document (凭据), by its key.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::application::Evidence;
use super::chunked::Chunked;
use super::nouns::EvidenceKey;
use crate::identifier::Sequence;

/// An ordered map. Recorded payments, of which there are most by far, come in the order of the journal and are kept apart.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EvidenceUse {
    payments: Chunked<Sequence, Evidence>,
    others: Chunked<EvidenceKey, Evidence>,
}

impl EvidenceUse {
    /// What was used of this.
    pub fn get(&self, key: &EvidenceKey) -> Option<&Evidence> {
        match key {
            EvidenceKey::InterestPayment(entry) => self.payments.get(entry),
            EvidenceKey::Invoice(_) | EvidenceKey::Document(_) => self.others.get(key),
        }
    }

    /// The same, to change.
    pub fn get_mut(&mut self, key: &EvidenceKey) -> Option<&mut Evidence> {
        match key {
            EvidenceKey::InterestPayment(entry) => self.payments.get_mut(entry),
            EvidenceKey::Invoice(_) | EvidenceKey::Document(_) => self.others.get_mut(key),
        }
    }

    /// The same; put in with what `new` gives where it is not there.
    pub fn get_or_insert_with(&mut self, key: &EvidenceKey, new: impl FnOnce() -> Evidence) -> Option<&mut Evidence> {
        if self.get(key).is_none() {
            self.insert(key.clone(), new());
        }
        self.get_mut(key)
    }

    /// Whether anything is known of it.
    pub fn contains_key(&self, key: &EvidenceKey) -> bool {
        self.get(key).is_some()
    }

    /// Puts it in, and gives what was there.
    pub fn insert(&mut self, key: EvidenceKey, evidence: Evidence) -> Option<Evidence> {
        match key {
            EvidenceKey::InterestPayment(entry) => self.payments.insert(entry, evidence),
            EvidenceKey::Invoice(_) | EvidenceKey::Document(_) => self.others.insert(key, evidence),
        }
    }

    /// Takes it out.
    pub fn remove(&mut self, key: &EvidenceKey) -> Option<Evidence> {
        match key {
            EvidenceKey::InterestPayment(entry) => self.payments.remove(entry),
            EvidenceKey::Invoice(_) | EvidenceKey::Document(_) => self.others.remove(key),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.payments.len().saturating_add(self.others.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (EvidenceKey, &Evidence)> {
        let first = EvidenceKey::InterestPayment(Sequence::new(0));
        let owned = |(key, evidence): (&EvidenceKey, _)| (key.clone(), evidence);
        let payments = self.payments.iter().map(|(entry, evidence)| (EvidenceKey::InterestPayment(*entry), evidence));
        let (before, behind) = (self.others.range(..first.clone()), self.others.range(first..));
        before.map(owned).chain(payments).chain(behind.map(owned))
    }
}

/// As the map that it is: the digest of a book must not tell how it is divided.
impl fmt::Debug for EvidenceUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for EvidenceUse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, evidence) in self.iter() {
            map.serialize_entry(&key, evidence)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for EvidenceUse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries(PhantomData<EvidenceUse>);
        impl<'de> Visitor<'de> for Entries {
            type Value = EvidenceUse;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of evidence")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EvidenceUse, A::Error> {
                let mut read = EvidenceUse::default();
                while let Some((key, evidence)) = map.next_entry()? {
                    read.insert(key, evidence);
                }
                Ok(read)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::identifier::{InvoiceNumber, RegisteredText};
    use crate::money::Amount;

    #[test]
    fn it_is_the_ordered_map_of_its_keys() {
        let evidence = |yuan| Evidence {
            total: Amount::from_yuan(yuan),
            used: Amount::ZERO,
            cancelled: Amount::ZERO,
            loan: None,
            paid_on: None,
            period: None,
        };
        let keys = [
            EvidenceKey::Document(RegisteredText::parse("证书-1").unwrap()),
            EvidenceKey::InterestPayment(Sequence::new(7)),
            EvidenceKey::Invoice(InvoiceNumber::parse("00000000000000000001").unwrap()),
            EvidenceKey::InterestPayment(Sequence::new(3)),
        ];
        let (mut one, mut other) = (EvidenceUse::default(), BTreeMap::new());
        for (key, yuan) in keys.iter().zip(1..) {
            assert_eq!(one.insert(key.clone(), evidence(yuan)), other.insert(key.clone(), evidence(yuan)));
        }
        let pairs: Vec<_> = other.iter().map(|(key, evidence)| (key.clone(), evidence)).collect();
        assert_eq!(one.iter().collect::<Vec<_>>(), pairs);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        let bytes = postcard::to_stdvec(&one).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(&other).unwrap(), "the same in a snapshot");
        assert_eq!(postcard::from_bytes::<EvidenceUse>(&bytes).unwrap(), one);
        for key in &keys {
            assert!(one.contains_key(key) && one.get(key) == other.get(key));
            assert_eq!(one.get_or_insert_with(key, || evidence(0)).cloned(), other.get(key).cloned());
            assert_eq!(one.remove(key), other.remove(key));
            assert_eq!(one.len(), other.len());
        }
        assert!(one.is_empty());
    }
}
