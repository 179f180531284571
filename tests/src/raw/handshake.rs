//! A WebSocket handshake in which every header can be wrong.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connection::Raw;
use super::narrow;
use crate::deadline::{DEADLINE, within};

/// A WebSocket handshake request.
#[derive(Debug)]
pub struct Handshake {
    address: SocketAddr,
    path: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    manner: Manner,
}

/// How the request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// In one write, as the first request of the connection.
    AtOnce,
    /// As the second request of a connection.
    AfterAnother,
    /// The first bytes alone, then the rest.
    Hesitating(usize),
}

/// A response that does not open a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The head and the part of the body that was read with it.
    pub text: String,
}

impl Handshake {
    /// Makes a valid request.
    pub fn new(address: SocketAddr, path: &str) -> Self {
        let headers = [
            ("Host", address.to_string()),
            ("Connection", "Upgrade".to_owned()),
            ("Upgrade", "websocket".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { address, path: path.to_owned(), version: "1.1", headers, manner: Manner::AtOnce }
    }

    /// Uses HTTP/1.0.
    #[must_use]
    pub fn in_http_1_0(mut self) -> Self {
        self.version = "1.0";
        self
    }

    /// Sets a header, replacing the one of the same name.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// Removes a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Sends it as the second request of a connection.
    #[must_use]
    pub fn after_another(mut self) -> Self {
        self.manner = Manner::AfterAnother;
        self
    }

    /// Sends its first bytes alone.
    #[must_use]
    pub fn hesitating_after(mut self, bytes: usize) -> Self {
        self.manner = Manner::Hesitating(bytes);
        self
    }

    /// Sends the request. `Err` is the response of a server that does not open a WebSocket.
    ///
    /// # Errors
    /// The response, if its status is not 101.
    pub async fn open(self) -> Result<Raw, Response> {
        let stream = TcpStream::connect(self.address).await.expect("the server can be reached");
        self.open_on(stream).await
    }

    /// Sends the request on an open connection.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_on(self, stream: TcpStream) -> Result<Raw, Response> {
        let what = format!("the handshake at {} is answered", self.path);
        within(DEADLINE, &what, self.exchange(stream), String::new).await
    }

    async fn exchange(&self, mut stream: TcpStream) -> Result<Raw, Response> {
        stream.set_nodelay(true).expect("TCP_NODELAY can be set");
        let mut request = format!("GET {} HTTP/{}\r\n", self.path, self.version);
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        match self.manner {
            Manner::AtOnce => {}
            Manner::AfterAnother => {
                let other = format!("HEAD / HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
                stream.write_all(other.as_bytes()).await.expect("another request can be sent");
                read_head(&mut stream).await;
            }
            Manner::Hesitating(bytes) => {
                let rest = request.split_off(bytes);
                stream.write_all(request.as_bytes()).await.expect("a part can be sent");
                request = rest;
                // When the server answers a later client, it has seen these bytes.
                let mut other = TcpStream::connect(self.address).await.expect("the server can be reached");
                other.write_all(b"HEAD / HTTP/1.0\r\n\r\n").await.expect("a request can be sent");
                read_head(&mut other).await;
            }
        }
        stream.write_all(request.as_bytes()).await.expect("the request can be sent");
        let (mut received, end) = read_head(&mut stream).await;
        let rest = received.split_off(end);
        let header = String::from_utf8_lossy(&received).into_owned();
        let status = header.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status != 101 {
            return Err(Response { status, text: format!("{header}{}", String::from_utf8_lossy(&rest)) });
        }
        // The accept key for the key above, from RFC 6455 section 1.3.
        assert!(header.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the accept key is wrong: {header}");
        Ok(Raw::new(stream, rest))
    }
}

impl Raw {
    /// Opens a WebSocket at `path`.
    pub async fn connect(address: SocketAddr, path: &str) -> Self {
        match Handshake::new(address, path).open().await {
            Ok(raw) => raw,
            Err(response) => panic!("the handshake at {path} was refused: {response:?}"),
        }
    }

    /// Opens a WebSocket through a socket with small kernel buffers on both sides: a client that does not read is
    /// behind after a few dozen KiB.
    pub async fn connect_narrowly(address: SocketAddr, path: &str) -> Self {
        match Handshake::new(address, path).open_on(narrow::connect(address)).await {
            Ok(raw) => raw,
            Err(response) => panic!("the handshake at {path} was refused: {response:?}"),
        }
    }
}

/// Reads to the end of a response's head. Returns the bytes and the length of the head.
async fn read_head(stream: &mut TcpStream) -> (Vec<u8>, usize) {
    let mut received = Vec::new();
    loop {
        let mut buffer = vec![0; 4096];
        let count = stream.read(&mut buffer).await.expect("the answer can be read");
        received.extend_from_slice(&buffer[..count]);
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            return (received, end + 4);
        }
        assert!(count > 0, "the answer ended early: {}", String::from_utf8_lossy(&received));
    }
}
