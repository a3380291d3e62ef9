//! Filling a store with blocks that were committed elsewhere: one sync for many, for restoring a backup.

use std::sync::atomic::Ordering;

use super::engine::Engine;
use super::{SledStorage, Writer, recover};
use crate::journal::block::Block;
use crate::storage::{Fault, Tip, check_next};

impl SledStorage {
    /// Appends blocks that continue the journal, with the bytes that they had elsewhere, and so with the same hashes and
    /// root. They go straight to the engine. All are durable when this returns; after a fault the first few of them may be
    /// there, so this is for a store that nobody serves before it is filled.
    pub fn append_all(&self, blocks: &[Block]) -> Result<(), Fault> {
        let mut writer = self.writer.lock();
        let engine = self.usable()?;
        self.fill(engine, &mut writer, blocks).inspect_err(|fault| self.finish(fault))
    }

    fn fill(&self, engine: &Engine, writer: &mut Writer, blocks: &[Block]) -> Result<(), Fault> {
        self.queue.wait_until_moved(writer.tip.height)?;
        let mut tip = writer.tip;
        for block in blocks {
            check_next(&tip, block)?;
            tip = Tip::from(block.trailer());
        }
        recover(engine, blocks)?;
        writer.tip = tip;
        self.queue.skip_to(tip.height);
        self.tip_height.store(tip.height, Ordering::Release);
        writer.witness.record(&tip)
    }
}
