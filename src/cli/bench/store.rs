//! A store with a long journal, made once for the figures that need one.

use std::mem;
use std::path::Path;

use crate::journal::block::{BLOCK_RECORDS_MAX, Head};
use crate::journal::codec::encode;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

use super::core;

/// Fills a new store in this folder with so many entries, in full blocks; gives the bytes of all records.
pub(super) fn fill(folder: &Path, entries: u64) -> anyhow::Result<u64> {
    let storage = SledStorage::open(folder)?;
    let (mut head, mut batch, mut bytes) = (Head::EMPTY, Vec::new(), 0_u64);
    let append = |head: &mut Head, batch: &mut Vec<Vec<u8>>| -> anyhow::Result<()> {
        if !batch.is_empty() {
            let (block, next) = head.seal(mem::take(batch));
            storage.append(&block)?;
            *head = next;
        }
        Ok(())
    };
    core::journal(entries, &mut |entry| {
        let record = encode(entry);
        bytes = bytes.saturating_add(u64::try_from(record.len())?);
        batch.push(record);
        if batch.len() >= BLOCK_RECORDS_MAX { append(&mut head, &mut batch) } else { Ok(()) }
    })?;
    append(&mut head, &mut batch)?;
    Ok(bytes)
}
