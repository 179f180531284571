//! The change of the display name on an open connection.

use crate::ids::{DisplayName, RequestId};
use crate::protocol::ClientMessage;

/// Whether the server has the client's name. `hello` carries it, so this concerns later changes only.
#[derive(Debug, Default)]
pub(super) struct Renaming {
    /// The name that the server had last.
    known: Option<DisplayName>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server has the name, or the next `hello` carries it.
    #[default]
    Idle,
    /// The request has to be sent on this connection.
    Due,
    /// The request was sent on this connection.
    Sent(RequestId),
}

impl Renaming {
    /// The server has this name.
    pub(super) fn greeted(&mut self, name: DisplayName) {
        self.known = Some(name);
    }

    /// The name has changed after `hello`.
    pub(super) fn request(&mut self) {
        self.state = State::Due;
    }

    /// Returns the request for `name`, if it has to be sent.
    pub(super) fn next(&mut self, id: RequestId, name: Option<&DisplayName>) -> Option<ClientMessage> {
        let name = name.filter(|_| self.state == State::Due)?.clone();
        self.state = State::Sent(id);
        Some(ClientMessage::Rename { id, name })
    }

    /// Number of unanswered requests.
    pub(super) fn in_flight(&self) -> usize {
        usize::from(matches!(self.state, State::Sent(_)))
    }

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        self.state == State::Sent(id)
    }

    /// Marks request `id` to be sent again. Returns whether it is this one.
    pub(super) fn requeue(&mut self, id: RequestId) -> bool {
        let is_open = self.is_open(id);
        if is_open {
            self.state = State::Due;
        }
        is_open
    }

    /// The answer of request `id` has arrived. Returns whether it is the newest one.
    pub(super) fn answered(&mut self, id: RequestId, name: &DisplayName) -> bool {
        let is_open = self.is_open(id);
        // An earlier name was accepted too.
        self.known = Some(name.clone());
        if is_open {
            self.state = State::Idle;
        }
        is_open
    }

    /// The server has refused the name. Returns the name that it still has.
    pub(super) fn refused(&mut self) -> Option<DisplayName> {
        self.state = State::Idle;
        self.known.clone()
    }

    /// The next `hello` carries the name.
    pub(super) fn forget_connection(&mut self) {
        self.state = State::Idle;
    }
}
