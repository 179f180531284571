//! How a connection ends: closed by the server, closed by the peer, or lost.

use std::task::{Context, Poll};
use std::time::Duration;

use shared::protocol::CloseCode;
use tokio::time::Instant;

use super::outbound::{Outbound, Phase};
use crate::message::close_frame;

/// Maximum time for the peer to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

impl Outbound {
    /// Sends `closing` to a client whose dialect has it, then closes the connection.
    pub(crate) fn announce_close(&self, code: CloseCode, reason: &str, retry_after_ms: Option<u64>) {
        if let Some(frame) = self.info.dialect.closing(code, reason, retry_after_ms) {
            self.reply_frame(frame);
        }
        self.close(code, reason);
    }

    /// Closes the connection: queues a close frame after the replies that are already queued.
    pub fn close(&self, code: CloseCode, reason: &str) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            self.close_code.set(Some(code));
            let frame = Some(close_frame(code, reason));
            inner.phase = Phase::Closing { frame, since: Instant::now(), peer_closed: false };
            inner.wake_writer();
            inner.wake_reader();
        }
    }

    /// Handles the peer's close frame. The connection ends after the server's close frame is written.
    pub(crate) fn peer_closed(&self, code: CloseCode) {
        self.close(code, "");
        let mut inner = self.change();
        if let Phase::Closing { peer_closed, .. } = &mut inner.phase {
            *peer_closed = true;
        }
        inner.wake_writer();
    }

    /// Ends the connection: nothing more is written. The worker removes its subscriptions, because other members have
    /// to learn of it.
    pub fn end(&self) {
        self.change().end();
    }

    /// The close code. `None` if the connection was lost without a close.
    pub(crate) fn close_code(&self) -> Option<CloseCode> {
        self.close_code.get()
    }

    /// Whether the connection is open: neither closing nor ended.
    pub fn is_open(&self) -> bool {
        self.inner.borrow().phase == Phase::Open
    }

    /// Ends the connection if the peer has not answered a close frame in time.
    pub fn sweep(&self) {
        let overdue = match self.inner.borrow().phase {
            Phase::Closing { since, .. } => since.elapsed() > CLOSE_GRACE,
            Phase::Open | Phase::Ended => false,
        };
        if overdue {
            self.end();
        }
    }

    /// Waits until the connection has ended.
    pub(crate) fn poll_end(&self, context: &Context<'_>) -> Poll<()> {
        let mut inner = self.change();
        if inner.phase == Phase::Ended {
            return Poll::Ready(());
        }
        inner.wait_to_read(context);
        Poll::Pending
    }
}
