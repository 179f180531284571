//! Tests of this store: the contract of every store, and what is true of this one beside it.

mod backups;
mod contract;
mod damage;
mod migrating;
mod size;
mod trimming;

use super::*;
use crate::store::conformance::{self, AtOnce as _};
use crate::store::{Append, Appended, Trim, Trimmed};

fn open(directory: &tempfile::TempDir) -> SqliteLog {
    SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap()
}

/// Opens a log that does not wait for the disk, for tests with many writes.
fn open_quick(directory: &tempfile::TempDir) -> SqliteLog {
    SqliteLog::open(&directory.path().join("tidings.db"), Durability::Normal).unwrap()
}

/// Returns one message with its own id for each of `numbers`, with `bytes` bytes of text each.
fn chats(channel: &str, numbers: std::ops::Range<u64>, bytes: usize) -> Vec<Append> {
    let chat = |number: u64| {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&number.to_be_bytes());
        let template = conformance::chat(channel, 0);
        Append {
            id: shared::ids::MessageId::new(number, &random),
            at: shared::time::Timestamp(1_000 + number),
            payload: conformance::chat_payload(&"x".repeat(bytes)),
            ..template
        }
    };
    numbers.map(chat).collect()
}

/// Appends messages of `bytes` bytes until the log has about `total` bytes of them.
fn fill(log: &SqliteLog, channel: &str, bytes: usize, total: usize) {
    const BATCH: u64 = 500;
    let count = (total / bytes) as u64;
    for first in (0..count).step_by(500) {
        log.append(&chats(channel, first..(first + BATCH).min(count), bytes)).unwrap();
    }
}

#[test]
fn a_log_that_is_opened_again_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let (entry, epoch) = (conformance::chat("room:lobby", 1), open(&directory).epoch());
    let first = open(&directory).append(std::slice::from_ref(&entry)).unwrap();
    let again = open(&directory);
    assert_eq!(again.epoch(), epoch);
    assert_eq!(first, [Appended::Accepted { offset: Offset(1), prev: Offset(0) }]);
    assert_eq!(again.append(&[entry]).unwrap(), [Appended::Duplicate { offset: Offset(1) }]);
}

#[test]
fn each_new_log_has_its_own_epoch() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_ne!(open(&one).epoch(), open(&other).epoch());
}

#[test]
fn a_log_is_unchanged_after_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    let epoch = log.epoch();
    // A dropped log was not closed, as after a crash of the process.
    drop(log);
    let again = open(&directory);
    assert_eq!(
        (again.epoch(), again.bounds(&conformance::chat("room:lobby", 1).channel).unwrap().head.0),
        (epoch, 1)
    );
}

#[test]
fn connection_numbers_are_never_reused() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(&directory).reserve_connections(100).unwrap();
    assert_eq!(open(&directory).reserve_connections(5).unwrap(), first + 100);
}

#[test]
fn a_log_of_a_later_version_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    drop(SqliteLog::open(&path, Durability::Full).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let error = SqliteLog::open(&path, Durability::Full).err().unwrap().to_string();
    assert!(error.contains("later version"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files_also_those_of_an_earlier_version() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let files = ["tidings.db", "tidings.db-wal", "tidings.db-shm"].map(|name| directory.path().join(name));
    let modes =
        || files.clone().map(|file| (file.metadata().unwrap().permissions().mode() & 0o777).to_string());
    let owner_only = [0o600, 0o600, 0o600].map(|mode: u32| mode.to_string());
    let log = open(&directory);
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    assert_eq!(modes(), owner_only);
    drop(log);
    for file in &files {
        if !file.exists() {
            std::fs::write(file, b"").unwrap();
        }
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let log = open(&directory);
    log.append(&[conformance::chat("room:lobby", 2)]).unwrap();
    assert_eq!(modes(), owner_only);
}

#[test]
fn a_failed_read_does_not_affect_writes() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    let failed: Result<(), LogError> = log.reading(|_| {
        let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        Err(rusqlite::Error::SqliteFailure(error, None))
    });
    let error = failed.unwrap_err();
    assert!(matches!(error, LogError::Unreadable(_)), "{error}");
    assert!(!error.refusal().message.contains("disk") && !error.to_string().contains("written"), "{error}");
}
