//! A session and a server, the wire between them, and the time.

use std::collections::VecDeque;
use std::time::Duration;

use super::server::{FakeServer, message_of};
use crate::ids::{ChannelName, ConnectionId, DisplayName, MessageId};
use crate::protocol::{
    ClientMessage, CloseCode, Closing, Message, Payload, Publish, ServerMessage, Subscribe, codec,
};
use crate::session::{Action, Delivery, Event, Input, Session, SessionConfig, Status};
use crate::time::Timestamp;

/// No story needs more messages than this.
const STEPS_MAX: usize = 10_000;

/// The socket as its driver would hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Socket {
    None,
    Opening,
    Open,
}

/// A session under test, with its world. Each step checks that no action breaks the rules of the socket.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) session: Session,
    pub(super) server: FakeServer,
    pub(super) now: Timestamp,
    pub(super) socket: Socket,
    /// Sent by the client and not heard by the server yet.
    pub(super) outgoing: VecDeque<ClientMessage>,
    /// All that the application was told.
    pub(super) events: Vec<Event>,
    pub(super) opens: usize,
    pub(super) closes: usize,
    /// Something on the way closes the connection when a message is longer, in bytes, and with which code.
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

    /// A guest who is called Ada.
    pub(super) fn new() -> Self {
        Self::with(SessionConfig { name: DisplayName::parse("Ada").ok(), ..SessionConfig::default() })
    }

    /// The same, connected.
    pub(super) fn online() -> Self {
        let mut pair = Self::new();
        pair.tell(Input::Start);
        pair.connect();
        pair
    }

    /// The same, and in the lobby.
    pub(super) fn in_lobby() -> Self {
        let mut pair = Self::online();
        pair.subscribe(&lobby());
        pair.flow();
        pair
    }

    /// Tells the session something, and does what it says.
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

    /// The socket opens, and all is said that there is to say.
    pub(super) fn connect(&mut self) {
        self.open();
        self.flow();
    }

    /// The socket opens.
    pub(super) fn open(&mut self) {
        assert_eq!(self.socket, Socket::Opening, "no socket is being opened");
        self.socket = Socket::Open;
        self.tell(Input::Opened);
    }

    /// Both sides hear all of each other, until nothing is left to say.
    pub(super) fn flow(&mut self) {
        self.flow_without("what nobody says");
    }

    /// The same, but what says `text` never gets through.
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

    /// The server hears the next message. Returns whether there was one.
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

    /// The client hears the next message. Returns whether there was one.
    pub(super) fn client_hears(&mut self) -> bool {
        let next = self.server.outgoing.pop_front();
        next.map(|message| self.hear(&message)).is_some()
    }

    /// The client hears a message that may not be the next.
    pub(super) fn hear(&mut self, message: &ServerMessage) {
        self.hear_text(&codec::encode_server(message));
    }

    /// The same for a text as it comes over the wire.
    pub(super) fn hear_text(&mut self, text: &str) {
        self.tell(Input::Received(codec::decode_server(text).unwrap()));
    }

    /// The network fails: what was on its way is lost.
    pub(super) fn cut(&mut self) {
        self.close_with(None);
    }

    /// The program ends and another begins: its session has no socket yet.
    pub(super) fn cut_silently(&mut self) {
        self.hang_up();
    }

    /// The server, or a browser in its name, closes with a code.
    pub(super) fn close_with(&mut self, code: Option<u16>) {
        self.hang_up();
        self.tell(Input::Closed { code: code.map(CloseCode) });
    }

    /// The server announces the end. The close frame does not come by itself.
    pub(super) fn announce(&mut self, code: u16, retry_after_ms: Option<u64>) {
        let reason = "The server's own words.".to_owned();
        self.hear(&ServerMessage::Closing(Closing { code: CloseCode(code), reason, retry_after_ms }));
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now + Duration::from_millis(ms);
    }

    /// Time passes until the session wants it to be noticed.
    pub(super) fn elapse(&mut self) {
        let until = self.session.poll_timeout().unwrap_or_else(|| panic!("nothing is waited for: {self:?}"));
        self.now = self.now.max(until);
        self.tell(Input::Elapsed);
    }

    /// The wait for the next try ends, and it succeeds.
    pub(super) fn come_back(&mut self) {
        assert!(matches!(self.status(), Status::Waiting { .. }), "{:?}", self.status());
        self.elapse();
        self.connect();
    }

    pub(super) fn subscribe(&mut self, channel: &ChannelName) {
        self.tell(Input::Subscribe { channel: channel.clone(), since: None, presence: false });
    }

    /// Ada writes in the lobby.
    pub(super) fn publish(&mut self, text: &str) -> MessageId {
        let message_id = self.session.new_message_id(self.now);
        self.tell(Input::Publish { channel: lobby(), message_id, payload: Payload::chat(text) });
        message_id
    }

    /// Bob writes in the lobby.
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

    /// How long the session waits for its next try, and how many have failed.
    pub(super) fn waiting(&self) -> (Duration, u32) {
        let Status::Waiting { until, attempt } = self.status() else { panic!("{:?}", self.status()) };
        (until.since(self.now), attempt)
    }

    /// The texts that the application has been given.
    pub(super) fn texts(&self) -> Vec<&str> {
        let texts = self.events.iter().filter_map(|event| match event {
            Event::Message(message) => text_of(&message.payload),
            _ => None,
        });
        texts.collect()
    }

    /// How far a message has come, step by step.
    pub(super) fn deliveries(&self, id: MessageId) -> Vec<&Delivery> {
        let steps = self.events.iter().filter_map(|event| match event {
            Event::Delivery { message_id, delivery, .. } if *message_id == id => Some(delivery),
            _ => None,
        });
        steps.collect()
    }

    /// The texts that the server has been sent, retries too.
    pub(super) fn published(&self) -> Vec<&str> {
        let publishes = self.server.heard.iter().filter_map(|message| match message {
            ClientMessage::Publish(Publish { payload, .. }) => text_of(payload),
            _ => None,
        });
        publishes.collect()
    }

    /// The subscriptions that the server has been asked for.
    pub(super) fn subscribes(&self) -> Vec<&Subscribe> {
        let asked = self.server.heard.iter().filter_map(|message| match message {
            ClientMessage::Subscribe(subscribe) => Some(subscribe),
            _ => None,
        });
        asked.collect()
    }

    /// Takes out what the application was told until now.
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
