//! A retry is harmless on any path, and after any end of the server.

use serde_json::{Value, json};
use tests::{LOBBY, Raw, Settings, TestServer};

const MESSAGE_ID: &str = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0d";

fn payload() -> Value {
    json!({"type": "chat", "text": "once"})
}

/// Publishes the message on a WebSocket. Returns the offset and whether it is a duplicate.
async fn by_websocket(raw: &mut Raw, request: u64, channel: &str) -> (Value, Value) {
    let publish = json!({
        "type": "publish", "id": request, "channel": channel, "message_id": MESSAGE_ID, "payload": payload(),
    });
    raw.send(&publish).await;
    let answer = raw.reply("accepted", request).await;
    (answer["offset"].clone(), answer["duplicate"].clone())
}

/// The same by HTTP.
async fn by_http(server: &TestServer, channel: &str) -> (Value, Value) {
    let body = json!({"channel": channel, "message_id": MESSAGE_ID, "payload": payload()});
    let answer = server.api().post("/api/publish", &body).await.ok();
    (answer["offset"].clone(), answer["duplicate"].clone())
}

/// Asserts that a retry on each path returns the first answer.
async fn expect_recognised(server: &TestServer, offset: &Value) {
    let again = (offset.clone(), json!(true));
    let mut ada = server.greeted("Ada").await;
    assert_eq!(by_websocket(&mut ada, 1, LOBBY).await, again);
    assert_eq!(by_websocket(&mut server.greeted("Eve").await, 1, LOBBY).await, again, "another user's");
    assert_eq!(by_http(server, LOBBY).await, again);
    assert_eq!(by_websocket(&mut ada, 2, LOBBY).await, again, "on the same connection");
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_by_any_way_and_after_any_end_of_the_server() {
    let mut server = TestServer::start().await;
    server.api().publish(LOBBY, "before").await;
    let mut ada = server.greeted("Ada").await;
    let (offset, duplicate) = by_websocket(&mut ada, 1, LOBBY).await;
    assert_eq!(duplicate, false);
    server.api().publish(LOBBY, "after").await;
    expect_recognised(&server, &offset).await;
    server.restart().await;
    expect_recognised(&server, &offset).await;
    server.kill();
    server.start_again().await;
    expect_recognised(&server, &offset).await;
    assert_eq!(server.api().texts(LOBBY).await, ["before", "once", "after"]);
}

#[tokio::test]
async fn a_retry_by_websocket_finds_what_came_by_http() {
    let mut server = TestServer::start().await;
    let (offset, duplicate) = by_http(&server, LOBBY).await;
    assert_eq!(duplicate, false);
    server.kill();
    server.start_again().await;
    expect_recognised(&server, &offset).await;
    assert_eq!(server.api().texts(LOBBY).await, ["once"]);
}

#[tokio::test]
async fn many_tries_at_once_are_one_message() {
    const EACH_WAY: u64 = 20;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let mut talkers = Vec::new();
    for number in 0..EACH_WAY {
        talkers.push(server.greeted(&format!("Talker {number}")).await);
    }
    let by_websocket = talkers.iter_mut().map(|raw| by_websocket(raw, 1, LOBBY));
    let by_http = (0..EACH_WAY).map(|_| by_http(&server, LOBBY));
    let (by_websocket, by_http) = futures_util::future::join(
        futures_util::future::join_all(by_websocket),
        futures_util::future::join_all(by_http),
    )
    .await;
    let answers: Vec<_> = by_websocket.into_iter().chain(by_http).collect();
    assert!(answers.iter().all(|(offset, _)| *offset == answers[0].0), "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, duplicate)| *duplicate == false).count(), 1, "{answers:?}");
    assert_eq!(server.api().texts(LOBBY).await, ["once"]);
}

#[tokio::test]
async fn the_same_id_in_another_channel_is_another_message() {
    let server = TestServer::start().await;
    assert_eq!(by_http(&server, LOBBY).await.1, false);
    assert_eq!(by_http(&server, "room:kitchen").await.1, false);
    assert_eq!(by_http(&server, "room:kitchen").await.1, true);
}
