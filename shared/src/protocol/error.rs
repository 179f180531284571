//! Why the server refuses something.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
use crate::limits::REFUSAL_CHARS_MAX;

/// A refusal: a code for programs, a sentence for a person, and when trying again can help.
///
/// It is the body of the WebSocket's `error` and of every HTTP answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The stable name of what is wrong.
    pub code: ErrorCode,
    /// A sentence for a person.
    pub message: String,
    /// Present when the same can be tried again, after this many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The turn that this refusal begins, where a `publish` that named its turn is refused for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
}

impl Refusal {
    /// A refusal that stands, however often one asks.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None, turn: None }
    }

    /// A refusal of now: after `wait`, the same may be taken.
    pub fn for_now(code: ErrorCode, message: impl Into<String>, wait: Duration) -> Self {
        let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Self { code, message: message.into(), retry_after_ms, turn: None }
    }

    /// The refusal of `what`, which serde cannot read. serde tells the kinds of its errors apart by their sentences alone; a
    /// sentence may quote what was sent, so its length is limited.
    #[cfg(feature = "server")]
    pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let sentence = error.to_string();
        let sentence = sentence.split(" at line ").next().unwrap_or(&sentence);
        let is_missing = sentence.starts_with("missing field");
        let code = if is_missing { ErrorCode::MissingField } else { ErrorCode::InvalidField };
        let mut shown: String = sentence.chars().take(REFUSAL_CHARS_MAX).collect();
        shown.push(if shown.len() < sentence.len() { '…' } else { '.' });
        Self::new(code, format!("The {what} cannot be read: {shown}"))
    }
}

/// Declares the codes once: variant, JSON name, meaning.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What is wrong. The names are stable; new ones may come, so a client has to live with one it does not know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
            /// A code that this version does not know.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ErrorCode {
            /// All codes that a server sends, each with its meaning.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, concat!($($doc),+)),)+];

            /// The code of this name.
            pub(super) fn of_name(name: &str) -> Self {
                const EACH: &[ErrorCode] = &[$(ErrorCode::$variant,)+];
                EACH.iter().copied().find(|code| code.as_str() == name).unwrap_or(Self::Unknown)
            }

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Unknown => "unknown",
                }
            }
        }
    };
}

error_codes! {
    /// The text is no JSON object.
    NotJson = "not_json",
    /// The `type` is none that this version knows.
    UnknownType = "unknown_type",
    /// A field is not there that has to be.
    MissingField = "missing_field",
    /// A field does not hold what it has to.
    InvalidField = "invalid_field",
    /// A channel's name has not the form `namespace:name`.
    InvalidChannel = "invalid_channel",
    /// A display name shows nothing, is too long, or holds control characters.
    InvalidName = "invalid_name",
    /// A text is longer than the limit.
    TextTooLong = "text_too_long",
    /// A payload or a request body is larger than the limit.
    PayloadTooLarge = "payload_too_large",
    /// A binary message came where a text is due.
    BinaryUnsupported = "binary_unsupported",
    /// The protocol's version is not spoken here.
    UnsupportedVersion = "unsupported_version",
    /// `hello` has to come first.
    HelloRequired = "hello_required",
    /// `hello` has been said on this connection.
    AlreadyGreeted = "already_greeted",
    /// The token is not one of this server, or no longer valid.
    InvalidToken = "invalid_token",
    /// The API key is missing or false.
    Unauthorized = "unauthorized",
    /// This user may not do that in this channel.
    Forbidden = "forbidden",
    /// No channel can be had in this namespace: the server has not configured it.
    UnknownNamespace = "unknown_namespace",
    /// The connection has as many subscriptions as it may.
    TooManySubscriptions = "too_many_subscriptions",
    /// The connection is not subscribed to that channel.
    NotSubscribed = "not_subscribed",
    /// The channel keeps no history.
    HistoryOff = "history_off",
    /// The channel has no presence.
    PresenceOff = "presence_off",
    /// More messages a second than allowed.
    RateLimited = "rate_limited",
    /// The server has more to do than it can; nothing was done.
    Overloaded = "overloaded",
    /// A message before it was refused, and it must not overtake that; nothing was done.
    OutOfTurn = "out_of_turn",
    /// The log cannot be written, for example because the disk is full; nothing was done.
    StorageFailed = "storage_failed",
    /// No open connection has that number.
    UnknownConnection = "unknown_connection",
    /// That user has no open connection.
    UserOffline = "user_offline",
    /// There is nothing at that address.
    NotFound = "not_found",
    /// The address does not take that method.
    MethodNotAllowed = "method_not_allowed",
    /// This address speaks WebSocket only.
    UpgradeRequired = "upgrade_required",
    /// The server is stopping; another, or the same, will be there soon.
    Stopping = "stopping",
    /// The server has failed in a way it did not foresee.
    Internal = "internal",
    /// The client's own outbox is full; nothing was sent.
    OutboxFull = "outbox_full",
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn json_uses_the_stable_names() {
        for (code, _) in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_in_a_sentence_of_bounded_length() {
        let told = |text: &str| {
            let error = serde_json::from_str::<Refusal>(text).unwrap_err();
            let refusal = Refusal::unreadable("payload", &error);
            (refusal.code, refusal.message)
        };
        let missing = "The payload cannot be read: missing field `code`.".to_owned();
        assert_eq!(told("{}"), (ErrorCode::MissingField, missing));
        let (code, message) = told(&format!(r#"{{"code":"internal","message":["{}"]}}"#, "ä".repeat(1000)));
        assert_eq!(code, ErrorCode::InvalidField);
        assert!(message.starts_with("The payload cannot be read: invalid type"), "{message}");
        let (_, message) =
            told(&format!(r#"{{"code":"internal","message":"","turn":"{}"}}"#, "ä".repeat(1000)));
        assert!(message.ends_with("ä…") && message.chars().count() < REFUSAL_CHARS_MAX + 40, "{message}");
    }

    #[test]
    fn a_code_of_a_later_version_is_read_as_unknown() {
        assert_eq!(serde_json::from_str::<ErrorCode>("\"from_the_future\"").unwrap(), ErrorCode::Unknown);
    }
}
