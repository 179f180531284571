//! The log of one machine: SQLite in WAL mode, one connection that writes, a few that read.

mod append;
mod page;
mod recovery;
mod retention;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use shared::ids::{ChannelName, Epoch, Namespace, Offset};

use super::{Append, Appended, Bounds, Keep, Log, LogError, Run, RunJson};
use crate::config::Durability;
use append::Heads;

/// Most idle reading connections that are kept open. More readers at a time open their own and close it again.
const IDLE_READERS_MAX: usize = 4;

/// A log in one SQLite file.
pub struct SqliteLog {
    path: PathBuf,
    epoch: Epoch,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
}

struct Writer {
    connection: Connection,
    heads: Heads,
}

impl SqliteLog {
    /// Opens the log in `path`; makes it where there is none. Says what it found where the log was not closed, or is a
    /// backup that was put back.
    ///
    /// # Errors
    /// [`LogError`] where the file cannot be opened, is damaged, or was written by a later version.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, LogError> {
        let mut connection = schema::open_writer(path, durability)?;
        recovery::begin(&mut connection, durability)?;
        let epoch = schema::epoch(&connection)?;
        let writer = Mutex::new(Writer { connection, heads: Heads::new() });
        Ok(Self { path: path.to_owned(), epoch, writer, readers: Mutex::new(Vec::new()) })
    }

    /// Copies the log in `path`, which a server may have open, to a file that is not there yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn copy(path: &Path, file: &Path) -> Result<(), LogError> {
        recovery::copy(&schema::open_reader(path)?, file)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic while writing has rolled its transaction back; the cache is dropped with it.
        self.writer.lock().unwrap_or_else(|poisoned| {
            let mut writer = poisoned.into_inner();
            writer.heads.clear();
            writer
        })
    }

    fn reading<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LogError> {
        let idle = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.map_or_else(|| schema::open_reader(&self.path), Ok)?;
        let result = read(&connection)?;
        let mut idle = idle();
        if idle.len() < IDLE_READERS_MAX {
            idle.push(connection);
        }
        Ok(result)
    }
}

impl Log for SqliteLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, LogError> {
        let mut writer = self.writer();
        let Writer { connection, heads } = &mut *writer;
        Ok(append::append(connection, heads, batch)?)
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

    fn page(&self, channel: &ChannelName, before: Option<Offset>, limit: u32) -> Result<RunJson, LogError> {
        self.reading(|connection| page::json_before(connection, channel, before, limit))
    }

    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT c.head, (SELECT MIN(offset) FROM messages WHERE channel = c.id) FROM channels c WHERE c.name = ?1",
            )?;
            let found = statement
                .query_row([channel.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)))
                .optional()?;
            Ok(found.map_or(Bounds { head: Offset::START, floor: Offset::START }, |(head, oldest)| Bounds {
                head: Offset(head.cast_unsigned()),
                floor: Offset(oldest.map_or(head, |oldest| oldest - 1).cast_unsigned()),
            }))
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

    fn trim(&self, namespace: &Namespace, keep: &Keep, most: u32) -> Result<u32, LogError> {
        let candidates = self.reading(|connection| retention::candidates(connection, namespace, keep))?;
        let mut trimmed = 0;
        for (channel, last) in candidates {
            if trimmed >= most {
                break;
            }
            // The lock is taken anew for each channel: whoever wants to write meanwhile, writes.
            trimmed += retention::delete(&self.writer().connection, channel, last, most - trimmed)?;
        }
        Ok(trimmed)
    }

    fn backup(&self, path: &Path) -> Result<(), LogError> {
        self.reading(|connection| Ok(recovery::copy(connection, path)))?
    }

    fn close(&self) -> Result<(), LogError> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        recovery::end(&self.writer().connection)
    }

    fn reserve_connections(&self, count: u64) -> Result<u64, LogError> {
        let sql = "UPDATE meta SET value = value + ?1 WHERE key = 'next_connection' RETURNING value - ?1";
        let first =
            self.writer().connection.query_row(sql, [count.cast_signed()], |row| row.get::<_, i64>(0))?;
        Ok(first.cast_unsigned())
    }
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DiskFull | SystemIoFailure | ReadOnly | CannotOpen) => Self::Full(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
