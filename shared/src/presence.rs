//! Who is in a channel, as one reader knows it.

use crate::ids::{DisplayName, UserId};
use crate::protocol::{PresenceChange, Sender};
use crate::sorted::SortedMap;

/// The members of a channel. Steps are merged in whatever order they come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    members: SortedMap<UserId, DisplayName>,
}

impl Roster {
    /// Merges one step. Returns whether anything changed.
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

    /// How many are here.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members, ordered by their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&UserId, &DisplayName)> {
        self.members.iter()
    }

    /// What `user` is called here.
    pub fn name_of(&self, user: &UserId) -> Option<&DisplayName> {
        self.members.get(user)
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
