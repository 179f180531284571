//! The life of one connection: it opens, sends messages, closes.

use serde_json::json;
use shared::protocol::VERSION;
use tests::raw::{Frame, Opcode};
use tests::{LOBBY, Settings, TestServer};

#[tokio::test]
async fn a_client_is_welcomed_with_all_it_has_to_know() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    let welcome = raw.greet("Ada").await;
    assert!(welcome["connection"].as_u64().is_some(), "{welcome}");
    assert!(welcome["user"].as_str().is_some_and(|user| user.starts_with("guest-")), "{welcome}");
    assert!(welcome["token"].as_str().is_some_and(|token| !token.is_empty()), "{welcome}");
    assert_eq!(welcome["name"], "Ada");
    assert_eq!(welcome["version"], VERSION);
    assert!(welcome["heartbeat_ms"].as_u64().is_some_and(|ms| ms >= 1000), "{welcome}");
    assert!(welcome["limits"]["frame_bytes_max"].as_u64().is_some_and(|bytes| bytes > 0), "{welcome}");
    assert!(welcome["limits"]["subscriptions_max"].as_u64().is_some_and(|count| count > 0), "{welcome}");
    assert!(welcome["limits"]["messages_per_second"].is_u64(), "{welcome}");
}

#[tokio::test]
async fn a_message_is_accepted_and_comes_back_to_its_sender() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.subscribe(1, LOBBY).await;
    let message_id = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b";
    let payload = json!({"type": "chat", "text": "Hello, Server!"});
    let publish = json!({"type": "publish", "id": 2, "channel": LOBBY, "message_id": message_id, "payload": payload.clone()});
    raw.send(&publish).await;

    // Both messages arrive, in any order.
    let (first, second) = (raw.next_but("presence").await, raw.next_but("presence").await);
    let (accepted, message) = if first["type"] == "accepted" { (first, second) } else { (second, first) };
    assert_eq!(accepted["type"], "accepted", "{accepted}");
    assert_eq!(accepted["id"], 2);
    assert_eq!(accepted["duplicate"], false);
    assert_eq!(message["type"], "message", "{message}");
    assert_eq!(message["channel"], LOBBY);
    assert_eq!(message["offset"], accepted["offset"]);
    assert_eq!(message["id"], message_id);
    assert_eq!(message["payload"], payload);
    assert_eq!(message["from"]["name"], "Ada");
    assert!(message["at"].as_u64().is_some_and(|at| at > 1_600_000_000_000), "{message}");
}

#[tokio::test]
async fn hello_has_to_come_first() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "subscribe", "id": 7, "channel": LOBBY})).await;
    let error = raw.expect_error("hello_required").await;
    assert_eq!(error["id"], 7);
    raw.greet("Ada").await;
    raw.subscribe(8, LOBBY).await;
}

#[tokio::test]
async fn hello_is_said_once() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.send(&json!({"type": "hello", "version": VERSION, "name": "Eve"})).await;
    raw.expect_error("already_greeted").await;
    raw.expect_alive().await;
}

#[tokio::test]
async fn another_version_of_the_protocol_is_refused() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "hello", "version": VERSION + 1})).await;
    raw.expect_error("unsupported_version").await;
    raw.greet("Ada").await;
}

#[tokio::test]
async fn a_false_token_is_refused() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    for token in ["", "nonsense", "a.b.c"] {
        raw.send(&json!({"type": "hello", "version": VERSION, "token": token})).await;
        raw.expect_error("invalid_token").await;
    }
    raw.greet("Ada").await;
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let mut token = ada.token();
    // Not the last character, some of whose bits may be unused.
    let middle = token.len() / 2;
    let other = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    token.replace_range(middle..=middle, other);
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "hello", "version": VERSION, "token": token})).await;
    raw.expect_error("invalid_token").await;
}

#[tokio::test]
async fn a_name_that_shows_nothing_is_refused() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    for name in ["", "   ", "a\u{202e}b", &"x".repeat(41)] {
        raw.send(&json!({"type": "hello", "version": VERSION, "name": name})).await;
        raw.expect_error("invalid_name").await;
    }
    raw.greet("林黛玉").await;
}

#[tokio::test]
async fn a_guest_without_a_name_is_given_one() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "hello", "version": VERSION})).await;
    let welcome = raw.expect("welcome").await;
    assert!(welcome["name"].as_str().is_some_and(|name| !name.is_empty()), "{welcome}");
}

#[tokio::test]
async fn a_guest_comes_back_as_the_same_user() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let again = server.client("Ada L.").returning(&ada.token()).connect().await;
    assert_eq!(again.user(), ada.user());
    assert_eq!(again.name().as_str(), "Ada L.");
    assert_ne!(again.connection(), ada.connection());
    let stranger = server.join("Ada").await;
    assert_ne!(stranger.user(), ada.user());
}

#[tokio::test]
async fn a_number_is_never_given_twice() {
    let mut server = TestServer::start().await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        for _ in 0..4 {
            let ada = server.client("Ada").connect().await;
            numbers.push(ada.connection());
        }
        server.restart().await;
    }
    for _ in 0..2 {
        numbers.push(server.client("Ada").connect().await.connection());
        server.kill();
        server.start_again().await;
    }
    numbers.push(server.client("Ada").connect().await.connection());
    let mut distinct = numbers.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), numbers.len(), "{numbers:?}");
}

#[tokio::test]
async fn a_close_is_answered_with_a_close() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.close().await;
    server.api().expect_connections(0).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_noticed() {
    let server = TestServer::start().await;
    let raw = server.greeted("Ada").await;
    server.api().expect_connections(1).await;
    drop(raw);
    server.api().expect_connections(0).await;
}

#[tokio::test]
async fn a_ping_is_answered_with_its_own_payload() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    raw.send_frame(Frame::new(Opcode::Ping, b"are you there?")).await;
    let pong = raw.next_frame().await;
    assert_eq!(pong.opcode(), Some(Opcode::Pong));
    assert_eq!(pong.payload, b"are you there?");
}

#[tokio::test]
async fn a_silent_server_sends_heartbeats() {
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_HEARTBEAT_MS", "200")).await;
    let mut raw = server.raw().await;
    let welcome = raw.greet("Ada").await;
    assert_eq!(welcome["heartbeat_ms"], 200);
    let mut heartbeats = 0;
    while heartbeats < 2 {
        let frame = raw.next_frame().await;
        // The pings are for clients without heartbeats.
        if frame.opcode() != Some(Opcode::Ping) {
            assert!(frame.describe().contains(r#""type":"heartbeat""#), "{}", frame.describe());
            heartbeats += 1;
        }
    }
}

#[tokio::test]
async fn a_silent_client_is_disconnected() {
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_HEARTBEAT_MS", "200")).await;
    let mut raw = server.greeted("Ada").await;
    raw.play_dead();
    raw.expect_close(4001).await;
    raw.expect_end().await;
    server.api().expect_connections(0).await;
}

#[tokio::test]
async fn a_client_without_hello_is_disconnected() {
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_HELLO_MS", "200")).await;
    let mut raw = server.raw().await;
    raw.expect_close(4002).await;
    raw.expect_end().await;
}
