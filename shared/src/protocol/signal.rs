//! What users announce that is true only now.

use serde::{Deserialize, Serialize};

use super::client::SignalKind;
use super::sender::Sender;
use crate::ids::{ChannelName, Offset};
use crate::json::declare::{object, tagged};
use crate::json::lenient;

object! {
    [Read]
    /// What a user announces that is true only now.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Signal {
        /// The channel.
        pub channel: ChannelName,
        /// The user.
        #[serde(deserialize_with = "lenient")]
        pub from: Sender,
        /// What is true.
        pub state: SignalState = flatten,
    }
}

tagged! {
    [Read]
    /// The content of a signal.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub enum SignalState by "kind" {
        /// The user is typing. True for a few seconds.
        Typing = "typing",
        /// How far the user has received and read the channel.
        Seen = "seen" {
            /// All messages up to this offset have arrived.
            #[serde(skip_serializing_if = "Option::is_none")]
            delivered: Option<Offset>,
            /// All messages up to this offset have been read.
            #[serde(skip_serializing_if = "Option::is_none")]
            read: Option<Offset>,
        },
        ..
        /// A kind that this version does not know. Ignore it.
        #[serde(other)]
        Unknown,
    }
}

impl From<SignalKind> for SignalState {
    fn from(kind: SignalKind) -> Self {
        match kind {
            SignalKind::Typing => Self::Typing,
        }
    }
}
