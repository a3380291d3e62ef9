//! Proofs about the durable part of the journal, for any entry and any pair of sizes.
//!
//! A proof costs a few dozen hashes from memory and the records of at most two tiles (128 entries) from the store, however
//! long the journal is.

use std::ops::Range;

use super::{ReadFault, Reader, blocking};
use crate::identifier::Sequence;
use crate::journal::merkle::Hash;
use crate::journal::merkle::proof::{consistency_ranges, inclusion_ranges};
use crate::journal::merkle::subtrees::{TILE_LEAVES, Tiles};

impl Reader {
    /// How many entries are durable: the size of the Merkle tree over them.
    pub fn tree_size(&self) -> u64 {
        self.shared.published.read().subtrees.size()
    }

    /// The root of the tree of the first `size` entries; `None` while there are fewer.
    pub async fn tree_root(&self, size: u64) -> Result<Option<Hash>, ReadFault> {
        let reader = self.clone();
        blocking(move || reader.tree_root_blocking(size)).await
    }

    /// The path that proves that the entry of this sequence is in the tree of the first `size` entries; `None` when it is
    /// not, or when there are fewer.
    pub async fn inclusion_proof(&self, sequence: Sequence, size: u64) -> Result<Option<Vec<Hash>>, ReadFault> {
        let Some(index) = sequence.value().checked_sub(1) else { return Ok(None) };
        self.roots(inclusion_ranges(index, size), size).await
    }

    /// The hashes that prove that the tree of the first `second` entries begins with that of the first `first`; `None`
    /// when it is smaller, or when there are fewer entries.
    pub async fn consistency_proof(&self, first: u64, second: u64) -> Result<Option<Vec<Hash>>, ReadFault> {
        self.roots(consistency_ranges(first, second), second).await
    }

    /// The same as [`Reader::tree_root`], for threads that may wait for the disk.
    pub fn tree_root_blocking(&self, size: u64) -> Result<Option<Hash>, ReadFault> {
        let whole = 0..size;
        let ranges = if size == 0 { &[] } else { std::slice::from_ref(&whole) };
        let tiles = self.tiles(ranges, size)?;
        Ok(tiles.and_then(|tiles| self.shared.published.read().subtrees.root_at(size, &tiles)))
    }

    async fn roots(&self, ranges: Option<Vec<Range<u64>>>, size: u64) -> Result<Option<Vec<Hash>>, ReadFault> {
        let Some(ranges) = ranges else { return Ok(None) };
        let reader = self.clone();
        blocking(move || {
            let tiles = reader.tiles(&ranges, size)?;
            Ok(tiles.and_then(|tiles| reader.shared.published.read().subtrees.roots(&ranges, &tiles)))
        })
        .await
    }

    /// The tiles that these ranges want; `None` when the tree has fewer leaves than `size`. The lock is not held while
    /// the store is read, and the open tile may be full after that: it is taken along as it was.
    fn tiles(&self, ranges: &[Range<u64>], size: u64) -> Result<Option<Tiles>, ReadFault> {
        let (wanted, mut tiles) = {
            let published = self.shared.published.read();
            if size > published.subtrees.size() {
                return Ok(None);
            }
            let (open, leaves) = published.subtrees.open_tile();
            (published.subtrees.tiles_wanted(ranges), Tiles::from([(open, leaves.to_vec())]))
        };
        for tile in wanted {
            tiles.insert(tile, self.leaves(tile.saturating_mul(TILE_LEAVES))?);
        }
        Ok(Some(tiles))
    }

    /// The hashes of a tile's worth of leaves from this one on, from the stored records.
    fn leaves(&self, first: u64) -> Result<Vec<Hash>, ReadFault> {
        let mut leaves = Vec::new();
        let end = first.saturating_add(TILE_LEAVES);
        let mut next = first;
        while next < end {
            let sequence = Sequence::new(next.saturating_add(1));
            let Some(block) = self.stored_block(sequence)? else { break };
            let numbered = (block.first_sequence()..).zip(block.records());
            for (_, record) in numbered.filter(|(number, _)| (next.saturating_add(1)..=end).contains(number)) {
                leaves.push(Hash::leaf(record));
            }
            next = block.last_sequence();
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::fixture::{Ledger, contribute};

    #[tokio::test]
    async fn a_tile_that_fills_while_the_store_is_read_is_no_harm() {
        let ledger = Ledger::new();
        for id in 1..=60 {
            ledger.submit(contribute(id, 1, "2026-03-01")).await.unwrap();
        }
        let ranges = inclusion_ranges(3, 60).unwrap();
        let tiles = ledger.reader.tiles(&ranges, 60).unwrap().unwrap();
        for id in 61..=140 {
            ledger.submit(contribute(id, 1, "2026-03-01")).await.unwrap();
        }
        let roots = ledger.reader.shared.published.read().subtrees.roots(&ranges, &tiles);
        assert!(roots.is_some());
        assert_eq!(roots, ledger.reader.inclusion_proof(Sequence::new(4), 60).await.unwrap());
    }
}
