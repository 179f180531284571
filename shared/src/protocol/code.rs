//! The codes of refusals.

use serde::{Deserialize, Serialize};

use crate::json::declare::names;

names! {
    /// What is wrong. The names never change. New ones may be added, so a client must accept one that it does not know.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    pub enum ErrorCode {
        /// The text is not a JSON object.
        NotJson = "not_json",
        /// This version does not know the `type`.
        UnknownType = "unknown_type",
        /// A required field is missing.
        MissingField = "missing_field",
        /// A field has an invalid value.
        InvalidField = "invalid_field",
        /// A channel's name does not have the form `namespace:name`.
        InvalidChannel = "invalid_channel",
        /// A display name is blank, is too long, or contains control characters.
        InvalidName = "invalid_name",
        /// A text is longer than the limit.
        TextTooLong = "text_too_long",
        /// A payload or a request body is larger than the limit.
        PayloadTooLarge = "payload_too_large",
        /// The client sent a binary message; only text is supported.
        BinaryUnsupported = "binary_unsupported",
        /// The server does not support this version of the protocol.
        UnsupportedVersion = "unsupported_version",
        /// The first message must be `hello`.
        HelloRequired = "hello_required",
        /// The client has already sent `hello` on this connection.
        AlreadyGreeted = "already_greeted",
        /// The token is not from this server, or has expired.
        InvalidToken = "invalid_token",
        /// The API key is missing or wrong.
        Unauthorized = "unauthorized",
        /// This user may not do that in this channel.
        Forbidden = "forbidden",
        /// The server's configuration does not have this namespace.
        UnknownNamespace = "unknown_namespace",
        /// The connection has the maximum number of subscriptions.
        TooManySubscriptions = "too_many_subscriptions",
        /// The connection is not subscribed to that channel.
        NotSubscribed = "not_subscribed",
        /// The channel keeps no history.
        HistoryOff = "history_off",
        /// The channel has no presence.
        PresenceOff = "presence_off",
        /// The client sends more messages per second than allowed.
        RateLimited = "rate_limited",
        /// The server is overloaded; nothing was done.
        Overloaded = "overloaded",
        /// An earlier message was refused, and this one must not overtake it; nothing was done.
        OutOfTurn = "out_of_turn",
        /// The server cannot write the log, for example because the disk is full; nothing was done.
        StorageFailed = "storage_failed",
        /// No open connection has this id.
        UnknownConnection = "unknown_connection",
        /// The user has no open connection.
        UserOffline = "user_offline",
        /// There is nothing at this address.
        NotFound = "not_found",
        /// The address does not support this method.
        MethodNotAllowed = "method_not_allowed",
        /// This address supports WebSocket only.
        UpgradeRequired = "upgrade_required",
        /// The server is stopping; connect again later.
        Stopping = "stopping",
        /// The server had an unexpected error.
        Internal = "internal",
        /// The client's own outbox is full; nothing was sent.
        OutboxFull = "outbox_full",
        ..
        /// A code that this version does not know.
        #[serde(other, rename = "unknown")]
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn json_uses_the_stable_names() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_code_of_a_later_version_is_read_as_unknown() {
        assert_eq!(serde_json::from_str::<ErrorCode>("\"from_the_future\"").unwrap(), ErrorCode::Unknown);
    }
}
