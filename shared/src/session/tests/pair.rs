//! A session and a server, the connection between them, and virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use super::server::{FakeServer, message_of};
use crate::ids::{ChannelName, ConnectionId, DisplayName, MessageId};
use crate::protocol::{
    ClientMessage, CloseCode, Closing, Message, Payload, Publish, ServerMessage, Subscribe, codec,
};
use crate::session::{Action, Delivery, Event, Input, Session, SessionConfig, Status};
use crate::time::Timestamp;

/// Maximum number of messages in a story.
const STEPS_MAX: usize = 10_000;

/// The state of the socket in the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Socket {
    None,
    Opening,
    Open,
}

/// A session under test with a server. Each step checks that the actions fit the state of the socket.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) session: Session,
    pub(super) server: FakeServer,
    pub(super) now: Timestamp,
    pub(super) socket: Socket,
    /// Messages of the client that the server has not received yet.
    pub(super) outgoing: VecDeque<ClientMessage>,
    /// All events for the application.
    pub(super) events: Vec<Event>,
    pub(super) opens: usize,
    pub(super) closes: usize,
    /// A proxy closes the connection with this code if a message is longer than this many bytes.
    pub(super) closes_above: Option<(usize, u16)>,
    others: u64,
}

impl Pair {
    pub(super) fn with(config: SessionConfig) -> Self {
        let now = Timestamp(1_767_225_600_000);
        Self {
            session: Session::new(config, 42, now),
            server: FakeServer::new(),
            now,
            socket: Socket::None,
            outgoing: VecDeque::new(),
            events: Vec::new(),
            opens: 0,
            closes: 0,
            closes_above: None,
            others: 0,
        }
    }

    /// Returns a session of the guest Ada.
    pub(super) fn new() -> Self {
        Self::with(SessionConfig { name: DisplayName::parse("Ada").ok(), ..SessionConfig::default() })
    }

    /// Returns a connected session.
    pub(super) fn online() -> Self {
        let mut pair = Self::new();
        pair.tell(Input::Start);
        pair.connect();
        pair
    }

    /// Returns a connected session that has subscribed to the lobby.
    pub(super) fn in_lobby() -> Self {
        let mut pair = Self::online();
        pair.subscribe(&lobby());
        pair.flow();
        pair
    }

    /// Handles an input and runs the actions.
    pub(super) fn tell(&mut self, input: Input) {
        self.session.handle(input, self.now);
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Open => {
                    assert_eq!(self.socket, Socket::None, "a second socket is opened");
                    self.socket = Socket::Opening;
                    self.opens += 1;
                }
                Action::Send(message) => {
                    assert_eq!(self.socket, Socket::Open, "sent without an open socket: {message:?}");
                    let text = codec::encode_client(&message);
                    let read = serde_json::to_value(codec::decode_client(&text).unwrap()).unwrap();
                    self.outgoing.push_back(serde_json::from_value(read).unwrap());
                }
                Action::Close => {
                    assert_ne!(self.socket, Socket::None, "what is closed is not open");
                    self.closes += 1;
                    self.hang_up();
                }
                Action::Emit(event) => self.events.push(event),
            }
        }
        let rests = matches!(self.status(), Status::Stopped | Status::Ended { .. });
        assert_eq!(self.session.poll_timeout().is_none(), rests, "only what is at rest waits for nothing");
        let has_socket = matches!(self.status(), Status::Connecting { .. } | Status::Online { .. });
        assert_eq!(
            self.socket != Socket::None,
            has_socket,
            "the socket and {:?} do not agree",
            self.status()
        );
    }

    /// Opens the socket and delivers all messages.
    pub(super) fn connect(&mut self) {
        self.open();
        self.flow();
    }

    /// Opens the socket.
    pub(super) fn open(&mut self) {
        assert_eq!(self.socket, Socket::Opening, "no socket is being opened");
        self.socket = Socket::Open;
        self.tell(Input::Opened);
    }

    /// Delivers the messages of both sides until none is left.
    pub(super) fn flow(&mut self) {
        self.flow_without("what nobody says");
    }

    /// Delivers the messages of both sides, but drops each message of the server with this text.
    pub(super) fn flow_without(&mut self, text: &str) {
        let says = |message: &ServerMessage| match message {
            ServerMessage::Message(message) => text_of(&message.payload) == Some(text),
            _ => false,
        };
        for _ in 0..STEPS_MAX {
            self.server.outgoing.retain(|message| !says(message));
            if !self.server_hears() && !self.client_hears() {
                return;
            }
        }
        panic!("the two never stop talking: {:?}", self.server.heard.last());
    }

    /// Delivers the next message to the server. Returns whether there was one.
    pub(super) fn server_hears(&mut self) -> bool {
        let Some(message) = self.outgoing.pop_front() else { return false };
        match self.closes_above {
            Some((bytes, code)) if codec::encode_client(&message).len() > bytes => {
                self.close_with(Some(code));
            }
            _ => self.server.hear(message, self.now),
        }
        true
    }

    /// Delivers the next message to the client. Returns whether there was one.
    pub(super) fn client_hears(&mut self) -> bool {
        let next = self.server.outgoing.pop_front();
        next.map(|message| self.hear(&message)).is_some()
    }

    /// Delivers a message to the client, out of order.
    pub(super) fn hear(&mut self, message: &ServerMessage) {
        self.hear_text(&codec::encode_server(message));
    }

    /// Delivers a text to the client, out of order.
    pub(super) fn hear_text(&mut self, text: &str) {
        self.tell(Input::Received(codec::decode_server(text).unwrap()));
    }

    /// Breaks the connection. Messages on their way are lost.
    pub(super) fn cut(&mut self) {
        self.close_with(None);
    }

    /// Replaces the session with a new one without a socket, as after a restart of the program.
    pub(super) fn cut_silently(&mut self) {
        self.hang_up();
    }

    /// Closes the socket with a code.
    pub(super) fn close_with(&mut self, code: Option<u16>) {
        self.hang_up();
        self.tell(Input::Closed { code: code.map(CloseCode) });
    }

    /// Delivers `closing`. The close frame does not follow by itself.
    pub(super) fn announce(&mut self, code: u16, retry_after_ms: Option<u64>) {
        let reason = "The server's own words.".to_owned();
        self.hear(&ServerMessage::Closing(Closing { code: CloseCode(code), reason, retry_after_ms }));
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now + Duration::from_millis(ms);
    }

    /// Advances the time to the timeout of the session.
    pub(super) fn elapse(&mut self) {
        let until = self.session.poll_timeout().unwrap_or_else(|| panic!("nothing is waited for: {self:?}"));
        self.now = self.now.max(until);
        self.tell(Input::Elapsed);
    }

    /// Advances the time to the next attempt, which succeeds.
    pub(super) fn come_back(&mut self) {
        assert!(matches!(self.status(), Status::Waiting { .. }), "{:?}", self.status());
        self.elapse();
        self.connect();
    }

    pub(super) fn subscribe(&mut self, channel: &ChannelName) {
        self.tell(Input::Subscribe { channel: channel.clone(), since: None, presence: false });
    }

    /// Ada publishes in the lobby.
    pub(super) fn publish(&mut self, text: &str) -> MessageId {
        let message_id = self.session.new_message_id(self.now);
        self.tell(Input::Publish { channel: lobby(), message_id, payload: Payload::chat(text) });
        message_id
    }

    /// Bob publishes in the lobby.
    pub(super) fn bob_says(&mut self, text: &str) -> Message {
        self.others += 1;
        self.server.append(message_of("bob", &lobby(), text, self.others));
        self.server.logs[&lobby()].last().unwrap().clone()
    }

    pub(super) fn status(&self) -> Status {
        self.session.status()
    }

    pub(super) fn is_online(&self) -> bool {
        matches!(self.status(), Status::Online { .. })
    }

    pub(super) fn connection(&self) -> ConnectionId {
        let Status::Online { connection } = self.status() else { panic!("{:?}", self.status()) };
        connection
    }

    /// Returns the wait before the next attempt, and the number of failed attempts.
    pub(super) fn waiting(&self) -> (Duration, u32) {
        let Status::Waiting { until, attempt } = self.status() else { panic!("{:?}", self.status()) };
        (until.since(self.now), attempt)
    }

    /// Returns the texts that the application received.
    pub(super) fn texts(&self) -> Vec<&str> {
        let texts = self.events.iter().filter_map(|event| match event {
            Event::Message(message) => text_of(&message.payload),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the delivery states of a message.
    pub(super) fn deliveries(&self, id: MessageId) -> Vec<&Delivery> {
        let steps = self.events.iter().filter_map(|event| match event {
            Event::Delivery { message_id, delivery, .. } if *message_id == id => Some(delivery),
            _ => None,
        });
        steps.collect()
    }

    /// Returns the texts that the server received, including retries.
    pub(super) fn published(&self) -> Vec<&str> {
        let publishes = self.server.heard.iter().filter_map(|message| match message {
            ClientMessage::Publish(Publish { payload, .. }) => text_of(payload),
            _ => None,
        });
        publishes.collect()
    }

    /// Returns the subscriptions that the server received.
    pub(super) fn subscribes(&self) -> Vec<&Subscribe> {
        let asked = self.server.heard.iter().filter_map(|message| match message {
            ClientMessage::Subscribe(subscribe) => Some(subscribe),
            _ => None,
        });
        asked.collect()
    }

    /// Removes and returns the events so far.
    pub(super) fn forget(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn hang_up(&mut self) {
        self.socket = Socket::None;
        self.outgoing.clear();
        self.server.disconnect();
    }
}

pub(super) fn lobby() -> ChannelName {
    channel("room:lobby")
}

pub(super) fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

pub(super) fn text_of(payload: &Payload) -> Option<&str> {
    if let Payload::Chat { text, .. } = payload { Some(text) } else { None }
}
