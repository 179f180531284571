//! Offsets of the channels without history.

use std::collections::HashMap;

use shared::ids::{ChannelName, Offset};

use crate::store::Appended;

/// Maximum number of channels in a generation. Heads are kept for between one and two generations of channels.
const GENERATION_CHANNELS_MAX: usize = 50_000;

/// Assigns the offsets of the channels whose home is one worker. All these channels share one sequence. A channel that was
/// evicted therefore continues above all its earlier offsets: a subscriber that was up to date may then get a `gap` although it
/// missed nothing, but it never misses a gap.
///
/// The least recently used channels are evicted first: when a generation is full, it becomes the older one and the previous older
/// one is dropped. A publication moves its channel to the younger generation.
#[derive(Debug, Default)]
pub(super) struct LiveOffsets {
    last: u64,
    /// Upper bound of the offsets of the evicted channels.
    floor: u64,
    young: HashMap<ChannelName, u64>,
    old: HashMap<ChannelName, u64>,
    /// The newest offset of all when the older generation became full.
    old_last: u64,
}

impl LiveOffsets {
    pub(super) fn append(&mut self, channel: &ChannelName) -> Appended {
        let offset = self.last + 1;
        let prev = match self.young.get_mut(channel) {
            Some(head) => std::mem::replace(head, offset),
            None => {
                if self.young.len() >= GENERATION_CHANNELS_MAX {
                    self.old = std::mem::take(&mut self.young);
                    self.floor = std::mem::replace(&mut self.old_last, self.last);
                }
                self.young.insert(channel.clone(), offset);
                self.old.remove(channel).unwrap_or(self.floor)
            }
        };
        self.last = offset;
        Appended::Accepted { offset: Offset(offset), prev: Offset(prev) }
    }

    /// Returns the `prev` of the channel's next message, if the channel is not evicted before that message.
    pub(super) fn head(&self, channel: &ChannelName) -> Offset {
        let head = self.young.get(channel).or_else(|| self.old.get(channel));
        Offset(head.copied().unwrap_or(self.floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ChannelName {
        ChannelName::parse(&format!("live:{name}")).unwrap()
    }

    fn append(live: &mut LiveOffsets, channel: &ChannelName) -> (u64, u64) {
        let Appended::Accepted { offset, prev } = live.append(channel) else {
            panic!("live has no duplicates")
        };
        (prev.0, offset.0)
    }

    #[test]
    fn each_channel_has_its_own_chain() {
        let mut live = LiveOffsets::default();
        let (a, b) = (name("a"), name("b"));
        let chain = [append(&mut live, &a), append(&mut live, &b), append(&mut live, &a)];
        assert_eq!(chain, [(0, 1), (0, 2), (1, 3)]);
    }

    #[test]
    fn an_evicted_channel_continues_above_all_its_earlier_offsets() {
        let mut live = LiveOffsets::default();
        let first = name("first");
        append(&mut live, &first);
        for number in 0..2 * GENERATION_CHANNELS_MAX {
            append(&mut live, &name(&number.to_string()));
        }
        let (prev, offset) = append(&mut live, &first);
        assert!(prev > 1 && offset > prev, "{prev} {offset}");
        assert!(live.young.len() + live.old.len() <= 2 * GENERATION_CHANNELS_MAX);
    }

    #[test]
    fn a_flood_of_channel_names_causes_no_gap_in_a_channel_in_use() {
        let mut live = LiveOffsets::default();
        let (ticker, rare) = (name("ticker"), name("rare"));
        let (_, mut ticker_head) = append(&mut live, &ticker);
        let (_, rare_head) = append(&mut live, &rare);
        for number in 0..5 * GENERATION_CHANNELS_MAX {
            append(&mut live, &name(&number.to_string()));
            if number % 1000 == 0 {
                assert_eq!(live.head(&ticker).0, ticker_head);
                let (prev, offset) = append(&mut live, &ticker);
                assert_eq!(prev, ticker_head, "after {number} other names");
                ticker_head = offset;
            }
            // Nothing is published in `rare`, yet its head is kept for one generation.
            if number < GENERATION_CHANNELS_MAX {
                assert_eq!(live.head(&rare).0, rare_head, "after {number} other names");
            }
        }
    }
}
