//! The audit (审计): everything that the journal says, checked from its first byte; what `ipledger verify` runs.
//!
//! ```text
//! scan      read the blocks; each agrees with its own hashes                      one thread
//! prepare   hash the leaves, decode the records, encode them again                the other threads
//! audit     chain and tree; order, balance, separation; decide again; apply       this thread
//! serve     fold the postings as a reader does                                    one thread
//! ```
//!
//! A journal that holds is audited swiftly ([`swift`]): of each record only what was asked for is decoded, and the entry that
//! is decided again must encode to the very bytes of the record. Whatever does not hold is looked at again from the first
//! block on, carefully, and that pass says what is wrong: both take the same journals.
//!
//! An audit knows nothing but the journal, and trusts none of it: each decision is made again by the pure
//! [`decide`](crate::decide::decide) on the book as it was just before, under the rulebook version that the journal has,
//! and must give the recorded entry to the byte: every award with its lines and explanation, every share of a loss,
//! every deferral of a breaker, every split of a recovery.
//!
//! # Invariants, and where each is checked
//!
//! | | what | where |
//! |---|---|---|
//! | 1 | postings sum to zero; so does the trial balance | each entry: `check_follows`; the end: `Book::violations`, [`served`] |
//! | 2 | dense sequences; the root from the stored bytes; nothing missing | `Head::check_leaves`, `check_follows`; head witness, checkpoints |
//! | 3, 4, 5, 6, 7 | caps, costs and evidence, pledges, budgets and pools, shares | each decision again; the end: `Book::violations` |
//! | 8 | one request id, one answer | `check_follows`: no id answers twice; the digest is kept, the request itself is not |
//! | 9 | open periods, four eyes, own business | each entry: [`recompute`]; each decision again |
//! | 10 | the same state from entry 1 | this book is that state, its digest is in the report; `snapshot --check` compares the snapshots |

mod finding;
mod pipeline;
mod recompute;
mod served;
mod swift;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::book::Book;
use crate::book::event::Entry;
use crate::decide::members;
use crate::identifier::Sequence;
use crate::journal::block::{BlockFault, Head};
use crate::journal::codec::decode;
use crate::journal::merkle::{Hash, Tree};
use crate::journal::replay::check_follows;
use crate::storage::{Fault, Storage};

pub use finding::{Check, Finding, Place};

use pipeline::{Pass, Prepared};
use recompute::{Again, check_separation, decide_again, same_as};

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Bytes only: every hash, the chain, the tree. What records mean is not looked at.
    Bytes,
}

/// What an audit came to.
#[derive(Debug)]
pub struct Report {
    /// The end of the part of the journal that holds.
    pub head: Head,
    /// The state after the last entry; empty after [`Depth::Bytes`].
    pub book: Book,
    /// The roots at the sizes that were asked for; `None` for sizes beyond the end.
    pub roots: BTreeMap<u64, Option<Hash>>,
    /// Whether every block could be read and continues the one before: the roots are those of the whole journal.
    pub reaches_the_end: bool,
    /// Decisions that were made again and came out the same.
    pub decided_again: u64,
    /// Entries whose records do not keep what was asked for: refusals of early versions.
    pub not_kept: u64,
    /// What was found, in the order of the journal: the first that stops the audit is the last one here.
    pub findings: Vec<Finding>,
    /// How many decisions came out differently; only the first [`FINDINGS_MAX`] are in `findings`.
    pub differing: u64,
}

/// The most findings that are kept.
pub const FINDINGS_MAX: usize = 20;

impl Report {
    /// Of a journal of which nothing was read.
    pub fn empty(sizes: &[u64]) -> Self {
        let mut roots: BTreeMap<u64, Option<Hash>> = sizes.iter().map(|size| (*size, None)).collect();
        if let Some(root) = roots.get_mut(&0) {
            *root = Some(Tree::EMPTY.root());
        }
        Self {
            head: Head::EMPTY,
            book: Book::new(),
            roots,
            reaches_the_end: false,
            decided_again: 0,
            not_kept: 0,
            findings: Vec::new(),
            differing: 0,
        }
    }

    /// Whether everything holds.
    pub const fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding, unless there are many already.
    pub fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// Audits the journal in the store, and notes its roots at `sizes`. `progress` hears how many entries are done.
///
/// A fault is returned when the store could not be read for a reason that says nothing of the journal (permissions, a
/// failing disk); what is wrong with the journal is in the report.
pub fn audit(
    storage: &dyn Storage,
    depth: Depth,
    sizes: &[u64],
    progress: &mut dyn FnMut(u64),
) -> Result<Report, Fault> {
    if depth == Depth::Full
        && let Some(report) = swift::audit(storage, sizes, progress)?
    {
        return Ok(report);
    }
    carefully(storage, depth, sizes, progress)
}

/// The audit that can say what is wrong, and where.
fn carefully(
    storage: &dyn Storage,
    depth: Depth,
    sizes: &[u64],
    progress: &mut dyn FnMut(u64),
) -> Result<Report, Fault> {
    let mut auditor = Auditor::new(storage, depth, sizes);
    let served = served::Folder::new();
    let pass = if depth == Depth::Full { Pass::Careful } else { Pass::Bytes };
    let last = |taken: Receiver<Prepared>| served.fold(taken.into_iter().flat_map(|one| one.entries).flatten());
    let scanned = pipeline::run(storage, pass, &last, &mut |prepared| {
        let stop = auditor.take(prepared);
        progress(auditor.report.head.last_sequence);
        stop
    });
    let mut report = auditor.report;
    if let Err(fault) = scanned {
        let (height, sequence) = (report.head.height.saturating_add(1), report.head.last_sequence.saturating_add(1));
        report.find(of_fault(fault, Place::block(height, sequence))?);
    }
    conclude(&mut report, storage, depth, served)?;
    Ok(report)
}

/// What is left to check when the last block was taken.
fn conclude(report: &mut Report, storage: &dyn Storage, depth: Depth, served: served::Folder) -> Result<(), Fault> {
    let tip = storage.tip()?;
    if report.findings.iter().any(|finding| finding.check != Check::Decision) {
        return Ok(());
    }
    if report.head.height != tip {
        let place = Place { height: Some(report.head.height.saturating_add(1)), ..Place::default() };
        let (expected, found) = (format!("commits up to {tip}"), format!("commits up to {}", report.head.height));
        report.find(Finding::new(Check::Store, place, "commits are missing").with(expected, found));
        return Ok(());
    }
    report.reaches_the_end = true;
    if depth == Depth::Full {
        for violation in report.book.violations() {
            report.find(Finding::new(Check::Invariant, Place::default(), violation.to_string()));
        }
        for finding in served.into_history().differences(&report.book) {
            report.find(finding);
        }
    }
    Ok(())
}

/// What a fault of the store says of the journal. Gives the fault back when it says nothing: the caller could not look.
pub fn of_fault(fault: Fault, place: Place) -> Result<Finding, Fault> {
    match fault {
        Fault::Corrupt { source, .. } => Ok(of_block(&source, place.sequence)),
        fault @ (Fault::Damaged { .. } | Fault::BlobsUsed { .. }) => {
            Ok(Finding::new(Check::Store, place, fault.to_string()))
        }
        fault @ (Fault::WitnessAhead { .. }
        | Fault::WitnessMismatch { .. }
        | Fault::WitnessMissing { .. }
        | Fault::Unfinished { .. }) => Ok(Finding::new(Check::Store, Place::default(), fault.to_string())),
        fault @ (Fault::Locked { .. }
        | Fault::Io { .. }
        | Fault::Full { .. }
        | Fault::Incompatible { .. }
        | Fault::NotNext { .. }
        | Fault::NotEmpty { .. }
        | Fault::Poisoned { .. }) => Err(fault),
    }
}

fn of_block(fault: &BlockFault, sequence: Option<u64>) -> Finding {
    let problem = format!("the commit is damaged: {} is not as it should be", fault.check);
    let place = Place { sequence, ..Place::block(fault.height, 0) };
    Finding::new(Check::Block, place, problem).with(fault.expected.clone(), fault.found.clone())
}

struct Auditor<'a> {
    storage: &'a dyn Storage,
    /// The first sequence of each block, in the order of their heights from 1: where an earlier entry is.
    first_sequences: Vec<u64>,
    depth: Depth,
    /// The members of the group that is open, as they are decided again with their head.
    members: VecDeque<Entry>,
    report: Report,
}

impl<'a> Auditor<'a> {
    fn new(storage: &'a dyn Storage, depth: Depth, sizes: &[u64]) -> Self {
        let (first_sequences, members) = (Vec::new(), VecDeque::new());
        Self { storage, first_sequences, depth, members, report: Report::empty(sizes) }
    }

    /// An entry that was checked before: of this block, or of one in the store.
    fn earlier(&self, sequence: Sequence, prepared: &Prepared) -> Option<Arc<Entry>> {
        let within = |first: u64| usize::try_from(sequence.value().checked_sub(first)?).ok();
        if let Some(index) = within(prepared.block.first_sequence()) {
            return prepared.entries.get(index)?.as_ref().ok().cloned().map(Arc::new);
        }
        let height = self.first_sequences.partition_point(|first| *first <= sequence.value());
        let block = self.storage.read(u64::try_from(height).ok()?).ok()??;
        let record = block.records().get(within(block.first_sequence())?)?;
        decode(record).ok().map(Arc::new)
    }

    /// Checks the next block; `false` when nothing after it can be trusted.
    fn take(&mut self, prepared: &mut Prepared) -> bool {
        self.take_by(prepared, &mut |auditor, prepared| auditor.depth == Depth::Bytes || auditor.take_entries(prepared))
    }

    /// The same, with what is done with the entries of the block.
    fn take_by(
        &mut self,
        prepared: &mut Prepared,
        take_entries: &mut dyn FnMut(&mut Self, &mut Prepared) -> bool,
    ) -> bool {
        let roots = &mut self.report.roots;
        let checked = self.report.head.check_leaves(&prepared.block, &prepared.leaves, &mut |tree| {
            if let Some(root) = roots.get_mut(&tree.size()) {
                *root = Some(tree.root());
            }
        });
        let next = match checked {
            Ok(next) => next,
            Err(fault) => {
                let sequence = self.report.head.last_sequence.saturating_add(1);
                self.report.find(of_block(&fault, Some(sequence)));
                return false;
            }
        };
        if !take_entries(self, prepared) {
            return false;
        }
        self.first_sequences.push(prepared.block.first_sequence());
        self.report.head = next;
        true
    }

    fn take_entries(&mut self, prepared: &Prepared) -> bool {
        for (index, entry) in prepared.entries.iter().enumerate() {
            let place = || Place::record(&prepared.block, index);
            match entry {
                Ok(entry) => {
                    if let Err(finding) = self.take_entry(entry, prepared, &place) {
                        self.report.find(*finding);
                        return false;
                    }
                }
                Err(problem) => {
                    self.report.find(Finding::new(Check::Record, place(), problem.clone()));
                    return false;
                }
            }
        }
        if let Some(open) = self.report.book.open_group() {
            let place = Place::record(&prepared.block, prepared.entries.len().saturating_sub(1));
            let problem = format!("the group of entry {} is not whole in its commit", open.head);
            let (expected, found) = (format!("{} more entries", open.left), "the end of the commit".to_owned());
            self.report.find(Finding::new(Check::Entry, place, problem).with(expected, found));
            return false;
        }
        true
    }

    fn take_entry(
        &mut self,
        entry: &Entry,
        prepared: &Prepared,
        place: &dyn Fn() -> Place,
    ) -> Result<(), Box<Finding>> {
        let book = &self.report.book;
        let found = |check, problem| Box::new(Finding::new(check, place(), problem));
        check_follows(book, entry).map_err(|flaw| found(Check::Entry, flaw.to_string()))?;
        check_separation(book, entry).map_err(|problem| found(Check::Separation, problem))?;
        let again = if entry.event.head().is_some() {
            same_as(self.members.pop_front(), entry, place)
        } else {
            let decided = decide_again(book, entry, &|sequence| self.earlier(sequence, prepared), place);
            self.members = members(book, entry).into();
            decided
        };
        match again {
            Again::Same => self.report.decided_again = self.report.decided_again.saturating_add(1),
            Again::NotKept => self.report.not_kept = self.report.not_kept.saturating_add(1),
            Again::Differs(finding) => {
                self.report.differing = self.report.differing.saturating_add(1);
                self.report.find(*finding);
            }
        }
        self.report.book.apply(entry);
        Ok(())
    }
}
