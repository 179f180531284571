//! Logs that were written by an earlier version.

use super::*;
use crate::store::sqlite::convert::stored;

/// The tables of version 1, as earlier servers created them.
const TABLES_1: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE channels (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT NULL);
    CREATE TABLE messages (
        channel INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        id BLOB NOT NULL,
        at INTEGER NOT NULL,
        user TEXT NOT NULL,
        name TEXT NOT NULL,
        payload TEXT NOT NULL,
        PRIMARY KEY (channel, offset)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX message_ids ON messages (id, channel);
    INSERT INTO meta VALUES ('next_connection', 10001), ('open', 1), ('boot', 0), ('backup', 0), ('epoch', 4711);
    INSERT INTO channels VALUES (1, 'room:a', 7000), (2, 'room:b', 6000), (3, 'room:trimmed', 9);
    PRAGMA user_version = 1;
";

/// A log of version 2, as earlier servers created it.
const LOG_2: &str = r#"
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE floors (namespace TEXT PRIMARY KEY, head INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE channels (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        head INTEGER NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE TABLE messages (
        channel INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        id BLOB NOT NULL,
        at INTEGER NOT NULL,
        user TEXT NOT NULL,
        name TEXT NOT NULL,
        payload TEXT NOT NULL
    );
    CREATE UNIQUE INDEX message_places ON messages (channel, offset);
    CREATE UNIQUE INDEX message_ids ON messages (id, channel);
    INSERT INTO meta VALUES ('next_connection', 10001), ('open', 0), ('boot', 0), ('backup', 0), ('epoch', 4711);
    INSERT INTO floors VALUES ('room', 9);
    INSERT INTO channels VALUES (1, 'room:a', 2, 12), (2, 'room:empty', 5, 3);
    INSERT INTO messages VALUES
        (1, 1, x'00000000000000000000000000000001', 11, 'ada', 'Ada', '{"type":"chat","text":"1"}'),
        (1, 2, x'00000000000000000000000000000002', 12, 'ada', 'Ada', '{"type":"chat","text":"2"}');
    PRAGMA user_version = 2;
"#;

const MESSAGES: u64 = 13_000;

/// Writes a log of version 1 that was not closed, with 13,000 messages in two channels.
fn write_version_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN").unwrap();
    connection.execute_batch(TABLES_1).unwrap();
    let mut insert =
        connection.prepare("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, 'ada', 'Ada', ?5)").unwrap();
    for number in 0..MESSAGES {
        let (channel, offset) = if number < 7_000 { (1, number + 1) } else { (2, number - 6_999) };
        let payload = format!(r#"{{"type":"chat","text":"{number}"}}"#);
        let values = params![channel, offset.cast_signed(), &id(number)[..], stored(number), payload];
        insert.execute(values).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

fn id(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

fn expect_all(log: &SqliteLog) {
    assert_eq!(log.epoch(), Epoch(4711), "readers continue from their positions");
    for (name, first, count) in [("room:a", 0, 7_000), ("room:b", 7_000, 6_000)] {
        let channel = ChannelName::parse(name).unwrap();
        let (mut after, mut texts) = (Offset::START, Vec::new());
        loop {
            let run = log.read(&channel, after, 1_000).unwrap();
            texts.extend(run.messages.iter().map(|message| message.at.0));
            after = run.messages.last().unwrap().offset;
            if !run.more {
                break;
            }
        }
        assert_eq!(texts, (first..first + count).collect::<Vec<_>>());
        assert_eq!(log.bounds(&channel).unwrap(), Bounds { head: Offset(count), floor: Offset(0) });
    }
    let trimmed = ChannelName::parse("room:trimmed").unwrap();
    assert_eq!(log.bounds(&trimmed).unwrap(), Bounds { head: Offset(9), floor: Offset(9) });
    assert_eq!(log.reserve_connections(1).unwrap(), 10_001);
}

#[test]
fn a_migrated_log_of_version_1_is_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    write_version_1(&path);
    // A killed migration has left this file.
    let leftover = directory.path().join("tidings.db.migrating");
    std::fs::write(&leftover, b"half of a log").unwrap();
    let log = open(&directory);
    expect_all(&log);
    assert!(!leftover.exists());
    // Retries are recognised, and offsets continue.
    let again =
        Append { id: shared::ids::MessageId::from_bytes(id(6_999)), ..conformance::chat("room:a", 1) };
    let appended = log.append(&[again, conformance::chat("room:a", 2)]).unwrap();
    let next = Appended::Accepted { offset: Offset(7_001), prev: Offset(7_000) };
    assert_eq!(appended, [Appended::Duplicate { offset: Offset(7_000) }, next]);
    drop(log);
    assert_eq!(open(&directory).bounds(&conformance::chat("room:a", 1).channel).unwrap().head.0, 7_001);
}

#[test]
fn a_migrated_log_of_version_2_is_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let connection = Connection::open(directory.path().join("tidings.db")).unwrap();
    connection.execute_batch(LOG_2).unwrap();
    drop(connection);
    let log = open(&directory);
    let expect = |name: &str, head, floor, times: &[u64]| {
        let channel = ChannelName::parse(name).unwrap();
        let expected = Bounds { head: Offset(head), floor: Offset(floor) };
        assert_eq!(log.bounds(&channel).unwrap(), expected, "{name}");
        let messages = log.read(&channel, Offset::START, 10).unwrap().messages;
        assert_eq!(messages.iter().map(|message| message.at.0).collect::<Vec<_>>(), times, "{name}");
    };
    expect("room:a", 2, 0, &[11, 12]);
    expect("room:empty", 5, 5, &[]);
    expect("room:forgotten", 9, 9, &[]);
    assert_eq!(log.epoch(), Epoch(4711));
    assert_eq!(log.register("search").unwrap(), Some(Lsn(0)));
    log.keep_position("search", Lsn(1)).unwrap();
    drop(log);
    assert_eq!(open(&directory).register("search").unwrap(), Some(Lsn(1)));
}

#[test]
fn a_trimmed_log_that_was_not_closed_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    let batch = [conformance::chat("room:a", 1), conformance::chat("room:a", 2)];
    log.append(&batch).unwrap();
    let keep = Keep { messages: Some(0), now: shared::time::Timestamp(u64::MAX), ..Keep::default() };
    log.trim(&Namespace::parse("room").unwrap(), &keep, None, 10).unwrap();
    drop(log);
    let log = open(&directory);
    assert_eq!(log.bounds(&batch[0].channel).unwrap(), Bounds { head: Offset(2), floor: Offset(2) });
}

#[test]
fn an_interrupted_migration_leaves_the_log_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    write_version_1(&path);
    let mut chunks = 0;
    let interrupted = migration::run(&path, Connection::open(&path).unwrap(), |_| {
        chunks += 1;
        if chunks == 2 { Err(LogError::Full("no room".to_owned())) } else { Ok(()) }
    });
    assert!(matches!(interrupted, Err(LogError::Full(_))), "{interrupted:?}");
    assert_eq!(chunks, 2, "the migration was interrupted after the second chunk");
    let version: i64 =
        Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    expect_all(&open(&directory));
}

#[test]
fn a_log_that_is_being_read_is_not_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.db");
    write_version_1(&path);
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT COUNT(*) FROM meta").unwrap();
    let refused = migration::run(&path, Connection::open(&path).unwrap(), |_| Ok(()));
    assert!(
        matches!(&refused, Err(LogError::Failed(what)) if what.contains("another program")),
        "{refused:?}"
    );
    drop(reader);
    expect_all(&open(&directory));
}

#[test]
fn a_restored_backup_of_version_1_has_a_new_epoch() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = before.path().join("tidings.db");
    write_version_1(&path);
    let file = after.path().join("tidings.db");
    Backup::of(&path).unwrap().write(&file, |_| {}).unwrap();
    let log = open(&after);
    assert_ne!(log.epoch(), Epoch(4711));
    assert_eq!(log.bounds(&conformance::chat("room:a", 1).channel).unwrap().head.0, 7_000);
}
