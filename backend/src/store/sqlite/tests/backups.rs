//! Backups of the log, and how they are restored.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn put_back(backup: &Path) -> (tempfile::TempDir, SqliteLog) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(backup, directory.path().join("tidings.db")).unwrap();
    let log = open(&directory);
    (directory, log)
}

#[test]
fn a_restored_backup_has_the_messages_and_a_new_epoch_each_time() {
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
    assert_ne!(first.epoch(), log.epoch(), "a reader of the lost message must not confuse it with a new one");
    assert_ne!(first.epoch(), second.epoch());
    assert!(
        first.reserve_connections(1).unwrap() > given + 100_000_000_000,
        "above all numbers given since the backup"
    );
}

#[test]
fn a_restart_does_not_restore_a_backup_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.db");
    open(&directory).backup(&file).unwrap();
    let (place, log) = put_back(&file);
    let epoch = log.epoch();
    drop(log);
    assert_eq!(open(&place).epoch(), epoch);
}

#[test]
fn a_backup_completes_while_the_log_is_written_continuously() {
    /// Far more than are written during the copy. A copy that restarts with each write would never end.
    const APPENDED_MAX: u64 = 50_000;
    const MANY_PAGES: usize = 24 * 1024 * 1024;
    let directory = tempfile::tempdir().unwrap();
    let (log, file) = (open_quick(&directory), directory.path().join("backup.db"));
    fill(&log, "room:full", 4_000, MANY_PAGES);
    let (done, mut reports) = (AtomicBool::new(false), Vec::new());
    let appended = std::thread::scope(|scope| {
        let appending = scope.spawn(|| {
            let mut numbers = 0..APPENDED_MAX;
            while !done.load(Ordering::Relaxed)
                && let Some(number) = numbers.next()
            {
                log.append(&chats("room:talk", number..number + 1, 100)).unwrap();
            }
            numbers.start
        });
        // Delay the first report until something was written during the copy: the copy then has more than one step.
        let head = || log.bounds(&conformance::chat("room:talk", 0).channel).unwrap().head;
        let backup = Backup::of(&log.path).unwrap();
        let before = head();
        backup
            .write(&file, |progress| {
                while head() == before && !done.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                reports.push(progress);
            })
            .unwrap();
        done.store(true, Ordering::Relaxed);
        appending.join().unwrap()
    });
    assert!(appended < APPENDED_MAX, "the backup waited for the end of the writing");
    assert!(reports.len() > 1 && reports.is_sorted_by_key(|report| report.copied), "{reports:?}");
    assert!(
        reports.iter().all(|report| report.bytes == reports[0].bytes),
        "the size must not change: {reports:?}"
    );
    assert_eq!(reports.last().map(|report| report.copied), Some(reports[0].bytes));
    let (_place, copy) = put_back(&file);
    assert_eq!(copy.bounds(&conformance::chat("room:full", 0).channel).unwrap().head.0, 6291);
}

#[test]
fn an_existing_file_is_named_in_the_error_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (log, file) = (open(&directory), directory.path().join("backup.db"));
    let refused = || {
        let error = log.backup(&file).unwrap_err().to_string();
        assert!(error.contains("backup.db") && error.contains("exists"), "{error}");
        error
    };
    log.backup(&file).unwrap();
    assert!(refused().contains("a complete backup"));
    std::fs::write(&file, b"a diary").unwrap();
    assert!(refused().contains("not a backup"));
    assert_eq!(std::fs::read(&file).unwrap(), b"a diary");
    // An earlier version that was killed left a copy without the mark of a backup.
    std::fs::remove_file(&file).unwrap();
    log.backup(&file).unwrap();
    Connection::open(&file).unwrap().execute("UPDATE meta SET value = 0 WHERE key = 'backup'", []).unwrap();
    assert!(refused().contains("not completed"));
}

#[test]
fn an_incomplete_backup_never_has_the_final_name() {
    let directory = tempfile::tempdir().unwrap();
    let (log, file) = (open_quick(&directory), directory.path().join("backup.db"));
    let partial = directory.path().join("backup.db.partial");
    // A killed backup has left this file.
    std::fs::write(&partial, b"half of a log").unwrap();
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    let (mut seen, source) = (Vec::new(), Backup::of(&log.path).unwrap());
    let running = |_| {
        seen.push((partial.exists(), file.exists()));
        let error = log.backup(&file).unwrap_err().to_string();
        assert!(error.contains("another backup"), "{error}");
    };
    source.write(&file, running).unwrap();
    assert_eq!(seen, [(true, false)]);
    assert!(file.exists() && !partial.exists());
    let (_place, copy) = put_back(&file);
    assert_eq!(copy.bounds(&conformance::chat("room:lobby", 1).channel).unwrap().head.0, 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.db");
    open(&directory).backup(&file).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_backup_beside_the_write_ahead_log_of_another_log_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    let (log, file) = (open(&directory), directory.path().join("backup.db"));
    log.append(&[conformance::chat("room:lobby", 1)]).unwrap();
    log.backup(&file).unwrap();
    log.append(&[conformance::chat("room:lobby", 2)]).unwrap();
    // The server is killed, and the operator does not move the write-ahead log away.
    let wal = std::fs::read(directory.path().join("tidings.db-wal")).unwrap();
    drop(log);
    std::fs::copy(&file, &path).unwrap();
    std::fs::write(directory.path().join("tidings.db-wal"), wal).unwrap();
    let error = SqliteLog::open(&path, Durability::Full).err().unwrap().to_string();
    assert!(error.contains("tidings.db-wal"), "{error}");
    std::fs::remove_file(directory.path().join("tidings.db-wal")).unwrap();
    let _ = std::fs::remove_file(directory.path().join("tidings.db-shm"));
    assert_eq!(open(&directory).bounds(&conformance::chat("room:lobby", 1).channel).unwrap().head.0, 1);
}
