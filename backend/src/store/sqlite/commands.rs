//! The applied commands in their order, and how far projections have handled them.
//!
//! The order is that of the row numbers of `messages`: each new row has a higher number than all others. A trim adds its row before it
//! deletes, so that no number is used again, even if the newest message is deleted.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use shared::ids::ChannelName;

use super::convert::{stored, unreadable};
use super::page;
use crate::store::{Command, Lsn, Trim};

/// The id of the channel whose rows are the commands that are no messages. SQLite gives channels ids from 1.
pub(super) const COMMANDS: i64 = 0;

/// Maximum number of old rows that one trim deletes.
const OLD_ROWS_MAX: i64 = 64;

/// Reads commands after a number, at most `limit` and about [`RUN_BYTES_MAX`](crate::store::RUN_BYTES_MAX).
pub(super) fn after(
    connection: &Connection,
    after: Lsn,
    limit: u32,
) -> rusqlite::Result<Vec<(Lsn, Command)>> {
    let mut commands = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT m.offset, m.id, m.at, m.user, m.name, m.payload, m.rowid, c.name
         FROM messages m LEFT JOIN channels c ON c.id = m.channel WHERE m.rowid > ?1 ORDER BY m.rowid LIMIT ?2",
    )?;
    let rows = statement.query(params![stored(after.0), limit])?;
    page::take_rows(rows, limit, |row| {
        commands.push((Lsn(row.get::<_, i64>(6)?.cast_unsigned()), command(row)?));
        Ok(())
    })?;
    Ok(commands)
}

fn command(row: &Row<'_>) -> rusqlite::Result<Command> {
    match row.get_ref(7)?.as_str_or_null()? {
        Some(channel) => {
            let channel = ChannelName::parse(channel).map_err(|error| unreadable(7, error))?;
            Ok(Command::Append(page::message(&channel, row)?))
        }
        None => {
            let trim = serde_json::from_str(row.get_ref(5)?.as_str()?);
            Ok(Command::Trim(trim.map_err(|error| unreadable(5, error))?))
        }
    }
}

/// Adds a trim to the commands, and deletes the earlier ones that all projections have handled.
pub(super) fn add_trim(transaction: &Transaction<'_>, trim: &Trim) -> rusqlite::Result<()> {
    let text = serde_json::to_string(trim)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut newest = transaction.prepare_cached("SELECT MAX(offset) FROM messages WHERE channel = ?1")?;
    let offset = newest.query_row([COMMANDS], |row| row.get::<_, Option<i64>>(0))?.unwrap_or_default() + 1;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO messages (channel, offset, id, at, user, name, payload) VALUES (?1, ?2, ?3, 0, '', '', ?4)",
    )?;
    insert.execute(params![COMMANDS, offset, &offset.to_be_bytes()[..], text])?;
    let mut delete = transaction.prepare_cached(
        "DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages WHERE channel = ?1 AND offset < ?2
             ORDER BY offset LIMIT ?3)
         AND rowid <= COALESCE((SELECT MIN(position) FROM projections), rowid)",
    )?;
    delete.execute(params![COMMANDS, offset, OLD_ROWS_MAX])?;
    Ok(())
}

pub(super) fn position(connection: &Connection, projection: &str) -> rusqlite::Result<Lsn> {
    let mut statement = connection.prepare_cached("SELECT position FROM projections WHERE name = ?1")?;
    let position = statement.query_row([projection], |row| row.get::<_, i64>(0)).optional()?;
    Ok(Lsn(position.unwrap_or_default().cast_unsigned()))
}

pub(super) fn keep_position(
    connection: &Connection,
    projection: &str,
    position: Lsn,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO projections (name, position) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position",
    )?;
    statement.execute(params![projection, stored(position.0)])?;
    Ok(())
}
