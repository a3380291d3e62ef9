//! Audits of the journal beside the service (全面校验), one at a time: the one that is under way, and the last result.
//!
//! An audit reads the blocks that were durable when it began, on threads of its own. It takes no lock that a write needs,
//! and rests after each block while commands wait to be decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::audit::{Check, Depth, Finding, Place, Report, audit};
use crate::book::nouns::Caller;
use crate::calendar::Timestamp;
use crate::evidence::Checkpoint;
use crate::journal::merkle::Hash;
use crate::reader::Reader;
use crate::storage::Fault;
use crate::storage::until::Until;
use crate::writer::Writer;
use crate::writer::clock::Clock;

/// How long an audit rests after a block while commands wait.
const REST: Duration = Duration::from_millis(2);

/// The audits of this process.
#[derive(Debug, Default)]
pub(super) struct Verifications {
    latest: Mutex<Option<Arc<Verification>>>,
}

/// One audit.
#[derive(Debug)]
pub(super) struct Verification {
    /// Who began it.
    pub(super) started_by: String,
    /// When, for people.
    pub(super) started_at: Timestamp,
    began: Instant,
    /// How many entries it audits.
    pub(super) entries: u64,
    done: AtomicU64,
    outcome: Mutex<Option<Arc<Outcome>>>,
}

/// How an audit ended.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What it came to; `None` where the store could not be read.
    pub(super) judged: Option<Judged>,
    /// When.
    pub(super) finished_at: Timestamp,
    /// How long it took.
    pub(super) took: Duration,
}

/// What an audit came to, without the book that it made.
#[derive(Debug)]
pub(super) struct Judged {
    /// The root over the entries, from the stored bytes.
    pub(super) root: Hash,
    /// Decisions that came out the same.
    pub(super) decided_again: u64,
    /// Entries that do not keep what was asked for.
    pub(super) not_kept: u64,
    /// Decisions that came out differently.
    pub(super) differing: u64,
    /// The checkpoints that the journal continues.
    pub(super) continues: Vec<u64>,
    /// What does not hold.
    pub(super) findings: Vec<Finding>,
}

/// What an audit works with.
pub(super) struct Parts {
    /// The journal.
    pub(super) reader: Reader,
    /// Whose queue it gives way to.
    pub(super) writer: Writer,
    /// When it ended.
    pub(super) clock: Clock,
    /// The checkpoints that it must continue.
    pub(super) checkpoints: Vec<Checkpoint>,
    /// Turns true when the server stops.
    pub(super) stopped: watch::Receiver<bool>,
}

impl Verification {
    /// How many entries are done.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How it ended; `None` while it is under way.
    pub(super) fn outcome(&self) -> Option<Arc<Outcome>> {
        self.outcome.lock().clone()
    }

    /// How long it took until now, or until its end.
    pub(super) fn took(&self) -> Duration {
        self.outcome().map_or_else(|| self.began.elapsed(), |outcome| outcome.took)
    }
}

impl Verifications {
    /// The one that is under way, or the last one.
    pub(super) fn latest(&self) -> Option<Arc<Verification>> {
        self.latest.lock().clone()
    }

    /// Begins an audit, unless one is under way; gives the one that is.
    pub(super) fn start(&self, caller: &Caller, parts: Parts) -> std::io::Result<Arc<Verification>> {
        let mut latest = self.latest.lock();
        if let Some(running) = latest.as_ref().filter(|one| one.outcome().is_none()) {
            return Ok(Arc::clone(running));
        }
        let (tip, entries) = {
            let view = parts.reader.view();
            (view.head.height, view.head.last_sequence)
        };
        let verification = Arc::new(Verification {
            started_by: caller.person.to_string(),
            started_at: parts.clock.now(),
            began: Instant::now(),
            entries,
            done: AtomicU64::new(0),
            outcome: Mutex::new(None),
        });
        let of_thread = Arc::clone(&verification);
        std::thread::Builder::new().name("verification".to_owned()).spawn(move || of_thread.run(&parts, tip))?;
        *latest = Some(Arc::clone(&verification));
        Ok(verification)
    }
}

impl Verification {
    fn run(&self, parts: &Parts, tip: u64) {
        let judged = match self.judge(parts, tip) {
            Ok(judged) => Some(judged),
            Err(fault) => {
                let fault: &dyn std::error::Error = &fault;
                tracing::error!(fault, "the journal cannot be audited");
                None
            }
        };
        let outcome = Outcome { judged, finished_at: parts.clock.now(), took: self.began.elapsed() };
        *self.outcome.lock() = Some(Arc::new(outcome));
    }

    fn judge(&self, parts: &Parts, tip: u64) -> Result<Judged, Fault> {
        let store = Until::new(parts.reader.storage().as_ref(), tip);
        let sizes: Vec<u64> = parts.checkpoints.iter().map(|one| one.size).collect();
        let mut report = audit(&store, Depth::Full, &sizes, &mut |entries| {
            self.done.store(entries, Ordering::Relaxed);
            // A write waits for nobody who only looks; a server that stops, for no rest.
            if parts.writer.waiting() > 0 && !*parts.stopped.borrow() {
                std::thread::park_timeout(REST);
            }
        })?;
        let continues = self.compare(&mut report, parts);
        Ok(Judged {
            root: report.head.tree.root(),
            decided_again: report.decided_again,
            not_kept: report.not_kept,
            differing: report.differing,
            continues,
            findings: report.findings,
        })
    }

    /// Holds the journal against what the ledger signed and what it serves; the sizes of the checkpoints it continues.
    fn compare(&self, report: &mut Report, parts: &Parts) -> Vec<u64> {
        if !report.reaches_the_end {
            return Vec::new();
        }
        let mut continues = Vec::new();
        for checkpoint in &parts.checkpoints {
            let root = report.roots.get(&checkpoint.size).copied().flatten();
            // One of later than the beginning of this audit is not for it to judge.
            if root == Some(checkpoint.root) {
                continues.push(checkpoint.size);
            } else if checkpoint.size <= self.entries {
                let problem = format!("the journal does not continue the checkpoint of {} entries", checkpoint.size);
                let found = root.map_or_else(|| "no such size".to_owned(), |root| root.to_string());
                let finding = Finding::new(Check::Checkpoint, Place::default(), problem);
                report.find(finding.with(checkpoint.root.to_string(), found));
            }
        }
        let stored = report.head.tree.root();
        let served = parts.reader.tree_root_blocking(self.entries).ok().flatten();
        if served != Some(stored) {
            let problem = "the root that the ledger serves is not that of the stored bytes";
            let found = served.map(|root| root.to_string()).unwrap_or_default();
            report.find(Finding::new(Check::Served, Place::default(), problem).with(stored.to_string(), found));
        }
        continues
    }
}
