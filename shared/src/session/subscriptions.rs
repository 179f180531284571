//! The subscribed channels, and the position of each.

use super::presence::Watch;
use super::request::RequestState;
use crate::ids::{ChannelName, Epoch, Offset, RequestId};
use crate::protocol::{Head, Message, Position, Presence, Subscribe, Subscribed};
use crate::sorted::SortedMap;
use crate::time::Timestamp;

/// One subscribed channel.
#[derive(Debug, Clone)]
struct Subscription {
    position: Option<Position>,
    request: RequestState,
    /// The offset after which messages were missing, if this connection has requested them again.
    hole: Option<Offset>,
    /// The members, if the application wants them.
    presence: Option<Watch>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is the next one.
    Next,
    /// It arrived before, or the channel is not subscribed.
    Drop,
    /// Messages before it are missing: the channel is requested again.
    Hole,
    /// Messages before it are missing, although they were requested again. The next messages come after this position.
    Lost(Position),
}

/// All subscribed channels.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_channel: SortedMap<ChannelName, Subscription>,
}

impl Subscriptions {
    /// Adds a channel. Returns false if it is already subscribed.
    pub(super) fn add(&mut self, channel: ChannelName, since: Option<Position>, presence: bool) -> bool {
        if self.by_channel.get(&channel).is_some() {
            return false;
        }
        let presence = presence.then(Watch::new);
        self.by_channel.insert(
            channel,
            Subscription { position: since, request: RequestState::Pending, hole: None, presence },
        );
        true
    }

    /// Removes a channel. Returns whether it was subscribed.
    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        self.by_channel.remove(channel).is_some()
    }

    /// Whether a channel is subscribed.
    pub(super) fn contains(&self, channel: &ChannelName) -> bool {
        self.by_channel.get(channel).is_some()
    }

    /// Returns the epoch of a channel's position, if it has one.
    pub(super) fn epoch(&self, channel: &ChannelName) -> Option<Epoch> {
        Some(self.by_channel.get(channel)?.position?.epoch)
    }

    /// Marks all requests to be sent again, because the connection is lost.
    pub(super) fn reset(&mut self) {
        for (_, subscription) in self.by_channel.iter_mut() {
            subscription.request = RequestState::Pending;
            subscription.hole = None;
            if let Some(watch) = &mut subscription.presence {
                watch.reset();
            }
        }
    }

    /// Returns the request for the next channel that was not requested, or that has a hole.
    pub(super) fn next(&mut self, id: RequestId) -> Option<Subscribe> {
        let mut all = self.by_channel.iter_mut();
        let (channel, subscription) =
            all.find(|(_, subscription)| subscription.request == RequestState::Pending)?;
        subscription.request = RequestState::Sent(id);
        Some(Subscribe { id, channel: channel.clone(), since: subscription.position })
    }

    /// Number of unanswered requests.
    pub(super) fn in_flight(&self) -> usize {
        let requests = self
            .by_channel
            .iter()
            .flat_map(|(_, subscription)| [Some(subscription.request), subscription.watch_request()]);
        requests.filter(|request| matches!(request, Some(RequestState::Sent(_)))).count()
    }

    /// Handles the server's reply. It comes again, with a gap, if the position is no longer kept. Returns false if the reply
    /// is stale: the channel may have been left since.
    pub(super) fn confirm(&mut self, answer: &Subscribed) -> bool {
        let Some(subscription) = self.by_channel.get_mut(&answer.channel) else { return false };
        let is_new = match subscription.request {
            RequestState::Sent(id) => id == answer.id,
            RequestState::Live(id) => id == answer.id && subscription.is_moved_on(answer),
            RequestState::Pending => false,
        };
        if !is_new {
            return false;
        }
        subscription.request = RequestState::Live(answer.id);
        subscription.position = Some(answer.position);
        true
    }

    /// Returns the next channel whose members to request: they are wanted and not known, or a change is missing.
    pub(super) fn next_presence(&mut self, id: RequestId, now: Timestamp) -> Option<ChannelName> {
        let mut live = self.by_channel.iter_mut().filter(|(_, subscription)| subscription.is_live());
        let next = live.find_map(|(channel, subscription)| {
            let watch = subscription.presence.as_mut()?;
            let wanted =
                watch.request() == RequestState::Pending || watch.due().is_some_and(|due| due <= now);
            wanted.then_some((channel, watch))
        });
        let (channel, watch) = next?;
        watch.ask(id, now);
        Some(channel.clone())
    }

    /// Returns when to request the members of the next channel again.
    pub(super) fn presence_due(&self) -> Option<Timestamp> {
        let live = self.by_channel.iter().filter(|(_, subscription)| subscription.is_live());
        live.filter_map(|(_, subscription)| subscription.presence.as_ref()?.due()).min()
    }

    /// Handles a list of members or a change. Returns whether the application receives it.
    pub(super) fn apply_presence(
        &mut self,
        presence: &Presence,
        now: Timestamp,
        random: &mut fastrand::Rng,
    ) -> bool {
        match self.by_channel.get_mut(&presence.channel) {
            Some(Subscription { presence: Some(watch), .. }) => watch.apply(presence, now, random),
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

    /// Gives up request `id`, if it asked for members.
    pub(super) fn presence_refused(&mut self, id: RequestId) {
        self.set_watch(id, RequestState::Live(id));
    }

    /// Sets the state of request `id`, if it asked for members. Returns whether it did.
    fn set_watch(&mut self, id: RequestId, request: RequestState) -> bool {
        let mut watches = self.by_channel.iter_mut().filter_map(|(_, it)| it.presence.as_mut());
        let asked = watches.find(|watch| watch.request() == RequestState::Sent(id));
        asked.map(|watch| watch.set_request(request)).is_some()
    }

    /// Marks request `id` to be sent again after a retryable refusal. Returns whether it is one of these.
    pub(super) fn requeue(&mut self, id: RequestId) -> bool {
        for (_, subscription) in self.by_channel.iter_mut() {
            if subscription.request == RequestState::Sent(id) {
                subscription.request = RequestState::Pending;
                return true;
            }
        }
        self.set_watch(id, RequestState::Pending)
    }

    /// Returns the channel of request `id`.
    pub(super) fn asked_by(&self, id: RequestId) -> Option<ChannelName> {
        let found =
            self.by_channel.iter().find(|(_, subscription)| subscription.request == RequestState::Sent(id));
        found.map(|(channel, _)| channel.clone())
    }

    /// Handles a message: each passes once, in order.
    pub(super) fn arrive(&mut self, message: &Message) -> Arrival {
        let Some(subscription) = self.by_channel.get_mut(&message.channel) else { return Arrival::Drop };
        let (RequestState::Live(_), Some(position)) = (subscription.request, &mut subscription.position)
        else {
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

    /// Compares with the channels that the server sends. If one is absent, its subscription was lost on the way, and is
    /// requested again.
    pub(super) fn ask_for_absent(&mut self, heads: &[Head]) {
        for (channel, subscription) in self.by_channel.iter_mut() {
            let live = matches!(subscription.request, RequestState::Live(_));
            if live && heads.iter().all(|head| head.channel != *channel) {
                subscription.request = RequestState::Pending;
            }
        }
    }

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        let asked = |subscription: &Subscription| {
            [Some(subscription.request), subscription.watch_request()].contains(&Some(RequestState::Sent(id)))
        };
        self.by_channel.iter().any(|(_, subscription)| asked(subscription))
    }

    /// Compares with what the server has sent. If that is more than has arrived, the rest is requested.
    pub(super) fn compare(&mut self, head: &Head) -> Arrival {
        let Some(subscription) = self.by_channel.get_mut(&head.channel) else { return Arrival::Drop };
        match (subscription.request, subscription.position) {
            (RequestState::Live(_), Some(position)) if position.offset < head.offset => {
                subscription.miss(head.offset)
            }
            _ => Arrival::Drop,
        }
    }
}

impl Subscription {
    fn is_live(&self) -> bool {
        matches!(self.request, RequestState::Live(_))
    }

    fn watch_request(&self) -> Option<RequestState> {
        self.presence.as_ref().map(Watch::request)
    }

    /// Whether another reply to the same request moves the position past a gap. Otherwise it is the first reply again, and
    /// would move the position back.
    fn is_moved_on(&self, answer: &Subscribed) -> bool {
        let on = |position: Position| {
            position.epoch == answer.position.epoch && position.offset < answer.position.offset
        };
        answer.gap.is_some() && self.position.is_some_and(on)
    }

    /// Handles missing messages up to `last`. They are requested once, and given up if they do not arrive then: otherwise the
    /// session could request them for ever.
    fn miss(&mut self, last: Offset) -> Arrival {
        let Some(position) = &mut self.position else { return Arrival::Drop };
        if self.hole != Some(position.offset) {
            self.hole = Some(position.offset);
            self.request = RequestState::Pending;
            return Arrival::Hole;
        }
        position.offset = last;
        Arrival::Lost(*position)
    }
}
