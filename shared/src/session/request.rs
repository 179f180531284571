//! The state of a request that is repeated on each connection.

use crate::ids::RequestId;

/// How far a request has come on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestState {
    /// Not sent.
    Pending,
    /// Sent, unanswered.
    Sent(RequestId),
    /// Answered. The server now sends the changes.
    Live(RequestId),
}
