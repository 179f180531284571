//! The open connections of all workers. Used when a connection opens, closes or is looked up, and never in the delivery
//! of a message.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;
use shared::ids::{ConnectionId, UserId};
use shared::protocol::Sender;
use shared::time::Timestamp;

use crate::dialect::Dialect;

/// The data of an open connection.
#[derive(Debug)]
pub struct ConnectionInfo {
    /// Its number.
    pub connection: ConnectionId,
    /// The dialect of its client.
    pub mode: Dialect,
    /// The address of the peer.
    pub address: Option<SocketAddr>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The index of the worker that owns it.
    pub worker: usize,
    identity: OnceLock<Sender>,
    received: AtomicU64,
    sent: AtomicU64,
    subscriptions: AtomicU64,
}

impl ConnectionInfo {
    /// Creates the data of a connection that has not sent anything yet.
    pub fn new(
        connection: ConnectionId,
        mode: Dialect,
        address: Option<SocketAddr>,
        opened_at: Timestamp,
        worker: usize,
    ) -> Self {
        let (identity, zero) = (OnceLock::new(), AtomicU64::default);
        let (received, sent, subscriptions) = (zero(), zero(), zero());
        Self { connection, mode, address, opened_at, worker, identity, received, sent, subscriptions }
    }

    /// The user of the connection. `None` before `hello`.
    pub fn identity(&self) -> Option<&Sender> {
        self.identity.get()
    }

    /// Counts a message from the client.
    pub fn count_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds to the number of channel messages sent to the client. A plain store is enough, because only the
    /// connection's worker writes.
    pub fn count_sent(&self, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.sent.store(self.sent.load(Ordering::Relaxed).wrapping_add(messages), Ordering::Relaxed);
    }

    /// Sets the number of subscriptions.
    pub fn set_subscriptions(&self, count: usize) {
        self.subscriptions.store(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The data as the HTTP API shows it.
    pub fn view(&self) -> ConnectionView {
        let identity = self.identity().cloned();
        let (user, name) = identity.map(|sender| (sender.user, sender.name)).unzip();
        ConnectionView {
            connection: self.connection,
            mode: self.mode,
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
    pub mode: Dialect,
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

    /// Sets the user of a connection. Later calls for the same connection have no effect.
    pub fn identify(&self, info: &Arc<ConnectionInfo>, sender: Sender) {
        let user = sender.user.clone();
        if info.identity.set(sender).is_ok() {
            let mut open = self.lock();
            open.by_user.entry(user).or_default().insert(info.connection, Arc::clone(info));
        }
    }

    /// Removes a connection.
    pub fn remove(&self, info: &ConnectionInfo) {
        let mut open = self.lock();
        open.by_number.remove(&info.connection);
        let Some(sender) = info.identity() else { return };
        if let Some(of_user) = open.by_user.get_mut(&sender.user) {
            of_user.remove(&info.connection);
            if of_user.is_empty() {
                open.by_user.remove(&sender.user);
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
