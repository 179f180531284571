//! History can be read again, and no reader misses a message.

use serde_json::json;
use shared::ids::{Epoch, Offset};
use shared::protocol::{GapReason, Position};
use tests::client::{Client, chat_text};
use tests::{LOBBY, Settings, TestServer};

/// Publishes `1`, `2` and so on.
async fn count_to(ada: &Client, last: usize) -> Vec<Offset> {
    let mut ids = Vec::new();
    for number in 1..=last {
        ids.push(ada.send(LOBBY, &number.to_string()).await);
    }
    let mut offsets = Vec::new();
    for id in ids {
        offsets.push(ada.expect_accepted(id).await);
    }
    offsets
}

fn numbers(range: std::ops::RangeInclusive<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn history_is_read_page_by_page_backwards() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    count_to(&ada, 25).await;
    let bob = server.join("Bob").await;
    let mut before = None;
    let mut pages = Vec::new();
    loop {
        let (messages, more) = bob.history(LOBBY, before, 10).await;
        before = messages.first().map(|message| message.offset);
        pages.push(messages.iter().map(|message| chat_text(message).to_owned()).collect::<Vec<_>>());
        if !more {
            break;
        }
    }
    assert_eq!(pages, [numbers(16..=25), numbers(6..=15), numbers(1..=5)]);
}

#[tokio::test]
async fn the_history_of_an_empty_channel_is_empty() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    assert_eq!(ada.history("room:empty", None, 10).await, (Vec::new(), false));
    assert_eq!(ada.history("room:empty", Some(Offset(5)), 10).await, (Vec::new(), false));
}

#[tokio::test]
async fn a_page_has_a_largest_size() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    count_to(&ada, 205).await;
    let (messages, more) = ada.history(LOBBY, None, 10_000).await;
    assert_eq!(messages.len(), 200);
    assert!(more);
}

#[tokio::test]
async fn a_client_that_was_away_gets_what_it_missed_once_and_in_order() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.publish(LOBBY, "before").await;
    bob.expect_chat("before").await;
    bob.lose_network().await;
    count_to(&ada, 30).await;
    bob.regain_network();
    ada.publish(LOBBY, "after").await;
    bob.expect_chats(&numbers(1..=30)).await;
    bob.expect_chat("after").await;
    let followed = bob.expect_subscribed(LOBBY).await;
    assert_eq!(followed.gap, None);
}

#[tokio::test]
async fn an_empty_channel_has_a_position_and_its_first_message_is_missed_by_nobody() {
    let mut server = TestServer::start().await;
    let bob = server.client("Bob").connect().await;
    let followed = bob.subscribe("room:empty").await;
    assert_eq!((followed.position.offset, followed.head, followed.gap), (Offset::START, Offset::START, None));
    bob.lose_network().await;
    server.restart().await;
    server.api().publish("room:empty", "the first").await;
    bob.regain_network();
    let again = bob.expect_subscribed("room:empty").await;
    assert_eq!((again.position, again.gap), (followed.position, None));
    bob.expect_chats(&["the first"]).await;
}

#[tokio::test]
async fn more_than_the_server_holds_in_memory_is_resumed_too() {
    const MANY: usize = 3000;
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.publish(LOBBY, "before").await;
    bob.expect_chat("before").await;
    bob.lose_network().await;
    for part in numbers(1..=MANY).chunks(500) {
        let mut ids = Vec::new();
        for text in part {
            ids.push(ada.send(LOBBY, text).await);
        }
        for id in ids {
            ada.expect_accepted(id).await;
        }
    }
    bob.regain_network();
    bob.expect_chats(&numbers(1..=MANY)).await;
}

#[tokio::test]
async fn a_reader_begins_where_it_wants() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    let offsets = count_to(&ada, 10).await;
    let bob = server.client("Bob").connect().await;
    let head =
        bob.subscribe_since(LOBBY, Position { epoch: epoch_of(&server).await, offset: offsets[6] }).await;
    assert_eq!(head.position.offset, offsets[6]);
    assert_eq!(head.head, offsets[9]);
    bob.expect_chats(&numbers(8..=10)).await;
}

/// Returns the lobby's epoch.
async fn epoch_of(server: &TestServer) -> Epoch {
    let watcher = server.client("Watcher").connect().await;
    watcher.subscribe(LOBBY).await.position.epoch
}

#[tokio::test]
async fn a_position_of_another_log_is_a_gap() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    let offsets = count_to(&ada, 5).await;
    let epoch = Epoch(epoch_of(&server).await.0 ^ 1);
    let bob = server.client("Bob").connect().await;
    let followed = bob.subscribe_since(LOBBY, Position { epoch, offset: offsets[2] }).await;
    let gap = followed.gap.expect("a gap");
    assert_eq!((gap.reason, gap.oldest), (GapReason::Epoch, offsets[0]));
    bob.expect_chats(&numbers(1..=5)).await;
}

#[tokio::test]
async fn a_position_ahead_of_the_log_is_a_gap() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    let offsets = count_to(&ada, 3).await;
    let ahead = Position { epoch: epoch_of(&server).await, offset: Offset(offsets[2].0 + 1000) };
    let bob = server.client("Bob").connect().await;
    let followed = bob.subscribe_since(LOBBY, ahead).await;
    assert_eq!(followed.gap.expect("a gap").reason, GapReason::Ahead);
}

#[tokio::test]
async fn the_application_reads_forwards_and_backwards() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let offsets = count_to(&ada, 9).await;
    let read = async |query: &str| {
        let answer = api.get(&format!("/api/channels/room:lobby/messages?{query}")).await.ok();
        let texts: Vec<String> = answer["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["payload"]["text"].as_str().unwrap().to_owned())
            .collect();
        (texts, answer["more"].as_bool().unwrap())
    };
    assert_eq!(read("").await, (numbers(1..=9), false));
    assert_eq!(read("limit=4").await, (numbers(6..=9), true));
    assert_eq!(read(&format!("before={}&limit=3", offsets[5])).await, (numbers(3..=5), true));
    assert_eq!(read(&format!("before={}&limit=3", offsets[2])).await, (numbers(1..=2), false));
    assert_eq!(read("after=0&limit=4").await, (numbers(1..=4), true));
    assert_eq!(read(&format!("after={}&limit=50", offsets[6])).await, (numbers(8..=9), false));
    assert_eq!(read(&format!("after={}", offsets[8])).await, (Vec::new(), false));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let api = server.api();
    for query in ["limit=x", "limit=-1", "before=x", "after=1&before=9"] {
        let answer = api.get(&format!("/api/channels/room:lobby/messages?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        answer.json();
    }
    api.get("/api/channels/lobby/messages").await.refused(400, "invalid_channel");
    api.get("/api/channels/nowhere:x/messages").await.refused(404, "unknown_namespace");
    api.get("/api/channels/live:score/messages").await.refused(400, "history_off");
}

#[tokio::test]
async fn the_list_of_channels_has_their_heads_and_members() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let published = ada.publish(LOBBY, "hi").await;
    let channels = api.get("/api/channels").await.ok()["channels"].as_array().unwrap().clone();
    let lobby = channels.iter().find(|channel| channel["channel"] == LOBBY).expect("the lobby");
    assert_eq!(lobby["head"], json!(published.offset));
    assert_eq!(lobby["members"], 1);
}

#[tokio::test]
async fn offsets_above_every_message_are_valid_cursors() {
    let server = TestServer::start().await;
    let api = server.api();
    for text in ["one", "two", "three"] {
        api.publish(LOBBY, text).await;
    }
    let mut raw = server.greeted("Ada").await;
    for (offset, id) in [1_u64 << 53, (1 << 63) - 1, 1 << 63, u64::MAX].into_iter().zip(1_u64..) {
        let after = api.get(&format!("/api/channels/{LOBBY}/messages?after={offset}")).await.ok();
        assert_eq!(after["messages"], json!([]), "no message follows {offset}");
        assert_eq!(after["more"], false);
        let before = api.get(&format!("/api/channels/{LOBBY}/messages?before={offset}&limit=2")).await.ok();
        assert_eq!(before["messages"].as_array().map(Vec::len), Some(2), "all messages are before {offset}");
        raw.send(&json!({"type": "history", "id": id, "channel": LOBBY, "before": offset, "limit": 2})).await;
        let page = raw.reply("page", id).await;
        let texts: Vec<_> =
            page["messages"].as_array().unwrap().iter().map(|m| &m["payload"]["text"]).collect();
        assert_eq!(texts, ["two", "three"], "before {offset}");
    }
    // A client that claims a position ahead of the log starts again.
    let epoch = raw.subscribe(10, LOBBY).await["position"]["epoch"].clone();
    let mut ahead = server.greeted("Bob").await;
    let since = json!({"epoch": epoch, "offset": u64::MAX});
    ahead.send(&json!({"type": "subscribe", "id": 1, "channel": LOBBY, "since": since})).await;
    let subscribed = ahead.reply("subscribed", 1).await;
    assert_eq!(subscribed["gap"]["reason"], "ahead", "{subscribed}");
}
