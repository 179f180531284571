//! The minimal protocol, for the servers that were written for this bench.

use super::{Place, Role};

/// The messages of a room that a reader receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// New messages, in rooms without a history.
    Live,
    /// New messages, in rooms with a history.
    Log,
    /// Also receives the messages of the history.
    Back,
}

impl Text {
    /// `/sub/N` subscribes to room N, each text on `/pub/N` is sent to its subscribers, `/both/N` does both, `/echo/N`
    /// returns each text. Rooms with a history are below `/log`, and `/log/back/N` subscribes from the oldest message
    /// on.
    pub(super) fn path(self, place: Place) -> String {
        let verb = match place.role {
            Role::Reader if self == Self::Back => "back",
            Role::Reader => "sub",
            Role::Publisher => "pub",
            Role::Member => "both",
            Role::Echo => "echo",
        };
        let root = if self == Self::Live { "" } else { "/log" };
        format!("{root}/{verb}/{}", place.room)
    }
}
