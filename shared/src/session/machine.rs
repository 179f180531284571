//! The session itself: its state, and the inputs of the application.
//!
//! The other inputs are handled in `connection` (open, greet, lose), `receive` (messages of the server), `refused` and
//! `blame` (refusals). `sending` sends what waits.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::{Credential, SessionConfig};
use super::io::{Action, Delivery, Event, Input, Status};
use super::outbox::Outbox;
use super::renaming::Renaming;
use super::requests::HistoryRequests;
use super::state::State;
use super::subscriptions::Subscriptions;
use super::unreadable::Unreadable;
use crate::ids::{MessageId, RequestId};
use crate::limits::{OUTBOX_IN_FLIGHT_MAX, REQUEST_MS_MAX};
use crate::protocol::{ClientMessage, ErrorCode, Refusal};
use crate::time::Timestamp;

/// The client's protocol state machine, without IO, clock or randomness of its own.
#[derive(Debug)]
pub struct Session {
    pub(super) config: SessionConfig,
    pub(super) random: fastrand::Rng,
    pub(super) state: State,
    pub(super) subscriptions: Subscriptions,
    pub(super) outbox: Outbox,
    pub(super) history: HistoryRequests,
    pub(super) renaming: Renaming,
    pub(super) last_request: u64,
    /// The requests of this connection and when they were sent, starting with the oldest unanswered one.
    pub(super) made: VecDeque<(RequestId, Timestamp)>,
    /// The last turn that the server has named on this connection. All refusals before it have arrived.
    pub(super) turn: u64,
    /// Maximum number of unanswered requests: one after a retryable refusal, one more with each answer. The server
    /// refuses every request during the pause, and so many refusals would count as misuse.
    pub(super) window: usize,
    pub(super) unreadable: Unreadable,
    /// No request is sent before this time, because the server asked for a pause.
    pub(super) paused_until: Option<Timestamp>,
    pub(super) actions: VecDeque<Action>,
}

impl Session {
    /// Returns a session that does nothing until [`Input::Start`]. The `seed` randomizes waits and message ids; each
    /// session needs a different one.
    pub fn new(config: SessionConfig, seed: u64, now: Timestamp) -> Self {
        Self {
            config,
            random: fastrand::Rng::with_seed(seed ^ now.0.rotate_left(32)),
            state: State::Stopped,
            subscriptions: Subscriptions::default(),
            outbox: Outbox::default(),
            history: HistoryRequests::default(),
            renaming: Renaming::default(),
            last_request: 0,
            made: VecDeque::new(),
            turn: 0,
            window: OUTBOX_IN_FLIGHT_MAX,
            unreadable: Unreadable::default(),
            paused_until: None,
            actions: VecDeque::new(),
        }
    }

    /// Returns a new message id for [`Input::Publish`].
    pub fn new_message_id(&mut self, now: Timestamp) -> MessageId {
        let mut random = [0; 10];
        self.random.fill(&mut random);
        MessageId::new(now.0, &random)
    }

    /// Returns the state of the connection for display.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Returns the next action, or `None` when nothing is left to do now.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns when to call [`handle`](Self::handle) with [`Input::Elapsed`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        // No request is sent during a pause, or while the window is full.
        let may_ask = self.paused_until.is_none() && self.in_flight() < self.window;
        let presence = self.subscriptions.presence_due().filter(|_| may_ask);
        [self.deadline(), self.paused_until, presence].into_iter().flatten().min()
    }

    /// Returns when the state times out, or a request has waited too long for its answer.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let answer = |(_, made): &(RequestId, Timestamp)| *made + Duration::from_millis(REQUEST_MS_MAX);
        [self.state.timeout(), self.made.front().map(answer)].into_iter().flatten().min()
    }

    /// Handles one event or wish.
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
            Input::Rename(name) => self.rename(name),
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

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        self.outbox.sent_by(id).is_some()
            || self.subscriptions.is_open(id)
            || self.history.is_open(id)
            || self.renaming.is_open(id)
    }

    pub(super) fn is_online(&self) -> bool {
        matches!(self.state, State::Online { .. })
    }

    pub(super) fn send(&mut self, message: ClientMessage) {
        self.actions.push_back(Action::Send(message));
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.actions.push_back(Action::Emit(event));
    }
}
