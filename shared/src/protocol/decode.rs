//! Reads what a client says, on the server.
//!
//! A text is looked at twice: for its `type`, and then for the fields of that type. Nothing is kept aside meanwhile, so
//! a hostile text costs no more memory than it has itself.

mod publish;

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use thiserror::Error;

use super::client::{ClientMessage, Hello, Publish, SignalKind, Subscribe};
use super::{ErrorCode, RawPayload, Refusal};
use crate::ids::{ChannelName, DisplayName, MessageId, Offset, RequestId};

/// Why a text is not a message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", refusal.message)]
pub struct DecodeError {
    /// The number of the request, if it could be read: the answer to it is an error with the same.
    pub id: Option<RequestId>,
    /// What the sender is told.
    pub refusal: Refusal,
}

/// Reads a message of a client. The payload of a `publish` has passed all checks of [`RawPayload::check`].
///
/// # Errors
/// [`DecodeError`] with `not_json`, `unknown_type`, `missing_field`, `invalid_channel`, `invalid_name`, `invalid_field`,
/// `text_too_long` or `payload_too_large`.
pub fn decode_client(text: &str) -> Result<ClientMessage<RawPayload>, DecodeError> {
    if let Some(publish) = publish::read_chat(text) {
        return Ok(ClientMessage::Publish(publish));
    }
    // A publish whose type comes first. Everything else takes the second look.
    if text.starts_with(r#"{"type":"publish""#)
        && let Ok(publish) = serde_json::from_str::<PublishText<'_>>(text)
    {
        return publish.check();
    }
    let unreadable = |error| diagnose(text, &error);
    let Kind { kind } = serde_json::from_str(text).map_err(unreadable)?;
    Ok(match &*kind {
        "hello" => ClientMessage::Hello(read::<Hello>(text)?),
        "subscribe" => ClientMessage::Subscribe(read::<Subscribe>(text)?),
        "unsubscribe" => {
            let Channel { channel } = read(text)?;
            ClientMessage::Unsubscribe { channel }
        }
        "publish" => return serde_json::from_str::<PublishText<'_>>(text).map_err(unreadable)?.check(),
        "history" => {
            let History { id, channel, before, limit } = read(text)?;
            ClientMessage::History { id, channel, before, limit }
        }
        "signal" => {
            let Signal { channel, kind } = read(text)?;
            ClientMessage::Signal { channel, kind }
        }
        "seen" => {
            let Seen { channel, delivered, read } = read(text)?;
            ClientMessage::Seen { channel, delivered, read }
        }
        "presence" => {
            let Presence { id, channel } = read(text)?;
            ClientMessage::Presence { id, channel }
        }
        _ => return Err(diagnose(text, &serde::de::Error::custom("unknown type"))),
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| diagnose(text, &error))
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// A publish whose payload is still to be checked.
#[derive(Deserialize)]
struct PublishText<'a> {
    // Has been looked at before. Known here so that a second one is an error.
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    id: RequestId,
    channel: ChannelName,
    message_id: MessageId,
    #[serde(default)]
    turn: Option<u64>,
    #[serde(borrow)]
    payload: &'a RawValue,
}

impl PublishText<'_> {
    fn check(self) -> Result<ClientMessage<RawPayload>, DecodeError> {
        let Self { id, channel, message_id, turn, payload, .. } = self;
        let payload = RawPayload::check(payload);
        let payload = payload.map_err(|refusal| DecodeError { id: Some(id), refusal })?;
        Ok(ClientMessage::Publish(Publish { id, channel, message_id, turn, payload }))
    }
}

#[derive(Deserialize)]
struct Channel {
    channel: ChannelName,
}

#[derive(Deserialize)]
struct History {
    id: RequestId,
    channel: ChannelName,
    #[serde(default)]
    before: Option<Offset>,
    limit: u32,
}

#[derive(Deserialize)]
struct Signal {
    channel: ChannelName,
    kind: SignalKind,
}

#[derive(Deserialize)]
struct Seen {
    channel: ChannelName,
    #[serde(default)]
    delivered: Option<Offset>,
    #[serde(default)]
    read: Option<Offset>,
}

#[derive(Deserialize)]
struct Presence {
    id: RequestId,
    channel: ChannelName,
}

/// What can be told of a message that cannot be read. Each value stays text, so that one bad value hides no other.
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

/// The number of a request and, if it is a publish, the turn that it names. For a text that is refused without being
/// decoded: its other fields are skipped.
pub fn request_of(text: &str) -> (Option<RequestId>, Option<u64>) {
    let fields: Fields<'_> = serde_json::from_str(text).unwrap_or_default();
    let is_publish = fields.kind.is_some_and(|kind| kind.get() == r#""publish""#);
    (value(fields.id), if is_publish { value(fields.turn) } else { None })
}

/// Finds out what is wrong. Only refused texts pay for this second look.
fn diagnose(text: &str, error: &serde_json::Error) -> DecodeError {
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
        Some("hello") if holds_other_than::<DisplayName>(fields.name) => Refusal::new(
            ErrorCode::InvalidName,
            "A name has 1 to 40 characters that can be seen, in one line.",
        ),
        Some(_) => Refusal::unreadable("message", error),
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
        assert!(decode_client(unknown).is_ok(), "nobody reads what the server does not know");
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
