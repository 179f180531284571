//! Decides who may do what in a channel. All permission checks are here.

use std::collections::BTreeMap;

use shared::ids::{ChannelName, Namespace};
use shared::protocol::{ErrorCode, Refusal};

use super::principal::Subject;
use crate::config::Policy;

/// An action in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Subscribe to it.
    Subscribe,
    /// Read messages of its history.
    ReadHistory,
    /// See its members.
    SeeMembers,
    /// Publish a message.
    Publish,
    /// Send a signal. It reaches all subscribers like a message, so it needs the same permission.
    Signal,
}

/// The policies of all namespaces.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    namespaces: BTreeMap<Namespace, Policy>,
}

impl Permissions {
    /// Creates permissions from policies. A channel of any other namespace is refused.
    pub fn new(namespaces: BTreeMap<Namespace, Policy>) -> Self {
        Self { namespaces }
    }

    /// Returns the policy of the channel if `subject` may do `action` in it.
    ///
    /// # Errors
    /// A [`Refusal`] with `unknown_namespace`, `forbidden`, or with `history_off` or `presence_off` if the channel does not
    /// offer the action to anybody.
    pub fn may(
        &self,
        subject: Subject<'_>,
        action: Action,
        channel: &ChannelName,
    ) -> Result<&Policy, Refusal> {
        let policy = self.policy(channel).ok_or_else(|| {
            let what = format!("The namespace “{}” is not configured on this server.", channel.namespace());
            Refusal::new(ErrorCode::UnknownNamespace, what)
        })?;
        let (access, refusal) = match action {
            Action::Subscribe | Action::ReadHistory | Action::SeeMembers => {
                (policy.read, "You may not read this channel.")
            }
            Action::Publish | Action::Signal => (policy.publish, "You may not publish in this channel."),
        };
        if let Subject::Principal(principal) = subject
            && !access.allows(channel, principal.user())
        {
            return Err(Refusal::new(ErrorCode::Forbidden, refusal));
        }
        match action {
            Action::ReadHistory if !policy.history => {
                Err(Refusal::new(ErrorCode::HistoryOff, "This channel keeps no history."))
            }
            Action::SeeMembers if !policy.presence => {
                Err(Refusal::new(ErrorCode::PresenceOff, "This channel does not tell who is there."))
            }
            _ => Ok(policy),
        }
    }

    /// Returns the policy of a channel, or `None` if its namespace is not configured.
    pub fn policy(&self, channel: &ChannelName) -> Option<&Policy> {
        self.namespaces.get(channel.namespace())
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::{DisplayName, UserId};
    use shared::protocol::Sender;

    use super::super::Principal;
    use super::*;
    use crate::config::default_namespaces;

    #[test]
    fn each_subject_may_do_what_the_namespace_allows() {
        let permissions = Permissions::new(default_namespaces());
        let principal = |user| {
            let (user, name) = (UserId::parse(user).unwrap(), DisplayName::parse("A name").unwrap());
            Principal { sender: Sender { user, name } }
        };
        let (ada, eve) = (principal("ada"), principal("eve"));
        let verdict = |subject, action, channel: &str| {
            let channel = ChannelName::parse(channel).unwrap();
            permissions.may(subject, action, &channel).err().map(|refusal| refusal.code)
        };
        let (user, forbidden) = (Subject::Principal, Some(ErrorCode::Forbidden));
        let cases = [
            (user(&ada), Action::Publish, "room:lobby", None),
            (user(&ada), Action::Subscribe, "inbox:ada", None),
            (user(&eve), Action::Subscribe, "inbox:ada", forbidden),
            (user(&eve), Action::ReadHistory, "inbox:ada", forbidden),
            (user(&ada), Action::Publish, "inbox:ada", forbidden),
            (user(&ada), Action::Signal, "inbox:ada", forbidden),
            (Subject::ApiKey, Action::Publish, "inbox:ada", None),
            (user(&eve), Action::Publish, "dm:ada+bob", forbidden),
            (user(&ada), Action::ReadHistory, "live:x", Some(ErrorCode::HistoryOff)),
            (Subject::ApiKey, Action::SeeMembers, "live:x", Some(ErrorCode::PresenceOff)),
            (user(&eve), Action::SeeMembers, "inbox:ada", forbidden),
            (Subject::ApiKey, Action::Publish, "nowhere:x", Some(ErrorCode::UnknownNamespace)),
        ];
        for (subject, action, channel, expected) in cases {
            assert_eq!(verdict(subject, action, channel), expected, "{subject:?} {action:?} {channel}");
        }
    }
}
