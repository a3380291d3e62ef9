//! The data folder itself: made durably, and locked by the one process that uses it.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::Fault;

/// Makes the folder and whatever is missing above it, durable.
pub(super) fn create_folder(folder: &Path) -> Result<(), Fault> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    fs::create_dir_all(folder).map_err(|error| Fault::io("create", folder, error))?;
    for created in missing {
        let parent = created.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(parent)?;
    }
    Ok(())
}

/// Makes durable which files the folder has.
pub(super) fn sync_folder(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| Fault::io("sync", path, error))
}

/// How often, and after what pause, a locked folder is tried again. A process that was killed a moment ago, or one that
/// is just being forked, holds the lock a little longer than it lives.
pub(super) const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

#[expect(clippy::disallowed_methods, reason = "opening blocks anyhow, and happens once, before anything is served")]
pub(super) fn pause() {
    thread::sleep(LOCK_PAUSE);
}

/// Locks the folder itself, so that no second process makes or changes anything in it.
pub(super) fn lock_folder(folder: &Path) -> Result<File, Fault> {
    let file = File::open(folder).map_err(|error| Fault::io("open", folder, error))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => pause(),
            Err(TryLockError::Error(error)) => return Err(Fault::io("lock", folder, error)),
        }
    }
    Err(Fault::Locked { folder: folder.to_path_buf() })
}
