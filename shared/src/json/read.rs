//! Values that can be read from a tree of JSON.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use thiserror::Error as ThisError;

/// Why a text or a value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum Unreadable {
    /// The text is not a JSON object.
    #[error("this is not a JSON object")]
    NoObject,
    /// A field is missing or has an invalid value.
    #[error("the field “{0}” is missing or has an invalid value")]
    Field(&'static str),
}

/// A type that can be read from a JSON value.
pub trait Read: Sized {
    /// Reads `value`. Returns `None` if the value is not valid for this type.
    fn read(value: Value) -> Option<Self>;

    /// Returns the value of a field that is absent, or `None` if the field is required.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Skips the items that cannot be read: a later version of the server may have sent them.
impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().filter_map(T::read).collect()),
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

impl Read for u16 {
    fn read(value: Value) -> Option<Self> {
        Self::try_from(value.as_u64()?).ok()
    }
}

/// Makes serde read a field as [`Read`] reads it: it accepts values of a later version that serde would refuse.
///
/// # Errors
/// Those of `deserializer`, and one if the value is not valid for `T`.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: Read>(deserializer: D) -> Result<T, D::Error> {
    T::read(Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("this cannot be read"))
}
