//! A backup under load is the log of one moment.

use serde_json::json;
use shared::ids::ChannelName;
use tempfile::TempDir;
use tests::client::{Fate, channel};
use tests::server::run_to_end;
use tests::{Crowd, Settings, TestServer};

const ROOMS: [&str; 2] = ["room:one", "room:two"];

#[tokio::test]
async fn a_backup_under_load_has_all_that_was_acknowledged_before_and_nothing_else() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let crowd = Crowd::gather(server.address(), 3, 1, &ROOMS, 1).await;
    crowd.talk(u64::from(u32::MAX));
    crowd.expect_answers(300).await;
    let acknowledged = acknowledged(&crowd);

    let folder = TempDir::with_prefix("tidings-backup-").unwrap();
    let file = folder.path().join("tidings.db");
    let arguments = ["backup".as_ref(), file.as_os_str(), "--data".as_ref(), server.data().as_os_str()]
        .map(ToOwned::to_owned);
    let made = run_to_end(&Settings::default(), server.home(), &arguments).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    crowd.expect_answers(100).await;
    let findings = crowd.compare(&server.api(), "backed up under load").await;
    findings.after(1, "backup").assert_clean("the seed is 1");

    let settings = Settings::default().flag("--data", folder.path()).keeps_data_in(folder.path());
    let restored = TestServer::start_with(settings).await;
    for (room, acknowledged) in ROOMS.map(channel).iter().zip(acknowledged) {
        let (log, copy) = (server.api().messages(room).await, restored.api().messages(room).await);
        assert!(
            copy.len() >= acknowledged && copy.len() <= log.len(),
            "{room}: {acknowledged} {}",
            copy.len()
        );
        assert!(copy == log[..copy.len()], "{room}: the copy is not a prefix of the log");
    }
}

#[tokio::test]
async fn a_backup_of_a_log_of_many_steps_ends_while_everybody_talks() {
    /// More database pages than a backup copies in one step.
    const LOG_BYTES: usize = 40 * 1024 * 1024;
    const PAYLOAD_BYTES: usize = 60_000;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let payload = json!({"type": "custom", "name": "filler", "data": "x".repeat(PAYLOAD_BYTES)});
    for _ in 0..LOG_BYTES / PAYLOAD_BYTES {
        server.api().publish_payload("room:full", &payload).await;
    }
    let crowd = Crowd::gather(server.address(), 3, 1, &ROOMS, 2).await;
    crowd.talk(u64::from(u32::MAX));
    crowd.expect_answers(300).await;
    let folder = TempDir::with_prefix("tidings-backup-").unwrap();
    let file = folder.path().join("copy.db");
    // The partial file of a killed backup.
    std::fs::write(folder.path().join("copy.db.partial"), b"half of a log").unwrap();
    let arguments = ["backup".as_ref(), file.as_os_str(), "--data".as_ref(), server.data().as_os_str()]
        .map(ToOwned::to_owned);
    let made = run_to_end(&Settings::default(), server.home(), &arguments).await;
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{said}");
    assert!(said.contains("MiB copied (") && said.contains("copy.db is complete"), "{said}");
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["copy.db"], "no other file is left");
    crowd.expect_answers(100).await;
    let findings = crowd.compare(&server.api(), "a large log backed up under load").await;
    findings.after(1, "backup").assert_clean("the seed is 2");
}

/// Returns the number of acknowledged messages of each room. Its offsets are dense.
fn acknowledged(crowd: &Crowd) -> [usize; ROOMS.len()] {
    let newest = |room: &ChannelName| {
        let newest_of = |journal: &tests::client::Journal| {
            let in_room = journal.sent.iter().filter(|sent| sent.channel == *room);
            let places = in_room.filter_map(|sent| match journal.fates.get(&sent.id) {
                Some(Fate::Accepted(offset)) => Some(offset.0),
                Some(Fate::Failed) | None => None,
            });
            places.max().unwrap_or_default()
        };
        crowd.people().iter().map(|person| person.journal(newest_of)).max().unwrap_or_default()
    };
    ROOMS.map(|room| usize::try_from(newest(&channel(room))).unwrap())
}
