//! Limits the size of the write-ahead log.
//!
//! SQLite overwrites the write-ahead log from its start when all of it is copied into the database and no reader uses it. Until
//! then it grows: a backup, or readers that overlap continuously, prevent the reset.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{files, open};

/// Size in bytes above which the writer waits for the readers, so that the write-ahead log can be emptied.
pub(super) const WAL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Maximum time that the writer waits for the readers, in milliseconds. Publications wait as long.
const WAIT_MS: u64 = 200;

/// Returns whether the write-ahead log is larger than [`WAL_BYTES_MAX`].
pub(super) fn is_large(path: &Path) -> bool {
    files::length(&files::wal(path)) > WAL_BYTES_MAX
}

/// Copies as much as possible into the database. Neither writers nor readers wait.
pub(super) fn checkpoint(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// Copies the rest and empties the write-ahead log, on the connection that writes.
pub(super) fn cut_back(writer: &Connection) -> rusqlite::Result<()> {
    writer.busy_timeout(Duration::from_millis(WAIT_MS))?;
    let result = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    writer.busy_timeout(Duration::from_millis(open::BUSY_MS))?;
    match result? {
        0 => tracing::info!("the write-ahead log was truncated"),
        _ => tracing::warn!(
            "the write-ahead log cannot be truncated now: a reader uses it, such as a backup or a check"
        ),
    }
    Ok(())
}
