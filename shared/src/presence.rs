//! The members of a channel, as one client knows them.

use crate::ids::{DisplayName, UserId};
use crate::protocol::{PresenceChange, Sender};
use crate::sorted::SortedMap;

/// The members of a channel. Changes may be applied in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    members: SortedMap<UserId, DisplayName>,
}

impl Roster {
    /// Applies one change. Returns whether the members changed.
    pub fn apply(&mut self, change: PresenceChange) -> bool {
        match change {
            PresenceChange::Members(all) => {
                let mut members = SortedMap::default();
                for Sender { user, name } in all {
                    members.insert(user, name);
                }
                let changed = self.members != members;
                self.members = members;
                changed
            }
            PresenceChange::Joined(Sender { user, name }) => {
                self.members.insert(user, name.clone()).is_none_or(|before| before != name)
            }
            PresenceChange::Left(user) => self.members.remove(&user).is_some(),
            PresenceChange::Unknown => false,
        }
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the channel has no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the members, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = (&UserId, &DisplayName)> {
        self.members.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn member(user: &str, name: &str) -> Sender {
        Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(name).unwrap() }
    }

    #[test]
    fn people_come_and_go() {
        let mut roster = Roster::default();
        assert!(roster.apply(PresenceChange::Members(vec![member("ada", "Ada")])));
        assert!(roster.apply(PresenceChange::Joined(member("bob", "Bob"))));
        assert!(
            !roster.apply(PresenceChange::Joined(member("bob", "Bob"))),
            "the same again changes nothing"
        );
        assert!(roster.apply(PresenceChange::Joined(member("bob", "Robert"))));
        assert!(roster.apply(PresenceChange::Left(UserId::parse("ada").unwrap())));
        let left: Vec<_> = roster.iter().map(|(user, name)| (user.as_str(), name.as_str())).collect();
        assert_eq!(left, [("bob", "Robert")]);
    }

    #[test]
    fn a_whole_list_replaces_what_was_known() {
        let mut roster = Roster::default();
        roster.apply(PresenceChange::Joined(member("ghost", "Ghost")));
        roster.apply(PresenceChange::Members(vec![member("ada", "Ada")]));
        assert_eq!(roster.len(), 1);
    }
}
