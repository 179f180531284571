//! Determines when a log is opened whether it was closed, was not closed, or is a restored backup.

use rusqlite::Connection;

use crate::config::Durability;
use crate::store::LogError;
use crate::store::sqlite::{check, schema};

/// Increase of the next connection number when a backup is restored. More numbers than this cannot have been used since the
/// backup.
const NUMBERS_SINCE_BACKUP: i64 = 1_000_000_000_000;

/// Marker of a log that was closed before its check had ended.
const UNCHECKED: i64 = 3;

/// Examines a log that has just been opened, and marks it as open. If a check is due and the log has at most
/// [`check::CHECK_AT_ONCE_BYTES_MAX`] `bytes`, it is checked here. Returns whether a check is still due.
pub(super) fn begin(
    connection: &mut Connection,
    durability: Durability,
    bytes: u64,
) -> Result<bool, LogError> {
    let boot = boot_number();
    let transaction = connection.transaction()?;
    let (backup, open) = (schema::get(&transaction, "backup")?, schema::get(&transaction, "open")?);
    let is_due = backup == 1 || open != 0;
    let at_once = bytes <= check::CHECK_AT_ONCE_BYTES_MAX;
    if is_due && at_once {
        check::whole(&transaction)?;
    }
    if backup == 1 {
        // Readers may have seen more than this log holds. Without a new epoch they would take new messages for ones they know.
        schema::set(&transaction, "epoch", schema::random_number()?)?;
        let next = schema::get(&transaction, "next_connection")?;
        schema::set(&transaction, "next_connection", next.saturating_add(NUMBERS_SINCE_BACKUP))?;
        schema::set(&transaction, "backup", 0)?;
        tracing::warn!("the log is a restored backup: all readers will get a gap");
    } else if open == marker(Durability::Normal) {
        let same_boot =
            boot.is_some_and(|boot| schema::get(&transaction, "boot").is_ok_and(|was| was == boot));
        if !same_boot {
            schema::set(&transaction, "epoch", schema::random_number()?)?;
            tracing::warn!(
                "the machine stopped while the log was open with durability normal: the last messages may be lost, and all readers will get a gap"
            );
        }
    }
    schema::set(&transaction, "open", marker(durability))?;
    schema::set(&transaction, "boot", boot.unwrap_or_default())?;
    transaction.commit()?;
    Ok(is_due && !at_once)
}

/// Marks the log as closed or, if `unchecked`, as one that the next start must check.
pub(super) fn end(connection: &Connection, unchecked: bool) -> Result<(), LogError> {
    schema::set(connection, "open", if unchecked { UNCHECKED } else { 0 })?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Returns the marker of an open log.
fn marker(durability: Durability) -> i64 {
    match durability {
        Durability::Full => 1,
        Durability::Normal => 2,
    }
}

/// Returns a number that differs between boots of the machine, if the operating system provides one.
fn boot_number() -> Option<i64> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(15).collect();
    i64::from_str_radix(&digits, 16).ok()
}
