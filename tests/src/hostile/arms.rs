//! What each kind of hostile guest sends.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;
use shared::protocol::VERSION;

use crate::raw::{Frame, Opcode};

/// The room that hostile guests publish in.
const HOSTILE_ROOM: &str = "room:hostile";

/// The largest payload that a guest may publish, nearly, in bytes.
const PAYLOAD_BYTES: usize = 64_000;

/// Channels that a guest may follow by default.
const SUBSCRIPTIONS: usize = 256;

/// New channels that a guest follows on a connection: what a new one may say at once, by default.
const NEW_CHANNELS: usize = 99;

/// What a paced guest waits after a large payload: about what the default rate asks for.
const LARGE_PAUSE: Duration = Duration::from_millis(330);

/// What a paced guest waits after a request: about what the default rate asks for.
const REQUEST_PAUSE: Duration = Duration::from_millis(15);

/// A kind of hostile guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Publishes the largest payloads, of arrays with thousands of values.
    WideJson,
    /// Publishes the largest payloads, of arrays within arrays.
    DeepJson,
    /// Asks for pages of history and reads none.
    HistoryWithoutReading,
    /// Follows as many channels as it may, from their beginnings, and reads nothing.
    SubscriptionsWithoutReading,
    /// Sends a request's header without an end.
    HeaderFlood,
    /// Sends requests to the HTTP API, one behind the other, and reads no response.
    PipelinedRequests,
    /// Sends nothing but pings.
    PingFlood,
    /// Comes, follows a channel, and goes, as fast as it can.
    SubscribeAndLeave,
    /// Comes, follows channels that nobody has followed before, and goes, as fast as it can.
    NewChannels,
    /// Sends texts that are no messages.
    WrongTexts,
    /// Sends binary messages.
    BinaryFrames,
    /// Sends parts of a message that never ends.
    EmptyParts,
    /// Says that it types, as fast as it can.
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

    /// The channels that the guests read from the beginning, and how many messages each should hold.
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

/// Whether a guest reads what the server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    All,
    Nothing,
}

/// What is sent next.
pub(super) struct Next {
    pub(super) bytes: Vec<u8>,
    /// How long nothing is sent afterwards.
    pub(super) pause: Option<Duration>,
}

/// What one guest sends.
pub(super) struct Arms {
    kind: Kind,
    guest: usize,
    pub(super) reads: Reads,
    /// How much has been sent on this connection.
    sent: usize,
    /// How much has been sent in all: no two messages have the same id.
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

    /// Whether it opens no WebSocket.
    pub(super) fn is_http(&self) -> bool {
        matches!(self.kind, Kind::HeaderFlood | Kind::PipelinedRequests)
    }

    /// How a connection begins.
    pub(super) fn opening(&mut self, address: SocketAddr) -> Vec<u8> {
        self.sent = 0;
        if self.kind == Kind::PipelinedRequests {
            return Vec::new();
        }
        // Every second guest asks for something that is not a typed connection: the server reads that elsewhere.
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

    /// What comes next; nothing where the guest closes the connection.
    pub(super) fn next(&mut self) -> Option<Next> {
        let number = self.sent;
        self.sent += 1;
        self.sent_in_all += 1;
        let mut pause = None;
        let bytes = match self.kind {
            Kind::WideJson | Kind::DeepJson => {
                // Every second guest keeps to the allowed rate, so that the server takes all that it sends.
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
                    // Closing resets: the server has to have read all before.
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
        // Of another epoch: the server begins at the oldest message there is.
        let since = json!({"epoch": "0000000000000001", "offset": 0});
        text(&json!({"type": "subscribe", "id": id, "channel": channel, "since": since}).to_string())
    }
}

/// A text as a frame, masked with zeros: the guests share the machine with the server, and masking 64 KB each time would take from
/// it what guests elsewhere do not.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Frame::new(Opcode::Text, b"").declaring(text.len() as u64).encode();
    let key = bytes.len() - 4;
    bytes[key..].fill(0);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

static WIDE: LazyLock<String> = LazyLock::new(wide);
static DEEP: LazyLock<String> = LazyLock::new(deep);

/// As many values as a payload may have, in arrays that hold little, and filled up with a text.
fn wide() -> String {
    let values = "[],".repeat(8_000);
    let filler = "x".repeat(PAYLOAD_BYTES - values.len());
    format!("[{values}\"{filler}\"]")
}

/// Arrays as deep as they may be, as often as they fit.
fn deep() -> String {
    let one = format!("{}{},", "[".repeat(60), "]".repeat(60));
    let values = one.repeat(8_000 / 60);
    let filler = "x".repeat(PAYLOAD_BYTES - values.len());
    format!("[{values}\"{filler}\"]")
}
