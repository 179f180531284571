//! The rules that must hold. The model does not depend on the system's code: the commits of the disk are the truth, and
//! each client's events are compared with them.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::{ChannelName, Epoch, MessageId, Offset};
use shared::protocol::{Message, Position};
use shared::session::Delivery;

use crate::disk::Fact;

/// A violated rule, in a sentence.
pub(crate) type Broken = String;

macro_rules! hold {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

mod sessions;

/// One incarnation of a channel's log: everything that was ever in it, including trimmed messages.
#[derive(Debug, Clone, Default)]
struct Truth {
    messages: BTreeMap<u64, Message>,
    head: u64,
    floor: u64,
}

/// The state of a client's subscription to a channel.
#[derive(Debug, Clone, Copy, Default)]
struct Reader {
    position: Option<Position>,
}

/// The state of a client's own message.
#[derive(Debug, Clone)]
struct Sent {
    number: u64,
    channel: ChannelName,
    delivery: Option<Delivery>,
    allowed: bool,
    /// Whether the server accepts its frame.
    fits: bool,
}

/// The true state of all logs, and the state that each client knows.
#[derive(Debug)]
pub(crate) struct Model {
    users: Vec<String>,
    log_epoch: u64,
    live_epoch: u64,
    truths: BTreeMap<(ChannelName, u64), Truth>,
    readers: Vec<BTreeMap<ChannelName, Reader>>,
    sent: Vec<BTreeMap<MessageId, Sent>>,
    /// A client's channels of which a middlebox has held frames back.
    pub(crate) disturbed: Vec<BTreeSet<ChannelName>>,
    /// Whether a sender's order has to hold.
    ordered: bool,
    /// Messages that may be out of order: retried by hand, sent on two paths at once, or forgotten in between.
    unordered: BTreeSet<MessageId>,
    newest: BTreeMap<(usize, ChannelName), u64>,
    /// Everything that was ever in any incarnation.
    committed: BTreeSet<(ChannelName, MessageId)>,
    /// API messages without a retry, in the order in which they were queued.
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

    /// Records the changes on the disk.
    pub(crate) fn learn(&mut self, fact: Fact) -> Result<(), Broken> {
        match fact {
            Fact::Committed(message) => self.commit(self.log_epoch, message),
            Fact::Trimmed { channel, floor } => {
                self.truths.entry((channel, self.log_epoch)).or_default().floor = floor.0;
                Ok(())
            }
        }
    }

    /// Records that a message of a channel without history has its offset.
    pub(crate) fn learn_live(&mut self, message: Message) -> Result<(), Broken> {
        self.commit(self.live_epoch, message)
    }

    /// Records that an API message without a retry was queued. Earlier ones precede it.
    pub(crate) fn flood(&mut self, id: MessageId) {
        self.floods.insert(id, self.floods.len() as u64 + 1);
    }

    /// Records the start of a server: channels without history are new.
    pub(crate) fn begin_live(&mut self, epoch: u64) {
        self.live_epoch = epoch;
        self.newest.retain(|(_, channel), _| channel.namespace() != "live");
    }

    /// Records another log with these contents.
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

    /// Checks that a sender's messages are in a channel in the order in which they were sent.
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

    /// Records that a client subscribes to a channel.
    pub(crate) fn subscribe(&mut self, client: usize, channel: ChannelName, since: Option<Position>) {
        self.readers[client].entry(channel).or_insert(Reader { position: since });
    }

    /// Records that a client unsubscribes.
    pub(crate) fn unsubscribe(&mut self, client: usize, channel: &ChannelName) {
        self.readers[client].remove(channel);
    }

    /// Returns how far a client has read a channel.
    pub(crate) fn position(&self, client: usize, channel: &ChannelName) -> Option<Position> {
        self.readers[client].get(channel)?.position
    }

    /// Records that a client publishes.
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

    /// Records that a message may be out of order.
    pub(crate) fn allow_any_order(&mut self, id: MessageId) {
        self.unordered.insert(id);
    }

    /// Records that a client's process has restarted: it sends unanswered messages again.
    pub(crate) fn restart(&mut self, client: usize) {
        for sent in self.sent[client].values_mut() {
            if sent.delivery == Some(Delivery::Local) {
                sent.delivery = None;
            }
        }
    }

    /// Checks that a message is in the log at its acknowledged offset.
    pub(crate) fn check_acknowledged(
        &self,
        channel: &ChannelName,
        id: MessageId,
        offset: Offset,
    ) -> Result<(), Broken> {
        let mut incarnations = self.truths.iter().filter(|((name, _), _)| name == channel);
        let there = incarnations
            .any(|(_, truth)| truth.messages.get(&offset.0).is_some_and(|message| message.id == id));
        hold!(there, "{id} was acknowledged at {offset} of {channel}, but it is not in the log");
        Ok(())
    }

    /// Describes a client that is still waiting, if there is one.
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

    /// Returns the number of the clients' own messages that were accepted.
    pub(crate) fn accepted(&self) -> u64 {
        let sent = self.sent.iter().flat_map(BTreeMap::values);
        sent.filter(|sent| matches!(sent.delivery, Some(Delivery::Accepted { .. }))).count() as u64
    }
}

/// Returns whether a user may read a channel. This is a second, simple implementation of the server's rule.
pub(crate) fn may_read(user: &str, channel: &ChannelName) -> bool {
    match channel.namespace() {
        "inbox" => channel.name() == user,
        "dm" => channel.name().split('+').any(|member| member == user),
        _ => true,
    }
}

/// Returns whether a user may publish in a channel.
pub(crate) fn may_publish(user: &str, channel: &ChannelName) -> bool {
    channel.namespace() != "inbox" && may_read(user, channel)
}
