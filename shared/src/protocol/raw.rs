//! A payload as the JSON text that its sender wrote: checked once, then stored and sent on unchanged.
//!
//! The server never turns a payload into a tree of values: 64 KiB of text can become megabytes of them. Whoever needs
//! a payload's content reads it with [`RawPayload::read`].

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::payload::{Payload, filled};
use super::{ErrorCode, Refusal};
use crate::ids::MessageId;
use crate::limits::{
    CUSTOM_NAME_BYTES_MAX, DATA_DEPTH_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_NODES_MAX, TEXT_BYTES_MAX,
};

/// The JSON text of a payload that has passed all checks, at most [`PAYLOAD_BYTES_MAX`] bytes.
///
/// Fields that this version does not know are part of the text, so that clients of a later version get them.
#[derive(Debug, Clone, PartialEq)]
pub struct RawPayload(Box<str>);

impl RawPayload {
    /// Checks a payload of a client's.
    ///
    /// # Errors
    /// A [`Refusal`] with `payload_too_large`, `text_too_long` or `invalid_field`.
    pub fn check(raw: &RawValue) -> Result<Self, Refusal> {
        let text = raw.get();
        if text.len() > PAYLOAD_BYTES_MAX {
            let message = format!("The payload has {} bytes; {PAYLOAD_BYTES_MAX} are allowed.", text.len());
            return Err(Refusal::new(ErrorCode::PayloadTooLarge, message));
        }
        // serde would take a list for an object, and its items for the fields in their order.
        if !text.starts_with('{') {
            return Err(Refusal::new(ErrorCode::InvalidField, "A payload has to be a JSON object."));
        }
        match only_chat(text) {
            Some(chat) => filled("text", &chat, TEXT_BYTES_MAX)?,
            None => check_any(text)?,
        }
        Ok(Self(text.into()))
    }

    /// The payload that `text` is, if it is one chat payload whose type comes first, without a field that a chat has not, and
    /// passes all checks.
    pub(super) fn of_chat(text: &str) -> Option<Self> {
        // Without space around it, as `RawValue` holds it.
        let has_form = text.starts_with(r#"{"type":"chat","#) && text.ends_with('}');
        if !has_form || text.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        filled("text", &only_chat(text)?, TEXT_BYTES_MAX).ok()?;
        Some(Self(text.into()))
    }

    /// Takes back a text that [`as_str`](Self::as_str) gave to a store.
    ///
    /// # Errors
    /// Those of [`serde_json`] if the text is no JSON: the store has damaged it.
    pub fn from_stored(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(|raw| Self(raw.into()))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The content. `None` if it is of a kind that this version does not know.
    pub fn read(&self) -> Option<Payload> {
        serde_json::from_str(self.as_str()).ok()
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
        // Skips the text once more, since only serde_json can make a `RawValue`. Messages to readers are written without it.
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A chat payload without any other field.
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

/// The text of a chat payload without any other field: most payloads are one, and this is the shortest way to check it.
fn only_chat(text: &str) -> Option<Cow<'_, str>> {
    match serde_json::from_str(text) {
        Ok(OnlyChat { kind: "chat", text, .. }) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

fn check_any(text: &str) -> Result<(), Refusal> {
    let Head { kind, name } = walk_through(text)?;
    let kind = kind.ok_or_else(|| unreadable(Error::missing_field("type")))?;
    if kind == "custom" {
        let name = name.ok_or_else(|| unreadable(Error::missing_field("name")))?;
        let name: Cow<'_, str> = serde_json::from_str(name.get()).map_err(unreadable)?;
        return filled("name", &name, CUSTOM_NAME_BYTES_MAX);
    }
    if !Payload::TYPES.contains(&&*kind) {
        let known = Payload::TYPES.join(", ");
        let message = format!("This type of payload is not known; known are {known}.");
        return Err(Refusal::new(ErrorCode::InvalidField, message));
    }
    serde_json::from_str::<Payload>(text).map_err(unreadable)?.check()
}

fn unreadable(error: serde_json::Error) -> Refusal {
    Refusal::unreadable("payload", &error)
}

/// The fields that choose how the others are read.
#[derive(Default)]
struct Head<'a> {
    kind: Option<Cow<'a, str>>,
    /// That of a custom payload. It stays text, since a later version may give another type a name of another form.
    name: Option<&'a RawValue>,
}

/// Walks once through the whole text, which may be large: counts its values and how deep they are nested, and keeps its
/// head.
///
/// # Errors
/// A [`Refusal`] with `invalid_field` for a text that is no JSON (half of a surrogate pair is none) or that has one of the
/// fields of a custom payload twice, `payload_too_large` for more values than [`PAYLOAD_NODES_MAX`].
fn walk_through(text: &str) -> Result<Head<'_>, Refusal> {
    // The payload itself is the first value, and an object, in which `data` begins.
    let mut shape = Shape { nodes: 1, depth: 1, over: None };
    let walked = serde_json::Deserializer::from_str(text).deserialize_map(WalkPayload(&mut shape));
    match (shape.over, walked) {
        (Some(Over::Nodes), _) => {
            let message = format!("The payload has more than {PAYLOAD_NODES_MAX} values.");
            Err(Refusal::new(ErrorCode::PayloadTooLarge, message))
        }
        (Some(Over::Depth), _) => {
            let message = format!("The data is nested deeper than {DATA_DEPTH_MAX} levels.");
            Err(Refusal::new(ErrorCode::InvalidField, message))
        }
        (None, Err(error)) => Err(unreadable(error)),
        (None, Ok(head)) => Ok(head),
    }
}

struct Shape {
    nodes: usize,
    depth: usize,
    over: Option<Over>,
}

#[derive(Clone, Copy)]
enum Over {
    Nodes,
    Depth,
}

impl Shape {
    fn over<E: Error>(&mut self, what: Over) -> E {
        self.over = Some(what);
        E::custom("over the limit")
    }

    fn count<E: Error>(&mut self) -> Result<(), E> {
        self.nodes += 1;
        if self.nodes > PAYLOAD_NODES_MAX { Err(self.over(Over::Nodes)) } else { Ok(()) }
    }
}

/// Visits the payload itself. A second `type`, `name` or `data` is an error: a reader could take the other one.
struct WalkPayload<'a>(&'a mut Shape);

impl<'de> Visitor<'de> for WalkPayload<'_> {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Head<'de>, A::Error> {
        let shape = self.0;
        let mut head = Head::default();
        let mut has_data = false;
        while let Some(key) = fields.next_key::<Cow<'de, str>>()? {
            match &*key {
                "type" if head.kind.is_some() => return Err(Error::duplicate_field("type")),
                "type" => {
                    shape.count()?;
                    head.kind = Some(fields.next_value()?);
                }
                "name" if head.name.is_some() => return Err(Error::duplicate_field("name")),
                "name" => {
                    let name: &RawValue = fields.next_value()?;
                    Walk(shape)
                        .deserialize(&mut serde_json::Deserializer::from_str(name.get()))
                        .map_err(Error::custom)?;
                    head.name = Some(name);
                }
                "data" if has_data => return Err(Error::duplicate_field("data")),
                key => {
                    has_data |= key == "data";
                    fields.next_value_seed(Walk(shape))?;
                }
            }
        }
        Ok(head)
    }
}

/// Visits one value.
struct Walk<'a>(&'a mut Shape);

impl Walk<'_> {
    fn enter<E: Error>(self) -> Result<Self, E> {
        self.0.depth += 1;
        if self.0.depth > DATA_DEPTH_MAX + 1 { Err(self.0.over(Over::Depth)) } else { Ok(self) }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let walk = self.enter()?;
        while items.next_element_seed(Walk(walk.0))?.is_some() {}
        walk.0.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let walk = self.enter()?;
        while fields.next_key::<Cow<'de, str>>()?.is_some() {
            fields.next_value_seed(Walk(walk.0))?;
        }
        walk.0.depth -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_payload_of_ours_passes() {
        let payload = Payload::chat("a \"b\" \\ \n \u{1} ü");
        let raw = RawPayload::from(&payload);
        assert_eq!(check(raw.as_str()), Ok(raw.clone()));
        assert_eq!(raw.read(), Some(payload));
    }
}
