//! The log, indexed by offset and by id.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::ids::{ChannelName, MessageId, Offset};
use shared::protocol::Message;

use super::findings::{Fault, Findings};
use crate::client::Sent;

/// The logs of all channels.
#[derive(Debug, Default)]
pub(super) struct Entries<'log> {
    by_channel: HashMap<&'log ChannelName, BTreeMap<Offset, &'log Message>>,
    by_id: HashMap<(&'log ChannelName, MessageId), &'log Message>,
}

impl<'log> Entries<'log> {
    /// Indexes the log and checks its order and its ids.
    pub(super) fn read(log: &'log [Vec<Message>], findings: &mut Findings) -> Self {
        let mut entries = Self::default();
        for messages in log {
            let mut last = Offset::START;
            for message in messages {
                findings.messages += 1;
                if message.prev != last || message.offset <= last {
                    findings.note(Fault::Misordered, || format!("the log goes from {last} to {message:?}"));
                }
                last = message.offset;
                if let Some(first) = entries.by_id.insert((&message.channel, message.id), message) {
                    let (id, first, second) = (message.id, first.offset, message.offset);
                    findings.note(Fault::Twice, || format!("{id:?} is in the log at {first} and {second}"));
                }
                entries.by_channel.entry(&message.channel).or_default().insert(message.offset, message);
            }
        }
        entries
    }

    pub(super) fn by_id(&self, channel: &ChannelName, id: MessageId) -> Option<&'log Message> {
        self.by_id.get(&(channel, id)).copied()
    }

    pub(super) fn at(&self, channel: &ChannelName, offset: Offset) -> Option<&'log Message> {
        self.by_channel.get(channel)?.get(&offset).copied()
    }

    /// Returns the messages after an offset, oldest first.
    pub(super) fn after(
        &self,
        channel: &ChannelName,
        offset: Offset,
    ) -> impl Iterator<Item = &'log Message> + use<'log, '_> {
        let channel = self.by_channel.get(channel);
        let from = Offset(offset.0 + 1);
        channel.into_iter().flat_map(move |messages| messages.range(from..).map(|(_, message)| *message))
    }

    /// Finds messages that no client sent.
    pub(super) fn look_for_foreign<'sent>(
        &self,
        sent: impl Iterator<Item = &'sent Sent>,
        findings: &mut Findings,
    ) {
        let sent: HashSet<(&ChannelName, MessageId)> = sent.map(|sent| (&sent.channel, sent.id)).collect();
        for message in self.by_channel.values().flat_map(BTreeMap::values) {
            if !sent.contains(&(&message.channel, message.id)) {
                findings.note(Fault::Foreign, || format!("no client sent {message:?}"));
            }
        }
    }
}
