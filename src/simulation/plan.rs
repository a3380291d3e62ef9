//! What a simulation does, and what came of it.

use std::fmt;

use crate::storage::memory::AppendFault;

/// What a run does.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Says everything that is left to chance.
    pub seed: u64,
    /// Commands that are answered, about.
    pub steps: u64,
    /// Who submit at the same time. One makes a run that its seed repeats exactly, and every rejection is judged too.
    pub submitters: u64,
    /// How the store fails.
    pub faults: Faults,
    /// Who lives there.
    pub workload: Workload,
}

/// Where the commands of a run come from. A seed means one run in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// A town of few names under one rulebook, where half of the commands aim at an edge.
    Town,
    /// A generated nation ([`crate::nation`]): three cities by their own rulebooks, year-end peaks, renewals, defaults,
    /// claims; between its deeds what happens in the town.
    Nation,
}

/// How the store of a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// In most lives somehow, as the seed says.
    Seeded,
    /// This append of the run, in this way, and no other; then the power fails. For a crash at every write there is.
    At(u64, AppendFault),
}

/// What came of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Processes, from start to end.
    pub lives: u64,
    /// Commands that were answered.
    pub submitted: u64,
    /// Entries of the journal.
    pub entries: u64,
    /// Blocks that were written, or should have been.
    pub appends: u64,
    /// Lives that a fault of the store ended.
    pub faults: u64,
    /// Power failures.
    pub crashes: u64,
    /// Starts from a snapshot.
    pub snapshots: u64,
    /// Starts on a disk that could not be read, refused as they must be.
    pub unreadable: u64,
    /// Bits flipped and ends cut off on a copy of the disk, all noticed.
    pub damages: u64,
    /// Acknowledged blocks that a lying disk had lost: noticed at the start, and restored.
    pub lies: u64,
}

impl Outcome {
    /// The sum of two.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            lives: self.lives + other.lives,
            submitted: self.submitted + other.submitted,
            entries: self.entries + other.entries,
            appends: self.appends + other.appends,
            faults: self.faults + other.faults,
            crashes: self.crashes + other.crashes,
            snapshots: self.snapshots + other.snapshots,
            unreadable: self.unreadable + other.unreadable,
            damages: self.damages + other.damages,
            lies: self.lies + other.lies,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, submitted, entries, appends, faults, crashes, snapshots, unreadable, damages, lies } = self;
        write!(
            f,
            "{submitted} commands answered and audited, {entries} entries in {appends} appends; {lives} lives, {snapshots} \
             from a snapshot; {faults} ended by a fault of the store, {crashes} power failures, {lies} lying disks, \
             {unreadable} unreadable ones, {damages} damaged copies"
        )
    }
}
