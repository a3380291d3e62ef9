//! The witness: one small file beside the store that remembers how far the journal had come.
//!
//! A log engine that finds damage near its end takes the part before it for the whole, and after that everything that
//! is left looks perfect. sled was measured to do so. The witness is what tells: a store whose end lies behind its
//! witness has lost what somebody was promised, and is refused.
//!
//! ```text
//! the file  two slots of 512 bytes, written in turn, so that a torn write leaves the other slot
//! slot      offset  bytes  field            all numbers big endian
//!                0      4  magic            "IPLW"
//!                4      4  format           1
//!                8      8  count            of writes; the slot with the higher one is newer
//!               16      8  height
//!               24      8  last sequence
//!               32      8  tree size
//!               40     32  tree root
//!               72     32  block hash
//!              480     32  SHA-256 of the 480 bytes before
//! ```
//!
//! It is written after a commit is durable, so it is never ahead of what the disk holds, and synced only now and then
//! and at the end: after a power failure it may be some commits behind, and then vouches for fewer of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{Fault, Tip};
use crate::journal::merkle::Hash;

/// The name of the file in the store's folder.
const FILE: &str = "head";

/// What the file is called until it is complete.
const FILE_NEW: &str = "head.new";

const MAGIC: [u8; 4] = *b"IPLW";
const FORMAT: u32 = 1;

/// One sector of the oldest disks: written whole or not at all.
const SLOT_BYTES: usize = 512;

/// The part of a slot that its hash covers.
const SLOT_BODY_BYTES: usize = SLOT_BYTES - Hash::BYTES;

/// How many commits may pass between two syncs of the file. A sync per commit would cost as much as the commit.
const COMMITS_PER_SYNC: u32 = 256;

/// The open file.
#[derive(Debug)]
pub(super) struct Witness {
    file: File,
    path: PathBuf,
    /// How often the file was written; the next write goes to the slot that is older.
    count: u64,
    commits_unsynced: u32,
}

/// What there is when a folder is opened.
#[derive(Debug)]
pub(super) enum Found {
    /// No file at all: a new folder, or somebody has removed it.
    Missing,
    /// A file in which neither slot is whole.
    Unreadable,
    /// A witness and what it saw.
    Readable(Witness, Tip),
}

impl Witness {
    /// Where the file is in this folder.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// Writes the file anew, durable when this returns. Under another name first: a file that is there is complete.
    pub(super) fn create(folder: &Path, tip: &Tip) -> Result<Self, Fault> {
        let (path, path_new) = (Self::path(folder), folder.join(FILE_NEW));
        let count = 1;
        let mut slots = vec![0; SLOT_BYTES];
        slots.extend_from_slice(&encode(count, tip));
        let write = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path_new)?;
            file.write_all_at(&slots, 0)?;
            file.sync_all()?;
            fs::rename(&path_new, &path)?;
            File::open(folder)?.sync_all()?;
            Ok(file)
        };
        let file = write().map_err(|error| Fault::io("create", &path, error))?;
        Ok(Self { file, path, count, commits_unsynced: 0 })
    }

    /// Opens the file and reads the newer of its whole slots.
    pub(super) fn open(folder: &Path) -> Result<Found, Fault> {
        let path = Self::path(folder);
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) => return Err(Fault::io("open", &path, error)),
        };
        let mut bytes = Vec::new();
        // Whatever else somebody put there, two slots are all that is read.
        let limit = u64::try_from(SLOT_BYTES.saturating_mul(2)).unwrap_or(u64::MAX);
        file.by_ref().take(limit).read_to_end(&mut bytes).map_err(|error| Fault::io("read", &path, error))?;
        let newest = bytes.chunks(SLOT_BYTES).filter_map(decode).max_by_key(|(count, _)| *count);
        Ok(match newest {
            Some((count, tip)) => Found::Readable(Self { file, path, count, commits_unsynced: 0 }, tip),
            None => Found::Unreadable,
        })
    }

    /// Remembers a commit that is durable.
    pub(super) fn record(&mut self, tip: &Tip) -> Result<(), Fault> {
        let count = self.count.saturating_add(1);
        self.file
            .write_all_at(&encode(count, tip), slot_offset(count))
            .map_err(|error| Fault::io("write", &self.path, error))?;
        self.count = count;
        self.commits_unsynced = self.commits_unsynced.saturating_add(1);
        if self.commits_unsynced >= COMMITS_PER_SYNC { self.sync() } else { Ok(()) }
    }

    /// Makes durable what was recorded.
    pub(super) fn sync(&mut self) -> Result<(), Fault> {
        if self.commits_unsynced > 0 {
            self.file.sync_data().map_err(|error| Fault::io("sync", &self.path, error))?;
            self.commits_unsynced = 0;
        }
        Ok(())
    }
}

/// Odd writes go to the second slot, even ones to the first.
fn slot_offset(count: u64) -> u64 {
    if count & 1 == 0 { 0 } else { u64::try_from(SLOT_BYTES).unwrap_or(u64::MAX) }
}

fn encode(count: u64, tip: &Tip) -> Vec<u8> {
    let fields = [
        MAGIC.as_slice(),
        &FORMAT.to_be_bytes(),
        &count.to_be_bytes(),
        &tip.height.to_be_bytes(),
        &tip.last_sequence.to_be_bytes(),
        &tip.tree_size.to_be_bytes(),
        tip.tree_root.as_bytes(),
        tip.block_hash.as_bytes(),
    ];
    let mut slot = fields.concat();
    slot.resize(SLOT_BODY_BYTES, 0);
    let hash = Hash::of([slot.as_slice()]);
    slot.extend_from_slice(hash.as_bytes());
    slot
}

/// The count and tip in a slot that is whole.
fn decode(slot: &[u8]) -> Option<(u64, Tip)> {
    let (body, hash) = slot.split_at_checked(SLOT_BODY_BYTES)?;
    if hash != Hash::of([body]).as_bytes() {
        return None;
    }
    let (magic, rest) = body.split_first_chunk()?;
    let (format, rest) = rest.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let (last_sequence, rest) = rest.split_first_chunk()?;
    let (tree_size, rest) = rest.split_first_chunk()?;
    let (tree_root, rest) = rest.split_first_chunk()?;
    let (block_hash, _) = rest.split_first_chunk()?;
    let tip = Tip {
        height: u64::from_be_bytes(*height),
        last_sequence: u64::from_be_bytes(*last_sequence),
        tree_size: u64::from_be_bytes(*tree_size),
        tree_root: Hash(*tree_root),
        block_hash: Hash(*block_hash),
    };
    (*magic == MAGIC && u32::from_be_bytes(*format) == FORMAT).then(|| (u64::from_be_bytes(*count), tip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip(height: u64) -> Tip {
        Tip {
            height,
            last_sequence: height.saturating_mul(3),
            tree_size: height.saturating_mul(3),
            tree_root: Hash::leaf(&height.to_be_bytes()),
            block_hash: Hash::of([height.to_be_bytes().as_slice()]),
        }
    }

    fn seen(folder: &Path) -> Option<Tip> {
        match Witness::open(folder).unwrap() {
            Found::Readable(_, tip) => Some(tip),
            Found::Missing | Found::Unreadable => None,
        }
    }

    #[test]
    fn the_newest_slot_counts_across_reopening() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Witness::open(folder.path()).unwrap(), Found::Missing));
        Witness::create(folder.path(), &Tip::EMPTY).unwrap();
        assert_eq!(seen(folder.path()), Some(Tip::EMPTY));
        for height in 1..=5 {
            let Found::Readable(mut witness, _) = Witness::open(folder.path()).unwrap() else { panic!() };
            witness.record(&tip(height)).unwrap();
            assert_eq!(seen(folder.path()), Some(tip(height)));
        }
        assert_eq!(fs::metadata(Witness::path(folder.path())).unwrap().len(), 1_024);
    }

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut witness = Witness::create(folder.path(), &Tip::EMPTY).unwrap();
        witness.record(&tip(1)).unwrap();
        witness.record(&tip(2)).unwrap();
        let path = Witness::path(folder.path());
        let whole = fs::read(&path).unwrap();
        for byte in 0..whole.len() {
            let mut torn = whole.clone();
            torn[byte] ^= 0x10;
            fs::write(&path, &torn).unwrap();
            let expected = if byte < SLOT_BYTES { tip(2) } else { tip(1) };
            assert_eq!(seen(folder.path()), Some(expected), "byte {byte}");
        }
        fs::write(&path, &whole[..700]).unwrap();
        assert_eq!(seen(folder.path()), Some(tip(1)));
        fs::write(&path, &whole[..500]).unwrap();
        assert!(matches!(Witness::open(folder.path()).unwrap(), Found::Unreadable));
    }
}
