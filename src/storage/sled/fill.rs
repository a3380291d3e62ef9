//! Filling a store with blocks that were committed elsewhere: one sync for many, for restoring a backup.

use std::sync::atomic::Ordering;

use sled::{Batch, Db};

use super::{STORE, SledStorage, Writer, contain};
use crate::journal::block::{Block, CHUNK_BYTES_MAX};
use crate::storage::{Fault, Tip, check_next};

impl SledStorage {
    /// Appends blocks that continue the journal, with the bytes that they had elsewhere, and so with the same hashes and
    /// root. All are durable when this returns; after a fault the first few of them may be there, so this is for a store
    /// that nobody serves before it is filled.
    pub fn append_all(&self, blocks: &[Block]) -> Result<(), Fault> {
        let mut writer = self.writer.lock();
        let db = self.usable()?;
        self.fill(db, &mut writer, blocks).inspect_err(|fault| self.finish(fault))
    }

    fn fill(&self, db: &Db, writer: &mut Writer, blocks: &[Block]) -> Result<(), Fault> {
        for block in blocks {
            check_next(&writer.tip, block)?;
            let mut batch = Batch::default();
            for (key, value) in block.to_chunks() {
                assert!(value.len() <= CHUNK_BYTES_MAX, "a chunk of {} bytes would not be synced", value.len());
                batch.insert(key, value);
            }
            contain(&self.folder, "write", || db.apply_batch(batch))?;
            writer.tip = Tip::from(block.trailer());
        }
        contain(&self.folder, "flush", || db.flush())?;
        writer.log.sync_data().map_err(|error| Fault::io("sync", &self.folder.join(STORE), error))?;
        self.tip_height.store(writer.tip.height, Ordering::Release);
        writer.witness.record(&writer.tip)
    }
}
