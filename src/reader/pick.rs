//! Entries here and there in the journal, block by block.

use std::sync::Arc;

use super::{ReadFault, Reader, blocking, decode_at};
use crate::book::event::Entry;
use crate::identifier::Sequence;
use crate::journal::block::Block;

impl Reader {
    /// The entries of these sequences, which must ascend; those that are still to come are left out. A block is read
    /// once, however many of its entries are wanted.
    pub async fn entries_at(&self, sequences: Vec<Sequence>) -> Result<Vec<Arc<Entry>>, ReadFault> {
        let reader = self.clone();
        blocking(move || reader.picked(&sequences)).await
    }

    fn picked(&self, sequences: &[Sequence]) -> Result<Vec<Arc<Entry>>, ReadFault> {
        let mut found = Vec::with_capacity(sequences.len());
        let mut open: Option<Arc<Block>> = None;
        for sequence in sequences {
            if let Some(entry) = self.recent(*sequence) {
                found.push(entry);
                continue;
            }
            if open.as_deref().and_then(|block| record(block, *sequence)).is_none() {
                open = self.stored_block(*sequence)?;
            }
            let Some(block) = &open else { continue };
            let bytes =
                record(block, *sequence).ok_or(ReadFault::Missing { sequence: *sequence, height: block.height() })?;
            found.push(decode_at(sequence.value(), bytes)?);
        }
        Ok(found)
    }
}

fn record(block: &Block, sequence: Sequence) -> Option<&Vec<u8>> {
    let index = sequence.value().checked_sub(block.first_sequence())?;
    block.records().get(usize::try_from(index).ok()?)
}
