//! The offsets of channels without history.

use std::collections::HashMap;

use shared::ids::{ChannelName, Offset};

use crate::log::Appended;

/// Most channels whose newest offsets are remembered; beyond, all are forgotten.
const CHANNELS_MAX: usize = 100_000;

/// Gives the offsets of the channels that are at home on one worker. They are of one sequence for all of these, so that
/// a channel that was forgotten goes on above whatever it had: a reader that was up to date may then be told of a gap
/// that is none, but never misses one.
#[derive(Debug, Default)]
pub(super) struct LiveOffsets {
    last: u64,
    /// All that is forgotten is at or below this.
    floor: u64,
    heads: HashMap<ChannelName, u64>,
}

impl LiveOffsets {
    pub(super) fn append(&mut self, channel: &ChannelName) -> Appended {
        let offset = self.last + 1;
        let prev = match self.heads.get_mut(channel) {
            Some(head) => std::mem::replace(head, offset),
            None => {
                if self.heads.len() >= CHANNELS_MAX {
                    self.heads.clear();
                    self.floor = self.last;
                }
                self.heads.insert(channel.clone(), offset);
                self.floor
            }
        };
        self.last = offset;
        Appended::Accepted { offset: Offset(offset), prev: Offset(prev) }
    }

    /// The `prev` that the next message of the channel will have, if nothing is forgotten meanwhile.
    pub(super) fn head(&self, channel: &ChannelName) -> Offset {
        Offset(self.heads.get(channel).copied().unwrap_or(self.floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_chain() {
        let mut live = LiveOffsets::default();
        let (a, b) = (ChannelName::parse("live:a").unwrap(), ChannelName::parse("live:b").unwrap());
        let chain = [live.append(&a), live.append(&b), live.append(&a)];
        let accepted = |prev, offset| Appended::Accepted { offset: Offset(offset), prev: Offset(prev) };
        assert_eq!(chain, [accepted(0, 1), accepted(0, 2), accepted(1, 3)]);
    }

    #[test]
    fn a_forgotten_channel_goes_on_above_all_it_had() {
        let mut live = LiveOffsets::default();
        let first = ChannelName::parse("live:first").unwrap();
        live.append(&first);
        for number in 0..CHANNELS_MAX {
            live.append(&ChannelName::parse(&format!("live:{number}")).unwrap());
        }
        let Appended::Accepted { offset, prev } = live.append(&first) else {
            panic!("live has no duplicates")
        };
        assert!(prev >= Offset(1) && offset > prev);
        assert!(live.heads.len() <= CHANNELS_MAX);
    }
}
