//! The connections of one worker.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use shared::ids::ConnectionId;
use slab::Slab;

use crate::channel::feed::ConnectionKey;
use crate::connection::outbound::Outbound;

/// The connections of one worker, by number and by the key that feeds use.
#[derive(Default)]
pub(super) struct Connections {
    by_key: Slab<Rc<Outbound>>,
    /// Ordered, so that work on all connections happens in the same order each time.
    by_number: BTreeMap<ConnectionId, ConnectionKey>,
}

impl Connections {
    /// Adds the connection that `open` creates for a new key.
    pub(super) fn add(&mut self, open: impl FnOnce(ConnectionKey) -> Rc<Outbound>) -> Rc<Outbound> {
        let entry = self.by_key.vacant_entry();
        let key = ConnectionKey(entry.key());
        let outbound = open(key);
        entry.insert(Rc::clone(&outbound));
        self.by_number.insert(outbound.info.connection, key);
        outbound
    }

    /// Removes a connection. It must have no subscription left in any feed.
    pub(super) fn remove(&mut self, number: ConnectionId) {
        if let Some(key) = self.by_number.remove(&number) {
            self.by_key.try_remove(key.0);
        }
    }

    /// Returns the connection with a key.
    pub(super) fn at(&self, key: ConnectionKey) -> Option<&Rc<Outbound>> {
        self.by_key.get(key.0)
    }

    /// Returns the connection with a number.
    pub(super) fn get(&self, number: ConnectionId) -> Option<&Rc<Outbound>> {
        self.at(*self.by_number.get(&number)?)
    }

    /// Returns the connections from `from` on, at most `most`.
    pub(super) fn slice(&self, from: Bound<ConnectionId>, most: usize) -> Vec<Rc<Outbound>> {
        let keys = self.by_number.range((from, Bound::Unbounded)).take(most);
        keys.filter_map(|(_, key)| self.at(*key).cloned()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }
}
