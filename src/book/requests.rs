//! The request ids (请求编号) that were answered, for ever: the one table that grows with every entry.
//!
//! What a start has read from a snapshot is *settled*: one sorted array, shared by every book of the process. What came
//! since is a small map beside it. Two tables are equal when they hold the same, however it is divided.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identifier::{RequestId, Sequence};

/// Which entry answered a request. Whether another request with the id is the same one is for the entry to say, which keeps
/// the digest of the request's bytes: here it would be half of the table.
pub(super) type Answered = Sequence;

/// Every answered request.
#[derive(Clone, Default)]
pub(super) struct Requests {
    /// Sorted by id.
    settled: Arc<Vec<(RequestId, Answered)>>,
    /// None of them settled.
    recent: BTreeMap<RequestId, Answered>,
}

impl Requests {
    pub(super) fn insert(&mut self, id: RequestId, answered: Answered) {
        self.recent.insert(id, answered);
    }

    pub(super) fn get(&self, id: &RequestId) -> Option<Answered> {
        let settled = || {
            let found = self.settled.binary_search_by(|(known, _)| known.cmp(id)).ok()?;
            self.settled.get(found).map(|(_, answered)| *answered)
        };
        self.recent.get(id).copied().or_else(settled)
    }

    fn len(&self) -> usize {
        self.settled.len().saturating_add(self.recent.len())
    }

    /// All of them, sorted by id.
    fn iter(&self) -> impl Iterator<Item = (RequestId, Answered)> {
        let recent = self.recent.iter().map(|(id, answered)| (*id, *answered));
        Merged { one: self.settled.iter().copied().peekable(), other: recent.peekable() }
    }
}

/// Two sorted sequences as one.
struct Merged<A: Iterator, B: Iterator> {
    one: Peekable<A>,
    other: Peekable<B>,
}

impl<A, B> Iterator for Merged<A, B>
where
    A: Iterator<Item = (RequestId, Answered)>,
    B: Iterator<Item = (RequestId, Answered)>,
{
    type Item = (RequestId, Answered);

    fn next(&mut self) -> Option<Self::Item> {
        let one_first = match (self.one.peek(), self.other.peek()) {
            (Some((one, _)), Some((other, _))) => one < other,
            (one, _) => one.is_some(),
        };
        if one_first { self.one.next() } else { self.other.next() }
    }
}

impl PartialEq for Requests {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

/// As the map that it is: the digest of a book must not tell how the table is divided.
impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Requests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        for (id, entry) in self.iter() {
            sequence.serialize_element(&(id.bytes(), entry))?;
        }
        sequence.end()
    }
}

impl<'de> Deserialize<'de> for Requests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Requests;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("request ids in ascending order")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Requests, A::Error> {
                // What a file says of its length is believed up to a point; the rest grows as it comes.
                let mut settled = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1 << 20));
                let mut last = None;
                while let Some((id, entry)) = seq.next_element::<([u8; 16], Sequence)>()? {
                    let id = RequestId::from_bytes(id).filter(|id| last.is_none_or(|last| last < *id));
                    let id = id.ok_or_else(|| A::Error::custom("the request ids are not in ascending order"))?;
                    last = Some(id);
                    settled.push((id, entry));
                }
                Ok(Requests { settled: Arc::new(settled), recent: BTreeMap::new() })
            }
        }
        deserializer.deserialize_seq(Table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ids: impl IntoIterator<Item = u8>) -> Requests {
        let mut table = Requests::default();
        for id in ids {
            table.insert(RequestId::from_bytes([id; 16]).unwrap(), Sequence::new(id.into()));
        }
        table
    }

    fn read_back(table: &Requests) -> Requests {
        postcard::from_bytes(&postcard::to_stdvec(table).unwrap()).unwrap()
    }

    #[test]
    fn a_table_is_the_same_however_it_is_divided() {
        let whole = table(1..=20);
        let mut divided = read_back(&table((1..=20).step_by(3)));
        for id in (1..=20).filter(|id| (id - 1) % 3 != 0) {
            divided.insert(RequestId::from_bytes([id; 16]).unwrap(), Sequence::new(id.into()));
        }
        assert_eq!(divided, whole);
        assert_eq!(format!("{divided:?}"), format!("{whole:?}"));
        assert_eq!(read_back(&divided), whole);
        for id in 1..=21 {
            let id = RequestId::from_bytes([id; 16]).unwrap();
            assert_eq!(divided.get(&id), whole.get(&id));
            assert_eq!(divided.get(&id).is_some(), id.bytes() < [21; 16]);
        }
        assert_ne!(table(1..=2), table(2..=3));
    }

    #[test]
    fn ids_out_of_order_are_not_taken() {
        let element = |id: u8| ([id; 16], Sequence::FIRST);
        for ids in [[2, 1], [1, 1], [0, 1]] {
            let bytes = postcard::to_stdvec(&ids.map(element).to_vec()).unwrap();
            assert!(postcard::from_bytes::<Requests>(&bytes).is_err(), "{ids:?}");
        }
    }
}
