//! Reading the log back: pages from the newest line on, and the check of the chain.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::log::hash_of;
use super::names::{self, Names};
use super::{FOLDER, Record};

/// The most files that are read from end to end for one page.
const PAGE_FILES_MAX: usize = 8;

/// Few lines are longer.
const LINE_BYTES_USUAL: usize = 1_024;

/// What is asked of the log.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only lines before this number; `None` for the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Only calls of this principal or person.
    pub principal: Option<String>,
    /// Only calls that named one of these; `None` for all.
    pub resources: Option<BTreeSet<String>>,
    /// Only at this time or later, in microseconds.
    pub from: Option<i64>,
    /// Only before this time.
    pub to: Option<i64>,
    /// Only refusals.
    pub denied_only: bool,
    /// Only calls of this RPC: `Service/Rpc`, or its last part alone.
    pub rpc: Option<String>,
}

impl Query {
    /// The hashes of the names one of which a line must have; `None` where any line may do.
    fn names(&self) -> Option<Vec<u64>> {
        let hashed = |name: &String| names::hash(name);
        let resources = self.resources.as_ref().map(|names| names.iter().map(hashed).collect());
        let principal = || self.principal.as_ref().map(|name| vec![hashed(name)]);
        resources.or_else(principal).or_else(|| self.denied_only.then(|| vec![names::hash(names::DENIED)]))
    }

    /// Whether no line between these times is asked for.
    fn is_outside(&self, (earliest, latest): (i64, i64)) -> bool {
        self.from.is_some_and(|from| latest < from) || self.to.is_some_and(|to| to <= earliest)
    }

    fn lets_through(&self, record: &Record) -> bool {
        let who = &record.who;
        let named = |wanted: &BTreeSet<String>| {
            let values =
                record.resources.iter().map(|one| one.split_once('=').map_or(one.as_str(), |(_, value)| value));
            wanted.contains(&who.organisation) || values.into_iter().any(|value| wanted.contains(value))
        };
        self.before.is_none_or(|before| record.n < before)
            && self
                .principal
                .as_ref()
                .is_none_or(|one| [&who.principal, &who.person, &who.on_behalf_of].into_iter().any(|name| name == one))
            && self.resources.as_ref().is_none_or(named)
            && self.from.is_none_or(|from| from <= record.time)
            && self.to.is_none_or(|to| record.time < to)
            && (!self.denied_only || record.is_denied())
            && self.rpc.as_ref().is_none_or(|rpc| {
                let last = record.rpc.rsplit('/').next();
                record.rpc == *rpc || last == Some(rpc)
            })
    }
}

/// Some lines, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines.
    pub records: Vec<Record>,
    /// Where to go on: [`Query::before`] of the next page; `None` at the beginning of the log.
    pub next: Option<u64>,
}

/// One page of the log in this folder. A line that cannot be read is passed over: [`verify`] names it.
///
/// Finished files are asked by their names, where the question has one, so that the whole log is searched for a few
/// lines at once; a page may be short all the same before the log ends ([`Page::next`]).
pub fn page(folder: &Path, query: &Query) -> io::Result<Page> {
    let mut page = Page::default();
    let before = query.before.unwrap_or(u64::MAX);
    let all = files(folder)?;
    let newest = all.last().cloned();
    let wanted = query.names();
    let (mut read_whole, mut reached) = (0_usize, None);
    for path in all.into_iter().rev() {
        let first = first_number(&path).unwrap_or_default();
        if first >= before {
            continue;
        }
        if read_whole >= PAGE_FILES_MAX {
            page.next = reached;
            break;
        }
        let room = query.limit.saturating_sub(page.records.len());
        let is_finished = newest.as_ref() != Some(&path);
        let (found, more) = match if is_finished { Some(Names::of(&path)?) } else { None } {
            Some(names) if query.is_outside(names.times) => (Vec::new(), false),
            Some(names) if wanted.is_some() => {
                listed(&path, &names.lines_of(&path, wanted.as_deref().unwrap_or_default())?, query, room)?
            }
            Some(_) | None => {
                read_whole = read_whole.saturating_add(1);
                newest_of(names::lines(&fs::read(&path)?).rev().map(|(_, record)| record), query, room)
            }
        };
        page.records.extend(found);
        reached = Some(first);
        if more || (page.records.len() >= query.limit && first > 1) {
            page.next = page.records.last().map(|record| record.n);
            break;
        }
    }
    Ok(page)
}

/// Those of these lines that are asked for, newest first, as many as there is room for; and whether there are more.
fn listed(path: &Path, offsets: &BTreeSet<u64>, query: &Query, room: usize) -> io::Result<(Vec<Record>, bool)> {
    let file = fs::File::open(path)?;
    let mut records = Vec::new();
    for offset in offsets.iter().rev() {
        if records.len() > room {
            break;
        }
        let record = serde_json::from_slice(&line_at(&file, *offset)?).ok();
        records.extend(record.filter(|record| query.lets_through(record)));
    }
    Ok(newest_of(records.into_iter(), query, room))
}

/// The first of these that are asked for, as many as there is room for; and whether there are more.
fn newest_of(records: impl Iterator<Item = Record>, query: &Query, room: usize) -> (Vec<Record>, bool) {
    let mut found: Vec<Record> =
        records.filter(|record| query.lets_through(record)).take(room.saturating_add(1)).collect();
    let more = found.len() > room;
    found.truncate(room);
    (found, more)
}

/// The line that begins here, without its line feed.
fn line_at(file: &fs::File, offset: u64) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::with_capacity(LINE_BYTES_USUAL, file);
    reader.seek(SeekFrom::Start(offset))?;
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    line.pop_if(|last| *last == b'\n');
    Ok(line)
}

/// What a sound log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many lines.
    pub lines: u64,
    /// SHA-256 of the last line, in hex.
    pub head: String,
}

/// A line that does not follow from the one before it.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// A file cannot be read.
    #[error("the access log cannot be read")]
    Io(#[from] io::Error),
    /// A line is not one of the log's.
    #[error("`{file}` line {line} is not a line of the log: {problem}")]
    Malformed {
        /// Which file.
        file: String,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A line was changed, taken out or put in.
    #[error(
        "`{file}` line {line}: record {found} does not follow record {before}; a line before it was changed, removed or added"
    )]
    Broken {
        /// Which file.
        file: String,
        /// Which line of it, from 1.
        line: usize,
        /// The number in the line.
        found: u64,
        /// The number of the line before.
        before: u64,
    },
}

/// Checks the whole chain of the log in a data folder.
pub fn verify(data: &Path) -> Result<Verified, Flaw> {
    let mut verified = Verified { lines: 0, head: hash_of(b"") };
    for path in files(&data.join(FOLDER))? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (index, line) in BufReader::new(fs::File::open(&path)?).split(b'\n').enumerate() {
            let (line, number) = (line?, index.saturating_add(1));
            let record: Record = serde_json::from_slice(&line).map_err(|error| Flaw::Malformed {
                file: file.clone(),
                line: number,
                problem: error.to_string(),
            })?;
            if record.prev != verified.head || record.n != verified.lines.saturating_add(1) {
                return Err(Flaw::Broken { file, line: number, found: record.n, before: verified.lines });
            }
            verified = Verified { lines: record.n, head: hash_of(&line) };
        }
    }
    Ok(verified)
}

/// The files of the log, oldest first.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        found.push(entry?.path());
    }
    found.retain(|path| first_number(path).is_some());
    found.sort();
    Ok(found)
}

fn first_number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("access-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// The last whole line of a file, and the file's length up to its end.
pub(super) fn last_line(path: &Path) -> io::Result<(Option<Vec<u8>>, u64)> {
    let bytes = fs::read(path)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let Some(text) = whole.and_then(|end| bytes.get(..end)) else { return Ok((None, 0)) };
    let line = text.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_add(1);
    Ok((Some(line), length))
}
