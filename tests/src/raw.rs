//! A client that sends any frame, also those that no proper client sends.

mod frame;
mod handshake;
mod narrow;

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::{Value, json};
use shared::protocol::VERSION;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub use frame::{Frame, Opcode};
pub use handshake::{Handshake, Response};

use crate::deadline::{DEADLINE, within};

/// How the text of a heartbeat begins.
const HEARTBEAT: &str = r#"{"type":"heartbeat""#;

/// How many of the last frames a failure shows.
const TOLD_MAX: usize = 20;

/// An open WebSocket whose every byte the story decides.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    received: Vec<u8>,
    answers_pings: bool,
    told: VecDeque<String>,
}

impl Raw {
    /// Opens a WebSocket at `path`.
    pub async fn connect(address: SocketAddr, path: &str) -> Self {
        match Handshake::new(address, path).open().await {
            Ok(raw) => raw,
            Err(response) => panic!("the handshake at {path} was refused: {response:?}"),
        }
    }

    /// The same through a socket for which the kernel holds little, on either side: somebody who does not read is then
    /// behind after a few dozen KiB.
    pub async fn connect_narrowly(address: SocketAddr, path: &str) -> Self {
        match Handshake::new(address, path).open_on(narrow::connect(address)).await {
            Ok(raw) => raw,
            Err(response) => panic!("the handshake at {path} was refused: {response:?}"),
        }
    }

    fn new(stream: TcpStream, received: Vec<u8>) -> Self {
        Self { stream, received, answers_pings: true, told: VecDeque::new() }
    }

    /// From now on the server's pings stay unanswered.
    pub fn play_dead(&mut self) {
        self.answers_pings = false;
    }

    /// Says `hello` and returns the `welcome`.
    pub async fn greet(&mut self, name: &str) -> Value {
        self.send(&json!({"type": "hello", "version": VERSION, "name": name})).await;
        self.expect("welcome").await
    }

    /// Follows a channel and returns `subscribed`.
    pub async fn subscribe(&mut self, id: u64, channel: &str) -> Value {
        self.send(&json!({"type": "subscribe", "id": id, "channel": channel})).await;
        self.reply("subscribed", id).await
    }

    /// Sends a message of the protocol, or nearly one.
    pub async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    /// Sends a text in one frame.
    pub async fn send_text(&mut self, text: &str) {
        self.send_frame(Frame::new(Opcode::Text, text.as_bytes())).await;
    }

    /// Sends a frame.
    pub async fn send_frame(&mut self, frame: Frame) {
        self.send_bytes(&frame.encode()).await;
    }

    /// Sends bytes.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent =
            within(DEADLINE, "the server takes what is sent", self.stream.write_all(bytes), String::new)
                .await;
        if let Err(e) = sent {
            panic!("the connection cannot be written to: {e}\n{}", self.tell());
        }
    }

    /// Sends bytes, and does not mind when the server has closed meanwhile.
    pub async fn send_bytes_anyhow(&mut self, bytes: &[u8]) {
        // A server that has closed resets the connection.
        let _ = within(
            DEADLINE,
            "the server takes or refuses what is sent",
            self.stream.write_all(bytes),
            String::new,
        )
        .await;
    }

    /// The next frame.
    pub async fn next_frame(&mut self) -> Frame {
        self.next_frame_or_end().await.unwrap_or_else(|| panic!("the connection has ended\n{}", self.tell()))
    }

    /// The next frame, or nothing when the connection has ended.
    async fn next_frame_or_end(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, bytes)) = Frame::decode(&self.received) {
                self.received.drain(..bytes);
                self.note(frame.describe());
                if self.answers_pings && frame.opcode() == Some(Opcode::Ping) {
                    self.send_bytes_anyhow(&Frame::new(Opcode::Pong, &frame.payload).encode()).await;
                }
                return Some(frame);
            }
            let told = self.tell();
            let mut buffer = vec![0; 16 * 1024];
            let read = self.stream.read(&mut buffer);
            match within(DEADLINE, "something comes from the server", read, || told).await {
                Ok(0) => return None,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(e) => {
                    self.note(format!("error: {e}"));
                    return None;
                }
            }
        }
    }

    /// The next text, with pings and heartbeats left out.
    pub async fn next_text(&mut self) -> String {
        loop {
            let frame = self.next_frame().await;
            match frame.opcode() {
                Some(Opcode::Ping | Opcode::Pong) => {}
                Some(Opcode::Text) if frame.fin => {
                    let text = String::from_utf8(frame.payload).expect("a text is UTF-8");
                    if !text.starts_with(HEARTBEAT) {
                        return text;
                    }
                }
                _ => panic!("this is no text: {}\n{}", frame.describe(), self.tell()),
            }
        }
    }

    /// The next heartbeat; what comes before it is left out.
    pub async fn next_heartbeat(&mut self) -> Value {
        loop {
            let frame = self.next_frame().await;
            if frame.opcode() == Some(Opcode::Text) && frame.payload.starts_with(HEARTBEAT.as_bytes()) {
                return serde_json::from_slice(&frame.payload).expect("a heartbeat is JSON");
            }
        }
    }

    /// The next message of the protocol.
    pub async fn next(&mut self) -> Value {
        let text = self.next_text().await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("this is no JSON: {e}: {text}"))
    }

    /// The next message of another type than this.
    pub async fn next_but(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] != kind {
                return message;
            }
        }
    }

    /// The next message of this type; what comes before it is left out.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
            assert!(message["type"] != "error", "not {kind} but {message}\n{}", self.tell());
        }
    }

    /// The reply of this type to request `id`; what comes before it is left out.
    pub async fn reply(&mut self, kind: &str, id: u64) -> Value {
        loop {
            let message = self.next().await;
            if message["id"] == id && message["type"] != "message" {
                assert_eq!(message["type"], kind, "{message}");
                return message;
            }
        }
    }

    /// The next error has this code; what comes before it is left out.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == "error" {
                assert_eq!(message["code"], code, "{message}\n{}", self.tell());
                let sentence = message["message"].as_str().unwrap_or_default();
                assert!(!sentence.is_empty(), "an error has a sentence for a person: {message}");
                return message;
            }
        }
    }

    /// The connection lives: a request is answered.
    pub async fn expect_alive(&mut self) {
        self.send(&json!({"type": "presence", "id": 987_654, "channel": "room:lobby"})).await;
        self.reply("presence", 987_654).await;
    }

    /// The server closes with this code; what comes before the close is left out. Returns the reason.
    pub async fn expect_close(&mut self, code: u16) -> String {
        self.expect_close_after("what was sent", code).await
    }

    /// The same, with a word for the failure's message on what it follows.
    pub async fn expect_close_after(&mut self, what: &str, code: u16) -> String {
        self.note(format!("({what})"));
        loop {
            let frame = self.next_frame().await;
            if frame.opcode() == Some(Opcode::Close) {
                let (received, reason) = frame.close().unwrap_or((1005, String::new()));
                assert_eq!(received, code, "{what}: the reason was “{reason}”\n{}", self.tell());
                // As a proper client does.
                self.send_bytes_anyhow(&Frame::closing(code, "").encode()).await;
                return reason;
            }
        }
    }

    /// The server ends the connection, whatever it says before.
    pub async fn expect_end(&mut self) {
        while self.next_frame_or_end().await.is_some() {}
    }

    /// Closes in an orderly way: says so, and waits until the server has said so too.
    pub async fn close(&mut self) {
        self.send_frame(Frame::closing(1000, "")).await;
        self.expect_close(1000).await;
        self.expect_end().await;
    }

    /// What was last received, in words.
    pub fn tell(&self) -> String {
        let told: Vec<&str> = self.told.iter().map(String::as_str).collect();
        format!(
            "last received:\n  {}\n  and {} bytes of an unfinished frame",
            told.join("\n  "),
            self.received.len()
        )
    }

    fn note(&mut self, words: String) {
        if self.told.len() == TOLD_MAX {
            self.told.pop_front();
        }
        self.told.push_back(words);
    }
}
