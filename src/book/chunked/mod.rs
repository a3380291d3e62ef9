//! An ordered map in chunks, which copies of it share until one of them changes.
//!
//! The state of a nation has tens of millions of loans, rights, request ids. In a B-tree each of them is moved whenever the
//! state is copied; here a copy takes over the chunks, a few nanoseconds for each, and a chunk is copied when it is
//! changed while another map still has it. So a snapshot is written from a copy of the running state, and nobody waits.
//!
//! Keys that come in ascending order, as those do that are made of sequences, fill their chunks; a B-tree that grows at its
//! end leaves each node behind half empty. A full chunk that gets a key in its middle is divided.

use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

#[cfg(test)]
mod tests;

/// How many entries a chunk has, unless told.
const CHUNK_ENTRIES: usize = 64;

/// An ordered map whose copies share what neither has changed.
pub struct Chunked<K, V, const N: usize = CHUNK_ENTRIES> {
    /// By the first key of each.
    chunks: BTreeMap<K, Arc<Chunk<K, V>>>,
    length: usize,
}

/// Keys and values apart: a search reads keys only.
#[derive(Clone)]
struct Chunk<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

impl<K: Ord + Clone, V: Clone> Chunk<K, V> {
    fn begin(capacity: usize, key: K, value: V) -> Self {
        let mut chunk = Self { keys: Vec::with_capacity(capacity), values: Vec::with_capacity(capacity) };
        chunk.keys.push(key);
        chunk.values.push(value);
        chunk
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.values.get(self.keys.binary_search(key).ok()?)
    }

    /// Makes room in small steps: a chunk that is filled from its middle may stay half full for long.
    fn insert(&mut self, place: usize, key: K, value: V) {
        if self.keys.len() == self.keys.capacity() {
            let more = (self.keys.len() >> 2).max(4);
            self.keys.reserve_exact(more);
            self.values.reserve_exact(more);
        }
        self.keys.insert(place, key);
        self.values.insert(place, value);
    }

    fn split(&mut self) -> Self {
        let half = self.keys.len() >> 1;
        let (keys, values) = (self.keys.split_off(half), self.values.split_off(half));
        self.keys.shrink_to_fit();
        self.values.shrink_to_fit();
        Self { keys, values }
    }
}

impl<K, V, const N: usize> Clone for Chunked<K, V, N>
where
    K: Clone,
{
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), length: self.length }
    }
}

impl<K, V, const N: usize> Chunked<K, V, N> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { chunks: BTreeMap::new(), length: 0 }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All entries, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + use<'_, K, V, N> {
        self.chunks.values().flat_map(|chunk| chunk.keys.iter().zip(&chunk.values))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + use<'_, K, V, N> {
        self.chunks.values().flat_map(|chunk| &chunk.keys)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + use<'_, K, V, N> {
        self.chunks.values().flat_map(|chunk| &chunk.values)
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> Chunked<K, V, N> {
    /// The chunk in which a key is, if it is anywhere.
    fn chunk_of(&self, key: &K) -> Option<(&K, &Arc<Chunk<K, V>>)> {
        self.chunks.range(..=key).next_back()
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.chunk_of(key)?.1.get(key)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (_, chunk) = self.chunks.range_mut(..=key).next_back()?;
        let place = chunk.keys.binary_search(key).ok()?;
        Arc::make_mut(chunk).values.get_mut(place)
    }

    /// Whether there is a value of this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Puts a value in, and gives the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some((_, chunk)) = self.chunks.range_mut(..=&key).next_back() else {
            self.insert_first(key, value);
            return None;
        };
        match chunk.keys.binary_search(&key) {
            Ok(place) => {
                let there = Arc::make_mut(chunk).values.get_mut(place)?;
                return Some(std::mem::replace(there, value));
            }
            Err(place) if chunk.keys.len() < N => Arc::make_mut(chunk).insert(place, key, value),
            // The usual case: behind everything in its chunk.
            Err(place) if place == N => {
                self.chunks.insert(key.clone(), Arc::new(Chunk::begin(N, key, value)));
            }
            Err(place) => {
                let chunk = Arc::make_mut(chunk);
                let mut next = chunk.split();
                match place.checked_sub(chunk.keys.len()) {
                    Some(place) => next.insert(place, key, value),
                    None => chunk.insert(place, key, value),
                }
                if let Some(first) = next.keys.first() {
                    self.chunks.insert(first.clone(), Arc::new(next));
                }
            }
        }
        self.length = self.length.saturating_add(1);
        None
    }

    /// Puts in what is smaller than all: its chunk is kept by its first key.
    fn insert_first(&mut self, key: K, value: V) {
        self.length = self.length.saturating_add(1);
        if let Some(entry) = self.chunks.first_entry().filter(|entry| entry.get().keys.len() < N) {
            let mut chunk = entry.remove();
            Arc::make_mut(&mut chunk).insert(0, key.clone(), value);
            self.chunks.insert(key, chunk);
        } else {
            self.chunks.insert(key.clone(), Arc::new(Chunk::begin(N, key, value)));
        }
    }

    /// The value of a key, to change; put in with what `new` gives where it is not there.
    pub fn get_or_insert_with(&mut self, key: &K, new: impl FnOnce() -> V) -> Option<&mut V> {
        if !self.contains_key(key) {
            self.insert(key.clone(), new());
        }
        self.get_mut(key)
    }

    /// Changes the value of a key, or the default where there is none.
    pub fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        if let Some(there) = self.get_mut(&key) {
            change(there);
        } else {
            let mut value = V::default();
            change(&mut value);
            self.insert(key, value);
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (first, chunk) = self.chunks.range_mut(..=key).next_back()?;
        let first = first.clone();
        let place = chunk.keys.binary_search(key).ok()?;
        let owned = Arc::make_mut(chunk);
        owned.keys.remove(place);
        let value = owned.values.remove(place);
        self.length = self.length.saturating_sub(1);
        if place == 0 {
            // It is kept by another key from now on, or is empty.
            let chunk = self.chunks.remove(&first)?;
            if let Some(first) = chunk.keys.first() {
                self.chunks.insert(first.clone(), chunk);
            }
        }
        Some(value)
    }

    /// The entries whose keys are in this range, in order.
    pub fn range<R: RangeBounds<K>>(&self, range: R) -> impl Iterator<Item = (&K, &V)> + use<'_, K, V, R, N> {
        let begin = match range.start_bound() {
            Bound::Unbounded => Bound::Unbounded,
            Bound::Included(key) | Bound::Excluded(key) => {
                self.chunk_of(key).map_or(Bound::Unbounded, |(first, _)| Bound::Included(first))
            }
        };
        let chunks: btree_map::Range<'_, K, _> = self.chunks.range((begin, Bound::Unbounded));
        let (start, end) = (range.start_bound().cloned(), range.end_bound().cloned());
        let is_before = move |key: &K| match &start {
            Bound::Unbounded => false,
            Bound::Included(first) => key < first,
            Bound::Excluded(before) => key <= before,
        };
        let is_within = move |key: &K| match &end {
            Bound::Unbounded => true,
            Bound::Included(last) => key <= last,
            Bound::Excluded(end) => key < end,
        };
        let entries = chunks.flat_map(|(_, chunk)| chunk.keys.iter().zip(&chunk.values));
        entries.skip_while(move |(key, _)| is_before(key)).take_while(move |(key, _)| is_within(key))
    }
}

/// A map that is made of entries in the order of their keys: chunk after chunk, with nothing looked up.
pub(super) struct Made<K, V, const N: usize> {
    /// The chunks but the last one.
    whole: Vec<(K, Arc<Chunk<K, V>>)>,
    last: Chunk<K, V>,
    /// What came out of order.
    late: Vec<(K, V)>,
}

impl<K: Ord + Clone, V: Clone, const N: usize> Made<K, V, N> {
    pub(super) const fn new() -> Self {
        Self { whole: Vec::new(), last: Chunk { keys: Vec::new(), values: Vec::new() }, late: Vec::new() }
    }

    pub(super) fn push(&mut self, key: K, value: V) {
        let before = self.last.keys.last().or_else(|| self.whole.last()?.1.keys.last());
        if before.is_some_and(|before| *before >= key) {
            return self.late.push((key, value));
        }
        if self.last.keys.len() == N {
            self.seal();
        }
        self.last.keys.push(key);
        self.last.values.push(value);
    }

    fn seal(&mut self) {
        let mut chunk = Chunk { keys: Vec::with_capacity(N), values: Vec::with_capacity(N) };
        std::mem::swap(&mut chunk, &mut self.last);
        if let Some(first) = chunk.keys.first() {
            self.whole.push((first.clone(), Arc::new(chunk)));
        }
    }

    pub(super) fn finish(mut self) -> Chunked<K, V, N> {
        self.seal();
        let length = self.whole.iter().map(|(_, chunk)| chunk.keys.len()).fold(0, usize::saturating_add);
        let mut map = Chunked { chunks: self.whole.into_iter().collect(), length };
        map.extend(self.late);
        map
    }
}

impl<K, V, const N: usize> Default for Chunked<K, V, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> FromIterator<(K, V)> for Chunked<K, V, N> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut map = Self::new();
        map.extend(iter);
        map
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> Extend<(K, V)> for Chunked<K, V, N> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        for (key, value) in iter {
            self.insert(key, value);
        }
    }
}

impl<'a, K: Ord + Clone, V: Clone, const N: usize> IntoIterator for &'a Chunked<K, V, N> {
    type Item = (&'a K, &'a V);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// How it is divided does not count.
impl<K: Ord, V: PartialEq, const N: usize> PartialEq for Chunked<K, V, N> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.iter().eq(other.iter())
    }
}

impl<K: Ord, V: Eq, const N: usize> Eq for Chunked<K, V, N> {}

/// As the map that it is: the digest of a book must not tell how it is divided.
impl<K: fmt::Debug, V: fmt::Debug, const N: usize> fmt::Debug for Chunked<K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Serialize, V: Serialize, const N: usize> Serialize for Chunked<K, V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.length))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K, V, const N: usize> Deserialize<'de> for Chunked<K, V, N>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V, const N: usize>(PhantomData<(K, V)>);
        impl<'de, K, V, const N: usize> Visitor<'de> for Entries<K, V, N>
        where
            K: Ord + Clone + Deserialize<'de>,
            V: Clone + Deserialize<'de>,
        {
            type Value = Chunked<K, V, N>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut made = Made::new();
                while let Some((key, value)) = map.next_entry()? {
                    made.push(key, value);
                }
                Ok(made.finish())
            }
        }
        deserializer.deserialize_map(Entries::<K, V, N>(PhantomData))
    }
}
