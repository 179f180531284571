//! The open connections of all workers. Used when a connection opens, closes or is looked up, and never in the delivery
//! of a message.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde::Serialize;
use shared::ids::{ConnectionId, UserId};
use shared::time::Timestamp;

use crate::auth::{OtherUser, Principal};
use crate::dialect::Dialect;

/// The data of an open connection.
#[derive(Debug)]
pub struct ConnectionInfo {
    /// Its number.
    pub connection: ConnectionId,
    /// The dialect of its client.
    pub dialect: Dialect,
    /// The address of the peer.
    pub address: Option<SocketAddr>,
    /// When it was opened.
    pub(crate) opened_at: Timestamp,
    /// The index of the worker that owns it.
    pub worker: usize,
    principal: RwLock<Option<Principal>>,
    received: AtomicU64,
    sent: AtomicU64,
    subscriptions: AtomicU64,
}

impl ConnectionInfo {
    /// Creates the data of a connection that has not sent anything yet.
    pub fn new(
        connection: ConnectionId,
        dialect: Dialect,
        address: Option<SocketAddr>,
        opened_at: Timestamp,
        worker: usize,
    ) -> Self {
        let (principal, zero) = (RwLock::default(), AtomicU64::default);
        let (received, sent, subscriptions) = (zero(), zero(), zero());
        Self { connection, dialect, address, opened_at, worker, principal, received, sent, subscriptions }
    }

    /// Returns who the connection acts as now, or `None` before `hello`. The next call may return another principal of the same
    /// user.
    pub fn principal(&self) -> Option<Principal> {
        self.principal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the connection acts as somebody, which it does from `hello` to its end.
    pub(crate) fn has_principal(&self) -> bool {
        self.principal.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Counts a message from the client.
    pub(crate) fn count_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds to the number of channel messages sent to the client. A plain store is enough, because only the
    /// connection's worker writes.
    pub(crate) fn count_sent(&self, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.sent.store(self.sent.load(Ordering::Relaxed).wrapping_add(messages), Ordering::Relaxed);
    }

    /// Sets the number of subscriptions.
    pub(crate) fn set_subscriptions(&self, count: usize) {
        self.subscriptions.store(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The data as the HTTP API shows it.
    pub fn view(&self) -> ConnectionView {
        let sender = self.principal().map(|principal| principal.sender);
        let (user, name) = sender.map(|sender| (sender.user, sender.name)).unzip();
        ConnectionView {
            connection: self.connection,
            dialect: self.dialect,
            user,
            name: name.map(|name| name.to_string()),
            address: self.address,
            connected_at: self.opened_at,
            subscriptions: self.subscriptions.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        }
    }
}

/// A connection as the HTTP API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConnectionView {
    /// Its number.
    pub connection: ConnectionId,
    /// The dialect of its client.
    #[serde(rename = "mode")]
    pub dialect: Dialect,
    /// The user. `None` before `hello`.
    pub user: Option<UserId>,
    /// The user's display name. `None` before `hello`.
    pub name: Option<String>,
    /// The address of the peer.
    pub address: Option<SocketAddr>,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// Number of subscriptions.
    pub subscriptions: u64,
    /// Number of messages that the client has sent.
    pub received: u64,
    /// Number of channel messages sent to the client. It may be stale by one second.
    pub sent: u64,
}

/// All open connections.
#[derive(Debug, Default)]
pub struct Registry {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    by_number: BTreeMap<ConnectionId, Arc<ConnectionInfo>>,
    /// Ordered by connection, because finding one of a user's 50,000 connections in a list at each close is quadratic.
    by_user: HashMap<UserId, BTreeMap<ConnectionId, Arc<ConnectionInfo>>>,
}

impl Registry {
    /// Adds a connection. Returns false without adding it if `most` connections are open.
    pub fn add(&self, info: &Arc<ConnectionInfo>, most: usize) -> bool {
        let mut open = self.lock();
        let room = open.by_number.len() < most;
        if room {
            open.by_number.insert(info.connection, Arc::clone(info));
        }
        room
    }

    /// Sets who a connection acts as from now on. `hello` calls it first; a renewed token may call it again, from any thread. The
    /// next decision, message and [`view`](ConnectionInfo::view) have the new principal. The members of channels keep the name; see
    /// [`Worker::rename`](crate::shard::worker::Worker::rename).
    ///
    /// # Errors
    /// [`OtherUser`] if the connection belongs to another user. It keeps its principal.
    pub fn replace_principal(
        &self,
        info: &Arc<ConnectionInfo>,
        principal: Principal,
    ) -> Result<(), OtherUser> {
        // Before the principal's lock, as in `remove`, which must not run between the two changes.
        let mut open = self.lock();
        let mut current = info.principal.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = &mut *current {
            current.check_replacement(&principal)?;
            *current = principal;
            return Ok(());
        }
        let user = principal.user().clone();
        *current = Some(principal);
        if open.by_number.contains_key(&info.connection) {
            // The user id never changes from here on, so this entry is right until the connection is removed.
            open.by_user.entry(user).or_default().insert(info.connection, Arc::clone(info));
        }
        Ok(())
    }

    /// Removes a connection.
    pub fn remove(&self, info: &ConnectionInfo) {
        let mut open = self.lock();
        open.by_number.remove(&info.connection);
        let Some(principal) = info.principal() else { return };
        if let Some(of_user) = open.by_user.get_mut(principal.user()) {
            of_user.remove(&info.connection);
            if of_user.is_empty() {
                open.by_user.remove(principal.user());
            }
        }
    }

    /// Returns the connection with a number.
    pub fn get(&self, connection: ConnectionId) -> Option<Arc<ConnectionInfo>> {
        self.lock().by_number.get(&connection).cloned()
    }

    /// Returns the connections of a user.
    pub fn of_user(&self, user: &UserId) -> Vec<Arc<ConnectionInfo>> {
        self.lock().by_user.get(user).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Number of open connections.
    pub fn count(&self) -> usize {
        self.lock().by_number.len()
    }

    /// Returns the connections with a number above `after`, at most `limit`, in ascending order.
    pub fn list(&self, after: ConnectionId, limit: usize) -> Vec<Arc<ConnectionInfo>> {
        let from = ConnectionId(after.0.saturating_add(1));
        self.lock().by_number.range(from..).take(limit).map(|(_, info)| Arc::clone(info)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::DisplayName;
    use shared::protocol::Sender;

    use super::*;

    fn principal(user: &str, name: &str) -> Principal {
        let (user, name) = (UserId::parse(user).unwrap(), DisplayName::parse(name).unwrap());
        Principal { sender: Sender { user, name } }
    }

    #[test]
    fn a_replaced_principal_keeps_the_connection_in_the_list_of_its_user() {
        let registry = Registry::default();
        let info = ConnectionInfo::new(ConnectionId(1), Dialect::Typed, None, Timestamp(0), 0);
        let info = Arc::new(info);
        assert!(registry.add(&info, 1));
        assert_eq!((info.has_principal(), info.view().user), (false, None));

        let (ada, bob) = (UserId::parse("ada").unwrap(), UserId::parse("bob").unwrap());
        for name in ["Ada", "Ada Lovelace"] {
            assert_eq!(registry.replace_principal(&info, principal("ada", name)), Ok(()));
            assert_eq!(info.view().name.as_deref(), Some(name));
            assert_eq!(registry.of_user(&ada).len(), 1);
        }
        assert_eq!(registry.replace_principal(&info, principal("bob", "Bob")), Err(OtherUser));
        assert_eq!(info.principal(), Some(principal("ada", "Ada Lovelace")), "it keeps its principal");
        assert!(registry.of_user(&bob).is_empty());

        registry.remove(&info);
        assert!(registry.of_user(&ada).is_empty());
        assert!(registry.lock().by_user.is_empty());
    }
}
