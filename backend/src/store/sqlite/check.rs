//! Checks whether the log is sound: its newest messages whenever it is opened, and the whole log after a crash.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::commands::COMMANDS;
use super::{open, readers};
use crate::store::LogError;

/// Maximum size of a log that is checked before it is used, in bytes: less than a second on a slow disk. A larger log is checked
/// in the background.
pub(super) const CHECK_AT_ONCE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Maximum time of a check in the background. SQLite cannot reset the write-ahead log during the check.
const CHECK_MAX: Duration = Duration::from_secs(600);

/// Number of SQLite steps after which a check looks whether it must stop.
const STEPS: i32 = 1_000;

/// Number of the newest messages that are checked whenever the log is opened.
const NEWEST_MESSAGES: u32 = 64;

/// Known damage of the log.
#[derive(Debug, Default)]
pub(super) struct Health {
    damage: OnceLock<String>,
}

impl Health {
    /// Returns an error if damage is known.
    pub(super) fn check(&self) -> Result<(), LogError> {
        self.damage.get().map_or(Ok(()), |damage| Err(LogError::Damaged(damage.clone())))
    }

    /// Records the error if it is damage, and logs the first one. Returns the error.
    pub(super) fn noting(&self, error: LogError) -> LogError {
        if let LogError::Damaged(damage) = &error
            && self.damage.set(damage.clone()).is_ok()
        {
            tracing::error!(%error, "publishing is refused until the server is started with a sound log");
        }
        error
    }
}

/// Checks the most recent writes: the tables exist, and the newest messages are in them and in their indexes.
pub(super) fn newest(connection: &Connection) -> Result<(), LogError> {
    let damaged = |what: &str| LogError::Damaged(what.to_owned());
    let mut newest = connection
        .prepare("SELECT number, channel, offset, id, payload FROM messages ORDER BY number DESC LIMIT ?1")?;
    let mut by_place = connection.prepare(
        "SELECT m.number, c.head FROM messages m INDEXED BY message_places, channels c
         WHERE m.channel = ?1 AND m.offset = ?2 AND c.id = ?1",
    )?;
    let mut by_id = connection
        .prepare("SELECT number FROM messages INDEXED BY message_ids WHERE id = ?1 AND channel = ?2")?;
    let mut rows = newest.query([NEWEST_MESSAGES])?;
    while let Some(row) = rows.next()? {
        let (number, channel, offset): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let id: Vec<u8> = row.get(3)?;
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(row.get_ref(4)?.as_str().unwrap_or(""));
        if is_json.is_err() {
            return Err(damaged("one of the newest messages is not JSON"));
        }
        if channel == COMMANDS {
            continue;
        }
        let place: (i64, i64) = by_place
            .query_row([channel, offset], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => {
                damaged("a message is missing in the index of offsets, or its channel is missing")
            }
            error => error.into(),
        })?;
        let by_id = by_id.query_row(params![id, channel], |row| row.get::<_, i64>(0));
        if place.0 != number || place.1 < offset || by_id.ok() != Some(number) {
            return Err(damaged("the newest messages and their indexes do not match"));
        }
    }
    Ok(())
}

/// Checks the whole file, and logs the number of channels and messages.
pub(super) fn whole(connection: &Connection) -> Result<(), LogError> {
    let begun = Instant::now();
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(LogError::Damaged(found));
    }
    let count = |table| {
        connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    let (channels, messages) = (count("channels")?, count("messages")?);
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(channels, messages, ms, "the log was not closed; it has been checked and is sound");
    Ok(())
}

/// A check of the whole log on its own thread, while the log is in use. It ends when this is stopped or dropped.
pub(super) struct Checkup {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<bool>>,
}

impl Checkup {
    /// Starts the check of the log in `path`.
    pub(super) fn start(path: &Path, health: &Arc<Health>) -> Result<Self, LogError> {
        tracing::warn!("the log was not closed; it is used while it is checked in the background");
        let stop = Arc::new(AtomicBool::new(false));
        let mut connection = open::reader(path).map_err(|error| readers::failed(&error))?;
        let (told, begun) = (Arc::clone(&stop), Instant::now());
        let ends = move || {
            if begun.elapsed() > CHECK_MAX {
                told.store(true, Ordering::Relaxed);
            }
            told.load(Ordering::Relaxed)
        };
        connection.progress_handler(STEPS, Some(ends))?;
        let (health, stopped) = (Arc::clone(health), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("log-check".to_owned());
        let thread = thread.spawn(move || check(&connection, &health, &stopped));
        let thread = thread.map_err(|error| LogError::Failed(error.to_string()))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops the check. Returns whether a check is still due.
    pub(super) fn stop(mut self) -> bool {
        !self.end()
    }

    #[cfg(test)]
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn end(&mut self) -> bool {
        self.stop.store(true, Ordering::Relaxed);
        // A check that panicked did not find the log sound.
        self.thread.take().is_none_or(|thread| thread.join().unwrap_or(false))
    }
}

impl Drop for Checkup {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns whether the log was found sound.
pub(super) fn check(connection: &Connection, health: &Health, stopped: &AtomicBool) -> bool {
    match whole(connection) {
        Ok(()) => return true,
        Err(error @ LogError::Damaged(_)) => drop(health.noting(error)),
        Err(_) if stopped.load(Ordering::Relaxed) => {
            tracing::warn!("the check of the log was stopped; the next start checks it again");
        }
        Err(error) => tracing::error!(%error, "the log cannot be checked; the next start tries again"),
    }
    false
}
