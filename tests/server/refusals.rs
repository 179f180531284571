//! Requests that are refused early, and idle connections between requests.

use std::net::SocketAddr;
use std::time::Duration;

use tests::deadline::{DEADLINE, within};
use tests::{LOBBY, Settings, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a request as a simple client does: writes the whole body, and only then reads. Returns the response.
pub(crate) async fn write_all_then_read(address: SocketAddr, request: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let exchange = async {
        let head = format!("{request}Host: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap_or_else(|error| panic!("the body cannot be written: {error}"));
        read_response(&mut stream).await
    };
    within(DEADLINE, request, exchange, String::new).await
}

/// Reads a response up to the end of its JSON body, or of its head if it has no body.
async fn read_response(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text.into_owned();
            }
        }
        let read = stream.read_buf(&mut received).await;
        let read = read.unwrap_or_else(|error| panic!("the answer cannot be read: {error}"));
        assert!(read > 0, "the answer ended early: {}", String::from_utf8_lossy(&received));
    }
}

/// Returns the beginning of a request with a key.
pub(crate) fn request(line: &str, key: &str) -> String {
    format!("{line} HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n")
}

#[tokio::test]
async fn a_client_that_writes_all_of_a_large_body_first_reads_the_refusal() {
    let server = TestServer::start().await;
    let key = server.api_key();
    for (line, key, status) in [
        ("POST /api/publish", "wrong", 401),
        ("POST /api/publish", &key, 413),
        ("POST /api/push", &key, 413),
        ("POST /api/nothing", &key, 404),
        ("POST /nothing", &key, 404),
        ("PUT /api/publish", &key, 405),
        ("POST /", &key, 405),
        ("POST /ws", &key, 405),
    ] {
        for bytes in [900_000, 5_000_000] {
            let answer = write_all_then_read(server.address(), &request(line, key), &vec![b'x'; bytes]).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line} {bytes}: {answer}");
            assert!(answer.contains("\"code\":"), "{line} {bytes}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_frames_before_the_answer_reads_the_refusal() {
    let server = TestServer::start().await;
    for path in ["/ws", "/"] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let handshake = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut answer = Vec::new();
        let exchange = async {
            stream.write_all(handshake.as_bytes()).await?;
            stream.write_all(&[b'x'; 900_000]).await?;
            stream.read_to_end(&mut answer).await
        };
        let read = within(DEADLINE, "the handshake is refused", exchange, String::new).await;
        read.unwrap_or_else(|error| panic!("{path}: the connection was not closed in order: {error}"));
        assert!(answer.starts_with(b"HTTP/1.1 403 "), "{path}: {}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn a_client_that_has_to_wait_can_read_the_refusal() {
    let server = TestServer::start().await;
    let guess = request("POST /api/publish", "a guess");
    let body = vec![b'x'; 900_000];
    let answer = tests::deadline::eventually(DEADLINE, "a guessing client is throttled", async || {
        let guesses = (0..20).map(|_| write_all_then_read(server.address(), &guess, &body));
        let answers = futures_util::future::join_all(guesses).await;
        let waits = answers.into_iter().find(|answer| answer.starts_with("HTTP/1.1 429 "));
        waits.ok_or_else(|| "401 to each".to_owned())
    });
    assert!(answer.await.contains("rate_limited"));
}

/// Publishes on a connection that stays open.
async fn publish(stream: &mut TcpStream, server: &TestServer) -> String {
    let body = format!(r#"{{"channel":"{LOBBY}","payload":{{"type":"chat","text":"hi"}}}}"#);
    let head = request("POST /api/publish", &server.api_key());
    let whole = format!("{head}Host: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(whole.as_bytes()).await.unwrap();
    within(DEADLINE, "the publication is answered", read_response(stream), String::new).await
}

#[tokio::test]
async fn a_connection_may_be_idle_for_longer_than_a_request_may_take() {
    let server = TestServer::start().await;
    let mut idle = TcpStream::connect(server.address()).await.unwrap();
    assert!(publish(&mut idle, &server).await.starts_with("HTTP/1.1 200 "));
    // A later client that does not finish its head is disconnected after five seconds.
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let mut answer = Vec::new();
    within(DEADLINE, "the server rejects a slow header", slow.read_to_end(&mut answer), String::new)
        .await
        .unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    assert!(publish(&mut idle, &server).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn how_long_a_connection_may_be_idle_is_a_setting() {
    for milliseconds in ["300", "0"] {
        let settings = Settings::default().flag("--keep-alive-ms", milliseconds);
        let server = TestServer::start_with(settings).await;
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        assert!(publish(&mut stream, &server).await.starts_with("HTTP/1.1 200 "));
        let mut rest = Vec::new();
        let end = stream.read_to_end(&mut rest);
        // Earlier than the default of the HTTP library, which is five seconds.
        let early = Duration::from_secs(4);
        within(early, "the server closes an idle connection", end, String::new).await.unwrap();
    }
}

#[tokio::test]
async fn a_header_above_the_limit_is_refused_and_the_answer_can_be_read() {
    let server = TestServer::start().await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (path, headers) in [("/ws", upgrade), ("/", upgrade), ("/healthz", "")] {
        for (bytes, refused) in [(300_000, true), (17_000, true), (15_000, false)] {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            let cookie = "c".repeat(bytes);
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}Cookie: a={cookie}\r\n\r\n",
                server.address()
            );
            let exchange = async {
                stream.write_all(request.as_bytes()).await.unwrap();
                read_response(&mut stream).await
            };
            let answer = within(DEADLINE, path, exchange, String::new).await;
            assert_eq!(answer.starts_with("HTTP/1.1 431 "), refused, "{path}, {bytes} bytes: {answer}");
        }
    }
    server.log().expect(&["header is too large", "16384"]).await;
}

#[tokio::test]
async fn bytes_that_are_not_a_request_are_answered_on_every_address() {
    let server = TestServer::start().await;
    let many = "X-A: b\r\n".repeat(200);
    for (path, headers, status) in [
        ("/ws", many.as_str(), 431),
        ("/healthz", &many, 431),
        ("/ws", "no header\r\n", 400),
        ("/healthz", "no header\r\n", 400),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = within(DEADLINE, path, read_response(&mut stream), String::new).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    let lines = server.log().lines();
    assert!(!lines.iter().any(|line| line.contains("ERROR")), "not an operator's error: {lines:?}");
}

#[tokio::test]
async fn a_body_that_waits_for_100_continue_is_taken() {
    let server = TestServer::start().await;
    let body =
        format!(r#"{{"channel":"{LOBBY}","payload":{{"type":"chat","text":"{}"}}}}"#, "x".repeat(15_000));
    let body = format!("{}{body}", " ".repeat(20_000));
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = request("POST /api/publish", &server.api_key());
    let head = format!("{head}Host: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer =
        within(DEADLINE, "the server asks for the body", read_response(&mut stream), String::new).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = within(DEADLINE, "the body is accepted", read_response(&mut stream), String::new).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn requests_in_a_row_are_all_answered_in_their_order() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let paths = ["/healthz", "/nothing", "/metrics"];
    let row: String = paths.map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).concat();
    let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let all = format!("{}{last}", row.repeat(100));
    let mut answers = Vec::new();
    let exchange = async {
        let (mut reading, mut writing) = stream.split();
        let written = writing.write_all(all.as_bytes());
        let (written, read) = tokio::join!(written, reading.read_to_end(&mut answers));
        (written.unwrap(), read.unwrap())
    };
    within(DEADLINE, "all are answered", exchange, String::new).await;
    let answers = String::from_utf8(answers).unwrap();
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses.len(), 301);
    assert!(
        statuses.chunks(3).all(|row| row.starts_with(&["200"]) && row.get(1).is_none_or(|two| *two == "404")),
        "{statuses:?}"
    );
}

/// Sends requests in one write, and returns the statuses of all responses until the server closes.
async fn statuses_of(server: &TestServer, requests: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut answers = Vec::new();
    let exchange = async {
        let (mut reading, mut writing) = stream.split();
        let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let all = format!("{requests}{last}");
        let (written, read) =
            tokio::join!(writing.write_all(all.as_bytes()), reading.read_to_end(&mut answers));
        (written.unwrap(), read.unwrap())
    };
    within(DEADLINE, "all are answered", exchange, String::new).await;
    let answers = String::from_utf8_lossy(&answers);
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned()).collect()
}

#[tokio::test]
async fn a_request_ends_where_its_body_does() {
    let server = TestServer::start().await;
    let text = "Host: x\r\n".repeat(1_500);
    let body =
        format!(r#"{{"channel":"{LOBBY}","payload":{{"type":"chat","text":{}}}}}"#, serde_json::json!(text));
    let head = request("POST /api/publish", &server.api_key());
    let counted = format!("{head}Host: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let chunks: String = body
        .as_bytes()
        .chunks(5_000)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    let chunked = format!("{head}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let expecting = "GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n";
    let head_only = "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(statuses_of(&server, &counted.repeat(3)).await, ["200", "200", "200", "200"]);
    assert_eq!(statuses_of(&server, &chunked.repeat(3)).await, ["200", "200", "200", "200"]);
    assert_eq!(statuses_of(&server, &expecting.repeat(2)).await, ["100", "200", "100", "200", "200"]);
    assert_eq!(statuses_of(&server, &head_only.repeat(2)).await, ["200", "200", "200"]);
}

#[tokio::test]
async fn the_rest_of_a_refused_body_is_not_read_as_a_request() {
    let server = TestServer::start().await;
    let rest = "Host".repeat(10_000);
    let chunked = format!(
        "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        rest.len()
    );
    let counted =
        format!("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{rest}", rest.len());
    for request in [chunked, counted] {
        let statuses = statuses_of(&server, &request).await;
        assert_eq!(statuses[0], "404");
        assert!(!statuses.contains(&"431".to_owned()), "{statuses:?}");
    }
}

#[tokio::test]
async fn a_client_that_offers_http_2_is_served_and_the_connection_closes() {
    let server = TestServer::start().await;
    let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    let body = format!(r#"{{"channel":"{LOBBY}","payload":{{"type":"chat","text":"hi"}}}}"#);
    let publish = request("POST /api/publish", &server.api_key());
    for (head, body) in [
        ("GET /healthz HTTP/1.1\r\n".to_owned(), ""),
        ("GET / HTTP/1.1\r\n".to_owned(), ""),
        (format!("{publish}Content-Length: {}\r\n", body.len()), body.as_str()),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let whole = format!("{head}Host: x\r\n{offer}\r\n{body}");
        stream.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read =
            within(DEADLINE, "the connection is closed", stream.read_to_string(&mut answer), String::new);
        read.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{head}: {answer}");
        assert!(answer.contains("connection: close\r\n"), "{head}: {answer}");
    }
}
