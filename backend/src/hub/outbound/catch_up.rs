//! Readers that are behind the ring: served from the log, or told what they have missed.

use std::rc::Rc;
use std::sync::Arc;

use shared::ids::Offset;
use shared::protocol::{CloseCode, Gap, GapReason, Position, ServerMessage, Subscribed};

use super::{Inner, Outbound};
use crate::hub::feed::Feed;
use crate::hub::frame::{Frame, server_frame};
use crate::hub::registry::{ConnectionInfo, Mode};
use crate::log::{LogError, Run};

/// Most messages that are read from the log at a time for a reader that is behind.
const CATCH_UP_MESSAGES: u32 = 100;

impl Outbound {
    /// Has the log read for a reader that is behind the ring, off this thread.
    pub(super) fn read_log(self: &Rc<Self>, slot: usize, serial: u64, feed: Rc<Feed>, cursor: Offset) {
        let outbound = Rc::clone(self);
        actix_web::rt::spawn(async move {
            let run = outbound.hub.reads.read(&feed.channel, cursor, CATCH_UP_MESSAGES).await;
            outbound.caught_up(slot, serial, cursor, &feed, run);
        });
    }

    fn caught_up(
        self: &Rc<Self>,
        slot: usize,
        serial: u64,
        cursor: Offset,
        feed: &Feed,
        run: Result<Run, LogError>,
    ) {
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                tracing::error!(connection = %self.info.connection, channel = %feed.channel, %error, "catching up");
                return self.close(CloseCode::INTERNAL, "The server cannot read its log.");
            }
        };
        let mut inner = self.inner.borrow_mut();
        let floor =
            run.messages.first().map_or_else(|| feed.head().unwrap_or(cursor), |message| message.prev);
        if floor > cursor {
            inner.jump(&self.info, slot, serial, floor);
        }
        let frames = run.messages.into_iter().map(|message| Arc::new(Frame::new(message, None)));
        inner.subscriptions.fill(slot, serial, frames.collect());
        drop(inner);
        self.flush();
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
