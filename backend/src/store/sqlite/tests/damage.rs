//! Damaged logs: a part differs from what was written.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use std::sync::atomic::AtomicBool;

use super::*;

/// Overwrites bytes in the middle of a log that is not open.
fn damage(path: &Path, bytes: usize) {
    let mut file = File::options().write(true).open(path).unwrap();
    let middle = file.metadata().unwrap().len() / 2 / 4096 * 4096;
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(&vec![0xff; bytes]).unwrap();
}

/// Leaves the log as a crash does, but with everything in the database file.
fn crash(log: SqliteLog) {
    log.writer().connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// Waits until the check in the background has ended.
fn wait_for_check(log: &SqliteLog) {
    while log.checkup.lock().unwrap().as_ref().is_some_and(|checkup| !checkup.has_ended()) {
        std::thread::yield_now();
    }
}

/// Returns a log that is too large to be checked before it is used.
fn large(directory: &tempfile::TempDir) -> SqliteLog {
    let log = open_quick(directory);
    fill(&log, "room:large", 4_000, 20 * 1024 * 1024);
    log
}

#[test]
fn a_small_log_that_is_damaged_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    let log = open(&directory);
    let batch: Vec<Append> = (0..=255).map(|number| conformance::chat("room:lobby", number)).collect();
    log.append(&batch).unwrap();
    crash(log);
    damage(&path, 4096);
    let error = SqliteLog::open(&path, Durability::Full).err().unwrap();
    assert!(matches!(error, LogError::Damaged(_)), "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn damage_in_a_large_log_is_detected_while_it_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    crash(large(&directory));
    damage(&path, 64 * 1024);
    let log = open_quick(&directory);
    wait_for_check(&log);
    assert!(matches!(log.health(), Err(LogError::Damaged(_))));
    let refused = log.append(&[conformance::chat("room:lobby", 1)]).unwrap_err();
    assert!(matches!(refused, LogError::Damaged(_)), "{refused}");
    // A clean stop does not make the log sound: the next start checks it again.
    log.close().unwrap();
    drop(log);
    let again = open_quick(&directory);
    wait_for_check(&again);
    assert!(matches!(again.health(), Err(LogError::Damaged(_))));
}

#[test]
fn damage_found_by_a_read_makes_the_log_unhealthy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    let log = large(&directory);
    log.close().unwrap();
    drop(log);
    damage(&path, 256 * 1024);
    // The log was closed cleanly, so it is not checked.
    let log = open_quick(&directory);
    assert!(log.health().is_ok());
    let channel = conformance::chat("room:large", 0).channel;
    let (mut after, mut found) = (Offset::START, None);
    while found.is_none() {
        match log.read(&channel, after, 100) {
            Ok(run) => after = run.messages.last().expect("the damage is in the messages").offset,
            Err(error) => found = Some(error),
        }
    }
    assert!(matches!(found, Some(LogError::Damaged(_))), "{found:?}");
    assert!(log.health().is_err() && log.append(&[conformance::chat("room:lobby", 1)]).is_err());
}

#[test]
fn a_large_log_is_usable_during_its_check_and_checked_again_if_the_check_was_stopped() {
    let directory = tempfile::tempdir().unwrap();
    crash(large(&directory));
    let log = open_quick(&directory);
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    let marks = |log: SqliteLog| {
        log.close().unwrap();
        drop(log);
        let connection = Connection::open(directory.path().join("tidings.db")).unwrap();
        schema::get(&connection, "open").unwrap()
    };
    // The log is closed at once. Unless the check has ended, the log must not be marked as sound.
    let unchecked = log.checkup.lock().unwrap().as_ref().is_some_and(|checkup| !checkup.has_ended());
    let mark = marks(log);
    assert!(mark == 0 || unchecked, "{mark}");
    let log = open_quick(&directory);
    wait_for_check(&log);
    assert!(log.health().is_ok());
    assert_eq!(marks(log), 0, "it has been checked");
}

#[test]
fn a_check_that_is_stopped_ends_at_once_and_leaves_the_log_unchecked() {
    let directory = tempfile::tempdir().unwrap();
    let log = large(&directory);
    let health = Arc::new(Health::default());
    let stopped = AtomicBool::new(true);
    let mut connection = open::reader(&log.path).unwrap();
    connection.progress_handler(1, Some(|| true)).unwrap();
    assert!(!check::check(&connection, &health, &stopped));
    assert!(health.check().is_ok(), "nothing is known");
}

#[test]
fn a_log_whose_newest_messages_do_not_match_their_channel_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    let log = open(&directory);
    log.append(&[conformance::chat("room:lobby", 1), conformance::chat("room:lobby", 2)]).unwrap();
    log.close().unwrap();
    drop(log);
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE channels SET head = 1", []).unwrap();
    drop(connection);
    let error = SqliteLog::open(&path, Durability::Full).err().unwrap();
    assert!(matches!(error, LogError::Damaged(_)), "{error}");
}

#[test]
fn a_payload_of_an_unknown_type_is_not_damage() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    let entry = conformance::chat("room:lobby", 1);
    log.append(std::slice::from_ref(&entry)).unwrap();
    let of_a_later_version = "UPDATE messages SET payload = '{\"type\":\"hologram\"}', user = '\u{a0}'";
    log.writer().connection.execute(of_a_later_version, []).unwrap();
    let read = log.read(&entry.channel, Offset::START, 1);
    assert!(matches!(read, Err(LogError::Unreadable(_))), "{read:?}");
    assert!(log.health().is_ok());
    log.append(&[conformance::chat("room:lobby", 2)]).unwrap();
}
