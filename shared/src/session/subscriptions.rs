//! The channels that are followed, and how far each has been read.

use crate::ids::{ChannelName, Epoch, Offset, RequestId};
use crate::protocol::{Head, Message, Position, Subscribe, Subscribed};
use crate::sorted::SortedMap;

/// One followed channel.
#[derive(Debug, Clone)]
struct Subscription {
    position: Option<Position>,
    link: Link,
    /// Where this connection has been asked again because something after it was missing.
    hole: Option<Offset>,
    /// The same for who is there, where that is wanted.
    presence: Option<Link>,
}

/// What the server knows of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
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
        let presence = presence.then_some(Link::Unasked);
        self.by_channel
            .insert(channel, Subscription { position: since, link: Link::Unasked, hole: None, presence });
        true
    }

    /// Follows a channel no longer. Returns whether it was followed.
    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        self.by_channel.remove(channel).is_some()
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
            subscription.presence = subscription.presence.map(|_| Link::Unasked);
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
            .flat_map(|(_, subscription)| [Some(subscription.link), subscription.presence]);
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

    /// The next channel of which it is not known who is there, though that is wanted.
    pub(super) fn next_presence(&mut self, id: RequestId) -> Option<ChannelName> {
        let open = |subscription: &Subscription| {
            matches!(subscription.link, Link::Live(_)) && subscription.presence == Some(Link::Unasked)
        };
        let (channel, subscription) =
            self.by_channel.iter_mut().find(|(_, subscription)| open(subscription))?;
        subscription.presence = Some(Link::Asked(id));
        Some(channel.clone())
    }

    /// Request `id` has been answered, or refused for good, if it asked who is there.
    pub(super) fn presence_answered(&mut self, id: RequestId) {
        for (_, subscription) in self.by_channel.iter_mut() {
            if subscription.presence == Some(Link::Asked(id)) {
                subscription.presence = Some(Link::Live(id));
            }
        }
    }

    /// The server refused request `id` for now: it is to be asked again. Returns whether it was one of these.
    pub(super) fn unask(&mut self, id: RequestId) -> bool {
        for (_, subscription) in self.by_channel.iter_mut() {
            if subscription.link == Link::Asked(id) {
                subscription.link = Link::Unasked;
                return true;
            }
            if subscription.presence == Some(Link::Asked(id)) {
                subscription.presence = Some(Link::Unasked);
                return true;
            }
        }
        false
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
            subscription.link == Link::Asked(id) || subscription.presence == Some(Link::Asked(id))
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
