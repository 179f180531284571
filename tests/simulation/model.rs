//! What has to be true. It knows nothing of how it comes about: what the disk has committed is the truth, and each
//! client's events are compared with it.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::{ChannelName, Epoch, MessageId, Offset};
use shared::protocol::{ErrorCode, Gap, GapReason, Message, Position, Refusal};
use shared::session::{Delivery, Event, Status};

use crate::disk::Fact;

/// A rule that was broken, in a sentence.
pub(crate) type Broken = String;

macro_rules! hold {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

/// One incarnation of a channel's log: all that was ever in it, also what has been trimmed since.
#[derive(Debug, Clone, Default)]
struct Truth {
    messages: BTreeMap<u64, Message>,
    head: u64,
    floor: u64,
}

/// What a client has been told of a channel.
#[derive(Debug, Clone, Copy, Default)]
struct Reader {
    position: Option<Position>,
}

/// What a client has been told of one of its own messages.
#[derive(Debug, Clone)]
struct Sent {
    number: u64,
    channel: ChannelName,
    delivery: Option<Delivery>,
    allowed: bool,
    /// Whether its frame is one that the server accepts.
    fits: bool,
}

/// The whole truth, and what each client knows of it.
#[derive(Debug)]
pub(crate) struct Model {
    users: Vec<String>,
    log_epoch: u64,
    live_epoch: u64,
    truths: BTreeMap<(ChannelName, u64), Truth>,
    readers: Vec<BTreeMap<ChannelName, Reader>>,
    sent: Vec<BTreeMap<MessageId, Sent>>,
    /// Channels of a client of which something on the way has kept frames back.
    pub(crate) disturbed: Vec<BTreeSet<ChannelName>>,
    /// Whether a sender's order has to hold.
    ordered: bool,
    /// Messages that may come out of order: sent again by hand, or by two ways at once, or forgotten meanwhile.
    unordered: BTreeSet<MessageId>,
    newest: BTreeMap<(usize, ChannelName), u64>,
    /// All that was ever in any incarnation.
    committed: BTreeSet<(ChannelName, MessageId)>,
    /// What was published with the key and is not tried again, by when it was queued.
    floods: BTreeMap<MessageId, u64>,
    last_flood: u64,
    pub(crate) delivered: u64,
    pub(crate) gaps: u64,
}

impl Model {
    pub(crate) fn new(users: Vec<String>, log_epoch: u64, ordered: bool) -> Self {
        let clients = users.len();
        Self {
            users,
            log_epoch,
            live_epoch: 0,
            truths: BTreeMap::new(),
            readers: vec![BTreeMap::new(); clients],
            sent: vec![BTreeMap::new(); clients],
            disturbed: vec![BTreeSet::new(); clients],
            ordered,
            unordered: BTreeSet::new(),
            newest: BTreeMap::new(),
            committed: BTreeSet::new(),
            floods: BTreeMap::new(),
            last_flood: 0,
            delivered: 0,
            gaps: 0,
        }
    }

    /// The disk tells what has come about.
    pub(crate) fn learn(&mut self, fact: Fact) -> Result<(), Broken> {
        match fact {
            Fact::Committed(message) => self.commit(self.log_epoch, message),
            Fact::Trimmed { channel, floor } => {
                self.truths.entry((channel, self.log_epoch)).or_default().floor = floor.0;
                Ok(())
            }
        }
    }

    /// A message of a channel without history has got its place.
    pub(crate) fn learn_live(&mut self, message: Message) -> Result<(), Broken> {
        self.commit(self.live_epoch, message)
    }

    /// Something was queued with the key that is not tried again: what was queued before it comes before it.
    pub(crate) fn flood(&mut self, id: MessageId) {
        self.floods.insert(id, self.floods.len() as u64 + 1);
    }

    /// A server has begun: channels without history are new.
    pub(crate) fn begin_live(&mut self, epoch: u64) {
        self.live_epoch = epoch;
        self.newest.retain(|(_, channel), _| channel.namespace() != "live");
    }

    /// The log is another: this is what it holds.
    pub(crate) fn begin_log(
        &mut self,
        epoch: u64,
        contents: Vec<(ChannelName, Offset, Offset, Vec<Message>)>,
    ) {
        self.log_epoch = epoch;
        self.newest.clear();
        for (channel, floor, head, messages) in contents {
            let messages: BTreeMap<u64, Message> =
                messages.into_iter().map(|message| (message.offset.0, message)).collect();
            for message in messages.values() {
                self.note_newest(message);
            }
            self.truths.insert((channel, epoch), Truth { messages, head: head.0, floor: floor.0 });
        }
    }

    fn commit(&mut self, epoch: u64, message: Message) -> Result<(), Broken> {
        let truth = self.truths.entry((message.channel.clone(), epoch)).or_default();
        let kept = truth.messages.range(truth.floor + 1..);
        let again = !self.committed.insert((message.channel.clone(), message.id));
        let twice = kept.into_iter().any(|(_, old)| old.id == message.id);
        let live = message.channel.namespace() == "live";
        hold!(live || !twice, "{} is in {} twice", message.id, message.channel);
        hold!(
            message.offset.0 > truth.head,
            "offset {} of {} does not grow",
            message.offset,
            message.channel
        );
        truth.head = message.offset.0;
        truth.messages.insert(message.offset.0, message.clone());
        if again {
            self.unordered.insert(message.id);
        }
        if let Some(&number) = self.floods.get(&message.id) {
            hold!(number > self.last_flood, "call {number} is in the log after call {}", self.last_flood);
            self.last_flood = number;
        }
        self.check_order(&message)
    }

    /// The messages of one sender are in a channel in the order in which they were sent.
    fn check_order(&mut self, message: &Message) -> Result<(), Broken> {
        if !self.ordered || self.unordered.contains(&message.id) {
            return Ok(());
        }
        let sender = self.sent.iter().position(|sent| sent.contains_key(&message.id));
        let Some(client) = sender else { return Ok(()) };
        let number = self.sent[client][&message.id].number;
        let newest = self.newest.get(&(client, message.channel.clone())).copied().unwrap_or_default();
        hold!(
            number > newest,
            "message {number} of {} is in {} after its message {newest}",
            self.users[client],
            message.channel
        );
        self.note_newest(message);
        Ok(())
    }

    fn note_newest(&mut self, message: &Message) {
        for (client, sent) in self.sent.iter().enumerate() {
            if let Some(sent) = sent.get(&message.id).filter(|_| !self.unordered.contains(&message.id)) {
                let newest = self.newest.entry((client, message.channel.clone())).or_default();
                *newest = (*newest).max(sent.number);
            }
        }
    }

    /// A client wants to follow a channel.
    pub(crate) fn subscribe(&mut self, client: usize, channel: ChannelName, since: Option<Position>) {
        self.readers[client].entry(channel).or_insert(Reader { position: since });
    }

    /// A client does not want to any more.
    pub(crate) fn unsubscribe(&mut self, client: usize, channel: &ChannelName) {
        self.readers[client].remove(channel);
    }

    /// How far a client has read a channel.
    pub(crate) fn position(&self, client: usize, channel: &ChannelName) -> Option<Position> {
        self.readers[client].get(channel)?.position
    }

    /// A client wants to publish.
    pub(crate) fn publish(
        &mut self,
        client: usize,
        channel: ChannelName,
        id: MessageId,
        number: u64,
        fits: bool,
    ) {
        let allowed = may_publish(&self.users[client], &channel);
        self.sent[client].insert(id, Sent { number, channel, delivery: None, allowed, fits });
    }

    /// A message may come out of order.
    pub(crate) fn allow_any_order(&mut self, id: MessageId) {
        self.unordered.insert(id);
    }

    /// A client's process has begun anew: what it has not heard of, it sends again.
    pub(crate) fn restart(&mut self, client: usize) {
        for sent in self.sent[client].values_mut() {
            if sent.delivery == Some(Delivery::Local) {
                sent.delivery = None;
            }
        }
    }

    /// Something was published with the key, and the caller was told of this place.
    pub(crate) fn told(&self, channel: &ChannelName, id: MessageId, offset: Offset) -> Result<(), Broken> {
        let mut incarnations = self.truths.iter().filter(|((name, _), _)| name == channel);
        let there = incarnations
            .any(|(_, truth)| truth.messages.get(&offset.0).is_some_and(|message| message.id == id));
        hold!(there, "{id} was acknowledged at {offset} of {channel}, and is not there");
        Ok(())
    }

    /// A client's session tells something.
    pub(crate) fn event(&mut self, client: usize, event: &Event) -> Result<(), Broken> {
        let user = self.users[client].clone();
        match event {
            Event::Subscribed { channel, position, head, gap } => self
                .subscribed(client, channel, *position, *head, *gap)
                .map_err(|broken| format!("{user}: {broken}")),
            Event::Message(message) => {
                self.delivered += 1;
                self.message(client, message).map_err(|broken| format!("{user}: {broken}"))
            }
            Event::Delivery { channel, message_id, delivery } => self
                .delivery(client, channel, *message_id, delivery)
                .map_err(|broken| format!("{user}: {broken}")),
            Event::Page { channel, messages, .. } => {
                self.page(channel, messages).map_err(|broken| format!("{user}: {broken}"))
            }
            Event::SubscribeRefused { channel, refusal } => {
                hold!(
                    !may_read(&user, channel) && refusal.code == ErrorCode::Forbidden,
                    "{user} may read {channel}, and was refused with {refusal:?}"
                );
                self.readers[client].remove(channel);
                Ok(())
            }
            Event::HistoryRefused { channel, refusal, .. } => {
                let off = channel.namespace() == "live";
                let expected = !may_read(&user, channel) || off || refusal.code == ErrorCode::OutboxFull;
                hold!(
                    expected,
                    "{user} asked for the history of {channel}, and was refused with {refusal:?}"
                );
                Ok(())
            }
            Event::Status(Status::Ended { code, reason }) => {
                Err(format!("{user} was sent away for ever: {code:?} {reason}"))
            }
            Event::Status(_)
            | Event::Welcomed { .. }
            | Event::Push(_)
            | Event::Signal(_)
            | Event::Presence { .. }
            | Event::Refused(_) => Ok(()),
        }
    }

    fn subscribed(
        &mut self,
        client: usize,
        channel: &ChannelName,
        position: Position,
        head: Offset,
        gap: Option<Gap>,
    ) -> Result<(), Broken> {
        let live = channel.namespace() == "live";
        hold!(may_read(&self.users[client], channel), "{channel} may not be read");
        let Some(reader) = self.readers[client].get_mut(channel) else {
            return Err(format!("{channel} was not asked for"));
        };
        let truth = self.truths.get(&(channel.clone(), position.epoch.0)).cloned().unwrap_or_default();
        hold!(head.0 <= truth.head, "the head {head} of {channel} is beyond the truth {}", truth.head);
        hold!(
            position.offset.0 <= truth.head,
            "{position:?} in {channel} is beyond the truth {}",
            truth.head
        );
        let before = reader.position.replace(position);
        match (before, gap) {
            (None, None) => {}
            (None, Some(gap)) => return Err(format!("{gap:?} in {channel}, though nothing was seen of it")),
            (Some(before), None) => {
                hold!(before == position, "{channel} goes on at {position:?} and not at {before:?}");
            }
            (Some(before), Some(gap)) => {
                self.gaps += 1;
                let forward = before.epoch != position.epoch || position.offset > before.offset;
                // What is kept has to be had, but for what was never kept.
                let lost = live || position.offset.0 <= truth.floor;
                let legal = match gap.reason {
                    GapReason::Trimmed => before.epoch == position.epoch && forward && lost,
                    GapReason::Epoch => before.epoch != position.epoch && lost,
                    GapReason::Ahead => false,
                    GapReason::Unknown => forward && self.disturbed[client].contains(channel),
                };
                hold!(
                    legal,
                    "{gap:?} in {channel} from {before:?} to {position:?}, though its floor is {}",
                    truth.floor
                );
            }
        }
        Ok(())
    }

    fn message(&mut self, client: usize, message: &Message) -> Result<(), Broken> {
        let (channel, offset) = (&message.channel, message.offset);
        hold!(may_read(&self.users[client], channel), "{channel} may not be read");
        let Some(Reader { position: Some(position) }) = self.readers[client].get_mut(channel) else {
            return Err(format!("a message of {channel}, which does not follow it"));
        };
        let Some(truth) = self.truths.get(&(channel.clone(), position.epoch.0)) else {
            return Err(format!("{offset} of {channel} in a log that never was: {position:?}"));
        };
        let Some(true_message) = truth.messages.get(&offset.0) else {
            return Err(format!("{offset} of {channel} is not in the log"));
        };
        hold!(true_message == message, "{offset} of {channel} is not what is in the log: {message:?}");
        hold!(offset > position.offset, "{offset} of {channel} after {}", position.offset);
        let missed = truth.messages.range(position.offset.0 + 1..offset.0).next();
        if let Some((missed, _)) = missed {
            return Err(format!("{offset} of {channel} after {}, without {missed}", position.offset));
        }
        position.offset = offset;
        Ok(())
    }

    fn delivery(
        &mut self,
        client: usize,
        channel: &ChannelName,
        id: MessageId,
        delivery: &Delivery,
    ) -> Result<(), Broken> {
        if let Delivery::Accepted { offset } = delivery {
            self.told(channel, id, *offset)?;
        }
        let Some(sent) = self.sent[client].get_mut(&id) else { return Err(format!("{id} was never sent")) };
        hold!(sent.channel == *channel, "{id} was sent to {}, not {channel}", sent.channel);
        let before = sent.delivery.replace(delivery.clone());
        let forward = match (&before, delivery) {
            (None | Some(Delivery::Failed { .. }), Delivery::Local) => true,
            (None, Delivery::Failed { refusal }) => refusal.code == ErrorCode::OutboxFull,
            (Some(Delivery::Local), Delivery::Accepted { .. }) => sent.allowed && sent.fits,
            (Some(Delivery::Local), Delivery::Failed { refusal }) if !sent.fits => {
                refusal.code == ErrorCode::PayloadTooLarge
            }
            (Some(Delivery::Local), Delivery::Failed { refusal }) => !sent.allowed && for_good(refusal),
            (None | Some(_), _) => false,
        };
        hold!(forward, "{id} in {channel} goes from {before:?} to {delivery:?}");
        Ok(())
    }

    fn page(&self, channel: &ChannelName, messages: &[Message]) -> Result<(), Broken> {
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
        let in_truth = |truth: &Truth| {
            let part = truth.messages.range(first.offset.0..=last.offset.0.max(first.offset.0));
            part.map(|(_, message)| message).eq(messages)
        };
        let mut incarnations = self.truths.iter().filter(|((name, _), _)| name == channel);
        hold!(
            incarnations.any(|(_, truth)| in_truth(truth)),
            "a page of {channel} is not a piece of its log"
        );
        Ok(())
    }

    /// At the end, nobody waits for anything. Says who does.
    pub(crate) fn unfinished(&self) -> Option<String> {
        for (user, (sent, readers)) in self.users.iter().zip(self.sent.iter().zip(&self.readers)) {
            let waiting = sent.iter().find(|(_, sent)| matches!(sent.delivery, None | Some(Delivery::Local)));
            if let Some((id, sent)) = waiting {
                return Some(format!(
                    "{user} still waits for {id}, its message {} to {}",
                    sent.number, sent.channel
                ));
            }
            for (channel, reader) in readers {
                let live = channel.namespace() == "live";
                let epoch = Epoch(if live { self.live_epoch } else { self.log_epoch });
                let head = self.truths.get(&(channel.clone(), epoch.0)).map_or(0, |truth| truth.head);
                let end = Position { epoch, offset: Offset(head) };
                if reader.position != Some(end) {
                    return Some(format!(
                        "{user} stands at {:?} in {channel}, which ends at {end:?}",
                        reader.position
                    ));
                }
            }
        }
        None
    }

    /// How many of the clients' own messages were accepted.
    pub(crate) fn accepted(&self) -> u64 {
        let sent = self.sent.iter().flat_map(BTreeMap::values);
        sent.filter(|sent| matches!(sent.delivery, Some(Delivery::Accepted { .. }))).count() as u64
    }
}

fn for_good(refusal: &Refusal) -> bool {
    refusal.retry_after_ms.is_none() && refusal.code == ErrorCode::Forbidden
}

/// Who may read what, once more and plainly.
pub(crate) fn may_read(user: &str, channel: &ChannelName) -> bool {
    match channel.namespace() {
        "inbox" => channel.name() == user,
        "dm" => channel.name().split('+').any(|member| member == user),
        _ => true,
    }
}

/// Who may publish where.
pub(crate) fn may_publish(user: &str, channel: &ChannelName) -> bool {
    channel.namespace() != "inbox" && may_read(user, channel)
}
