//! What a finished file of the log names, and in which lines: so that a question about one company reads its lines and
//! not the log.
//!
//! ```text
//! access-NNN.names    magic, 8 bytes │ check of the head and the tables │ length of the log file │ earliest │ latest time
//!                                                                                                      8 bytes each
//!                     for each of the 4,096 beginnings of a hash, how many entries come before it  4 bytes each, and the sum
//!                     for each of them, the check of its entries                                   4 bytes each
//!                     the entries by hash: hash of a name, 8 bytes │ offset of its line, 4 bytes
//! ```
//!
//! All numbers big-endian; a check is the beginning of a SHA-256. Derived from the log file and made anew whenever it is
//! missing, damaged or of another length; nobody loses anything with it. A hash is the first eight bytes of the SHA-256 of a name; whoever finds a line reads it and
//! looks for himself, so two names with one hash cost a look and no more.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Record;

const MAGIC: &[u8; 8] = b"IPLNAME2";

/// Beginnings of a hash, by its first twelve bits.
const BEGINNINGS: u64 = 4_096;

/// Where what the first check is of begins.
const CHECKED_AT: usize = 16;

/// Where the table of the beginnings is.
const TABLE_AT: u64 = 40;

/// Where the checks of the entries are.
const CHECKS_AT: u64 = TABLE_AT + 4 * (BEGINNINGS + 1);

/// Where the entries are.
const ENTRIES_AT: u64 = CHECKS_AT + 4 * BEGINNINGS;

const ENTRY_BYTES: u64 = 12;

/// What stands for every refused call; no name of anybody has such a letter.
pub(super) const DENIED: &str = "\0denied";

/// The names of one finished file.
#[derive(Debug)]
pub(super) struct Names {
    file: File,
    /// Everything before the entries.
    head: Vec<u8>,
    /// The earliest and the latest time of a line, in microseconds.
    pub(super) times: (i64, i64),
}

impl Names {
    /// The names of this file of the log, which nobody writes to any more; made if they are not there.
    pub(super) fn of(log: &Path) -> io::Result<Self> {
        if let Some(names) = Self::open(log)? {
            return Ok(names);
        }
        make(log)?;
        Self::open(log)?
            .ok_or_else(|| io::Error::other("the names of a file of the log were written and cannot be read"))
    }

    fn open(log: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(beside(log)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut head = vec![0; usize::try_from(ENTRIES_AT).map_err(io::Error::other)?];
        if file.read_exact_at(&mut head, 0).is_err() || !head.starts_with(MAGIC) {
            return Ok(None);
        }
        let is_whole = check(head.get(CHECKED_AT..).unwrap_or_default()) == u64_at(&head, 8);
        if !is_whole || u64_at(&head, 16) != fs::metadata(log)?.len() {
            return Ok(None);
        }
        let time = |at| i64::from_be_bytes(u64_at(&head, at).to_be_bytes());
        let times = (time(24), time(32));
        Ok(Some(Self { file, head, times }))
    }

    /// The offsets of the lines of a finished file that have one of these names. A list of which the entries are damaged
    /// is made anew.
    pub(super) fn lines_of(self, log: &Path, names: &[u64]) -> io::Result<BTreeSet<u64>> {
        match self.lines_with(names) {
            Err(error) if [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof].contains(&error.kind()) => {
                tracing::warn!(%error, log = %log.display(), "a list of names of the access log is made anew");
                make(log)?;
                Self::of(log)?.lines_with(names)
            }
            found => found,
        }
    }

    /// The offsets of the lines that have one of these names, ascending; some may have none after all.
    fn lines_with(&self, names: &[u64]) -> io::Result<BTreeSet<u64>> {
        let mut offsets = BTreeSet::new();
        for name in names {
            let entries = self.entries(beginning(*name))?;
            let entries = entries.chunks_exact(12).filter(|entry| u64_at(entry, 0) == *name);
            offsets.extend(entries.map(|entry| u64::from(u32_at(entry, 8))));
        }
        Ok(offsets)
    }

    /// The entries with this beginning.
    fn entries(&self, beginning: u64) -> io::Result<Vec<u8>> {
        let place = |table: u64| usize::try_from(table.saturating_add(beginning.saturating_mul(4)));
        let (bounds, sum) = (place(TABLE_AT).map_err(io::Error::other)?, place(CHECKS_AT).map_err(io::Error::other)?);
        let (from, to) = (u32_at(&self.head, bounds), u32_at(&self.head, bounds.saturating_add(4)));
        let count = u64::from(to.saturating_sub(from)).saturating_mul(ENTRY_BYTES);
        let mut entries = vec![0; usize::try_from(count).map_err(io::Error::other)?];
        let at = ENTRIES_AT.saturating_add(u64::from(from).saturating_mul(ENTRY_BYTES));
        self.file.read_exact_at(&mut entries, at)?;
        if short_check(&entries) != u32_at(&self.head, sum) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a list of names does not agree with its check"));
        }
        Ok(entries)
    }
}

/// Makes the names of every finished file that has none, and takes away those whose file is gone. All but the last file
/// are finished.
pub(super) fn make_missing(folder: &Path, files: &[PathBuf]) -> io::Result<()> {
    for log in files.iter().rev().skip(1) {
        drop(Names::of(log)?);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "names") && !path.with_extension("jsonl").exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The hash of a name.
pub(super) fn hash(name: &str) -> u64 {
    u64_at(&Sha256::digest(name.as_bytes()), 0)
}

/// `access-000000000001.names`.
fn beside(log: &Path) -> PathBuf {
    log.with_extension("names")
}

/// Writes them beside the log file; there in whole or not at all.
fn make(log: &Path) -> io::Result<()> {
    let bytes = fs::read(log)?;
    let (mut entries, mut times) = (Vec::new(), (i64::MAX, i64::MIN));
    for (offset, record) in lines(&bytes) {
        let offset = u32::try_from(offset).map_err(io::Error::other)?;
        times = (times.0.min(record.time), times.1.max(record.time));
        entries.extend(names_in(&record).into_iter().map(|name| (hash(name), offset)));
    }
    entries.sort_unstable();
    let (mut table, mut checks, mut body) = (Vec::new(), Vec::new(), Vec::new());
    for start in 0..=BEGINNINGS {
        let before = entries.partition_point(|(name, _)| beginning(*name) < start);
        table.extend(u32::try_from(before).map_err(io::Error::other)?.to_be_bytes());
    }
    for (name, offset) in &entries {
        body.extend(name.to_be_bytes());
        body.extend(offset.to_be_bytes());
    }
    let mut rest = body.as_slice();
    for start in 0..BEGINNINGS {
        let count = entries.partition_point(|(name, _)| beginning(*name) <= start);
        let end = count.saturating_mul(12).saturating_sub(body.len().saturating_sub(rest.len()));
        let (of_start, later) = rest.split_at(end.min(rest.len()));
        checks.extend(short_check(of_start).to_be_bytes());
        rest = later;
    }
    let mut checked = Vec::new();
    checked.extend(u64::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes());
    checked.extend(times.0.to_be_bytes());
    checked.extend(times.1.to_be_bytes());
    checked.extend(table);
    checked.extend(checks);
    let mut out = MAGIC.to_vec();
    out.extend(check(&checked).to_be_bytes());
    out.extend(checked);
    out.extend(body);
    let folder = log.parent().ok_or_else(|| io::Error::other("a file of the log has no folder"))?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(&out)?;
    new.as_file().sync_data()?;
    new.persist(beside(log)).map_err(|error| error.error)?;
    Ok(())
}

/// The lines with their offsets, in their order. What cannot be read is passed over.
pub(super) fn lines(bytes: &[u8]) -> impl DoubleEndedIterator<Item = (usize, Record)> {
    let begin = bytes.as_ptr().addr();
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(move |line| {
        let record = serde_json::from_slice(line).ok()?;
        Some((line.as_ptr().addr().saturating_sub(begin), record))
    })
}

/// Everything that a question may be about.
fn names_in(record: &Record) -> BTreeSet<&str> {
    let who = &record.who;
    let resources = record.resources.iter().map(|one| one.split_once('=').map_or(one.as_str(), |(_, value)| value));
    let of_caller = [&who.principal, &who.person, &who.on_behalf_of, &who.organisation].into_iter().map(String::as_str);
    let denied = record.is_denied().then_some(DENIED);
    resources.chain(of_caller).chain(denied).filter(|name| !name.is_empty()).collect()
}

/// The beginning of a SHA-256.
fn check(bytes: &[u8]) -> u64 {
    u64_at(&Sha256::digest(bytes), 0)
}

fn short_check(bytes: &[u8]) -> u32 {
    u32_at(&Sha256::digest(bytes), 0)
}

const fn beginning(hash: u64) -> u64 {
    hash >> 52
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let end = at.saturating_add(8);
    bytes.get(at..end).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let end = at.saturating_add(4);
    bytes.get(at..end).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}
