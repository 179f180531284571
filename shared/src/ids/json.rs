//! The form of names and numbers as text and in JSON, for serde and for the app's own reader and writer.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::channel::{ChannelName, Namespace};
use super::invalid::InvalidId;
use super::name::{DisplayName, UserId};
use super::number::{ConnectionId, Epoch, MessageId, Offset, RequestId};
use crate::json::{Read, Write};

/// Reads a name from a text without a copy of the text.
struct Parse<T>(fn(&str) -> Result<T, InvalidId>);

impl<'de, T> Visitor<'de> for Parse<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// Implements serde's traits for types that are a text in JSON. The type's name goes to the deserializer, which uses it to
/// tell which type was invalid.
macro_rules! serde_text {
    ($($type:ident => $serialize:expr;)+) => {
        $(impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let serialize: fn(&Self, S) -> Result<S::Ok, S::Error> = $serialize;
                serialize(self, serializer)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(stringify!($type), Parse(Self::parse))
            }
        })+
    };
}
serde_text! {
    ChannelName => |name, serializer| serializer.serialize_str(name.as_str());
    Namespace => |name, serializer| serializer.serialize_str(name.as_str());
    UserId => |id, serializer| serializer.serialize_str(id.as_str());
    DisplayName => |name, serializer| serializer.serialize_str(name.as_str());
    Epoch => |epoch, serializer| serializer.collect_str(epoch);
    MessageId => |id, serializer| serializer.serialize_str(id.encode(&mut [0; MessageId::TEXT_BYTES]));
}

/// Implements the conversions from and to text for types with `parse` and `as_str`.
macro_rules! text {
    ($($type:ident)+) => {
        $(impl std::str::FromStr for $type {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl From<$type> for String {
            fn from(id: $type) -> String {
                id.as_str().to_owned()
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        })+
    };
}
text! { ChannelName Namespace UserId DisplayName }

/// Implements [`Read`] with a function from the JSON's own type.
macro_rules! read {
    ($($type:ident: $inner:ident => $read:expr;)+) => {
        $(impl Read for $type {
            fn read(value: Value) -> Option<Self> {
                let read: fn($inner) -> Option<Self> = $read;
                read($inner::read(value)?)
            }
        })+
    };
}
read! {
    ChannelName: String => |text| Self::parse(&text).ok();
    UserId: String => |text| Self::parse(&text).ok();
    DisplayName: String => |text| Some(Self::of_record(&text));
    MessageId: String => |text| Self::parse(&text).ok();
    Epoch: String => |text| Self::parse(&text).ok();
    ConnectionId: u64 => |number| Some(Self(number));
    RequestId: u64 => |number| Some(Self(number));
    Offset: u64 => |number| Some(Self(number));
}

/// Implements [`Write`] with a function to a type that can be written.
macro_rules! write_as {
    ($($type:ident: $value:ident => $written:expr;)+) => {
        $(impl Write for $type {
            fn write(&self, to: &mut String) {
                let $value = self;
                $written.write(to);
            }
        })+
    };
}
write_as! {
    ChannelName: name => name.as_str();
    DisplayName: name => name.as_str();
    MessageId: id => id.to_string();
    Epoch: epoch => epoch.to_string();
    ConnectionId: id => id.0;
    RequestId: id => id.0;
    Offset: offset => offset.0;
}
