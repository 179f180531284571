//! A typed connection behaves the same for each kind of start: as the first request of a TCP connection, as the second,
//! or with a request that arrived in two pieces.

use serde_json::json;
use tests::raw::{Frame, Handshake, Opcode, Raw};
use tests::{LOBBY, Settings, TestServer};

async fn all_ways(server: &TestServer) -> Vec<(&'static str, Raw)> {
    let handshake = || Handshake::new(server.address(), "/ws");
    let ways = [
        ("a stream of its own", handshake()),
        ("after another request", handshake().after_another()),
        ("a byte alone", handshake().hesitating_after(1)),
        ("a line alone", handshake().hesitating_after("GET /ws HTTP/1.1\r\n".len())),
    ];
    let mut open = Vec::new();
    for (way, handshake) in ways {
        open.push((way, handshake.open().await.unwrap_or_else(|refused| panic!("{way}: {refused:?}"))));
    }
    open
}

#[tokio::test]
async fn they_receive_each_others_messages() {
    let server = TestServer::start().await;
    let mut ways = all_ways(&server).await;
    for (way, raw) in &mut ways {
        raw.greet(way).await;
        raw.subscribe(1, LOBBY).await;
    }
    for speaker in 0..ways.len() {
        let publish = |id: &str| json!({"type": "publish", "id": 2, "channel": LOBBY, "message_id": id, "payload": {"type": "chat", "text": id}});
        let id = format!("0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0{speaker}");
        ways[speaker].1.send(&publish(&id)).await;
        for (way, raw) in &mut ways {
            let message = loop {
                let next = raw.next_but("presence").await;
                if next["type"] == "message" {
                    break next;
                }
            };
            assert_eq!(message["payload"]["text"], id, "{way}");
        }
    }
}

#[tokio::test]
async fn they_are_pinged_closed_and_refused_alike() {
    let server = TestServer::start_with(Settings::default().flag("--frame-bytes-max", "1000")).await;
    for (way, mut raw) in all_ways(&server).await {
        raw.greet(way).await;
        raw.send_frame(Frame::new(Opcode::Ping, b"there?")).await;
        assert_eq!(raw.next_frame().await.payload, b"there?", "{way}");
        raw.send_text(&"x".repeat(1001)).await;
        raw.expect_close(1009).await;
    }
    for (way, mut raw) in all_ways(&server).await {
        raw.greet(way).await;
        raw.send_frame(Frame::new(Opcode::Close, &1000_u16.to_be_bytes())).await;
        raw.expect_close(1000).await;
        raw.expect_end().await;
    }
}

#[tokio::test]
async fn a_handshake_is_taken_as_browsers_proxies_and_libraries_send_it() {
    let server = TestServer::start().await;
    for path in ["/ws", "/ws?token=abc", "/ws/", "/", "/?room=lobby"] {
        let handshake = || Handshake::new(server.address(), path);
        let forms = [
            ("Firefox", handshake().header("Connection", "keep-alive, Upgrade")),
            ("nginx", handshake().header("Connection", "upgrade")),
            ("another case", handshake().header("Connection", "UPGRADE").header("Upgrade", "WebSocket")),
            ("an empty body", handshake().header("Content-Length", "0")),
            ("large cookies", handshake().header("Cookie", &"x".repeat(8_000))),
        ];
        for (form, handshake) in forms {
            let mut raw =
                handshake.open().await.unwrap_or_else(|refused| panic!("{path}: {form}: {refused:?}"));
            if path.starts_with("/ws") {
                raw.greet("Ada").await;
            } else {
                raw.send_text("hello").await;
                raw.next_text().await;
            }
        }
    }
}
