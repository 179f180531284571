//! The pool of connections that read.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, ErrorCode};

use super::{open, schema};
use crate::store::LogError;

/// Number of reading connections that stay open: one for each concurrent read of the workers, and one for the retention. A read
/// then needs no new file descriptor.
const READERS_KEPT: usize = 5;

/// The reading connections. If all are in use, a read opens another one and closes it afterwards.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Opens [`READERS_KEPT`] connections.
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        let idle = (0..READERS_KEPT).map(|_| {
            let connection = open::reader(path).map_err(|error| failed(&error))?;
            // Read once, because SQLite opens the write-ahead log with the first read.
            schema::get(&connection, "open")?;
            Ok(connection)
        });
        let idle = Mutex::new(idle.collect::<Result<_, LogError>>()?);
        Ok(Self { path: path.to_owned(), idle })
    }

    /// Runs `read` with an idle connection.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.map_or_else(|| open::reader(&self.path), Ok)?;
        let result = read(&connection);
        // Keep the connection after an error too: a new one could not be opened if descriptors have run out.
        let mut idle = idle();
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
        result
    }

    /// Runs `change` on each idle connection, so that a test can observe them.
    #[cfg(test)]
    pub(super) fn each(&self, change: impl FnMut(&mut Connection)) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(change);
    }

    /// Closes the idle connections.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Returns the error of a failed read. It says nothing about writes, which may still work.
pub(super) fn failed(error: &rusqlite::Error) -> LogError {
    let is_damage = match error {
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::Utf8Error(..) => true,
        // The column is not UTF-8, or its type or length differs from what was written. A sound value that this version does not
        // know is another error.
        rusqlite::Error::FromSqlConversionFailure(_, _, reason) => reason.is::<FromSqlError>(),
        error => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
    };
    if is_damage { LogError::Damaged(error.to_string()) } else { LogError::Unreadable(error.to_string()) }
}
