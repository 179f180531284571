//! `tidings backup`: copies the log while the server goes on.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::LogError;
use crate::store::sqlite::{Backup, Progress};

/// Why there is no backup. The text is for the operator.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is no log to copy.
    #[error("there is no log in {}. Name its directory with --data DIR", .0.display())]
    NoLog(PathBuf),
    /// The copy failed.
    #[error("the log could not be copied: {0}")]
    Failed(#[from] LogError),
}

/// Copies the log of the data directory to a file that is not there yet, and tells how far it is. To restore it, put the
/// file in the place of `tidings.db` while no server runs: readers are then told of a gap. Returns the number of bytes.
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
