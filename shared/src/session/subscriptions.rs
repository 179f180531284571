//! The channels that are followed, and how far each has been read.

use super::presence::Watch;
use crate::ids::{ChannelName, Epoch, Offset, RequestId};
use crate::protocol::{Head, Message, Position, Presence, Subscribe, Subscribed};
use crate::sorted::SortedMap;
use crate::time::Timestamp;

/// One followed channel.
#[derive(Debug, Clone)]
struct Subscription {
    position: Option<Position>,
    link: Link,
    /// Where this connection has been asked again because something after it was missing.
    hole: Option<Offset>,
    /// Who is there, where that is wanted.
    presence: Option<Watch>,
}

/// What the server knows of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing yet on this connection.
    Unasked,
    /// It has been asked.
    Asked(RequestId),
    /// It has answered this request, and sends what comes.
    Live(RequestId),
}

/// What to do with a message that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is the next.
    Next,
    /// It has been seen, or nobody wants it.
    Drop,
    /// Something before it has not arrived: the channel is to be asked for again.
    Hole,
    /// Something before it has not arrived, though it was asked for again. What follows begins here.
    Lost(Position),
}

/// All followed channels.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_channel: SortedMap<ChannelName, Subscription>,
}

impl Subscriptions {
    /// Follows a channel. Returns false where it is followed already.
    pub(super) fn add(&mut self, channel: ChannelName, since: Option<Position>, presence: bool) -> bool {
        if self.by_channel.get(&channel).is_some() {
            return false;
        }
        let presence = presence.then(Watch::new);
        self.by_channel
            .insert(channel, Subscription { position: since, link: Link::Unasked, hole: None, presence });
        true
    }

    /// Follows a channel no longer. Returns whether it was followed.
    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        self.by_channel.remove(channel).is_some()
    }

    /// Whether a channel is followed.
    pub(super) fn contains(&self, channel: &ChannelName) -> bool {
        self.by_channel.get(channel).is_some()
    }

    /// The log that a channel's reader has read, if it has read any.
    pub(super) fn epoch(&self, channel: &ChannelName) -> Option<Epoch> {
        Some(self.by_channel.get(channel)?.position?.epoch)
    }

    /// The connection is gone: the server knows of nothing.
    pub(super) fn unlink_all(&mut self) {
        for (_, subscription) in self.by_channel.iter_mut() {
            subscription.link = Link::Unasked;
            subscription.hole = None;
            if let Some(watch) = &mut subscription.presence {
                watch.unlink();
            }
        }
    }

    /// The request for the next channel that has not been asked for, or that has a hole.
    pub(super) fn next(&mut self, id: RequestId) -> Option<Subscribe> {
        let mut all = self.by_channel.iter_mut();
        let (channel, subscription) = all.find(|(_, subscription)| subscription.link == Link::Unasked)?;
        subscription.link = Link::Asked(id);
        Some(Subscribe { id, channel: channel.clone(), since: subscription.position })
    }

    /// How many requests have not been answered.
    pub(super) fn in_flight(&self) -> usize {
        let links = self
            .by_channel
            .iter()
            .flat_map(|(_, subscription)| [Some(subscription.link), subscription.watch_link()]);
        links.filter(|link| matches!(link, Some(Link::Asked(_)))).count()
    }

    /// Takes the server's answer; the same comes again, with a gap, where the reader has fallen out of what is kept.
    /// Returns whether it is one: the channel may have been left meanwhile.
    pub(super) fn confirm(&mut self, answer: &Subscribed) -> bool {
        let Some(subscription) = self.by_channel.get_mut(&answer.channel) else { return false };
        let is_new = match subscription.link {
            Link::Asked(id) => id == answer.id,
            Link::Live(id) => id == answer.id && subscription.is_moved_on(answer),
            Link::Unasked => false,
        };
        if !is_new {
            return false;
        }
        subscription.link = Link::Live(answer.id);
        subscription.position = Some(answer.position);
        true
    }

    /// The next channel whose members are to be asked for: they are wanted and not known, or a change is missing.
    pub(super) fn next_presence(&mut self, id: RequestId, now: Timestamp) -> Option<ChannelName> {
        let mut live = self.by_channel.iter_mut().filter(|(_, subscription)| subscription.is_live());
        let next = live.find_map(|(channel, subscription)| {
            let watch = subscription.presence.as_mut()?;
            let wanted = watch.link() == Link::Unasked || watch.due().is_some_and(|due| due <= now);
            wanted.then_some((channel, watch))
        });
        let (channel, watch) = next?;
        watch.ask(id, now);
        Some(channel.clone())
    }

    /// When the next channel's members are to be asked for again.
    pub(super) fn presence_due(&self) -> Option<Timestamp> {
        let live = self.by_channel.iter().filter(|(_, subscription)| subscription.is_live());
        live.filter_map(|(_, subscription)| subscription.presence.as_ref()?.due()).min()
    }

    /// Takes a list of members or a change. Returns whether it is for the application.
    pub(super) fn hear_presence(
        &mut self,
        presence: &Presence,
        now: Timestamp,
        random: &mut fastrand::Rng,
    ) -> bool {
        match self.by_channel.get_mut(&presence.channel) {
            Some(Subscription { presence: Some(watch), .. }) => watch.hear(presence, now, random),
            Some(_) => true,
            None => false,
        }
    }

    /// Compares with the version of a channel's presence that the server has sent.
    pub(super) fn compare_presence(&mut self, head: &Head, now: Timestamp, random: &mut fastrand::Rng) {
        if let (Some(subscription), Some(version)) = (self.by_channel.get_mut(&head.channel), head.presence)
            && let Some(watch) = &mut subscription.presence
        {
            watch.compare(version, now, random);
        }
    }

    /// Request `id` has been refused for good, if it asked who is there.
    pub(super) fn presence_refused(&mut self, id: RequestId) {
        self.set_watch(id, Link::Live(id));
    }

    /// Sets the state of the presence that request `id` asked for. Returns whether there is one.
    fn set_watch(&mut self, id: RequestId, link: Link) -> bool {
        let mut watches = self.by_channel.iter_mut().filter_map(|(_, it)| it.presence.as_mut());
        let asked = watches.find(|watch| watch.link() == Link::Asked(id));
        asked.map(|watch| watch.set_link(link)).is_some()
    }

    /// The server refused request `id` for now: it is to be asked again. Returns whether it was one of these.
    pub(super) fn unask(&mut self, id: RequestId) -> bool {
        for (_, subscription) in self.by_channel.iter_mut() {
            if subscription.link == Link::Asked(id) {
                subscription.link = Link::Unasked;
                return true;
            }
        }
        self.set_watch(id, Link::Unasked)
    }

    /// The channel that request `id` asked for.
    pub(super) fn asked_by(&self, id: RequestId) -> Option<ChannelName> {
        let found = self.by_channel.iter().find(|(_, subscription)| subscription.link == Link::Asked(id));
        found.map(|(channel, _)| channel.clone())
    }

    /// Takes a message that has arrived: each is let through once, in order.
    pub(super) fn arrive(&mut self, message: &Message) -> Arrival {
        let Some(subscription) = self.by_channel.get_mut(&message.channel) else { return Arrival::Drop };
        let (Link::Live(_), Some(position)) = (subscription.link, &mut subscription.position) else {
            return Arrival::Drop;
        };
        if message.offset <= position.offset {
            return Arrival::Drop;
        }
        if message.prev > position.offset {
            let arrival = subscription.miss(message.prev);
            if let (Arrival::Lost(_), Some(position)) = (arrival, &mut subscription.position) {
                position.offset = message.offset;
            }
            return arrival;
        }
        position.offset = message.offset;
        Arrival::Next
    }

    /// Compares with the channels that the server sends. One that is not among them has lost its subscription on the
    /// way, and is asked for again.
    pub(super) fn ask_for_absent(&mut self, heads: &[Head]) {
        for (channel, subscription) in self.by_channel.iter_mut() {
            let live = matches!(subscription.link, Link::Live(_));
            if live && heads.iter().all(|head| head.channel != *channel) {
                subscription.link = Link::Unasked;
            }
        }
    }

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        let asked = |subscription: &Subscription| {
            [Some(subscription.link), subscription.watch_link()].contains(&Some(Link::Asked(id)))
        };
        self.by_channel.iter().any(|(_, subscription)| asked(subscription))
    }

    /// Compares with what the server has sent: where that is more than has arrived, the rest is asked for.
    pub(super) fn compare(&mut self, head: &Head) -> Arrival {
        let Some(subscription) = self.by_channel.get_mut(&head.channel) else { return Arrival::Drop };
        match (subscription.link, subscription.position) {
            (Link::Live(_), Some(position)) if position.offset < head.offset => {
                subscription.miss(head.offset)
            }
            _ => Arrival::Drop,
        }
    }
}

impl Subscription {
    fn is_live(&self) -> bool {
        matches!(self.link, Link::Live(_))
    }

    fn watch_link(&self) -> Option<Link> {
        self.presence.as_ref().map(Watch::link)
    }

    /// Whether a further answer to the same request moves the reader over what is gone. Otherwise it is the first one
    /// again, and would lead back to what has been seen.
    fn is_moved_on(&self, answer: &Subscribed) -> bool {
        let on = |position: Position| {
            position.epoch == answer.position.epoch && position.offset < answer.position.offset
        };
        answer.gap.is_some() && self.position.is_some_and(on)
    }

    /// Messages up to `last` are missing: they are asked for once, and given up when they do not come then either. To
    /// ask again would be to ask for ever.
    fn miss(&mut self, last: Offset) -> Arrival {
        let Some(position) = &mut self.position else { return Arrival::Drop };
        if self.hole != Some(position.offset) {
            self.hole = Some(position.offset);
            self.link = Link::Unasked;
            return Arrival::Hole;
        }
        position.offset = last;
        Arrival::Lost(*position)
    }
}
