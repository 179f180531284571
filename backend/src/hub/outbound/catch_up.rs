//! Readers that are behind the ring: served from the log, or told what they have missed.

use std::rc::Rc;

use shared::ids::Offset;
use shared::protocol::{CloseCode, Gap, GapReason, Position, ServerMessage, Subscribed};

use super::{Inner, Outbound};
use crate::hub::feed::Feed;
use crate::hub::frame::server_frame;
use crate::hub::pages::Page;
use crate::hub::registry::{ConnectionInfo, Mode};
use crate::log::LogError;

impl Outbound {
    /// Has a page for a reader that is behind the ring, which is read off this thread where nobody has asked for it before.
    pub(super) fn read_log(self: &Rc<Self>, slot: usize, serial: u64, feed: Rc<Feed>, cursor: Offset) {
        let outbound = Rc::clone(self);
        actix_web::rt::spawn(async move {
            let read = async {
                let page = outbound.pages.after(&outbound.hub.reads, &feed.channel, cursor).await;
                outbound.caught_up(slot, serial, cursor, &feed, page);
            };
            outbound.gates.pages.pass(read).await;
        });
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
    /// Moves a reader over messages that are no longer kept, and tells it so.
    pub(super) fn jump(&mut self, info: &ConnectionInfo, slot: usize, serial: u64, floor: Offset) {
        let Some((feed, request)) = self.subscriptions.jump(slot, serial, floor) else { return };
        tracing::warn!(connection = %info.connection, channel = %feed.channel, %floor, "gap: a reader fell behind");
        if info.mode == Mode::Typed {
            let subscribed = Subscribed {
                id: request,
                channel: feed.channel.clone(),
                position: Position { epoch: feed.epoch, offset: floor },
                head: feed.head().unwrap_or(floor),
                gap: Some(Gap { oldest: Offset(floor.0 + 1), reason: GapReason::Trimmed }),
            };
            self.replies.push_back(server_frame(&ServerMessage::Subscribed(subscribed)));
        }
    }
}
