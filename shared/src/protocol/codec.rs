//! Messages to JSON text and back.

use serde::Serialize;

#[cfg(feature = "server")]
pub use super::decode::{DecodeError, decode_client, request_of};
use super::{ClientMessage, ServerMessage};
use crate::json::Unreadable;

/// Reads a message of the server's. A `type` of a later version is [`ServerMessage::Unknown`].
///
/// # Errors
/// [`Unreadable`]: a server does not send what is no message, so there is nobody to be told.
pub fn decode_server(text: &str) -> Result<ServerMessage, Unreadable> {
    ServerMessage::parse(text)
}

/// Writes a client's message.
pub fn encode_client(message: &ClientMessage) -> String {
    message.to_json()
}

/// Writes a message of the server's.
pub fn encode_server<P: Serialize>(message: &ServerMessage<P>) -> String {
    // Writing to memory cannot fail, and all keys of our messages are texts.
    serde_json::to_string(message).unwrap_or_default()
}

/// The same, behind what is in `bytes` already.
///
/// # Errors
/// Those of `bytes`, where it is something else than memory.
pub fn write_server<P: Serialize>(
    message: &ServerMessage<P>,
    bytes: impl std::io::Write,
) -> Result<(), serde_json::Error> {
    serde_json::to_writer(bytes, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_type_of_a_later_version_is_no_error_for_a_client() {
        assert_eq!(decode_server(r#"{"type":"confetti","amount":3}"#).unwrap(), ServerMessage::Unknown);
    }
}
