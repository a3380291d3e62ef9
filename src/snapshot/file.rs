//! The file of a snapshot.
//!
//! ```text
//! offset  bytes  field             all numbers big endian
//!      0      4  magic             "IPLS"
//!      4      4  format            2
//!      8      8  program           fingerprint of the sources that made it
//!     16      8  height            of the last block
//!     24      8  last sequence
//!     32      8  tree size
//!     40     32  tree root
//!     72     32  block hash        of the last block
//!    104      4  peaks             n, the one bits of the tree size
//!    108   32 n  the peaks of the Merkle tree, the largest first
//!                the state, section after section (postcard)
//!         40 s  of each section: how many bytes it has (8), their SHA-256 (32)
//!    -36      4  sections          s
//!    -32     32  SHA-256 of everything before, without the state
//! ```
//!
//! Each section has a hash of its own, so that as many threads as there are processors read, check and open them side by
//! side; of the file no more is in memory than a buffer of each thread.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::thread;

use parking_lot::Mutex;
use postcard::Deserializer;
use sha2::{Digest as _, Sha256};

use super::Flaw;
use super::stream::{Ended, Stream};
use crate::journal::block::Head;
use crate::journal::merkle::{Hash, Tree};
use crate::reader::{Loaded, SECTIONS, Section, StateCopy};
use crate::storage::Tip;

const MAGIC: [u8; 4] = *b"IPLS";
const FORMAT: u32 = 2;

/// How much is hashed and written at a time.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Which program writes and reads: what a journal adds up to, and how that is laid out, may differ between versions.
fn program() -> u64 {
    u64::from_str_radix(env!("IPLEDGER_STATE_FINGERPRINT"), 16).unwrap_or(0)
}

/// Writes the file; durable when this returns, but for its name.
pub(super) fn write(path: &Path, state: StateCopy) -> io::Result<()> {
    let mut file = File::create(path)?;
    let header = header(state.head());
    file.write_all(&header)?;
    let mut table = Vec::new();
    state.write_sections(&mut |write| {
        let hashing = Hashing { file: &mut file, hasher: Sha256::new(), bytes: 0, failed: None };
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, hashing);
        if let Err(error) = write(&mut out) {
            let failed = out.get_mut().failed.take();
            return Err(failed.unwrap_or_else(|| io::Error::other(error)));
        }
        let Hashing { hasher, bytes, .. } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        table.extend(bytes.to_be_bytes());
        table.extend(hasher.finalize());
        Ok(())
    })?;
    table.extend(u32::try_from(SECTIONS).unwrap_or(u32::MAX).to_be_bytes());
    let sum = Hash::of([header.as_slice(), table.as_slice()]);
    table.extend(sum.as_bytes());
    file.write_all(&table)?;
    file.sync_all()
}

/// A file that hashes what it takes.
struct Hashing<'a> {
    file: &'a mut File,
    hasher: Sha256,
    bytes: u64,
    /// What serde keeps to itself.
    failed: Option<io::Error>,
}

impl Write for Hashing<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.file.write_all(buf) {
            Ok(()) => {
                self.hasher.update(buf);
                self.bytes = self.bytes.saturating_add(u64::try_from(buf.len()).unwrap_or(u64::MAX));
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

/// A snapshot whose header and table are right, not looked into yet.
pub(super) struct Sealed {
    file: File,
    program: u64,
    head: Head,
    sections: Vec<Extent>,
}

/// Where a section is, and the hash of its bytes.
#[derive(Clone, Copy)]
struct Extent {
    offset: u64,
    bytes: u64,
    hash: Hash,
}

/// What the fixed part of the header takes, what each section takes in the table, and what is behind the table.
const HEADER_BYTES: usize = 108;
const EXTENT_BYTES: usize = 40;
const FOOTER_BYTES: usize = 36;

/// Reads the header and the table, and checks their hash.
pub(super) fn read(path: &Path) -> Result<Sealed, Flaw> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let footer = bytes_at(&file, length.checked_sub(36).ok_or(Flaw::NotASnapshot)?, FOOTER_BYTES)?;
    let fixed = bytes_at(&file, 0, HEADER_BYTES)?;
    let (mut behind, mut fields) = (Fields(&footer), Fields(&fixed));
    let (magic, format, program) = (fields.take()?, u32::from_be_bytes(fields.take()?), fields.number()?);
    if magic != MAGIC {
        return Err(Flaw::NotASnapshot);
    }
    if format != FORMAT {
        return Err(Flaw::OtherProgram);
    }
    let (count, expected) = (u32::from_be_bytes(behind.take()?), Hash(behind.take()?));
    let (height, last_sequence, size) = (fields.number()?, fields.number()?, fields.number()?);
    let (root, block_hash) = (Hash(fields.take()?), Hash(fields.take()?));
    let peaks = u32::from_be_bytes(fields.take()?).min(u64::BITS);
    let peak_bytes = usize::try_from(peaks).unwrap_or(0).saturating_mul(Hash::BYTES);
    // As many sections as a file of this length can have; what is wrong in it shows in its hash.
    let table_bytes = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(EXTENT_BYTES);
    let tail_bytes = u64::try_from(table_bytes.saturating_add(FOOTER_BYTES)).unwrap_or(u64::MAX);
    let table_at = length.checked_sub(tail_bytes).ok_or(Flaw::NotASnapshot)?;
    let (peak_fields, table) = (bytes_at(&file, 108, peak_bytes)?, bytes_at(&file, table_at, table_bytes)?);
    let found = Hash::of([fixed.as_slice(), &peak_fields, &table, &count.to_be_bytes()]);
    if found != expected {
        return Err(Flaw::Damaged { expected, found });
    }
    let mut peak_fields = Fields(&peak_fields);
    let peaks: Vec<Hash> = (0..peaks).map(|_| peak_fields.take().map(Hash)).collect::<Result<_, _>>()?;
    let tree = Tree::from_peaks(size, peaks).filter(|tree| tree.root() == root);
    let tree = tree.ok_or_else(|| Flaw::Content("its peaks do not add up to its root".to_owned()))?;
    let sections = extents(&table, (HEADER_BYTES.saturating_add(peak_bytes), table_at))?;
    Ok(Sealed { file, program, head: Head { height, last_sequence, tree, block_hash }, sections })
}

/// The sections lie one behind the other, from the header to the table.
fn extents(table: &[u8], (from, until): (usize, u64)) -> Result<Vec<Extent>, Flaw> {
    let (mut fields, mut offset) = (Fields(table), u64::try_from(from).unwrap_or(u64::MAX));
    let mut sections = Vec::new();
    for _ in table.chunks_exact(EXTENT_BYTES) {
        let (bytes, hash) = (fields.number()?, Hash(fields.take()?));
        sections.push(Extent { offset, bytes, hash });
        offset = offset.saturating_add(bytes);
    }
    if offset == until { Ok(sections) } else { Err(Flaw::Content("its sections do not fill it".to_owned())) }
}

fn bytes_at(file: &File, offset: u64, count: usize) -> Result<Vec<u8>, Flaw> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, offset).map_err(unreadable)?;
    Ok(bytes)
}

fn unreadable(error: io::Error) -> Flaw {
    if error.kind() == io::ErrorKind::UnexpectedEof { Flaw::NotASnapshot } else { Flaw::Unreadable(error) }
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
        if self.sections.len() != SECTIONS {
            return Err(Flaw::Content(format!("it has {} sections, expected {SECTIONS}", self.sections.len())));
        }
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        // The largest first: no thread is left alone with it at the end.
        let mut order: Vec<(usize, Extent)> = self.sections.iter().copied().enumerate().collect();
        order.sort_by_key(|(_, extent)| Reverse(extent.bytes));
        let order = Mutex::new(order.into_iter());
        let read: Vec<Result<Vec<Section>, Flaw>> = thread::scope(|scope| {
            let readers: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.read_some(&order))).collect();
            readers.into_iter().filter_map(|reader| reader.join().ok()).collect()
        });
        let mut sections = Vec::new();
        for some in read {
            sections.extend(some?);
        }
        if sections.len() != SECTIONS {
            return Err(Flaw::Content(format!("{} of its {SECTIONS} sections were read", sections.len())));
        }
        Loaded::of_sections(sections).and_then(|loaded| loaded.at(self.head)).map_err(Flaw::Content)
    }

    /// Reads one section after the other while there are any.
    fn read_some(&self, order: &Mutex<impl Iterator<Item = (usize, Extent)>>) -> Result<Vec<Section>, Flaw> {
        let mut sections = Vec::new();
        loop {
            let Some((number, extent)) = order.lock().next() else { return Ok(sections) };
            sections.push(self.read_section(number, extent)?);
        }
    }

    /// Reads a section, and gives it out only if its bytes are those that were written.
    fn read_section(&self, number: usize, extent: Extent) -> Result<Section, Flaw> {
        let Extent { offset, bytes, hash: expected } = extent;
        let mut deserializer = Deserializer::from_flavor(Stream::new(&self.file, (offset, bytes)));
        let section = Section::read(number, &mut deserializer);
        let stream = deserializer.finalize().map_err(|error| Flaw::Content(error.to_string()))?;
        let Ended { hash: found, untaken } = stream.end().map_err(unreadable)?;
        if found != expected {
            return Err(Flaw::Damaged { expected, found });
        }
        let section = section.map_err(Flaw::Content)?;
        if untaken > 0 {
            return Err(Flaw::Content(format!("its section {number} has {untaken} bytes too many")));
        }
        Ok(section)
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
