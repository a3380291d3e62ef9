//! The Merkle tree over the records of the journal: RFC 6962 section 2.1, the same tree as RFC 9162 section 2.1, with
//! SHA-256.
//!
//! A bank that holds the root of the tree can be shown that its record is in the journal, and that nothing written
//! before was changed. Here the tree only grows and gives its root; it is kept as its *peaks*, the roots of the perfect
//! subtrees from left to right, one for each one bit of its size, so an append costs one hash or two and the tree of a
//! thousand million records is thirty hashes. Proofs need the leaf hashes too and are made elsewhere from [`Hash::leaf`]
//! and [`Hash::node`].

use std::fmt;

use sha2::{Digest as _, Sha256};

/// What is hashed before the bytes of a leaf, so that a leaf can never pass for a node (RFC 6962, 2.1).
const LEAF_PREFIX: [u8; 1] = [0x00];

/// What is hashed before the two children of a node.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 hash, 32 bytes. Shown as 64 lower case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

#[cfg(test)]
mod tests {
    use ct_merkle::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U32};
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::*;

    /// The same SHA-256 under the newer `digest` traits that the other implementation asks for.
    #[derive(Clone, Default)]
    struct OracleSha256(Sha256);

    impl HashMarker for OracleSha256 {}
    impl OutputSizeUser for OracleSha256 {
        type OutputSize = U32;
    }
    impl Update for OracleSha256 {
        fn update(&mut self, data: &[u8]) {
            sha2::Digest::update(&mut self.0, data);
        }
    }
    impl FixedOutput for OracleSha256 {
        fn finalize_into(self, out: &mut Output<Self>) {
            out.copy_from_slice(&sha2::Digest::finalize(self.0));
        }
    }

    #[test]
    fn roots_agree_with_another_implementation() {
        let mut tree = Tree::EMPTY;
        let mut oracle = MemoryBackedTree::<OracleSha256, Vec<u8>>::new();
        for size in 0..=300_usize {
            assert_eq!(tree.root().as_bytes(), oracle.root().as_bytes().as_slice(), "tree of {size}");
            assert_eq!(tree.size(), oracle.len());
            let leaf = vec![0xa5; size.wrapping_mul(7) % 67];
            tree.append(&leaf);
            oracle.push(leaf);
        }
    }

    /// The eight leaves and roots that Google's certificate-transparency tests published, used by most implementations.
    #[test]
    fn roots_are_the_published_ones() {
        let cases = [
            ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
            ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        let mut tree = Tree::EMPTY;
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(tree.root().to_string(), empty);
        for (leaf, root) in cases {
            tree.append(&hex::decode(leaf).unwrap());
            assert_eq!(tree.root().to_string(), root, "after leaf `{leaf}`");
        }
    }

    #[test]
    fn append_returns_the_leaf_hash() {
        let mut tree = Tree::EMPTY;
        assert_eq!(tree.append(b"one"), Hash::leaf(b"one"));
        assert_eq!(tree.root(), Hash::leaf(b"one"));
        assert_ne!(Hash::leaf(b"one"), Hash::of([b"one".as_slice()]), "a leaf is hashed under its prefix");
    }

    #[test]
    fn a_tree_comes_back_from_its_peaks() {
        let mut tree = Tree::EMPTY;
        for number in 0..11_u8 {
            tree.append(&[number]);
        }
        let mut restored = Tree::from_peaks(tree.size(), tree.peaks().to_vec()).unwrap();
        assert_eq!(restored, tree);
        assert_eq!(restored.append(b"next"), tree.append(b"next"));
        assert_eq!(restored.root(), tree.root());
        assert_eq!(Tree::from_peaks(7, tree.peaks().to_vec()), None);
    }
}
