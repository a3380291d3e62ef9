//! The head: where the journal ends, and so what the next block must continue.

use super::{
    BLOCK_BYTES_MAX, BLOCK_RECORDS_MAX, Block, BlockCheck, BlockFault, RECORD_BYTES_MAX, Trailer, expect, length_field,
    payload_bytes_of,
};
use crate::journal::merkle::{Hash, Tree};

/// The end of the journal: enough to seal the next block or to check it, and nothing that grows with the journal
/// beyond a logarithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The height of the last block, 0 before the first.
    pub height: u64,
    /// The sequence number of the last record, 0 before the first.
    pub last_sequence: u64,
    /// The Merkle tree over all records.
    pub tree: Tree,
    /// The hash of the last block, [`Hash::ZERO`] before the first.
    pub block_hash: Hash,
}

impl Head {
    /// The end of the journal that has no block yet.
    pub const EMPTY: Self = Self { height: 0, last_sequence: 0, tree: Tree::EMPTY, block_hash: Hash::ZERO };

    /// Makes the next block from these encoded records, and the head that the journal has once it is stored. The head
    /// itself stays as it is, for the append may fail.
    ///
    /// # Panics
    ///
    /// When there is no record, or more records or bytes than the limits of this module allow: whoever fills a block
    /// counts first.
    pub fn seal(&self, records: Vec<Vec<u8>>) -> (Block, Self) {
        let (block, next, _) = self.seal_with_leaves(records);
        (block, next)
    }

    /// The same, with the leaf hash of each record, which are made on the way.
    ///
    /// # Panics
    ///
    /// As [`Head::seal`].
    pub fn seal_with_leaves(&self, records: Vec<Vec<u8>>) -> (Block, Self, Vec<Hash>) {
        let count = records.len();
        assert!((1..=BLOCK_RECORDS_MAX).contains(&count), "a block has 1 to {BLOCK_RECORDS_MAX} records, not {count}");
        let mut tree = self.tree.clone();
        let mut payload_bytes = 0_usize;
        let mut leaves = Vec::with_capacity(count);
        for record in &records {
            assert!(record.len() <= RECORD_BYTES_MAX, "a record of {} bytes is over the limit", record.len());
            payload_bytes = payload_bytes.saturating_add(payload_bytes_of(record.len()));
            leaves.push(tree.append(record));
        }
        assert!(payload_bytes <= BLOCK_BYTES_MAX, "a payload of {payload_bytes} bytes is over the limit of a block");

        let lengths: Vec<_> = records.iter().map(|record| length_field(record)).collect();
        let payload = lengths.iter().zip(&records).flat_map(|(length, record)| [length.as_slice(), record.as_slice()]);
        let trailer = Trailer {
            height: self.height.saturating_add(1),
            first_sequence: self.last_sequence.saturating_add(1),
            // Both fit: the limits asserted above are far below.
            record_count: u32::try_from(count).unwrap_or(u32::MAX),
            payload_bytes: u64::try_from(payload_bytes).unwrap_or(u64::MAX),
            payload_hash: Hash::of(payload),
            previous: self.block_hash,
            tree_size: tree.size(),
            tree_root: tree.root(),
        };
        let next = Self::after(&trailer, tree);
        (Block { records, trailer }, next, leaves)
    }

    /// Checks that the block is the next one of this journal, and returns the head with it. A block agrees with its
    /// own trailer, so this is all there is to check.
    pub fn check(&self, block: &Block) -> Result<Self, BlockFault> {
        self.check_with_leaves(block).map(|(head, _)| head)
    }

    /// The same, with the leaf hash of each record, which are made on the way.
    pub fn check_with_leaves(&self, block: &Block) -> Result<(Self, Vec<Hash>), BlockFault> {
        let leaves: Vec<Hash> = block.records().iter().map(|record| Hash::leaf(record)).collect();
        let head = self.check_leaves(block, &leaves, &mut |_| {})?;
        Ok((head, leaves))
    }

    /// The same, for whoever has hashed the leaves already; `grown` sees the tree after each leaf.
    pub fn check_leaves(
        &self,
        block: &Block,
        leaves: &[Hash],
        grown: &mut dyn FnMut(&Tree),
    ) -> Result<Self, BlockFault> {
        let (height, trailer) = (self.height.saturating_add(1), block.trailer());
        expect(height, BlockCheck::Height, &height, &trailer.height)?;
        let first_sequence = self.last_sequence.saturating_add(1);
        expect(height, BlockCheck::FirstSequence, &first_sequence, &trailer.first_sequence)?;
        expect(height, BlockCheck::Previous, &self.block_hash, &trailer.previous)?;
        let mut tree = self.tree.clone();
        for leaf in leaves {
            tree.append_leaf_hash(*leaf);
            grown(&tree);
        }
        expect(height, BlockCheck::TreeSize, &tree.size(), &trailer.tree_size)?;
        expect(height, BlockCheck::TreeRoot, &tree.root(), &trailer.tree_root)?;
        Ok(Self::after(trailer, tree))
    }

    fn after(trailer: &Trailer, tree: Tree) -> Self {
        Self { height: trailer.height, last_sequence: trailer.last_sequence(), tree, block_hash: trailer.hash() }
    }
}
