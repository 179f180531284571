//! Signals and presence changes that wait to be written to one connection. Each has only its newest value.

use std::collections::VecDeque;

use bytes::Bytes;
use shared::ids::ChannelName;

use crate::message::SignalKey;

/// Maximum number of signals that wait for one connection. At the limit, further signals are dropped.
pub(crate) const SIGNALS_MAX: usize = 64;

/// Maximum number of bytes of presence changes that wait for one connection. Beyond it, the connection gets the list of
/// members instead, as it is when the connection has room for it.
pub(crate) const PRESENCE_BYTES_MAX: usize = 16 * 1024;

/// The next thing to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PendingSignal {
    /// Consecutive frames.
    Frames(Bytes),
    /// All members of this channel at the time of writing.
    Members(ChannelName),
}

/// The signals of one connection, in the order of their first values. A new value replaces the old one in place, so
/// this never grows into a queue.
#[derive(Debug, Default)]
pub(crate) struct PendingSignals {
    values: VecDeque<(SignalKey, Bytes)>,
    /// Presence changes, at most one entry per channel.
    presence: VecDeque<(ChannelName, Bytes)>,
    presence_bytes: usize,
    members: VecDeque<ChannelName>,
}

impl PendingSignals {
    /// Queues a signal. It replaces the value of the same key, or is dropped at [`SIGNALS_MAX`].
    pub(crate) fn put(&mut self, key: SignalKey, frame: Bytes) {
        if let Some((_, old)) = self.values.iter_mut().find(|(other, _)| *other == key) {
            *old = frame;
        } else if self.values.len() < SIGNALS_MAX {
            self.values.push_back((key, frame));
        }
    }

    /// Queues presence changes of a channel, or its list of members if `changes` is `None`. If older changes still
    /// wait, the list replaces both: each change is one version later than the one before it, so none can be left out.
    pub(crate) fn put_presence(&mut self, channel: &ChannelName, changes: Option<Bytes>) {
        if self.members.contains(channel) {
            return;
        }
        let waiting = self.remove_changes(channel);
        match changes {
            Some(changes) if !waiting && self.presence_bytes + changes.len() <= PRESENCE_BYTES_MAX => {
                self.presence_bytes += changes.len();
                self.presence.push_back((channel.clone(), changes));
            }
            Some(_) | None => self.members.push_back(channel.clone()),
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.presence.is_empty() && self.members.is_empty()
    }

    /// Removes and returns the next thing to write.
    pub(crate) fn pop(&mut self) -> Option<PendingSignal> {
        if let Some((_, changes)) = self.presence.pop_front() {
            self.presence_bytes -= changes.len();
            return Some(PendingSignal::Frames(changes));
        }
        let frame = self.values.pop_front().map(|(_, frame)| PendingSignal::Frames(frame));
        frame.or_else(|| self.members.pop_front().map(PendingSignal::Members))
    }

    /// Removes everything that waits for a channel, because the subscription has ended.
    pub(crate) fn remove_channel(&mut self, channel: &ChannelName) {
        self.values.retain(|(key, _)| key.channel != *channel);
        self.remove_changes(channel);
        self.members.retain(|other| other != channel);
    }

    /// Removes the changes that wait for a channel. Returns whether there were any.
    fn remove_changes(&mut self, channel: &ChannelName) -> bool {
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
    use crate::message::SignalTopic;

    fn lobby() -> ChannelName {
        ChannelName::parse("room:lobby").unwrap()
    }

    fn typing(user: usize) -> SignalKey {
        let user = UserId::parse(&format!("user{user}")).unwrap();
        SignalKey { channel: lobby(), user, topic: SignalTopic::Typing }
    }

    #[test]
    fn only_the_newest_value_of_a_key_is_sent() {
        let mut signals = PendingSignals::default();
        signals.put(typing(1), Bytes::from_static(b"one"));
        signals.put(typing(1), Bytes::from_static(b"two"));
        assert_eq!(signals.pop(), Some(PendingSignal::Frames(Bytes::from_static(b"two"))));
        assert_eq!(signals.pop(), None);
    }

    #[test]
    fn delivered_and_read_offsets_do_not_replace_each_other() {
        let seen = |delivered, read| SignalKey { topic: SignalTopic::Seen { delivered, read }, ..typing(1) };
        let mut signals = PendingSignals::default();
        signals.put(seen(true, false), Bytes::from_static(b"delivered 3"));
        signals.put(seen(false, true), Bytes::from_static(b"read 2"));
        signals.put(seen(true, false), Bytes::from_static(b"delivered 4"));
        let sent: Vec<_> = std::iter::from_fn(|| signals.pop()).collect();
        let frames = ["delivered 4", "read 2"];
        assert_eq!(sent, frames.map(|frame| PendingSignal::Frames(Bytes::from_static(frame.as_bytes()))));
    }

    #[test]
    fn signals_above_the_limit_are_dropped() {
        let mut signals = PendingSignals::default();
        for user in 0..=SIGNALS_MAX {
            signals.put(typing(user), Bytes::new());
        }
        assert_eq!(std::iter::from_fn(|| signals.pop()).count(), SIGNALS_MAX);
    }

    #[test]
    fn changes_that_follow_unsent_ones_become_the_list_of_members() {
        let mut signals = PendingSignals::default();
        signals.put_presence(&lobby(), Some(Bytes::from_static(b"joined")));
        assert_eq!(signals.pop(), Some(PendingSignal::Frames(Bytes::from_static(b"joined"))));
        for changes in ["joined", "left", "joined"] {
            signals.put_presence(&lobby(), Some(Bytes::from_static(changes.as_bytes())));
        }
        assert_eq!(signals.pop(), Some(PendingSignal::Members(lobby())));
        assert!(signals.is_empty() && signals.pop().is_none());
    }

    #[test]
    fn changes_above_the_byte_limit_become_the_list_of_members() {
        let channel = |number: usize| ChannelName::parse(&format!("room:{number}")).unwrap();
        let half = Bytes::from(vec![0; PRESENCE_BYTES_MAX / 2]);
        let mut signals = PendingSignals::default();
        (0..3).for_each(|number| signals.put_presence(&channel(number), Some(half.clone())));
        assert_eq!(signals.pop(), Some(PendingSignal::Frames(half.clone())));
        signals.put_presence(&channel(3), Some(half.clone()));
        let rest: Vec<_> = std::iter::from_fn(|| signals.pop()).collect();
        let whole = PendingSignal::Members(channel(2));
        assert_eq!(rest, [PendingSignal::Frames(half.clone()), PendingSignal::Frames(half), whole]);
    }

    #[test]
    fn nothing_is_kept_of_an_unsubscribed_channel() {
        let mut signals = PendingSignals::default();
        signals.put(typing(1), Bytes::new());
        signals.put_presence(&lobby(), Some(Bytes::from(vec![0; PRESENCE_BYTES_MAX])));
        signals.remove_channel(&lobby());
        signals.put_presence(&lobby(), None);
        signals.remove_channel(&lobby());
        assert!(signals.is_empty());
        signals.put_presence(&lobby(), Some(Bytes::from(vec![0; PRESENCE_BYTES_MAX])));
        assert!(matches!(signals.pop(), Some(PendingSignal::Frames(_))), "its bytes are released");
    }
}
