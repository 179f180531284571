//! The files of a log: the database, its write-ahead log and the index of that.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::store::LogError;

/// Where the database's header says how it is written: 2 in WAL mode, 1 with a rollback journal.
const WRITE_VERSION: usize = 18;

/// A file that is named after another.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The write-ahead log of a database.
pub(super) fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The length of a file; 0 if there is none.
pub(super) fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

/// Creates the file if there is none, and takes the rights of others from it and the files beside it. SQLite gives new files
/// beside the database the rights of the database.
///
/// # Errors
/// [`LogError`]; also if a write-ahead log is there that belongs to another database. SQLite would write it into this one.
pub(super) fn prepare(path: &Path) -> Result<(), LogError> {
    if is_put_back(path) && length(&wal(path)) > 0 {
        let what = format!(
            "{} was put in the place of another log, whose {} is still there. Move that file and the one ending in -shm away",
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

/// Creates a file that its owner alone can read.
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Waits until the names in a file's directory are on disk.
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

/// The error of a file that cannot be used.
pub(super) fn cannot(path: &Path, error: &std::io::Error) -> LogError {
    LogError::Failed(format!("{}: {error}", path.display()))
}

/// Whether a database is in no WAL mode. One that the server had open always is.
fn is_put_back(path: &Path) -> bool {
    let mut header = [0; WRITE_VERSION + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.starts_with(b"SQLite format 3\0") && header[WRITE_VERSION] == 1
}

fn tighten(path: &Path) {
    if path.exists()
        && let Err(error) = crate::file_rights::owner_only(path, 0o600)
    {
        tracing::warn!(path = %path.display(), %error, "the rights of others cannot be taken from the file");
    }
}
