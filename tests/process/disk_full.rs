//! The disk fills up while many clients publish.

use serde_json::json;
use tests::deadline::{DEADLINE, eventually};
use tests::{Crowd, Settings, TestServer};

const ROOM: &str = "room:one";

async fn fill_up(server: &TestServer, crowd: &Crowd) {
    crowd.talk(u64::from(u32::MAX));
    crowd.expect_answers(200).await;
    let written = std::fs::metadata(server.data().join("tidings.db-wal")).expect("the write-ahead log").len();
    server.process().limit_files(Some(written + 64 * 1024));
    eventually(DEADLINE, "the server reports that it cannot write", async || {
        match server.public().get("/readyz").await.status {
            507 => Ok(()),
            status => Err(format!("{status}")),
        }
    })
    .await;
    // The write-ahead log may start again at its beginning and find room there: now there is none anywhere.
    server.process().limit_files(Some(4096));
}

/// Asserts that both ways of publishing get a retryable refusal, in the form of all refusals.
async fn expect_refusals(server: &TestServer) {
    let body = json!({"channel": ROOM, "payload": {"type": "chat", "text": "x".repeat(10_000)}});
    let refusal = server.api().post("/api/publish", &body).await.refused(507, "storage_failed");
    assert!(refusal["retry_after_ms"].is_u64(), "{refusal}");
    let mut raw = server.greeted("Eve").await;
    raw.send(&json!({
        "type": "publish", "id": 7, "channel": ROOM, "message_id": "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0e",
        "payload": {"type": "chat", "text": "x".repeat(10_000)},
    }))
    .await;
    let error = raw.expect_error("storage_failed").await;
    assert_eq!(error["id"], 7);
    assert!(error["retry_after_ms"].is_u64(), "{error}");
}

#[tokio::test]
async fn refused_messages_are_sent_again_when_the_disk_has_room() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let crowd = Crowd::gather(server.address(), 4, 2, &[ROOM], 1).await;
    for _ in 0..2 {
        fill_up(&server, &crowd).await;
        expect_refusals(&server).await;
        crowd.hush();
        assert!(crowd.unanswered() > 0, "the talkers keep what was refused");
        server.process().limit_files(None);
        crowd.expect_answers(crowd.unanswered()).await;
    }
    let findings = crowd.compare(&server.api(), "disk full").await;
    findings.after(2, "full disks").assert_clean("the seed is 1");
}

#[tokio::test]
async fn killed_on_a_full_disk_it_has_all_that_was_acknowledged() {
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let crowd = Crowd::gather(server.address(), 4, 2, &[ROOM], 2).await;
    fill_up(&server, &crowd).await;
    expect_refusals(&server).await;
    server.kill();
    // The new process has no limit: there is room again.
    server.start_again().await;
    crowd.expect_answers(200).await;
    let findings = crowd.compare(&server.api(), "killed on a full disk").await;
    findings.after(1, "full disk").assert_clean("the seed is 2");
}
