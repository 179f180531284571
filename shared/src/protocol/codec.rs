//! Messages to JSON text and back.

use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::{ClientMessage, ErrorCode, Refusal, ServerMessage, tag_first};
use crate::ids::{ChannelName, DisplayName, RequestId};
use crate::json::Unreadable;
use crate::limits::REFUSAL_CHARS_MAX;

/// Why a text is no message of a client's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", refusal.message)]
pub struct DecodeError {
    /// The number of the request, where it could be read: the answer to it is an error with the same.
    pub id: Option<RequestId>,
    /// What the sender is told.
    pub refusal: Refusal,
}

/// Reads a client's message.
///
/// # Errors
/// [`DecodeError`] with `not_json`, `unknown_type`, `missing_field`, `invalid_channel`, `invalid_name` or
/// `invalid_field`.
pub fn decode_client(text: &str) -> Result<ClientMessage, DecodeError> {
    if let Some(publish) = tag_first::publish(text) {
        return Ok(publish);
    }
    serde_json::from_str(text).map_err(|error| diagnose(text, &error))
}

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
pub fn encode_server(message: &ServerMessage) -> String {
    // Writing to memory cannot fail, and all keys of our messages are texts.
    serde_json::to_string(message).unwrap_or_default()
}

/// The same, behind what is in `bytes` already.
///
/// # Errors
/// Those of `bytes`, where it is something else than memory.
pub fn write_server(message: &ServerMessage, bytes: impl std::io::Write) -> Result<(), serde_json::Error> {
    serde_json::to_writer(bytes, message)
}

/// Finds out what is wrong. Only refused texts pay for this second look.
fn diagnose(text: &str, error: &serde_json::Error) -> DecodeError {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else {
        let refusal = Refusal::new(ErrorCode::NotJson, "A message has to be a JSON object.");
        return DecodeError { id: None, refusal };
    };
    let id = fields.get("id").and_then(Value::as_u64).map(RequestId);
    let refusal = match fields.get("type").and_then(Value::as_str) {
        None => Refusal::new(ErrorCode::MissingField, "A message has to have a “type”."),
        Some(kind) if !ClientMessage::TYPES.contains(&kind) => {
            let known = ClientMessage::TYPES.join(", ");
            Refusal::new(ErrorCode::UnknownType, format!("This type is not known; known are {known}."))
        }
        Some(_) if holds_other_than::<ChannelName>(fields.get("channel")) => {
            let form = "A channel is namespace:name, like room:lobby, of letters, digits and _ - . + @.";
            Refusal::new(ErrorCode::InvalidChannel, form)
        }
        Some("hello") if holds_other_than::<DisplayName>(fields.get("name")) => Refusal::new(
            ErrorCode::InvalidName,
            "A name has 1 to 40 characters that can be seen, in one line.",
        ),
        Some(_) => refuse_fields(&error.to_string()),
    };
    DecodeError { id, refusal }
}

fn holds_other_than<T: DeserializeOwned>(field: Option<&Value>) -> bool {
    field.is_some_and(|value| !value.is_null() && T::deserialize(value).is_err())
}

/// serde tells the kinds of its errors apart by their sentences alone.
fn refuse_fields(sentence: &str) -> Refusal {
    let sentence = sentence.split(" at line ").next().unwrap_or(sentence);
    let code =
        if sentence.starts_with("missing field") { ErrorCode::MissingField } else { ErrorCode::InvalidField };
    let mut shown: String = sentence.chars().take(REFUSAL_CHARS_MAX).collect();
    shown.push(if shown.len() < sentence.len() { '…' } else { '.' });
    Refusal::new(code, format!("The message cannot be read: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_kind_of_nonsense_has_its_own_code() {
        let cases = [
            ("hello", ErrorCode::NotJson),
            ("[1]", ErrorCode::NotJson),
            ("{\"type\":\"hello\"", ErrorCode::NotJson),
            ("{}", ErrorCode::MissingField),
            (r#"{"type":"dance"}"#, ErrorCode::UnknownType),
            (r#"{"type":"hello"}"#, ErrorCode::MissingField),
            (r#"{"type":"hello","version":"1"}"#, ErrorCode::InvalidField),
            (r#"{"type":"hello","version":1,"name":" "}"#, ErrorCode::InvalidName),
            (r#"{"type":"subscribe","id":1,"channel":"lobby"}"#, ErrorCode::InvalidChannel),
            (r#"{"type":"subscribe","id":1}"#, ErrorCode::MissingField),
            (r#"{"type":"presence","id":-1,"channel":"room:x"}"#, ErrorCode::InvalidField),
        ];
        for (text, code) in cases {
            assert_eq!(decode_client(text).unwrap_err().refusal.code, code, "{text}");
        }
    }

    #[test]
    fn an_error_names_the_request_it_answers() {
        let error = decode_client(r#"{"type":"subscribe","id":7,"channel":"lobby"}"#).unwrap_err();
        assert_eq!(error.id, Some(RequestId(7)));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let text = r#"{"type":"unsubscribe","channel":"room:x","colour":"blue"}"#;
        let channel = ChannelName::parse("room:x").unwrap();
        assert_eq!(decode_client(text), Ok(ClientMessage::Unsubscribe { channel }));
    }

    #[test]
    fn a_type_of_a_later_version_is_no_error_for_a_client() {
        assert_eq!(decode_server(r#"{"type":"confetti","amount":3}"#).unwrap(), ServerMessage::Unknown);
    }
}
