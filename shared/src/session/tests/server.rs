//! A server without sockets, which keeps a log for each channel and answers like the real one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pair::text_of;
use crate::ids::{ChannelName, ConnectionId, DisplayName, Epoch, MessageId, Offset, RequestId, UserId};
use crate::limits::PAGE_MESSAGES_MAX;
use crate::protocol::{
    Accepted, ClientMessage, ErrorCode, ErrorReply, Gap, GapReason, Head, Heartbeat, Hello, Limits, Message,
    Page, Payload, Position, Presence, PresenceChange, Publish, Refusal, Renamed, Sender, ServerMessage,
    Subscribe, Subscribed, VERSION, Welcome,
};
use crate::time::Timestamp;

/// The interval of heartbeats.
pub(super) const HEARTBEAT_MS: u64 = 25_000;

/// The token that the application's own server created for Ada.
pub(super) const ADAS_TOKEN: &str = "signed:ada";

/// A server, and its connection to the session under test.
#[derive(Debug)]
pub(super) struct FakeServer {
    pub(super) epoch: Epoch,
    pub(super) logs: BTreeMap<ChannelName, Vec<Message>>,
    /// All received messages, on all connections.
    pub(super) heard: Vec<ClientMessage>,
    /// Messages that the client has not received yet.
    pub(super) outgoing: VecDeque<ServerMessage>,
    /// Receives everything and sends nothing.
    pub(super) mute: bool,
    /// The refusals of the next requests.
    pub(super) refusals: VecDeque<Refusal>,
    /// Refuses every request until this time.
    pub(super) busy_until: Timestamp,
    /// Refuses requests for the members.
    pub(super) presence_off: bool,
    /// Whether this is a server from before `rename`.
    pub(super) is_older: bool,
    /// The members of every channel, without the client.
    pub(super) members: BTreeSet<UserId>,
    /// The version of every channel's presence. `None` for a server of an earlier version.
    pub(super) presence_version: Option<u64>,
    /// The announced maximum size of a message.
    pub(super) frame_bytes_max: u64,
    /// The server cannot read a publish with this text, so it does not know the id either.
    pub(super) unreadable: Option<&'static str>,
    /// The user of the open connection.
    pub(super) greeted: Option<Sender>,
    subscribed: BTreeSet<ChannelName>,
    connections: u64,
    guests: u64,
}

impl FakeServer {
    pub(super) fn new() -> Self {
        Self {
            epoch: Epoch(1),
            logs: BTreeMap::new(),
            heard: Vec::new(),
            outgoing: VecDeque::new(),
            mute: false,
            refusals: VecDeque::new(),
            busy_until: Timestamp(0),
            presence_off: false,
            is_older: false,
            members: BTreeSet::new(),
            presence_version: None,
            frame_bytes_max: 69_632,
            unreadable: None,
            greeted: None,
            subscribed: BTreeSet::new(),
            connections: 0,
            guests: 0,
        }
    }

    /// Closes the connection. Messages on their way are lost.
    pub(super) fn disconnect(&mut self) {
        self.greeted = None;
        self.subscribed.clear();
        self.outgoing.clear();
    }

    /// Handles a message of the client.
    pub(super) fn hear(&mut self, message: ClientMessage, now: Timestamp) {
        self.heard.push(message.clone());
        if self.mute {
            return;
        }
        if let ClientMessage::Hello(hello) = message {
            return self.greet(hello);
        }
        let Some(sender) = self.greeted.clone() else {
            panic!("{message:?} came before hello was answered");
        };
        if let ClientMessage::Publish(publish) = &message
            && text_of(&publish.payload).is_some_and(|text| Some(text) == self.unreadable)
        {
            let refusal = Refusal::new(ErrorCode::NotJson, "A message has to be a JSON object.");
            return self.say(ServerMessage::Error(ErrorReply { id: None, refusal }));
        }
        if let Some(id) = request_of(&message)
            && let Some(refusal) = self.refusal(now)
        {
            return self.say(ServerMessage::Error(ErrorReply { id: Some(id), refusal }));
        }
        match message {
            ClientMessage::Hello(_) | ClientMessage::Signal { .. } | ClientMessage::Seen { .. } => {}
            ClientMessage::Rename { id, .. } if self.is_older => {
                let refusal = Refusal::new(ErrorCode::UnknownType, "This type is not known.");
                self.say(ServerMessage::Error(ErrorReply { id: Some(id), refusal }));
            }
            ClientMessage::Rename { id, name } => {
                self.greeted = Some(Sender { name: name.clone(), ..sender });
                self.say(ServerMessage::Renamed(Renamed { id, name }));
            }
            ClientMessage::Subscribe(request) => self.subscribe(request),
            ClientMessage::Unsubscribe { channel } => {
                self.subscribed.remove(&channel);
            }
            ClientMessage::Publish(request) => self.publish(request, sender, now),
            ClientMessage::History { id, channel, before, limit } => {
                self.tell_history(id, &channel, before, limit)
            }
            ClientMessage::Presence { id, .. } if self.presence_off => {
                let refusal =
                    Refusal::new(ErrorCode::PresenceOff, "This channel does not tell who is there.");
                self.say(ServerMessage::Error(ErrorReply { id: Some(id), refusal }));
            }
            ClientMessage::Presence { id, channel } => {
                let others = self.members.iter().map(|user| member(user.as_str()));
                let change = PresenceChange::Members(others.chain([sender]).collect());
                self.tell_presence(Some(id), &channel, change);
            }
        }
    }

    /// A user joins the channel.
    pub(super) fn join(&mut self, channel: &ChannelName, user: &str) {
        self.members.insert(member(user).user);
        self.change(channel, PresenceChange::Joined(member(user)));
    }

    /// A user leaves the channel.
    pub(super) fn leave(&mut self, channel: &ChannelName, user: &str) {
        self.members.remove(&member(user).user);
        self.change(channel, PresenceChange::Left(member(user).user));
    }

    /// Sends a heartbeat with the versions of presence.
    pub(super) fn beat(&mut self, at: Timestamp) {
        let head = |channel: &ChannelName| {
            let (channel, offset) = (channel.clone(), self.head(channel));
            Head { channel, offset, presence: self.presence_version }
        };
        let heads = self.subscribed.iter().map(head).collect();
        self.say(ServerMessage::Heartbeat(Heartbeat { at, heads }));
    }

    fn change(&mut self, channel: &ChannelName, change: PresenceChange) {
        self.presence_version = self.presence_version.map(|version| version + 1);
        if self.subscribed.contains(channel) {
            self.tell_presence(None, channel, change);
        }
    }

    fn tell_presence(&mut self, id: Option<RequestId>, channel: &ChannelName, change: PresenceChange) {
        let (channel, version) = (channel.clone(), self.presence_version);
        self.say(ServerMessage::Presence(Presence { id, channel, version, change }));
    }

    /// Adds a message, unless the log has its id. Returns its offset, and whether it is a duplicate.
    pub(super) fn append(&mut self, mut message: Message) -> (Offset, bool) {
        let channel = message.channel.clone();
        let head = self.head(&channel);
        let log = self.logs.entry(channel.clone()).or_default();
        if let Some(known) = log.iter().find(|known| known.id == message.id) {
            return (known.offset, true);
        }
        // Offsets may have holes.
        let step = 1 + message.at.0 % 3;
        (message.prev, message.offset) = (head, Offset(head.0 + step));
        log.push(message.clone());
        if self.subscribed.contains(&channel) {
            self.say(ServerMessage::Message(message.clone()));
        }
        (message.offset, false)
    }

    /// Removes the oldest messages of a channel until `kept` are left.
    pub(super) fn trim(&mut self, channel: &ChannelName, kept: usize) {
        if let Some(log) = self.logs.get_mut(channel) {
            log.drain(..log.len().saturating_sub(kept));
        }
    }

    pub(super) fn say(&mut self, message: ServerMessage) {
        self.outgoing.push_back(message);
    }

    pub(super) fn is_subscribed(&self, channel: &ChannelName) -> bool {
        self.subscribed.contains(channel)
    }

    pub(super) fn head(&self, channel: &ChannelName) -> Offset {
        self.logs.get(channel).and_then(|log| log.last()).map_or(Offset::START, |last| last.offset)
    }

    fn greet(&mut self, hello: Hello) {
        let (user, token) = match hello.token.as_deref() {
            None => {
                self.guests += 1;
                let user = format!("guest-{}", self.guests);
                (user.clone(), Some(format!("guest:{user}")))
            }
            Some(token) => match token.split_once(':') {
                Some(("guest" | "signed", user)) => (user.to_owned(), None),
                _ => {
                    let refusal = Refusal::new(ErrorCode::InvalidToken, "This token is not valid here.");
                    return self.say(ServerMessage::Error(ErrorReply { id: None, refusal }));
                }
            },
        };
        self.connections += 1;
        let user = UserId::parse(&user).unwrap();
        let name = hello.name.unwrap_or_else(|| DisplayName::parse("Guest").unwrap());
        self.greeted = Some(Sender { user: user.clone(), name: name.clone() });
        let frame_bytes_max = self.frame_bytes_max;
        let limits = Limits { frame_bytes_max, subscriptions_max: 256, messages_per_second: 50 };
        let connection = ConnectionId(self.connections);
        let welcome =
            Welcome { connection, user, name, token, heartbeat_ms: HEARTBEAT_MS, limits, version: VERSION };
        self.say(ServerMessage::Welcome(welcome));
    }

    fn refusal(&mut self, now: Timestamp) -> Option<Refusal> {
        if now < self.busy_until {
            let wait = self.busy_until.since(now);
            return Some(Refusal::for_now(ErrorCode::RateLimited, "Wait a moment.", wait));
        }
        self.refusals.pop_front()
    }

    fn subscribe(&mut self, request: Subscribe) {
        let Subscribe { id, channel, since } = request;
        let (epoch, head) = (self.epoch, self.head(&channel));
        let oldest = self.logs.get(&channel).and_then(|log| log.first()).map_or(head, |first| first.prev);
        let lost = |reason| (oldest, Some(Gap { oldest: Offset(oldest.0 + 1), reason }));
        let (from, gap) = match since {
            None => (head, None),
            Some(since) if since.epoch != epoch => lost(GapReason::Epoch),
            Some(since) if since.offset > head => lost(GapReason::Ahead),
            Some(since) if since.offset < oldest => lost(GapReason::Trimmed),
            Some(since) => (since.offset, None),
        };
        self.subscribed.insert(channel.clone());
        let position = Position { epoch, offset: from };
        self.say(ServerMessage::Subscribed(Subscribed { id, channel: channel.clone(), position, head, gap }));
        let log = self.logs.get(&channel).cloned().unwrap_or_default();
        for message in log.into_iter().filter(|message| message.offset > from) {
            self.say(ServerMessage::Message(message));
        }
    }

    fn publish(&mut self, request: Publish, from: Sender, at: Timestamp) {
        let Publish { id, channel, message_id, payload, .. } = request;
        let (offset, prev) = (Offset::START, Offset::START);
        let (offset, duplicate) =
            self.append(Message { channel, offset, prev, id: message_id, at, from, payload });
        self.say(ServerMessage::Accepted(Accepted { id, offset, duplicate }));
    }

    fn tell_history(&mut self, id: RequestId, channel: &ChannelName, before: Option<Offset>, limit: u32) {
        let log = self.logs.get(channel).cloned().unwrap_or_default();
        let older: Vec<_> =
            log.into_iter().filter(|message| before.is_none_or(|before| message.offset < before)).collect();
        let first = older.len().saturating_sub(usize::try_from(limit.min(PAGE_MESSAGES_MAX)).unwrap());
        let messages = older.get(first..).unwrap_or_default().to_vec();
        self.say(ServerMessage::Page(Page { id, messages, more: first > 0 }));
    }
}

/// Returns another user, with the id as the name.
fn member(user: &str) -> Sender {
    Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(user).unwrap() }
}

/// Returns a message of another user.
pub(super) fn message_of(user: &str, channel: &ChannelName, text: &str, number: u64) -> Message {
    let from = Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(user).unwrap() };
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_le_bytes());
    Message {
        channel: channel.clone(),
        offset: Offset::START,
        prev: Offset::START,
        id: MessageId::new(0, &random),
        at: Timestamp(number),
        from,
        payload: Payload::chat(text),
    }
}

fn request_of(message: &ClientMessage) -> Option<RequestId> {
    match message {
        ClientMessage::Subscribe(request) => Some(request.id),
        ClientMessage::Publish(request) => Some(request.id),
        ClientMessage::History { id, .. }
        | ClientMessage::Presence { id, .. }
        | ClientMessage::Rename { id, .. } => Some(*id),
        ClientMessage::Hello(_)
        | ClientMessage::Unsubscribe { .. }
        | ClientMessage::Signal { .. }
        | ClientMessage::Seen { .. } => None,
    }
}
