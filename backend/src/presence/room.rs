//! The members of one channel, its version, and the newest changes as frames.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use shared::ids::{ChannelName, DisplayName, UserId};
use shared::protocol::{Presence, PresenceChange, Sender};

use super::news::{Departure, PresenceUpdate};
use crate::message::{ServerMessage, server_frame};

/// Minimum number of changes that a channel keeps. A larger channel keeps half as many changes as it has members,
/// because a longer series of changes is larger than the list of members.
const CHANGES_MIN: usize = 16;

/// One channel.
#[derive(Debug)]
pub(super) struct Room {
    version: u64,
    members: BTreeMap<UserId, Member>,
    /// Number of members that have a connection.
    connected: usize,
    /// When the last connected member lost the last connection. `None` while a member is connected.
    deserted_since: Option<Departure>,
    /// The frames of the newest changes. Each change has increased the version by one; the last led to the current
    /// version.
    changes: VecDeque<Bytes>,
    /// The encoded list of members, until the next change.
    list: Option<Bytes>,
}

#[derive(Debug)]
struct Member {
    name: DisplayName,
    connections: usize,
    /// When the last connection was lost.
    gone: Option<Departure>,
}

impl Room {
    pub(super) fn new(version: u64) -> Self {
        let (members, changes) = (BTreeMap::new(), VecDeque::new());
        Self { version, members, connected: 0, deserted_since: None, changes, list: None }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// When the last connected member lost the last connection. `None` if a member is connected, or none has ever been.
    pub(super) fn deserted_since(&self) -> Option<Departure> {
        self.deserted_since
    }

    /// The departures of the members that have no connection.
    pub(super) fn departures(&self) -> impl Iterator<Item = Departure> {
        self.members.values().filter_map(|member| member.gone)
    }

    /// Adds a connection of `sender`. Returns whether to announce it, and the departure that it cancels.
    pub(super) fn join(
        &mut self,
        channel: &ChannelName,
        sender: &Sender,
        members_max: usize,
    ) -> (bool, Option<Departure>) {
        let name = sender.name.clone();
        let mut returned = None;
        let is_known = match self.members.get_mut(&sender.user) {
            Some(member) => {
                self.connected += usize::from(member.connections == 0);
                member.connections += 1;
                returned = member.gone.take();
                std::mem::replace(&mut member.name, name) == sender.name
            }
            None => {
                self.connected += 1;
                self.members.insert(sender.user.clone(), Member { name, connections: 1, gone: None });
                false
            }
        };
        self.deserted_since = None;
        let announced = !is_known && self.announce(channel, sender, members_max);
        (announced, returned)
    }

    /// Gives a member another name. Returns whether to announce it.
    pub(super) fn rename(&mut self, channel: &ChannelName, sender: &Sender, members_max: usize) -> bool {
        let Some(member) = self.members.get_mut(&sender.user) else { return false };
        let is_new = member.name != sender.name;
        member.name.clone_from(&sender.name);
        is_new && self.announce(channel, sender, members_max)
    }

    /// Notes that a member is new or has another name. Returns whether to announce it.
    fn announce(&mut self, channel: &ChannelName, sender: &Sender, members_max: usize) -> bool {
        self.list = None;
        let announced = self.len() <= members_max;
        if announced {
            self.add_change(channel, PresenceChange::Joined(sender.clone()));
        }
        announced
    }

    /// Removes a connection of `user`. Returns whether it was the last one.
    pub(super) fn leave(&mut self, user: &UserId, departure: Departure) -> bool {
        let Some(member) = self.members.get_mut(user).filter(|member| member.connections > 0) else {
            return false;
        };
        member.connections -= 1;
        let is_last = member.connections == 0;
        member.gone = is_last.then_some(departure);
        self.connected -= usize::from(is_last);
        if self.connected == 0 {
            self.deserted_since = Some(departure);
        }
        is_last
    }

    /// Removes a member. Returns whether to announce it.
    pub(super) fn remove(&mut self, channel: &ChannelName, user: &UserId, members_max: usize) -> bool {
        if self.members.remove(user).is_none() {
            return false;
        }
        self.list = None;
        if self.len() < members_max {
            self.add_change(channel, PresenceChange::Left(user.clone()));
        } else if self.len() == members_max {
            // Changes above the limit were silent, so only the list leads to this version.
            self.version += 1;
            self.changes.clear();
        }
        self.len() <= members_max
    }

    pub(super) fn members(&self, most: usize) -> Vec<Sender> {
        let members = self.members.iter().take(most);
        members.map(|(user, member)| Sender { user: user.clone(), name: member.name.clone() }).collect()
    }

    pub(super) fn members_frame(&mut self, channel: &ChannelName, most: usize) -> Bytes {
        if let Some(list) = &self.list {
            return list.clone();
        }
        let list = encode_members(channel, self.version, self.members(most));
        self.list = Some(list.clone());
        list
    }

    pub(super) fn update_since(&self, since: u64) -> Option<PresenceUpdate> {
        let missed = self.version.checked_sub(since).filter(|missed| *missed > 0)?;
        let first = usize::try_from(missed).ok().and_then(|missed| self.changes.len().checked_sub(missed));
        let changes = first.map(|first| concat(self.changes.range(first..)));
        Some(PresenceUpdate { version: self.version, changes })
    }

    fn add_change(&mut self, channel: &ChannelName, change: PresenceChange) {
        self.version += 1;
        self.changes.push_back(encode(channel, self.version, change));
        while self.changes.len() > CHANGES_MIN.max(self.members.len() / 2) {
            self.changes.pop_front();
        }
    }
}

/// Encodes a list of members.
pub(super) fn encode_members(channel: &ChannelName, version: u64, members: Vec<Sender>) -> Bytes {
    encode(channel, version, PresenceChange::Members(members))
}

fn encode(channel: &ChannelName, version: u64, change: PresenceChange) -> Bytes {
    let presence = Presence { id: None, channel: channel.clone(), version: Some(version), change };
    server_frame(&ServerMessage::Presence(presence))
}

fn concat<'a>(frames: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Bytes {
    match (frames.len(), frames.clone().next()) {
        (1, Some(only)) => only.clone(),
        _ => {
            let mut bytes = BytesMut::with_capacity(frames.clone().map(Bytes::len).sum());
            frames.for_each(|frame| bytes.extend_from_slice(frame));
            bytes.freeze()
        }
    }
}
