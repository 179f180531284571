//! What may be done in the channels of a namespace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::ids::{ChannelName, Namespace, UserId};

/// What a namespace's channels offer, and to whom. The HTTP API, with its key, may do everything in all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether messages are logged. Without, they are delivered from memory, and acknowledged when handed over.
    #[serde(default = "yes")]
    pub history: bool,
    /// Whether members are told who is there.
    #[serde(default)]
    pub presence: bool,
    /// Most messages a channel keeps; older ones are trimmed. Without, all are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_messages: Option<u64>,
    /// How long a channel keeps a message, in ms. Without, for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_ms: Option<u64>,
    /// Who may read.
    #[serde(default)]
    pub read: Access,
    /// Who may publish.
    #[serde(default)]
    pub publish: Access,
}

fn yes() -> bool {
    true
}

/// Who may do something in a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody who is connected.
    #[default]
    Everyone,
    /// The user whose id is the channel's name: `inbox:ada`.
    Owner,
    /// The users whose ids make up the channel's name, with `+` between: `dm:ada+bob`.
    Members,
    /// Nobody but the HTTP API.
    Key,
}

impl Access {
    /// Whether `user` may.
    pub fn allows(self, channel: &ChannelName, user: &UserId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Owner => channel.name() == user.as_str(),
            Self::Members => channel.name().split('+').any(|member| member == user.as_str()),
            Self::Key => false,
        }
    }
}

/// The namespaces of a server that configures none.
pub fn default_namespaces() -> BTreeMap<Namespace, Policy> {
    let (keep_messages, keep_ms) = (None, None);
    let policy = |history, presence, read, publish| Policy {
        history,
        presence,
        keep_messages,
        keep_ms,
        read,
        publish,
    };
    let defaults = [
        ("room", policy(true, true, Access::Everyone, Access::Everyone)),
        ("dm", policy(true, true, Access::Members, Access::Members)),
        ("inbox", policy(true, false, Access::Owner, Access::Key)),
        ("live", policy(false, false, Access::Everyone, Access::Everyone)),
    ];
    defaults.into_iter().filter_map(|(name, policy)| Some((Namespace::parse(name).ok()?, policy))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_default_namespaces_have_legal_names() {
        let names: Vec<String> = default_namespaces().into_keys().map(String::from).collect();
        assert_eq!(names, ["dm", "inbox", "live", "room"]);
    }

    #[test]
    fn access_is_told_by_the_channels_name() {
        let channel = |name: &str| ChannelName::parse(name).unwrap();
        let (ada, eve) = (UserId::parse("ada").unwrap(), UserId::parse("eve").unwrap());
        assert!(Access::Owner.allows(&channel("inbox:ada"), &ada));
        assert!(!Access::Owner.allows(&channel("inbox:ada"), &eve));
        assert!(Access::Members.allows(&channel("dm:ada+bob"), &ada));
        assert!(!Access::Members.allows(&channel("dm:ada+bob"), &eve));
        assert!(!Access::Members.allows(&channel("dm:adam+bob"), &ada));
        assert!(!Access::Key.allows(&channel("inbox:ada"), &ada));
    }
}
