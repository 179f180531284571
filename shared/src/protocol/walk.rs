//! Limits the number and the nesting of the values in a payload without building a tree of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::code::ErrorCode;
use super::error::Refusal;
use crate::limits::{DATA_DEPTH_MAX, PAYLOAD_NODES_MAX};

/// The fields that decide how the others are read.
#[derive(Default)]
pub(super) struct Head<'a> {
    /// The value of `type`.
    pub(super) kind: Option<Cow<'a, str>>,
    /// The value of `name`. It stays JSON, because a later version may have a type whose name is not a string.
    pub(super) name: Option<&'a RawValue>,
}

/// Scans the whole text once, because it may be large: counts the values and their nesting, and returns the head.
///
/// # Errors
/// A [`Refusal`] with `invalid_field` if the text is not JSON (half of a surrogate pair is not), is nested too deep, or has a
/// field of a custom payload twice; with `payload_too_large` if it has more than [`PAYLOAD_NODES_MAX`] values.
pub(super) fn walk_through(text: &str) -> Result<Head<'_>, Refusal> {
    // The payload itself is the first value, and its fields are one level below it.
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
        (None, Err(error)) => Err(Refusal::unreadable("payload", ErrorCode::InvalidField, &error)),
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
    fn over<E: Error>(&mut self, limit: Over) -> E {
        self.over = Some(limit);
        E::custom("over the limit")
    }

    fn count<E: Error>(&mut self) -> Result<(), E> {
        self.nodes += 1;
        if self.nodes > PAYLOAD_NODES_MAX { Err(self.over(Over::Nodes)) } else { Ok(()) }
    }
}

/// Visits the payload itself. A second `type`, `name` or `data` is an error, because a reader could use the other one.
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
