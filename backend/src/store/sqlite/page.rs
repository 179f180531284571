//! Reads consecutive messages of a channel.

use rusqlite::{Connection, Row, Rows, params};
use shared::ids::{ChannelName, DisplayName, MessageId, Offset, UserId};
use shared::protocol::{Message, RawPayload, Sender};
use shared::time::Timestamp;

use super::convert::{stored, unreadable};
use crate::store::{RUN_BYTES_MAX, Run};

/// Selects the newest messages before an offset, newest first.
const BEFORE: &str = "SELECT m.offset, m.id, m.at, m.user, m.name, m.payload FROM channels c JOIN messages m ON m.channel = c.id
    WHERE c.name = ?1 AND m.offset < ?2 ORDER BY m.offset DESC LIMIT ?3";

/// Selects the oldest messages after an offset, oldest first.
const AFTER: &str = "SELECT m.offset, m.id, m.at, m.user, m.name, m.payload FROM channels c JOIN messages m ON m.channel = c.id
    WHERE c.name = ?1 AND m.offset > ?2 ORDER BY m.offset LIMIT ?3";

pub(super) fn after(
    connection: &Connection,
    channel: &ChannelName,
    after: Offset,
    limit: u32,
) -> rusqlite::Result<Run> {
    let mut messages = Vec::new();
    let more = select(connection, AFTER, channel, stored(after.0), limit, |row| {
        messages.push(message(channel, row)?);
        Ok(())
    })?;
    Ok(Run { messages, more })
}

pub(super) fn before(
    connection: &Connection,
    channel: &ChannelName,
    before: Option<Offset>,
    limit: u32,
) -> rusqlite::Result<Run> {
    let mut messages = Vec::new();
    let more = select(connection, BEFORE, channel, bound(before), limit, |row| {
        messages.push(message(channel, row)?);
        Ok(())
    })?;
    messages.reverse();
    Ok(Run { messages, more })
}

/// Converts the bound. `None` means the newest messages.
fn bound(before: Option<Offset>) -> i64 {
    before.map_or(i64::MAX, |offset| stored(offset.0))
}

fn select(
    connection: &Connection,
    sql: &str,
    channel: &ChannelName,
    bound: i64,
    limit: u32,
    take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query(params![channel.as_str(), bound, i64::from(limit) + 1])?;
    take_rows(rows, limit, take)
}

/// Calls `take` for each row, up to `limit` messages or [`RUN_BYTES_MAX`]. Returns whether there is one more row.
pub(super) fn take_rows(
    mut rows: Rows<'_>,
    limit: u32,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<bool> {
    let (mut messages, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        if messages == limit || bytes >= RUN_BYTES_MAX {
            return Ok(true);
        }
        messages += 1;
        bytes += row.get_ref(5)?.as_str()?.len();
        take(row)?;
    }
    Ok(false)
}

pub(super) fn message(channel: &ChannelName, row: &Row<'_>) -> rusqlite::Result<Message<RawPayload>> {
    let offset = row.get::<_, i64>(0)?.cast_unsigned();
    let user = UserId::parse(row.get_ref(3)?.as_str()?).map_err(|error| unreadable(3, error))?;
    let name = DisplayName::of_record(row.get_ref(4)?.as_str()?);
    Ok(Message {
        channel: channel.clone(),
        offset: Offset(offset),
        // This store's offsets are dense.
        prev: Offset(offset - 1),
        id: MessageId::from_bytes(row.get(1)?),
        at: Timestamp(row.get::<_, i64>(2)?.cast_unsigned()),
        from: Sender { user, name },
        payload: RawPayload::from_stored(row.get(5)?).map_err(|error| unreadable(5, error))?,
    })
}
