//! The log of one machine: SQLite in WAL mode, with one connection that writes and a few that read.

mod append;
mod apply;
mod backup;
mod check;
mod commands;
mod convert;
mod files;
mod migration;
mod open;
mod page;
mod readers;
mod recovery;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod wal;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use shared::ids::{ChannelName, Epoch, Namespace, Offset};

use crate::config::Durability;
use crate::store::{Applied, Bounds, Command, CommandLog, Due, Entry, Keep, Log, LogError, Lsn, Run};
use append::Heads;
pub use backup::{Backup, Progress};
use check::{Checkup, Health};
#[cfg(test)]
pub(crate) use commands::TRIMS_KEPT_MAX;
use convert::unreadable;
use readers::Readers;

/// A log in one SQLite file.
pub struct SqliteLog {
    path: PathBuf,
    epoch: Epoch,
    writer: Mutex<Writer>,
    readers: Readers,
    health: Arc<Health>,
    /// The check in the background, if one was started.
    checkup: Mutex<Option<Checkup>>,
}

struct Writer {
    connection: Connection,
    heads: Heads,
}

impl SqliteLog {
    /// Opens the log in `path`, and creates it if it does not exist. Only the owner can read the file. A log of an earlier
    /// version is migrated first. A log that was not closed, or is a restored backup, is checked: up to 16 MiB before this
    /// returns, a larger log in the background.
    ///
    /// # Errors
    /// [`LogError`] if the file cannot be opened, is damaged, or was written by a later version.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, LogError> {
        files::prepare(path)?;
        let (bytes, wal_bytes) = (files::length(path), files::length(&files::wal(path)));
        tracing::info!(path = %path.display(), bytes, wal_bytes, "opening the log");
        let mut connection = open::writer(path, durability)?;
        check::newest(&connection)?;
        let unchecked = recovery::begin(&mut connection, durability, bytes + wal_bytes)?;
        let epoch = schema::epoch(&connection)?;
        let (health, readers) = (Arc::new(Health::default()), Readers::open(path)?);
        let checkup = if unchecked { Some(Checkup::start(path, &health)?) } else { None };
        let writer = Mutex::new(Writer { connection, heads: Heads::new() });
        Ok(Self { path: path.to_owned(), epoch, writer, readers, health, checkup: Mutex::new(checkup) })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic during a write has rolled its transaction back. The cached heads may be from that transaction, so drop them.
        self.writer.lock().unwrap_or_else(|poisoned| {
            let mut writer = poisoned.into_inner();
            writer.heads.clear();
            writer
        })
    }

    fn reading<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LogError> {
        self.readers.read(read).map_err(|error| self.health.noting(readers::failed(&error)))
    }

    fn writing<T>(&self, result: rusqlite::Result<T>) -> Result<T, LogError> {
        result.map_err(|error| self.health.noting(error.into()))
    }
}

impl Log for SqliteLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn apply(&self, entry: &Entry) -> Result<Applied, LogError> {
        self.health.check()?;
        let mut writer = self.writer();
        let Writer { connection, heads } = &mut *writer;
        self.writing(apply::apply(connection, heads, entry))
    }

    fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError> {
        self.reading(|connection| page::after(connection, channel, after, limit))
    }

    fn read_before(
        &self,
        channel: &ChannelName,
        before: Option<Offset>,
        limit: u32,
    ) -> Result<Run, LogError> {
        self.reading(|connection| page::before(connection, channel, before, limit))
    }

    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT c.head, (SELECT MIN(offset) FROM messages WHERE channel = c.id) FROM channels c WHERE c.name = ?1",
            )?;
            let found = statement
                .query_row([channel.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)))
                .optional()?;
            let (head, oldest) = match found {
                Some(found) => found,
                None => (schema::forgotten_head(connection, channel.namespace())?, None),
            };
            Ok(Bounds {
                head: Offset(head.cast_unsigned()),
                floor: Offset(oldest.map_or(head, |oldest| oldest - 1).cast_unsigned()),
            })
        })
    }

    fn channels(&self, after: &str, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError> {
        self.reading(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT name, head FROM channels WHERE name > ?1 ORDER BY name LIMIT ?2")?;
            let rows = statement.query_map(params![after, limit], |row| {
                let name = row.get::<_, String>(0)?;
                let name = ChannelName::parse(&name).map_err(|error| unreadable(0, error))?;
                Ok((name, Offset(row.get::<_, i64>(1)?.cast_unsigned())))
            })?;
            rows.collect()
        })
    }

    fn outdated(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<Due, LogError> {
        self.reading(|connection| retention::outdated(connection, namespace, keep, from, messages_max))
    }

    fn tidy(&self) -> Result<(), LogError> {
        if wal::is_large(&self.path) {
            // Copy as much as possible without the writer's lock, so that publications wait only for the rest.
            self.writing(wal::checkpoint(&self.path))?;
            self.writing(wal::cut_back(&self.writer().connection))?;
        }
        Ok(())
    }

    fn health(&self) -> Result<(), LogError> {
        self.health.check()
    }

    fn backup(&self, path: &Path) -> Result<(), LogError> {
        Backup::of(&self.path)?.write(path, |_| {})
    }

    fn close(&self) -> Result<(), LogError> {
        let checkup = self.checkup.lock().unwrap_or_else(PoisonError::into_inner).take();
        let unchecked = checkup.is_some_and(Checkup::stop);
        self.readers.close();
        recovery::end(&self.writer().connection, unchecked || self.health.check().is_err())
    }

    fn reserve_connections(&self, count: u64) -> Result<u64, LogError> {
        let sql = "UPDATE meta SET value = value + ?1 WHERE key = 'next_connection' RETURNING value - ?1";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let first = self.writer().connection.query_row(sql, [count], |row| row.get::<_, i64>(0));
        Ok(self.writing(first)?.cast_unsigned())
    }
}

impl CommandLog for SqliteLog {
    fn commands(&self, after: Lsn, limit: u32) -> Result<Vec<(Lsn, Command)>, LogError> {
        self.reading(|connection| commands::after(connection, after, limit))
    }

    fn register(&self, projection: &str) -> Result<Option<Lsn>, LogError> {
        self.writing(commands::register(&self.writer().connection, self.epoch, projection))
    }

    fn begin_anew(&self, projection: &str) -> Result<(), LogError> {
        self.writing(commands::begin_anew(&self.writer().connection, self.epoch, projection))
    }

    fn keep_position(&self, projection: &str, position: Lsn) -> Result<bool, LogError> {
        self.writing(commands::keep_position(&self.writer().connection, self.epoch, projection, position))
    }
}
