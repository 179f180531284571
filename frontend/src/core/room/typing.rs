//! Who is typing in a room. It ends by itself, because nobody announces that they have stopped.

use shared::ids::UserId;
use shared::protocol::Sender;
use shared::time::Timestamp;

/// Time after a signal for which a user counts as typing, in milliseconds.
const TYPING_MS: u64 = 5_000;

/// Maximum number of users that are remembered. Further ones are ignored.
const TYPING_USERS_MAX: usize = 100;

/// The users who are typing in a channel. The first to start is first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typing(Vec<(Sender, Timestamp)>);

impl Typing {
    /// A user is typing.
    pub(crate) fn signal(&mut self, who: Sender, now: Timestamp) {
        if let Some(known) = self.0.iter_mut().find(|(known, _)| known.user == who.user) {
            *known = (who, now);
        } else if self.0.len() < TYPING_USERS_MAX {
            self.0.push((who, now));
        }
    }

    /// A user's message has arrived. Returns whether the user was typing.
    pub(crate) fn stop(&mut self, user: &UserId) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| known.user != *user);
        self.0.len() < before
    }

    /// Removes those whose last signal is older than [`TYPING_MS`]. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        self.0.retain(|(_, since)| now.0.saturating_sub(since.0) < TYPING_MS);
        self.0.len() < before
    }

    /// Returns the time of the next [`expire`](Self::expire) that removes somebody.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, since)| Timestamp(since.0.saturating_add(TYPING_MS))).min()
    }

    /// Returns the names of those who are typing.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(who, _)| who.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::DisplayName;

    use super::*;

    fn sender(name: &str) -> Sender {
        Sender { user: UserId::parse(name).unwrap(), name: DisplayName::parse(name).unwrap() }
    }

    #[test]
    fn typing_ends_by_itself_or_with_the_message() {
        let mut typing = Typing::default();
        typing.signal(sender("Ada"), Timestamp(0));
        typing.signal(sender("Bob"), Timestamp(1_000));
        assert_eq!(typing.names(), ["Ada", "Bob"]);
        typing.signal(sender("Ada"), Timestamp(3_000));
        assert_eq!(typing.expires_at(), Some(Timestamp(6_000)));
        assert!(!typing.expire(Timestamp(5_999)) && typing.expire(Timestamp(6_000)));
        assert_eq!(typing.names(), ["Ada"]);
        assert!(typing.stop(&UserId::parse("Ada").unwrap()));
        assert_eq!((typing.names().len(), typing.expires_at()), (0, None));
    }

    #[test]
    fn the_number_of_typing_users_is_bounded() {
        let mut typing = Typing::default();
        (0..150).for_each(|n| typing.signal(sender(&format!("u{n}")), Timestamp(0)));
        assert_eq!(typing.names().len(), 100);
    }
}
