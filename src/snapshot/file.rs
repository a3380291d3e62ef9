//! The file of a snapshot.
//!
//! ```text
//! offset  bytes  field             all numbers big endian
//!      0      4  magic             "IPLS"
//!      4      4  format            1
//!      8      8  program           fingerprint of the sources that made it
//!     16      8  height            of the last block
//!     24      8  last sequence
//!     32      8  tree size
//!     40     32  tree root
//!     72     32  block hash        of the last block
//!    104      4  peaks             n, the one bits of the tree size
//!    108   32 n  the peaks of the Merkle tree, the largest first
//!                the state, postcard
//!    -32     32  SHA-256 of everything before
//! ```

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Flaw;
use crate::journal::block::Head;
use crate::journal::merkle::{Hash, Tree};
use crate::reader::{Loaded, State};
use crate::storage::Tip;

const MAGIC: [u8; 4] = *b"IPLS";
const FORMAT: u32 = 1;

/// How much is hashed and written at a time.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Which program writes and reads: what a journal adds up to, and how that is laid out, may differ between versions.
fn program() -> u64 {
    u64::from_str_radix(env!("IPLEDGER_STATE_FINGERPRINT"), 16).unwrap_or(0)
}

/// Writes the file; durable when this returns, but for its name.
pub(super) fn write(path: &Path, state: State<'_>) -> io::Result<()> {
    let file = File::create(path)?;
    let hashing = Hashing { file, hasher: Sha256::new(), failed: None };
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, hashing);
    out.write_all(&header(state.head()))?;
    if let Err(error) = postcard::to_io(&state, &mut out) {
        let failed = out.get_mut().failed.take();
        return Err(failed.unwrap_or_else(|| io::Error::other(error)));
    }
    let Hashing { mut file, hasher, .. } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.write_all(&hasher.finalize())?;
    file.sync_all()
}

/// A file that hashes what it takes.
struct Hashing {
    file: File,
    hasher: Sha256,
    /// What serde keeps to itself.
    failed: Option<io::Error>,
}

impl Write for Hashing {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.file.write_all(buf) {
            Ok(()) => {
                self.hasher.update(buf);
                Ok(buf.len())
            }
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn header(head: &Head) -> Vec<u8> {
    let (peaks, root) = (head.tree.peaks(), head.tree.root());
    let count = u32::try_from(peaks.len()).unwrap_or(u32::MAX);
    let fields = [
        MAGIC.as_slice(),
        &FORMAT.to_be_bytes(),
        &program().to_be_bytes(),
        &head.height.to_be_bytes(),
        &head.last_sequence.to_be_bytes(),
        &head.tree.size().to_be_bytes(),
        root.as_bytes(),
        head.block_hash.as_bytes(),
        &count.to_be_bytes(),
    ];
    fields.into_iter().chain(peaks.iter().map(Hash::as_bytes)).flatten().copied().collect()
}

/// A snapshot whose hash is right, not looked into yet.
pub(super) struct Sealed {
    bytes: Vec<u8>,
    program: u64,
    head: Head,
    /// Where the state is.
    state: std::ops::Range<usize>,
}

/// Reads the file and checks its hash and its header.
pub(super) fn read(path: &Path) -> Result<Sealed, Flaw> {
    let bytes = fs::read(path)?;
    let (body, expected) = bytes.split_last_chunk::<{ Hash::BYTES }>().ok_or(Flaw::NotASnapshot)?;
    let (expected, found) = (Hash(*expected), Hash::of([body]));
    if found != expected {
        return Err(Flaw::Damaged { expected, found });
    }
    let mut fields = Fields(body);
    let (magic, format, program) = (fields.take()?, u32::from_be_bytes(fields.take()?), fields.number()?);
    if magic != MAGIC {
        return Err(Flaw::NotASnapshot);
    }
    if format != FORMAT {
        return Err(Flaw::OtherProgram);
    }
    let (height, last_sequence, size) = (fields.number()?, fields.number()?, fields.number()?);
    let (root, block_hash) = (Hash(fields.take()?), Hash(fields.take()?));
    let count = u32::from_be_bytes(fields.take()?);
    let peaks: Vec<Hash> = (0..count.min(u64::BITS)).map(|_| fields.take().map(Hash)).collect::<Result<_, _>>()?;
    let tree = Tree::from_peaks(size, peaks).filter(|tree| tree.root() == root);
    let tree = tree.ok_or_else(|| Flaw::Content("its peaks do not add up to its root".to_owned()))?;
    let state = body.len().saturating_sub(fields.0.len())..body.len();
    Ok(Sealed { program, head: Head { height, last_sequence, tree, block_hash }, state, bytes })
}

impl Sealed {
    /// Where it ends.
    pub(super) fn tip(&self) -> Tip {
        let Head { height, last_sequence, tree, block_hash } = &self.head;
        if *height == 0 {
            return Tip::EMPTY;
        }
        Tip {
            height: *height,
            last_sequence: *last_sequence,
            tree_size: tree.size(),
            tree_root: tree.root(),
            block_hash: *block_hash,
        }
    }

    /// The state in it.
    pub(super) fn open(self) -> Result<Loaded, Flaw> {
        if self.program != program() {
            return Err(Flaw::OtherProgram);
        }
        let state = self.bytes.get(self.state).unwrap_or_default();
        let (loaded, rest) = postcard::take_from_bytes::<Loaded>(state)
            .map_err(|error| Flaw::Content(format!("its state cannot be read: {error}")))?;
        if !rest.is_empty() {
            return Err(Flaw::Content(format!("{} bytes follow its state", rest.len())));
        }
        loaded.at(self.head).map_err(Flaw::Content)
    }
}

/// Reads fields of a fixed layout from left to right.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (field, rest) = self.0.split_first_chunk().ok_or(Flaw::NotASnapshot)?;
        self.0 = rest;
        Ok(*field)
    }

    fn number(&mut self) -> Result<u64, Flaw> {
        self.take().map(u64::from_be_bytes)
    }
}
