//! Turns messages into JSON text and back.

use serde::Serialize;

use super::client::ClientMessage;
#[cfg(feature = "server")]
pub use super::decode::{DecodeError, decode_client, request_of};
use super::server::ServerMessage;
use crate::json::{Fields, ReadFields, Unreadable, WriteFields, Writer};

/// Reads a message from the server. A `type` of a later version is [`ServerMessage::Unknown`].
///
/// # Errors
/// [`Unreadable`] if the text is not a message. A correct server does not send one.
pub fn decode_server(text: &str) -> Result<ServerMessage, Unreadable> {
    ServerMessage::read_fields(&mut Fields::parse(text)?)
}

/// Writes a message from a client.
pub fn encode_client(message: &ClientMessage) -> String {
    Writer::object(|to| message.write_fields(to))
}

/// Writes a message from the server.
pub fn encode_server<P: Serialize>(message: &ServerMessage<P>) -> String {
    // Writing to memory cannot fail, and all keys of our messages are texts.
    serde_json::to_string(message).unwrap_or_default()
}

/// Appends a message from the server to `bytes`.
///
/// # Errors
/// Those of `bytes`, if it is not memory.
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
    fn a_type_of_a_later_version_is_not_an_error_for_a_client() {
        assert_eq!(decode_server(r#"{"type":"confetti","amount":3}"#).unwrap(), ServerMessage::Unknown);
    }
}
