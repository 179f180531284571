//! Reads the messages of clients, on the server.
//!
//! A text is scanned twice: for its `type`, and then for the fields of that type. Nothing is buffered in between, so a
//! hostile text costs no more memory than it has itself.

mod publish;

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::value::RawValue;
use thiserror::Error as ThisError;

use super::client::{ClientMessage, Publish};
use super::code::ErrorCode;
use super::error::Refusal;
use super::raw::RawPayload;
use crate::ids::{ChannelName, DisplayName, RequestId};
use crate::json::{ReadError, from_text};

/// Why a text is not a message of a client.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{}", refusal.message)]
pub struct DecodeError {
    /// The id of the request, if it could be read. The error that answers the request has the same.
    pub id: Option<RequestId>,
    /// What the sender receives.
    pub refusal: Refusal,
}

/// Reads a message from a client. The payload of a `publish` has passed all checks of [`RawPayload::check`].
///
/// # Errors
/// [`DecodeError`] with `not_json`, `unknown_type`, `missing_field`, `invalid_channel`, `invalid_name`, `invalid_field`,
/// `text_too_long` or `payload_too_large`.
pub fn decode_client(text: &str) -> Result<ClientMessage<RawPayload>, DecodeError> {
    if let Some(publish) = publish::read_chat(text) {
        return Ok(ClientMessage::Publish(publish));
    }
    // A publish whose type comes first needs no scan for its type.
    if text.starts_with(r#"{"type":"publish""#)
        && let Ok(publish) = Publish::decode(text)
    {
        return check(publish);
    }
    let Tag { kind } = from_text(text).map_err(|error| diagnose(text, &error))?;
    if kind == "publish" {
        return Publish::decode(text).map_err(|error| diagnose(text, &error)).and_then(check);
    }
    let decoded = ClientMessage::decode(&kind, text)
        .unwrap_or_else(|| Err(ReadError::from(serde_json::Error::custom("unknown type"))));
    decoded.map_err(|error| diagnose(text, &error))
}

fn check(publish: Publish<&RawValue>) -> Result<ClientMessage<RawPayload>, DecodeError> {
    let Publish { id, channel, message_id, turn, payload } = publish;
    let payload = RawPayload::check(payload).map_err(|refusal| DecodeError { id: Some(id), refusal })?;
    Ok(ClientMessage::Publish(Publish { id, channel, message_id, turn, payload }))
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// The fields of a refused message that its reply depends on. Each value stays JSON, so that one invalid value does not hide
/// the others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    turn: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

/// Returns the id of a request and, if it is a publish, its turn. For a text that is refused without being decoded: the
/// other fields are skipped.
pub fn request_of(text: &str) -> (Option<RequestId>, Option<u64>) {
    let fields: Fields<'_> = serde_json::from_str(text).unwrap_or_default();
    let is_publish = fields.kind.is_some_and(|kind| kind.get() == r#""publish""#);
    (value(fields.id), if is_publish { value(fields.turn) } else { None })
}

/// Returns the refusal of a text that is not a message. Only refused texts pay for the further scans.
fn diagnose(text: &str, error: &ReadError) -> DecodeError {
    let object = text.trim_start().starts_with('{');
    let Some(fields) = object.then(|| serde_json::from_str::<Fields<'_>>(text).ok()).flatten() else {
        let refusal = Refusal::new(ErrorCode::NotJson, "A message has to be a JSON object.");
        return DecodeError { id: None, refusal };
    };
    let refusal = match value::<String>(fields.kind).as_deref() {
        None => Refusal::new(ErrorCode::MissingField, "A message has to have a “type”."),
        Some(kind) if !ClientMessage::TYPES.contains(&kind) => {
            let known = ClientMessage::TYPES.join(", ");
            Refusal::new(ErrorCode::UnknownType, format!("This type is not known; known are {known}."))
        }
        Some(_) if holds_other_than::<ChannelName>(fields.channel) => {
            let form = "A channel is namespace:name, like room:lobby, of letters, digits and _ - . + @.";
            Refusal::new(ErrorCode::InvalidChannel, form)
        }
        Some("hello" | "rename") if holds_other_than::<DisplayName>(fields.name) => Refusal::new(
            ErrorCode::InvalidName,
            "A name has 1 to 40 characters that can be seen, in one line.",
        ),
        Some(_) => Refusal::of_error("message", error),
    };
    DecodeError { id: value(fields.id), refusal }
}

fn value<T: DeserializeOwned>(field: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(field?.get()).ok()
}

fn holds_other_than<T: DeserializeOwned>(field: Option<&RawValue>) -> bool {
    field.is_some_and(|field| field.get() != "null" && value::<T>(Some(field)).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (r#"{"type":"rename","id":1,"name":" "}"#, ErrorCode::InvalidName),
            (r#"{"type":"rename","id":1}"#, ErrorCode::MissingField),
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

    const ID: &str = "019b7e00-0000-7000-8000-000000000001";

    fn publish_of(payload: &str) -> String {
        format!(
            r#"{{"type":"publish","id":7,"channel":"room:a","message_id":"{ID}","turn":2,"payload":{payload}}}"#
        )
    }

    #[test]
    fn a_publish_is_read_wherever_its_type_stands() {
        let text = publish_of(r#"{"type":"chat","text":"a"}"#);
        let late = format!(
            r#"{{ "payload": {{"type":"chat","text":"a"}}, "id": 7, "channel": "room:a", "message_id": "{ID}", "turn": 2, "type": "publish" }}"#
        );
        let read = decode_client(&text).unwrap();
        assert!(matches!(&read, ClientMessage::Publish(publish) if publish.turn == Some(2)));
        assert_eq!(decode_client(&late).unwrap(), read);
    }

    #[test]
    fn a_payload_that_is_refused_names_the_request() {
        for payload in
            [r#"{"type":"chat","text":"\ud83d"}"#, r#"{"type":"dance"}"#, r#"{"type":"chat"}"#, "1"]
        {
            let error = decode_client(&publish_of(payload)).unwrap_err();
            assert_eq!(error.id, Some(RequestId(7)), "{payload}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_hides_no_request() {
        let known = r#"{"type":"history","id":7,"channel":"room:\ud83d","limit":1}"#;
        let error = decode_client(known).unwrap_err();
        assert_eq!((error.id, error.refusal.code), (Some(RequestId(7)), ErrorCode::InvalidChannel));
        let name = r#"{"type":"hello","version":1,"name":"\ud83d"}"#;
        assert_eq!(decode_client(name).unwrap_err().refusal.code, ErrorCode::InvalidName);
        let unknown = r#"{"type":"presence","id":7,"channel":"room:a","later":"\ud83d"}"#;
        assert!(decode_client(unknown).is_ok(), "unknown fields are ignored");
    }

    #[test]
    fn a_request_is_known_without_its_payload() {
        let text = publish_of(r#"{"type":"dance","text":"\ud83d"}"#);
        assert_eq!(request_of(&text), (Some(RequestId(7)), Some(2)));
        assert_eq!(request_of(r#"{"type":"history","id":8,"turn":1}"#), (Some(RequestId(8)), None));
        assert_eq!(request_of("[1]"), (None, None));
        assert_eq!(request_of("no JSON"), (None, None));
    }

    #[test]
    fn a_second_type_is_refused() {
        let text = r#"{"type":"presence","id":7,"channel":"room:a","type":"history"}"#;
        assert!(decode_client(text).is_err());
        let twice =
            publish_of(r#"{"type":"chat","text":"a"}"#).replace("\"id\"", "\"type\":\"hello\",\"id\"");
        assert!(decode_client(&twice).is_err());
    }
}
