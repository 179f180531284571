//! Disk space that the log uses.

use super::*;

const TEXT_BYTES: usize = 1_400;

#[test]
fn a_message_of_1400_bytes_uses_less_than_twice_its_size() {
    const MESSAGES: u64 = 5_000;
    let directory = tempfile::tempdir().unwrap();
    let log = open_quick(&directory);
    for first in (0..MESSAGES).step_by(50) {
        let batch = (first..first + 50)
            .flat_map(|number| chats(&format!("room:{}", number % 100), number..number + 1, TEXT_BYTES));
        log.append(&batch.collect::<Vec<_>>()).unwrap();
    }
    log.close().unwrap();
    let bytes = files::length(&log.path) / MESSAGES;
    assert!(bytes < 2 * TEXT_BYTES as u64, "{bytes}");
}

#[test]
fn the_write_ahead_log_shrinks_while_the_log_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_quick(&directory);
    let length = || files::length(&files::wal(&log.path));
    let hold = || Backup::of(&log.path).unwrap();
    let reader = hold();
    fill(&log, "room:much", 8_000, 80 * 1024 * 1024);
    assert!(length() > wal::WAL_BYTES_MAX, "the log cannot be reset while a reader uses it");
    log.tidy().unwrap();
    assert!(length() > wal::WAL_BYTES_MAX, "not even after the writer has waited");
    drop(reader);
    log.tidy().unwrap();
    assert_eq!(length(), 0);
}

#[test]
fn the_write_ahead_log_shrinks_when_it_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_quick(&directory);
    let length = || files::length(&files::wal(&log.path));
    let reader = Backup::of(&log.path).unwrap();
    fill(&log, "room:much", 8_000, 40 * 1024 * 1024);
    assert!(length() > open::WAL_KEPT_BYTES);
    drop(reader);
    // The first commit copies it into the database, the second overwrites it from its start.
    fill(&log, "room:more", 8_000, 80_000);
    fill(&log, "room:most", 8_000, 80_000);
    assert!(length() <= open::WAL_KEPT_BYTES, "{}", length());
}
