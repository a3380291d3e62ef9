//! A store as it was at a height: for whoever reads it whole while others append.

use std::ops::ControlFlow;
use std::time::Duration;

use super::{Fault, Storage};
use crate::journal::block::Block;

/// The first blocks of another store. Nothing can be appended to it.
#[derive(Debug)]
pub struct Until<'a> {
    inner: &'a dyn Storage,
    tip: u64,
}

impl<'a> Until<'a> {
    /// The blocks up to this height, which the store must have.
    pub fn new(inner: &'a dyn Storage, tip: u64) -> Self {
        Self { inner, tip }
    }
}

impl Storage for Until<'_> {
    fn append(&self, _block: &Block) -> Result<(), Fault> {
        Err(Fault::Poisoned { reason: "this is a view of a store, for reading".to_owned() })
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        if height > self.tip { Ok(None) } else { self.inner.read(height) }
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        self.inner.scan(from_height, &mut |block| {
            if block.height() > self.tip {
                return ControlFlow::Break(());
            }
            visit(block)
        })
    }

    fn tip(&self) -> Result<u64, Fault> {
        Ok(self.inner.tip()?.min(self.tip))
    }

    fn last_sync(&self) -> Option<Duration> {
        self.inner.last_sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::block::Head;
    use crate::storage::memory::MemoryDisk;

    #[test]
    fn what_comes_later_is_not_seen() {
        let store = MemoryDisk::default().open().unwrap();
        let mut head = Head::EMPTY;
        for record in [b"a", b"b", b"c"] {
            let (block, next) = head.seal(vec![record.to_vec()]);
            store.append(&block).unwrap();
            head = next;
        }
        let until = Until::new(&store, 2);
        let mut heights = Vec::new();
        until
            .scan(1, &mut |block| {
                heights.push(block.height());
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!((heights, until.tip().unwrap()), (vec![1, 2], 2));
        assert!(until.read(2).unwrap().is_some());
        assert!(until.read(3).unwrap().is_none());
        let (block, _) = head.seal(vec![b"d".to_vec()]);
        assert!(until.append(&block).is_err());
    }
}
