//! An open WebSocket whose frames the story decides.

use std::collections::VecDeque;

use serde_json::{Value, json};
use shared::protocol::VERSION;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frame::{Frame, Opcode};
use crate::deadline::{DEADLINE, within};

/// The beginning of a heartbeat.
const HEARTBEAT: &str = r#"{"type":"heartbeat""#;

/// Maximum number of frames that a failure shows.
const TOLD_MAX: usize = 20;

/// An open WebSocket. The story decides every byte.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    received: Vec<u8>,
    answers_pings: bool,
    told: VecDeque<String>,
}

impl Raw {
    pub(super) fn new(stream: TcpStream, received: Vec<u8>) -> Self {
        Self { stream, received, answers_pings: true, told: VecDeque::new() }
    }

    /// Leaves the server's pings unanswered from now on.
    pub fn play_dead(&mut self) {
        self.answers_pings = false;
    }

    /// Says `hello` and returns the `welcome`.
    pub async fn greet(&mut self, name: &str) -> Value {
        self.send(&json!({"type": "hello", "version": VERSION, "name": name})).await;
        self.expect("welcome").await
    }

    /// Subscribes to a channel and returns the `subscribed`.
    pub async fn subscribe(&mut self, id: u64, channel: &str) -> Value {
        self.send(&json!({"type": "subscribe", "id": id, "channel": channel})).await;
        self.reply("subscribed", id).await
    }

    /// Sends a message of the protocol, valid or not.
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
        let sent = within(DEADLINE, "the server reads", self.stream.write_all(bytes), String::new).await;
        if let Err(e) = sent {
            panic!("the connection cannot be written to: {e}\n{}", self.describe_received());
        }
    }

    /// Sends bytes, and closes the sending direction of the connection at once. The server's frames can still be read.
    pub async fn send_and_end(&mut self, bytes: &[u8]) {
        self.send_bytes(bytes).await;
        let ended = self.stream.shutdown().await;
        ended.unwrap_or_else(|error| panic!("the connection cannot be ended: {error}"));
    }

    /// Sends bytes, and ignores an error if the server has already closed.
    pub async fn send_bytes_anyhow(&mut self, bytes: &[u8]) {
        // A server that has closed resets the connection.
        let _ =
            within(DEADLINE, "the server reads or closes", self.stream.write_all(bytes), String::new).await;
    }

    /// Waits for the next frame.
    pub async fn next_frame(&mut self) -> Frame {
        self.next_frame_or_end()
            .await
            .unwrap_or_else(|| panic!("the connection has ended\n{}", self.describe_received()))
    }

    /// Waits for the next frame, or returns `None` if the connection has ended.
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
            let told = self.describe_received();
            let mut buffer = vec![0; 16 * 1024];
            let read = self.stream.read(&mut buffer);
            match within(DEADLINE, "the server sends a frame", read, || told).await {
                Ok(0) => return None,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(e) => {
                    self.note(format!("error: {e}"));
                    return None;
                }
            }
        }
    }

    /// Waits for the next text; pings and heartbeats are skipped.
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
                _ => panic!("this is not a text: {}\n{}", frame.describe(), self.describe_received()),
            }
        }
    }

    /// Waits for the next heartbeat; everything before it is skipped.
    pub async fn next_heartbeat(&mut self) -> Value {
        loop {
            let frame = self.next_frame().await;
            if frame.opcode() == Some(Opcode::Text) && frame.payload.starts_with(HEARTBEAT.as_bytes()) {
                return serde_json::from_slice(&frame.payload).expect("a heartbeat is JSON");
            }
        }
    }

    /// Waits for the next message of the protocol.
    pub async fn next(&mut self) -> Value {
        let text = self.next_text().await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("this is not JSON: {e}: {text}"))
    }

    /// Waits for the next message of another type than this.
    pub async fn next_but(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] != kind {
                return message;
            }
        }
    }

    /// Waits for the next message of this type; everything before it is skipped.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
            assert!(message["type"] != "error", "not {kind} but {message}\n{}", self.describe_received());
        }
    }

    /// Waits for the reply of this type to request `id`; everything before it is skipped.
    pub async fn reply(&mut self, kind: &str, id: u64) -> Value {
        loop {
            let message = self.next().await;
            if message["id"] == id && message["type"] != "message" {
                assert_eq!(message["type"], kind, "{message}");
                return message;
            }
        }
    }

    /// Waits for the next error, which has to have this code; everything before it is skipped.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == "error" {
                assert_eq!(message["code"], code, "{message}\n{}", self.describe_received());
                let sentence = message["message"].as_str().unwrap_or_default();
                assert!(!sentence.is_empty(), "an error has a sentence for a person: {message}");
                return message;
            }
        }
    }

    /// Asserts that the connection is alive: a request is answered.
    pub async fn expect_alive(&mut self) {
        self.send(&json!({"type": "presence", "id": 987_654, "channel": "room:lobby"})).await;
        self.reply("presence", 987_654).await;
    }

    /// Waits until the server closes with this code; everything before it is skipped. Returns the reason.
    pub async fn expect_close(&mut self, code: u16) -> String {
        self.expect_close_after("what was sent", code).await
    }

    /// The same; `what` is the cause, for the failure's message.
    pub async fn expect_close_after(&mut self, what: &str, code: u16) -> String {
        self.note(format!("({what})"));
        loop {
            let frame = self.next_frame().await;
            if frame.opcode() == Some(Opcode::Close) {
                let (received, reason) = frame.close().unwrap_or((1005, String::new()));
                assert_eq!(received, code, "{what}: the reason was “{reason}”\n{}", self.describe_received());
                // Answer the close, as the protocol requires.
                self.send_bytes_anyhow(&Frame::closing(code, "").encode()).await;
                return reason;
            }
        }
    }

    /// Waits until the server ends the connection, whatever it sends before.
    pub async fn expect_end(&mut self) {
        while self.next_frame_or_end().await.is_some() {}
    }

    /// Closes with a close frame and waits for the server's.
    pub async fn close(&mut self) {
        self.send_frame(Frame::closing(1000, "")).await;
        self.expect_close(1000).await;
        self.expect_end().await;
    }

    /// Describes the last received frames.
    pub fn describe_received(&self) -> String {
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
