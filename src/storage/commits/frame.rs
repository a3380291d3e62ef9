//! A frame: one commit as it stands in a commit file.
//!
//! ```text
//! first page of a file    magic "IPLF" ‖ format 1 ‖ salt, 32 bytes ‖ SHA-256 of these 40 bytes; zeros
//!
//! offset  bytes  field    all numbers big endian
//!      0      4  magic    "IPLC"
//!      4      4  format   1
//!      8      8  height   of the block; of a mark: of the last block
//!     16      8  moved    the engine had every block up to this height, synced, when the frame was written
//!     24      8  bytes    of the block; 0 in a mark, which has none
//!     32     32  hash     SHA-256 of the file's salt, the 32 bytes before, and the block's trailer
//!     64         block    trailer ‖ payload, as in a backup (`journal/block/stream.rs`)
//!                zeros    up to a whole page
//! ```
//!
//! The trailer has the hash of the payload, so the frame's own hash need not go over it once more. The salt is random and
//! nobody is ever told: what a caller wrote into a record is taken for a frame nowhere, although a piece of it may come to
//! lie at the start of a page.
//!
//! A frame begins on a page of its own and fills it: what is durable is never written again, so a later write that is
//! torn cannot take it along, and the operating system need not read a page before it writes one.

use uuid::Uuid;

use crate::journal::block::{BLOCK_BYTES_MAX, Block, Trailer};
use crate::journal::merkle::Hash;

/// Frames begin at multiples of this: the unit in which the operating system writes, and modern disks too.
pub(super) const PAGE_BYTES: usize = 4_096;

const MAGIC_FILE: [u8; 4] = *b"IPLF";
const MAGIC: [u8; 4] = *b"IPLC";
const FORMAT: u32 = 1;

const SALT_BYTES: usize = 32;

/// Where the salt stands: after magic and format.
const SALT_AT: usize = 8;

/// The part of the head that the hash covers.
const FIELDS_BYTES: usize = 32;

/// The fields and their hash.
pub(super) const HEAD_BYTES: usize = FIELDS_BYTES + Hash::BYTES;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHead {
    /// Which block follows, or is the last one.
    pub(super) height: u64,
    /// Up to which height the engine had everything.
    pub(super) moved: u64,
    /// How many bytes of a block follow; 0 in a mark.
    pub(super) bytes: usize,
}

impl FrameHead {
    /// Whether no block follows.
    pub(super) const fn is_mark(&self) -> bool {
        self.bytes == 0
    }

    /// How many bytes the frame takes in the file.
    pub(super) fn frame_bytes(&self) -> usize {
        whole_pages(HEAD_BYTES.saturating_add(self.bytes))
    }

    fn fields(&self) -> [u8; FIELDS_BYTES] {
        let bytes = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        let mut fields = [0; FIELDS_BYTES];
        let values = MAGIC
            .into_iter()
            .chain(FORMAT.to_be_bytes())
            .chain(self.height.to_be_bytes())
            .chain(self.moved.to_be_bytes())
            .chain(bytes.to_be_bytes());
        fields.iter_mut().zip(values).for_each(|(place, byte)| *place = byte);
        fields
    }
}

/// What makes the frames of a file its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt([u8; SALT_BYTES]);

impl Salt {
    pub(super) fn new() -> Self {
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let mut salt = [0; SALT_BYTES];
        salt.iter_mut()
            .zip(one.into_bytes().into_iter().chain(other.into_bytes()))
            .for_each(|(place, byte)| *place = byte);
        Self(salt)
    }

    /// The first page of a file.
    pub(super) fn to_page(self) -> Vec<u8> {
        let mut page = [MAGIC_FILE.as_slice(), &FORMAT.to_be_bytes(), &self.0].concat();
        let hash = Hash::of([page.as_slice()]);
        page.extend_from_slice(hash.as_bytes());
        page.resize(PAGE_BYTES, 0);
        page
    }

    /// The salt of the file that these bytes begin; `None` when the first page is not whole.
    pub(super) fn from_file(bytes: &[u8]) -> Option<Self> {
        let (page, _) = bytes.split_at_checked(PAGE_BYTES)?;
        let (salt, _) = page.get(SALT_AT..)?.split_first_chunk()?;
        let salt = Self(*salt);
        (page == salt.to_page()).then_some(salt)
    }
}

/// How many bytes the frame of this block takes.
pub(super) fn frame_bytes_of(block: &Block) -> usize {
    let payload = usize::try_from(block.trailer().payload_bytes).unwrap_or(usize::MAX);
    whole_pages(HEAD_BYTES.saturating_add(Trailer::BYTES).saturating_add(payload))
}

/// Writes the frame of this block over whatever the buffer had.
pub(super) fn encode(frame: &mut Vec<u8>, salt: Salt, block: &Block, moved: u64) -> FrameHead {
    frame.clear();
    frame.resize(HEAD_BYTES, 0);
    block.write_stream(frame);
    let head = FrameHead { height: block.height(), moved, bytes: frame.len().saturating_sub(HEAD_BYTES) };
    finish(frame, salt, head);
    head
}

/// Writes the frame that says: the engine has every block up to this height, the last one.
pub(super) fn encode_mark(frame: &mut Vec<u8>, salt: Salt, height: u64) {
    frame.clear();
    frame.resize(HEAD_BYTES, 0);
    finish(frame, salt, FrameHead { height, moved: height, bytes: 0 });
}

/// Puts the head before the block, and zeros behind it.
fn finish(frame: &mut Vec<u8>, salt: Salt, head: FrameHead) {
    let fields = head.fields();
    let hash = Hash::of([salt.0.as_slice(), &fields, trailer_of(frame, head.bytes).unwrap_or_default()]);
    frame.iter_mut().zip(fields.into_iter().chain(hash.0)).for_each(|(place, byte)| *place = byte);
    frame.resize(head.frame_bytes(), 0);
}

/// The block in a frame.
pub(super) fn block_in(frame: &[u8], bytes: usize) -> Option<&[u8]> {
    frame.get(HEAD_BYTES..HEAD_BYTES.saturating_add(bytes))
}

/// The trailer of the block in a frame: empty in a mark, `None` where it is cut off.
fn trailer_of(frame: &[u8], bytes: usize) -> Option<&[u8]> {
    block_in(frame, bytes.min(Trailer::BYTES))
}

/// The head of the frame that these bytes begin with; `None` when they do not begin with a whole one. The payload is not
/// looked at.
pub(super) fn decode(salt: Salt, bytes: &[u8]) -> Option<FrameHead> {
    let (fields, rest) = bytes.split_first_chunk::<FIELDS_BYTES>()?;
    let (magic, numbers) = fields.split_first_chunk()?;
    if *magic != MAGIC {
        return None;
    }
    let (format, numbers) = numbers.split_first_chunk()?;
    let (height, numbers) = numbers.split_first_chunk()?;
    let (moved, numbers) = numbers.split_first_chunk()?;
    let (block_bytes, _) = numbers.split_first_chunk()?;
    let block_bytes = usize::try_from(u64::from_be_bytes(*block_bytes)).ok()?;
    let head = FrameHead { height: u64::from_be_bytes(*height), moved: u64::from_be_bytes(*moved), bytes: block_bytes };
    let sizes = Trailer::BYTES..=Trailer::BYTES.saturating_add(BLOCK_BYTES_MAX);
    if u32::from_be_bytes(*format) != FORMAT || !(head.is_mark() || sizes.contains(&block_bytes)) {
        return None;
    }
    let (hash, _) = rest.split_first_chunk::<{ Hash::BYTES }>()?;
    let expected = Hash::of([salt.0.as_slice(), fields, trailer_of(bytes, block_bytes)?]);
    (expected.0 == *hash).then_some(head)
}

/// So many bytes in whole pages.
fn whole_pages(bytes: usize) -> usize {
    bytes.div_ceil(PAGE_BYTES).saturating_mul(PAGE_BYTES)
}
