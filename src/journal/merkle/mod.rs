//! The Merkle tree over the records of the journal: RFC 6962 section 2.1, the same tree as RFC 9162 section 2.1, with
//! SHA-256.
//!
//! A bank that holds the root of the tree can be shown that its record is in the journal, and that nothing written
//! before was changed. Here the tree only grows and gives its root; it is kept as its *peaks*, the roots of the perfect
//! subtrees from left to right, one for each one bit of its size, so an append costs one hash or two and the tree of a
//! thousand million records is thirty hashes. [`subtrees`] keeps what proofs are made of, and [`proof`] makes and checks
//! them.

use std::fmt;

use sha2::{Digest as _, Sha256};

pub mod proof;
pub mod subtrees;
#[cfg(test)]
mod tests;

/// What is hashed before the bytes of a leaf, so that a leaf can never pass for a node (RFC 6962, 2.1).
const LEAF_PREFIX: [u8; 1] = [0x00];

/// What is hashed before the two children of a node.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 hash, 32 bytes. Shown as 64 lower case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Hash(pub [u8; Hash::BYTES]);

impl Hash {
    /// How many bytes a hash has.
    pub const BYTES: usize = 32;

    /// All zeros: stands where there is nothing to hash yet, as before the first block. No known input hashes to it.
    pub const ZERO: Self = Self([0; Self::BYTES]);

    /// The hash of the parts one after the other, without any prefix.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The hash of a leaf that holds these bytes.
    pub fn leaf(bytes: &[u8]) -> Self {
        Self::of([LEAF_PREFIX.as_slice(), bytes])
    }

    /// The hash of a node over its two children.
    pub fn node(left: &Self, right: &Self) -> Self {
        Self::of([NODE_PREFIX.as_slice(), left.as_bytes(), right.as_bytes()])
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// A tree that only grows. Two trees are equal when they hold the same leaves in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the perfect subtrees, the largest and leftmost first; as many as `size` has one bits.
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree without a leaf.
    pub const EMPTY: Self = Self { size: 0, peaks: Vec::new() };

    /// The tree of `size` leaves with these peaks, the largest first, as [`Tree::peaks`] gave them. `None` when the
    /// number of peaks does not fit the size.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let fits = u32::try_from(peaks.len()) == Ok(size.count_ones());
        fits.then_some(Self { size, peaks })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, the largest and leftmost first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf with these bytes and returns the leaf's hash.
    pub fn append(&mut self, leaf_bytes: &[u8]) -> Hash {
        let leaf = Hash::leaf(leaf_bytes);
        self.append_leaf_hash(leaf);
        leaf
    }

    /// Adds a leaf that is hashed already, by [`Hash::leaf`].
    pub fn append_leaf_hash(&mut self, leaf: Hash) {
        // As in adding one to a binary number: each trailing one bit is a peak that now gets its right neighbour.
        let mut peak = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                peak = Hash::node(&left, &peak);
            }
        }
        self.peaks.push(peak);
        // 2^64 leaves are out of reach: at a million a second it would take half a million years.
        self.size = self.size.saturating_add(1);
    }

    /// The root, the hash of all leaves in their order. The empty tree has the hash of no bytes.
    pub fn root(&self) -> Hash {
        let mut right_to_left = self.peaks.iter().rev();
        let Some(last) = right_to_left.next() else { return Hash::of([]) };
        right_to_left.fold(*last, |right, left| Hash::node(left, &right))
    }
}
