//! Trims channels to the retention rule of their namespace.

use rusqlite::{Connection, params};
use shared::ids::{ChannelName, Namespace};

use super::convert::{stored, unreadable};
use crate::store::Keep;
use crate::store::sqlite::append::Heads;

/// Maximum number of channels that one call of [`due`] looks at.
pub(super) const CHANNELS_A_CALL: u32 = 500;

/// The messages and channels of a namespace to delete.
pub(super) struct Due {
    /// The channels of which something must be deleted.
    pub(super) channels: Vec<DueChannel>,
    /// The channel from which the next call must continue; `None` at the end of the namespace.
    pub(super) next: Option<ChannelName>,
}

/// The deletion due in one channel.
pub(super) struct DueChannel {
    channel: i64,
    name: ChannelName,
    head: i64,
    what: What,
}

enum What {
    /// The messages from the first offset to the last, inclusive.
    Messages(i64, i64),
    /// The channel itself, because it is empty and idle.
    Channel,
}

/// Finds what to delete. Looks at up to [`CHANNELS_A_CALL`] channels of a namespace in the order of their names, beginning with
/// `from`, until `messages_max` messages are due.
pub(super) fn due(
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
        let (first, last) = outdated(&mut oldest.query([channel])?, keep, head, left)?;
        let what = match first {
            None if keep.idle_since.is_some_and(|idle| at < stored(idle.0)) => What::Channel,
            None => continue,
            Some(first) if last < first => continue,
            Some(first) => {
                // This store's offsets are dense.
                let until = last.min(first + left - 1);
                left -= until - first + 1;
                if until < last {
                    due.next = Some(name.clone());
                }
                What::Messages(first, until)
            }
        };
        due.channels.push(DueChannel { channel, name, head, what });
        if due.next.is_some() {
            break;
        }
    }
    Ok(due)
}

/// Returns the first offset of a channel, and the last one that is not kept. `messages` are the channel's messages, oldest first.
fn outdated(
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

/// Deletes what is due, in one transaction. Returns the number of messages and of channels.
pub(super) fn delete(
    connection: &mut Connection,
    heads: &mut Heads,
    namespace: &Namespace,
    due: &[DueChannel],
) -> rusqlite::Result<(u32, u32)> {
    let transaction = connection.transaction()?;
    let (mut messages, mut forgotten) = (0, Vec::new());
    for DueChannel { channel, name, head, what } in due {
        match what {
            What::Messages(first, last) => {
                let mut delete = transaction
                    .prepare_cached("DELETE FROM messages WHERE channel = ?1 AND offset BETWEEN ?2 AND ?3")?;
                messages += delete.execute([channel, first, last])?;
            }
            What::Channel => {
                // The condition on `head` protects a channel that got a message after `due` looked at it.
                let mut delete =
                    transaction.prepare_cached("DELETE FROM channels WHERE id = ?1 AND head = ?2")?;
                if delete.execute([channel, head])? == 1 {
                    let mut keep = transaction.prepare_cached(
                        "INSERT INTO floors (namespace, head) VALUES (?1, ?2)
                         ON CONFLICT (namespace) DO UPDATE SET head = MAX(head, excluded.head)",
                    )?;
                    keep.execute(params![namespace.as_str(), head])?;
                    forgotten.push(name);
                }
            }
        }
    }
    transaction.commit()?;
    for name in &forgotten {
        heads.remove(*name);
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok((count(messages), count(forgotten.len())))
}
