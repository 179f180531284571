//! Retention: the number of kept messages, their maximum age, and the gap after a trim.

use shared::ids::Offset;
use shared::protocol::{Gap, GapReason};
use tests::deadline::{DEADLINE, eventually};
use tests::server::run_to_end;
use tests::{LOBBY, Settings, TestServer};

fn keeps_three() -> Settings {
    let settings = Settings::default().flag("--retention-ms", "20").talkative();
    settings.config("[namespaces.room]\npresence = true\nkeep_messages = 3\n")
}

#[tokio::test]
async fn a_reader_of_trimmed_messages_is_told_what_is_left() {
    let mut server = TestServer::start_with(keeps_three()).await;
    let (ada, bob) = (server.join("Ada").await, server.client("Bob").connect().await);
    let before = bob.subscribe(LOBBY).await;
    bob.lose_network().await;
    for number in 1..=10 {
        ada.publish(LOBBY, &number.to_string()).await;
    }
    let api = server.api();
    eventually(DEADLINE, "only three messages are kept", async || {
        let kept = api.texts(LOBBY).await;
        if kept == ["8", "9", "10"] { Ok(()) } else { Err(format!("{kept:?}")) }
    })
    .await;
    // Trimmed messages may still be in memory, and are then delivered from there.
    server.restart().await;
    bob.regain_network();
    let after = bob.expect_subscribed(LOBBY).await;
    assert_eq!(after.position.epoch, before.position.epoch);
    assert_eq!(after.gap, Some(Gap { oldest: Offset(8), reason: GapReason::Trimmed }));
    bob.expect_chats(&["8", "9", "10"]).await;
}

#[tokio::test]
async fn a_channel_whose_messages_are_all_too_old_goes_on_above_them_after_a_kill() {
    let settings = Settings::default().flag("--retention-ms", "20").talkative();
    let mut server =
        TestServer::start_with(settings.config("[namespaces.room]\npresence = true\nkeep_ms = 300\n")).await;
    let bob = server.client("Bob").connect().await;
    bob.subscribe(LOBBY).await;
    let texts = ["1", "2", "3"];
    for text in texts {
        server.api().publish(LOBBY, text).await;
    }
    bob.expect_chats(&texts).await;
    bob.lose_network().await;
    let api = server.api();
    eventually(DEADLINE, "no message is kept", async || {
        let kept = api.texts(LOBBY).await;
        if kept.is_empty() { Ok(()) } else { Err(format!("{kept:?}")) }
    })
    .await;
    server.kill();
    server.start_again().await;
    bob.regain_network();
    assert_eq!(bob.expect_subscribed(LOBBY).await.gap, None, "the client has received all messages");
    assert_eq!(server.api().publish(LOBBY, "4").await["offset"], 4);
    bob.expect_chat("4").await;
}

#[tokio::test]
async fn a_backup_is_made_while_people_talk_and_leads_readers_to_a_gap() {
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.client("Bob").connect().await);
    let before = bob.subscribe(LOBBY).await;
    ada.publish(LOBBY, "kept").await;
    let file = server.home().join("backup.db");
    let (from, to) = (server.data().display().to_string(), file.display().to_string());
    let arguments = ["backup", &to, "--data", &from];
    let made = run_to_end(&Settings::default(), server.home(), &arguments).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    ada.publish(LOBBY, "after the backup").await;
    bob.expect_chats(&["kept", "after the backup"]).await;

    let again = run_to_end(&Settings::default(), server.home(), &arguments).await;
    assert!(!again.status.success(), "a backup is not overwritten");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("backup.db") && said.contains("a complete backup"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    server.stop().await;
    for name in ["tidings.db-wal", "tidings.db-shm"] {
        let _ = std::fs::remove_file(server.data().join(name));
    }
    std::fs::copy(&file, server.data().join("tidings.db")).unwrap();
    server.start_again().await;
    let after = bob.expect_subscribed(LOBBY).await;
    assert_ne!(after.position.epoch, before.position.epoch);
    assert_eq!(after.gap.map(|gap| gap.reason), Some(GapReason::Epoch));
    assert_eq!(server.api().texts(LOBBY).await, ["kept"]);
}

#[tokio::test]
async fn a_server_that_was_killed_says_that_it_checked_its_log() {
    let mut server = TestServer::start().await;
    server.api().publish(LOBBY, "hi").await;
    server.kill();
    server.start_again().await;
    server.log().expect(&["was not closed", "messages=1"]).await;
}

#[tokio::test]
async fn the_heartbeat_tells_how_far_each_channel_was_sent() {
    let server = TestServer::start_with(Settings::default().flag("--heartbeat-ms", "200")).await;
    let mut raw = server.greeted("Ada").await;
    raw.subscribe(1, LOBBY).await;
    let offset = server.api().publish(LOBBY, "hi").await["offset"].clone();
    raw.expect("message").await;
    let heartbeat = raw.next_heartbeat().await;
    let heads = heartbeat["heads"].as_array().unwrap();
    let sent: Vec<_> = heads.iter().map(|head| (&head["channel"], &head["offset"])).collect();
    assert_eq!(sent, [(&serde_json::json!(LOBBY), &offset)]);
}
