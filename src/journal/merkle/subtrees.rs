//! What proofs are made of: the roots of the perfect subtrees, kept in memory from [`TILE_LEVEL`] upwards.
//!
//! The leaves are cut into *tiles* of [`TILE_LEAVES`]. Of a full tile only its root is kept, and above it every node: in
//! all one byte for each record of the journal (32 bytes for 64 leaves, and as much again for all levels above), so 30
//! million records take 60 MB at most. A proof for any index and any pair of sizes touches at most two tiles, whose leaf
//! hashes are then made anew from the stored records; everything else is here. The last tile, while it fills, is here too.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Hash;

/// A tile is a perfect subtree of this many levels.
pub const TILE_LEVEL: u32 = 6;

/// How many leaves a tile has.
pub const TILE_LEAVES: u64 = 1 << TILE_LEVEL;

/// The leaf hashes of some tiles, from the first leaf of each; the last tile of the tree may have fewer than
/// [`TILE_LEAVES`].
pub type Tiles = BTreeMap<u64, Vec<Hash>>;

/// The roots of the perfect subtrees of a tree that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subtrees {
    size: u64,
    /// The leaf hashes of the tile that fills.
    open: Vec<Hash>,
    /// The nodes of each level from [`TILE_LEVEL`] upwards, from left to right.
    levels: Vec<Vec<Hash>>,
}

impl Subtrees {
    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf, hashed by [`Hash::leaf`].
    pub fn append(&mut self, leaf: Hash) {
        self.open.push(leaf);
        self.size = self.size.saturating_add(1);
        if self.size.trailing_zeros() < TILE_LEVEL {
            return;
        }
        let mut root = fold(&self.open).unwrap_or(Hash::ZERO);
        self.open.clear();
        for level in 0.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(root);
            // Each node at an odd place completes one above it.
            let [.., left, right] = nodes.as_slice() else { return };
            if nodes.len() & 1 == 1 {
                return;
            }
            root = Hash::node(left, right);
        }
    }

    /// The tile that fills, as it is now: for whoever lets go of this before asking for roots, since it may be full then.
    pub fn open_tile(&self) -> (u64, &[Hash]) {
        (self.size >> TILE_LEVEL, &self.open)
    }

    /// The tiles whose leaf hashes [`Subtrees::roots`] will want beside what is kept here; at most two for a proof.
    pub fn tiles_wanted(&self, ranges: &[Range<u64>]) -> BTreeSet<u64> {
        let open = self.size >> TILE_LEVEL;
        ranges
            .iter()
            .flat_map(perfect_subtrees)
            .filter(|(level, _)| *level < TILE_LEVEL)
            .map(|(_, start)| start >> TILE_LEVEL)
            .filter(|tile| *tile != open)
            .collect()
    }

    /// The root over each of these ranges of leaves, which the functions of [`super::proof`] made. `None` when a range
    /// reaches beyond the tree, or a tile is missing.
    pub fn roots(&self, ranges: &[Range<u64>], tiles: &Tiles) -> Option<Vec<Hash>> {
        ranges.iter().map(|range| self.root(range, tiles)).collect()
    }

    /// The root of the tree of the first `size` leaves.
    pub fn root_at(&self, size: u64, tiles: &Tiles) -> Option<Hash> {
        if size == 0 { Some(Hash::of([])) } else { self.root(&(0..size), tiles) }
    }

    fn root(&self, range: &Range<u64>, tiles: &Tiles) -> Option<Hash> {
        let parts = perfect_subtrees(range);
        let hashes: Option<Vec<Hash>> = parts.into_iter().map(|part| self.perfect_root(part, tiles)).collect();
        fold_right(&hashes?)
    }

    fn perfect_root(&self, (level, start): (u32, u64), tiles: &Tiles) -> Option<Hash> {
        if let Some(above) = level.checked_sub(TILE_LEVEL) {
            let nodes = self.levels.get(usize::try_from(above).ok()?)?;
            return nodes.get(usize::try_from(start >> level).ok()?).copied();
        }
        let (tile, offset) = (start >> TILE_LEVEL, usize::try_from(start & (TILE_LEAVES - 1)).ok()?);
        let leaves = if tile == self.size >> TILE_LEVEL { &self.open } else { tiles.get(&tile)? };
        fold(leaves.get(offset..offset.checked_add(1 << level)?)?)
    }
}

/// The perfect subtrees that a range of leaves consists of, the largest and leftmost first, as level and first leaf. The
/// range begins at a multiple of the smallest power of two that is not less than its length, as all ranges of proofs do.
fn perfect_subtrees(range: &Range<u64>) -> Vec<(u32, u64)> {
    let (mut start, mut left) = (range.start, range.end.saturating_sub(range.start));
    let mut parts = Vec::new();
    while let Some(level) = left.checked_ilog2() {
        parts.push((level, start));
        start = start.saturating_add(1 << level);
        left ^= 1 << level;
    }
    parts
}

/// The root of a perfect subtree over these nodes, a power of two of them.
fn fold(nodes: &[Hash]) -> Option<Hash> {
    match nodes {
        [] => None,
        [one] => Some(*one),
        more => {
            let (left, right) = more.split_at_checked(more.len() >> 1)?;
            Some(Hash::node(&fold(left)?, &fold(right)?))
        }
    }
}

/// The root over perfect subtrees of falling size.
fn fold_right(roots: &[Hash]) -> Option<Hash> {
    let (last, before) = roots.split_last()?;
    Some(before.iter().rev().fold(*last, |right, left| Hash::node(left, &right)))
}
