//! The commit files: where a block becomes durable, with one write and one sync.
//!
//! The engine under the store takes some 0.4 ms of processor time for a commit, most of it to wake threads. So a block is
//! first written here and synced, which is the commit; the engine is given many blocks at once afterwards
//! (`sled/mover.rs`), and until then they are read from memory.
//!
//! ```text
//! folder/
//!   commits-1    frames one after the other, see `frame.rs`
//!   commits-2    written when the first one is full; then the first again, once the engine has what is in it, and so on
//! ```
//!
//! Both files are filled with zeros before they are used, so that a commit changes neither the size of a file nor where it
//! lies, and its `fdatasync` writes the block and nothing else. One that has its name is complete. They begin small and grow while they are used: a folder
//! with little in it has one of 1 MiB and one of a page, a busy one two of 16 MiB.
//!
//! What an opening finds in them is told apart by heights and hashes alone (`recovery.rs`): a frame whose block the engine
//! has is of an earlier round and counts for nothing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::frame::Salt;
use super::Fault;
use super::folder::sync_folder;
use crate::journal::block::Block;

mod frame;
mod recovery;
#[cfg(test)]
mod tests;

pub(super) use self::recovery::{Found, find, remove};

/// The names of the files in the data folder.
pub(super) const FILES: [&str; 2] = ["commits-1", "commits-2"];

/// How large a file is made at first. Many ledgers, and all in tests, need no more.
const FILE_BYTES_FIRST: u64 = 1024 * 1024;

/// How large a file grows; only a single block that needs more makes it larger. Both together bound what waits for the
/// engine, in memory too.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A page, as a place in a file: the first one says what the file is.
const PAGE: u64 = 4_096;

/// How many zeros are written at once.
const ZEROS_BYTES: usize = 256 * 1024;

/// Both files, and which is written.
#[derive(Debug)]
pub(super) struct CommitFiles {
    current: CommitFile,
    other: CommitFile,
    /// The frame that is being written; kept, so that its memory is.
    frame: Vec<u8>,
}

/// A block that is durable.
#[derive(Debug)]
pub(super) struct Committed {
    /// Its bytes as they stand in a stream.
    pub(super) stream: Arc<[u8]>,
    /// How long the disk took to sync them.
    pub(super) sync: Duration,
}

impl CommitFiles {
    /// Opens or makes the files of this folder, from which nothing is needed any more. From now on a commit needs neither a
    /// descriptor nor a place in the folder.
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        let [first, second] = FILES.map(|name| CommitFile::open(folder.join(name)));
        let files = Self { current: first?, other: second?, frame: Vec::new() };
        // Also for files that were there: whoever made them may have been killed before this.
        sync_folder(folder)?;
        Ok(files)
    }

    /// Writes the block, durable when this returns. `moved` is the height up to which the engine has everything, synced;
    /// `wait` waits until that is at least its argument, and is called when a file is used again.
    pub(super) fn append(
        &mut self,
        block: &Block,
        moved: u64,
        wait: impl FnOnce(u64) -> Result<(), Fault>,
    ) -> Result<Committed, Fault> {
        let needed = u64::try_from(frame::frame_bytes_of(block)).unwrap_or(u64::MAX);
        if self.current.is_unused() {
            self.current.grow_to(needed.saturating_add(PAGE).max(FILE_BYTES_FIRST))?;
        }
        if !self.current.has_room(needed) {
            wait(self.other.last_height)?;
            self.turn(needed)?;
        }
        let head = frame::encode(&mut self.frame, self.current.salt, block, moved);
        let sync = self.current.append(&self.frame, block.height())?;
        let stream = frame::block_in(&self.frame, head.bytes).unwrap_or_default();
        Ok(Committed { stream: Arc::from(stream), sync })
    }

    /// Notes that the engine has every block up to this height, the last one. Does nothing where nothing was appended.
    pub(super) fn mark(&mut self, height: u64) -> Result<(), Fault> {
        if self.current.last_height == 0 {
            return Ok(());
        }
        frame::encode_mark(&mut self.frame, self.current.salt, height);
        // Over the first frame, whose block the engine has: there is always room for it.
        self.current.begin();
        self.current.append(&self.frame, height).map(drop)
    }

    /// Goes on in the other file, whose blocks the engine has, and makes it larger than the one that was too small.
    fn turn(&mut self, needed: u64) -> Result<(), Fault> {
        let larger = self.current.size.saturating_mul(2).min(FILE_BYTES_MAX);
        std::mem::swap(&mut self.current, &mut self.other);
        self.current.begin();
        self.current.grow_to(needed.saturating_add(PAGE).max(larger))
    }
}

/// One of the files.
#[derive(Debug)]
struct CommitFile {
    path: PathBuf,
    file: File,
    salt: Salt,
    /// How far it is filled with zeros or frames.
    size: u64,
    /// Where the next frame goes.
    used: u64,
    /// The height of the last block in it, 0 when this process has put none there.
    last_height: u64,
}

impl CommitFile {
    fn open(path: PathBuf) -> Result<Self, Fault> {
        let mut first = vec![0; frame::PAGE_BYTES];
        let mut open = || -> io::Result<(File, u64)> {
            let file = OpenOptions::new().read(true).write(true).open(&path)?;
            let size = file.metadata()?.len();
            file.read_exact_at(&mut first, 0)?;
            Ok((file, size))
        };
        match open() {
            Ok((file, size)) => {
                // The opening of the folder has read it before.
                let not_whole = || Fault::io("read", &path, io::Error::other("its first page is not whole"));
                let salt = Salt::from_file(&first).ok_or_else(not_whole)?;
                Ok(Self { path, file, salt, size, used: PAGE, last_height: 0 })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(Fault::io("open", &path, error)),
        }
    }

    /// Makes the file with its first page, under another name first, so that one with this name is complete.
    fn create(path: PathBuf) -> Result<Self, Fault> {
        let (path_new, salt) = (path.with_extension("new"), Salt::new());
        let create = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path_new)?;
            file.write_all_at(&salt.to_page(), 0)?;
            file.sync_all()?;
            fs::rename(&path_new, &path)?;
            Ok(file)
        };
        let file = create().map_err(|error| Fault::io("create", &path, error))?;
        Ok(Self { path, file, salt, size: PAGE, used: PAGE, last_height: 0 })
    }

    /// Begins again with the first frame.
    fn begin(&mut self) {
        self.used = PAGE;
    }

    /// Whether the next frame is the first.
    fn is_unused(&self) -> bool {
        self.used == PAGE
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.used.saturating_add(bytes) <= self.size
    }

    /// Writes the frame after the last one, and returns how long its sync took.
    fn append(&mut self, frame: &[u8], height: u64) -> Result<Duration, Fault> {
        self.file.write_all_at(frame, self.used).map_err(|error| Fault::io("write", &self.path, error))?;
        let began = Instant::now();
        self.file.sync_data().map_err(|error| Fault::io("sync", &self.path, error))?;
        let took = began.elapsed();
        self.used = self.used.saturating_add(u64::try_from(frame.len()).unwrap_or(u64::MAX));
        self.last_height = height;
        Ok(took)
    }

    /// Makes the file at least this large, filled with zeros, durable. A full disk is found here, and not in a commit.
    fn grow_to(&mut self, size: u64) -> Result<(), Fault> {
        if size <= self.size {
            return Ok(());
        }
        if let Err(error) = write_zeros(&self.file, self.size, size).and_then(|()| self.file.sync_all()) {
            // Half of it would only take room of a disk that has none.
            drop(self.file.set_len(self.size));
            return Err(Fault::io("fill", &self.path, error));
        }
        self.size = size;
        Ok(())
    }
}

/// Writes zeros between these places of the file.
fn write_zeros(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS_BYTES];
    let mut at = from;
    while at < to {
        let left = usize::try_from(to.saturating_sub(at)).unwrap_or(usize::MAX);
        let piece = zeros.get(..left.min(ZEROS_BYTES)).unwrap_or(&zeros);
        file.write_all_at(piece, at)?;
        at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    }
    Ok(())
}
