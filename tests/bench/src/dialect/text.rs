//! The least there is. The servers written for this bench speak it.

use super::{Place, Role};

/// Which of a room's messages a reader gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Those that come from now on, of rooms without a history.
    Live,
    /// Those that come from now on, of rooms with one.
    Log,
    /// Also receives the messages of the history.
    Back,
}

impl Text {
    /// `/sub/N` subscribes to room N, each text on `/pub/N` goes to its subscribers, `/both/N` does both, `/echo/N` returns each
    /// text. Rooms with a history are below `/log`, and `/log/back/N` subscribes from the oldest message on.
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
