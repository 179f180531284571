//! Readers that are behind the ring: served from the log, or told what they have missed.

use std::rc::Rc;

use shared::ids::Offset;
use shared::protocol::{CloseCode, Gap, GapReason, Position, Subscribed};

use super::outbound::{Inner, Outbound, Phase};
use super::registry::ConnectionInfo;
use crate::channel::feed::Feed;
use crate::channel::pages::Page;
use crate::store::LogError;

impl Outbound {
    /// Reads the next page for a subscription that is behind its feed's ring, unless a page is being read already. The
    /// log is read on another thread, once for all connections that wait at the same place.
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
        // It may have waited for long at the gate: a connection that has ended or stalled meanwhile needs no page.
        let Some((slot, serial, feed, cursor)) = self.change().next_behind() else { return };
        let page = self.sources.pages.after(&self.sources.reads, &feed.channel, cursor).await;
        self.change().behind.is_reading = false;
        self.caught_up(slot, serial, cursor, &feed, page);
    }

    fn caught_up(
        self: &Rc<Self>,
        slot: usize,
        serial: u64,
        cursor: Offset,
        feed: &Feed,
        page: Result<Rc<Page>, LogError>,
    ) {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(connection = %self.info.connection, channel = %feed.channel, %error, "catching up");
                return self.close(CloseCode::INTERNAL, "The server cannot read its log.");
            }
        };
        let mut inner = self.change();
        if inner.is_blocked() {
            // It may stall for long. The page is read again when its socket has room.
            return inner.behind.waiting.push_front((slot, serial));
        }
        let floor = page.frames.first().map_or_else(|| feed.head().unwrap_or(cursor), |frame| frame.prev);
        if floor > cursor {
            inner.jump(&self.info, slot, serial, floor);
        }
        inner.subscriptions.fill(slot, serial, page.frames.iter().cloned().collect());
        drop(inner);
        self.flush_some();
    }
}

impl Inner {
    /// The next subscription to read a page for. `None` if there is none, the connection has ended, or its socket is full.
    fn next_behind(&mut self) -> Option<(usize, u64, Rc<Feed>, Offset)> {
        let is_open = self.phase == Phase::Open && !self.is_blocked();
        while is_open && let Some((slot, serial)) = self.behind.waiting.pop_front() {
            if let Some((feed, cursor)) = self.subscriptions.reading(slot, serial) {
                return Some((slot, serial, feed, cursor));
            }
        }
        self.behind.is_reading = false;
        None
    }

    /// Moves a reader over messages that are no longer kept, and tells it so.
    pub(super) fn jump(&mut self, info: &ConnectionInfo, slot: usize, serial: u64, floor: Offset) {
        let Some((feed, request)) = self.subscriptions.jump(slot, serial, floor) else { return };
        tracing::warn!(connection = %info.connection, channel = %feed.channel, %floor, "gap: a reader fell behind");
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
