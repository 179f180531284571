//! The tables of the database, and the values in `meta`.

use rusqlite::{Connection, OptionalExtension, params};
use shared::ids::Epoch;

use crate::store::LogError;

/// Version of the tables, stored in the file's `user_version`.
pub(super) const VERSION: i64 = 3;

// `messages` is an ordinary table, with its rows in the order of insertion: a batch fills adjacent pages whatever its channels
// are, and up to 4 KB of a payload stay in the row. (In a table clustered by channel, WITHOUT ROWID, a row above about 1 KB needs
// an overflow page of its own.) The index of ids begins with the id: version 7 ids grow with time, so the index grows at its end.
// `floors` has the highest head of the forgotten channels of each namespace.
//
// `number` is the log sequence number of a command (`commands.rs`). It is a column, because VACUUM may change row numbers that are not.
// Commands that are no messages are rows of the channel `COMMANDS`, which no client can name. `projections` has the number up to which
// each projection has handled the commands, the epoch of the log in which it did (NULL if it must begin anew), and the number above which
// it needs trims.
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
        number INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        id BLOB NOT NULL,
        at INTEGER NOT NULL,
        user TEXT NOT NULL,
        name TEXT NOT NULL,
        payload TEXT NOT NULL
    );
    CREATE TABLE projections (
        name TEXT PRIMARY KEY,
        epoch INTEGER,
        position INTEGER NOT NULL,
        trims_after INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX message_places ON messages (channel, offset);
    CREATE UNIQUE INDEX message_ids ON messages (id, channel);
";

/// Initial values of `meta` in a new log, except for its epoch.
const META: &str = "INSERT INTO meta VALUES ('next_connection', 1), ('open', 0), ('boot', 0), ('backup', 0)";

pub(super) fn epoch(connection: &Connection) -> Result<Epoch, LogError> {
    let epoch: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
    Ok(Epoch(epoch.cast_unsigned()))
}

/// Creates the tables of a new log.
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

/// Returns the offset after which a new channel of a namespace begins: the highest head of the forgotten channels.
pub(super) fn forgotten_head(connection: &Connection, namespace: &str) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT head FROM floors WHERE namespace = ?1")?;
    Ok(statement.query_row([namespace], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Returns a value of `meta`.
pub(super) fn get(connection: &Connection, key: &str) -> Result<i64, LogError> {
    Ok(connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?)
}

/// Sets a value of `meta`.
pub(super) fn set(connection: &Connection, key: &str, value: i64) -> Result<(), LogError> {
    connection.execute("UPDATE meta SET value = ?2 WHERE key = ?1", params![key, value])?;
    Ok(())
}

/// Returns a random number, which no other log has.
pub(super) fn random_number() -> Result<i64, LogError> {
    let number = crate::random::number().map_err(|error| LogError::Failed(error.to_string()))?;
    Ok(number.cast_signed())
}
