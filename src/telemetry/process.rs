//! What the operating system says of this process and of the disk.

use std::fs;
use std::path::Path;

/// What a process uses; `None` where the system does not tell (no `/proc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    /// Memory that is resident, in bytes.
    pub(super) resident_bytes: Option<u64>,
    /// Open file descriptors.
    pub(super) open_files: Option<u64>,
    /// The most that it may open.
    pub(super) open_files_max: Option<u64>,
}

/// What this process uses now.
pub(super) fn usage() -> Usage {
    let statm = fs::read_to_string("/proc/self/statm").ok();
    let pages = statm.and_then(|text| text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()));
    let page_bytes = u64::try_from(rustix::param::page_size()).unwrap_or(u64::MAX);
    Usage {
        resident_bytes: pages.map(|pages| pages.saturating_mul(page_bytes)),
        open_files: fs::read_dir("/proc/self/fd").ok().and_then(|files| u64::try_from(files.count()).ok()),
        open_files_max: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
    }
}

/// How many bytes an unprivileged process may still write on the disk of a folder; `None` if the system does not tell.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
