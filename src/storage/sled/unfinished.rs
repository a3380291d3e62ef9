//! A store that is being filled from elsewhere: marked until it is whole, and refused by everybody else.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Fault, SledStorage, WitnessRule};
use crate::storage::folder::{create_folder, sync_folder};

/// The file that marks the folder.
const MARK: &str = "unfinished-import";

/// What the mark says to whoever finds it.
const WORDS: &[u8] = b"An import into this folder has not finished. Remove the folder and import again.\n";

impl SledStorage {
    /// Makes a store in a folder that is empty or not there, and marks it as unfinished: [`SledStorage::open`] refuses
    /// it until [`SledStorage::complete`].
    pub fn create_unfinished(folder: &Path) -> Result<Self, Fault> {
        create_folder(folder)?;
        let mut listed = fs::read_dir(folder).map_err(|error| Fault::io("read", folder, error))?;
        refuse(folder)?;
        if listed.next().is_some() {
            return Err(Fault::NotEmpty { folder: folder.to_path_buf() });
        }
        let path = folder.join(MARK);
        let mark = || -> io::Result<()> {
            fs::write(&path, WORDS)?;
            File::open(&path)?.sync_all()
        };
        mark().map_err(|error| Fault::io("create", &path, error))?;
        sync_folder(folder)?;
        Self::open_with(folder, WitnessRule::MustAgree)
    }

    /// Closes a store that was made by [`SledStorage::create_unfinished`] and is whole now, and removes the mark.
    pub fn complete(self) -> Result<(), Fault> {
        let folder = self.folder.clone();
        // Everything is durable and the witness synced before the mark goes.
        drop(self);
        let path = folder.join(MARK);
        fs::remove_file(&path).map_err(|error| Fault::io("remove", &path, error))?;
        sync_folder(&folder)
    }
}

/// Refuses a folder with the mark.
pub(super) fn refuse(folder: &Path) -> Result<(), Fault> {
    let path: PathBuf = folder.join(MARK);
    if path.exists() { Err(Fault::Unfinished { folder: folder.to_path_buf(), path }) } else { Ok(()) }
}
