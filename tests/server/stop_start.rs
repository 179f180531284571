//! The server stops, crashes and starts again, and no message is lost.

use std::io::ErrorKind;

use rustix::process::Signal;
use tests::client::chat_text;
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Settings, TestServer};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_server_that_stops_says_so_and_when_to_come_back() {
    let mut server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    let mut plain = server.plain().await;
    server.api().expect_connections(2).await;
    server.stop().await;
    let closing = raw.expect("closing").await;
    assert_eq!(closing["code"], 4000);
    assert!(closing["retry_after_ms"].is_u64(), "{closing}");
    raw.expect_close(4000).await;
    raw.expect_end().await;
    plain.expect_close(4000).await;
    plain.expect_end().await;
}

#[tokio::test]
async fn a_stop_is_a_success_and_quick() {
    let mut server = TestServer::start().await;
    let _silent = server.raw().await;
    let _ada = server.join("Ada").await;
    server.stop().await;
}

#[tokio::test]
async fn each_signal_stops_the_server_once_and_a_second_one_changes_nothing() {
    for (first, second) in [
        (Signal::TERM, None),
        (Signal::INT, None),
        (Signal::TERM, Some(Signal::INT)),
        (Signal::INT, Some(Signal::INT)),
    ] {
        let mut server = TestServer::start_with(Settings::default().flag("--stop-ms", "500")).await;
        // The server waits for this client, which does not answer the close.
        let _silent = server.raw().await;
        server.process().signal(first);
        server.log().expect(&["stopping"]).await;
        if let Some(second) = second {
            server.process().signal(second);
        }
        server.expect_stopped().await;
        server.log().expect(&["stopped"]).await;
        let lines = server.log().lines();
        for word in ["stopping", "stopped"] {
            let times = lines.iter().filter(|line| line.ends_with(word)).count();
            assert_eq!(times, 1, "{first:?}, {second:?}: {word}: {lines:?}");
        }
        let alarming = lines.iter().find(|line| line.contains("ERROR"));
        assert_eq!(alarming, None, "an ordinary stop is no error");
    }
}

#[tokio::test]
async fn a_client_that_connects_while_the_server_stops_is_refused_at_once() {
    let mut server = TestServer::start().await;
    // The server waits several seconds for this client, which does not answer the close.
    let _silent = server.raw().await;
    server.process().ask_to_stop();
    let refused = eventually(DEADLINE, "new connections are refused", async || {
        match TcpStream::connect(server.address()).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    refused.await;
    let lines = server.log().lines();
    assert!(
        !lines.iter().any(|line| line.ends_with("stopped")),
        "the connection was refused only after the stop: {lines:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn both_go_on_after_a_restart() {
    let mut server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.publish(LOBBY, "before").await;
    bob.expect_chat("before").await;
    let (ada_before, bob_before) = (ada.connection(), bob.connection());
    server.stop().await;
    let while_down = ada.send(LOBBY, "while it was down").await;
    server.start_again().await;
    ada.expect_online_anew(ada_before).await;
    bob.expect_online_anew(bob_before).await;
    ada.expect_accepted(while_down).await;
    ada.publish(LOBBY, "after").await;
    bob.expect_chats(&["while it was down", "after"]).await;
    ada.expect_chats(&["before", "while it was down", "after"]).await;
}

#[tokio::test]
async fn acknowledged_messages_survive_a_crash() {
    const MANY: usize = 200;
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let ada = server.join("Ada").await;
    let mut offsets = Vec::new();
    for number in 0..MANY {
        offsets.push(ada.publish(LOBBY, &number.to_string()).await.offset);
    }
    server.kill();
    server.start_again().await;
    let bob = server.join("Bob").await;
    let (messages, _) = bob.history(LOBBY, None, 200).await;
    let read: Vec<_> =
        messages.iter().map(|message| (message.offset, chat_text(message).to_owned())).collect();
    let written: Vec<_> = offsets.into_iter().zip((0..MANY).map(|number| number.to_string())).collect();
    assert_eq!(read, written);
}

#[tokio::test]
async fn a_crash_in_the_middle_of_talk_loses_and_doubles_nothing() {
    const MANY: usize = 400;
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let mut ids = Vec::new();
    for number in 0..MANY {
        ids.push(ada.send(LOBBY, &number.to_string()).await);
        if number == MANY / 2 {
            // Some are acknowledged, some are not.
            ada.expect_accepted(ids[number / 2]).await;
            server.kill();
        }
    }
    server.start_again().await;
    for (number, id) in ids.into_iter().enumerate() {
        if number != MANY / 4 {
            ada.expect_accepted(id).await;
        }
    }
    let mut heard: Vec<usize> = Vec::new();
    for _ in 0..MANY {
        heard.push(chat_text(&bob.next_message().await).parse().unwrap());
    }
    server.api().publish(LOBBY, "the end").await;
    bob.expect_chat("the end").await;
    heard.sort_unstable();
    assert_eq!(heard, (0..MANY).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_guest_is_the_same_after_a_restart() {
    let mut server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let (user, token) = (ada.user(), ada.token());
    drop(ada);
    server.restart().await;
    let again = server.client("Ada").returning(&token).connect().await;
    assert_eq!(again.user(), user);
}

#[tokio::test]
async fn offsets_and_epoch_go_on_after_a_restart() {
    let mut server = TestServer::start().await;
    let before = server.api().publish(LOBBY, "before").await;
    server.restart().await;
    let after = server.api().publish(LOBBY, "after").await;
    assert_eq!(before["epoch"], after["epoch"]);
    assert!(after["offset"].as_u64() > before["offset"].as_u64(), "{before} {after}");
    assert_eq!(server.api().texts(LOBBY).await, ["before", "after"]);
}

#[tokio::test]
async fn a_retry_is_recognised_after_a_crash() {
    let mut server = TestServer::start().await;
    let body = serde_json::json!({
        "channel": LOBBY, "message_id": "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b",
        "payload": {"type": "chat", "text": "once"},
    });
    let first = server.api().post("/api/publish", &body).await.ok();
    server.kill();
    server.start_again().await;
    let second = server.api().post("/api/publish", &body).await.ok();
    assert_eq!(second["duplicate"], true);
    assert_eq!(second["offset"], first["offset"]);
    assert_eq!(server.api().texts(LOBBY).await, ["once"]);
}
