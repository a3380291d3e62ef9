//! The journal as a plain file, out and in again; `docs/journal-format.md` has the format to the byte.
//!
//! ```text
//! ipledger-journal\n                17 bytes
//! (length, varint ‖ item)           the header, every record with its leaf hash, the end with size and root
//! SHA-256                           32 bytes, over everything before
//! ```
//!
//! Both ways are streams: memory does not grow with the journal. A reader trusts nothing: each record must have its leaf
//! hash and the next sequence, the end must have the root of them all, and the last 32 bytes must fit every bit before.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::block::RECORD_BYTES_MAX;
use super::codec::decode;
use super::codec::export::{Header, Item};
use super::merkle::{Hash, Tree};

/// What every file begins with.
pub const MAGIC: &[u8; 17] = b"ipledger-journal\n";

/// The most bytes of an item: the largest record, or the largest header, and room for the rest.
const ITEM_BYTES_MAX: usize = RECORD_BYTES_MAX + 256 * 1024;

/// Writes an export. [`ExportWriter::finish`] must be called, or the file has no end and nobody takes it.
#[derive(Debug)]
pub struct ExportWriter<W: Write> {
    output: W,
    digest: Sha256,
    tree: Tree,
}

impl<W: Write> ExportWriter<W> {
    /// Begins a file.
    pub fn new(output: W, header: Header) -> io::Result<Self> {
        let mut writer = Self { output, digest: Sha256::new(), tree: Tree::EMPTY };
        writer.write(MAGIC)?;
        writer.item(&Item::Header(header))?;
        Ok(writer)
    }

    /// Adds the next record.
    pub fn record(&mut self, record: Vec<u8>) -> io::Result<()> {
        let leaf = self.tree.append(&record);
        self.item(&Item::Record(record, leaf))
    }

    /// Ends the file, and gives what was written to, how many records there are, and their root.
    pub fn finish(mut self) -> io::Result<(W, u64, Hash)> {
        let (size, root) = (self.tree.size(), self.tree.root());
        self.item(&Item::End(size, root))?;
        let digest = self.digest.finalize();
        self.output.write_all(&digest)?;
        self.output.flush()?;
        Ok((self.output, size, root))
    }

    fn item(&mut self, item: &Item) -> io::Result<()> {
        let bytes = item.encode();
        let mut length = Vec::with_capacity(10);
        prost::encoding::encode_varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX), &mut length);
        self.write(&length)?;
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.output.write_all(bytes)
    }
}

/// Reads an export, and gives only records that were checked.
#[derive(Debug)]
pub struct ExportReader<R: Read> {
    input: R,
    digest: Sha256,
    /// How many bytes were read.
    offset: u64,
    header: Header,
    tree: Tree,
    /// The root at this size is asked for by a checkpoint.
    wanted: Option<u64>,
    root_at_wanted: Option<Hash>,
}

/// Why a file is not taken. Names the place.
#[derive(Debug, Error)]
#[error("record {record}, at byte {offset} of the file: {problem}")]
pub struct ExportFault {
    /// The number of the record that was expected there, from 1; 0 for the header.
    pub record: u64,
    /// How many bytes of the file stand before the part that is wrong.
    pub offset: u64,
    /// What is wrong.
    pub problem: String,
}

impl<R: Read> ExportReader<R> {
    /// Reads the beginning of a file.
    pub fn open(input: R) -> Result<Self, ExportFault> {
        let mut reader = Self {
            input,
            digest: Sha256::new(),
            offset: 0,
            header: Header::default(),
            tree: Tree::EMPTY,
            wanted: None,
            root_at_wanted: None,
        };
        let mut magic = [0; MAGIC.len()];
        reader.fill(&mut magic, "the mark `ipledger-journal`").map_err(|problem| fault(0, 0, problem))?;
        if magic != *MAGIC {
            let problem = "this is not an exported journal: it does not begin with `ipledger-journal`";
            return Err(fault(0, 0, problem));
        }
        let start = reader.offset;
        match reader.item().map_err(|problem| fault(0, start, problem))? {
            Item::Header(header) => reader.header = header,
            Item::Record(..) | Item::End(..) => return Err(fault(0, start, "the header is missing")),
        }
        Ok(reader)
    }

    /// What the file says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Asks for the root over the first `size` records, which [`ExportReader::root_at`] has once they were read.
    pub fn note_root_at(&mut self, size: u64) {
        self.wanted = Some(size);
        self.note_root();
    }

    /// The root at the size that was asked for; `None` while there are fewer records.
    pub const fn root_at(&self) -> Option<Hash> {
        self.root_at_wanted
    }

    /// The tree over what was read.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// How many bytes were read.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record; `None` at the end, which was checked then, and nothing follows it.
    pub fn next_record(&mut self) -> Result<Option<Vec<u8>>, ExportFault> {
        let (number, start) = (self.tree.size().saturating_add(1), self.offset);
        let item = self.item().map_err(|problem| fault(number, start, problem))?;
        let checked = match item {
            Item::Header(_) => Err("there is a second header".to_owned()),
            Item::Record(record, leaf) => self.check(number, &record, leaf).map(|()| Some(record)),
            Item::End(size, root) => self.check_end(size, root).map(|()| None),
        };
        checked.map_err(|problem| fault(number, start, problem))
    }

    fn check(&mut self, number: u64, record: &[u8], leaf: Hash) -> Result<(), String> {
        let found = Hash::leaf(record);
        if found != leaf {
            return Err(format!("its bytes were changed: their leaf hash is {found}, expected {leaf}"));
        }
        let entry = decode(record).map_err(|error| error.to_string())?;
        let sequence = entry.sequence.value();
        if sequence != number {
            return Err(format!(
                "it has the sequence {sequence}, expected {number}: records are missing or out of order"
            ));
        }
        self.tree.append_leaf_hash(leaf);
        self.note_root();
        Ok(())
    }

    fn check_end(&mut self, size: u64, root: Hash) -> Result<(), String> {
        let (found_size, found_root) = (self.tree.size(), self.tree.root());
        if (size, root) != (found_size, found_root) {
            return Err(format!(
                "the end says {size} records with root {root}, and before it are {found_size} with root {found_root}"
            ));
        }
        let expected: [u8; Hash::BYTES] = self.digest.clone().finalize().into();
        let mut stored = [0; Hash::BYTES];
        self.fill(&mut stored, "the hash of the file")?;
        if stored != expected {
            let (stored, expected) = (Hash(stored), Hash(expected));
            return Err(format!("the file was changed: its hash is {expected}, and it ends in {stored}"));
        }
        let mut more = [0; 1];
        match self.input.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err("there is more after the end".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn note_root(&mut self) {
        if self.wanted == Some(self.tree.size()) {
            self.root_at_wanted = Some(self.tree.root());
        }
    }

    fn item(&mut self) -> Result<Item, String> {
        let length = self.length()?;
        let mut bytes = vec![0; length];
        self.fill(&mut bytes, "an item")?;
        Item::decode(&bytes)
    }

    /// A varint, in its shortest form.
    fn length(&mut self) -> Result<usize, String> {
        let mut coded = Vec::with_capacity(4);
        loop {
            let mut byte = [0; 1];
            self.fill(&mut byte, "the length of an item")?;
            coded.extend_from_slice(&byte);
            if byte.iter().all(|byte| byte & 0x80 == 0) {
                break;
            }
            if coded.len() >= 4 {
                return Err("the length of an item is too large".to_owned());
            }
        }
        let length = prost::encoding::decode_varint(&mut coded.as_slice()).map_err(|error| error.to_string())?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > ITEM_BYTES_MAX {
            return Err(format!("an item of {length} bytes, expected at most {ITEM_BYTES_MAX}"));
        }
        Ok(length)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), String> {
        self.input.read_exact(bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                format!("the file ends where {what} should be: it was cut off")
            } else {
                format!("the file cannot be read: {error}")
            }
        })?;
        self.digest.update(&*bytes);
        self.offset = self.offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }
}

fn fault(record: u64, offset: u64, problem: impl Into<String>) -> ExportFault {
    ExportFault { record, offset, problem: problem.into() }
}
