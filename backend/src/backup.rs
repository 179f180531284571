//! `tidings backup`: copies the log while the server runs.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::LogError;
use crate::store::sqlite::{Backup, Progress};

/// The reason why a backup failed. The text is for the operator.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is no log to copy.
    #[error("there is no log in {}. Name its directory with --data DIR", .0.display())]
    NoLog(PathBuf),
    /// The copy failed.
    #[error("the log could not be copied: {0}")]
    Failed(#[from] LogError),
}

/// Copies the log of the data directory to a file that does not exist yet, and reports progress. To restore the backup, replace
/// `tidings.db` with the file while no server runs; readers then get a `gap`. Returns the number of bytes.
///
/// # Errors
/// [`BackupError`].
pub fn run(data: &Path, file: &Path, mut progress: impl FnMut(Progress)) -> Result<u64, BackupError> {
    let path = data.join("tidings.db");
    if !path.exists() {
        return Err(BackupError::NoLog(data.to_owned()));
    }
    let mut bytes = 0;
    Backup::of(&path)?.write(file, |far| {
        bytes = far.bytes;
        progress(far);
    })?;
    Ok(bytes)
}
