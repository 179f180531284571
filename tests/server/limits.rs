//! The behaviour at each limit.

use serde_json::json;
use shared::limits::{PAYLOAD_BYTES_MAX, TEXT_BYTES_MAX};
use shared::protocol::{ErrorCode, Payload};
use tests::deadline::{DEADLINE, eventually};
use tests::raw::Handshake;
use tests::{LOBBY, Raw, Settings, TestServer};

fn publish(number: u64, text: &str) -> serde_json::Value {
    let message_id = format!("0190b0a0-c0d0-7e0f-8a0b-{number:012x}");
    json!({
        "type": "publish", "id": number, "channel": LOBBY, "message_id": message_id,
        "payload": {"type": "chat", "text": text},
    })
}

#[tokio::test]
async fn a_burst_of_twice_the_rate_is_taken_and_the_rest_refused_for_now() {
    let server = TestServer::start_with(Settings::default().flag("--message-rate", "2")).await;
    let mut raw = server.greeted("Ada").await;
    for number in 1..=40 {
        raw.send(&publish(number, "again")).await;
    }
    let mut accepted = 0;
    let mut refused = 0;
    while accepted + refused < 40 {
        let reply = raw.next().await;
        match reply["type"].as_str() {
            Some("accepted") => accepted += 1,
            Some("error") => {
                assert_eq!(reply["code"], "rate_limited", "{reply}");
                let wait_ms = reply["retry_after_ms"].as_u64().expect("the retry time");
                assert!((1..=60_000).contains(&wait_ms), "{reply}");
                refused += 1;
            }
            _ => {}
        }
    }
    // `hello` counts. On a slow machine the bucket may refill a little in between.
    assert!((3..40).contains(&accepted), "{accepted} accepted, {refused} refused");
    eventually(DEADLINE, "after a wait the next message is accepted", async || {
        raw.send(&publish(41, "once more")).await;
        let reply = raw.next().await;
        if reply["type"] == "accepted" { Ok(()) } else { Err(reply.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_heeds_the_rate_loses_nothing() {
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_MESSAGE_RATE", "10")).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let texts: Vec<String> = (1..=30).map(|number| number.to_string()).collect();
    let mut ids = Vec::new();
    for text in &texts {
        ids.push(ada.send(LOBBY, text).await);
    }
    for id in ids {
        ada.expect_accepted(id).await;
    }
    for text in &texts {
        assert_eq!(tests::client::chat_text(&bob.next_message().await), text, "in the order of sending");
    }
}

#[tokio::test]
async fn no_message_of_the_same_turn_overtakes_one_that_was_refused_for_now() {
    let server = TestServer::start_with(Settings::default().flag("--message-rate", "20")).await;
    let mut raw = server.greeted("Ada").await;
    let in_turn = |number: u64, turn: u64| {
        let mut message = publish(number, "one after the other");
        message["turn"] = json!(turn);
        message
    };
    let mut sent = 0;
    let refused = loop {
        sent += 1;
        raw.send(&in_turn(sent, 0)).await;
        let reply = raw.next().await;
        if reply["type"] == "error" {
            break reply;
        }
    };
    assert_eq!((&refused["code"], &refused["turn"]), (&json!("rate_limited"), &json!(1)), "{refused}");
    // The rate would admit the next message by now; but it was sent before its sender knew of the refusal.
    let wait_ms = refused["retry_after_ms"].as_u64().expect("the retry time");
    tokio::time::sleep(std::time::Duration::from_millis(wait_ms * 4)).await;
    raw.send(&in_turn(sent + 1, 0)).await;
    let late = raw.next().await;
    assert_eq!((&late["id"], &late["code"]), (&json!(sent + 1), &json!("out_of_turn")), "{late}");
    let mut turn = late["turn"].as_u64().expect("a new turn");
    for number in [sent, sent + 1] {
        eventually(DEADLINE, "the messages are accepted in order", async || {
            raw.send(&in_turn(number, turn)).await;
            let reply = raw.next().await;
            turn = reply["turn"].as_u64().unwrap_or(turn);
            if reply["type"] == "accepted" { Ok(()) } else { Err(reply.to_string()) }
        })
        .await;
    }
}

#[tokio::test]
async fn without_a_rate_all_is_taken() {
    let server = TestServer::start_with(Settings::default().flag("--message-rate", "0")).await;
    let mut raw = server.greeted("Ada").await;
    for number in 1..=500 {
        raw.send(&publish(number, "again")).await;
    }
    raw.reply("accepted", 500).await;
}

#[tokio::test]
async fn the_longest_text_is_taken_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let longest = "x".repeat(TEXT_BYTES_MAX);
    ada.publish(LOBBY, &longest).await;
    bob.expect_chat(&longest).await;
    let too_long = ada.send(LOBBY, &format!("{longest}x")).await;
    assert_eq!(ada.expect_failed(too_long).await.code, ErrorCode::TextTooLong);
    ada.publish(LOBBY, "short again").await;
    bob.expect_chat("short again").await;
}

#[tokio::test]
async fn a_payload_too_large_is_refused_and_the_connection_lives() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let custom = |bytes: usize| Payload::Custom { name: "blob".to_owned(), data: "x".repeat(bytes).into() };
    let refused = ada.send_payload(LOBBY, custom(PAYLOAD_BYTES_MAX)).await;
    assert_eq!(ada.expect_failed(refused).await.code, ErrorCode::PayloadTooLarge);
    let large = custom(PAYLOAD_BYTES_MAX - 1000);
    ada.publish_payload(LOBBY, large.clone()).await;
    assert_eq!(bob.next_message().await.payload, large);
}

#[tokio::test]
async fn a_body_too_large_is_refused() {
    let server = TestServer::start().await;
    let body = json!({"channel": LOBBY, "payload": {"type": "custom", "name": "blob", "data": "x".repeat(2_000_000)}});
    server.api().post("/api/publish", &body).await.refused(413, "payload_too_large");
    assert!(server.api().texts(LOBBY).await.is_empty());
}

#[tokio::test]
async fn one_subscription_too_many_is_refused() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let mut raw = server.raw().await;
    let most = raw.greet("Ada").await["limits"]["subscriptions_max"].as_u64().unwrap();
    for number in 1..=most {
        raw.subscribe(number, &format!("room:{number}")).await;
    }
    raw.send(&json!({"type": "subscribe", "id": 9999, "channel": "room:one-more"})).await;
    let error = raw.expect_error("too_many_subscriptions").await;
    assert_eq!(error["id"], 9999);
    raw.send(&json!({"type": "unsubscribe", "channel": "room:1"})).await;
    raw.subscribe(10_000, "room:one-more").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_delays_nobody_and_misses_nothing() {
    const MANY: usize = 1500;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let mut sleeper = server.greeted("Sleeper").await;
    sleeper.subscribe(1, LOBBY).await;
    // Together far more than the socket buffers on both sides.
    let filler = "x".repeat(12 * 1024);
    for number in 0..MANY {
        ada.send(LOBBY, &format!("{number} {filler}")).await;
        // At the pace of a reader that reads, so that only the sleeper falls behind.
        if number % 100 == 99 {
            for earlier in number - 99..=number {
                let message = bob.next_message().await;
                assert!(tests::client::chat_text(&message).starts_with(&format!("{earlier} ")));
            }
        }
    }
    for number in 0..MANY {
        let message = sleeper.expect("message").await;
        let text = message["payload"]["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("{number} ")), "expected {number}, not {}", &text[..10]);
    }
    sleeper.expect_alive().await;
}

#[tokio::test]
async fn a_client_that_asks_and_does_not_read_is_disconnected() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    let filler = "x".repeat(12 * 1024);
    for number in 0..100 {
        ada.publish(LOBBY, &format!("{number} {filler}")).await;
    }
    let mut greedy = server.greeted("Greedy").await;
    let ask = json!({"type": "history", "id": 1, "channel": LOBBY, "limit": 100}).to_string();
    let frame = tests::raw::Frame::new(tests::raw::Opcode::Text, ask.as_bytes()).encode();
    // A hundred pages of a megabyte: whether the server stops reading or disconnects the client, it must not hold them.
    let asking = async {
        for _ in 0..100 {
            greedy.send_bytes_anyhow(&frame).await;
        }
    };
    // A server that does not read blocks the sender, which is not a failure here.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), asking).await;
    ada.publish(LOBBY, "the others go on").await;
    let resident_kib = server.process().resident_kib();
    assert!(resident_kib < 100 * 1024, "the server holds {resident_kib} KiB");
}

#[tokio::test]
async fn one_connection_too_many_is_refused_for_now() {
    let server = TestServer::start_with(Settings::default().flag("--connections-max", "2")).await;
    let ada = server.greeted("Ada").await;
    let mut bob = server.greeted("Bob").await;
    for path in ["/ws", "/"] {
        let refused = Handshake::new(server.address(), path).open().await.expect_err("one above the limit");
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(refused.text.contains("overloaded"), "{refused:?}");
    }
    // Connected clients are not affected, and a freed connection can be used again.
    bob.expect_alive().await;
    drop(ada);
    server.api().expect_connections(1).await;
    server.greeted("Eve").await.expect_alive().await;
}

#[tokio::test]
async fn the_largest_frame_is_a_setting() {
    let server =
        TestServer::start_with(Settings::default().variable("TIDINGS_FRAME_BYTES_MAX", "1000")).await;
    let mut raw = server.raw().await;
    assert_eq!(raw.greet("Ada").await["limits"]["frame_bytes_max"], 1000);
    raw.send_text(&"x".repeat(1000)).await;
    raw.expect_error("not_json").await;
    raw.send_text(&"x".repeat(1001)).await;
    raw.expect_close(1009).await;
}

/// Sends these messages with the newest known turn.
async fn send_in_turn(raw: &mut Raw, numbers: &[u64], turn: u64) {
    for number in numbers {
        let mut message = publish(*number, "in order");
        message["turn"] = turn.into();
        raw.send(&message).await;
    }
}

/// As docs/PROTOCOL.md says under "Order": everything that was refused is sent again, in order, after the longest retry
/// time.
#[tokio::test]
async fn a_client_that_sends_three_hundred_at_once_and_waits_as_asked_keeps_its_order() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    let (mut left, mut turn, mut rounds): (Vec<u64>, u64, _) = ((1..=300).collect(), 0, 0);
    while !left.is_empty() {
        rounds += 1;
        assert!(rounds < 100, "{} messages are left", left.len());
        send_in_turn(&mut raw, &left, turn).await;
        let (mut refused, mut wait_ms) = (Vec::new(), 0);
        for _ in 0..left.len() {
            let reply = raw.next().await;
            if reply["type"] == "error" {
                refused.push(reply["id"].as_u64().expect("the request's number"));
                wait_ms = wait_ms.max(reply["retry_after_ms"].as_u64().expect("the retry time"));
                turn = turn.max(reply["turn"].as_u64().expect("a turn"));
            } else {
                assert_eq!(reply["type"], "accepted", "{reply}");
            }
        }
        refused.sort_unstable();
        left = refused;
        tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
    }
    let channel = tests::client::channel(LOBBY);
    let ids: Vec<_> =
        server.api().messages(&channel).await.iter().map(|message| message.id.to_string()).collect();
    assert!(ids.is_sorted() && ids.len() == 300, "{} in the log", ids.len());
}
