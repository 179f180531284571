//! The bytes that each kind of hostile guest sends.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;
use shared::protocol::VERSION;

use crate::raw::{Frame, Opcode};

/// The channel in which hostile guests publish.
const HOSTILE_ROOM: &str = "room:hostile";

/// Almost the maximum size of a payload, in bytes.
const PAYLOAD_BYTES: usize = 64_000;

/// Number of channels that a guest may subscribe to by default.
const SUBSCRIPTIONS: usize = 256;

/// Number of new channels per connection: the default burst of a new connection.
const NEW_CHANNELS: usize = 99;

/// Pause of a paced guest after a large payload, for a rate close to the default limit.
const LARGE_PAUSE: Duration = Duration::from_millis(330);

/// Pause of a paced guest after a request, for a rate close to the default limit.
const REQUEST_PAUSE: Duration = Duration::from_millis(15);

/// A kind of hostile guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Publishes the largest payloads, of arrays with thousands of values.
    WideJson,
    /// Publishes the largest payloads, of arrays within arrays.
    DeepJson,
    /// Requests pages of history and reads none.
    HistoryWithoutReading,
    /// Subscribes to as many channels as allowed, from their beginnings, and reads nothing.
    SubscriptionsWithoutReading,
    /// Sends a request head that does not end.
    HeaderFlood,
    /// Pipelines requests to the HTTP API and reads no response.
    PipelinedRequests,
    /// Sends nothing but pings.
    PingFlood,
    /// Connects, subscribes to a channel and disconnects, as fast as it can.
    SubscribeAndLeave,
    /// Connects, subscribes to channels that are new to the server and disconnects, as fast as it can.
    NewChannels,
    /// Sends texts that are not messages.
    WrongTexts,
    /// Sends binary messages.
    BinaryFrames,
    /// Sends fragments of a message that never ends.
    EmptyParts,
    /// Sends typing signals, as fast as it can.
    Signals,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::WideJson,
        Self::DeepJson,
        Self::HistoryWithoutReading,
        Self::SubscriptionsWithoutReading,
        Self::HeaderFlood,
        Self::PipelinedRequests,
        Self::PingFlood,
        Self::SubscribeAndLeave,
        Self::NewChannels,
        Self::WrongTexts,
        Self::BinaryFrames,
        Self::EmptyParts,
        Self::Signals,
    ];

    /// Returns the channels that the guests read from the beginning, and how many messages each should hold.
    pub fn channels(self) -> (Vec<String>, usize) {
        match self {
            Self::HistoryWithoutReading => (vec![HOSTILE_ROOM.to_owned()], 100),
            Self::SubscriptionsWithoutReading => ((0..SUBSCRIPTIONS).map(followed).collect(), 25),
            _ => (Vec::new(), 0),
        }
    }
}

fn followed(number: usize) -> String {
    format!("room:hostile-{number}")
}

/// Returns whether a guest reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    All,
    Nothing,
}

/// The next bytes.
pub(super) struct Next {
    pub(super) bytes: Vec<u8>,
    /// The pause after them.
    pub(super) pause: Option<Duration>,
}

/// The bytes that one guest sends.
pub(super) struct Arms {
    kind: Kind,
    guest: usize,
    pub(super) reads: Reads,
    /// Number of requests sent on this connection.
    sent: usize,
    /// Number of requests sent in total. It makes the message ids unique.
    sent_in_all: usize,
}

impl Arms {
    pub(super) fn of(kind: Kind, guest: usize) -> Self {
        let reads = match kind {
            Kind::HistoryWithoutReading | Kind::SubscriptionsWithoutReading | Kind::PipelinedRequests => {
                Reads::Nothing
            }
            _ => Reads::All,
        };
        Self { kind, guest, reads, sent: 0, sent_in_all: 0 }
    }

    /// Whether it does not open a WebSocket.
    pub(super) fn is_http(&self) -> bool {
        matches!(self.kind, Kind::HeaderFlood | Kind::PipelinedRequests)
    }

    /// Returns the first bytes of a connection.
    pub(super) fn opening(&mut self, address: SocketAddr) -> Vec<u8> {
        self.sent = 0;
        if self.kind == Kind::PipelinedRequests {
            return Vec::new();
        }
        // Every second guest does not open a typed connection, because the server reads others elsewhere.
        let path = if self.is_http() && self.guest % 2 == 1 { "/api/channels" } else { "/ws" };
        let mut bytes = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n").into_bytes();
        if !self.is_http() {
            bytes.extend_from_slice(
                b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            );
            let name = format!("Hostile {}", self.guest);
            bytes.extend(text(&json!({"type": "hello", "version": VERSION, "name": name}).to_string()));
        }
        bytes
    }

    /// Returns the next bytes, or `None` if the guest closes the connection.
    pub(super) fn next(&mut self) -> Option<Next> {
        let number = self.sent;
        self.sent += 1;
        self.sent_in_all += 1;
        let mut pause = None;
        let bytes = match self.kind {
            Kind::WideJson | Kind::DeepJson => {
                // Every second guest keeps to the rate, so the server accepts everything that it sends.
                pause = (self.guest % 2 == 1).then_some(LARGE_PAUSE);
                text(&self.publish(if self.kind == Kind::WideJson { &WIDE } else { &DEEP }))
            }
            Kind::HistoryWithoutReading => {
                pause = (self.guest % 2 == 1).then_some(REQUEST_PAUSE);
                text(
                    &json!({"type": "history", "id": number + 1, "channel": HOSTILE_ROOM, "limit": 100})
                        .to_string(),
                )
            }
            Kind::SubscriptionsWithoutReading => {
                pause = Some(REQUEST_PAUSE);
                self.subscribe_from_the_beginning(number)
            }
            Kind::HeaderFlood => {
                let filler = "x".repeat(1000);
                format!("X-Filler-{number}: {filler}\r\n").into_bytes()
            }
            Kind::PipelinedRequests => {
                let path = ["/metrics", "/healthz", "/"][self.guest % 3];
                format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(1000).into_bytes()
            }
            Kind::PingFlood => Frame::new(Opcode::Ping, &[b'x'; 125]).encode(),
            Kind::SubscribeAndLeave => match number {
                0 => text(&json!({"type": "subscribe", "id": 1, "channel": HOSTILE_ROOM}).to_string()),
                _ => return None,
            },
            Kind::NewChannels => match number {
                0..NEW_CHANNELS => {
                    // Closing resets the connection, so the server must have read everything before.
                    pause = (number + 1 == NEW_CHANNELS).then_some(REQUEST_PAUSE);
                    let channel = format!("room:{}-{}-{}", "new".repeat(40), self.guest, self.sent_in_all);
                    text(&json!({"type": "subscribe", "id": number + 1, "channel": channel}).to_string())
                }
                _ => return None,
            },
            Kind::WrongTexts => text("{\"type\":\"nonsense\",\"id\":[1,2,3"),
            Kind::BinaryFrames => Frame::new(Opcode::Binary, &[0; 100]).encode(),
            Kind::EmptyParts => match number {
                0 => Frame::new(Opcode::Text, b"").unfinished().encode(),
                _ => Frame::new(Opcode::Continuation, b"").unfinished().encode(),
            },
            Kind::Signals => match number {
                0 => text(&json!({"type": "subscribe", "id": 1, "channel": HOSTILE_ROOM}).to_string()),
                _ => text(&json!({"type": "signal", "channel": HOSTILE_ROOM, "kind": "typing"}).to_string()),
            },
        };
        Some(Next { bytes, pause })
    }

    fn publish(&self, data: &str) -> String {
        let (guest, number) = (self.guest, self.sent_in_all);
        let id = format!("0199c000-0000-7000-8000-{guest:04x}{number:08x}");
        format!(
            r#"{{"type":"publish","id":{number},"channel":"{HOSTILE_ROOM}","message_id":"{id}","payload":{{"type":"custom","name":"h","data":{data}}}}}"#
        )
    }

    fn subscribe_from_the_beginning(&self, number: usize) -> Vec<u8> {
        let (id, channel) = (number + 1, followed(number % SUBSCRIPTIONS));
        // A position of another epoch: the server starts at the oldest message.
        let since = json!({"epoch": "0000000000000001", "offset": 0});
        text(&json!({"type": "subscribe", "id": id, "channel": channel, "since": since}).to_string())
    }
}

/// Encodes a text as a frame that is masked with zeros. Masking 64 KB each time would take processor time of this
/// machine, which the server also uses.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Frame::new(Opcode::Text, b"").declaring(text.len() as u64).encode();
    let key = bytes.len() - 4;
    bytes[key..].fill(0);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

static WIDE: LazyLock<String> = LazyLock::new(wide);
static DEEP: LazyLock<String> = LazyLock::new(deep);

/// Returns the maximum number of values of a payload, in small arrays, filled up with a text.
fn wide() -> String {
    let values = "[],".repeat(8_000);
    let filler = "x".repeat(PAYLOAD_BYTES - values.len());
    format!("[{values}\"{filler}\"]")
}

/// Returns arrays of the maximum depth, as many as fit.
fn deep() -> String {
    let one = format!("{}{},", "[".repeat(60), "]".repeat(60));
    let values = one.repeat(8_000 / 60);
    let filler = "x".repeat(PAYLOAD_BYTES - values.len());
    format!("[{values}\"{filler}\"]")
}
