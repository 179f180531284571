//! Serves subscriptions that are behind their feed's ring: with pages of the log, or with a `gap` if messages are gone.

use std::rc::Rc;

use shared::ids::Offset;
use shared::protocol::{CloseCode, Gap, GapReason, Position, Subscribed};

use super::outbound::{Inner, Outbound, Phase};
use crate::channel::feed::{Feed, SubscriptionKey};
use crate::channel::pages::Page;
use crate::store::LogError;
use crate::telemetry::Event;

impl Outbound {
    /// Starts to read the next page for a subscription that is behind its feed's ring, unless a page is being read
    /// already. The log is read on another thread, once for all connections that wait for the same page.
    pub(super) fn read_log(self: &Rc<Self>, inner: &mut Inner) {
        if inner.behind.is_reading || inner.behind.waiting.is_empty() {
            return;
        }
        inner.behind.is_reading = true;
        let outbound = Rc::clone(self);
        actix_web::rt::spawn(async move {
            outbound.sources.gates.pages.pass(outbound.read_next()).await;
        });
    }

    async fn read_next(self: &Rc<Self>) {
        // The wait at the gate may be long. A connection that has ended or stalled since needs no page.
        let Some((key, serial, feed, cursor)) = self.change().next_behind() else { return };
        let page = self.sources.pages.after(&self.sources.reads, &feed.channel, cursor).await;
        self.change().behind.is_reading = false;
        self.supply_page(key, serial, cursor, &feed, page);
    }

    fn supply_page(
        self: &Rc<Self>,
        key: SubscriptionKey,
        serial: u64,
        cursor: Offset,
        feed: &Feed,
        page: Result<Rc<Page>, LogError>,
    ) {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                let connection = self.info.connection;
                tracing::error!(%connection, channel = %feed.channel, %error, "cannot read the log to catch up");
                return self.close(CloseCode::INTERNAL, "The server cannot read its log.");
            }
        };
        let mut inner = self.change();
        if inner.is_blocked() {
            // The socket may stay full for long. The page is read again when the socket has room.
            return inner.behind.waiting.push_front((key, serial));
        }
        let floor =
            page.messages.first().map_or_else(|| feed.head().unwrap_or(cursor), |message| message.prev);
        if floor > cursor {
            inner.skip_to(self, key, serial, floor);
        }
        inner.subscriptions.supply_page(key, serial, page.messages.iter().cloned().collect());
        drop(inner);
        self.flush_some();
    }
}

impl Inner {
    /// Returns the next subscription to read a page for. `None` if no subscription waits, the connection has ended, or
    /// its socket is full.
    fn next_behind(&mut self) -> Option<(SubscriptionKey, u64, Rc<Feed>, Offset)> {
        let is_open = self.phase == Phase::Open && !self.is_blocked();
        while is_open && let Some((key, serial)) = self.behind.waiting.pop_front() {
            if let Some((feed, cursor)) = self.subscriptions.reading(key, serial) {
                return Some((key, serial, feed, cursor));
            }
        }
        self.behind.is_reading = false;
        None
    }

    /// Moves a subscription to `floor`, over messages that are no longer kept, and queues a `gap` for the client.
    pub(super) fn skip_to(&mut self, outbound: &Outbound, key: SubscriptionKey, serial: u64, floor: Offset) {
        let Some((feed, request)) = self.subscriptions.skip_to(key, serial, floor) else { return };
        let (connection, channel) = (outbound.info.connection, &feed.channel);
        outbound.sources.events.emit(Event::FellBehind { connection, channel, floor });
        let subscribed = || Subscribed {
            id: request,
            channel: feed.channel.clone(),
            position: Position { epoch: feed.epoch, offset: floor },
            head: feed.head().unwrap_or(floor),
            gap: Some(Gap { oldest: Offset(floor.0 + 1), reason: GapReason::Trimmed }),
        };
        if let Some(frame) = outbound.info.dialect.subscribed(subscribed) {
            self.replies.push(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Context;

    use futures_util::task::noop_waker_ref;
    use shared::ids::{ChannelName, ConnectionId, Epoch, RequestId};
    use shared::time::Timestamp;
    use tokio::task::{LocalSet, yield_now};

    use super::*;
    use crate::channel::feed::ConnectionKey;
    use crate::config::Durability;
    use crate::connection::registry::ConnectionInfo;
    use crate::connection::sources::Sources;
    use crate::dialect::Dialect;
    use crate::presence::PresenceBoard;
    use crate::store::sqlite::SqliteLog;
    use crate::store::{LogReads, Offload};
    use crate::telemetry::Events;

    /// Counts reads and carries out none.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Offload for Counting {
        fn run(&self, _: Box<dyn FnOnce() + Send>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the number of reads for a connection that lags behind. It ends or stays open before it passes the gate.
    async fn reads_of_a_connection_behind(ends: bool) -> usize {
        let directory = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&directory.path().join("log.db"), Durability::Normal).unwrap();
        let counting = Arc::<Counting>::default();
        let offload = Arc::clone(&counting) as Arc<dyn Offload>;
        let reads = LogReads::new(Arc::new(log), offload);
        let sources = Rc::new(Sources::new(reads, Arc::new(PresenceBoard::new(1, 10)), Events::default()));
        let info = ConnectionInfo::new(ConnectionId(1), Dialect::Typed, None, Timestamp(0), 0);
        let outbound = Outbound::new(ConnectionKey(0), Arc::new(info), sources, None);
        let feed = Rc::new(Feed::new(ChannelName::parse("room:lobby").unwrap(), Epoch(1), true));
        feed.learn_head(Offset(10));
        outbound.subscribe(feed, RequestId(1), Offset(0), None);
        assert!(outbound.poll_frame(&Context::from_waker(noop_waker_ref())).is_pending());
        if ends {
            outbound.end();
        }
        for _ in 0..10 {
            yield_now().await;
        }
        counting.0.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn the_log_is_not_read_for_a_connection_that_has_ended() {
        let reads = async |ends| LocalSet::new().run_until(reads_of_a_connection_behind(ends)).await;
        assert_eq!((reads(false).await, reads(true).await), (1, 0));
    }
}
