//! Who is writing. It ends by itself: nobody says that they have stopped.

use shared::ids::UserId;
use shared::protocol::Sender;
use shared::time::Timestamp;

/// How long after a signal somebody counts as writing, in milliseconds.
pub(crate) const TYPING_MS: u64 = 5_000;

/// Those who are writing in a channel, longest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typing(Vec<(Sender, Timestamp)>);

impl Typing {
    /// Somebody is writing.
    pub(crate) fn signal(&mut self, who: Sender, now: Timestamp) {
        match self.0.iter_mut().find(|(known, _)| known.user == who.user) {
            Some(known) => *known = (who, now),
            None => self.0.push((who, now)),
        }
    }

    /// Their message has come.
    pub(crate) fn stop(&mut self, user: &UserId) {
        self.0.retain(|(known, _)| known.user != *user);
    }

    /// Forgets those of whom nothing was heard for [`TYPING_MS`].
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.0.retain(|(_, said)| u128::from(TYPING_MS) > now.since(*said).as_millis());
    }

    /// Whether somebody is writing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sentence below the log; empty where nobody is.
    pub(crate) fn sentence(&self) -> String {
        match self.0.as_slice() {
            [] => String::new(),
            [(one, _)] => format!("{} is typing…", one.name),
            [(one, _), (other, _)] => format!("{} and {} are typing…", one.name, other.name),
            many => format!("{} people are typing…", many.len()),
        }
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
    fn writing_ends_by_itself_or_with_the_message() {
        let mut typing = Typing::default();
        typing.signal(sender("Ada"), Timestamp(0));
        typing.signal(sender("Bob"), Timestamp(1_000));
        assert_eq!(typing.sentence(), "Ada and Bob are typing…");
        typing.signal(sender("Ada"), Timestamp(3_000));
        typing.expire(Timestamp(6_000));
        assert_eq!(typing.sentence(), "Ada is typing…");
        typing.stop(&UserId::parse("Ada").unwrap());
        assert!(typing.is_empty());
    }
}
