//! Serves subscriptions that are behind their feed's ring: with pages of the log, or with a `gap` if messages are gone.

use std::rc::Rc;

use shared::ids::Offset;
use shared::protocol::{CloseCode, Gap, GapReason, Position, Subscribed};

use super::outbound::{Inner, Outbound, Phase};
use super::registry::ConnectionInfo;
use crate::channel::feed::{Feed, SubscriptionKey};
use crate::channel::pages::Page;
use crate::store::LogError;

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
            inner.skip_to(&self.info, key, serial, floor);
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
    pub(super) fn skip_to(
        &mut self,
        info: &ConnectionInfo,
        key: SubscriptionKey,
        serial: u64,
        floor: Offset,
    ) {
        let Some((feed, request)) = self.subscriptions.skip_to(key, serial, floor) else { return };
        tracing::warn!(connection = %info.connection, channel = %feed.channel, %floor, "gap: a subscriber fell behind");
        let subscribed = || Subscribed {
            id: request,
            channel: feed.channel.clone(),
            position: Position { epoch: feed.epoch, offset: floor },
            head: feed.head().unwrap_or(floor),
            gap: Some(Gap { oldest: Offset(floor.0 + 1), reason: GapReason::Trimmed }),
        };
        if let Some(frame) = info.mode.subscribed(subscribed) {
            self.replies.push(frame);
        }
    }
}
