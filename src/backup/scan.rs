//! A backup read from its first block to its last, each proven before it is given.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest, path_of};
use super::restore::{check_file, open, own_checkpoint};
use super::{BackupFault, NotProven};
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::journal::block::{Block, Head};

/// A complete backup that is read where it is.
#[derive(Debug)]
pub struct Complete {
    folder: PathBuf,
    manifest: Manifest,
    checkpoint: SignedCheckpoint,
}

impl Complete {
    /// Opens the backup in the folder: its manifest holds, and its checkpoint is the one of the manifest. Whose signature
    /// that has is not looked at.
    pub fn open(folder: &Path) -> Result<Self, BackupFault> {
        let none = || NotProven::NoManifest { path: folder.join(manifest::FILE) };
        let manifest = Manifest::read(folder)?.ok_or_else(none)?;
        let checkpoint = own_checkpoint(folder, &manifest, &[])?;
        Ok(Self { folder: folder.to_path_buf(), manifest, checkpoint })
    }

    /// How many entries it has.
    pub const fn entries(&self) -> u64 {
        self.manifest.entries
    }

    /// The checkpoint of all of them.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Gives each block, in order. What was given is of this backup only if this ends well: that the files are those of
    /// the manifest, and end as it says, shows at their end.
    pub fn scan(&self, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), BackupFault> {
        let mut head = Head::EMPTY;
        for blocks in &self.manifest.files {
            let path = path_of(&self.folder, &blocks.file.file)?;
            let wrong = |source| NotProven::Blocks { path: path.clone(), source };
            let mut input = open(&path)?;
            while let Some(block) = Block::from_stream(head.height.saturating_add(1), &mut input).map_err(wrong)? {
                head = head.check(&block).map_err(|fault| wrong(fault.into()))?;
                if visit(block).is_break() {
                    return Ok(());
                }
            }
            check_file(&path, input, &blocks.file)?;
        }
        if head == self.manifest.head(&self.folder)? {
            return Ok(());
        }
        let (last, entries) = (head.last_sequence, self.manifest.entries);
        let problem = format!("the files of the backup end at entry {last}, and its manifest at {entries}");
        Err(NotProven::Contradiction(problem).into())
    }
}
