//! What is true of this store beside the contract of every store.

use super::*;
use crate::log::conformance;

fn open(directory: &tempfile::TempDir) -> SqliteLog {
    SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap()
}

#[test]
fn it_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    conformance::check(&open(&directory));
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
fn a_new_log_has_an_epoch_of_its_own() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_ne!(open(&one).epoch(), open(&other).epoch());
}

fn put_back(backup: &Path) -> (tempfile::TempDir, SqliteLog) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(backup, directory.path().join("tidings.db")).unwrap();
    let log = open(&directory);
    (directory, log)
}

#[test]
fn a_backup_that_is_put_back_has_the_messages_and_a_new_epoch_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let (log, file) = (open(&directory), directory.path().join("backup.db"));
    let kept = conformance::chat("room:lobby", 1);
    log.append(std::slice::from_ref(&kept)).unwrap();
    let given = log.reserve_connections(1).unwrap();
    log.backup(&file).unwrap();
    log.append(&[conformance::chat("room:lobby", 2)]).unwrap();

    let (_first_place, first) = put_back(&file);
    let (_second_place, second) = put_back(&file);
    assert_eq!(first.bounds(&kept.channel).unwrap().head, Offset(1));
    assert_ne!(first.epoch(), log.epoch(), "a reader of the lost message must not take a new one for it");
    assert_ne!(first.epoch(), second.epoch());
    assert!(first.reserve_connections(1).unwrap() > given + 1_000_000, "numbers given since the backup");
    assert!(matches!(log.backup(&file), Err(LogError::Failed(_))), "a backup is not written over");
}

#[test]
fn a_log_that_was_put_back_is_not_put_back_again_by_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.db");
    open(&directory).backup(&file).unwrap();
    let (place, log) = put_back(&file);
    let epoch = log.epoch();
    drop(log);
    assert_eq!(open(&place).epoch(), epoch);
}

#[test]
fn after_a_crash_the_log_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    let epoch = log.epoch();
    // A log that is dropped was not closed: so it is after a crash of the process.
    drop(log);
    let again = open(&directory);
    assert_eq!(
        (again.epoch(), again.bounds(&conformance::chat("room:lobby", 1).channel).unwrap().head.0),
        (epoch, 1)
    );
}

#[test]
fn a_damaged_log_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    let log = open(&directory);
    let batch: Vec<Append> = (0..=255).map(|number| conformance::chat("room:lobby", number)).collect();
    log.append(&batch).unwrap();
    log.writer().connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(log);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let error = SqliteLog::open(&path, Durability::Full).err().unwrap().to_string();
    assert!(error.contains("damaged") || error.contains("malformed"), "{error}");
}

#[test]
fn connection_numbers_are_never_given_twice() {
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
