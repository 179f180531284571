//! Migrates a log of an earlier version to the current tables.
//!
//! All messages are copied to a new file, which then replaces the old one. If the migration is interrupted, the old file is
//! unchanged and the next start begins again.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::LogError;
use crate::store::sqlite::{files, schema};

/// Suffix of the new file's name until it is complete.
const SUFFIX: &str = ".migrating";

/// Number of messages that one statement copies.
const CHUNK_MESSAGES: i64 = 5_000;

/// Interval of the log lines that report progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// Migrates the log in `path` from version 1 or 2 to [`schema::VERSION`]. `copied` is called with the number of copied messages after
/// each chunk.
///
/// # Errors
/// [`LogError`]; the log is unchanged.
pub(super) fn run(
    path: &Path,
    old: Connection,
    copied: impl FnMut(u64) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let (new, bytes) = (files::beside(path, SUFFIX), files::length(path));
    tracing::warn!(
        bytes,
        "the log was written by an earlier version and is being migrated; that takes some seconds per GB, and as much disk space"
    );
    // Remove the write-ahead log, so that none is left beside the new file. This fails if another program has the log open.
    old.execute_batch("PRAGMA journal_mode = DELETE").map_err(|error| {
        LogError::Failed(format!(
            "a migration is not possible while another program has the log open: {error}"
        ))
    })?;
    drop(old);
    remove(&new)?;
    let begun = Instant::now();
    let result = write(path, &new, copied).and_then(|()| {
        std::fs::rename(&new, path).map_err(|error| files::cannot(path, &error))?;
        files::sync_directory(path).map_err(|error| files::cannot(path, &error))
    });
    if result.is_err() {
        remove(&new)?;
    }
    result?;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(bytes, new_bytes = files::length(path), ms, "the log has been migrated");
    Ok(())
}

/// Copies the channels of version 1, which did not have the time of the newest message.
const CHANNELS_1: &str = "INSERT INTO main.channels SELECT c.id, c.name, c.head, COALESCE(
    (SELECT at FROM old.messages WHERE channel = c.id ORDER BY offset DESC LIMIT 1),
    CAST(unixepoch() AS INTEGER) * 1000) FROM old.channels c";

/// Copies the channels of version 2.
const CHANNELS_2: &str = "INSERT INTO main.channels SELECT id, name, head, at FROM old.channels;
    INSERT INTO main.floors SELECT namespace, head FROM old.floors";

fn remove(path: &Path) -> Result<(), LogError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(files::cannot(path, &error)),
        _ => Ok(()),
    }
}

fn write(
    path: &Path,
    new: &Path,
    mut copied: impl FnMut(u64) -> Result<(), LogError>,
) -> Result<(), LogError> {
    drop(files::create(new).map_err(|error| files::cannot(new, &error))?);
    let connection = Connection::open(new)?;
    // An incomplete file is deleted, so it needs no journal. The large cache is for the index of ids.
    connection
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    connection.execute("ATTACH ?1 AS old", [path.to_string_lossy()])?;
    connection.execute_batch(schema::TABLES)?;
    connection.execute_batch("INSERT INTO main.meta SELECT key, value FROM old.meta")?;
    let version: i64 = connection.query_row("PRAGMA old.user_version", [], |row| row.get(0))?;
    connection.execute_batch(if version == 1 { CHANNELS_1 } else { CHANNELS_2 })?;
    let (mut last, mut messages, mut told) = ((i64::MIN, i64::MIN), 0, Instant::now());
    loop {
        let added = connection.execute(
            "INSERT INTO main.messages (channel, offset, id, at, user, name, payload)
             SELECT channel, offset, id, at, user, name, payload FROM old.messages
             WHERE (channel, offset) > (?1, ?2) ORDER BY channel, offset LIMIT ?3",
            params![last.0, last.1, CHUNK_MESSAGES],
        )?;
        if added == 0 {
            break;
        }
        messages += added as u64;
        copied(messages)?;
        if told.elapsed() > PROGRESS {
            told = Instant::now();
            tracing::info!(messages, "the log is being migrated");
        }
        let newest = "SELECT channel, offset FROM main.messages ORDER BY number DESC LIMIT 1";
        last = connection.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    }
    let left: Option<i64> =
        connection.query_row("SELECT COUNT(*) FROM old.messages", [], |row| row.get(0)).optional()?;
    if left.map(i64::cast_unsigned) != Some(messages) {
        return Err(LogError::Damaged(format!("{messages} of {left:?} messages can be read")));
    }
    connection.pragma_update(None, "user_version", schema::VERSION)?;
    connection.close().map_err(|(_, error)| error)?;
    std::fs::File::open(new).and_then(|file| file.sync_all()).map_err(|error| files::cannot(new, &error))
}
