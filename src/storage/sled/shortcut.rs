//! What a crash or a full disk leaves of sled's `snap.*`, its shortcut over the log.
//!
//! sled writes the next one as `snap.….generating`, syncs and renames it, and only then removes the one before. But when it
//! opens it takes any `snap.…` for a whole one (it passes over `.in___motion`, a name that 0.34 does not use), finds half a
//! file, and calls the store damaged. Nothing is: the log is whole, and so is the shortcut before. Found by
//! `tests/faults/run full`.

use std::fs;
use std::io;
use std::path::Path;

use super::{Fault, STORE};

/// The end of the name of a file that sled had not finished.
const UNFINISHED: &str = ".generating";

/// Removes what was not finished; for a folder that is locked, before sled opens it.
pub(super) fn remove_unfinished(folder: &Path) -> Result<(), Fault> {
    let store = folder.join(STORE);
    let listed = match fs::read_dir(&store) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Fault::io("read", &store, error)),
    };
    for entry in listed {
        let entry = entry.map_err(|error| Fault::io("read", &store, error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(UNFINISHED) {
            fs::remove_file(entry.path()).map_err(|error| Fault::io("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}
