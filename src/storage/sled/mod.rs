//! The store that production uses: commit files, and behind them sled 0.34, kept to what was measured to be safe with it.
//!
//! ```text
//! folder/        locked by the process that has it open
//!   head         the witness, see `witness.rs`
//!   commits-1    the last commits, until sled has them, see `commits/`
//!   commits-2
//!   store/       sled: `db` the log, `conf`, `snap.*`, and `blobs/`, which must stay empty
//! ```
//!
//! - One append is one frame in a commit file and one `fdatasync`; then the block may be seen. A thread, the mover, takes
//!   committed blocks on to sled, many at once (`mover.rs`). Until sled has them, synced, they are read from memory and
//!   their frames are not overwritten.
//! - Blocks go to sled in batches of one tree, which it applies as a whole or not at all, in values of at most
//!   [`CHUNK_BYTES_MAX`](crate::journal::block::CHUNK_BYTES_MAX) bytes. Larger pages would go to `blobs/`, which sled never
//!   syncs.
//! - sled's `flush` does not survive a power failure: it neither syncs the size of the file nor the cache of the drive.
//!   So each batch ends with an own `fdatasync` of `db`, and each opening begins with one, because what a killed
//!   process had written is readable before it is durable.
//! - Damaged files make sled panic. Such a panic is caught and becomes [`Fault::Damaged`]; nothing global is installed
//!   for it. In the release profile a panic aborts: the process then stops with sled's own message, and nothing is
//!   served either way.
//! - sled may take a damaged log for a shorter one without a word. The witness notices, and so do the commit files, which
//!   say how far sled had come: a shorter log is never continued from them.
//!
//! Opening reads the last block and the one that the witness saw, and gives sled what only the commit files have
//! (`commits/recovery.rs` says what of them is taken, what is dropped, and what is refused). The chain over all blocks is
//! checked by replay. A full scan fills sled's cache far over its capacity; whoever scans everything at start may reopen
//! afterwards. Closing leaves everything in sled.

use std::fmt;
use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use self::engine::Engine;
use self::mover::{Queue, Waiting};
use super::commits::{self, CommitFiles, Found};
use super::folder::{create_folder, lock_folder};
use super::witness::{self, Witness};
use super::{Fault, Storage, Tip, check_next, check_witness};
use crate::journal::block::{Block, StreamFault};

mod engine;
mod fill;
mod mover;
mod shortcut;
mod unfinished;
#[cfg(test)]
mod tests;

/// sled's folder in ours.
const STORE: &str = "store";

/// An open store. Dropping it moves on to sled what is committed, closes the store and syncs the witness.
pub struct SledStorage {
    folder: PathBuf,
    /// Taken out only when dropped.
    engine: Option<Arc<Engine>>,
    /// Taken out only when dropped.
    mover: Option<JoinHandle<()>>,
    queue: Arc<Queue>,
    writer: Mutex<Writer>,
    /// What readers may see; moves after the sync.
    tip_height: AtomicU64,
    /// How long the last sync took, in nanoseconds.
    sync_nanos: AtomicU64,
    /// The folder, locked; the operating system releases it with the process.
    _lock: File,
}

/// What one append at a time works with.
#[derive(Debug)]
struct Writer {
    commits: CommitFiles,
    witness: Witness,
    tip: Tip,
}

impl SledStorage {
    /// Opens the store in this folder, or makes one where there is nothing yet. Refuses a folder that another process
    /// has, and a store that lost its end.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        unfinished::refuse(folder)?;
        Self::open_with(folder, WitnessRule::MustAgree)
    }

    /// Opens the store in this folder and takes its end for true, whatever the witness or the commit files say beyond it:
    /// writes the witness anew, and removes commit files that do not fit. For an operator who has compared that end with a
    /// receipt or a backup, and has checked the whole chain.
    pub fn open_accepting_head(folder: &Path) -> Result<Self, Fault> {
        unfinished::refuse(folder)?;
        Self::open_with(folder, WitnessRule::WrittenAnew)
    }

    fn open_with(folder: &Path, rule: WitnessRule) -> Result<Self, Fault> {
        create_folder(folder)?;
        let lock = lock_folder(folder)?;
        let mut seen = Witness::open(folder)?;
        // Before the store, so that a store without a witness is never the work of a crash.
        if !Engine::log_path(folder).exists() && matches!(seen, witness::Found::Missing) {
            seen = witness::Found::Readable(Witness::create(folder, &Tip::EMPTY)?, Tip::EMPTY);
        }
        let engine = Engine::open(folder)?;
        let engine_tip = engine.last_tip()?;
        let found = commits::find(folder, &engine_tip)?;
        let tip = found.tip(&engine_tip);
        let witness = match rule {
            WitnessRule::MustAgree => {
                let witness = agreeing(folder, &engine, (&engine_tip, &tip), &found, seen)?;
                recover(&engine, &found.blocks)?;
                witness
            }
            WitnessRule::WrittenAnew => {
                recover(&engine, &found.blocks)?;
                if let Some(problem) = found.lost_end.as_ref().or(found.problem.as_ref()) {
                    tracing::warn!(problem, end = %tip, "the commit files are removed, the end is taken for true");
                    commits::remove(folder)?;
                }
                Witness::create(folder, &tip)?
            }
        };
        let commits = CommitFiles::open(folder)?;
        let (engine, queue) = (Arc::new(engine), Arc::new(Queue::new(tip.height)));
        let mover = mover::start(Arc::clone(&engine), Arc::clone(&queue))
            .map_err(|error| Fault::io("start a thread for", folder, error))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            engine: Some(engine),
            mover: Some(mover),
            queue,
            writer: Mutex::new(Writer { commits, witness, tip }),
            tip_height: AtomicU64::new(tip.height),
            sync_nanos: AtomicU64::new(0),
            _lock: lock,
        })
    }

    /// Checks that sled keeps nothing in the files that it never syncs, as is checked at each opening.
    pub fn check_no_blobs(&self) -> Result<(), Fault> {
        engine::check_no_blobs(&self.folder)
    }

    /// The engine, unless an earlier fault finished the store.
    fn usable(&self) -> Result<&Engine, Fault> {
        self.queue.check_usable()?;
        self.engine.as_deref().ok_or_else(|| Fault::Poisoned { reason: "it was closed".to_owned() })
    }

    /// Finishes the store with its first fault; a later one is a consequence.
    fn finish(&self, fault: &Fault) {
        self.queue.finish(fault.to_string());
    }

    fn commit(&self, writer: &mut Writer, block: &Block) -> Result<(), Fault> {
        check_next(&writer.tip, block)?;
        let committed =
            writer.commits.append(block, self.queue.moved(), |height| self.queue.wait_until_moved(height))?;
        let nanos = u64::try_from(committed.sync.as_nanos()).unwrap_or(u64::MAX);
        self.sync_nanos.store(nanos, Ordering::Relaxed);
        writer.tip = Tip::from(block.trailer());
        // Before anybody may ask for it.
        self.queue.push(Waiting { height: writer.tip.height, stream: committed.stream });
        self.tip_height.store(writer.tip.height, Ordering::Release);
        writer.witness.record(&writer.tip)
    }

    /// A block at or below the tip: from memory until the engine has it.
    fn read_committed(&self, engine: &Engine, height: u64) -> Result<Block, Fault> {
        let damaged = |detail| Fault::Damaged { folder: self.folder.clone(), detail };
        let waiting = if height > self.queue.moved() { self.queue.find(height) } else { None };
        let block = match waiting {
            Some(stream) => Block::from_stream(height, &mut &*stream).map_err(|fault| match fault {
                StreamFault::Block(fault) => Fault::from(fault),
                fault @ (StreamFault::Io(_) | StreamFault::CutOff { .. }) => damaged(format!("in memory: {fault}")),
            })?,
            None => engine.read(height)?,
        };
        block.ok_or_else(|| damaged(format!("block {height} is missing")))
    }
}

impl Storage for SledStorage {
    fn last_sync(&self) -> Option<Duration> {
        Some(Duration::from_nanos(self.sync_nanos.load(Ordering::Relaxed))).filter(|took| !took.is_zero())
    }

    fn append(&self, block: &Block) -> Result<(), Fault> {
        let mut writer = self.writer.lock();
        // Under the lock: who waited for a failing append must not write after it.
        self.usable()?;
        self.commit(&mut writer, block).inspect_err(|fault| self.finish(fault))
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        let engine = self.usable()?;
        // While blocks are filled in, they are in sled before they are durable; nobody sees them until then.
        if height == 0 || height > self.tip_height.load(Ordering::Acquire) {
            return Ok(None);
        }
        self.read_committed(engine, height).inspect_err(|fault| self.finish(fault)).map(Some)
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        for height in from_height.max(1)..=self.tip()? {
            match self.read(height)?.map(&mut *visit) {
                Some(ControlFlow::Continue(())) => {}
                Some(ControlFlow::Break(())) | None => break,
            }
        }
        Ok(())
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.usable()?;
        Ok(self.tip_height.load(Ordering::Acquire))
    }
}

impl fmt::Debug for SledStorage {
    /// Not derived: sled's own would print every key and value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStorage")
            .field("folder", &self.folder)
            .field("tip_height", &self.tip_height)
            .field("poison", &self.queue.poison())
            .finish_non_exhaustive()
    }
}

impl Drop for SledStorage {
    fn drop(&mut self) {
        self.queue.stop();
        let ended = self.mover.take().is_none_or(|mover| mover.join().is_ok());
        let engine = self.engine.take();
        let closed = catch_unwind(AssertUnwindSafe(|| drop(engine)));
        let writer = self.writer.get_mut();
        // All that is lost without these is what they vouch for; what was committed is durable in any case.
        if ended
            && self.queue.check_usable().is_ok()
            && let Err(fault) = writer.commits.mark(writer.tip.height)
        {
            tracing::warn!(%fault, "the commit files could not be marked");
        }
        if let Err(fault) = writer.witness.sync() {
            tracing::warn!(%fault, "the witness could not be synced");
        }
        if closed.is_err() {
            tracing::error!(folder = %self.folder.display(), "sled panicked while closing");
        }
    }
}

/// What an opening does with the witness.
#[derive(Clone, Copy, Debug)]
enum WitnessRule {
    MustAgree,
    WrittenAnew,
}

/// The witness, when nothing speaks against the store: the engine ends at the first of the tips, and at the second with
/// what was found in the commit files.
fn agreeing(
    folder: &Path,
    engine: &Engine,
    (engine_tip, tip): (&Tip, &Tip),
    found: &Found,
    seen: witness::Found,
) -> Result<Witness, Fault> {
    let damaged = |detail: &String| Fault::Damaged { folder: folder.to_path_buf(), detail: detail.clone() };
    if let Some(problem) = &found.problem {
        return Err(damaged(problem));
    }
    let witness::Found::Readable(witness, seen) = seen else {
        return Err(Fault::WitnessMissing { path: Witness::path(folder), store_height: tip.height });
    };
    let at_witness = match found.block(seen.height) {
        Some(block) => Some(Tip::from(block.trailer())),
        None if seen.height > engine_tip.height => None,
        None => engine.tip_at(seen.height)?,
    };
    check_witness(&seen, tip, at_witness)?;
    // After the witness, who names both ends. It may be behind after a power failure, and then only this tells.
    found.lost_end.as_ref().map_or(Ok(witness), |problem| Err(damaged(problem)))
}

/// Gives the engine what only the commit files had, durable when this returns.
fn recover(engine: &Engine, blocks: &[Block]) -> Result<(), Fault> {
    for block in blocks {
        engine.put(std::iter::once((block.height(), block.to_stream().as_slice())))?;
    }
    if blocks.is_empty() { Ok(()) } else { engine.sync() }
}
