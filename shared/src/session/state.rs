//! The states of the connection, each with the data that exists only in it.

use super::heartbeat::Heartbeat;
use super::io::Status;
use crate::ids::ConnectionId;
use crate::protocol::CloseCode;
use crate::time::Timestamp;

/// A connection that lived less than this, in milliseconds, counts as a failed attempt. Otherwise a server that accepts
/// connections and drops them at once would get an attempt twice a second for ever.
pub(super) const STABLE_MS: u64 = 5_000;

/// Maximum time for a socket to open, and for the answer to `hello`, in milliseconds.
pub(super) const CONNECT_MS_MAX: u64 = 10_000;

/// The state of the connection.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// The application wants no connection.
    Stopped,
    /// A socket is being opened.
    Connecting { attempt: u32, deadline: Timestamp },
    /// The socket is open and `hello` was sent.
    Greeting { attempt: u32, deadline: Timestamp, farewell: Option<Farewell> },
    /// The server has answered `hello`.
    Online {
        connection: ConnectionId,
        attempt: u32,
        since: Timestamp,
        heartbeat: Heartbeat,
        farewell: Option<Farewell>,
    },
    /// The connection is lost; the next attempt comes at `until`.
    Waiting { attempt: u32, until: Timestamp },
    /// The server does not want this client to connect again.
    Ended { code: Option<CloseCode>, reason: String },
}

/// What the server announced in `closing`.
#[derive(Debug, Clone)]
pub(super) struct Farewell {
    pub(super) code: CloseCode,
    pub(super) reason: String,
    pub(super) retry_after_ms: Option<u64>,
}

impl State {
    /// Returns the state for display.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Stopped => Status::Stopped,
            Self::Connecting { attempt, .. } | Self::Greeting { attempt, .. } => {
                Status::Connecting { attempt: *attempt }
            }
            Self::Online { connection, .. } => Status::Online { connection: *connection },
            Self::Waiting { attempt, until } => Status::Waiting { until: *until, attempt: *attempt },
            Self::Ended { code, reason } => Status::Ended { code: *code, reason: reason.clone() },
        }
    }

    /// Returns when the state times out.
    pub(super) fn timeout(&self) -> Option<Timestamp> {
        match self {
            Self::Stopped | Self::Ended { .. } => None,
            Self::Connecting { deadline, .. } | Self::Greeting { deadline, .. } => Some(*deadline),
            Self::Online { heartbeat, .. } => Some(heartbeat.deadline()),
            Self::Waiting { until, .. } => Some(*until),
        }
    }

    /// Whether there is a socket, open or opening.
    pub(super) fn has_socket(&self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::Greeting { .. } | Self::Online { .. })
    }

    /// Returns the number of failed attempts, if this one fails.
    pub(super) fn failed_attempts(&self, now: Timestamp) -> u32 {
        match self {
            Self::Connecting { attempt, .. } | Self::Greeting { attempt, .. } => attempt + 1,
            Self::Online { attempt, since, .. } if now.since(*since).as_millis() < u128::from(STABLE_MS) => {
                attempt + 1
            }
            Self::Waiting { attempt, .. } => *attempt,
            Self::Online { .. } | Self::Stopped | Self::Ended { .. } => 0,
        }
    }

    /// Removes and returns what the server announced in `closing`.
    pub(super) fn take_farewell(&mut self) -> Option<Farewell> {
        match self {
            Self::Greeting { farewell, .. } | Self::Online { farewell, .. } => farewell.take(),
            _ => None,
        }
    }
}
