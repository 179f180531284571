//! The connections of one worker.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use shared::ids::ConnectionId;
use slab::Slab;

use crate::channel::feed::ConnectionKey;
use crate::connection::outbound::Outbound;

/// The connections, by their numbers and by the keys that feeds know them by.
#[derive(Default)]
pub(super) struct Connections {
    by_key: Slab<Rc<Outbound>>,
    /// In the order in which they came, so that what is done to all of them is done in the same order each time.
    by_number: BTreeMap<ConnectionId, ConnectionKey>,
}

impl Connections {
    /// Adds the connection that `open` makes for a key.
    pub(super) fn add(&mut self, open: impl FnOnce(ConnectionKey) -> Rc<Outbound>) -> Rc<Outbound> {
        let entry = self.by_key.vacant_entry();
        let key = ConnectionKey(entry.key());
        let outbound = open(key);
        entry.insert(Rc::clone(&outbound));
        self.by_number.insert(outbound.info.connection, key);
        outbound
    }

    /// Removes a connection. No feed may know it any more.
    pub(super) fn remove(&mut self, number: ConnectionId) {
        if let Some(key) = self.by_number.remove(&number) {
            self.by_key.try_remove(key.0);
        }
    }

    /// The connection with a key.
    pub(super) fn at(&self, key: ConnectionKey) -> Option<&Rc<Outbound>> {
        self.by_key.get(key.0)
    }

    /// The connection with a number.
    pub(super) fn get(&self, number: ConnectionId) -> Option<&Rc<Outbound>> {
        self.at(*self.by_number.get(&number)?)
    }

    /// The connections from `from` on, at most `most`.
    pub(super) fn slice(&self, from: Bound<ConnectionId>, most: usize) -> Vec<Rc<Outbound>> {
        let keys = self.by_number.range((from, Bound::Unbounded)).take(most);
        keys.filter_map(|(_, key)| self.at(*key).cloned()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }
}
