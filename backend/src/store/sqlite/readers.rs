//! The connections that read.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, ErrorCode};

use super::{open, schema};
use crate::store::LogError;

/// Number of reading connections that are open from the start: the workers' reads at a time, and the retention. A read
/// then needs no new file descriptor.
const READERS_KEPT: usize = 5;

/// The reading connections. More readers at a time open their own and close it again.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Opens [`READERS_KEPT`] connections.
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        let idle = (0..READERS_KEPT).map(|_| {
            let connection = open::reader(path).map_err(|error| failed(&error))?;
            // SQLite opens the write-ahead log with the first read.
            schema::get(&connection, "open")?;
            Ok(connection)
        });
        let idle = Mutex::new(idle.collect::<Result<_, LogError>>()?);
        Ok(Self { path: path.to_owned(), idle })
    }

    /// Reads with one of them.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.map_or_else(|| open::reader(&self.path), Ok)?;
        let result = read(&connection);
        // Also after an error: another connection could not be opened if files have run out.
        let mut idle = idle();
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
        result
    }

    /// Does something to all of them, for a test that looks at what they do.
    #[cfg(test)]
    pub(super) fn each(&self, change: impl FnMut(&mut Connection)) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(change);
    }

    /// Closes those that are idle.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The error of a read that failed. Nothing is said of writing, which may go on.
pub(super) fn failed(error: &rusqlite::Error) -> LogError {
    let is_damage = match error {
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::Utf8Error(..) => true,
        // A column that is no UTF-8, or of another type or length than what was written. A value that is sound, and that this
        // version does not know, is another error.
        rusqlite::Error::FromSqlConversionFailure(_, _, reason) => reason.is::<FromSqlError>(),
        error => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
    };
    if is_damage { LogError::Damaged(error.to_string()) } else { LogError::Unreadable(error.to_string()) }
}
