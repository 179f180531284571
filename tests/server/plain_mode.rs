//! A WebSocket on `/`: the article's contract.

use tests::raw::{Frame, Opcode};
use tests::{LOBBY, Raw, TestServer};

/// Returns the server's answer to a text.
fn answer_to(text: &str) -> String {
    format!("已收到你的消息:{text}")
}

/// Sends a text and reads the answer.
async fn exchange(plain: &mut Raw, text: &str) {
    plain.send_text(text).await;
    assert_eq!(plain.next_text().await, answer_to(text));
}

#[tokio::test]
async fn each_text_is_answered() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    for text in ["Hello, Server!", "你好", r#"{"type":"hello","version":1}"#, "<b>&amp;</b>", " ", ""] {
        exchange(&mut plain, text).await;
    }
    plain.close().await;
}

/// As `echo text | websocat` does it.
#[tokio::test]
async fn a_text_that_comes_with_the_end_of_the_connection_is_answered_and_stored() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    for number in 0..10 {
        let text = format!("the last words {number}");
        let mut plain = server.plain().await;
        exchange(&mut plain, "hello").await;
        ada.expect_chat("hello").await;
        let frames = [Frame::new(Opcode::Text, text.as_bytes()), Frame::closing(1000, "")];
        plain.send_and_end(&frames.map(|frame| frame.encode()).concat()).await;
        assert_eq!(plain.next_text().await, answer_to(&text));
        ada.expect_chat(&text).await;
    }
}

#[tokio::test]
async fn open_message_and_close_are_logged_with_the_connections_number() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    let number = server.api().expect_connections(1).await[0]["connection"].clone();
    let number = format!("connection={number}");
    exchange(&mut plain, "Hello, Server!").await;
    plain.close().await;
    server.log().expect(&["open", &number]).await;
    server.log().expect(&["message", &number]).await;
    server.log().expect(&["close", &number]).await;
}

#[tokio::test]
async fn a_plain_client_is_a_guest_in_the_lobby() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let mut plain = server.plain().await;
    server.api().expect_members(LOBBY, 2).await;
    exchange(&mut plain, "Hello, Server!").await;
    let message = ada.expect_chat("Hello, Server!").await;
    assert!(message.from.user.as_str().starts_with("guest-"), "{message:?}");

    ada.publish(LOBBY, "Hello, client!").await;
    // The sender did not receive its own text as a line.
    assert_eq!(plain.next_text().await, "Ada: Hello, client!");
    ada.publish(LOBBY, "x\nServer: shut down").await;
    assert_eq!(plain.next_text().await, "Ada: x ⏎ Server: shut down", "a text is one line");
    exchange(&mut plain, "bye").await;
    ada.expect_chat("Hello, client!").await;
    ada.expect_chat("x\nServer: shut down").await;
    ada.expect_chat("bye").await;
}

#[tokio::test]
async fn plain_clients_receive_each_others_messages() {
    let server = TestServer::start().await;
    let (mut one, mut other) = (server.plain().await, server.plain().await);
    server.api().expect_members(LOBBY, 2).await;
    exchange(&mut one, "anybody here?").await;
    let line = other.next_text().await;
    assert!(line.ends_with(": anybody here?"), "{line}");
}

#[tokio::test]
async fn a_text_in_parts_is_one_text() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    let text = "一二三";
    let bytes = text.as_bytes();
    // Split within a character, with a ping in between.
    plain.send_frame(Frame::new(Opcode::Text, &bytes[..4]).unfinished()).await;
    plain.send_frame(Frame::new(Opcode::Ping, b"")).await;
    plain.send_frame(Frame::new(Opcode::Continuation, &bytes[4..]).clone()).await;
    assert_eq!(plain.next_text().await, answer_to(text));
}

#[tokio::test]
async fn a_connection_that_breaks_is_logged_as_closed() {
    let server = TestServer::start().await;
    let plain = server.plain().await;
    let number = server.api().expect_connections(1).await[0]["connection"].clone();
    drop(plain);
    server.log().expect(&["close", &format!("connection={number}")]).await;
}

#[tokio::test]
async fn the_page_is_served_at_the_same_address() {
    let server = TestServer::start().await;
    let page = server.public().get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.content_type.starts_with("text/html"), "{page:?}");
}

#[tokio::test]
async fn bytes_are_refused_in_words_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    plain.send_frame(Frame::new(Opcode::Binary, b"\x00\x01")).await;
    let line = plain.next_text().await;
    assert!(!line.is_empty() && !line.contains("已收到"), "{line}");
    exchange(&mut plain, "still here").await;
}

#[tokio::test]
async fn any_client_that_offers_a_subprotocol_or_compression_gets_neither_and_talks() {
    for (header, value) in [
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ("Sec-WebSocket-Protocol", "chat"),
    ] {
        // One after the other: a text may reach the next client before its own answer.
        let server = TestServer::start().await;
        let handshake = tests::raw::Handshake::new(server.address(), "/").header(header, value);
        let mut plain = handshake.open().await.expect("it opens");
        exchange(&mut plain, "Hello, Server!").await;
    }
}
