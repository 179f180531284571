//! Clients that do not read use little memory, are not disconnected, and miss nothing when they read again.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tests::deadline::{PATIENCE, eventually};
use tests::raw::Opcode;
use tests::{Raw, Settings, TestServer};

/// The variable with the number of readers.
const READERS: &str = "TIDINGS_SLOW_READERS";

/// The default number of readers.
const READERS_BY_DEFAULT: usize = 300;

/// Maximum memory per reader that does not read, in KiB: a page of 64 KiB from the log, as frames, the bytes on their
/// way to the socket, and the allocator's overhead.
const READER_KIB_MAX: u64 = 192;

/// A channel without presence, because hundreds of joins at once are another test.
const NEWS: &str = "news:one";

/// Number of messages. Together they are twice the size of a feed's ring, and more than the ring and the kernel's
/// buffers together.
const MESSAGES: usize = 330;

/// Size of each, in bytes.
const TEXT_BYTES: usize = 1500;

fn settings() -> Settings {
    Settings::default().talkative().config("[namespaces.news]\npublish = \"everyone\"\n")
}

async fn slow_reader(server: &TestServer, name: &str) -> Raw {
    let mut raw = Raw::connect_narrowly(server.address(), "/ws").await;
    raw.greet(name).await;
    raw.subscribe(1, NEWS).await;
    raw
}

/// Publishes all messages while a client reads them, and returns them as received.
async fn publish(server: &TestServer) -> Vec<String> {
    let (ada, mut bob) = (server.client("Ada").connect().await, server.greeted("Bob").await);
    bob.subscribe(1, NEWS).await;
    let mut told = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        ada.send(NEWS, &format!("{number} {}", "x".repeat(TEXT_BYTES))).await;
        if number % 10 == 9 {
            // At the pace of a client that reads, so that only the others fall behind.
            for _ in 0..10 {
                told.push(bob.next_text().await);
            }
        }
    }
    told
}

/// Reads these texts, in this order and nothing else.
async fn read(reader: &mut Raw, texts: &[String]) {
    for text in texts {
        let next = reader.next_text().await;
        assert!(next == *text, "expected {}, got {}", &text[..100], &next[..next.len().min(100)]);
    }
}

#[tokio::test]
async fn hundreds_that_do_not_read_cost_little_and_miss_nothing() {
    let count = std::env::var(READERS).map_or(READERS_BY_DEFAULT, |count| count.parse().expect(READERS));
    // A client that does not read does not answer pings either; the next story is about that.
    let server = TestServer::start_with(settings().flag("--heartbeat-ms", "600000")).await;
    let mut readers = Vec::with_capacity(count);
    for number in 0..count {
        readers.push(slow_reader(&server, &format!("Reader {number}")).await);
    }
    let before_kib = server.process().resident_kib();
    let cost_kib = || server.process().resident_kib().saturating_sub(before_kib) / count as u64;
    let told = publish(&server).await;
    let never_read_kib = cost_kib();

    // They read a part, until each is served from the log, and stop again in the middle of a page.
    let (part, rest) = told.split_at(MESSAGES / 4);
    join_all(readers.iter_mut().map(|reader| read(reader, part))).await;
    let stopped_kib = cost_kib();
    join_all(readers.iter_mut().map(|reader| read(reader, rest))).await;
    join_all(readers.iter_mut().map(Raw::expect_alive)).await;

    println!(
        "slow readers: {count} readers, {} messages each, {never_read_kib} KiB each that never read, {stopped_kib} KiB each that stopped in the middle",
        told.len(),
    );
    assert!(never_read_kib <= READER_KIB_MAX, "a reader that never reads costs {never_read_kib} KiB");
    assert!(stopped_kib <= READER_KIB_MAX, "a reader that stopped costs {stopped_kib} KiB");
}

/// Number of channels per reader that reads nothing, and number of such readers.
const CHANNELS: usize = 64;
const FOLLOWERS: usize = 40;

#[tokio::test]
async fn a_client_that_reads_nothing_of_many_channels_holds_one_page() {
    let server = TestServer::start_with(settings().flag("--heartbeat-ms", "600000")).await;
    let (ada, text) = (server.client("Ada").connect().await, "x".repeat(TEXT_BYTES));
    let channel = |number: usize| format!("news:{number}");
    for number in 0..CHANNELS {
        // More than a page, and more than the kernel's buffers.
        for _ in 0..60 {
            ada.send(&channel(number), &text).await;
        }
        ada.publish(&channel(number), &text).await;
    }
    let before_kib = server.process().resident_kib();
    let mut followers = Vec::with_capacity(FOLLOWERS);
    for follower in 0..FOLLOWERS {
        let mut raw = Raw::connect_narrowly(server.address(), "/ws").await;
        raw.greet(&format!("Follower {follower}")).await;
        for number in 0..CHANNELS {
            // Each begins at another message, so that no two can share a page.
            let since = serde_json::json!({"epoch": "0000000000000001", "offset": follower});
            let subscribe = serde_json::json!({"type": "subscribe", "id": number, "channel": channel(number), "since": since});
            raw.send(&subscribe).await;
        }
        followers.push(raw);
    }
    let api = server.api();
    eventually(PATIENCE, "all readers are subscribed to all channels", async || {
        let connections = api.connections().await;
        let following = connections.iter().filter(|one| one["subscriptions"] == CHANNELS).count();
        if following == FOLLOWERS { Ok(()) } else { Err(format!("{following} do")) }
    })
    .await;
    let cost_kib = server.process().resident_kib().saturating_sub(before_kib) / FOLLOWERS as u64;
    println!("slow readers: {FOLLOWERS} readers of {CHANNELS} channels each, {cost_kib} KiB each");
    assert!(cost_kib <= READER_KIB_MAX, "each costs {cost_kib} KiB");
    drop(followers);
}

/// Publishes until the connection's socket is full and stays full. Returns the number of messages.
async fn fill_socket(server: &TestServer, connection: &Value) -> usize {
    let (ada, api) = (server.client("Ada").connect().await, server.api());
    let (mut published, mut sent, mut stuck) = (0, 0, 0);
    while stuck < 6 {
        assert!(published < 10 * MESSAGES, "the socket does not become full");
        for _ in 0..10 {
            ada.publish(NEWS, &format!("{published} {}", "x".repeat(TEXT_BYTES))).await;
            published += 1;
        }
        // The kernel takes a little more each time one of its timers expires, and the count is updated once a second:
        // six times this is more.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let before = sent;
        sent =
            api.get(&format!("/api/connections/{connection}")).await.ok()["sent"].as_u64().expect("a number");
        stuck = if sent == before { stuck + 1 } else { 0 };
    }
    published
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_cut_off_and_gets_few_heartbeats() {
    let server = TestServer::start_with(settings().flag("--heartbeat-ms", "2000")).await;
    let mut reader = Raw::connect_narrowly(server.address(), "/ws").await;
    let connection = reader.greet("Reader").await["connection"].clone();
    reader.subscribe(1, NEWS).await;
    let published = fill_socket(&server, &connection).await;
    // Six heartbeat intervals: three times the timeout of a silent peer. No result depends on it.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let (mut messages, mut heartbeats) = (0, 0);
    while messages < published {
        if messages % 4 == 0 {
            // Slowly: when the server has written everything, its ping is behind much data.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        let frame = reader.next_frame().await;
        match frame.opcode() {
            Some(Opcode::Text) if frame.payload.starts_with(br#"{"type":"heartbeat""#) => heartbeats += 1,
            Some(Opcode::Text) => {
                let message: Value = serde_json::from_slice(&frame.payload).unwrap();
                let text = message["payload"]["text"].as_str().unwrap_or_default();
                assert!(text.starts_with(&format!("{messages} ")), "expected {messages}, not {message}");
                messages += 1;
            }
            Some(Opcode::Ping) => {}
            _ => panic!("{}", frame.describe()),
        }
    }
    reader.expect_alive().await;
    assert!(heartbeats <= 3, "{heartbeats} heartbeats were queued for the connection");
}
