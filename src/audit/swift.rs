//! The audit of a journal that holds: says no more than whether it does.
//!
//! Of each record what was asked for is decoded and decided again, and what comes of it is encoded: only if these are the
//! record's own bytes was it decided so, explained so, and written in its one form. So a record is decoded by half and encoded
//! once, where the careful pass decodes and encodes it whole, decides it, and compares two entries.

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;

use super::pipeline::{self, Pass, Prepared};
use super::recompute::check_separation;
use super::served::Folder;
use super::{Auditor, Depth, Report, conclude};
use crate::book::event::Entry;
use crate::decide::command::Stamp;
use crate::decide::{decide, members};
use crate::journal::codec::encode;
use crate::journal::replay::check_follows;
use crate::storage::{Fault, Storage};

use crate::decide::recorded::request_of;

/// The report of a journal that holds; `None` when anything does not.
pub(super) fn audit(
    storage: &dyn Storage,
    sizes: &[u64],
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Report>, Fault> {
    let mut auditor = Auditor::new(storage, Depth::Full, sizes);
    let (served, holds) = (Folder::new(), AtomicBool::new(true));
    let last = |taken: Receiver<Prepared>| compare(&taken, &served, &holds);
    let scanned = pipeline::run(storage, Pass::Swift, &last, &mut |prepared| {
        let taken = auditor.take_by(prepared, &mut Auditor::take_swiftly);
        progress(auditor.report.head.last_sequence);
        if !taken {
            holds.store(false, Ordering::Relaxed);
        }
        taken
    });
    // The threads have ended: what they wrote is seen.
    if scanned.is_err() || !holds.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let mut report = auditor.report;
    conclude(&mut report, storage, Depth::Full, served)?;
    Ok(report.is_intact().then_some(report))
}

/// Compares each entry that was decided again with its record, to the byte, and folds its postings.
fn compare(taken: &Receiver<Prepared>, served: &Folder, holds: &AtomicBool) {
    for Prepared { block, entries, .. } in taken {
        let equal = |(record, entry): (&Vec<u8>, &Result<Entry, String>)| {
            entry.as_ref().is_ok_and(|entry| encode(entry) == *record)
        };
        if block.records().len() != entries.len() || !block.records().iter().zip(&entries).all(equal) {
            holds.store(false, Ordering::Relaxed);
            return;
        }
        served.fold(entries.into_iter().flatten());
    }
}

impl Auditor<'_> {
    /// Puts the entries as they are decided again in the place of what was asked for; `false` when that is not possible.
    fn take_swiftly(&mut self, prepared: &mut Prepared) -> bool {
        for asked in std::mem::take(&mut prepared.entries) {
            let Some(entry) = asked.ok().and_then(|asked| self.decided(asked, prepared)) else { return false };
            self.report.book.apply(&entry);
            prepared.entries.push(Ok(entry));
        }
        self.report.book.open_group().is_none()
    }

    /// The entry that answers what was asked for, which may come next.
    fn decided(&mut self, asked: Entry, prepared: &Prepared) -> Option<Entry> {
        let book = &self.report.book;
        check_follows(book, &asked).ok()?;
        check_separation(book, &asked).ok()?;
        if asked.event.head().is_some() {
            self.report.decided_again = self.report.decided_again.saturating_add(1);
            return self.members.pop_front();
        }
        let entry = if let Some(request) = request_of(&asked, &|sequence| self.earlier(sequence, prepared)) {
            let stamp = Stamp { sequence: asked.sequence, recorded_at: asked.recorded_at };
            self.report.decided_again = self.report.decided_again.saturating_add(1);
            decide(book, &stamp, &request).ok()?
        } else {
            self.report.not_kept = self.report.not_kept.saturating_add(1);
            asked
        };
        self.members = members(book, &entry).into();
        Some(entry)
    }
}
