//! How far the notifications of each channel were read and cleared, over visits and for all tabs.

use shared::ids::{ChannelName, Epoch, Offset};
use shared::json::{Fields, Unreadable, Writer};

use crate::core::storage::{Storage, key};

/// The marks of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    epoch: Option<Epoch>,
    pub(super) read: Offset,
    pub(super) cleared: Offset,
}

impl Mark {
    fn parse(text: &str) -> Result<Self, Unreadable> {
        // Earlier versions stored the read offset only.
        if let Ok(read) = text.parse() {
            return Ok(Self { read: Offset(read), ..Self::default() });
        }
        let mut fields = Fields::parse(text)?;
        Ok(Self {
            epoch: fields.read("epoch")?,
            read: fields.read("read")?,
            cleared: fields.read("cleared")?,
        })
    }

    fn to_json(self) -> String {
        Writer::object(|to| {
            to.field("epoch", &self.epoch);
            to.field("read", &self.read);
            to.field("cleared", &self.cleared);
        })
    }

    /// Takes the later of both, if they are of the same log.
    fn merge(&mut self, other: Self) {
        if other.epoch == self.epoch {
            (self.read, self.cleared) = (self.read.max(other.read), self.cleared.max(other.cleared));
        }
    }
}

/// The marks of all channels that have a subscription.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<(ChannelName, Mark)>);

impl Marks {
    /// Returns the marks of a channel.
    pub(super) fn of(&self, channel: &ChannelName) -> Mark {
        self.0.iter().find(|(known, _)| known == channel).map(|(_, mark)| *mark).unwrap_or_default()
    }

    /// The log of a channel has this epoch and ends with `head`. The marks are stored, also if there were none, so that the
    /// stored ones always belong to the latest log: a tab without a connection does not store over them. Marks after the end
    /// would hide the next messages, so they go back to it. Returns whether the channel had another log in this visit.
    pub(super) fn begin(
        &mut self,
        channel: &ChannelName,
        epoch: Epoch,
        head: Offset,
        storage: &mut Storage,
    ) -> bool {
        let had_other = self.of(channel).epoch.is_some_and(|before| before != epoch);
        let key = key::of(key::BELL, channel);
        let stored = Mark::parse(storage.get(&key)).unwrap_or_default();
        let is_same = stored.epoch.is_none_or(|before| before == epoch);
        let before = if is_same { stored } else { Mark::default() };
        let mark =
            Mark { epoch: Some(epoch), read: before.read.min(head), cleared: before.cleared.min(head) };
        if mark != stored {
            storage.set(&key, &mark.to_json());
        }
        self.0.retain(|(known, _)| known != channel);
        self.0.push((channel.clone(), mark));
        had_other
    }

    /// Everything up to `offset` is read.
    pub(super) fn read(&mut self, channel: &ChannelName, offset: Offset, storage: &mut Storage) {
        self.change(channel, storage, |mark| mark.read = mark.read.max(offset));
    }

    /// Everything up to `offset` is cleared.
    pub(super) fn clear(&mut self, channel: &ChannelName, offset: Offset, storage: &mut Storage) {
        self.change(channel, storage, |mark| mark.cleared = mark.cleared.max(offset));
    }

    /// Another tab has stored marks.
    pub(super) fn adopt(&mut self, channel: &ChannelName, stored: &str) {
        if let Ok(stored) = Mark::parse(stored)
            && let Some((_, mark)) = self.0.iter_mut().find(|(known, _)| known == channel)
        {
            mark.merge(stored);
        }
    }

    fn change(&mut self, channel: &ChannelName, storage: &mut Storage, change: impl Fn(&mut Mark)) {
        let key = key::of(key::BELL, channel);
        let stored = storage.get(&key).to_owned();
        self.adopt(channel, &stored);
        if let Some((_, mark)) = self.0.iter_mut().find(|(known, _)| known == channel) {
            change(mark);
            let is_other = |stored: Mark| stored.epoch.is_some() && stored.epoch != mark.epoch;
            // Another tab knows of a later log, of which this tab has not heard yet.
            if !Mark::parse(&stored).is_ok_and(is_other) {
                storage.set(&key, &mark.to_json());
            }
        }
    }
}
