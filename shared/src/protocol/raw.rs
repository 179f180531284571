//! A payload as the JSON text that its sender wrote: checked once, then stored and sent on unchanged.
//!
//! To publish and deliver a payload, the server never builds a tree of values: 64 KiB of text can become megabytes of them.
//! Code that needs the content calls [`RawPayload::read`].

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::code::ErrorCode;
use super::error::Refusal;
use super::payload::{Payload, filled};
use super::walk::{Head, walk_through};
use crate::ids::MessageId;
use crate::json::{Read, from_text};
use crate::limits::{CUSTOM_NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, TEXT_BYTES_MAX};

/// The JSON text of a payload that has passed all checks, at most [`PAYLOAD_BYTES_MAX`] bytes.
///
/// Fields that this version does not know are part of the text, so that clients of a later version get them.
#[derive(Debug, Clone, PartialEq)]
pub struct RawPayload(Box<str>);

impl RawPayload {
    /// Checks a payload that a client sent.
    ///
    /// # Errors
    /// A [`Refusal`] with `payload_too_large`, `text_too_long` or `invalid_field`.
    pub fn check(raw: &RawValue) -> Result<Self, Refusal> {
        let text = raw.get();
        if text.len() > PAYLOAD_BYTES_MAX {
            let message = format!("The payload has {} bytes; {PAYLOAD_BYTES_MAX} are allowed.", text.len());
            return Err(Refusal::new(ErrorCode::PayloadTooLarge, message));
        }
        // serde would accept an array, and take its items for the fields in the order of declaration.
        if !text.starts_with('{') {
            return Err(Refusal::new(ErrorCode::InvalidField, "A payload has to be a JSON object."));
        }
        match only_chat(text) {
            Some(chat) => filled("text", &chat, TEXT_BYTES_MAX)?,
            None => check_any(text)?,
        }
        Ok(Self(text.into()))
    }

    /// Returns the payload `text` if its type is `chat` and comes first, it has no unknown fields, and it passes all checks.
    pub(super) fn of_chat(text: &str) -> Option<Self> {
        // Without space around it, as `RawValue` holds it.
        let has_form = text.starts_with(r#"{"type":"chat","#) && text.ends_with('}');
        if !has_form || text.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        filled("text", &only_chat(text)?, TEXT_BYTES_MAX).ok()?;
        Some(Self(text.into()))
    }

    /// Restores a payload from the text that [`as_str`](Self::as_str) returned before.
    ///
    /// # Errors
    /// Those of [`serde_json`] if the text is not JSON, because the store damaged it.
    pub fn from_stored(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(|raw| Self(raw.into()))
    }

    /// Returns the JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the content. It is [`Payload::Unknown`] if this version does not know its type or a later version changed
    /// its fields.
    pub fn read(&self) -> Payload {
        // serde reads what this version knows without a tree of values. The lenient reader needs one.
        serde_json::from_str(self.as_str()).unwrap_or_else(|_| {
            let lenient = serde_json::from_str(self.as_str()).ok().and_then(Payload::read);
            lenient.unwrap_or(Payload::Unknown { kind: String::new() })
        })
    }
}

/// Checks the payload too, but loses the code of the refusal.
impl<'de> Deserialize<'de> for RawPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Self::check(raw).map_err(|refusal| D::Error::custom(refusal.message))
    }
}

impl From<&Payload> for RawPayload {
    fn from(payload: &Payload) -> Self {
        // Writing to memory cannot fail, and all keys of a payload are texts.
        Self(serde_json::value::to_raw_value(payload).unwrap_or_default().into())
    }
}

impl Serialize for RawPayload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // This scans the text once more, because only serde_json can make a `RawValue`. Messages to subscribers are written
        // without it.
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A chat payload without unknown fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlyChat<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(default, rename = "reply_to")]
    _reply_to: Option<MessageId>,
}

/// Returns the text of a chat payload that has no unknown fields. Most payloads are one, and this is the cheapest check.
fn only_chat(text: &str) -> Option<Cow<'_, str>> {
    match serde_json::from_str(text) {
        Ok(OnlyChat { kind: "chat", text, .. }) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

fn check_any(text: &str) -> Result<(), Refusal> {
    let Head { kind, name } = walk_through(text)?;
    let kind = kind.ok_or_else(|| missing("type"))?;
    if kind == "custom" {
        let name = name.ok_or_else(|| missing("name"))?;
        let name: Cow<'_, str> =
            from_text(name.get()).map_err(|error| Refusal::of_error("payload", &error))?;
        return filled("name", &name, CUSTOM_NAME_BYTES_MAX);
    }
    if !Payload::TYPES.contains(&&*kind) {
        let known = Payload::TYPES.join(", ");
        let message = format!("This type of payload is not known; known are {known}.");
        return Err(Refusal::new(ErrorCode::InvalidField, message));
    }
    from_text::<Payload>(text).map_err(|error| Refusal::of_error("payload", &error))?.check()
}

fn missing(field: &'static str) -> Refusal {
    Refusal::unreadable("payload", ErrorCode::MissingField, &Error::missing_field(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DATA_DEPTH_MAX, PAYLOAD_NODES_MAX};
    use crate::protocol::level::Level;

    const ID: &str = "019b7e00-0000-7000-8000-000000000001";

    fn check(text: &str) -> Result<RawPayload, ErrorCode> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        RawPayload::check(raw).map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_passes_is_the_text_that_came() {
        for text in [
            r#"{"type":"chat","text":"a \"b\" \u00e4"}"#.to_owned(),
            format!(r#"{{ "text": "late type", "type": "chat", "reply_to": "{ID}", "later": [1.0, 2] }}"#),
            format!(r#"{{"type":"reaction","of":"{ID}","emoji":"👍","on":true}}"#),
            r#"{"type":"custom","name":"n","data":{"type":"x","y":[1.50,null,1e2]}}"#.to_owned(),
            r#"{"type":"custom","name":"n"}"#.to_owned(),
        ] {
            assert_eq!(check(&text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_payload_is_checked_as_its_type_demands() {
        let cases = [
            ("1", ErrorCode::InvalidField),
            ("{}", ErrorCode::MissingField),
            (r#"{"type":"dance"}"#, ErrorCode::InvalidField),
            (r#"{"type":"chat"}"#, ErrorCode::MissingField),
            (r#"{"type":"chat","text":1}"#, ErrorCode::InvalidField),
            (r#"{"type":"chat","text":" "}"#, ErrorCode::InvalidField),
            (r#"{"type":"chat","text":"a","reply_to":"x"}"#, ErrorCode::InvalidField),
            (r#"{"type":"notification","title":"t","link":"javascript:x"}"#, ErrorCode::InvalidField),
            (r#"{"type":"custom","name":""}"#, ErrorCode::InvalidField),
            (r#"["chat","a"]"#, ErrorCode::InvalidField),
            (r#"["custom"]"#, ErrorCode::InvalidField),
        ];
        for (text, code) in cases {
            assert_eq!(check(text), Err(code), "{text}");
        }
    }

    #[test]
    fn a_field_that_comes_twice_is_refused_since_readers_could_take_the_other() {
        for text in [
            r#"{"type":"custom","name":"n","type":"notification","title":"t","link":"javascript:x"}"#,
            r#"{"type":"chat","text":"a","\u0074ype":"retract"}"#,
            r#"{"type":"chat","text":"a","text":"b"}"#,
            r#"{"type":"custom","name":"a","name":"b"}"#,
            r#"{"type":"custom","name":"n","data":1,"data":2}"#,
        ] {
            assert_eq!(check(text), Err(ErrorCode::InvalidField), "{text}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_refused_wherever_it_stands() {
        for text in [
            r#"{"type":"chat","text":"\ud83d"}"#,
            r#"{"type":"chat","text":"\udc4b\ud83d"}"#,
            r#"{"type":"custom","name":"n","data":{"deep":["\ud83d"]}}"#,
            r#"{"type":"custom","name":"n","data":{"\ud83d":1}}"#,
            r#"{"type":"chat","text":"a","unknown":"\ud83d"}"#,
        ] {
            assert_eq!(check(text), Err(ErrorCode::InvalidField), "{text}");
        }
        assert!(check(r#"{"type":"chat","text":"\ud83d\udc4b"}"#).is_ok());
    }

    #[test]
    fn the_largest_payload_is_taken_and_one_byte_more_is_not() {
        let custom = |bytes: usize| {
            let empty = r#"{"type":"custom","name":"n","data":""}"#;
            empty.replace(r#""""#, &format!(r#""{}""#, "x".repeat(bytes - empty.len())))
        };
        assert_eq!(custom(PAYLOAD_BYTES_MAX).len(), PAYLOAD_BYTES_MAX);
        assert!(check(&custom(PAYLOAD_BYTES_MAX)).is_ok());
        assert_eq!(check(&custom(PAYLOAD_BYTES_MAX + 1)), Err(ErrorCode::PayloadTooLarge));
    }

    #[test]
    fn a_payload_has_a_limit_of_values_wherever_they_are() {
        let data = |values: usize| format!(r#"{{"type":"custom","name":"n","data":[{}]}}"#, zeros(values));
        // The payload itself, its type, its name, and the array.
        assert!(check(&data(PAYLOAD_NODES_MAX - 4)).is_ok());
        assert_eq!(check(&data(PAYLOAD_NODES_MAX - 3)), Err(ErrorCode::PayloadTooLarge));
        let unknown = format!(r#"{{"type":"chat","text":"a","x":[{}]}}"#, zeros(PAYLOAD_NODES_MAX));
        assert_eq!(check(&unknown), Err(ErrorCode::PayloadTooLarge));
    }

    fn zeros(count: usize) -> String {
        vec!["0"; count].join(",")
    }

    #[test]
    fn a_payload_has_a_limit_of_depth_wherever_it_is() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let data = |levels| format!(r#"{{"type":"custom","name":"n","data":{}}}"#, nested(levels));
        assert!(check(&data(DATA_DEPTH_MAX)).is_ok());
        assert_eq!(check(&data(DATA_DEPTH_MAX + 1)), Err(ErrorCode::InvalidField));
        assert_eq!(check(&data(30_000)), Err(ErrorCode::InvalidField));
        let unknown = format!(r#"{{"type":"chat","text":"a","x":{}}}"#, nested(DATA_DEPTH_MAX + 1));
        assert_eq!(check(&unknown), Err(ErrorCode::InvalidField));
    }

    #[test]
    fn a_stored_payload_of_a_later_version_is_read_as_unknown() {
        let read = |text: &str| RawPayload::from_stored(text.to_owned()).unwrap().read();
        let unknown = |kind: &str| Payload::Unknown { kind: kind.to_owned() };
        assert_eq!(read(r#"{"type":"poll","question":"Tea?"}"#), unknown("poll"));
        assert_eq!(read(r#"{"type":"chat","text":["a"]}"#), unknown("chat"));
        assert_eq!(read("7"), unknown(""));
        let notification = read(r#"{"type":"notification","title":"t","level":"critical"}"#);
        assert!(
            matches!(notification, Payload::Notification { level: Level::Unknown, .. }),
            "{notification:?}"
        );
    }

    #[test]
    fn a_payload_of_ours_passes() {
        let payload = Payload::chat("a \"b\" \\ \n \u{1} ü");
        let raw = RawPayload::from(&payload);
        assert_eq!(check(raw.as_str()), Ok(raw.clone()));
        assert_eq!(raw.read(), payload);
    }
}
