//! Executes entries: each in one transaction, each kind of command in a file of its own.

use rusqlite::Connection;

use super::append::{self, Heads};
use super::retention;
use crate::store::{Applied, Entry};

/// Maximum number of channels in the cache of heads. Above it, the cache is cleared and heads are read from the database again.
const CACHED_CHANNELS_MAX: usize = 100_000;

/// Executes the commands of an entry.
pub(super) fn apply(
    connection: &mut Connection,
    heads: &mut Heads,
    entry: &Entry,
) -> rusqlite::Result<Applied> {
    if heads.len() > CACHED_CHANNELS_MAX {
        heads.clear();
    }
    let result = execute(connection, heads, entry);
    if result.is_err() {
        // The transaction is rolled back, so the heads that the cache got in it are wrong.
        heads.clear();
    }
    result
}

fn execute(connection: &mut Connection, heads: &mut Heads, entry: &Entry) -> rusqlite::Result<Applied> {
    // Every kind is named, so that the code does not compile if a new one is not executed.
    let Entry { appends, trims } = entry;
    let transaction = connection.transaction()?;
    let appends = append::append(&transaction, heads, appends)?;
    let trims = trims.iter().map(|trim| retention::trim(&transaction, heads, trim));
    let trims = trims.collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(Applied { appends, trims })
}
