//! The policy of a namespace: what its channels offer, and who may read and publish.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::ids::{ChannelName, Namespace, UserId};

/// What the channels of a namespace offer, and to whom. The HTTP API, with its key, may do everything in all of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether messages are logged. If not, they are delivered from memory, and acknowledged when the workers have them.
    #[serde(default = "yes")]
    pub history: bool,
    /// Whether subscribers receive the list of members and its changes.
    #[serde(default)]
    pub presence: bool,
    /// Maximum number of messages that a channel keeps; older ones are trimmed. `None`: all are kept.
    #[serde(default)]
    pub keep_messages: Option<u64>,
    /// Maximum age of the messages that a channel keeps, in ms. `None`: no limit.
    #[serde(default)]
    pub(crate) keep_ms: Option<u64>,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody who is connected.
    #[default]
    Everyone,
    /// The user whose id is the channel's name: `inbox:ada`.
    Owner,
    /// The users whose ids, joined by `+`, are the channel's name: `dm:ada+bob`.
    Members,
    /// Only the HTTP API.
    Key,
}

impl Access {
    /// Whether `user` is allowed.
    pub fn allows(self, channel: &ChannelName, user: &UserId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Owner => channel.name() == user.as_str(),
            Self::Members => channel.name().split('+').any(|member| member == user.as_str()),
            Self::Key => false,
        }
    }
}

/// Returns the namespaces of a server without a config file.
pub(crate) fn default_namespaces() -> BTreeMap<Namespace, Policy> {
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
