//! The block: the records of one commit, made durable by one atomic append, and chained to the block before.
//!
//! A block is stored as *chunks*, because the store syncs only small values (see `storage::sled`):
//!
//! ```text
//! key     height u64 ‖ part u16                     big endian, so that keys sort in the order of the journal
//! value   part 0 .. n    the payload, cut into pieces of 6 000 bytes, the last one shorter or equal
//!         part n         the trailer, 144 bytes (layout in `trailer.rs`); its SHA-256 is the hash of the block
//! payload (length u32 ‖ record) for each record
//! ```
//!
//! A [`Block`] is made only by [`Head::seal`] and by [`Block::from_chunks`], so every block agrees with its own
//! trailer. That it continues the journal is what [`Head::check`] tells.

use thiserror::Error;

use super::merkle::Hash;

mod head;
mod stream;
mod trailer;
#[cfg(test)]
mod tests;

pub use head::Head;
pub use stream::{StreamFault, chunks_of_stream};
pub use trailer::Trailer;

/// The most bytes in one stored value. sled keeps pages above an eighth of a megabyte in files that it never syncs; a
/// page holds up to 16 values, and 6 000 bytes was measured to stay inside through power cuts.
pub const CHUNK_BYTES_MAX: usize = 6_000;

/// The most bytes in one encoded record: a loan with hundreds of pledged rights takes some 60 KiB.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// The most bytes in the payload of one block, lengths included. A commit of this size takes about 0.1 s.
pub const BLOCK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most records in one block: a batch of commands, and a group of entries that stand or fall together (a closing
/// run). Batches are kept far smaller, because larger commits gain little and make the slowest answers slow.
pub const BLOCK_RECORDS_MAX: usize = 21_000;

/// How many bytes stand before each record in the payload: its length.
const LENGTH_BYTES: usize = size_of::<u32>();

/// How many bytes a key has.
const KEY_BYTES: usize = size_of::<u64>() + size_of::<u16>();

const _: () = {
    assert!(Trailer::BYTES <= CHUNK_BYTES_MAX, "the trailer is one chunk");
    assert!(RECORD_BYTES_MAX + LENGTH_BYTES <= BLOCK_BYTES_MAX, "the largest record fits a block");
    assert!(BLOCK_BYTES_MAX.div_ceil(CHUNK_BYTES_MAX) < 0xffff, "every part has a number");
    assert!(RECORD_BYTES_MAX <= 0xffff_ffff, "the length of a record fits its field");
};

/// How many bytes a record of this length takes in the payload of a block; whoever fills a block adds these up against
/// [`BLOCK_BYTES_MAX`].
pub const fn payload_bytes_of(record_bytes: usize) -> usize {
    record_bytes.saturating_add(LENGTH_BYTES)
}

/// The records of one commit and the trailer that seals them. Agrees with itself; see the module for what that leaves
/// open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    records: Vec<Vec<u8>>,
    trailer: Trailer,
}

impl Block {
    /// The encoded records in the order of their sequence numbers, one at least.
    pub fn records(&self) -> &[Vec<u8>] {
        &self.records
    }

    /// Gives the records away.
    pub fn into_records(self) -> Vec<Vec<u8>> {
        self.records
    }

    /// What seals the records.
    pub const fn trailer(&self) -> &Trailer {
        &self.trailer
    }

    /// Which block this is: 1 for the first, then without a gap.
    pub const fn height(&self) -> u64 {
        self.trailer.height
    }

    /// The sequence number of the first record. The first record of the journal has 1.
    pub const fn first_sequence(&self) -> u64 {
        self.trailer.first_sequence
    }

    /// The sequence number of the last record.
    pub const fn last_sequence(&self) -> u64 {
        self.trailer.last_sequence()
    }

    /// The chunks to store, key and value, in the order of their keys.
    pub fn to_chunks(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut payload = Vec::with_capacity(usize::try_from(self.trailer.payload_bytes).unwrap_or(0));
        for record in &self.records {
            payload.extend_from_slice(&length_field(record));
            payload.extend_from_slice(record);
        }
        let trailer = self.trailer.to_bytes();
        let pieces = payload.chunks(CHUNK_BYTES_MAX).chain([trailer.as_slice()]);
        (0_u16..).zip(pieces).map(|(part, piece)| (chunk_key(self.height(), part).to_vec(), piece.to_vec())).collect()
    }

    /// The block of this height from its chunks in the order of their keys.
    ///
    /// Everything that the block says about itself is checked: keys, sizes, counts and the hash of the payload. What it
    /// says about the journal before it is left to [`Head::check`].
    pub fn from_chunks<K, V>(height: u64, chunks: &[(K, V)]) -> Result<Self, BlockFault>
    where
        K: AsRef<[u8]>,
        V: AsRef<[u8]>,
    {
        for (part, (key, _)) in (0_u16..).zip(chunks) {
            let (expected, found) = (hex::encode(chunk_key(height, part)), hex::encode(key.as_ref()));
            if expected != found {
                return Err(BlockFault { height, check: BlockCheck::Key, expected, found });
            }
        }
        let Some(((_, last), pieces)) = chunks.split_last() else {
            return Err(BlockFault::new(height, BlockCheck::Trailer, "a trailer", "no chunk at all"));
        };
        let trailer = Trailer::from_bytes(height, last.as_ref())?;
        let payload = join_pieces(&trailer, pieces.iter().map(|(_, value)| value.as_ref()))?;
        expect(height, BlockCheck::PayloadHash, &trailer.payload_hash, &Hash::of([payload.as_slice()]))?;
        let records = split_records(&trailer, &payload)?;
        Ok(Self { records, trailer })
    }
}

/// The key of one chunk.
pub fn chunk_key(height: u64, part: u16) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    let fields = height.to_be_bytes().into_iter().chain(part.to_be_bytes());
    key.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
    key
}

/// The height that the key of a chunk begins with; `None` when it is no such key.
pub fn height_of_key(key: &[u8]) -> Option<u64> {
    let (height, part) = key.split_first_chunk()?;
    (part.len() == size_of::<u16>()).then(|| u64::from_be_bytes(*height))
}

/// The length that stands before the record. [`Head::seal`] has refused what the field cannot say.
fn length_field(record: &[u8]) -> [u8; LENGTH_BYTES] {
    u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// The payload from its pieces, each of them full but the last.
fn join_pieces<'a>(trailer: &Trailer, pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, BlockFault> {
    let height = trailer.height;
    let limit = u64::try_from(BLOCK_BYTES_MAX).unwrap_or(u64::MAX);
    if trailer.payload_bytes > limit {
        let expected = format!("at most {limit}");
        return Err(BlockFault::new(height, BlockCheck::PayloadBytes, &expected, &trailer.payload_bytes));
    }
    let payload_bytes = usize::try_from(trailer.payload_bytes).unwrap_or(BLOCK_BYTES_MAX);
    let mut payload = Vec::with_capacity(payload_bytes);
    for piece in pieces {
        let left = payload_bytes.saturating_sub(payload.len());
        let full = left.min(CHUNK_BYTES_MAX);
        if piece.len() != full || full == 0 {
            let expected = format!("a chunk of {full} bytes");
            let found = format!("{} bytes after {}", piece.len(), payload.len());
            return Err(BlockFault::new(height, BlockCheck::PayloadBytes, &expected, &found));
        }
        payload.extend_from_slice(piece);
    }
    expect(height, BlockCheck::PayloadBytes, &payload_bytes, &payload.len())?;
    Ok(payload)
}

/// The records in the payload, as many as the trailer says and nothing after them.
fn split_records(trailer: &Trailer, payload: &[u8]) -> Result<Vec<Vec<u8>>, BlockFault> {
    let mut records = Vec::new();
    let mut rest = payload;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((record, next)) = after.split_at_checked(length).filter(|_| length <= RECORD_BYTES_MAX) else {
            let expected = format!("a record of at most {RECORD_BYTES_MAX} bytes in {}", after.len());
            return Err(BlockFault::new(trailer.height, BlockCheck::Record, &expected, &length));
        };
        records.push(record.to_vec());
        rest = next;
    }
    if !rest.is_empty() {
        let found = format!("{} bytes", rest.len());
        return Err(BlockFault::new(trailer.height, BlockCheck::Record, "4 bytes", &found));
    }
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    expect(trailer.height, BlockCheck::RecordCount, &trailer.record_count, &count)?;
    Ok(records)
}

/// Why a block is not the one that was written at its height.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("block {height} is damaged: {check} should be {expected} and is {found}")]
pub struct BlockFault {
    /// The height of the block that was asked for.
    pub height: u64,
    /// Which check failed.
    pub check: BlockCheck,
    /// What the rest of the journal, or of the block, asks for.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl BlockFault {
    fn new(
        height: u64,
        check: BlockCheck,
        expected: &(impl ToString + ?Sized),
        found: &(impl ToString + ?Sized),
    ) -> Self {
        Self { height, check, expected: expected.to_string(), found: found.to_string() }
    }
}

/// Compares, and names both values when they differ.
fn expect<T>(height: u64, check: BlockCheck, expected: &T, found: &T) -> Result<(), BlockFault>
where
    T: PartialEq + ToString,
{
    if expected == found { Ok(()) } else { Err(BlockFault::new(height, check, expected, found)) }
}

/// The checks of a block, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum BlockCheck {
    /// The keys of the chunks are the height and the parts from 0 without a gap.
    #[error("the key of a chunk")]
    Key,
    /// The last chunk is a trailer: its size and its mark.
    #[error("the trailer")]
    Trailer,
    /// The format is one that this version reads.
    #[error("the format")]
    Format,
    /// The hash algorithm is one that this version knows.
    #[error("the hash algorithm")]
    Algorithm,
    /// The height is the one of the key, and one more than that of the block before.
    #[error("the height")]
    Height,
    /// The payload has the size that the trailer says, cut as it was written.
    #[error("the payload size")]
    PayloadBytes,
    /// The payload has the hash that the trailer says.
    #[error("the payload hash")]
    PayloadHash,
    /// Each record has its length before it, and nothing follows the last.
    #[error("the length of a record")]
    Record,
    /// There are as many records as the trailer says, one at least.
    #[error("the record count")]
    RecordCount,
    /// The first sequence number is one more than the last of the block before.
    #[error("the first sequence")]
    FirstSequence,
    /// The hash of the block before is its hash.
    #[error("the hash of the block before")]
    Previous,
    /// The Merkle tree has as many leaves as there are records up to this block.
    #[error("the tree size")]
    TreeSize,
    /// The Merkle tree over all records up to this block has this root.
    #[error("the tree root")]
    TreeRoot,
}
