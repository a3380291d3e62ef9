//! A store in memory that fails by plan: for tests and for the simulator.
//!
//! A [`MemoryDisk`] outlives the processes that use it. [`MemoryDisk::open`] gives a [`MemoryStorage`], as opening a
//! folder does; [`MemoryDisk::crash`] is a power failure: whatever was not durable is gone, and every open store is
//! finished. Nothing here is random: the caller says which append fails and how, which bit flips and when power fails,
//! so a seed that the caller keeps repeats the whole run.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Fault, Storage, Tip, check_next, check_witness};
use crate::journal::block::Block;

/// How an append fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppendFault {
    /// The write fails at once; nothing is kept.
    BeforeWrite,
    /// The block becomes durable, and yet the caller gets an error: the outcome that it cannot know.
    AfterWrite,
    /// The write stops in its middle. Reopening drops the torn block, because an append is atomic.
    Torn,
    /// The power fails in the middle of the write, after the disk has written the end of the block before its beginning.
    /// Reopening drops it.
    Reordered,
    /// The disk is full; nothing is kept.
    Full,
    /// All is well, [`SLOW`] later.
    Slow,
    /// The disk says that the block is durable when it is not: it lasts until the next crash, or until a later honest
    /// append takes it along.
    Lie,
}

/// Which appends fail: their number, counted from 1 over the life of the disk, and how. The rest succeeds.
pub type FaultPlan = BTreeMap<u64, AppendFault>;

/// How long a slow append takes: some ten times an honest one on a real disk.
pub const SLOW: Duration = Duration::from_millis(2);

/// The chunks of one block, key and value.
type Chunks = Vec<(Vec<u8>, Vec<u8>)>;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    /// The blocks by height; the first `durable` of them survive a crash.
    blocks: Vec<Chunks>,
    durable: usize,
    /// What a torn append left.
    torn: Option<Chunks>,
    tip: Tip,
    /// Survives a crash, so that the loss of what a lying disk had acknowledged is noticed.
    witness: Tip,
    plan: FaultPlan,
    appends: u64,
    /// How many blocks can still be read; `None` where reading does not fail.
    reads_left: Option<u64>,
    /// Counts the opens and the crashes; a store of an older number is finished.
    generation: u64,
    open: bool,
}

impl MemoryDisk {
    /// An empty disk whose appends fail as planned.
    pub fn new(plan: FaultPlan) -> Self {
        let disk = Self::default();
        disk.0.lock().plan = plan;
        disk
    }

    /// Opens the store as a process does when it starts. Refuses a second one beside it, and a disk that lost blocks.
    pub fn open(&self) -> Result<MemoryStorage, Fault> {
        let mut disk = self.0.lock();
        if disk.open {
            return Err(Fault::Locked { folder: PathBuf::from("memory") });
        }
        disk.recover();
        let last = u64::try_from(disk.blocks.len()).unwrap_or(u64::MAX);
        disk.tip = disk.tip_at(last)?.unwrap_or_default();
        check_witness(&disk.witness, &disk.tip, disk.tip_at(disk.witness.height)?)?;
        disk.open = true;
        disk.generation = disk.generation.saturating_add(1);
        Ok(MemoryStorage { disk: self.clone(), generation: disk.generation, poison: Mutex::new(None) })
    }

    /// Power fails: what is not durable is gone, and every open store is finished.
    pub fn crash(&self) {
        let mut disk = self.0.lock();
        let durable = disk.durable;
        disk.blocks.truncate(durable);
        disk.open = false;
        disk.generation = disk.generation.saturating_add(1);
    }

    /// Flips one bit of a stored chunk, counted from the first bit of its value. `false` when there is no such bit.
    pub fn flip_bit(&self, height: u64, part: u16, bit: usize) -> bool {
        let mut disk = self.0.lock();
        let Some(chunks) = index_of(height).and_then(|index| disk.blocks.get_mut(index)) else {
            return false;
        };
        let value = chunks.get_mut(usize::from(part)).map(|(_, value)| value);
        let Some(byte) = value.and_then(|value| value.get_mut(bit >> 3)) else { return false };
        *byte ^= 1_u8.rotate_left(u32::try_from(bit & 7).unwrap_or(0));
        true
    }

    /// Silently drops the last blocks, durable or not, as a log does that is cut at a damaged place.
    pub fn lose_last(&self, count: usize) {
        let mut disk = self.0.lock();
        let left = disk.blocks.len().saturating_sub(count);
        disk.blocks.truncate(left);
        disk.durable = disk.durable.min(left);
    }

    /// Has appends fail from now on as planned; the numbers still count from the first append of the disk.
    pub fn plan(&self, plan: FaultPlan) {
        self.0.lock().plan = plan;
    }

    /// Lets so many blocks be read, and then fails; `None` mends the disk.
    pub fn fail_reads_after(&self, blocks: Option<u64>) {
        self.0.lock().reads_left = blocks;
    }

    /// Another disk with the same content, all of it durable, closed: to damage and look at, or to restore from.
    pub fn copy(&self) -> Self {
        let disk = self.0.lock();
        Self(Arc::new(Mutex::new(Disk {
            blocks: disk.blocks.clone(),
            durable: disk.blocks.len(),
            torn: disk.torn.clone(),
            witness: disk.witness,
            plan: disk.plan.clone(),
            appends: disk.appends,
            ..Disk::default()
        })))
    }

    /// Whether the next append is to be slow.
    fn is_slow_now(&self) -> bool {
        let disk = self.0.lock();
        disk.plan.get(&disk.appends.saturating_add(1)) == Some(&AppendFault::Slow)
    }

    /// How many blocks are on it.
    pub fn blocks(&self) -> usize {
        self.0.lock().blocks.len()
    }

    /// How many appends were tried in the life of the disk.
    pub fn appends(&self) -> u64 {
        self.0.lock().appends
    }
}

impl Disk {
    /// What a write left that did not come to its end was never acknowledged. It is taken for a block only if it is one.
    fn recover(&mut self) {
        let Some(chunks) = self.torn.take() else { return };
        let height = u64::try_from(self.blocks.len()).unwrap_or(u64::MAX).saturating_add(1);
        if Block::from_chunks(height, &chunks).is_ok() {
            self.blocks.push(chunks);
            self.durable = self.blocks.len();
        }
    }

    fn read(&mut self, height: u64) -> Result<Option<Block>, Fault> {
        if let Some(left) = &mut self.reads_left {
            *left = left.checked_sub(1).ok_or_else(|| injected("read"))?;
        }
        self.block_at(height)
    }

    fn block_at(&self, height: u64) -> Result<Option<Block>, Fault> {
        let chunks = index_of(height).and_then(|index| self.blocks.get(index));
        Ok(chunks.map(|chunks| Block::from_chunks(height, chunks)).transpose()?)
    }

    fn tip_at(&self, height: u64) -> Result<Option<Tip>, Fault> {
        Ok(self.block_at(height)?.map(|block| Tip::from(block.trailer())))
    }

    fn append(&mut self, block: &Block) -> Result<(), Fault> {
        check_next(&self.tip, block)?;
        self.appends = self.appends.saturating_add(1);
        match self.plan.get(&self.appends).copied() {
            None | Some(AppendFault::Slow) => self.write(block, true),
            Some(AppendFault::Lie) => self.write(block, false),
            Some(AppendFault::AfterWrite) => {
                self.write(block, true);
                return Err(injected("sync"));
            }
            Some(AppendFault::BeforeWrite) => return Err(injected("write")),
            Some(AppendFault::Full) => return Err(Fault::Full { path: PathBuf::from("memory") }),
            Some(AppendFault::Torn) => {
                let mut chunks = block.to_chunks();
                chunks.pop();
                self.torn = Some(chunks);
                return Err(injected("write"));
            }
            Some(AppendFault::Reordered) => {
                self.torn = Some(block.to_chunks().split_off(1));
                return Err(injected("write"));
            }
        }
        Ok(())
    }

    fn write(&mut self, block: &Block, honest: bool) {
        self.blocks.push(block.to_chunks());
        self.tip = Tip::from(block.trailer());
        self.witness = self.tip;
        if honest {
            self.durable = self.blocks.len();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread of the committer, which waits for a real disk too")]
fn wait() {
    thread::sleep(SLOW);
}

/// Where the block of this height stands; there is no block 0.
fn index_of(height: u64) -> Option<usize> {
    usize::try_from(height.checked_sub(1)?).ok()
}

fn injected(action: &'static str) -> Fault {
    Fault::Io { action, path: PathBuf::from("memory"), source: io::Error::other("injected fault") }
}

/// One opening of a [`MemoryDisk`]; dropping it closes the disk in good order.
#[derive(Debug)]
pub struct MemoryStorage {
    disk: MemoryDisk,
    generation: u64,
    poison: Mutex<Option<String>>,
}

impl MemoryStorage {
    /// A store on a new empty disk that never fails.
    pub fn new() -> Self {
        let disk = MemoryDisk(Arc::new(Mutex::new(Disk { open: true, ..Disk::default() })));
        Self { disk, generation: 0, poison: Mutex::new(None) }
    }

    /// The disk under the store.
    pub const fn disk(&self) -> &MemoryDisk {
        &self.disk
    }

    /// Does something with the disk, unless this store is finished; a fault finishes it.
    fn with<T>(&self, action: impl FnOnce(&mut Disk) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut poison = self.poison.lock();
        if let Some(reason) = poison.as_ref() {
            return Err(Fault::Poisoned { reason: reason.clone() });
        }
        let mut disk = self.disk.0.lock();
        if disk.generation != self.generation {
            return Err(Fault::Poisoned { reason: "the power failed".to_owned() });
        }
        action(&mut disk).inspect_err(|fault| *poison = Some(fault.to_string()))
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStorage {
    fn drop(&mut self) {
        let mut disk = self.disk.0.lock();
        if disk.generation == self.generation {
            disk.open = false;
        }
    }
}

impl Storage for MemoryStorage {
    fn append(&self, block: &Block) -> Result<(), Fault> {
        if self.disk.is_slow_now() {
            wait();
        }
        self.with(|disk| disk.append(block))
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        self.with(|disk| disk.read(height))
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        let tip = self.tip()?;
        for height in from_height.max(1)..=tip {
            // The visitor may use the store, so it is called without the lock.
            let Some(block) = self.read(height)? else {
                return self.with(|_| Err(lost(height, tip)));
            };
            if visit(block).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.with(|disk| Ok(disk.tip.height))
    }
}

/// The disk lost a block while it was open.
fn lost(height: u64, tip: u64) -> Fault {
    let detail = format!("block {height} of {tip} is missing");
    Fault::Damaged { folder: PathBuf::from("memory"), detail }
}
