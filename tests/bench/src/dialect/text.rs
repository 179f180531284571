//! The least there is. The servers written for this bench speak it.

use super::{Place, Role};

/// Which of a room's messages a reader gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Those that come from now on, of rooms without a history.
    Live,
    /// Those that come from now on, of rooms with one.
    Log,
    /// Also those that the history has.
    Back,
}

impl Text {
    /// `/sub/N` follows room N, each text on `/pub/N` goes to who follows it, `/both/N` is both, `/echo/N` answers each text
    /// with itself. Rooms with a history are below `/log`, and `/log/back/N` follows one from its oldest message on.
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
