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
//! with little in it has one of 1 MiB, a busy one two of 16 MiB.
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
    folder: PathBuf,
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
    /// The files of this folder, from which nothing is needed any more. Nothing is opened or made before the first append.
    pub(super) fn new(folder: &Path) -> Self {
        let [first, second] = FILES.map(|name| CommitFile::new(folder.join(name)));
        Self { folder: folder.to_path_buf(), current: first, other: second, frame: Vec::new() }
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
        self.current.open(&self.folder, needed)?;
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
        self.current.open(&self.folder, needed.max(larger))
    }
}

/// One of the files.
#[derive(Debug)]
struct CommitFile {
    path: PathBuf,
    file: Option<File>,
    salt: Salt,
    /// How far it is filled with zeros or frames.
    size: u64,
    /// Where the next frame goes.
    used: u64,
    /// The height of the last block in it, 0 when this process has put none there.
    last_height: u64,
}

impl CommitFile {
    fn new(path: PathBuf) -> Self {
        Self { path, file: None, salt: Salt::new(), size: 0, used: PAGE, last_height: 0 }
    }

    /// Begins again with the first frame.
    fn begin(&mut self) {
        self.used = PAGE;
    }

    /// Opens or makes the file, and sees to it that it has room for so many bytes of frames when none was written yet.
    fn open(&mut self, folder: &Path, needed: u64) -> Result<(), Fault> {
        let wanted = needed.saturating_add(PAGE).max(FILE_BYTES_FIRST);
        if self.file.is_none() {
            self.open_or_create(wanted)?;
            // Also for a file that was there: whoever made it may have been killed before this.
            sync_folder(folder)?;
        }
        if self.used == PAGE && self.size < wanted { self.fill_up_to(wanted) } else { Ok(()) }
    }

    fn open_or_create(&mut self, wanted: u64) -> Result<(), Fault> {
        let mut first = vec![0; frame::PAGE_BYTES];
        let mut open = || -> io::Result<(File, u64)> {
            let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            let size = file.metadata()?.len();
            file.read_exact_at(&mut first, 0)?;
            Ok((file, size))
        };
        match open() {
            Ok((file, size)) => {
                // An opening of the folder has read it before.
                let not_whole = || io::Error::other("its first page is not whole");
                self.salt = Salt::from_file(&first)
                    .ok_or_else(not_whole)
                    .map_err(|error| Fault::io("read", &self.path, error))?;
                (self.file, self.size) = (Some(file), size);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(wanted),
            Err(error) => Err(Fault::io("open", &self.path, error)),
        }
    }

    /// Makes the file under another name first, so that one with this name is complete.
    fn create(&mut self, size: u64) -> Result<(), Fault> {
        let path_new = self.path.with_extension("new");
        let create = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path_new)?;
            file.write_all_at(&self.salt.to_page(), 0)?;
            write_zeros(&file, PAGE, size)?;
            file.sync_all()?;
            fs::rename(&path_new, &self.path)?;
            Ok(file)
        };
        match create() {
            Ok(file) => {
                (self.file, self.size) = (Some(file), size);
                Ok(())
            }
            Err(error) => {
                // Half of it would only take room of a disk that has none.
                drop(fs::remove_file(&path_new));
                Err(Fault::io("create", &self.path, error))
            }
        }
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.used.saturating_add(bytes) <= self.size
    }

    /// Writes the frame after the last one, and returns how long its sync took.
    fn append(&mut self, frame: &[u8], height: u64) -> Result<Duration, Fault> {
        let file = self.opened()?;
        file.write_all_at(frame, self.used).map_err(|error| Fault::io("write", &self.path, error))?;
        let began = Instant::now();
        file.sync_data().map_err(|error| Fault::io("sync", &self.path, error))?;
        let took = began.elapsed();
        self.used = self.used.saturating_add(u64::try_from(frame.len()).unwrap_or(u64::MAX));
        self.last_height = height;
        Ok(took)
    }

    /// Fills the file with zeros up to this size, durable. A full disk is found here, and not in a commit.
    fn fill_up_to(&mut self, size: u64) -> Result<(), Fault> {
        let file = self.opened()?;
        let filled = write_zeros(file, self.size, size).and_then(|()| file.sync_all());
        if let Err(error) = filled {
            drop(file.set_len(self.size));
            return Err(Fault::io("fill", &self.path, error));
        }
        self.size = size;
        Ok(())
    }

    fn opened(&self) -> Result<&File, Fault> {
        let error = || Fault::io("open", &self.path, io::Error::other("it was not opened"));
        self.file.as_ref().ok_or_else(error)
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
