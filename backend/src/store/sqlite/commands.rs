//! The applied commands in their order, and how far projections have handled them.
//!
//! Each new row of `messages` has a higher number than all others. A trim adds its row before it deletes, so that no number is used
//! again, even if the newest message is deleted.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use shared::ids::{ChannelName, Epoch};

use super::convert::{stored, unreadable};
use super::page;
use crate::store::{Command, Lsn, Trim};

/// The id of the channel whose rows are the commands that are no messages. SQLite gives channels ids from 1.
pub(super) const COMMANDS: i64 = 0;

/// Maximum number of trims that wait for projections. Each names up to 500 channels, about 25 KB. Beyond it the oldest is dropped, and a
/// projection that has not handled it begins anew.
pub(crate) const TRIMS_KEPT_MAX: i64 = 10_000;

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
        "SELECT m.offset, m.id, m.at, m.user, m.name, m.payload, m.number, m.channel, c.name
         FROM messages m LEFT JOIN channels c ON c.id = m.channel
         WHERE m.number > ?1 ORDER BY m.number LIMIT ?2",
    )?;
    let rows = statement.query(params![stored(after.0), limit])?;
    page::take_rows(rows, limit, |row| {
        commands.push((Lsn(row.get::<_, i64>(6)?.cast_unsigned()), command(row)?));
        Ok(())
    })?;
    Ok(commands)
}

fn command(row: &Row<'_>) -> rusqlite::Result<Command> {
    if row.get::<_, i64>(7)? == COMMANDS {
        let trim = serde_json::from_str(row.get_ref(5)?.as_str()?);
        return Ok(Command::Trim(trim.map_err(|error| unreadable(5, error))?));
    }
    let channel = ChannelName::parse(row.get_ref(8)?.as_str()?).map_err(|error| unreadable(8, error))?;
    Ok(Command::Append(page::message(&channel, row)?))
}

/// A trim that is being executed. Its row has a number.
pub(super) struct Numbered {
    number: i64,
    offset: i64,
}

/// Adds the row of a trim.
pub(super) fn begin_trim(transaction: &Transaction<'_>) -> rusqlite::Result<Numbered> {
    let mut newest = transaction.prepare_cached("SELECT MAX(offset) FROM messages WHERE channel = ?1")?;
    let offset = newest.query_row([COMMANDS], |row| row.get::<_, Option<i64>>(0))?.unwrap_or_default() + 1;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO messages (channel, offset, id, at, user, name, payload) VALUES (?1, ?2, ?3, 0, '', '', '')",
    )?;
    insert.execute(params![COMMANDS, offset, &offset.to_be_bytes()[..]])?;
    Ok(Numbered { number: transaction.last_insert_rowid(), offset })
}

/// Stores what a trim has deleted, or removes its row if that is nothing. Then deletes old trims.
pub(super) fn end_trim(
    transaction: &Transaction<'_>,
    begun: &Numbered,
    effect: &Trim,
) -> rusqlite::Result<()> {
    if effect.channels.is_empty() {
        transaction.prepare_cached("DELETE FROM messages WHERE number = ?1")?.execute([begun.number])?;
        return Ok(());
    }
    let text = serde_json::to_string(effect)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut update = transaction.prepare_cached("UPDATE messages SET payload = ?2 WHERE number = ?1")?;
    update.execute(params![begun.number, text])?;
    delete_old(transaction, begun.offset)
}

/// Deletes the oldest trims: those that all projections have handled, and those above [`TRIMS_KEPT_MAX`]. The newest stays.
fn delete_old(transaction: &Transaction<'_>, newest: i64) -> rusqlite::Result<()> {
    let mut handled = transaction
        .prepare_cached("SELECT MIN(MAX(position, trims_after)) FROM projections WHERE epoch IS NOT NULL")?;
    let handled = handled.query_row([], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(i64::MAX);
    let mut oldest = transaction.prepare_cached(
        "SELECT number, offset FROM messages WHERE channel = ?1 AND offset < ?2 ORDER BY offset LIMIT ?3",
    )?;
    let oldest = oldest.query_map([COMMANDS, newest, OLD_ROWS_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let oldest = oldest.collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    let mut delete = transaction.prepare_cached("DELETE FROM messages WHERE number = ?1")?;
    let mut reset = transaction
        .prepare_cached("UPDATE projections SET epoch = NULL WHERE MAX(position, trims_after) < ?1")?;
    for (number, offset) in oldest {
        if number > handled {
            if newest - offset < TRIMS_KEPT_MAX {
                break;
            }
            reset.execute([number])?;
        }
        delete.execute([number])?;
    }
    Ok(())
}

pub(super) fn register(
    connection: &Connection,
    epoch: Epoch,
    projection: &str,
) -> rusqlite::Result<Option<Lsn>> {
    let kept = connection
        .query_row("SELECT epoch, position FROM projections WHERE name = ?1", [projection], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    match kept {
        Some((of, position)) if of == Some(epoch.0.cast_signed()) => Ok(Some(Lsn(position.cast_unsigned()))),
        Some(_) => Ok(None),
        None => {
            begin_anew(connection, epoch, projection)?;
            Ok(Some(Lsn(0)))
        }
    }
}

pub(super) fn begin_anew(connection: &Connection, epoch: Epoch, projection: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO projections (name, epoch, position, trims_after)
         VALUES (?1, ?2, 0, COALESCE((SELECT MAX(number) FROM messages), 0))
         ON CONFLICT (name) DO UPDATE SET
             epoch = excluded.epoch, position = excluded.position, trims_after = excluded.trims_after",
        params![projection, epoch.0.cast_signed()],
    )?;
    Ok(())
}

/// Returns whether the position was kept.
pub(super) fn keep_position(
    connection: &Connection,
    epoch: Epoch,
    projection: &str,
    position: Lsn,
) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare_cached("UPDATE projections SET position = ?3 WHERE name = ?1 AND epoch = ?2")?;
    Ok(statement.execute(params![projection, epoch.0.cast_signed(), stored(position.0)])? == 1)
}
