//! Files that must be whole, or secret.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The largest certificate, key, list or key set that is read.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads a file of at most [`FILE_BYTES_MAX`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_BYTES_MAX) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("longer than {FILE_BYTES_MAX} bytes")))
}

/// Reads a file that strangers on this machine cannot read. A group may: services share keys that way.
pub fn read_secret(path: &Path) -> io::Result<Vec<u8>> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o037 != 0 {
        let problem = format!(
            "it can be read or changed by others (mode {:o}); run `chmod 600` on it, and make a new key if others may \
             have read it",
            mode & 0o777
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    read(path)
}

/// Writes a new file that nobody but its owner can read; durable when this returns, and never over another file.
pub fn write_secret_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file in the place of another at once: whoever reads the path sees the old one or the new one, whole.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let path_new = PathBuf::from(name);
    let mut file = File::create(&path_new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&path_new, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_only_while_it_is_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("secret");
        write_secret_new(&path, b"key").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_secret(&path).unwrap(), b"key");
        assert!(write_secret_new(&path, b"other").is_err(), "never over another file");
        for (mode, taken) in [(0o640, true), (0o644, false), (0o604, false), (0o660, false), (0o400, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_secret(&path).is_ok(), taken, "{mode:o}");
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("list");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
