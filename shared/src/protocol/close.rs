//! Why a connection is closed, and whether the client may connect again.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::Read;
use crate::json::declare::object;

object! {
    [Read]
    /// Announces that the server closes the connection. The close frame that follows has the same code.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Closing {
        /// Why, and whether the client may connect again.
        pub code: CloseCode,
        /// A sentence for a person.
        pub reason: String,
        /// When to connect again, in milliseconds. Each client gets another time, so that they do not all connect at
        /// once.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub retry_after_ms: Option<u64>,
    }
}

/// The code of a WebSocket close frame (RFC 6455 section 7.4).
///
/// The range of a code says what a client does, so that no client needs a list: after 4000 to 4499 it connects again,
/// after 4500 to 4999 it does not. A code that this version does not know keeps its number and follows the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The connection ended normally.
    pub const NORMAL: Self = Self(1000);
    /// The peer violated the WebSocket protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A text was not UTF-8.
    pub const INVALID_TEXT: Self = Self(1007);
    /// A frame declared more bytes than allowed.
    pub const TOO_BIG: Self = Self(1009);
    /// The server had an unexpected error.
    pub const INTERNAL: Self = Self(1011);
    /// The server stops or restarts.
    pub const STOPPING: Self = Self(4000);
    /// The peer was silent for too long.
    pub const SILENT: Self = Self(4001);
    /// `hello` did not arrive in time.
    pub const NO_HELLO: Self = Self(4002);
    /// The client exceeded its rate for too long.
    pub const FLOOD: Self = Self(4003);
    /// An operator ended the connection.
    pub const DISCONNECTED: Self = Self(4500);
    /// The client sent too many invalid messages.
    pub const MISUSE: Self = Self(4501);

    /// Whether a client connects again. After the codes of the WebSocket protocol itself it does, because a failing
    /// network causes them too.
    pub const fn may_return(self) -> bool {
        !matches!(self.0, 4500..=4999)
    }

    /// Whether the peer closed because of the content of a message. The same bytes would end the same way again.
    pub(crate) const fn blames_message(self) -> bool {
        matches!(self, Self::PROTOCOL | Self::INVALID_TEXT | Self::TOO_BIG)
    }

    /// Whether an application may use this code to disconnect a client.
    pub const fn is_for_applications(self) -> bool {
        matches!(self.0, 1000 | 4000..=4999)
    }
}

impl Read for CloseCode {
    fn read(value: Value) -> Option<Self> {
        u16::read(value).map(Self)
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
    fn the_range_says_whether_to_connect_again() {
        for (code, returns) in
            [(1000, true), (1006, true), (4000, true), (4499, true), (4500, false), (4999, false)]
        {
            assert_eq!(CloseCode(code).may_return(), returns, "{code}");
        }
    }
}
