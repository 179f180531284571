//! Publishing and subscribing.

use serde_json::json;
use shared::ids::Offset;
use shared::protocol::{ErrorCode, Level, Payload};
use tests::client::chat_text;
use tests::{LOBBY, Settings, TestServer};

#[tokio::test]
async fn a_message_reaches_every_subscriber() {
    let server = TestServer::start().await;
    let (ada, bob, eve) = (server.join("Ada").await, server.join("Bob").await, server.join("Eve").await);
    let published = ada.publish(LOBBY, "hi").await;
    for client in [&ada, &bob, &eve] {
        let message = client.expect_chat("hi").await;
        assert_eq!(message.id, published.id);
        assert_eq!(message.offset, published.offset);
        assert_eq!(message.from.user, ada.user());
        assert_eq!(message.from.name.as_str(), "Ada");
    }
}

#[tokio::test]
async fn any_text_arrives_as_it_was_written() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let texts = [
        "你好，世界",
        "👩‍👩‍👧 \u{202e}turned",
        "<script>alert(1)</script>",
        "two\nlines\t\"quoted\" \\ \u{0} \u{7f}",
        " x ",
    ];
    for text in texts {
        ada.publish(LOBBY, text).await;
        bob.expect_chat(text).await;
    }
}

#[tokio::test]
async fn a_custom_payload_arrives_as_it_was_written() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (server.greeted("Ada").await, server.greeted("Bob").await);
    bob.subscribe(1, LOBBY).await;
    // Numbers that floating point cannot hold, spaces, a field of a later version, an escape.
    let payload = r#"{"type":"custom","name":"order","data":{"id":9007199254740993, "sum":1.00,"far":1E-7,"text":"\u00e4"},"later":[]}"#;
    let publish = format!(
        r#"{{"type":"publish","id":1,"channel":"{LOBBY}","message_id":"019b7e00-0000-7000-8000-000000000001","payload":{payload}}}"#
    );
    ada.send_text(&publish).await;
    let live = bob.next_text().await;
    assert!(live.contains(payload), "{live}");
    ada.reply("accepted", 1).await;
    ada.send(&json!({"type": "history", "id": 2, "channel": LOBBY, "limit": 10})).await;
    let page = ada.next_text().await;
    assert!(page.contains(payload), "{page}");
    let answer = server.api().get(&format!("/api/channels/{LOBBY}/messages")).await;
    assert!(answer.text.contains(payload), "{}", answer.text);
}

#[tokio::test]
async fn every_kind_of_payload_arrives() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let first = ada.publish(LOBBY, "frist").await;
    bob.expect_chat("frist").await;
    let payloads = [
        Payload::Chat { text: "an answer".to_owned(), reply_to: Some(first.id) },
        Payload::Edit { of: first.id, text: "first".to_owned() },
        Payload::Reaction { of: first.id, emoji: "👍".to_owned(), on: true },
        Payload::Reaction { of: first.id, emoji: "👍".to_owned(), on: false },
        Payload::Retract { of: first.id },
        Payload::Custom { name: "move".to_owned(), data: json!({"x": 1.5, "y": [null, true]}) },
        Payload::Notification {
            title: "Lunch".to_owned(),
            body: "is ready".to_owned(),
            level: Level::Success,
            link: Some("/menu".to_owned()),
        },
    ];
    for payload in payloads {
        ada.publish_payload(LOBBY, payload.clone()).await;
        assert_eq!(bob.next_message().await.payload, payload);
    }
}

#[tokio::test]
async fn all_subscribers_get_the_same_order_and_nothing_twice() {
    all_get_the_same_order(LOBBY).await;
}

/// One worker orders each of these channels, whose publishers and readers are on all workers.
#[tokio::test]
async fn in_channels_without_history_all_get_the_same_order_and_nothing_twice() {
    for channel in ["live:a", "live:b", "live:c", "live:d"] {
        all_get_the_same_order(channel).await;
    }
}

async fn all_get_the_same_order(channel: &str) {
    const EACH: usize = 60;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let people = [server.join("Ada").await, server.join("Bob").await, server.join("Eve").await];
    for person in people.iter().filter(|_| channel != LOBBY) {
        person.subscribe(channel).await;
    }
    for number in 0..EACH {
        for (index, person) in people.iter().enumerate() {
            person.send(channel, &format!("{index}:{number}")).await;
        }
    }
    let mut heard = Vec::new();
    for person in &people {
        let mut texts = Vec::new();
        let mut last = None;
        for _ in 0..EACH * people.len() {
            let message = person.next_message().await;
            if let Some(last) = last {
                assert_eq!(message.prev, last, "prev names the message before");
                assert!(message.offset > last, "offsets grow");
            }
            last = Some(message.offset);
            texts.push(chat_text(&message).to_owned());
        }
        heard.push(texts);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
    for index in 0..people.len() {
        let own: Vec<&String> =
            heard[0].iter().filter(|text| text.starts_with(&format!("{index}:"))).collect();
        let sent: Vec<String> = (0..EACH).map(|number| format!("{index}:{number}")).collect();
        assert_eq!(own, sent.iter().collect::<Vec<_>>(), "each sender's order is kept");
    }
}

#[tokio::test]
async fn a_retry_is_recognised() {
    let server = TestServer::start().await;
    let bob = server.join("Bob").await;
    let mut ada = server.greeted("Ada").await;
    let message_id = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0c";
    let publish = |id: u64| {
        let payload = json!({"type": "chat", "text": "once"});
        json!({"type": "publish", "id": id, "channel": LOBBY, "message_id": message_id, "payload": payload})
    };
    ada.send(&publish(1)).await;
    let first = ada.reply("accepted", 1).await;
    assert_eq!(first["duplicate"], false);
    // On the same connection, and on another after an interruption.
    ada.send(&publish(2)).await;
    let second = ada.reply("accepted", 2).await;
    assert_eq!((&second["offset"], &second["duplicate"]), (&first["offset"], &json!(true)));
    let mut again = server.greeted("Ada").await;
    again.send(&publish(3)).await;
    let third = again.reply("accepted", 3).await;
    assert_eq!((&third["offset"], &third["duplicate"]), (&first["offset"], &json!(true)));

    server.api().publish(LOBBY, "the next").await;
    bob.expect_chats(&["once", "the next"]).await;
}

#[tokio::test]
async fn channels_are_independent() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let bob = server.client("Bob").connect().await;
    bob.enter("room:kitchen").await;
    ada.publish(LOBBY, "in the lobby").await;
    ada.publish("room:kitchen", "in the kitchen").await;
    bob.expect_chat("in the kitchen").await;
    ada.expect_chat("in the lobby").await;
}

#[tokio::test]
async fn a_client_that_unsubscribes_gets_nothing_more_of_the_channel() {
    let server = TestServer::start().await;
    let api = server.api();
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    bob.unsubscribe(LOBBY);
    // The answer to a later request shows that the server has handled it.
    bob.history(LOBBY, None, 1).await;
    ada.publish(LOBBY, "nobody hears").await;
    bob.enter("room:kitchen").await;
    api.publish("room:kitchen", "the next").await;
    bob.expect_chat("the next").await;
}

#[tokio::test]
async fn a_conversation_of_two_is_for_these_two() {
    let server = TestServer::start().await;
    let (ada, bob, eve) = (server.join("Ada").await, server.join("Bob").await, server.join("Eve").await);
    let mut users = [ada.user().to_string(), bob.user().to_string()];
    users.sort();
    let between = format!("dm:{}+{}", users[0], users[1]);
    ada.subscribe(&between).await;
    bob.subscribe(&between).await;
    ada.publish(&between, "between us").await;
    ada.expect_chat("between us").await;
    bob.expect_chat("between us").await;

    assert_eq!(eve.subscribe_refused(&between).await, ErrorCode::Forbidden);
    assert_eq!(eve.history_refused(&between).await, ErrorCode::Forbidden);
    let attempt = eve.send(&between, "let me in").await;
    assert_eq!(eve.expect_failed(attempt).await.code, ErrorCode::Forbidden);
    bob.publish(&between, "still").await;
    ada.expect_chat("still").await;
}

#[tokio::test]
async fn an_inbox_is_read_by_its_user_alone() {
    let server = TestServer::start().await;
    let (ada, eve) = (server.join("Ada").await, server.join("Eve").await);
    let inbox = format!("inbox:{}", ada.user());
    ada.subscribe(&inbox).await;
    assert_eq!(eve.subscribe_refused(&inbox).await, ErrorCode::Forbidden);
    assert_eq!(eve.history_refused(&inbox).await, ErrorCode::Forbidden);
    let attempt = eve.send(&inbox, "spam").await;
    assert_eq!(eve.expect_failed(attempt).await.code, ErrorCode::Forbidden);

    let notification =
        json!({"type": "notification", "title": "Parcel", "body": "at the door", "level": "info"});
    server.api().publish_payload(&inbox, &notification).await;
    let message = ada.next_message().await;
    assert!(matches!(message.payload, Payload::Notification { title, .. } if title == "Parcel"));
}

#[tokio::test]
async fn an_unknown_namespace_is_refused() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    assert_eq!(ada.subscribe_refused("nowhere:x").await, ErrorCode::UnknownNamespace);
    assert_eq!(ada.history_refused("nowhere:x").await, ErrorCode::UnknownNamespace);
    let attempt = ada.send("nowhere:x", "hello?").await;
    assert_eq!(ada.expect_failed(attempt).await.code, ErrorCode::UnknownNamespace);
}

#[tokio::test]
async fn a_live_channel_delivers_and_keeps_nothing() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    bob.subscribe("live:score").await;
    ada.publish("live:score", "1:0").await;
    ada.publish("live:score", "2:0").await;
    bob.expect_chats(&["1:0", "2:0"]).await;
    assert_eq!(bob.history_refused("live:score").await, ErrorCode::HistoryOff);
}

#[tokio::test]
async fn a_new_name_is_shown_from_then_on() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.publish(LOBBY, "before").await;
    assert_eq!(bob.expect_chat("before").await.from.name.as_str(), "Ada");
    let (connection, user) = (ada.connection(), ada.user());
    ada.rename("Ada Lovelace");
    ada.publish(LOBBY, "after").await;
    let message = bob.expect_chat("after").await;
    assert_eq!((message.from.name.as_str(), message.from.user), ("Ada Lovelace", user));
    assert_eq!(ada.connection(), connection, "the connection is the same");
    bob.expect_members(LOBBY, &["Ada Lovelace", "Bob"]).await;
}

#[tokio::test]
async fn a_new_name_is_checked_and_has_an_answer() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.send(&json!({"type": "rename", "id": 7, "name": "Ada Lovelace"})).await;
    assert_eq!(raw.reply("renamed", 7).await["name"], "Ada Lovelace");
    raw.send(&json!({"type": "rename", "id": 8, "name": "x".repeat(41)})).await;
    assert_eq!(raw.reply("error", 8).await["code"], "invalid_name");
    raw.send(&json!({"type": "rename", "id": 9})).await;
    assert_eq!(raw.reply("error", 9).await["code"], "missing_field");
}

#[tokio::test]
async fn a_client_follows_many_channels_at_once() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let rooms: Vec<String> = (0..40).map(|number| format!("room:many-{number}")).collect();
    for room in &rooms {
        assert_eq!(bob.subscribe(room).await.head, Offset::START);
    }
    for room in &rooms {
        ada.publish(room, room).await;
    }
    let mut heard: Vec<String> = Vec::new();
    for _ in &rooms {
        let message = bob.next_message().await;
        assert_eq!(chat_text(&message), message.channel.as_str());
        heard.push(message.channel.to_string());
    }
    heard.sort();
    let mut all = rooms.clone();
    all.sort();
    assert_eq!(heard, all);
}
