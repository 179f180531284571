//! Trimming channels to what their namespace keeps.

use rusqlite::{Connection, OptionalExtension, params};
use shared::ids::Namespace;

use crate::log::Keep;

/// The channels of a namespace that hold more than is kept, each with the last offset to go.
pub(super) fn candidates(
    connection: &Connection,
    namespace: &Namespace,
    keep: &Keep,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    // ';' comes after ':', so the range holds the names that begin with the namespace and a colon.
    let (from, to) = (format!("{namespace}:"), format!("{namespace};"));
    let mut channels =
        connection.prepare_cached("SELECT id, head FROM channels WHERE name >= ?1 AND name < ?2")?;
    let channels =
        channels.query_map([from, to], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let mut oldest = connection
        .prepare_cached("SELECT offset, at FROM messages WHERE channel = ?1 ORDER BY offset LIMIT 1")?;
    // Messages of a channel grow older towards its beginning: the first one to stay ends the search.
    let mut stays = connection.prepare_cached(
        "SELECT offset FROM messages WHERE channel = ?1 AND at >= ?2 ORDER BY offset LIMIT 1",
    )?;
    let mut found = Vec::new();
    for channel in channels {
        let (channel, head) = channel?;
        let first = oldest
            .query_row([channel], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        let Some((first, first_at)) = first else { continue };
        let by_count = keep.messages.map_or(0, |most| head.saturating_sub_unsigned(most));
        let by_age = match keep.since {
            Some(since) if first_at < since.0.cast_signed() => {
                let stays =
                    stays.query_row(params![channel, since.0.cast_signed()], |row| row.get::<_, i64>(0));
                stays.optional()?.map_or(head, |offset| offset - 1)
            }
            _ => 0,
        };
        let last = by_count.max(by_age);
        if last >= first {
            found.push((channel, last));
        }
    }
    Ok(found)
}

/// Deletes a channel's oldest messages up to `last`, at most `most`. Returns how many.
pub(super) fn delete(connection: &Connection, channel: i64, last: i64, most: u32) -> rusqlite::Result<u32> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM messages WHERE channel = ?1 AND offset IN
         (SELECT offset FROM messages WHERE channel = ?1 AND offset <= ?2 ORDER BY offset LIMIT ?3)",
    )?;
    let deleted = delete.execute(params![channel, last, most])?;
    Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
}
