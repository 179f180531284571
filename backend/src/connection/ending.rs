//! How a connection ends: closed from here, closed by its peer, or just gone.

use std::task::{Context, Poll};
use std::time::Duration;

use shared::protocol::CloseCode;
use tokio::time::Instant;

use super::outbound::{Outbound, Phase};
use crate::message::close_frame;

/// How long the peer may take to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

impl Outbound {
    /// Announces the end to a client that understands it, and closes.
    pub fn announce_close(&self, code: CloseCode, reason: &str, retry_after_ms: Option<u64>) {
        if let Some(frame) = self.info.mode.closing(code, reason, retry_after_ms) {
            self.reply_frame(frame);
        }
        self.close(code, reason);
    }

    /// Says that the connection will be closed, and closes it when the replies before it are out.
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

    /// Notes that the peer has sent its close frame: ours, if it is not out yet, is the last thing to write.
    pub fn peer_closed(&self, code: CloseCode) {
        self.close(code, "");
        let mut inner = self.change();
        if let Phase::Closing { peer_closed, .. } = &mut inner.phase {
            *peer_closed = true;
        }
        inner.wake_writer();
    }

    /// Ends it: nothing goes out any more. Its subscriptions are the worker's to end, who tells the others.
    pub fn end(&self) {
        self.change().end();
    }

    /// The code it was closed with, where it was not just gone.
    pub fn close_code(&self) -> Option<CloseCode> {
        self.close_code.get()
    }

    /// Whether it is open: neither closing nor ended.
    pub fn is_open(&self) -> bool {
        self.inner.borrow().phase == Phase::Open
    }

    /// Ends a connection whose peer takes too long to close it.
    pub fn sweep(&self) {
        let overdue = match self.inner.borrow().phase {
            Phase::Closing { since, .. } => since.elapsed() > CLOSE_GRACE,
            Phase::Open | Phase::Ended => false,
        };
        if overdue {
            self.end();
        }
    }

    /// Waits until nothing goes out any more.
    pub fn poll_end(&self, context: &Context<'_>) -> Poll<()> {
        let mut inner = self.change();
        if inner.phase == Phase::Ended {
            return Poll::Ready(());
        }
        inner.wait_to_read(context);
        Poll::Pending
    }
}
