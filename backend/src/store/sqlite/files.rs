//! The files of a log: the database, its write-ahead log and the shared-memory index of the write-ahead log.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::store::LogError;

/// Offset in the database header of the write version: 2 in WAL mode, 1 with a rollback journal.
const WRITE_VERSION: usize = 18;

/// Returns the path with a suffix added to the file name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Returns the path of a database's write-ahead log.
pub(super) fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Returns the length of a file in bytes; 0 if it does not exist.
pub(super) fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

/// Creates the file if it does not exist, and removes the access of others to it and to the files beside it. SQLite gives new
/// files beside the database the permissions of the database.
///
/// # Errors
/// [`LogError`], also if there is a write-ahead log of another database. SQLite would write it into this one.
pub(super) fn prepare(path: &Path) -> Result<(), LogError> {
    if is_put_back(path) && length(&wal(path)) > 0 {
        let what = format!(
            "{} has replaced another log, but {} of that log still exists. Move that file and the one ending in -shm away",
            path.display(),
            wal(path).display()
        );
        return Err(LogError::Failed(what));
    }
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        created => drop(created.map_err(|error| cannot(path, &error))?),
    }
    for path in [path.to_owned(), wal(path), beside(path, "-shm")] {
        tighten(&path);
    }
    Ok(())
}

/// Creates a file that only its owner can read.
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Waits until the directory entries beside a file are on disk.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Returns the error of a file operation that failed.
pub(super) fn cannot(path: &Path, error: &std::io::Error) -> LogError {
    LogError::Failed(format!("{}: {error}", path.display()))
}

/// Returns whether a database is not in WAL mode. A database that the server has opened is in WAL mode, so this one was restored
/// from a backup.
fn is_put_back(path: &Path) -> bool {
    let mut header = [0; WRITE_VERSION + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.starts_with(b"SQLite format 3\0") && header[WRITE_VERSION] == 1
}

fn tighten(path: &Path) {
    if path.exists()
        && let Err(error) = crate::file_rights::owner_only(path, 0o600)
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove the access of others to the file");
    }
}
