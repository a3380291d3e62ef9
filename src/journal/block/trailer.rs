//! The trailer of a block: what it holds and what came before it, in 144 bytes whose hash is the hash of the block.
//!
//! ```text
//! offset  bytes  field            all numbers big endian
//!      0      4  magic            "IPLB"
//!      4      4  format           1
//!      8      4  algorithm        of every hash in the block: 1 = SHA-256
//!     12      4  record count     1 or more
//!     16      8  height           1 for the first block
//!     24      8  first sequence   of the first record in the block
//!     32      8  payload bytes    lengths and records
//!     40      8  tree size        leaves of the Merkle tree with this block
//!     48     32  payload hash     over the whole payload
//!     80     32  previous         the hash of the block before; zeros in block 1
//!    112     32  tree root        of the Merkle tree with this block
//! ```

use super::{BlockCheck, BlockFault, expect};
use crate::journal::merkle::Hash;

/// Stands at the start of each trailer.
const MAGIC: [u8; 4] = *b"IPLB";

/// The layout above. A change of any byte of it is a new number.
const FORMAT: u32 = 1;

/// SHA-256 (FIPS 180-4), the only algorithm so far; SM3 would be 2.
const ALGORITHM_SHA256: u32 = 1;

/// What a block says about itself and about the journal up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Which block this is: 1 for the first, then without a gap.
    pub height: u64,
    /// The sequence number of the first record in the block.
    pub first_sequence: u64,
    /// How many records the block has, 1 or more.
    pub record_count: u32,
    /// How many bytes the payload has, lengths included.
    pub payload_bytes: u64,
    /// The SHA-256 of the payload.
    pub payload_hash: Hash,
    /// The hash of the block before, [`Hash::ZERO`] in the first.
    pub previous: Hash,
    /// How many leaves the Merkle tree has with this block: the sequence number of the last record.
    pub tree_size: u64,
    /// The root of the Merkle tree with this block.
    pub tree_root: Hash,
}

impl Trailer {
    /// How many bytes a trailer has.
    pub const BYTES: usize = 144;

    /// The sequence number of the last record in the block.
    pub const fn last_sequence(&self) -> u64 {
        // Widening, which `From` cannot yet do in a const fn.
        #[expect(clippy::as_conversions, reason = "u32 to u64 loses nothing")]
        let count = self.record_count as u64;
        self.first_sequence.saturating_add(count).saturating_sub(1)
    }

    /// The hash of the block: that of the trailer's bytes, which bind the payload and everything before.
    pub fn hash(&self) -> Hash {
        Hash::of([self.to_bytes().as_slice()])
    }

    /// The bytes as stored.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let fields = MAGIC
            .into_iter()
            .chain(FORMAT.to_be_bytes())
            .chain(ALGORITHM_SHA256.to_be_bytes())
            .chain(self.record_count.to_be_bytes())
            .chain(self.height.to_be_bytes())
            .chain(self.first_sequence.to_be_bytes())
            .chain(self.payload_bytes.to_be_bytes())
            .chain(self.tree_size.to_be_bytes())
            .chain(self.payload_hash.0)
            .chain(self.previous.0)
            .chain(self.tree_root.0);
        bytes.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
        bytes
    }

    /// The trailer that these bytes are, of the block of this height.
    pub fn from_bytes(height: u64, bytes: &[u8]) -> Result<Self, BlockFault> {
        if bytes.len() != Self::BYTES {
            let (expected, found) = (format!("{} bytes", Self::BYTES), format!("{} bytes", bytes.len()));
            return Err(BlockFault::new(height, BlockCheck::Trailer, &expected, &found));
        }
        let mut fields = Fields(bytes);
        let (magic, format, algorithm) = (fields.take::<4>(), fields.number_u32(), fields.number_u32());
        expect(height, BlockCheck::Trailer, &hex::encode(MAGIC), &hex::encode(magic))?;
        expect(height, BlockCheck::Format, &FORMAT, &format)?;
        expect(height, BlockCheck::Algorithm, &ALGORITHM_SHA256, &algorithm)?;
        // Read in the order of the layout: a struct expression evaluates its fields as they are written.
        let trailer = Self {
            record_count: fields.number_u32(),
            height: fields.number_u64(),
            first_sequence: fields.number_u64(),
            payload_bytes: fields.number_u64(),
            tree_size: fields.number_u64(),
            payload_hash: Hash(fields.take()),
            previous: Hash(fields.take()),
            tree_root: Hash(fields.take()),
        };
        expect(height, BlockCheck::Height, &height, &trailer.height)?;
        if trailer.record_count == 0 {
            return Err(BlockFault::new(height, BlockCheck::RecordCount, "1 or more", &0));
        }
        Ok(trailer)
    }
}

/// Reads fields of a fixed layout from left to right.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next bytes. The size of the whole is checked before, so none is ever missing.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.0.split_first_chunk() else { return [0; N] };
        self.0 = rest;
        *field
    }

    fn number_u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }

    fn number_u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }
}
