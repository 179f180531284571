//! More clients connect than the process may have sockets.

use serde_json::json;
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Raw, Settings, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Number of clients.
const NEWCOMERS: usize = 120;

/// Sends a handshake. Returns the connection if it was opened; otherwise the answer is a refusal or the end.
async fn knock(server: &TestServer) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.address()
    );
    // A refused client may find the connection closed.
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.ok()?;
    match &answer {
        b"HTTP/1.1 101" => Some(stream),
        b"HTTP/1.1 503" => None,
        other => panic!("{}", String::from_utf8_lossy(other)),
    }
}

/// Asserts that all requests that read the log work for a connected client.
async fn expect_reads(raw: &mut Raw, id: u64) {
    raw.send(&json!({"type": "history", "id": id, "channel": LOBBY, "limit": 10})).await;
    assert_eq!(raw.reply("page", id).await["messages"].as_array().map(Vec::len), Some(1));
    raw.subscribe(id + 1, &format!("room:number-{id}")).await;
}

#[tokio::test]
async fn when_sockets_run_out_new_clients_are_refused_and_connected_ones_read_on() {
    let settings = Settings::default().flag("--workers", "1").open_files_max(128);
    let server = TestServer::start_with(settings).await;
    server.log().expect(&["connections-max", "files=128"]).await;
    server.api().publish(LOBBY, "before").await;
    let mut ada = server.greeted("Ada").await;
    let mut inside = Vec::new();
    for _ in 0..NEWCOMERS {
        inside.extend(knock(&server).await);
    }
    assert!((32..NEWCOMERS / 2).contains(&inside.len()), "{} connections were opened", inside.len());
    expect_reads(&mut ada, 10).await;
    assert_eq!(server.public().get("/healthz").await.status, 200);

    // Other connections use the rest of the sockets and send nothing.
    let mut silent = Vec::new();
    for _ in 0..NEWCOMERS {
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }
    // The last of them is refused at once, not only after others have timed out.
    let mut answer = Vec::new();
    if silent.last_mut().unwrap().read_to_end(&mut answer).await.is_ok() {
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 503"), "{answer:?}");
    }
    let first = silent[0].try_read(&mut [0; 1]).map_err(|error| error.kind());
    assert_eq!(first, Err(std::io::ErrorKind::WouldBlock), "the first is still open");
    expect_reads(&mut ada, 20).await;
    drop(silent);

    // After a disconnect, the next client is accepted.
    drop(inside);
    let room = async || knock(&server).await.map(drop).ok_or_else(|| "turned away".to_owned());
    eventually(DEADLINE, "a new connection is accepted", room).await;
    server.api().expect_connections(1).await;
}
