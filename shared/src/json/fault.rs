//! Finds out why serde refused a text, by type instead of by serde's sentence.
//!
//! `serde_json::Error` does not say whether a field is missing or invalid. A refused text is therefore read once more,
//! by deserializers whose error type is [`Fault`]. Texts that are accepted do not pay for it.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Number;
use serde_json::value::RawValue;
use thiserror::Error as ThisError;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum Fault {
    /// The text, or a string in it, is not JSON.
    #[error("the text is not JSON")]
    Syntax,
    /// A required field is absent.
    #[error("a field is missing")]
    Missing,
    /// The name of a channel is not valid.
    #[error("a channel is invalid")]
    Channel,
    /// Another value is not valid, or a field is present twice.
    #[error("a field is invalid")]
    Invalid,
}

/// Why a text was refused: the kind for a program, serde's sentence for a person.
#[derive(Debug, ThisError)]
#[error("{error}")]
pub struct ReadError {
    /// What is wrong.
    pub fault: Fault,
    /// serde's own error. Its sentence may quote the text.
    pub error: serde_json::Error,
}

/// An error that does not come from reading a text again.
impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self { fault: Fault::Invalid, error }
    }
}

/// Reads a value from JSON.
///
/// # Errors
/// [`ReadError`] if the text is not JSON or not a valid `T`.
pub fn from_text<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError { fault: fault::<T>(text, &error), error })
}

fn fault<'de, T: Deserialize<'de>>(text: &'de str, error: &serde_json::Error) -> Fault {
    if !error.is_data() {
        return Fault::Syntax;
    }
    let again = serde_json::from_str::<&RawValue>(text).ok();
    again.and_then(|raw| T::deserialize(Typed { raw, depth: 0 }).err()).unwrap_or(Fault::Invalid)
}

/// Maximum nesting of values that are read again. Each level costs one more scan of the text below it; no message of the
/// protocol has more levels, apart from data that serde does not refuse.
const DEPTH_MAX: usize = 8;

impl Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Invalid
    }

    fn missing_field(_: &'static str) -> Self {
        Self::Missing
    }
}

fn parse<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Result<T, Fault> {
    serde_json::from_str(raw.get()).map_err(|_| Fault::Invalid)
}

/// Reads a value with [`Fault`] as the error type.
struct Typed<'de> {
    raw: &'de RawValue,
    depth: usize,
}

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let text = self.raw.get();
        let depth = self.depth + 1;
        if depth > DEPTH_MAX {
            return Err(Fault::Invalid);
        }
        match text.as_bytes().first() {
            Some(b'{' | b'[') => {
                let mut fault = Fault::Invalid;
                let inner = TypedVisitor { visitor, fault: &mut fault, depth };
                let read = serde_json::Deserializer::from_str(text).deserialize_any(inner);
                read.map_err(|_| fault)
            }
            // A field of type `&str` needs a borrowed string; one with escapes can only be owned.
            Some(b'"') => match parse::<&str>(self.raw) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_string(parse(self.raw)?),
            },
            Some(b't' | b'f') => visitor.visit_bool(parse(self.raw)?),
            Some(b'n') => visitor.visit_unit(),
            _ => parse::<Number>(self.raw)?.deserialize_any(visitor).map_err(|_| Fault::Invalid),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.raw.get() == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// Names and ids are newtypes, and so is `RawValue`, which only serde_json can read.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let read =
            serde_json::Deserializer::from_str(self.raw.get()).deserialize_newtype_struct(name, visitor);
        read.map_err(|_| if name == "ChannelName" { Fault::Channel } else { Fault::Invalid })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let variant: String = parse(self.raw)?;
        variant.into_deserializer().deserialize_enum(name, variants, visitor)
    }

    /// Does not look into the value: its nesting has no limit.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// Gives `visitor` the items of an object or an array as [`Typed`] values, and keeps the fault it reports.
struct TypedVisitor<'a, V> {
    visitor: V,
    fault: &'a mut Fault,
    depth: usize,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for TypedVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let read = self.visitor.visit_map(TypedItems { access, depth: self.depth });
        read.map_err(|fault| {
            *self.fault = fault;
            A::Error::custom(fault)
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let read = self.visitor.visit_seq(TypedItems { access, depth: self.depth });
        read.map_err(|fault| {
            *self.fault = fault;
            A::Error::custom(fault)
        })
    }
}

struct TypedItems<A> {
    access: A,
    depth: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for TypedItems<A> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.access.next_key_seed(seed).map_err(|_| Fault::Invalid)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let raw = self.access.next_value().map_err(|_| Fault::Invalid)?;
        seed.deserialize(Typed { raw, depth: self.depth })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for TypedItems<A> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let raw = self.access.next_element().map_err(|_| Fault::Invalid)?;
        raw.map(|raw| seed.deserialize(Typed { raw, depth: self.depth })).transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::ids::ChannelName;
    use crate::protocol::{Payload, Position};

    #[derive(Debug, Deserialize)]
    struct Order {
        #[serde(rename = "number")]
        _number: u64,
        #[serde(rename = "channel")]
        _channel: Option<ChannelName>,
        #[serde(default, rename = "since")]
        _since: Option<Position>,
        #[serde(default, rename = "payload")]
        _payload: Option<Payload>,
        #[serde(default, rename = "tags")]
        _tags: Vec<String>,
    }

    #[test]
    fn a_fault_is_told_by_its_type_wherever_it_is() {
        let deep = format!(r#"{{"number":"x","later":{}}}"#, "[".repeat(9_000) + &"]".repeat(9_000));
        let cases = [
            ("{", Fault::Syntax),
            (r#"{"number":1} x"#, Fault::Syntax),
            (r#"{"number":1,"tags":["\ud83d"]}"#, Fault::Syntax),
            ("{}", Fault::Missing),
            ("7", Fault::Invalid),
            (r#"{"channel":"room:a"}"#, Fault::Missing),
            (r#"{"number":-1}"#, Fault::Invalid),
            (r#"{"number":1,"number":2}"#, Fault::Invalid),
            (r#"{"number":"missing field"}"#, Fault::Invalid),
            (r#"{"number":1,"channel":"is not a channel"}"#, Fault::Channel),
            (r#"{"number":1,"channel":7}"#, Fault::Channel),
            (r#"{"number":1,"tags":[1]}"#, Fault::Invalid),
            (r#"{"number":1,"since":{"offset":1}}"#, Fault::Missing),
            (r#"{"number":1,"since":{"epoch":"x","offset":1}}"#, Fault::Invalid),
            (r#"{"number":1,"payload":{"type":"chat"}}"#, Fault::Missing),
            (r#"{"number":1,"payload":{"type":"chat","text":"\u0061","reply_to":1}}"#, Fault::Invalid),
            (r#"{"number":1,"payload":{"type":"notification","title":"t","level":"dire"}}"#, Fault::Invalid),
            (&deep, Fault::Invalid),
        ];
        for (text, fault) in cases {
            assert_eq!(from_text::<Order>(text).unwrap_err().fault, fault, "{text}");
        }
        assert!(from_text::<Order>(r#"{"number":1,"channel":null,"since":null}"#).is_ok());
    }
}
