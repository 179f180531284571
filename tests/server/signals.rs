//! Signals: typing, and the offsets that each client has received and read.

use serde_json::json;
use shared::protocol::SignalState;
use tests::raw::{Frame, Opcode};
use tests::{LOBBY, Settings, TestServer};

#[tokio::test]
async fn others_see_that_a_person_types_and_reads() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.type_in(LOBBY);
    let signal = bob.expect_signal("Ada", SignalState::Typing).await;
    assert_eq!(signal.from.user, ada.user());
    assert_eq!(signal.channel.as_str(), LOBBY);

    let published = ada.publish(LOBBY, "read me").await;
    bob.expect_chat("read me").await;
    bob.seen(LOBBY, published.offset, published.offset);
    let read = SignalState::Seen { delivered: Some(published.offset), read: Some(published.offset) };
    ada.expect_signal("Bob", read).await;
}

#[tokio::test]
async fn a_signal_needs_a_subscription() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Eve").await;
    raw.send(&json!({"type": "signal", "channel": LOBBY, "kind": "typing"})).await;
    raw.expect_error("not_subscribed").await;
    raw.send(&json!({"type": "seen", "channel": LOBBY, "read": 1})).await;
    raw.expect_error("not_subscribed").await;
    raw.expect_alive().await;
}

#[tokio::test]
async fn a_received_signal_is_sent_also_if_a_read_signal_follows_at_once() {
    const ROUNDS: u64 = 50;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let (mut ada, mut bob) = (server.greeted("Ada").await, server.greeted("Bob").await);
    for number in 1..=ROUNDS {
        server.api().publish(LOBBY, &number.to_string()).await;
    }
    for guest in [&mut ada, &mut bob] {
        guest.subscribe(1, LOBBY).await;
    }
    for offset in 1..=ROUNDS {
        let frame =
            |message: serde_json::Value| Frame::new(Opcode::Text, message.to_string().as_bytes()).encode();
        let delivered = frame(json!({"type": "seen", "channel": LOBBY, "delivered": offset}));
        let read = frame(json!({"type": "seen", "channel": LOBBY, "read": offset}));
        ada.send_bytes(&[delivered, read].concat()).await;
        for told in ["delivered", "read"] {
            let signal = bob.expect("signal").await;
            assert_eq!(signal[told], offset, "{signal}");
        }
    }
    ada.send(&json!({"type": "seen", "channel": LOBBY})).await;
    ada.expect_error("missing_field").await;
}

#[tokio::test]
async fn a_read_signal_stops_at_the_head() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (server.greeted("Ada").await, server.greeted("Bob").await);
    server.api().publish(LOBBY, "the only one").await;
    for guest in [&mut ada, &mut bob] {
        guest.subscribe(1, LOBBY).await;
    }
    ada.send(&json!({"type": "seen", "channel": LOBBY, "read": u64::MAX})).await;
    let told = bob.expect("signal").await;
    assert_eq!(told["read"], 1, "{told}");
}

#[tokio::test]
async fn a_client_that_may_not_publish_in_a_channel_may_not_signal_in_it() {
    let settings = Settings::default().config("[namespaces.news]\npublish = \"key\"\n");
    let server = TestServer::start_with(settings).await;
    let (mut ada, mut bob) = (server.greeted("Ada").await, server.greeted("Bob").await);
    for guest in [&mut ada, &mut bob] {
        guest.subscribe(1, "news:all").await;
    }
    ada.send(&json!({"type": "signal", "channel": "news:all", "kind": "typing"})).await;
    ada.expect_error("forbidden").await;
    ada.send(&json!({"type": "seen", "channel": "news:all", "read": u64::MAX})).await;
    ada.expect_error("forbidden").await;
    server.api().publish("news:all", "hello").await;
    assert_eq!(bob.next().await["payload"]["text"], "hello", "it is the first message");
}
