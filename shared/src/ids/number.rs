//! The ids that are numbers: of connections, requests, offsets, epochs and messages.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::invalid::{InvalidId, shown};

/// The id of one open WebSocket. An id is never reused, not even after a restart, so a stored id never means another
/// user's connection later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// The id of a request. The client chooses it, and the reply has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// The offset of a message in its channel. It grows, perhaps with holes. 0 is before the first message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset before the first message of a channel.
    pub const START: Self = Self(0);
}

/// The incarnation of a log.
///
/// If a log is lost and started again, a reader that has seen offsets 1, 2, 3 finds 1, 2, 3, 4. By the offsets alone, it
/// would believe that it has missed only the new 4. The epoch distinguishes the two logs. In JSON it is a text of 16
/// hexadecimal digits, because JavaScript's numbers are exact only up to 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Reads an epoch.
    ///
    /// # Errors
    /// [`InvalidId::Epoch`] if the text is not 16 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = if digits { u64::from_str_radix(text, 16).ok() } else { None };
        number.map(Self).ok_or_else(|| InvalidId::Epoch(shown(text)))
    }
}

/// The id of a message. The sender makes it, so that the log recognises a retry. A UUID, best of version 7: ids that are
/// made one after another are then also adjacent in the log's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Uuid);

impl MessageId {
    /// Length of the text, in bytes: 32 hexadecimal digits and four hyphens.
    pub const TEXT_BYTES: usize = 36;

    /// Returns a version 7 id (RFC 9562 §5.7) from the milliseconds since the Unix epoch and ten random bytes.
    pub fn new(unix_ms: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, random).into_uuid())
    }

    /// Reads a UUID in its usual form of 36 characters.
    ///
    /// # Errors
    /// [`InvalidId::Message`] if the text is not a UUID in that form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let parsed = if text.len() == Self::TEXT_BYTES { Uuid::try_parse(text).ok() } else { None };
        parsed.map(Self).ok_or_else(|| InvalidId::Message(shown(text)))
    }

    /// Writes the text of the id to `buffer`, in lower case.
    pub fn encode<'a>(&self, buffer: &'a mut [u8; Self::TEXT_BYTES]) -> &'a str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// Returns the sixteen bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Returns the id with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
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
