//! Opens, keeps and loses the connection.

use std::time::Duration;

use super::backoff;
use super::config::Credential;
use super::heartbeat::Heartbeat;
use super::io::{Action, Event};
use super::machine::Session;
use super::state::{CONNECT_MS_MAX, Farewell, State};
use crate::ids::DisplayName;
use crate::limits::OUTBOX_IN_FLIGHT_MAX;
use crate::protocol::{self, ClientMessage, CloseCode, Closing, ErrorCode, Hello, Refusal, Welcome};
use crate::time::Timestamp;

impl Session {
    pub(super) fn start(&mut self, now: Timestamp) {
        if matches!(self.state, State::Stopped | State::Ended { .. }) {
            self.open(0, now);
        }
    }

    pub(super) fn stop(&mut self) {
        self.drop_socket();
        self.set_state(State::Stopped);
    }

    pub(super) fn connect_now(&mut self, now: Timestamp) {
        match self.state {
            State::Waiting { attempt, .. } => self.open(attempt, now),
            State::Ended { .. } => self.open(0, now),
            State::Stopped | State::Connecting { .. } | State::Greeting { .. } | State::Online { .. } => {}
        }
    }

    /// Handles a wake-up of the machine. The deadline may have passed without a timer, and a wait is not needed any more.
    pub(super) fn wake(&mut self, now: Timestamp) {
        if let State::Waiting { attempt, .. } = self.state {
            self.open(attempt, now);
        } else {
            self.elapse(now);
        }
    }

    /// Handles the state's deadline, if it has passed.
    pub(super) fn elapse(&mut self, now: Timestamp) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Waiting { attempt, .. } => self.open(attempt, now),
            State::Connecting { .. } | State::Greeting { .. } | State::Online { .. } => {
                self.give_up_oldest(now);
                self.actions.push_back(Action::Close);
                self.lose(None, now);
            }
            State::Stopped | State::Ended { .. } => {}
        }
    }

    pub(super) fn greet(&mut self, now: Timestamp) {
        let State::Connecting { attempt, .. } = self.state else { return };
        let deadline = now + Duration::from_millis(CONNECT_MS_MAX);
        self.state = State::Greeting { attempt, deadline, farewell: None };
        self.say_hello();
    }

    pub(super) fn welcome(&mut self, welcome: Welcome, now: Timestamp) {
        let State::Greeting { attempt, .. } = self.state else { return };
        if let (Credential::Guest(kept), Some(new)) = (&mut self.config.credential, &welcome.token) {
            *kept = Some(new.clone());
        }
        self.unreadable.greeted(welcome.limits.frame_bytes_max);
        self.renaming.greeted(welcome.name.clone());
        self.set_state(State::Online {
            connection: welcome.connection,
            attempt,
            since: now,
            heartbeat: Heartbeat::new(welcome.heartbeat_ms, now),
            farewell: None,
        });
        self.emit(Event::Welcomed { user: welcome.user, name: welcome.name, token: welcome.token });
    }

    pub(super) fn greeting_refused(&mut self, refusal: Refusal, now: Timestamp) {
        match (&mut self.config.credential, refusal.code, refusal.retry_after_ms) {
            (Credential::Guest(token @ Some(_)), ErrorCode::InvalidToken, _) => {
                *token = None;
                self.say_hello();
            }
            // The server has read `hello` twice, and `welcome` was lost. Only a new connection helps.
            (_, ErrorCode::AlreadyGreeted, _) => {
                self.actions.push_back(Action::Close);
                self.wait(None, now);
            }
            (_, _, Some(wait_ms)) => {
                self.actions.push_back(Action::Close);
                self.wait(Some(wait_ms), now);
            }
            (_, _, None) => {
                self.drop_socket();
                self.set_state(State::Ended { code: None, reason: refusal.message });
            }
        }
    }

    pub(super) fn note_farewell(&mut self, closing: Closing) {
        let note =
            Farewell { code: closing.code, reason: closing.reason, retry_after_ms: closing.retry_after_ms };
        if let State::Greeting { farewell, .. } | State::Online { farewell, .. } = &mut self.state {
            *farewell = Some(note);
        }
    }

    /// Handles the loss of the socket: connects again later, unless the server said not to.
    pub(super) fn lose(&mut self, code: Option<CloseCode>, now: Timestamp) {
        if !self.state.has_socket() {
            return;
        }
        let farewell = self.state.take_farewell();
        // `closing` wins over the close frame: that one may get lost, and a browser or proxy then invents a code.
        let code = farewell.as_ref().map(|said| said.code).or(code);
        if code.is_some_and(|code| !code.may_return()) {
            let reason = farewell
                .map_or_else(|| "The server has ended the connection.".to_owned(), |said| said.reason);
            self.forget_connection();
            return self.set_state(State::Ended { code, reason });
        }
        if let Some(reason) = self.blame(code, now) {
            self.forget_connection();
            return self.set_state(State::Ended { code, reason });
        }
        self.wait(farewell.and_then(|said| said.retry_after_ms), now);
    }

    /// Changes the name: on this connection if `hello` was sent, and with the next `hello` otherwise.
    pub(super) fn rename(&mut self, name: DisplayName) {
        if self.config.name.as_ref() == Some(&name) {
            return;
        }
        self.config.name = Some(name);
        if matches!(self.state, State::Greeting { .. } | State::Online { .. }) {
            self.renaming.request();
        }
    }

    /// Handles the refusal of a new name.
    pub(super) fn rename_refused(&mut self, refusal: Refusal, now: Timestamp) {
        let known = self.renaming.refused();
        // An older server accepts a name with `hello` only.
        if refusal.code == ErrorCode::UnknownType {
            self.drop_socket();
            return self.open(0, now);
        }
        self.config.name = known.clone();
        self.emit(Event::Refused(refusal));
        if let Some(name) = known {
            self.emit(Event::Renamed { name });
        }
    }

    fn open(&mut self, attempt: u32, now: Timestamp) {
        let deadline = now + Duration::from_millis(CONNECT_MS_MAX);
        self.set_state(State::Connecting { attempt, deadline });
        self.actions.push_back(Action::Open);
    }

    fn wait(&mut self, retry_after_ms: Option<u64>, now: Timestamp) {
        let attempt = self.state.failed_attempts(now);
        let backoff = backoff::wait(attempt.saturating_sub(1), &mut self.random);
        let wait = retry_after_ms.map_or(backoff, Duration::from_millis);
        self.forget_connection();
        self.set_state(State::Waiting { attempt, until: now + wait });
    }

    fn drop_socket(&mut self) {
        if self.state.has_socket() {
            self.actions.push_back(Action::Close);
        }
        self.forget_connection();
    }

    /// Forgets what was sent on the lost connection, so that the next one sends it again.
    fn forget_connection(&mut self) {
        self.paused_until = None;
        self.window = OUTBOX_IN_FLIGHT_MAX;
        self.made.clear();
        self.turn = 0;
        self.unreadable.forget_connection();
        self.subscriptions.reset();
        self.outbox.requeue_all();
        self.history.requeue_all();
        self.renaming.forget_connection();
    }

    fn say_hello(&mut self) {
        let token = match &self.config.credential {
            Credential::Guest(token) => token.clone(),
            Credential::Token(token) => Some(token.clone()),
        };
        let hello = Hello { version: protocol::VERSION, token, name: self.config.name.clone() };
        self.send(ClientMessage::Hello(hello));
    }

    fn set_state(&mut self, state: State) {
        let before = self.state.status();
        self.state = state;
        let status = self.state.status();
        if status != before {
            self.emit(Event::Status(status));
        }
    }
}
