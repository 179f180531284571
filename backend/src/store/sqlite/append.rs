//! Appends a batch. Most of the cost of a logged publication is here.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{CachedStatement, Transaction, ffi, params};
use shared::ids::{ChannelName, MessageId, Offset};
use shared::time::Timestamp;

use super::convert::stored;
use crate::store::{Append, Appended};

/// Number of rows that one statement inserts. Starting and finishing a statement costs as much as one row; 16 rows gain little
/// more than 8.
const ROWS: usize = 8;

const COLUMNS: usize = 7;

static INSERT_ROWS: LazyLock<String> = LazyLock::new(|| insert_sql(ROWS));
static INSERT_ONE: LazyLock<String> = LazyLock::new(|| insert_sql(1));

/// The writer's cache of channel heads.
pub(super) type Heads = HashMap<ChannelName, Head>;

/// A channel's row id, and its newest offset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    channel: i64,
    offset: u64,
}

/// Appends a batch.
pub(super) fn append(
    transaction: &Transaction<'_>,
    heads: &mut Heads,
    batch: &[Append],
) -> rusqlite::Result<Vec<Appended>> {
    let mut adding =
        Adding { transaction, heads, touched: HashMap::new(), results: Vec::with_capacity(batch.len()) };
    let (rows, rest) = batch.as_chunks::<ROWS>();
    if !rows.is_empty() {
        let mut insert = transaction.prepare_cached(&INSERT_ROWS)?;
        for rows in rows {
            // In nearly all batches every message is new. If one is not, the statement has inserted none of them.
            if !adding.add(&mut insert, rows)? {
                adding.add_or_find(rows)?;
            }
        }
    }
    adding.add_or_find(rest)?;
    let Adding { touched, results, .. } = adding;
    if !touched.is_empty() {
        let mut update =
            transaction.prepare_cached("UPDATE channels SET head = ?2, at = ?3 WHERE id = ?1")?;
        for (channel, (head, at)) in touched {
            update.execute([channel, stored(head), stored(at.0)])?;
        }
    }
    Ok(results)
}

/// A transaction that appends messages.
struct Adding<'a> {
    transaction: &'a Transaction<'a>,
    heads: &'a mut Heads,
    /// The new heads and the times of their messages, by the channel's row id.
    touched: HashMap<i64, (u64, Timestamp)>,
    results: Vec<Appended>,
}

impl Adding<'_> {
    /// Appends entries one by one, and looks up the offsets of duplicates.
    fn add_or_find(&mut self, entries: &[Append]) -> rusqlite::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut insert = self.transaction.prepare_cached(&INSERT_ONE)?;
        for entry in entries {
            if !self.add(&mut insert, std::slice::from_ref(entry))? {
                let offset = self.offset_of(&entry.channel, entry.id)?;
                self.results.push(Appended::Duplicate { offset });
            }
        }
        Ok(())
    }

    /// Appends entries, as many as the statement has rows. Returns false if the id of one exists already; then none is appended.
    ///
    /// The unique index of ids detects the duplicate. A query before the insert would cost a third more.
    fn add(&mut self, insert: &mut CachedStatement<'_>, entries: &[Append]) -> rusqlite::Result<bool> {
        let mut places = [Head { channel: 0, offset: 0 }; ROWS];
        for ((entry, place), row) in entries.iter().zip(&mut places).zip(0..) {
            *place = self.take_place(&entry.channel)?;
            self.bind(insert, row * COLUMNS, entry, *place)?;
        }
        match insert.raw_execute() {
            Ok(_) => {}
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE =>
            {
                for entry in entries {
                    // No row was inserted, so undo the offsets.
                    if let Some(head) = self.heads.get_mut(&entry.channel) {
                        head.offset -= 1;
                    }
                }
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        for (Head { channel, offset }, entry) in places.into_iter().zip(entries) {
            self.touched.insert(channel, (offset, entry.at));
            // This store's offsets are dense.
            self.results.push(Appended::Accepted { offset: Offset(offset), prev: Offset(offset - 1) });
        }
        Ok(true)
    }

    fn bind(
        &mut self,
        insert: &mut CachedStatement<'_>,
        before: usize,
        entry: &Append,
        place: Head,
    ) -> rusqlite::Result<()> {
        insert.raw_bind_parameter(before + 1, place.channel)?;
        insert.raw_bind_parameter(before + 2, stored(place.offset))?;
        insert.raw_bind_parameter(before + 3, entry.id.as_bytes())?;
        insert.raw_bind_parameter(before + 4, stored(entry.at.0))?;
        insert.raw_bind_parameter(before + 5, entry.from.user.as_str())?;
        insert.raw_bind_parameter(before + 6, entry.from.name.as_str())?;
        insert.raw_bind_parameter(before + 7, entry.payload.as_str())
    }

    /// Assigns the next offset of a channel.
    fn take_place(&mut self, channel: &ChannelName) -> rusqlite::Result<Head> {
        let head = match self.heads.get_mut(channel) {
            Some(head) => head,
            None => {
                let head = channel_head(self.transaction, channel)?;
                self.heads.entry(channel.clone()).or_insert(head)
            }
        };
        head.offset += 1;
        Ok(*head)
    }

    fn offset_of(&self, channel: &ChannelName, id: MessageId) -> rusqlite::Result<Offset> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT m.offset FROM channels c JOIN messages m ON m.channel = c.id WHERE c.name = ?1 AND m.id = ?2",
        )?;
        let bound = params![channel.as_str(), id.as_bytes()];
        let offset = statement.query_row(bound, |row| row.get::<_, i64>(0))?;
        Ok(Offset(offset.cast_unsigned()))
    }
}

fn channel_head(transaction: &Transaction<'_>, channel: &ChannelName) -> rusqlite::Result<Head> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO channels (name, head, at)
         VALUES (?1, COALESCE((SELECT head FROM floors WHERE namespace = ?2), 0), 0)
         ON CONFLICT (name) DO UPDATE SET name = name RETURNING id, head",
    )?;
    statement.query_row([channel.as_str(), channel.namespace()], |row| {
        Ok(Head { channel: row.get(0)?, offset: row.get::<_, i64>(1)?.cast_unsigned() })
    })
}

fn insert_sql(rows: usize) -> String {
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!("INSERT INTO messages (channel, offset, id, at, user, name, payload) VALUES {rows}")
}
