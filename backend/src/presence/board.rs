//! The members of each channel, across all workers.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use shared::ids::{ChannelName, RequestId, UserId};
use shared::protocol::Sender;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::news::{Departure, PresenceUpdate};
use super::room::{Room, encode_members};
use crate::message::text_frame;

/// Maximum number of members of a channel whose changes are announced. Above it, changes are silent, the version does
/// not grow and a list has only the first members up to the limit: announcing each of 10,000 members to each of the
/// others would take 100,000,000 frames. When a channel shrinks to the limit, its version grows and all subscribers get
/// the list.
pub const PRESENCE_MEMBERS_MAX: usize = 1000;

/// Maximum number of deserted channels: all their members have lost their last connection, and their grace period has
/// not ended. Each takes about 1.4 KiB. Beyond it, the channel that has been deserted for longest is dropped before its
/// grace period ends, because a client may join and leave a new channel with each message. No other member is connected
/// that could notice.
pub(crate) const DESERTED_CHANNELS_MAX: usize = 8192;

/// Maximum number of channels per worker whose changes are not announced yet. The changes of further channels are not announced: the
/// version in the heartbeat tells their subscribers to request the members again.
pub(crate) const UNANNOUNCED_CHANNELS_MAX: usize = 16_384;

/// The members of all channels. A user with several connections is one member. A user stays a member for a grace period
/// after the last connection is lost, because a page reload or a change of network is not a departure.
#[derive(Debug)]
pub struct PresenceBoard {
    members_max: usize,
    board: Mutex<Board>,
    /// Wakes each worker, by its index, when it has changes to announce.
    wakers: Box<[Notify]>,
}

#[derive(Debug)]
struct Board {
    rooms: HashMap<ChannelName, Room>,
    /// The members without a connection, ordered by the time when they lost the last one.
    departures: BTreeMap<Departure, (ChannelName, UserId)>,
    last_departure: u64,
    /// The channels without a connected member, ordered by the time when the last connection was lost.
    deserted: BTreeMap<Departure, ChannelName>,
    /// The highest version that any dropped channel has had. A channel that is created again continues above it.
    floor: u64,
    /// The channels whose changes a worker has not announced yet, by the worker's index.
    unannounced: Box<[BTreeSet<ChannelName>]>,
}

impl PresenceBoard {
    /// Creates a board without members for `workers` workers. Channels with more than `members_max` members are not
    /// announced.
    pub fn new(workers: usize, members_max: usize) -> Self {
        let board = Board {
            rooms: HashMap::new(),
            departures: BTreeMap::new(),
            last_departure: 0,
            deserted: BTreeMap::new(),
            floor: 0,
            unannounced: (0..workers).map(|_| BTreeSet::new()).collect(),
        };
        let wakers = (0..workers).map(|_| Notify::new()).collect();
        Self { members_max, board: Mutex::new(board), wakers }
    }

    /// Adds a connection of `sender` to a channel. Returns the channel's version afterwards.
    pub fn join(&self, channel: &ChannelName, sender: &Sender) -> u64 {
        let mut guard = self.lock();
        let board = &mut *guard;
        let floor = board.floor;
        let room = board.rooms.entry(channel.clone()).or_insert_with(|| Room::new(floor));
        if let Some(since) = room.deserted_since() {
            board.deserted.remove(&since);
        }
        let (announced, returned) = room.join(channel, sender, self.members_max);
        let version = room.version();
        if let Some(departure) = returned {
            board.departures.remove(&departure);
        }
        if announced {
            board.mark_changed(channel);
            drop(guard);
            self.wake_workers();
        }
        version
    }

    /// Gives a member of a channel another name.
    pub fn rename(&self, channel: &ChannelName, sender: &Sender) {
        let mut guard = self.lock();
        let board = &mut *guard;
        let room = board.rooms.get_mut(channel);
        if room.is_some_and(|room| room.rename(channel, sender, self.members_max)) {
            board.mark_changed(channel);
            drop(guard);
            self.wake_workers();
        }
    }

    /// Removes a connection of `user` from a channel. The user stays a member until [`sweep`](Self::sweep).
    pub fn leave(&self, channel: &ChannelName, user: &UserId) {
        let mut guard = self.lock();
        let board = &mut *guard;
        let Some(room) = board.rooms.get_mut(channel) else { return };
        let departure = Departure { at: Instant::now(), number: board.last_departure + 1 };
        if room.leave(user, departure) {
            board.last_departure = departure.number;
            board.departures.insert(departure, (channel.clone(), user.clone()));
            if let Some(since) = room.deserted_since() {
                board.deserted.insert(since, channel.clone());
                board.drop_deserted();
            }
        }
    }

    /// Removes members that have had no connection for at least `grace`. Removes at most `most` of them, because all
    /// joins wait for the lock. Returns the number removed.
    pub fn sweep(&self, grace: Duration, most: usize) -> usize {
        let mut guard = self.lock();
        let board = &mut *guard;
        let (mut removed, mut announced) = (0, false);
        while removed < most
            && let Some(first) = board.departures.first_entry()
            && first.key().at.elapsed() >= grace
        {
            let (channel, user) = first.remove();
            removed += 1;
            let Some(room) = board.rooms.get_mut(&channel) else { continue };
            let since = room.deserted_since();
            let is_news = room.remove(&channel, &user, self.members_max);
            if room.is_empty() {
                board.floor = board.floor.max(room.version());
                board.rooms.remove(&channel);
                since.and_then(|since| board.deserted.remove(&since));
            } else if is_news {
                board.mark_changed(&channel);
                announced = true;
            }
        }
        drop(guard);
        if announced {
            self.wake_workers();
        }
        removed
    }

    /// The members of a channel, ordered by user id, at most the limit.
    pub fn members(&self, channel: &ChannelName) -> Vec<Sender> {
        self.lock().rooms.get(channel).map(|room| room.members(self.members_max)).unwrap_or_default()
    }

    /// The number of members of each channel, without the limit.
    pub fn counts<'a>(&self, channels: impl IntoIterator<Item = &'a ChannelName>) -> Vec<usize> {
        let board = self.lock();
        channels.into_iter().map(|channel| board.rooms.get(channel).map_or(0, Room::len)).collect()
    }

    /// Returns the frame with the version of a channel and its members, at most the limit. It is encoded once per
    /// version. If `id` is set, the frame is copied, because the id differs between requests.
    pub(crate) fn members_frame(&self, id: Option<RequestId>, channel: &ChannelName) -> Bytes {
        let mut board = self.lock();
        let floor = board.floor;
        let frame = match board.rooms.get_mut(channel) {
            Some(room) => room.members_frame(channel, self.members_max),
            None => encode_members(channel, floor, Vec::new()),
        };
        drop(board);
        match id {
            Some(id) => with_id(&frame, id),
            None => frame,
        }
    }

    /// Removes and returns the channels that have changed since the worker's last call.
    pub(crate) fn take_unannounced(&self, worker: usize) -> BTreeSet<ChannelName> {
        self.lock().unannounced.get_mut(worker).map(std::mem::take).unwrap_or_default()
    }

    /// Returns the changes of a channel after version `since`. `None` if `since` is the newest version.
    pub(crate) fn update_since(&self, channel: &ChannelName, since: u64) -> Option<PresenceUpdate> {
        self.lock().rooms.get(channel)?.update_since(since)
    }

    /// Waits until [`take_unannounced`](Self::take_unannounced) has something for the worker.
    pub async fn changed(&self, worker: usize) {
        match self.wakers.get(worker) {
            Some(waker) => waker.notified().await,
            None => std::future::pending().await,
        }
    }

    fn wake_workers(&self) {
        self.wakers.iter().for_each(Notify::notify_one);
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    /// Drops the channels that have been deserted for longest, beyond [`DESERTED_CHANNELS_MAX`].
    fn drop_deserted(&mut self) {
        while self.deserted.len() > DESERTED_CHANNELS_MAX
            && let Some((_, channel)) = self.deserted.pop_first()
        {
            let Some(room) = self.rooms.remove(&channel) else { continue };
            self.floor = self.floor.max(room.version());
            room.departures().for_each(|departure| drop(self.departures.remove(&departure)));
        }
    }

    fn mark_changed(&mut self, channel: &ChannelName) {
        for unannounced in &mut self.unannounced {
            if unannounced.len() < UNANNOUNCED_CHANNELS_MAX {
                unannounced.insert(channel.clone());
            }
        }
    }
}

/// Inserts the `id` of a request into a frame that has none.
fn with_id(frame: &[u8], id: RequestId) -> Bytes {
    const TYPE: &str = r#"{"type":"presence""#;
    // RFC 6455 section 5.2: the second byte gives the size of the length field.
    let header = match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    };
    let json = frame.get(header..).and_then(|json| std::str::from_utf8(json).ok()).unwrap_or_default();
    let rest = json.strip_prefix(TYPE);
    debug_assert!(rest.is_some(), "a presence message has its type first");
    text_frame(format!(r#"{TYPE},"id":{}{}"#, id.0, rest.unwrap_or_default()))
}
