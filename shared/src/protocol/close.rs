//! Why a connection is closed, and whether to come back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of a WebSocket close frame (RFC 6455 section 7.4).
///
/// A code of Tidings carries its rule in its range, so that no client needs a list: 4000 to 4499 come back,
/// 4500 to 4999 do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The conversation is over.
    pub const NORMAL: Self = Self(1000);
    /// The peer has broken the WebSocket protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A text was not UTF-8.
    pub const INVALID_TEXT: Self = Self(1007);
    /// A frame declared more bytes than are taken.
    pub const TOO_BIG: Self = Self(1009);
    /// The server has failed in a way it did not foresee.
    pub const INTERNAL: Self = Self(1011);
    /// The server stops or restarts.
    pub const STOPPING: Self = Self(4000);
    /// Nothing was heard of the peer for too long.
    pub const SILENT: Self = Self(4001);
    /// `hello` did not come in time.
    pub const NO_HELLO: Self = Self(4002);
    /// The client sent too much above its rate, for too long.
    pub const FLOOD: Self = Self(4003);
    /// An operator ended the connection.
    pub const DISCONNECTED: Self = Self(4500);
    /// Too many messages that were none.
    pub const MISUSE: Self = Self(4501);

    /// Whether a client is to connect again. Codes of the WebSocket protocol itself say nothing of it: a network's
    /// trouble looks like them, so they come back too.
    pub const fn may_return(self) -> bool {
        !matches!(self.0, 4500..=4999)
    }

    /// Whether the peer has closed because of what a message holds: the same bytes again would end the same way.
    pub const fn blames_message(self) -> bool {
        matches!(self, Self::PROTOCOL | Self::INVALID_TEXT | Self::TOO_BIG)
    }

    /// Whether an application may use this code to disconnect a client.
    pub const fn is_for_applications(self) -> bool {
        matches!(self.0, 1000 | 4000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_range_tells_whether_to_come_back() {
        for (code, returns) in
            [(1000, true), (1006, true), (4000, true), (4499, true), (4500, false), (4999, false)]
        {
            assert_eq!(CloseCode(code).may_return(), returns, "{code}");
        }
    }
}
