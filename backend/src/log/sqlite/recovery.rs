//! What a log finds when it is opened: that it was closed, that it was not, or that it is a backup put back.

use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::schema;
use crate::config::Durability;
use crate::log::LogError;

/// By how much the numbers of connections jump when a backup is put back: more than can have been given since.
const NUMBERS_SINCE_BACKUP: i64 = 1_000_000_000;

/// Pages that a backup copies before it lets others read.
const BACKUP_PAGES: i32 = 1024;

/// Looks at a log that has just been opened, and marks it as open.
pub(super) fn begin(connection: &mut Connection, durability: Durability) -> Result<(), LogError> {
    let boot = boot_number();
    let transaction = connection.transaction()?;
    if schema::get(&transaction, "backup")? == 1 {
        check(&transaction)?;
        // Readers who saw more than this log holds must not take new messages for those they know.
        schema::set(&transaction, "epoch", schema::random_number()?)?;
        let next = schema::get(&transaction, "next_connection")?;
        schema::set(&transaction, "next_connection", next.saturating_add(NUMBERS_SINCE_BACKUP))?;
        schema::set(&transaction, "backup", 0)?;
        tracing::warn!("the log is a backup that was put back: all readers will be told of a gap");
    } else if schema::get(&transaction, "open")? != 0 {
        check(&transaction)?;
        let was_normal = schema::get(&transaction, "open")? == marker(Durability::Normal);
        let same_boot =
            boot.is_some_and(|boot| schema::get(&transaction, "boot").is_ok_and(|was| was == boot));
        if was_normal && !same_boot {
            schema::set(&transaction, "epoch", schema::random_number()?)?;
            tracing::warn!(
                "the machine stopped while the log was open with durability normal: the last messages may be lost, and all readers will be told of a gap"
            );
        }
    }
    schema::set(&transaction, "open", marker(durability))?;
    schema::set(&transaction, "boot", boot.unwrap_or_default())?;
    transaction.commit()?;
    Ok(())
}

/// Marks the log as closed.
pub(super) fn end(connection: &Connection) -> Result<(), LogError> {
    schema::set(connection, "open", 0)?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Copies the log to a file that is not there yet, and marks the copy as one.
pub(super) fn copy(connection: &Connection, path: &Path) -> Result<(), LogError> {
    let failed = |error: std::io::Error| LogError::Failed(format!("{}: {error}", path.display()));
    std::fs::File::create_new(path).map_err(failed)?;
    let mut copy = Connection::open(path)?;
    Backup::new(connection, &mut copy)?.run_to_completion(BACKUP_PAGES, std::time::Duration::ZERO, None)?;
    schema::set(&copy, "backup", 1)?;
    schema::set(&copy, "open", 0)?;
    // One file, without a write-ahead log beside it.
    copy.execute_batch("PRAGMA journal_mode = DELETE")?;
    std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}

/// Reads through the whole file, and says what there is.
fn check(connection: &Connection) -> Result<(), LogError> {
    let begun = Instant::now();
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(LogError::Failed(format!("it is damaged: {found}. Put a backup in its place")));
    }
    let count = |table| {
        connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    let (channels, messages) = (count("channels")?, count("messages")?);
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(channels, messages, ms, "the log was not closed; it has been checked and is sound");
    Ok(())
}

/// What an open log is marked with.
fn marker(durability: Durability) -> i64 {
    match durability {
        Durability::Full => 1,
        Durability::Normal => 2,
    }
}

/// Tells one run of the machine from the next, where the operating system says.
fn boot_number() -> Option<i64> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(15).collect();
    i64::from_str_radix(&digits, 16).ok()
}
