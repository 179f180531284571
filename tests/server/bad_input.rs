//! Invalid input of every kind: the server names the mistake and keeps running.

use futures_util::future::join_all;
use serde_json::json;
use tests::raw::{Frame, Handshake, Opcode};
use tests::{LOBBY, Settings, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MESSAGE_ID: &str = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b";

#[tokio::test]
async fn each_kind_of_nonsense_has_its_own_code_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    let publish = |payload: &str| {
        format!(
            r#"{{"type":"publish","id":1,"channel":"{LOBBY}","message_id":"{MESSAGE_ID}","payload":{payload}}}"#
        )
    };
    let cases = [
        (String::new(), "not_json"),
        ("hello".to_owned(), "not_json"),
        ("[]".to_owned(), "not_json"),
        ("null".to_owned(), "not_json"),
        ("{".to_owned(), "not_json"),
        ("[".repeat(10_000), "not_json"),
        ("{}".to_owned(), "missing_field"),
        (r#"{"type":"dance"}"#.to_owned(), "unknown_type"),
        (r#"{"type":"subscribe"}"#.to_owned(), "missing_field"),
        (r#"{"type":"subscribe","id":"x","channel":"room:x"}"#.to_owned(), "invalid_field"),
        (r#"{"type":"subscribe","id":1,"channel":"lobby"}"#.to_owned(), "invalid_channel"),
        (r#"{"type":"subscribe","id":1,"channel":"room:../x"}"#.to_owned(), "invalid_channel"),
        (format!(r#"{{"type":"subscribe","id":1,"channel":"room:{}"}}"#, "x".repeat(200)), "invalid_channel"),
        (publish(r#"{"type":"dance"}"#), "invalid_field"),
        (publish(r#"{"type":"chat"}"#), "missing_field"),
        (publish(r#"{"type":"chat","text":" "}"#), "invalid_field"),
        (publish(r#"{"type":"notification","title":"x","link":"javascript:alert(1)"}"#), "invalid_field"),
        (publish(r#"{"type":"chat","text":"x"}"#).replace(MESSAGE_ID, "1"), "invalid_field"),
    ];
    for (text, code) in cases {
        raw.send_text(&text).await;
        let error = raw.next().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)), "{text:.80}: {error}");
    }
    raw.expect_alive().await;
}

#[tokio::test]
async fn bytes_are_refused_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.send_frame(Frame::new(Opcode::Binary, &[0, 159, 146, 150])).await;
    raw.expect_error("binary_unsupported").await;
    raw.expect_alive().await;
}

#[tokio::test]
async fn an_error_names_the_request() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.send(&json!({"type": "subscribe", "id": 41, "channel": "lobby"})).await;
    assert_eq!(raw.expect_error("invalid_channel").await["id"], 41);
    raw.send(&json!({"type": "subscribe", "id": 42, "channel": "nowhere:x"})).await;
    assert_eq!(raw.expect_error("unknown_namespace").await["id"], 42);
}

#[tokio::test]
async fn a_frame_that_declares_too_much_ends_the_connection_at_once() {
    let server = TestServer::start().await;
    let declare = async |(path, declared)| {
        let mut raw = Handshake::new(server.address(), path).open().await.unwrap();
        // Only the header: the payload never follows.
        raw.send_frame(Frame::new(Opcode::Text, b"").declaring(declared)).await;
        raw.expect_close(1009).await;
        raw.expect_end().await;
    };
    let cases = ["/ws", "/"]
        .into_iter()
        .flat_map(|path| [1 << 30, u64::MAX >> 1, u64::MAX].map(|bytes| (path, bytes)));
    join_all(cases.map(|case| Box::pin(declare(case)))).await;
}

#[tokio::test]
async fn parts_that_together_are_too_much_end_the_connection() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    let part = Frame::new(Opcode::Text, &[b'x'; 60 * 1024]).unfinished().encode();
    raw.send_bytes(&part).await;
    let part = Frame::new(Opcode::Continuation, &[b'x'; 60 * 1024]).unfinished().encode();
    raw.send_bytes_anyhow(&part).await;
    raw.expect_close(1009).await;
    raw.expect_end().await;
}

#[tokio::test]
async fn a_message_of_many_empty_parts_is_read() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    raw.send_frame(Frame::new(Opcode::Text, b"").unfinished()).await;
    let empty = Frame::new(Opcode::Continuation, b"").unfinished().encode();
    raw.send_bytes(&empty.repeat(1_000)).await;
    raw.send_frame(Frame::new(Opcode::Continuation, br#"{"type":"dance"}"#)).await;
    raw.expect_error("unknown_type").await;
    raw.expect_alive().await;
}

#[tokio::test]
async fn a_client_that_floods_with_parts_pings_or_texts_is_closed() {
    let server = TestServer::start().await;
    let flood = async |frame: Vec<u8>| {
        let mut raw = server.greeted("Ada").await;
        raw.send_bytes(&frame.repeat(20_000)).await;
        raw.expect_close(4003).await;
    };
    let begun = [
        Frame::new(Opcode::Text, b"").unfinished().encode(),
        Frame::new(Opcode::Continuation, b"").unfinished().encode().repeat(2),
    ];
    let parts = async {
        let mut raw = server.greeted("Ada").await;
        raw.send_bytes(&begun[0]).await;
        raw.send_bytes(&begun[1].repeat(20_000)).await;
        raw.expect_close(4003).await;
    };
    let pings = flood(Frame::new(Opcode::Ping, b"").encode());
    let texts = flood(Frame::new(Opcode::Text, br#"{"type":"presence","id":1,"channel":"room:a"}"#).encode());
    tokio::join!(parts, pings, texts);
}

#[tokio::test]
async fn text_that_is_not_utf_8_ends_the_connection() {
    let server = TestServer::start().await;
    let say = async |bytes: &[u8]| {
        let mut raw = server.raw().await;
        raw.send_frame(Frame::new(Opcode::Text, bytes)).await;
        raw.expect_close(1007).await;
        raw.expect_end().await;
    };
    join_all(
        [&b"\xff\xfe"[..], b"abc\xc3(", b"\xed\xa0\x80", b"half \xe4\xb8"].map(|bytes| Box::pin(say(bytes))),
    )
    .await;
}

#[tokio::test]
async fn a_broken_protocol_ends_the_connection() {
    let server = TestServer::start().await;
    let text = || Frame::new(Opcode::Text, b"x");
    let cases = [
        ("no mask", text().unmasked().encode()),
        ("reserved bit 1", text().reserved(4).encode()),
        ("reserved bit 2", text().reserved(2).encode()),
        ("reserved bit 3", text().reserved(1).encode()),
        ("opcode 3", Frame { opcode: 3, ..text() }.encode()),
        ("opcode 15", Frame { opcode: 15, ..text() }.encode()),
        ("a ping in parts", Frame::new(Opcode::Ping, b"x").unfinished().encode()),
        ("a ping of 126 bytes", Frame::new(Opcode::Ping, &[b'x'; 126]).encode()),
        ("a continuation of nothing", Frame::new(Opcode::Continuation, b"x").encode()),
        ("a text within a text", [text().unfinished().encode(), text().encode()].concat()),
        ("a close with one byte", Frame::new(Opcode::Close, b"x").encode()),
        ("a close with the code 1005", Frame::closing(1005, "").encode()),
        ("a close with the code 999", Frame::closing(999, "").encode()),
    ];
    let say = async |(what, bytes): (&str, Vec<u8>)| {
        let mut raw = server.raw().await;
        raw.send_bytes(&bytes).await;
        raw.expect_close_after(what, 1002).await;
        raw.expect_end().await;
    };
    join_all(cases.map(|case| Box::pin(say(case)))).await;
    server.greeted("Ada").await.expect_alive().await;
}

#[tokio::test]
async fn proper_messages_before_a_broken_frame_are_answered() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    let hello = Frame::new(Opcode::Text, br#"{"type":"hello","version":1,"name":"Ada"}"#).encode();
    let broken = Frame::new(Opcode::Text, b"x").reserved(4).encode();
    raw.send_bytes(&[hello, broken].concat()).await;
    raw.expect("welcome").await;
    raw.expect_close(1002).await;
}

#[tokio::test]
async fn frames_may_come_byte_by_byte_or_many_at_once() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    for byte in Frame::new(Opcode::Text, br#"{"type":"hello","version":1,"name":"Ada"}"#).encode() {
        raw.send_bytes(&[byte]).await;
    }
    raw.expect("welcome").await;
    let asks: Vec<u8> = (1..=50)
        .flat_map(|id| {
            let ask = json!({"type": "presence", "id": id, "channel": LOBBY});
            Frame::new(Opcode::Text, ask.to_string().as_bytes()).encode()
        })
        .collect();
    raw.send_bytes(&asks).await;
    for id in 1..=50 {
        raw.reply("presence", id).await;
    }
}

#[tokio::test]
async fn a_text_in_parts_is_one_text() {
    let server = TestServer::start().await;
    let mut raw = server.raw().await;
    let hello = r#"{"type":"hello","version":1,"name":"林黛玉"}"#.as_bytes();
    // Split within a character, with a ping in between.
    let middle = hello.len() - 4;
    raw.send_frame(Frame::new(Opcode::Text, &hello[..middle]).unfinished()).await;
    raw.send_frame(Frame::new(Opcode::Ping, b"still there?")).await;
    raw.send_frame(Frame::new(Opcode::Continuation, &hello[middle..])).await;
    let pong = raw.next_frame().await;
    assert_eq!((pong.opcode(), pong.payload.as_slice()), (Some(Opcode::Pong), &b"still there?"[..]));
    assert_eq!(raw.expect("welcome").await["name"], "林黛玉");
}

/// Sends a request that is not a handshake, and expects an answer that names the missing part.
async fn expect_refused(handshake: Handshake, path: &str, word: &str) {
    let refused =
        handshake.open().await.err().unwrap_or_else(|| panic!("{path}: opened, expected the refusal {word}"));
    assert_eq!(refused.status, 426, "{path}: {word}: {refused:?}");
    for part in [word, "upgrade_required", "upgrade: websocket\r\n", "sec-websocket-version: 13\r\n"] {
        assert!(refused.text.contains(part), "{path}: {part}: {refused:?}");
    }
}

#[tokio::test]
async fn requests_that_are_not_a_handshake_are_refused_with_the_reason() {
    let server = TestServer::start().await;
    let missing = Handshake::new(server.address(), "/ws").without("Upgrade").without("Connection");
    expect_refused(missing, "/ws", "Upgrade: websocket").await;
    for path in ["/ws", "/"] {
        let handshake = || Handshake::new(server.address(), path);
        let cases = [
            (handshake().in_http_1_0(), "HTTP/1.1 is needed"),
            (handshake().header("Connection", "close"), "Connection: Upgrade"),
            (handshake().without("Connection"), "Connection: Upgrade"),
            (handshake().without("Sec-WebSocket-Key"), "Sec-WebSocket-Key"),
            (handshake().header("Sec-WebSocket-Key", "c2hvcnQ="), "Sec-WebSocket-Key"),
            (handshake().without("Sec-WebSocket-Version"), "Sec-WebSocket-Version"),
            (handshake().header("Sec-WebSocket-Version", "12"), "Sec-WebSocket-Version"),
            (handshake().header("Transfer-Encoding", "chunked"), "body"),
        ];
        for (handshake, word) in cases {
            expect_refused(handshake, path, word).await;
        }
        for (handshake, word) in [
            (handshake().in_http_1_0().header("Connection", "keep-alive, Upgrade"), "HTTP/1.1 is needed"),
            (handshake().header("Upgrade", "h2c, websocket"), "Upgrade"),
        ] {
            expect_refused(handshake.after_another(), path, word).await;
        }
    }
}

/// Waits until the server has closed a connection.
async fn expect_end(mut stream: TcpStream) {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(tests::deadline::DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server ends the connection");
}

#[tokio::test]
async fn bytes_that_are_not_http_harm_nobody() {
    let server = TestServer::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        &[b'A'; 200_000],
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        // The server may close before everything is written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        expect_end(stream).await;
    }
    server.greeted("Ada").await.expect_alive().await;
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_handshake_is_disconnected() {
    let server = TestServer::start().await;
    let mut streams = Vec::new();
    for bytes in [&b"GET /ws HTTP/1.1\r\nHost: "[..], b"GET /ws HTTP/1.1\r\n", b"GET /ws "] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        streams.push(stream);
    }
    for stream in streams {
        expect_end(stream).await;
    }
    server.greeted("Ada").await.expect_alive().await;
}

#[tokio::test]
async fn a_client_that_sends_only_nonsense_is_disconnected() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    for _ in 0..100 {
        raw.send_text("nonsense").await;
    }
    raw.expect_close(4501).await;
    raw.expect_end().await;
}

#[tokio::test]
async fn good_messages_between_bad_ones_make_no_difference() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let mut raw = server.greeted("Ada").await;
    for _ in 0..100 {
        raw.send_text("nonsense").await;
        raw.send(&json!({"type": "unsubscribe", "channel": LOBBY})).await;
    }
    raw.expect_close(4501).await;
    raw.expect_end().await;
}
