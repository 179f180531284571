//! What a client remembers across connections, and what it does next: who it is, which channels it follows and how
//! far it has read each, and which of its messages are not in the log yet.
//!
//! > **The one rule of use:** after each [`Session::handle`], call [`Session::poll_action`] and do what it says until
//! > it returns nothing; then sleep until [`Session::poll_timeout`], or until something happens.
//!
//! ```
//! use shared::session::{Action, Input, Session, SessionConfig};
//! use shared::time::Timestamp;
//!
//! let mut session = Session::new(SessionConfig::default(), 42, Timestamp(0));
//! session.handle(Input::Start, Timestamp(0));
//! while let Some(action) = session.poll_action() {
//!     match action {
//!         Action::Open => { /* open a socket; tell Input::Opened or Input::Closed */ }
//!         Action::Send(_message) => { /* encode it and send it */ }
//!         Action::Close => { /* drop the socket */ }
//!         Action::Emit(_event) => { /* tell the application */ }
//!     }
//! }
//! assert!(session.poll_timeout().is_some());
//! ```
//!
//! The browser's driver, the native client of the tests and the simulator run this same code.

mod backoff;
mod heartbeat;
mod io;
mod link;
mod outbox;
mod presence;
mod requests;
mod state;
mod subscriptions;
#[cfg(test)]
mod tests;
mod unreadable;

use std::collections::VecDeque;
use std::time::Duration;

pub use backoff::{BACKOFF_FIRST_MS, BACKOFF_MAX_MS};
pub use io::{Action, Delivery, Event, Input, Status};

use crate::ids::{DisplayName, MessageId, Offset, RequestId};
use crate::limits::{OUTBOX_IN_FLIGHT_MAX, REQUEST_MS_MAX};
use crate::protocol::{
    ClientMessage, ErrorCode, Gap, GapReason, Head, Message, Refusal, ServerMessage, Subscribed,
};
use crate::time::Timestamp;
use outbox::Outbox;
use requests::HistoryRequests;
use state::State;
use subscriptions::{Arrival, Subscriptions};
use unreadable::Unreadable;

/// Who a session is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionConfig {
    /// How it shows the server who it is.
    pub credential: Credential,
    /// What others are shown.
    pub name: Option<DisplayName>,
}

/// How a client shows the server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A guest, with the token of an earlier visit. Where the server no longer takes it, the guest is a new one.
    Guest(Option<String>),
    /// A user whom the application's own server vouches for. Where the token is not taken, the session ends.
    Token(String),
}

impl Default for Credential {
    fn default() -> Self {
        Self::Guest(None)
    }
}

/// The client's mind: a state machine without IO, clock or randomness of its own.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    random: fastrand::Rng,
    state: State,
    subscriptions: Subscriptions,
    outbox: Outbox,
    history: HistoryRequests,
    last_request: u64,
    /// The requests of this connection and when they were made, from the oldest that is not answered on.
    made: VecDeque<(RequestId, Timestamp)>,
    /// The last turn that the server has named on this connection: what it refused until then is known here.
    turn: u64,
    /// How many requests may be unanswered at a time: one after a refusal for now, one more with each answer. The
    /// server would refuse all that comes during the pause, and in the end take so many refusals for misuse.
    window: usize,
    unreadable: Unreadable,
    /// The server asked for a pause until then.
    paused_until: Option<Timestamp>,
    actions: VecDeque<Action>,
}

impl Session {
    /// A session that does nothing until [`Input::Start`]. The `seed` spreads waits and message ids; two sessions must
    /// not have the same.
    pub fn new(config: SessionConfig, seed: u64, now: Timestamp) -> Self {
        Self {
            config,
            random: fastrand::Rng::with_seed(seed ^ now.0.rotate_left(32)),
            state: State::Stopped,
            subscriptions: Subscriptions::default(),
            outbox: Outbox::default(),
            history: HistoryRequests::default(),
            last_request: 0,
            made: VecDeque::new(),
            turn: 0,
            window: OUTBOX_IN_FLIGHT_MAX,
            unreadable: Unreadable::default(),
            paused_until: None,
            actions: VecDeque::new(),
        }
    }

    /// A new id for a message, to be given to [`Input::Publish`].
    pub fn new_message_id(&mut self, now: Timestamp) -> MessageId {
        let mut random = [0; 10];
        self.random.fill(&mut random);
        MessageId::new(now.0, &random)
    }

    /// The connection as a person sees it.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// What to do next; nothing when all is done for now.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Elapsed`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        // Nothing is asked during a pause, nor before an answer makes room for a request.
        let may_ask = self.paused_until.is_none() && self.in_flight() < self.window;
        let presence = self.subscriptions.presence_due().filter(|_| may_ask);
        [self.deadline(), self.paused_until, presence].into_iter().flatten().min()
    }

    /// When the state ends by itself, or a request has waited too long for its answer.
    fn deadline(&self) -> Option<Timestamp> {
        let answer = |(_, made): &(RequestId, Timestamp)| *made + Duration::from_millis(REQUEST_MS_MAX);
        [self.state.timeout(), self.made.front().map(answer)].into_iter().flatten().min()
    }

    /// Takes one thing that happened or is wanted.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        match input {
            Input::Start => self.start(now),
            Input::Stop => self.stop(),
            Input::ConnectNow => self.connect_now(now),
            Input::Woken => self.wake(now),
            Input::Elapsed => self.elapse(now),
            Input::Opened => self.greet(now),
            Input::Received(message) => self.receive(message, now),
            Input::Closed { code } => self.lose(code, now),
            Input::Rename(name) => self.rename(name, now),
            Input::Renew { token } => {
                self.config.credential = Credential::Token(token);
                if matches!(self.state, State::Ended { .. }) {
                    self.start(now);
                }
            }
            Input::Subscribe { channel, since, presence } => {
                self.subscriptions.add(channel, since, presence);
            }
            Input::Unsubscribe { channel } => {
                if self.subscriptions.remove(&channel) && self.is_online() {
                    self.send_unanswered(ClientMessage::Unsubscribe { channel });
                }
            }
            Input::Publish { channel, message_id, payload } => {
                let delivery = if self.outbox.push(channel.clone(), message_id, payload) {
                    Delivery::Local
                } else {
                    let message = "Too many messages are waiting to be sent.";
                    Delivery::Failed { refusal: Refusal::new(ErrorCode::OutboxFull, message) }
                };
                self.emit(Event::Delivery { channel, message_id, delivery });
            }
            Input::Retry { message_id } => {
                if let Some(channel) = self.outbox.retry(message_id) {
                    self.emit(Event::Delivery { channel, message_id, delivery: Delivery::Local });
                }
            }
            Input::Discard { message_id } => {
                self.outbox.remove(message_id);
            }
            Input::History { channel, before, limit } => {
                if !self.history.add(channel.clone(), before, limit) {
                    let refusal = Refusal::new(ErrorCode::OutboxFull, "Too many pages are being loaded.");
                    self.emit(Event::HistoryRefused { channel, before, refusal });
                }
            }
            Input::Signal { channel, kind } => {
                if self.is_online() {
                    self.send_unanswered(ClientMessage::Signal { channel, kind });
                }
            }
            Input::Seen { channel, delivered, read } => {
                // The server refuses one that names neither, and that error has no id.
                if self.is_online() && (delivered.is_some() || read.is_some()) {
                    self.send_unanswered(ClientMessage::Seen { channel, delivered, read });
                }
            }
        }
        self.send_waiting(now);
        while let Some(&(id, _)) = self.made.front()
            && !self.is_open(id)
        {
            self.made.pop_front();
        }
    }

    fn is_open(&self, id: RequestId) -> bool {
        self.outbox.sent_by(id).is_some() || self.subscriptions.is_open(id) || self.history.is_open(id)
    }

    fn receive(&mut self, message: ServerMessage, now: Timestamp) {
        if let State::Online { heartbeat, .. } = &mut self.state {
            heartbeat.hear(now);
        }
        let requests = self.in_flight();
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(welcome, now),
            ServerMessage::Subscribed(answer) => self.confirm(answer),
            ServerMessage::Message(message) => self.arrive(message),
            ServerMessage::Accepted(answer) => {
                if let Some(message_id) = self.outbox.sent_by(answer.id) {
                    self.accepted(message_id, Delivery::Accepted { offset: answer.offset });
                }
            }
            ServerMessage::Page(page) => {
                if let Some(asked) = self.history.answered(page.id) {
                    let (channel, before) = (asked.channel, asked.before);
                    self.emit(Event::Page { channel, before, messages: page.messages, more: page.more });
                }
            }
            ServerMessage::Push(push) => self.emit(Event::Push(push)),
            ServerMessage::Signal(signal) => self.emit(Event::Signal(signal)),
            ServerMessage::Presence(presence) => {
                if self.subscriptions.hear_presence(&presence, now, &mut self.random) {
                    self.emit(Event::Presence { channel: presence.channel, change: presence.change });
                }
            }
            ServerMessage::Error(error) => self.refused(error.id, error.refusal, now),
            ServerMessage::Closing(closing) => self.note_farewell(closing),
            ServerMessage::Heartbeat(heartbeat) => {
                self.subscriptions.ask_for_absent(&heartbeat.heads);
                for head in heartbeat.heads {
                    if self.subscriptions.contains(&head.channel) {
                        self.subscriptions.compare_presence(&head, now, &mut self.random);
                        self.compare(head);
                    } else if self.is_online() {
                        // The `unsubscribe` was lost, which nothing answers: to the others this client still is there.
                        self.send(ClientMessage::Unsubscribe { channel: head.channel });
                    }
                }
            }
            ServerMessage::Unknown => {}
        }
        self.settle_unnamed(now);
        if self.in_flight() < requests && self.paused_until.is_none() {
            self.window = (self.window + 1).min(OUTBOX_IN_FLIGHT_MAX);
        }
    }

    fn confirm(&mut self, answer: Subscribed) {
        let before = self.subscriptions.epoch(&answer.channel);
        if self.subscriptions.confirm(&answer) {
            let Subscribed { channel, position, head, mut gap, .. } = answer;
            // An answer that told of the new log may have been lost, and a later one tells only of its own gap.
            if let Some(gap) = &mut gap
                && before.is_some_and(|before| before != position.epoch)
            {
                gap.reason = GapReason::Epoch;
            }
            self.emit(Event::Subscribed { channel, position, head, gap });
        }
    }

    fn arrive(&mut self, message: Message) {
        // The log has it: whether this or `accepted` comes first does not matter.
        self.accepted(message.id, Delivery::Accepted { offset: message.offset });
        match self.subscriptions.arrive(&message) {
            Arrival::Next => self.emit(Event::Message(message)),
            Arrival::Drop => {}
            Arrival::Hole => {}
            Arrival::Lost(position) => {
                let (channel, head) = (message.channel.clone(), message.offset);
                let gap = Some(Gap { oldest: message.offset, reason: GapReason::Unknown });
                self.emit(Event::Subscribed { channel, position, head, gap });
                self.emit(Event::Message(message));
            }
        }
    }

    /// Finds out whether the last message of a channel was lost.
    fn compare(&mut self, head: Head) {
        match self.subscriptions.compare(&head) {
            Arrival::Lost(position) => {
                let gap = Some(Gap { oldest: Offset(head.offset.0 + 1), reason: GapReason::Unknown });
                self.emit(Event::Subscribed { channel: head.channel, position, head: head.offset, gap });
            }
            Arrival::Next | Arrival::Drop | Arrival::Hole => {}
        }
    }

    fn accepted(&mut self, message_id: MessageId, delivery: Delivery) {
        if let Some(channel) = self.outbox.remove(message_id) {
            self.emit(Event::Delivery { channel, message_id, delivery });
        }
    }

    /// Finds what was refused, and whether to try again.
    fn refused(&mut self, id: Option<RequestId>, refusal: Refusal, now: Timestamp) {
        if matches!(self.state, State::Greeting { .. }) {
            return self.greeting_refused(refusal, now);
        }
        self.turn = self.turn.max(refusal.turn.unwrap_or_default());
        let Some(id) = id else {
            if !self.refused_unnamed(&refusal) {
                self.emit(Event::Refused(refusal));
            }
            return;
        };
        if let Some(wait_ms) = refusal.retry_after_ms
            && self.unask(id)
        {
            let until = now + Duration::from_millis(wait_ms);
            self.paused_until = self.paused_until.max(Some(until));
            self.window = 1;
        } else if let Some(message_id) = self.outbox.sent_by(id) {
            if let Some(channel) = self.outbox.fail(message_id) {
                self.emit(Event::Delivery { channel, message_id, delivery: Delivery::Failed { refusal } });
            }
        } else if let Some(channel) = self.subscriptions.asked_by(id) {
            self.subscriptions.remove(&channel);
            self.emit(Event::SubscribeRefused { channel, refusal });
        } else if let Some(asked) = self.history.answered(id) {
            self.emit(Event::HistoryRefused { channel: asked.channel, before: asked.before, refusal });
        } else {
            self.subscriptions.presence_refused(id);
            self.emit(Event::Refused(refusal));
        }
    }

    /// Notes that request `id` is to be made again. Returns whether it was a request that can be.
    fn unask(&mut self, id: RequestId) -> bool {
        if let Some(message_id) = self.outbox.sent_by(id) {
            self.outbox.unsend(message_id);
            return true;
        }
        self.subscriptions.unask(id) || self.history.unask(id)
    }

    /// Sends all that this connection has not heard yet.
    fn send_waiting(&mut self, now: Timestamp) {
        if !self.is_online() || self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = None;
        while self.in_flight() < self.unreadable.window(self.window) {
            let id = RequestId(self.last_request + 1);
            let Some(message) = self.next_request(id, now) else { break };
            self.last_request = id.0;
            if let Some(refusal) = self.unreadable.too_large(&message) {
                self.refused(Some(id), refusal, now);
                continue;
            }
            self.made.push_back((id, now));
            self.send(message);
        }
        if self.in_flight() == 0 {
            self.unreadable.all_answered();
        }
    }

    fn next_request(&mut self, id: RequestId, now: Timestamp) -> Option<ClientMessage> {
        if let Some(subscribe) = self.subscriptions.next(id) {
            return Some(ClientMessage::Subscribe(subscribe));
        }
        if let Some(channel) = self.subscriptions.next_presence(id, now) {
            return Some(ClientMessage::Presence { id, channel });
        }
        self.history.next(id).or_else(|| self.outbox.next(id, self.turn).map(ClientMessage::Publish))
    }

    fn in_flight(&self) -> usize {
        self.subscriptions.in_flight() + self.history.in_flight() + self.outbox.in_flight()
    }

    fn is_online(&self) -> bool {
        matches!(self.state, State::Online { .. })
    }

    fn send(&mut self, message: ClientMessage) {
        self.actions.push_back(Action::Send(message));
    }

    fn emit(&mut self, event: Event) {
        self.actions.push_back(Action::Emit(event));
    }
}
