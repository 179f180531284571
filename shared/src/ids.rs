//! The names and numbers of the domain, each a type that can only be had by parsing.

mod channel;
mod name;
mod number;

pub use channel::{ChannelName, Namespace};
pub use name::{DisplayName, UserId};
pub use number::{ConnectionId, Epoch, MessageId, Offset, RequestId};

use std::fmt;

use serde::de::Visitor;
use thiserror::Error;

/// Why a text is not the name or number it was meant to be. The text of the error is for a person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// A channel is `namespace:name`; see [`ChannelName`] for what both may hold.
    #[error(
        "“{0}” is not a channel: a channel is namespace:name, like room:lobby, of letters, digits and _ - . + @"
    )]
    Channel(String),
    /// A namespace is lower-case letters, digits and hyphens.
    #[error("“{0}” is not a namespace: lower-case letters, digits and hyphens, beginning with a letter")]
    Namespace(String),
    /// A user id is ASCII letters, digits and a few marks.
    #[error("“{0}” is not a user id: 1 to 64 letters, digits and _ - .")]
    User(String),
    /// A display name has to show something, in one line.
    #[error("a name has 1 to 40 characters that can be seen, in one line")]
    DisplayName,
    /// A message id is a UUID.
    #[error("“{0}” is not a message id: a UUID is due, best of version 7")]
    Message(String),
    /// An epoch is an unsigned hexadecimal number.
    #[error("“{0}” is not an epoch: 16 hexadecimal digits are due")]
    Epoch(String),
}

/// Cuts a refused text to what fits in an error message.
fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    let mut cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// Reads a name from a text without keeping a copy of it.
struct Text<T>(fn(&str) -> Result<T, InvalidId>);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// Implements reading from and writing to JSON for a newtype that has `parse` and can be displayed.
macro_rules! json_text {
    ($($type:ty => $text:expr;)+) => {
        $(impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&Self, S) -> Result<S::Ok, S::Error> = $text;
                text(self, serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::ids::Text(Self::parse))
            }
        })+
    };
}
use json_text;

/// Implements reading from and writing to text (and so JSON) for a newtype that has `parse` and `as_str`.
macro_rules! text_id {
    ($type:ty) => {
        $crate::ids::json_text! { $type => |id, serializer| serializer.serialize_str(id.as_str()); }
        impl std::str::FromStr for $type {
            type Err = $crate::ids::InvalidId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl From<$type> for String {
            fn from(id: $type) -> String {
                id.as_str().to_owned()
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
use text_id;
