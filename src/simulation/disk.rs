//! What a life leaves on the disk, held against what everybody knows:
//!
//! - nothing acknowledged is lost, nothing is there that was rejected or only validated, nothing is half written;
//! - sequences are dense and times grow, whatever the clock did;
//! - the auditor accepts every entry in the order of the journal, and its list agrees with the book;
//! - a state from a snapshot is the state by a full replay, to the byte;
//! - a disk that has lost or changed something is refused, and never taken for a shorter or another journal.
//!
//! The whole journal is read when it has grown by an eighth, and at the end; between, only what is new.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::callers::{Known, key_of};
use super::path::Run;
use crate::audit::{Depth, audit};
use crate::book::event::Entry;
use crate::decide::command::Stamp;
use crate::identifier::Sequence;
use crate::journal::codec::decode;
use crate::journal::replay::replay;
use crate::reader::{Loaded, load};
use crate::snapshot;
use crate::storage::memory::MemoryStorage;
use crate::storage::{Fault, Storage};

/// How many entries come before the next reading of the whole journal, at least.
const WHOLE_EVERY: u64 = 200;

/// How far the journal was looked at, and the state there.
#[derive(Debug, Default)]
pub(super) struct Looked {
    height: u64,
    sequence: u64,
    digest: Option<[u8; 32]>,
    /// How many entries there were when all of them were read.
    whole: u64,
}

impl Looked {
    /// Whether this is the state that was found last.
    pub(super) fn agrees(&self, loaded: &Loaded) -> Result<(), String> {
        let (book, head) = (&loaded.view().book, &loaded.view().head);
        let same = self.digest.is_none_or(|digest| digest == book.digest()) && head.height == self.height;
        if same { Ok(()) } else { Err(format!("a start finds another state than the look before it: {head:?}")) }
    }

    pub(super) fn has_digest(&self, digest: [u8; 32]) -> bool {
        self.digest == Some(digest)
    }
}

impl Run {
    /// The power fails. What a lying disk has lost with it must be noticed; then somebody restores it.
    pub(super) fn power_cut(&mut self) -> Result<(), String> {
        let (blocks, before) = (self.disk.blocks(), self.disk.copy());
        self.disk.crash();
        if self.disk.blocks() == blocks {
            return Ok(());
        }
        self.outcome.lies += 1;
        match self.disk.open() {
            Err(Fault::WitnessAhead { .. }) => {
                self.disk = before;
                Ok(())
            }
            other => Err(format!("a disk without its last acknowledged blocks was taken: {other:?}")),
        }
    }

    /// Opens the disk as a start does, and holds it against what the callers know and the auditor says;
    /// everything if asked, or if it is time. Gives the last entry.
    pub(super) fn look(&mut self, all: bool) -> Result<Sequence, String> {
        let storage = self.disk.open().map_err(|fault| format!("the disk does not open: {fault}"))?;
        let start = snapshot::load(self.data.path(), &storage, &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        let loaded = &start.loaded;
        let (book, last) = (&loaded.view().book, loaded.view().book.last_sequence());
        let taken = start.from.as_ref().map_or(0, |(_, taken)| *taken);
        if taken + start.replayed != last.value() || !start.passed_over.is_empty() {
            return Err(format!("of {last} entries {taken} are in a snapshot and {} were read", start.replayed));
        }
        let whole = all || last.value() >= self.looked.whole + self.looked.whole / 8 + WHOLE_EVERY;
        let entries = if whole { whole_journal(&storage, loaded)? } else { self.new_entries(&storage)? };
        let violations = book.violations();
        if !violations.is_empty() {
            return Err(format!("{violations:?}"));
        }
        let from = if whole { 1 } else { self.looked.sequence + 1 };
        self.check_entries(&entries, from)?;
        self.model.compare(book)?;
        let (height, sequence, digest) = (loaded.view().head.height, last.value(), Some(book.digest()));
        let whole = if whole { sequence } else { self.looked.whole };
        self.looked = Looked { height, sequence, digest, whole };
        if !self.outcome.lives.is_multiple_of(3) {
            snapshot::write(self.data.path(), loaded.state().copy())
                .map_err(|error| format!("no snapshot: {error}"))?;
        }
        drop(storage);
        self.damage()?;
        Ok(last)
    }

    /// The entries that were not there at the last look. What was there hangs on the hashes of what is new.
    fn new_entries(&self, storage: &MemoryStorage) -> Result<Vec<Arc<Entry>>, String> {
        let (mut entries, mut problem) = (Vec::new(), None);
        let scanned = storage.scan(self.looked.height + 1, &mut |block| {
            for record in block.records() {
                match decode(record) {
                    Ok(entry) => entries.push(Arc::new(entry)),
                    Err(error) => problem = Some(format!("block {}: {error}", block.height())),
                }
            }
            ControlFlow::Continue(())
        });
        scanned.map_err(|fault| fault.to_string())?;
        problem.map_or(Ok(entries), Err)
    }

    /// Entries from this sequence on to the end of the journal.
    fn check_entries(&mut self, entries: &[Arc<Entry>], from: u64) -> Result<(), String> {
        let callers = self.callers.lock();
        if let Some(problem) = callers.problems.first() {
            return Err(problem.clone());
        }
        let mut found = BTreeSet::new();
        for (entry, sequence) in entries.iter().zip(from..) {
            if entry.sequence.value() != sequence {
                return Err(format!("entry {} stands where {sequence} should", entry.sequence));
            }
            let key = key_of(&entry.request);
            let Some((request, known)) = callers.sent.get(&key) else {
                return Err(format!("nobody sent what entry {} answers", entry.sequence));
            };
            match known {
                Known::NoTrace => return Err(format!("a rejected request left entry {}: {request:?}", entry.sequence)),
                Known::Recorded(told) if told != entry => {
                    return Err(format!("entry {} is not what was acknowledged: {told:?}", entry.sequence));
                }
                Known::Recorded(_) | Known::Unknown => {}
            }
            found.insert(key);
            if usize::try_from(sequence).is_ok_and(|sequence| sequence > self.model.len()) {
                let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
                self.model.audit(&stamp, request, &Ok((**entry).clone()))?;
            }
        }
        for (key, (request, known)) in &callers.sent {
            let Known::Recorded(told) = known else { continue };
            if told.sequence.value() >= from && !found.contains(key) {
                return Err(format!("acknowledged and lost: {request:?}"));
            }
        }
        Ok(())
    }

    /// Damages a copy of the disk now and then: a flipped bit somewhere, or the end cut off.
    fn damage(&mut self) -> Result<(), String> {
        let blocks = u64::try_from(self.disk.blocks()).expect("a small number");
        if blocks == 0 || !self.random.chance(10) {
            return Ok(());
        }
        let copy = self.disk.copy();
        let what = if self.random.chance(30) {
            copy.lose_last(1);
            format!("block {blocks} lost")
        } else {
            let (height, part) = (1 + self.random.below(blocks), u16::from(self.random.chance(30)));
            // Beyond the end of the chunk there is nothing to flip.
            let bit = usize::try_from(self.random.below(8 * 400)).expect("a small number");
            if !copy.flip_bit(height, part, bit) {
                return Ok(());
            }
            format!("bit {bit} of part {part} of block {height} flipped")
        };
        self.outcome.damages += 1;
        let taken = copy.open().map_err(drop).and_then(|storage| load(&storage, &mut |_| {}).map_err(drop));
        if taken.is_ok() { Err(format!("{what}, and the journal was taken")) } else { Ok(()) }
    }

    /// The end of a run: everything is settled, and the program's own audit makes every decision again.
    pub(super) fn audit_all(&mut self) -> Result<(), String> {
        let last = self.look(true)?;
        let storage = self.disk.open().map_err(|fault| format!("the disk does not open: {fault}"))?;
        let report = audit(&storage, Depth::Full, &[], &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
        if !report.is_intact() || report.not_kept > 0 || self.looked.height != report.head.height {
            return Err(format!("the audit finds {:?}", report.findings));
        }
        let callers = self.callers.lock();
        match callers.unknown() {
            0 if last.value() > 0 && callers.last_told() <= last => Ok(()),
            unknown => Err(format!("{unknown} requests are unknown at the end")),
        }
    }
}

/// Every entry from the first block on; the state that they add up to is this one, to the byte.
fn whole_journal(storage: &MemoryStorage, ours: &Loaded) -> Result<Vec<Arc<Entry>>, String> {
    let mut entries = Vec::new();
    let replayed = replay(storage, &mut |entry, _| entries.push(entry)).map_err(|fault| format!("{fault:?}"))?;
    let full = load(storage, &mut |_| {}).map_err(|fault| format!("{fault:?}"))?;
    let (book, root) = (&full.view().book, full.view().head.tree.root());
    if book.digest() != replayed.book.digest() || root != replayed.head.tree.root() {
        return Err("two replays of one journal differ".to_owned());
    }
    let bytes = |loaded: &Loaded| postcard::to_stdvec(&loaded.state()).expect("a state can be written");
    if ours.view().book != *book || bytes(ours) != bytes(&full) {
        return Err("the state from a snapshot differs from that of a full replay".to_owned());
    }
    Ok(entries)
}
