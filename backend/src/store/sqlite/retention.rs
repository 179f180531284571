//! Trims channels to the retention rule of their namespace.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use shared::ids::{ChannelName, Namespace, Offset};

use super::append::Heads;
use super::commands;
use super::convert::{stored, unreadable};
use crate::store::{Deletion, Due, Keep, Outdated, Trim, Trimmed};

/// Maximum number of channels that one call of [`outdated`] looks at.
pub(super) const CHANNELS_A_CALL: u32 = 500;

/// Finds what to delete. Looks at up to [`CHANNELS_A_CALL`] channels of a namespace in the order of their names, beginning with
/// `from`, until `messages_max` messages are due.
pub(super) fn outdated(
    connection: &Connection,
    namespace: &Namespace,
    keep: &Keep,
    from: Option<&ChannelName>,
    messages_max: u32,
) -> rusqlite::Result<Due> {
    // ';' follows ':' in ASCII, so the range has exactly the names that begin with the namespace and a colon.
    let (begin, end) = (format!("{namespace}:"), format!("{namespace};"));
    let begin = from.map_or(begin.as_str(), ChannelName::as_str);
    let mut channels = connection.prepare_cached(
        "SELECT id, name, head, at FROM channels WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3",
    )?;
    let mut oldest =
        connection.prepare_cached("SELECT offset, at FROM messages WHERE channel = ?1 ORDER BY offset")?;
    let mut due = Due { channels: Vec::new(), next: None };
    let (mut left, mut looked) = (i64::from(messages_max), 0);
    let mut rows = channels.query(params![begin, end, CHANNELS_A_CALL + 1])?;
    while let Some(row) = rows.next()? {
        let name = ChannelName::parse(row.get_ref(1)?.as_str()?).map_err(|error| unreadable(1, error))?;
        if looked == CHANNELS_A_CALL || left == 0 {
            due.next = Some(name);
            break;
        }
        looked += 1;
        let (channel, head, at): (i64, i64, i64) = (row.get(0)?, row.get(2)?, row.get(3)?);
        let (first, last) = in_channel(&mut oldest.query([channel])?, keep, head, left)?;
        let deletion = match first {
            None if keep.idle_since.is_some_and(|idle| at < stored(idle.0)) => {
                Deletion::Channel(Offset(head.cast_unsigned()))
            }
            None => continue,
            Some(first) if last < first => continue,
            Some(first) => {
                // This store's offsets are dense.
                let until = last.min(first + left - 1);
                left -= until - first + 1;
                if until < last {
                    due.next = Some(name.clone());
                }
                Deletion::Through(Offset(until.cast_unsigned()))
            }
        };
        due.channels.push(Outdated { channel: name, deletion });
        if due.next.is_some() {
            break;
        }
    }
    Ok(due)
}

/// Returns the first offset of a channel, and the last one that is not kept. `messages` are the channel's messages, oldest first.
fn in_channel(
    messages: &mut rusqlite::Rows<'_>,
    keep: &Keep,
    head: i64,
    messages_max: i64,
) -> rusqlite::Result<(Option<i64>, i64)> {
    let by_count = keep.messages.map_or(0, |most| head.saturating_sub_unsigned(most));
    let (mut first, mut by_age) = (None, 0);
    while let Some(row) = messages.next()? {
        let (offset, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let begin = *first.get_or_insert(offset);
        let Some(since) = keep.since else { break };
        if at < stored(since.0) {
            // All messages before this one are older, even if a wrong clock gave them a later time.
            by_age = offset;
            // One message above `messages_max` suffices to know that there are more.
            if offset - begin >= messages_max {
                break;
            }
        } else if at <= stored(keep.now.0) {
            break;
        }
    }
    Ok((first, by_count.max(by_age)))
}

/// Executes a trim.
pub(super) fn trim(
    transaction: &Transaction<'_>,
    heads: &mut Heads,
    trim: &Trim,
) -> rusqlite::Result<Trimmed> {
    let begun = commands::begin_trim(transaction)?;
    let (mut trimmed, mut effect) = (Trimmed::default(), Trim { channels: Vec::new() });
    let mut id = transaction.prepare_cached("SELECT id FROM channels WHERE name = ?1")?;
    for outdated in &trim.channels {
        let Outdated { channel: name, deletion } = outdated;
        let id = id.query_row([name.as_str()], |row| row.get::<_, i64>(0)).optional()?;
        let Some(channel) = id else { continue };
        let deleted = match deletion {
            Deletion::Through(last) => {
                let messages = delete_messages(transaction, channel, *last)?;
                trimmed.messages = trimmed.messages.saturating_add(messages);
                messages > 0
            }
            Deletion::Channel(head) => {
                let is_forgotten = forget(transaction, channel, name, *head)?;
                if is_forgotten {
                    heads.remove(name);
                    trimmed.channels += 1;
                }
                is_forgotten
            }
        };
        if deleted {
            effect.channels.push(outdated.clone());
        }
    }
    commands::end_trim(transaction, &begun, &effect)?;
    Ok(trimmed)
}

/// Deletes the messages of a channel up to an offset, inclusive. Returns their number.
fn delete_messages(transaction: &Transaction<'_>, channel: i64, last: Offset) -> rusqlite::Result<u32> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM messages WHERE channel = ?1 AND offset <= ?2")?;
    let messages = delete.execute([channel, stored(last.0)])?;
    Ok(u32::try_from(messages).unwrap_or(u32::MAX))
}

/// Forgets a channel, unless it got a message after it was found idle. Returns whether it is forgotten.
fn forget(
    transaction: &Transaction<'_>,
    channel: i64,
    name: &ChannelName,
    head: Offset,
) -> rusqlite::Result<bool> {
    let head = stored(head.0);
    let mut delete = transaction.prepare_cached(
        "DELETE FROM channels WHERE id = ?1 AND head = ?2
         AND NOT EXISTS (SELECT 1 FROM messages WHERE channel = ?1)",
    )?;
    if delete.execute([channel, head])? == 0 {
        return Ok(false);
    }
    let mut keep = transaction.prepare_cached(
        "INSERT INTO floors (namespace, head) VALUES (?1, ?2)
         ON CONFLICT (namespace) DO UPDATE SET head = MAX(head, excluded.head)",
    )?;
    keep.execute(params![name.namespace(), head])?;
    Ok(true)
}
