//! The tables.

use rusqlite::{Connection, OptionalExtension, params};
use shared::ids::Epoch;

use crate::store::LogError;

/// The version of the tables, kept in the file's `user_version`.
pub(super) const VERSION: i64 = 2;

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

pub(super) fn epoch(connection: &Connection) -> Result<Epoch, LogError> {
    let epoch: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
    Ok(Epoch(epoch.cast_unsigned()))
}

/// Makes the tables of a new log.
pub(super) fn create(connection: &mut Connection) -> Result<(), LogError> {
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
