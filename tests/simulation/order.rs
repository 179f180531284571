//! The simulator's sequencer: it orders the server's entries some time after they were proposed, with entries of another server
//! between them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use backend::sequencer::order::{Bounds, Ordered, Place, Sequencer, Ticket};
use backend::store::Entry;

/// The order of all entries. The log thread and the world have it.
#[derive(Clone, Default)]
pub(crate) struct Order(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    proposed: Vec<(Ticket, Entry)>,
    ordered: VecDeque<Ordered>,
    tickets: u64,
    head: u64,
    floor: u64,
}

impl State {
    fn put(&mut self, ticket: Option<Ticket>, entry: Entry) {
        // Places grow, and there are holes between them.
        self.head += 1 + self.head % 3;
        self.ordered.push_back(Ordered { place: Place(self.head), ticket, entry });
    }
}

impl Order {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Adds an entry of another server.
    pub(crate) fn add_foreign(&self, entry: Entry) {
        self.state().put(None, entry);
    }

    /// Puts the entries in order that were proposed.
    pub(crate) fn settle(&self) {
        let mut state = self.state();
        for (ticket, entry) in std::mem::take(&mut state.proposed) {
            state.put(Some(ticket), entry);
        }
    }

    /// Returns whether the log thread has an entry to apply, now or after [`settle`](Self::settle).
    pub(crate) fn has_work(&self) -> bool {
        let state = self.state();
        !(state.proposed.is_empty() && state.ordered.is_empty())
    }
}

impl Sequencer for Order {
    fn propose(&mut self, entry: Entry) -> Ticket {
        let mut state = self.state();
        state.tickets += 1;
        let ticket = Ticket(state.tickets);
        state.proposed.push((ticket, entry));
        ticket
    }

    fn entry_after(&mut self, place: Place) -> Option<Ordered> {
        let mut state = self.state();
        assert_eq!(place, Place(state.floor), "the log thread applies each entry once, in order");
        let next = state.ordered.pop_front()?;
        state.floor = next.place.0;
        Some(next)
    }

    fn bounds(&self) -> Bounds {
        let state = self.state();
        Bounds { head: Place(state.head), floor: Place(state.floor) }
    }
}
