//! The sequencer of one server.

use std::collections::VecDeque;

use super::order::{Bounds, Ordered, Place, Sequencer, Ticket};
use crate::store::Entry;

/// Orders entries as they are proposed. An entry becomes durable when it is applied; until then nobody knows of it, so an entry that
/// cannot be applied is refused and its place stays empty. The order itself is not stored.
#[derive(Debug, Default)]
pub struct Direct {
    /// The entries that were not returned yet. The log thread has at most one here.
    waiting: VecDeque<Entry>,
    /// The place of the newest entry.
    head: u64,
}

impl Sequencer for Direct {
    fn propose(&mut self, entry: Entry) -> Ticket {
        self.waiting.push_back(entry);
        self.head += 1;
        Ticket(self.head)
    }

    fn entry_after(&mut self, place: Place) -> Option<Ordered> {
        let next = self.bounds().floor.0 + 1;
        debug_assert_eq!(next, place.0 + 1, "each entry is asked for once");
        let entry = self.waiting.pop_front()?;
        Some(Ordered { place: Place(next), ticket: Some(Ticket(next)), entry })
    }

    fn bounds(&self) -> Bounds {
        Bounds { head: Place(self.head), floor: Place(self.head - self.waiting.len() as u64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::chat;

    #[test]
    fn entries_come_back_in_the_order_in_which_they_were_proposed() {
        let mut direct = Direct::default();
        assert_eq!(direct.bounds(), Bounds { head: Place(0), floor: Place(0) });
        let tickets: Vec<_> = (1..=3)
            .map(|number| direct.propose(Entry::of_appends(vec![chat("room:lobby", number)])))
            .collect();
        assert_eq!(direct.bounds(), Bounds { head: Place(3), floor: Place(0) });
        let mut place = Place(0);
        for (ticket, number) in tickets.into_iter().zip(1..) {
            let ordered = direct.entry_after(place).unwrap();
            assert!(ordered.place > place);
            assert_eq!(ordered.ticket, Some(ticket));
            assert_eq!(ordered.entry.appends[0].id, chat("room:lobby", number).id);
            place = ordered.place;
        }
        assert!(direct.entry_after(place).is_none());
        assert_eq!(direct.bounds(), Bounds { head: place, floor: place });
    }
}
