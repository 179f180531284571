//! Takes values out of the fields of an object.

use serde_json::{Map, Value};
use thiserror::Error;

/// Why something is not what it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The text is no JSON object.
    #[error("this is no JSON object")]
    NoObject,
    /// A field is missing, or does not hold what it has to.
    #[error("there is no “{0}” that can be read")]
    Field(&'static str),
}

/// What can be read from a JSON value.
pub trait Read: Sized {
    /// Reads `value`; nothing where it is something else.
    fn read(value: Value) -> Option<Self>;
}

/// The fields of an object. Each can be taken once; those that nobody takes are ignored.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Unreadable::NoObject`] where it is no JSON, or no object.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).ok().and_then(Self::read).ok_or(Unreadable::NoObject)
    }

    /// Takes a field that has to be there.
    ///
    /// # Errors
    /// [`Unreadable::Field`] where it is not, or holds something else.
    pub fn take<T: Read>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        self.value(name).and_then(T::read).ok_or(Unreadable::Field(name))
    }

    /// Takes a field that may be missing or `null`.
    ///
    /// # Errors
    /// [`Unreadable::Field`] where it holds something else.
    pub fn maybe<T: Read>(&mut self, name: &'static str) -> Result<Option<T>, Unreadable> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::read(value).map(Some).ok_or(Unreadable::Field(name)),
        }
    }

    /// Takes a field that has a value of its own where it is missing; `null` is no value.
    ///
    /// # Errors
    /// [`Unreadable::Field`] where it holds something else.
    pub fn or_default<T: Read + Default>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        match self.value(name) {
            None => Ok(T::default()),
            Some(value) => T::read(value).ok_or(Unreadable::Field(name)),
        }
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What `name` holds, if it is there.
    fn value(&mut self, name: &str) -> Option<Value> {
        self.0.get_mut(name).map(Value::take)
    }
}

impl Read for Fields {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }
}

impl Read for Value {
    fn read(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Read for String {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Read for bool {
    fn read(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Read for u64 {
    fn read(value: Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Read for u32 {
    fn read(value: Value) -> Option<Self> {
        Self::try_from(value.as_u64()?).ok()
    }
}

/// An item that cannot be read is left out: a later version of the server may have written it, and the others can be
/// read.
impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().filter_map(T::read).collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_field_that_may_be_missing_may_not_hold_something_else() {
        let mut fields = Fields::parse(r#"{"one":1,"null":null,"text":"x","large":4294967296}"#).unwrap();
        assert_eq!(fields.maybe::<u64>("one"), Ok(Some(1)));
        assert_eq!(fields.maybe::<u64>("null"), Ok(None));
        assert_eq!(fields.maybe::<u64>("missing"), Ok(None));
        assert_eq!(fields.maybe::<u64>("text"), Err(Unreadable::Field("text")));
        assert_eq!(fields.take::<u64>("missing"), Err(Unreadable::Field("missing")));
        assert_eq!(fields.take::<u32>("large"), Err(Unreadable::Field("large")));
        assert_eq!(fields.or_default::<bool>("missing"), Ok(false));
    }

    #[test]
    fn only_an_object_has_fields() {
        for text in ["", "[]", "1", "{", "{}x"] {
            assert_eq!(Fields::parse(text).err(), Some(Unreadable::NoObject), "{text}");
        }
    }
}
