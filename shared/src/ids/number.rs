//! The numbers: of connections, requests, offsets, epochs and messages.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{InvalidId, json_text, shown};

/// The number of one open WebSocket. A number is never given twice, not even after a restart: a stored number can
/// then never name another person's connection later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// A number that a client chooses for a request; the reply carries the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// The place of a message in its channel. Grows; not promised to be dense. 0 stands before the first message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// Before the first message of a channel.
    pub const START: Self = Self(0);
}

/// The incarnation of a log.
///
/// A log is lost and begun again: the reader that has seen offsets 1, 2, 3 finds 1, 2, 3, 4 and, by the offsets
/// alone, would take the new 4 for the only message it has missed. The epoch tells the two logs apart. In JSON it is
/// a text of 16 hexadecimal digits, because JavaScript's numbers end at 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Reads an epoch.
    ///
    /// # Errors
    /// [`InvalidId::Epoch`] where the text is not 16 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = if digits { u64::from_str_radix(text, 16).ok() } else { None };
        number.map(Self).ok_or_else(|| InvalidId::Epoch(shown(text)))
    }
}

/// The name of a message, made by its sender, so that a retry is recognised. A UUID; version 7 is best, because
/// those made one after the other also lie one after the other in the log's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Uuid);

impl MessageId {
    /// Bytes of its text: 32 hexadecimal digits and four hyphens.
    pub const TEXT_BYTES: usize = 36;

    /// Makes a version 7 id (RFC 9562 section 5.7) from the milliseconds since the Unix epoch and ten random bytes.
    pub fn new(unix_ms: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, random).into_uuid())
    }

    /// Reads a UUID in its usual form of 36 characters.
    ///
    /// # Errors
    /// [`InvalidId::Message`] where the text is none.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let parsed = if text.len() == Self::TEXT_BYTES { Uuid::try_parse(text).ok() } else { None };
        parsed.map(Self).ok_or_else(|| InvalidId::Message(shown(text)))
    }

    /// Writes the text of the id to `buffer`, in lower case.
    pub fn encode<'a>(&self, buffer: &'a mut [u8; Self::TEXT_BYTES]) -> &'a str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// The sixteen bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id of these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

json_text! {
    Epoch => |epoch, serializer| serializer.collect_str(epoch);
    MessageId => |id, serializer| serializer.serialize_str(id.encode(&mut [0; MessageId::TEXT_BYTES]));
}

impl std::str::FromStr for ConnectionId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ids_of_later_times_sort_later() {
        let earlier = MessageId::new(1_000, &[255; 10]);
        let later = MessageId::new(1_001, &[0; 10]);
        assert!(earlier < later);
        assert_eq!(MessageId::parse(&earlier.to_string()), Ok(earlier));
    }

    #[test]
    fn only_the_usual_form_of_a_uuid_is_read() {
        for text in ["", "x", "0190b0a0c0d07e0f8a0b0c0d0e0f0a0b", "{0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b}"] {
            assert!(MessageId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_epoch_is_sixteen_digits() {
        let epoch = Epoch(0xab);
        assert_eq!(serde_json::to_string(&epoch).unwrap(), "\"00000000000000ab\"");
        assert_eq!(serde_json::from_str::<Epoch>("\"00000000000000ab\"").unwrap(), epoch);
        assert!(serde_json::from_str::<Epoch>("\"ab\"").is_err());
        assert!(serde_json::from_str::<Epoch>("\"+0000000000000ab\"").is_err());
    }
}
