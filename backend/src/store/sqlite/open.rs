//! Opens the database file and configures its connections.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{migration, schema};
use crate::config::Durability;
use crate::store::LogError;

/// Maximum time that a connection waits for a lock, in milliseconds. In WAL mode only the rare reset of the write-ahead log
/// blocks readers.
pub(super) const BUSY_MS: u64 = 5_000;

/// Size in bytes to which SQLite truncates the write-ahead log when it starts to overwrite it.
pub(super) const WAL_KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// Opens the connection that writes. Creates the tables of a new log, and migrates a log of an earlier version.
pub(super) fn writer(path: &Path, durability: Durability) -> Result<Connection, LogError> {
    let mut connection = connect(path, durability)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        schema::VERSION => Ok(connection),
        0 => {
            schema::create(&mut connection)?;
            Ok(connection)
        }
        1 | 2 => {
            migration::run(path, connection, |_| Ok(()))?;
            connect(path, durability)
        }
        _ => {
            let what = format!("{} was written by a later version of Tidings", path.display());
            Err(LogError::Failed(what))
        }
    }
}

fn connect(path: &Path, durability: Durability) -> Result<Connection, LogError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    // Temporary tables stay in memory: a file would need a descriptor, and a server at its limit has none left.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES.cast_signed())?;
    // With FULL every commit waits for the disk; with NORMAL only the checkpoint does.
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(connection)
}

/// Opens a connection that reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    // Only one thread at a time uses the connection. With SQLite's mutex, each column that is read would take a lock.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Otherwise SQLite prepares a statement again for each different offset, because its plan could depend on the value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}
