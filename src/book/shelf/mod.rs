//! An ordered map whose values lie packed unless they were changed lately.
//!
//! A nation has millions of loans, rights and pledges, and on a day something happens to a few of them. A loan takes 500
//! bytes as the program works with it and a third of that as the bytes of a snapshot. So a shelf keeps the
//! [`OPEN_MAX`] values that were put in or taken up last as they are, and all others packed; a city of usual size never
//! packs any. Reading a packed value makes a copy of it, changing it takes it up.
//!
//! What is packed and what is open is nobody's business: it shows neither in comparisons, nor in a digest, nor in a
//! snapshot, where every value is packed, so that a start copies bytes and builds nothing. A copy of a shelf shares its values.

use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, RangeBounds};

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::chunked::Chunked;

mod slot;
#[cfg(test)]
mod tests;

use slot::Slot;

/// How many values stay open.
pub const OPEN_MAX: usize = if cfg!(test) { 8 } else { 65_536 };

/// An ordered map that keeps what was not changed lately as its bytes.
pub struct Shelf<K, V> {
    slots: Chunked<K, Slot<V>>,
    /// The keys in the order in which their values were opened; some may have been packed or removed since.
    opened: VecDeque<K>,
}

/// What can lie on a shelf: it is packed with serde.
pub trait Kept: Serialize + DeserializeOwned + Clone {}

impl<V: Serialize + DeserializeOwned + Clone> Kept for V {}

/// A value on the shelf: lent where it lies open, a copy of it where it is packed.
pub enum Held<'a, V> {
    /// It lies there.
    Lent(&'a V),
    /// It was unpacked for this look.
    Unpacked(Box<V>),
}

impl<V> Deref for Held<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        match self {
            Self::Lent(value) => value,
            Self::Unpacked(value) => value,
        }
    }
}

impl<V: Clone> Clone for Held<'_, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Lent(value) => Self::Lent(value),
            Self::Unpacked(value) => Self::Unpacked(value.clone()),
        }
    }
}

impl<V> AsRef<V> for Held<'_, V> {
    fn as_ref(&self) -> &V {
        self
    }
}

impl<V: Clone> Held<'_, V> {
    /// The value, as one's own.
    pub fn into_owned(self) -> V {
        match self {
            Self::Lent(value) => value.clone(),
            Self::Unpacked(value) => *value,
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Held<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        V::fmt(self, f)
    }
}

impl<V: PartialEq> PartialEq for Held<'_, V> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<K: Clone, V> Clone for Shelf<K, V> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), opened: self.opened.clone() }
    }
}

impl<K: Ord + Clone, V: Kept> Shelf<K, V> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { slots: Chunked::new(), opened: VecDeque::new() }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<Held<'_, V>> {
        self.slots.get(key).map(Slot::held)
    }

    /// The value of a key, to change: it stays open for a while.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if self.slots.get(key)?.is_packed() {
            self.note_opened(key.clone());
        }
        self.slots.get_mut(key).map(Slot::open)
    }

    /// Whether there is a value of this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.slots.contains_key(key)
    }

    /// Puts a value in, in the place of the one that was there.
    pub fn insert(&mut self, key: K, value: V) {
        self.note_opened(key.clone());
        self.slots.insert(key, Slot::of(value));
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.slots.remove(key).map(Slot::into_value)
    }

    /// Every key and value, in the order of the keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, Held<'_, V>)> + use<'_, K, V> {
        self.slots.iter().map(|(key, slot)| (key, slot.held()))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + use<'_, K, V> {
        self.slots.keys()
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = Held<'_, V>> {
        self.slots.values().map(Slot::held)
    }

    /// The keys in a range, in order.
    pub fn keys_in<R: RangeBounds<K>>(&self, range: R) -> impl Iterator<Item = &K> + use<'_, K, V, R> {
        self.slots.range(range).map(|(key, _)| key)
    }

    fn note_opened(&mut self, key: K) {
        self.opened.push_back(key);
        if self.opened.len() > OPEN_MAX {
            let oldest = self.opened.pop_front();
            if let Some(slot) = oldest.and_then(|key| self.slots.get_mut(&key)) {
                slot.pack();
            }
        }
    }
}

impl<'a, K: Ord + Clone, V: Kept> IntoIterator for &'a Shelf<K, V> {
    type Item = (&'a K, Held<'a, V>);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl<K: Ord + Clone, V: Kept> Default for Shelf<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone, V: Kept> FromIterator<(K, V)> for Shelf<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut shelf = Self::new();
        for (key, value) in iter {
            shelf.insert(key, value);
        }
        shelf
    }
}

impl<K: Ord + Clone, V: Kept + PartialEq> PartialEq for Shelf<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

/// As the map that it is: the digest of a book must not tell what is packed.
impl<K: Ord + Clone + fmt::Debug, V: Kept + fmt::Debug> fmt::Debug for Shelf<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Shelf<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.slots.serialize(serializer)
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, V: Clone> Deserialize<'de> for Shelf<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { slots: Chunked::deserialize(deserializer)?, opened: VecDeque::new() })
    }
}
