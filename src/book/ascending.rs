//! An ordered map whose keys come in ascending order, as those do that are made of sequences.
//!
//! A B-tree that grows at its end leaves each node behind half empty: with a loan's 400 bytes in every place, half of the
//! memory of a nation's book. Here the entries lie in full chunks, one behind the other. A key that comes late finds its
//! place too; that only costs more.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// How many entries a chunk has.
const CHUNK_ENTRIES: usize = 32;

/// The most entries for which room is made because a file says that so many come.
const TRUSTED_ENTRIES_MAX: usize = 1 << 20;

/// An ordered map that is filled from its end.
#[derive(Clone)]
pub struct Ascending<K, V> {
    /// The first key of each chunk, which is where a search begins.
    firsts: Vec<K>,
    chunks: Vec<Chunk<K, V>>,
    length: usize,
}

/// Keys and values apart: a search reads keys only.
#[derive(Clone)]
struct Chunk<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

/// Where a key is, or would be: chunk and place.
type Found = Result<(usize, usize), (usize, usize)>;

impl<K: Ord + Copy, V> Ascending<K, V> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { firsts: Vec::new(), chunks: Vec::new(), length: 0 }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn find(&self, key: &K) -> Found {
        let chunk = self.firsts.partition_point(|first| first <= key).saturating_sub(1);
        let place = self.chunks.get(chunk).map_or(Err(0), |chunk| chunk.keys.binary_search(key));
        place.map(|place| (chunk, place)).map_err(|place| (chunk, place))
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (chunk, place) = self.find(key).ok()?;
        self.chunks.get(chunk)?.values.get(place)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (chunk, place) = self.find(key).ok()?;
        self.chunks.get_mut(chunk)?.values.get_mut(place)
    }

    /// Whether there is a value of this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// Puts a value in, and gives the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((chunk, place)) => {
                let there = self.chunks.get_mut(chunk)?.values.get_mut(place)?;
                Some(std::mem::replace(there, value))
            }
            Err((chunk, place)) => {
                self.length = self.length.saturating_add(1);
                self.put(chunk, place, (key, value));
                None
            }
        }
    }

    fn put(&mut self, at: usize, place: usize, (key, value): (K, V)) {
        let Some(chunk) = self.chunks.get_mut(at) else { return self.begin(at, (key, value)) };
        if chunk.keys.len() < CHUNK_ENTRIES {
            chunk.keys.insert(place, key);
            chunk.values.insert(place, value);
        } else if place == CHUNK_ENTRIES {
            // The usual case: behind everything.
            return self.begin(at.saturating_add(1), (key, value));
        } else {
            let (keys, values) = (chunk.keys.split_off(place), chunk.values.split_off(place));
            chunk.keys.push(key);
            chunk.values.push(value);
            let next = at.saturating_add(1);
            self.firsts.splice(next..next, keys.first().copied());
            self.chunks.insert(next, Chunk { keys, values });
        }
        // It may be the smallest of its chunk.
        if let (Some(first), Some(chunk)) = (self.firsts.get_mut(at), self.chunks.get(at)) {
            *first = chunk.keys.first().copied().unwrap_or(key);
        }
    }

    fn begin(&mut self, at: usize, (key, value): (K, V)) {
        let mut chunk = Chunk { keys: Vec::with_capacity(CHUNK_ENTRIES), values: Vec::with_capacity(CHUNK_ENTRIES) };
        chunk.keys.push(key);
        chunk.values.push(value);
        self.firsts.insert(at, key);
        self.chunks.insert(at, chunk);
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (at, place) = self.find(key).ok()?;
        let chunk = self.chunks.get_mut(at)?;
        chunk.keys.remove(place);
        let value = chunk.values.remove(place);
        self.length = self.length.saturating_sub(1);
        if let Some(first) = chunk.keys.first() {
            self.firsts.splice(at..=at, [*first]);
        } else {
            self.firsts.remove(at);
            self.chunks.remove(at);
        }
        Some(value)
    }

    /// All entries, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.chunks.iter().flat_map(|chunk| chunk.keys.iter().zip(&chunk.values))
    }

    /// All entries, to change their values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.chunks.iter_mut().flat_map(|chunk| chunk.keys.iter().zip(&mut chunk.values))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.chunks.iter().flat_map(|chunk| &chunk.keys)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.chunks.iter().flat_map(|chunk| &chunk.values)
    }

    /// The values, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.chunks.iter_mut().flat_map(|chunk| &mut chunk.values)
    }

    /// The entries whose keys are in this range, in order.
    pub fn range(&self, range: impl RangeBounds<K>) -> impl Iterator<Item = (&K, &V)> {
        let (at, place) = match range.start_bound() {
            Bound::Unbounded => (0, 0),
            Bound::Included(key) => self.find(key).unwrap_or_else(|would| would),
            Bound::Excluded(key) => {
                self.find(key).map_or_else(|would| would, |(chunk, place)| (chunk, place.saturating_add(1)))
            }
        };
        let end = range.end_bound().cloned();
        let is_within = move |key: &K| match end {
            Bound::Unbounded => true,
            Bound::Included(last) => *key <= last,
            Bound::Excluded(end) => *key < end,
        };
        let chunks = self.chunks.iter().skip(at);
        let entries = chunks.flat_map(|chunk| chunk.keys.iter().zip(&chunk.values)).skip(place);
        entries.take_while(move |(key, _)| is_within(key))
    }
}

impl<K: Ord + Copy, V> Default for Ascending<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Ascending<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut map = Self::new();
        map.extend(iter);
        map
    }
}

impl<K: Ord + Copy, V> Extend<(K, V)> for Ascending<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        for (key, value) in iter {
            self.insert(key, value);
        }
    }
}

impl<'a, K: Ord + Copy, V> IntoIterator for &'a Ascending<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// How it is divided does not count.
impl<K: Ord + Copy, V: PartialEq> PartialEq for Ascending<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.iter().eq(other.iter())
    }
}

impl<K: Ord + Copy, V: Eq> Eq for Ascending<K, V> {}

/// As the map that it is: the digest of a book must not tell how it is divided.
impl<K: Ord + Copy + fmt::Debug, V: fmt::Debug> fmt::Debug for Ascending<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord + Copy + Serialize, V: Serialize> Serialize for Ascending<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.length))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K: Ord + Copy + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Ascending<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Ord + Copy + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = Ascending<K, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut read = Ascending::new();
                let chunks = map.size_hint().unwrap_or(0).min(TRUSTED_ENTRIES_MAX).div_ceil(CHUNK_ENTRIES);
                read.firsts.reserve(chunks);
                read.chunks.reserve(chunks);
                while let Some((key, value)) = map.next_entry()? {
                    read.insert(key, value);
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

    use proptest::prelude::*;

    use super::*;

    fn same(one: &Ascending<u16, u32>, other: &BTreeMap<u16, u32>) {
        assert!(one.iter().eq(other.iter()));
        assert!(one.iter().rev().eq(other.iter().rev()));
        assert!(one.keys().eq(other.keys()) && one.values().eq(other.values()));
        assert_eq!((one.len(), one.is_empty()), (other.len(), other.is_empty()));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        let bytes = postcard::to_stdvec(one).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(other).unwrap(), "the same in a snapshot");
        assert_eq!(postcard::from_bytes::<Ascending<u16, u32>>(&bytes).unwrap(), *one);
    }

    #[test]
    fn chunks_are_full_when_keys_come_in_order() {
        let map: Ascending<u16, u32> = (0..1_000).map(|key| (key, u32::from(key))).collect();
        assert_eq!(map.chunks.len(), 1_000_usize.div_ceil(CHUNK_ENTRIES));
        assert!(map.chunks.iter().all(|chunk| chunk.values.capacity() == CHUNK_ENTRIES));
        same(&map, &(0..1_000).map(|key| (key, u32::from(key))).collect());
    }

    proptest! {
        #[test]
        fn it_is_an_ordered_map(
            changes in prop::collection::vec((0_u16..300, any::<u32>(), 0_u8..10), 0..600),
            (from, to) in (0_u16..310, 0_u16..310),
        ) {
            let (mut one, mut other) = (Ascending::new(), BTreeMap::new());
            for (key, value, what) in changes {
                if what == 0 {
                    prop_assert_eq!(one.remove(&key), other.remove(&key));
                } else if what == 1 {
                    prop_assert_eq!(one.get_mut(&key).map(|found| *found = value), other.get_mut(&key).map(|found| *found = value));
                } else {
                    prop_assert_eq!(one.insert(key, value), other.insert(key, value));
                }
            }
            same(&one, &other);
            for key in 0..310 {
                prop_assert_eq!(one.get(&key), other.get(&key));
                prop_assert_eq!(one.contains_key(&key), other.contains_key(&key));
            }
            let (from, to) = (from.min(to), from.max(to));
            prop_assert!(one.range(from..to).eq(other.range(from..to)));
            prop_assert!(one.range(from..=to).eq(other.range(from..=to)));
            prop_assert!(one.range(..to).eq(other.range(..to)));
            let behind = (Bound::Excluded(from), Bound::Unbounded);
            prop_assert!(one.range(behind).eq(other.range(behind)));
        }
    }
}
