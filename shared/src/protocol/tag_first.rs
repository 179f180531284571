//! Reads the message that comes most, a `publish`, where its `type` comes first, and that of its payload too: so all
//! clients of ours write it.
//!
//! The derived readers do not know where the `type` will be, and keep all fields aside until they have found it. They
//! read everything else, and what is refused here.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::{ClientMessage, Payload, Publish};
use crate::ids::{ChannelName, MessageId, RequestId};

/// Reads a publish; nothing where the text is something else, or is one that the derived reader has to look at.
pub(super) fn publish(text: &str) -> Option<ClientMessage> {
    let TagFirst::<Rest>(rest) = serde_json::from_str(text).ok()?;
    let Rest { id, channel, message_id, turn, payload: TagFirst(payload), .. } = rest;
    Some(ClientMessage::Publish(Publish { id, channel, message_id, turn, payload }))
}

/// An object whose first field is its `type`.
struct TagFirst<T>(T);

/// What can be read of an object when its `type` is known.
trait Tagged: Sized {
    /// Reads the other fields.
    fn read<'de, A: MapAccess<'de>>(tag: &str, fields: A) -> Result<Self, A::Error>;
}

impl<'de, T: Tagged> Deserialize<'de> for TagFirst<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Tagged> Visitor<'de> for Object<T> {
            type Value = TagFirst<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose type comes first")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<TagFirst<T>, A::Error> {
                match fields.next_entry::<&str, &str>()? {
                    Some(("type", tag)) => T::read(tag, fields).map(TagFirst),
                    Some(_) | None => Err(Error::custom("its type does not come first")),
                }
            }
        }
        deserializer.deserialize_map(Object::<T>(PhantomData))
    }
}

/// A publish, without its type.
#[derive(Deserialize)]
struct Rest {
    id: RequestId,
    channel: ChannelName,
    message_id: MessageId,
    #[serde(default)]
    turn: Option<u64>,
    payload: TagFirst<Payload>,
    #[serde(default, rename = "type")]
    _again: Never,
}

/// A chat payload, without its type.
#[derive(Deserialize)]
struct Chat {
    text: String,
    #[serde(default)]
    reply_to: Option<MessageId>,
    #[serde(default, rename = "type")]
    _again: Never,
}

/// An application's own payload, without its type.
#[derive(Deserialize)]
struct Custom {
    name: String,
    #[serde(default)]
    data: Value,
    #[serde(default, rename = "type")]
    _again: Never,
}

/// A field that must not come, as a second `type` must not.
#[derive(Default)]
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(Error::duplicate_field("type"))
    }
}

impl Tagged for Rest {
    fn read<'de, A: MapAccess<'de>>(tag: &str, fields: A) -> Result<Self, A::Error> {
        match tag {
            "publish" => Self::deserialize(MapAccessDeserializer::new(fields)),
            _ => Err(Error::custom("something else")),
        }
    }
}

impl Tagged for Payload {
    fn read<'de, A: MapAccess<'de>>(tag: &str, fields: A) -> Result<Self, A::Error> {
        let fields = MapAccessDeserializer::new(fields);
        match tag {
            "chat" => {
                Chat::deserialize(fields).map(|Chat { text, reply_to, .. }| Self::Chat { text, reply_to })
            }
            "custom" => {
                Custom::deserialize(fields).map(|Custom { name, data, .. }| Self::Custom { name, data })
            }
            _ => Err(Error::custom("something else")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ID: &str = "019b7e00-0000-7000-8000-000000000001";

    fn publish_of(payload: &str) -> String {
        format!(
            r#"{{"type":"publish","id":1,"channel":"room:a","message_id":"{ID}","turn":2,"payload":{payload}}}"#
        )
    }

    #[test]
    fn a_publish_is_read_as_the_derived_reader_reads_it() {
        let reply = format!(r#"{{"type":"chat","text":"a \"b\" \u00e4","reply_to":"{ID}","more":[1]}}"#);
        let own = r#"{"type":"custom","name":"n","data":{"type":"x","y":[1.5,null]}}"#;
        for text in [reply.as_str(), own, r#"{"type":"custom","name":"n"}"#].map(publish_of) {
            let derived = serde_json::from_str::<ClientMessage>(&text).unwrap();
            assert_eq!(publish(&text), Some(derived), "{text}");
        }
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_the_derived_reader() {
        let late = r#"{"text":"a","type":"chat"}"#;
        for text in
            [late, r#"{"type":"retract","of":"019b7e00-0000-7000-8000-000000000001"}"#].map(publish_of)
        {
            assert_eq!(publish(&text), None, "{text}");
            assert!(serde_json::from_str::<ClientMessage>(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_the_derived_reader_refuses_is_not_read() {
        let twice = r#"{"type":"chat","text":"a","type":"chat"}"#;
        let texts =
            [r#"{"type":"chat","text":1}"#, r#"{"type":"chat","text":"a","text":"b"}"#, twice, "{}", "1"];
        for text in texts.map(publish_of) {
            assert_eq!(publish(&text), None, "{text}");
            assert!(serde_json::from_str::<ClientMessage>(&text).is_err(), "{text}");
        }
    }
}
