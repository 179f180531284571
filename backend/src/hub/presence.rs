//! Who is in a channel, on all workers. Looked at when somebody comes, goes or asks; never on the way of a message.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::ids::{ChannelName, DisplayName, UserId};
use shared::protocol::{PresenceChange, Sender};
use tokio::time::Instant;

/// Most members of a channel that are told of. With more, coming and going is not told, and a list has the first of this
/// number: to tell each of ten thousand of each of the others would be a hundred million messages.
pub const PRESENCE_MEMBERS_MAX: usize = 1000;

/// The members of all channels. A user with several connections is one member, and one whose last connection is gone
/// stays one for a grace: who only reloads the page, or changes the network, has not left.
#[derive(Debug, Default)]
pub struct PresenceBoard {
    channels: Mutex<BTreeMap<ChannelName, BTreeMap<UserId, Member>>>,
}

#[derive(Debug)]
struct Member {
    name: DisplayName,
    connections: usize,
    /// When the last connection went.
    gone: Option<Instant>,
}

impl PresenceBoard {
    /// A connection of `sender` follows the channel. Returns what the others are to be told, if anything.
    pub fn join(&self, channel: &ChannelName, sender: &Sender) -> Option<PresenceChange> {
        let mut channels = self.lock();
        let members = channels.entry(channel.clone()).or_default();
        let then = members.len() + usize::from(!members.contains_key(&sender.user));
        let told = then <= PRESENCE_MEMBERS_MAX;
        let joined = || told.then(|| PresenceChange::Joined(sender.clone()));
        let Some(member) = members.get_mut(&sender.user) else {
            let member = Member { name: sender.name.clone(), connections: 1, gone: None };
            members.insert(sender.user.clone(), member);
            return joined();
        };
        member.connections += 1;
        member.gone = None;
        if member.name == sender.name {
            return None;
        }
        member.name = sender.name.clone();
        joined()
    }

    /// A connection of `user` follows it no longer.
    pub fn leave(&self, channel: &ChannelName, user: &UserId) {
        let mut channels = self.lock();
        if let Some(member) = channels.get_mut(channel).and_then(|members| members.get_mut(user)) {
            member.connections = member.connections.saturating_sub(1);
            if member.connections == 0 {
                member.gone = Some(Instant::now());
            }
        }
    }

    /// Takes out those who are gone for longer than `grace`. Returns what the others are to be told.
    pub fn sweep(&self, grace: Duration) -> Vec<(ChannelName, UserId)> {
        let mut left = Vec::new();
        self.lock().retain(|channel, members| {
            let told = members.len() <= PRESENCE_MEMBERS_MAX;
            members.retain(|user, member| {
                let stays = member.gone.is_none_or(|gone| gone.elapsed() < grace);
                if told && !stays {
                    left.push((channel.clone(), user.clone()));
                }
                stays
            });
            !members.is_empty()
        });
        left
    }

    /// The members of a channel, ordered by their ids, at most [`PRESENCE_MEMBERS_MAX`].
    pub fn members(&self, channel: &ChannelName) -> Vec<Sender> {
        let channels = self.lock();
        let members = channels.get(channel).into_iter().flatten().take(PRESENCE_MEMBERS_MAX);
        members.map(|(user, member)| Sender { user: user.clone(), name: member.name.clone() }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ChannelName, BTreeMap<UserId, Member>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lobby() -> ChannelName {
        ChannelName::parse("room:lobby").unwrap()
    }

    fn ada(name: &str) -> Sender {
        Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse(name).unwrap() }
    }

    #[test]
    fn a_user_with_two_connections_comes_once_and_goes_once() {
        let board = PresenceBoard::default();
        assert_eq!(board.join(&lobby(), &ada("Ada")), Some(PresenceChange::Joined(ada("Ada"))));
        assert_eq!(board.join(&lobby(), &ada("Ada")), None);
        board.leave(&lobby(), &ada("Ada").user);
        assert!(board.sweep(Duration::ZERO).is_empty());
        board.leave(&lobby(), &ada("Ada").user);
        assert_eq!(board.sweep(Duration::ZERO), [(lobby(), ada("Ada").user)]);
        assert!(board.members(&lobby()).is_empty());
    }

    #[test]
    fn who_comes_back_within_the_grace_has_not_left() {
        let board = PresenceBoard::default();
        board.join(&lobby(), &ada("Ada"));
        board.leave(&lobby(), &ada("Ada").user);
        assert!(board.sweep(Duration::from_secs(60)).is_empty());
        assert_eq!(board.join(&lobby(), &ada("Ada")), None);
        assert!(board.sweep(Duration::ZERO).is_empty());
    }

    #[test]
    fn of_one_more_than_the_most_nothing_is_told() {
        let board = PresenceBoard::default();
        let guest = |number: usize| {
            let user = UserId::parse(&format!("guest-{number}")).unwrap();
            Sender { user, name: DisplayName::parse("Guest").unwrap() }
        };
        let told =
            (0..=PRESENCE_MEMBERS_MAX).filter(|number| board.join(&lobby(), &guest(*number)).is_some());
        assert_eq!(told.count(), PRESENCE_MEMBERS_MAX);
        assert_eq!(board.members(&lobby()).len(), PRESENCE_MEMBERS_MAX);

        board.leave(&lobby(), &guest(7).user);
        assert!(board.sweep(Duration::ZERO).is_empty());
        board.leave(&lobby(), &guest(8).user);
        assert_eq!(board.sweep(Duration::ZERO), [(lobby(), guest(8).user)]);
    }

    #[test]
    fn a_new_name_is_told() {
        let board = PresenceBoard::default();
        board.join(&lobby(), &ada("Ada"));
        assert_eq!(board.join(&lobby(), &ada("Lovelace")), Some(PresenceChange::Joined(ada("Lovelace"))));
        assert_eq!(board.members(&lobby()), [ada("Lovelace")]);
    }
}
