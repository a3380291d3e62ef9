//! What an opening finds in the commit files: the blocks that were committed and are not in the engine yet.
//!
//! The files say nothing of rounds or ends; heights and hashes do:
//!
//! - A frame whose block the engine has is done with, whichever round wrote it.
//! - The others must continue the engine's last block, without a gap, each with the hash of the one before.
//! - The last one may be torn: it was being written, and nobody was told that it is durable. (If it is torn because the
//!   disk failed, the witness knows that it was there.)
//! - Anything else was damaged after it was acknowledged. A block was only written after the one before was durable, so
//!   even a torn frame speaks for all below it.
//!
//! Each frame also says how far the engine had come when it was written. An engine that is behind that has lost its end,
//! and blocks are not put on top of such a one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::Path;

use super::FILES;
use super::frame::{self, FrameHead, PAGE_BYTES, Salt};
use crate::journal::block::Block;
use crate::storage::folder::sync_folder;
use crate::storage::{Fault, Tip, check_next};

/// What the commit files hold beyond the engine.
#[derive(Debug, Default)]
pub(in crate::storage) struct Found {
    /// The blocks that continue the engine's last one, in order.
    pub(in crate::storage) blocks: Vec<Block>,
    /// How far the engine had come, where that is farther than it is now.
    pub(in crate::storage) lost_end: Option<String>,
    /// What does not fit.
    pub(in crate::storage) problem: Option<String>,
}

/// A frame with a block that the engine does not have.
struct Needed {
    file: &'static str,
    /// `None` where its payload is not what its head says.
    block: Option<Block>,
}

/// Everything of use in both files.
#[derive(Default)]
struct Scan {
    needed: BTreeMap<u64, Needed>,
    /// The farthest that any frame says of the engine, and in which file.
    moved: (u64, &'static str),
    problem: Option<String>,
}

/// Reads both files, beside an engine that ends at this tip.
pub(in crate::storage) fn find(folder: &Path, engine: &Tip) -> Result<Found, Fault> {
    let mut files = Vec::new();
    for name in FILES {
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => files.push((name, bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::io("read", &path, error)),
        }
    }
    Ok(find_in(&files, engine))
}

/// The same, of files with these names and bytes.
pub(super) fn find_in(files: &[(&'static str, Vec<u8>)], engine: &Tip) -> Found {
    let mut scan = Scan::default();
    for (name, bytes) in files {
        scan.read(name, bytes, engine);
    }
    scan.conclude(engine)
}

/// Removes both files, for an operator who takes the end that was found for true.
pub(in crate::storage) fn remove(folder: &Path) -> Result<(), Fault> {
    for name in FILES {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Fault::io("remove", &path, error)),
            Ok(()) | Err(_) => {}
        }
    }
    sync_folder(folder)
}

impl Scan {
    fn read(&mut self, file: &'static str, bytes: &[u8], engine: &Tip) {
        let Some(salt) = Salt::from_file(bytes) else {
            self.problem.get_or_insert(format!("the first page of `{file}` is not whole"));
            return;
        };
        let mut at = PAGE_BYTES;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let head = frame::decode(salt, rest).filter(|head| self.take(file, *head, rest, engine));
            // Behind a frame that is torn, the rest of an older one may begin on any page.
            at = at.saturating_add(head.map_or(PAGE_BYTES, |head| head.frame_bytes()));
        }
    }

    /// Notes what the frame says; `false` when it is torn.
    fn take(&mut self, file: &'static str, head: FrameHead, bytes: &[u8], engine: &Tip) -> bool {
        if head.moved > self.moved.0 {
            self.moved = (head.moved, file);
        }
        let Some(stream) = frame::block_in(bytes, head.bytes) else { return false };
        if head.is_mark() || head.height <= engine.height {
            return true;
        }
        let block = Block::from_stream(head.height, &mut &*stream).ok().flatten();
        let whole = block.is_some();
        match self.needed.entry(head.height) {
            Entry::Vacant(place) => drop(place.insert(Needed { file, block })),
            Entry::Occupied(mut place) => match (&place.get().block, &block) {
                (Some(one), Some(other)) if one != other => {
                    self.problem = Some(format!("`{}` and `{file}` have two blocks {}", place.get().file, head.height));
                }
                (None, Some(_)) => drop(place.insert(Needed { file, block })),
                (Some(_), _) | (None, None) => {}
            },
        }
        whole
    }

    fn conclude(self, engine: &Tip) -> Found {
        let Self { needed, moved: (moved, in_file), problem } = self;
        let (mut found, mut tip) = (Found { problem, ..Found::default() }, *engine);
        if moved > engine.height {
            let at = engine.height;
            found.lost_end =
                Some(format!("its engine ends at block {at}, and had block {moved} when `{in_file}` was written"));
            return found;
        }
        let last = needed.last_key_value().map_or(0, |(height, _)| *height);
        for (height, Needed { file, block }) in needed {
            let next = tip.height.saturating_add(1);
            if height != next {
                found.note(format!("`{file}` has block {height}, and block {next} before it is missing or not whole"));
                break;
            }
            let Some(block) = block else {
                if height == last {
                    tracing::warn!(height, file, "a commit that was not finished is dropped; nobody was told of it");
                } else {
                    found.note(format!("block {height} in `{file}` is not whole, and there are blocks after it"));
                }
                break;
            };
            if check_next(&tip, &block).is_err() {
                found.note(format!("block {height} in `{file}` does not continue block {} of the store", tip.height));
                break;
            }
            tip = Tip::from(block.trailer());
            found.blocks.push(block);
        }
        found
    }
}

impl Found {
    /// The first problem counts.
    fn note(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    /// Where the journal ends with these blocks.
    pub(in crate::storage) fn tip(&self, engine: &Tip) -> Tip {
        self.blocks.last().map_or(*engine, |last| Tip::from(last.trailer()))
    }

    /// The block of this height, if it is one of these.
    pub(in crate::storage) fn block(&self, height: u64) -> Option<&Block> {
        self.blocks.iter().find(|block| block.height() == height)
    }
}
