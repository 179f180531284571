//! What is true only now, on its way to one connection.

use std::collections::VecDeque;

use bytes::Bytes;
use shared::ids::ChannelName;

use crate::message::SlotKey;

/// Most slots of one connection. Beyond, signals are dropped.
pub const SLOTS_MAX: usize = 64;

/// Maximum number of bytes of presence changes that wait for one connection. Beyond it, the connection gets the list of
/// members instead, as it is when there is room for it.
pub const PRESENCE_BYTES_MAX: usize = 16 * 1024;

/// What is to be sent of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotNews {
    /// These frames, one after the other.
    Frames(Bytes),
    /// All members of this channel, as they are at the moment of sending.
    Members(ChannelName),
}

/// The slots of one connection, in the order in which they were first filled. Never a queue: a new value takes the
/// place of the old.
#[derive(Debug, Default)]
pub struct Slots {
    filled: VecDeque<(SlotKey, Bytes)>,
    /// Changes of presence, at most one piece a channel.
    presence: VecDeque<(ChannelName, Bytes)>,
    presence_bytes: usize,
    members: VecDeque<ChannelName>,
}

impl Slots {
    /// Fills a slot.
    pub fn put(&mut self, key: SlotKey, frame: Bytes) {
        if let Some((_, old)) = self.filled.iter_mut().find(|(filled, _)| *filled == key) {
            *old = frame;
        } else if self.filled.len() < SLOTS_MAX {
            self.filled.push_back((key, frame));
        }
    }

    /// Adds changes of a channel's presence, or, without `changes`, its list of members. Changes that the connection has
    /// not been sent when more come are replaced by the list: each change is one version later than the one before it, so
    /// none of them can be left out.
    pub fn put_presence(&mut self, channel: &ChannelName, changes: Option<Bytes>) {
        if self.members.contains(channel) {
            return;
        }
        let waiting = self.forget_presence(channel);
        match changes {
            Some(changes) if !waiting && self.presence_bytes + changes.len() <= PRESENCE_BYTES_MAX => {
                self.presence_bytes += changes.len();
                self.presence.push_back((channel.clone(), changes));
            }
            Some(_) | None => self.members.push_back(channel.clone()),
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.presence.is_empty() && self.members.is_empty()
    }

    /// Takes the next news.
    pub fn take(&mut self) -> Option<SlotNews> {
        if let Some((_, changes)) = self.presence.pop_front() {
            self.presence_bytes -= changes.len();
            return Some(SlotNews::Frames(changes));
        }
        let frame = self.filled.pop_front().map(|(_, frame)| SlotNews::Frames(frame));
        frame.or_else(|| self.members.pop_front().map(SlotNews::Members))
    }

    /// Forgets all about a channel that is no longer followed.
    pub fn forget(&mut self, channel: &ChannelName) {
        self.filled.retain(|(filled, _)| filled.channel != *channel);
        self.forget_presence(channel);
        self.members.retain(|members| members != channel);
    }

    /// Removes the changes that wait for a channel. Returns whether there were some.
    fn forget_presence(&mut self, channel: &ChannelName) -> bool {
        let waiting = self.presence.iter().position(|(waiting, _)| waiting == channel);
        let removed = waiting.and_then(|index| self.presence.remove(index));
        self.presence_bytes -= removed.as_ref().map_or(0, |(_, changes)| changes.len());
        removed.is_some()
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::UserId;

    use super::*;
    use crate::message::SlotKind;

    fn lobby() -> ChannelName {
        ChannelName::parse("room:lobby").unwrap()
    }

    fn typing(user: usize) -> SlotKey {
        let user = UserId::parse(&format!("user{user}")).unwrap();
        SlotKey { channel: lobby(), user, kind: SlotKind::Typing }
    }

    #[test]
    fn only_the_newest_of_each_is_sent() {
        let mut slots = Slots::default();
        slots.put(typing(1), Bytes::from_static(b"one"));
        slots.put(typing(1), Bytes::from_static(b"two"));
        assert_eq!(slots.take(), Some(SlotNews::Frames(Bytes::from_static(b"two"))));
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn what_was_received_and_what_was_read_do_not_replace_each_other() {
        let seen = |delivered, read| SlotKey { kind: SlotKind::Seen { delivered, read }, ..typing(1) };
        let mut slots = Slots::default();
        slots.put(seen(true, false), Bytes::from_static(b"delivered 3"));
        slots.put(seen(false, true), Bytes::from_static(b"read 2"));
        slots.put(seen(true, false), Bytes::from_static(b"delivered 4"));
        let sent: Vec<_> = std::iter::from_fn(|| slots.take()).collect();
        let frames = ["delivered 4", "read 2"];
        assert_eq!(sent, frames.map(|frame| SlotNews::Frames(Bytes::from_static(frame.as_bytes()))));
    }

    #[test]
    fn one_signal_too_many_is_dropped() {
        let mut slots = Slots::default();
        for user in 0..=SLOTS_MAX {
            slots.put(typing(user), Bytes::new());
        }
        assert_eq!(std::iter::from_fn(|| slots.take()).count(), SLOTS_MAX);
    }

    #[test]
    fn changes_that_come_before_the_last_are_sent_become_the_whole_list() {
        let mut slots = Slots::default();
        slots.put_presence(&lobby(), Some(Bytes::from_static(b"joined")));
        assert_eq!(slots.take(), Some(SlotNews::Frames(Bytes::from_static(b"joined"))));
        for changes in ["joined", "left", "joined"] {
            slots.put_presence(&lobby(), Some(Bytes::from_static(changes.as_bytes())));
        }
        assert_eq!(slots.take(), Some(SlotNews::Members(lobby())));
        assert!(slots.is_empty() && slots.take().is_none());
    }

    #[test]
    fn changes_of_too_many_bytes_become_the_whole_list() {
        let channel = |number: usize| ChannelName::parse(&format!("room:{number}")).unwrap();
        let half = Bytes::from(vec![0; PRESENCE_BYTES_MAX / 2]);
        let mut slots = Slots::default();
        (0..3).for_each(|number| slots.put_presence(&channel(number), Some(half.clone())));
        assert_eq!(slots.take(), Some(SlotNews::Frames(half.clone())));
        slots.put_presence(&channel(3), Some(half.clone()));
        let rest: Vec<_> = std::iter::from_fn(|| slots.take()).collect();
        let whole = SlotNews::Members(channel(2));
        assert_eq!(rest, [SlotNews::Frames(half.clone()), SlotNews::Frames(half), whole]);
    }

    #[test]
    fn nothing_is_kept_of_a_channel_that_is_left() {
        let mut slots = Slots::default();
        slots.put(typing(1), Bytes::new());
        slots.put_presence(&lobby(), Some(Bytes::from(vec![0; PRESENCE_BYTES_MAX])));
        slots.forget(&lobby());
        slots.put_presence(&lobby(), None);
        slots.forget(&lobby());
        assert!(slots.is_empty());
        slots.put_presence(&lobby(), Some(Bytes::from(vec![0; PRESENCE_BYTES_MAX])));
        assert!(matches!(slots.take(), Some(SlotNews::Frames(_))), "its bytes are free again");
    }
}
