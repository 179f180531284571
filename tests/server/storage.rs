//! The data directory and failures of the disk.

use serde_json::json;
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Settings, TestServer};

#[tokio::test]
async fn the_log_is_in_the_configured_folder() {
    let server = TestServer::start().await;
    server.api().publish(tests::LOBBY, "hi").await;
    assert!(server.data().join("tidings.db").is_file());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_what_is_new_and_loses_nothing_acknowledged() {
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let api = server.api();
    let bob = server.join("Bob").await;
    let filler = "x".repeat(10_000);
    server.process().limit_files(Some(512 * 1024));
    let mut acknowledged = Vec::new();
    loop {
        assert!(acknowledged.len() < 1000, "the limit is not reached");
        let text = format!("{} {filler}", acknowledged.len());
        let answer = api
            .post("/api/publish", &json!({"channel": LOBBY, "payload": {"type": "chat", "text": text}}))
            .await;
        if answer.status == 200 {
            acknowledged.push(text);
        } else {
            answer.refused(507, "storage_failed");
            break;
        }
    }
    assert!(acknowledged.len() > 5, "only {} were accepted", acknowledged.len());
    bob.expect_chats(&acknowledged).await;

    // A WebSocket client gets the same refusal, and reads still work.
    let mut raw = server.greeted("Ada").await;
    raw.subscribe(1, LOBBY).await;
    raw.send(&json!({
        "type": "publish", "id": 2, "channel": LOBBY, "message_id": "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b",
        "payload": {"type": "chat", "text": filler},
    }))
    .await;
    let error = raw.expect_error("storage_failed").await;
    assert_eq!(error["id"], 2);
    assert_eq!(server.public().get("/healthz").await.status, 200);
    assert!(server.public().get("/readyz").await.status >= 500);
    assert_eq!(api.texts(LOBBY).await, acknowledged);

    // There is space again: the server continues without a restart.
    server.process().limit_files(None);
    api.publish(LOBBY, "room again").await;
    bob.expect_chat("room again").await;
    acknowledged.push("room again".to_owned());
    assert_eq!(server.public().get("/readyz").await.status, 200);

    server.kill();
    server.start_again().await;
    assert_eq!(server.api().texts(LOBBY).await, acknowledged);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_crash_with_a_full_disk_loses_nothing_acknowledged() {
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let api = server.api();
    server.process().limit_files(Some(256 * 1024));
    let filler = "x".repeat(10_000);
    let mut acknowledged = Vec::new();
    for number in 0..1000 {
        let text = format!("{number} {filler}");
        let answer = api
            .post("/api/publish", &json!({"channel": LOBBY, "payload": {"type": "chat", "text": text}}))
            .await;
        if answer.status != 200 {
            break;
        }
        acknowledged.push(text);
    }
    server.kill();
    server.start_again().await;
    assert_eq!(server.api().texts(LOBBY).await, acknowledged);
}

#[tokio::test]
async fn a_file_that_is_not_a_log_is_not_overwritten() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let log = server.data().join("tidings.db");
    for leftover in ["tidings.db-wal", "tidings.db-shm"] {
        // They usually do not exist after an orderly stop.
        let _ = std::fs::remove_file(server.data().join(leftover));
    }
    let foreign = b"this is somebody's diary, and no database at all".repeat(200);
    std::fs::write(&log, &foreign).unwrap();
    let data = server.data();
    let arguments = ["--listen".as_ref(), "127.0.0.1:0".as_ref(), "--data".as_ref(), data.as_os_str()];
    let output =
        tests::server::run_to_end(&tests::Settings::default(), data.parent().unwrap(), &arguments).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("tidings.db"), "the file is named: {said}");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(std::fs::read(&log).unwrap(), foreign);
}

/// Publishes messages of 60 KB, `mib` MiB in total.
async fn fill(server: &TestServer, channel: &str, mib: usize) {
    const BYTES: usize = 60_000;
    let payload = json!({"type": "custom", "name": "filler", "data": "x".repeat(BYTES)});
    let api = server.api();
    for _ in 0..mib * 1024 * 1024 / BYTES {
        api.publish_payload(channel, &payload).await;
    }
}

#[tokio::test]
async fn a_large_log_is_used_at_once_after_a_kill_and_checked_meanwhile() {
    let mut server = TestServer::start_with(Settings::default().flag("--durability", "normal")).await;
    fill(&server, "room:large", 18).await;
    server.kill();
    server.start_again().await;
    server.log().expect(&["has been checked and is sound", "messages=3"]).await;
    let lines = eventually(DEADLINE, "both starts have named their address", async || {
        let lines = server.log().lines();
        let starts = lines.iter().filter(|line| line.contains(" listening address")).count();
        if starts == 2 { Ok(lines) } else { Err(lines.join("\n")) }
    })
    .await;
    let line = |part: &str| {
        lines.iter().rposition(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {lines:#?}"))
    };
    let [opening, begun, listening] =
        ["opening the log", "checked in the background", " listening address"].map(line);
    assert!(opening < begun && begun < listening, "the server listens without waiting for the check");
    assert!(lines[opening].contains("bytes="), "the size is logged first");
    assert_eq!(server.public().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn damage_that_is_found_in_the_background_is_reported_and_ends_publishing() {
    let mut server = TestServer::start_with(Settings::default().flag("--durability", "normal")).await;
    fill(&server, "room:large", 24).await;
    server.stop().await;
    server.start_again().await;
    server.kill();
    let path = server.data().join("tidings.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    // Damage inside of a large payload cannot be detected; damage of the tables' own pages can.
    bytes[middle..middle + 1024 * 1024].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    server.start_again().await;
    let api = server.api();
    eventually(DEADLINE, "the damage is found", async || match server.public().get("/readyz").await.status {
        503 => Ok(()),
        status => Err(format!("{status}")),
    })
    .await;
    server.log().expect(&["publishing is refused", "damaged"]).await;
    let body = json!({"channel": LOBBY, "payload": {"type": "chat", "text": "hi"}});
    let refusal = api.post("/api/publish", &body).await.refused(507, "storage_failed");
    assert!(refusal["message"].as_str().unwrap().contains("damaged"), "{refusal}");
    assert_eq!(server.public().get("/healthz").await.status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_data() {
    use std::os::unix::fs::PermissionsExt;
    let mut server = TestServer::start().await;
    server.api().publish(LOBBY, "hi").await;
    let open_to_others = |folder: &std::path::Path| {
        let mut found = Vec::new();
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.metadata().unwrap().permissions().mode() & 0o077 != 0 {
                found.push(path);
            }
        }
        if folder.metadata().unwrap().permissions().mode() & 0o077 != 0 {
            found.push(folder.to_owned());
        }
        found
    };
    let data = server.data();
    assert_eq!(open_to_others(&data), Vec::<std::path::PathBuf>::new());
    // The permissions of an earlier version.
    server.kill();
    for path in std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    server.start_again().await;
    server.api().publish(LOBBY, "hi").await;
    assert_eq!(open_to_others(&data), Vec::<std::path::PathBuf>::new());
}
