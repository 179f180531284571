//! Who is in a channel.

use serde::{Deserialize, Serialize};

use super::sender::Sender;
use crate::ids::{ChannelName, RequestId, UserId};
use crate::json::declare::object;
use crate::json::{Fields, ReadFields, Unreadable, lenient};

object! {
    [Read]
    /// Who is in a channel, or how that changed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Presence {
        /// The id of the request that this answers, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<RequestId>,
        /// The channel.
        pub channel: ChannelName,
        /// The version of the channel's presence after this change. Each change increases it by one; an older one is
        /// stale.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version: Option<u64>,
        /// All members, or one who joined or left.
        #[serde(deserialize_with = "lenient")]
        pub change: PresenceChange = flatten,
    }
}

/// A change of a channel's presence. The name of its field says which. A user with several connections joins once and
/// leaves once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceChange {
    /// All members.
    Members(Vec<Sender>),
    /// This user joined.
    Joined(Sender),
    /// This user left.
    Left(UserId),
    /// A change that this version does not know. Ignore it.
    #[serde(skip)]
    Unknown,
}

impl ReadFields for PresenceChange {
    fn read_fields(fields: &mut Fields) -> Result<Self, Unreadable> {
        if fields.has("members") {
            fields.read("members").map(Self::Members)
        } else if fields.has("joined") {
            fields.read("joined").map(Self::Joined)
        } else if fields.has("left") {
            fields.read("left").map(Self::Left)
        } else {
            Ok(Self::Unknown)
        }
    }
}
