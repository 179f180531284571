//! What is true only now, on its way to one connection.

use std::collections::VecDeque;

use bytes::Bytes;
use shared::ids::{ChannelName, UserId};

/// Most slots of one connection. Beyond, presence is told as a whole, and other signals are dropped.
pub const SLOTS_MAX: usize = 64;

/// What a slot is about: only the newest of each is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotKey {
    /// The channel.
    pub channel: ChannelName,
    /// The user.
    pub user: UserId,
    /// What kind of thing.
    pub kind: SlotKind,
}

/// The kinds of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// Coming and going.
    Presence,
    /// Writing.
    Typing,
    /// How far somebody has read.
    Seen,
}

/// What is to be sent of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotNews {
    /// This frame.
    Frame(Bytes),
    /// All members of this channel, as they are at the moment of sending.
    Members(ChannelName),
}

/// The slots of one connection, in the order in which they were first filled. Never a queue: a new value takes the
/// place of the old.
#[derive(Debug, Default)]
pub struct Slots {
    filled: VecDeque<(SlotKey, Bytes)>,
    members: VecDeque<ChannelName>,
}

impl Slots {
    /// Fills a slot.
    pub fn put(&mut self, key: SlotKey, frame: Bytes) {
        if key.kind == SlotKind::Presence && self.members.contains(&key.channel) {
            return;
        }
        if let Some((_, old)) = self.filled.iter_mut().find(|(filled, _)| *filled == key) {
            *old = frame;
        } else if self.filled.len() < SLOTS_MAX {
            self.filled.push_back((key, frame));
        } else if key.kind == SlotKind::Presence {
            let same = |filled: &SlotKey| filled.kind == SlotKind::Presence && filled.channel == key.channel;
            self.filled.retain(|(filled, _)| !same(filled));
            self.members.push_back(key.channel);
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.members.is_empty()
    }

    /// Takes the next news.
    pub fn take(&mut self) -> Option<SlotNews> {
        let frame = self.filled.pop_front().map(|(_, frame)| SlotNews::Frame(frame));
        frame.or_else(|| self.members.pop_front().map(SlotNews::Members))
    }

    /// Forgets all about a channel that is no longer followed.
    pub fn forget(&mut self, channel: &ChannelName) {
        self.filled.retain(|(filled, _)| filled.channel != *channel);
        self.members.retain(|members| members != channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(user: usize, kind: SlotKind) -> SlotKey {
        let channel = ChannelName::parse("room:lobby").unwrap();
        SlotKey { channel, user: UserId::parse(&format!("user{user}")).unwrap(), kind }
    }

    #[test]
    fn only_the_newest_of_each_is_sent() {
        let mut slots = Slots::default();
        slots.put(key(1, SlotKind::Presence), Bytes::from_static(b"joined"));
        slots.put(key(1, SlotKind::Presence), Bytes::from_static(b"left"));
        assert_eq!(slots.take(), Some(SlotNews::Frame(Bytes::from_static(b"left"))));
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn one_presence_too_many_becomes_the_whole_list() {
        let mut slots = Slots::default();
        for user in 0..=SLOTS_MAX {
            slots.put(key(user, SlotKind::Presence), Bytes::new());
        }
        assert_eq!(slots.take(), Some(SlotNews::Members(key(0, SlotKind::Presence).channel)));
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn one_signal_too_many_is_dropped() {
        let mut slots = Slots::default();
        for user in 0..=SLOTS_MAX {
            slots.put(key(user, SlotKind::Typing), Bytes::new());
        }
        assert_eq!(std::iter::from_fn(|| slots.take()).count(), SLOTS_MAX);
    }
}
