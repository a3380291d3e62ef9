//! Blocks one after the other in a file or a stream, as backups have them.
//!
//! ```text
//! block    trailer, 144 bytes (`trailer.rs`) ‖ payload, as many bytes as the trailer says: (length u32 ‖ record) each
//! ```
//!
//! Nothing stands between blocks. Whoever reads knows the height of the next one, and so finds every gap.

use std::io::{self, Read};

use thiserror::Error;

use super::{
    BLOCK_BYTES_MAX, Block, BlockCheck, BlockFault, CHUNK_BYTES_MAX, KEY_BYTES, Trailer, chunk_key, expect,
    length_field,
};

/// Why the next block cannot be read from a stream.
#[derive(Debug, Error)]
pub enum StreamFault {
    /// The stream failed.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It ends within a block.
    #[error("it ends in the middle of block {height}")]
    CutOff {
        /// The height of the block.
        height: u64,
    },
    /// What is there is no block, or not the next one.
    #[error(transparent)]
    Block(#[from] BlockFault),
}

impl Block {
    /// The block as it stands in a stream.
    pub fn to_stream(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_stream(&mut bytes);
        bytes
    }

    /// Appends the block to these bytes, as it stands in a stream.
    pub fn write_stream(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.trailer.to_bytes());
        for record in &self.records {
            bytes.extend_from_slice(&length_field(record));
            bytes.extend_from_slice(record);
        }
    }

    /// The next block of a stream, which must have this height; `None` where the stream ends.
    pub fn from_stream(height: u64, stream: &mut dyn Read) -> Result<Option<Self>, StreamFault> {
        let mut trailer = Vec::with_capacity(Trailer::BYTES);
        let wanted = u64::try_from(Trailer::BYTES).unwrap_or(u64::MAX);
        if stream.take(wanted).read_to_end(&mut trailer)? == 0 {
            return Ok(None);
        }
        if trailer.len() < Trailer::BYTES {
            return Err(StreamFault::CutOff { height });
        }
        let parsed = Trailer::from_bytes(height, &trailer)?;
        let limit = u64::try_from(BLOCK_BYTES_MAX).unwrap_or(u64::MAX);
        if parsed.payload_bytes > limit {
            let limit = format!("at most {limit}");
            return Err(BlockFault::new(height, BlockCheck::PayloadBytes, &limit, &parsed.payload_bytes).into());
        }
        let mut payload = Vec::new();
        stream.take(parsed.payload_bytes).read_to_end(&mut payload)?;
        if u64::try_from(payload.len()) != Ok(parsed.payload_bytes) {
            return Err(StreamFault::CutOff { height });
        }
        expect(height, BlockCheck::Height, &height, &parsed.height)?;
        let chunks: Vec<_> = chunks(height, &payload, &trailer).collect();
        Ok(Some(Self::from_chunks(height, &chunks)?))
    }
}

/// The chunks of the block of this height that these bytes of a stream are, as [`Block::to_chunks`] makes them, without a
/// copy. Nothing is checked.
pub fn chunks_of_stream(height: u64, stream: &[u8]) -> impl Iterator<Item = ([u8; KEY_BYTES], &[u8])> {
    let (trailer, payload) = stream.split_at_checked(Trailer::BYTES).unwrap_or((stream, &[]));
    chunks(height, payload, trailer)
}

fn chunks<'a>(height: u64, payload: &'a [u8], trailer: &'a [u8]) -> impl Iterator<Item = ([u8; KEY_BYTES], &'a [u8])> {
    let pieces = payload.chunks(CHUNK_BYTES_MAX).chain([trailer]);
    (0_u16..).zip(pieces).map(move |(part, piece)| (chunk_key(height, part), piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::block::Head;

    /// A stream of three blocks, the second one of several chunks.
    fn stream() -> (Vec<Block>, Vec<u8>) {
        let (mut head, mut blocks) = (Head::EMPTY, Vec::new());
        for records in [vec![vec![1; 10]], vec![vec![2; 4_000]; 5], vec![vec![], vec![3]]] {
            let (block, next) = head.seal(records);
            (head, blocks) = (next, [blocks, vec![block]].concat());
        }
        let bytes = blocks.iter().flat_map(Block::to_stream).collect();
        (blocks, bytes)
    }

    fn read(mut bytes: &[u8]) -> Result<Vec<Block>, StreamFault> {
        let mut blocks = Vec::new();
        for height in 1.. {
            let Some(block) = Block::from_stream(height, &mut bytes)? else { break };
            blocks.push(block);
        }
        Ok(blocks)
    }

    #[test]
    fn blocks_come_back_and_a_cut_is_noticed() {
        let (blocks, bytes) = stream();
        assert_eq!(read(&bytes).unwrap(), blocks);
        let ends: Vec<usize> = (0..=3).map(|count| blocks[..count].iter().flat_map(Block::to_stream).count()).collect();
        for length in 0..bytes.len() {
            match read(&bytes[..length]) {
                Ok(found) => assert_eq!(ends[found.len()], length),
                Err(StreamFault::CutOff { .. }) => assert!(!ends.contains(&length), "{length}"),
                Err(fault) => panic!("{length}: {fault}"),
            }
        }
    }

    #[test]
    fn the_chunks_of_a_stream_are_those_of_the_block() {
        for block in stream().0 {
            let bytes = block.to_stream();
            let found: Vec<_> =
                chunks_of_stream(block.height(), &bytes).map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
            assert_eq!(found, block.to_chunks());
        }
    }

    #[test]
    fn every_flipped_byte_is_noticed_by_the_block_or_by_the_chain() {
        let (_, bytes) = stream();
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            let found = read(&flipped)
                .ok()
                .and_then(|blocks| blocks.iter().try_fold(Head::EMPTY, |head, block| head.check(block)).ok());
            assert!(found.is_none_or(|head| head.tree != whole()), "byte {place}");
        }
    }

    fn whole() -> crate::journal::merkle::Tree {
        stream().0.iter().fold(Head::EMPTY, |head, block| head.check(block).unwrap()).tree
    }
}
