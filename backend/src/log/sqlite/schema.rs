//! The tables, and how the file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use shared::ids::Epoch;

use super::{migration, wal};
use crate::config::Durability;
use crate::log::LogError;

/// The version of the tables, kept in the file's `user_version`.
pub(super) const VERSION: i64 = 2;

/// How long a reader waits for a lock, in milliseconds. In WAL mode only the rare reset of the write-ahead log holds one.
pub(super) const BUSY_MS: u64 = 5_000;

// `messages` is an ordinary table, whose rows are in the order in which they were added: a batch fills neighbouring pages
// whatever its channels, and up to 4 KB of a payload stay in the row. (Clustered by channel, WITHOUT ROWID, a row of more
// than about 1 KB has a page of its own for the rest.) The index of ids leads with the id: those of version 7 grow with
// time, and so the index grows at its end. `floors` has the highest head of the forgotten channels of a namespace.
pub(super) const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE floors (namespace TEXT PRIMARY KEY, head INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE channels (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        head INTEGER NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE TABLE messages (
        channel INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        id BLOB NOT NULL,
        at INTEGER NOT NULL,
        user TEXT NOT NULL,
        name TEXT NOT NULL,
        payload TEXT NOT NULL
    );
    CREATE UNIQUE INDEX message_places ON messages (channel, offset);
    CREATE UNIQUE INDEX message_ids ON messages (id, channel);
";

/// What `meta` has in a new log, beside its epoch.
const META: &str = "INSERT INTO meta VALUES ('next_connection', 1), ('open', 0), ('boot', 0), ('backup', 0)";

pub(super) fn open_writer(path: &Path, durability: Durability) -> Result<Connection, LogError> {
    let mut connection = connect(path, durability)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        VERSION => Ok(connection),
        0 => {
            create(&mut connection)?;
            Ok(connection)
        }
        1 => {
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
    // A temporary file would need a descriptor, which a full server has none of.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    connection.pragma_update(None, "journal_size_limit", wal::WAL_KEPT_BYTES.cast_signed())?;
    // With FULL every commit waits for the disk; with NORMAL only the checkpoint does.
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    // Only one thread at a time has it: else SQLite would take a lock for each column that is read.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Else a statement is prepared anew for each other offset, as if its plan could depend on that.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

pub(super) fn epoch(connection: &Connection) -> Result<Epoch, LogError> {
    let epoch: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
    Ok(Epoch(epoch.cast_unsigned()))
}

fn create(connection: &mut Connection) -> Result<(), LogError> {
    let epoch = random_number()?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(META, [])?;
    transaction.execute("INSERT INTO meta VALUES ('epoch', ?1)", [epoch])?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// The offset that a new channel of a namespace begins after: the highest head of the forgotten ones.
pub(super) fn forgotten_head(connection: &Connection, namespace: &str) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT head FROM floors WHERE namespace = ?1")?;
    Ok(statement.query_row([namespace], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// A value of `meta`.
pub(super) fn get(connection: &Connection, key: &str) -> Result<i64, LogError> {
    Ok(connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?)
}

/// Sets a value of `meta`.
pub(super) fn set(connection: &Connection, key: &str, value: i64) -> Result<(), LogError> {
    connection.execute("UPDATE meta SET value = ?2 WHERE key = ?1", params![key, value])?;
    Ok(())
}

/// A number that no other log has.
pub(super) fn random_number() -> Result<i64, LogError> {
    let number = crate::random::number().map_err(|error| LogError::Failed(error.to_string()))?;
    Ok(number.cast_signed())
}
