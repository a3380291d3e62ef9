//! The request ids (请求编号) that were answered, for ever: the one table that grows with every entry.
//!
//! Twenty-four bytes for each, and nothing of what was asked.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::chunked::{Chunked, Made};
use crate::identifier::{RequestId, Sequence};

/// Which entry answered a request. Whether another request with the id is the same one is for the entry to say, which keeps
/// the digest of the request's bytes: here it would be half of the table.
pub(crate) type Answered = Sequence;

/// Every answered request.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Requests(Chunked<RequestId, Answered, CHUNK_ENTRIES>);

/// Ids come in any order, so a chunk is seldom full: large ones keep the tree above them small.
const CHUNK_ENTRIES: usize = 256;

impl Requests {
    pub(super) fn insert(&mut self, id: RequestId, answered: Answered) {
        self.0.insert(id, answered);
    }

    pub(super) fn get(&self, id: &RequestId) -> Option<Answered> {
        self.0.get(id).copied()
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Requests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for (id, entry) in self.0.iter() {
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
                let (mut made, mut last) = (Made::new(), None);
                while let Some((id, entry)) = seq.next_element::<([u8; 16], Sequence)>()? {
                    let id = RequestId::from_bytes(id).filter(|id| last.is_none_or(|last| last < *id));
                    let id = id.ok_or_else(|| A::Error::custom("the request ids are not in ascending order"))?;
                    last = Some(id);
                    made.push(id, entry);
                }
                Ok(Requests(made.finish()))
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
