//! Drops single messages from a stream of WebSocket frames.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::raw::{Frame, Opcode};

/// The beginning of the server's logged messages.
const MESSAGE: &[u8] = br#"{"type":"message""#;

/// The number of messages to drop, and dropped so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses(Option<Arc<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    due: AtomicU64,
    lost: AtomicU64,
}

impl Losses {
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn possible() -> Self {
        Self(Some(Arc::default()))
    }

    pub(super) fn lose_one(&self) {
        let counts = self.0.as_ref().expect("this proxy reads frames");
        counts.due.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |counts| counts.lost.load(Ordering::SeqCst))
    }

    /// Returns the filter of one connection, if this proxy drops messages.
    pub(super) fn filter(self) -> Option<FrameFilter> {
        self.0.map(|counts| FrameFilter { counts, header_passed: false, waiting: Vec::new() })
    }
}

/// Drops frames that the server sends on one connection.
#[derive(Debug)]
pub(super) struct FrameFilter {
    counts: Arc<Counts>,
    header_passed: bool,
    /// Bytes of an incomplete frame.
    waiting: Vec<u8>,
}

impl FrameFilter {
    /// Takes received bytes and returns those to pass on.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.waiting.extend_from_slice(bytes);
        let mut passed = Vec::new();
        if !self.header_passed {
            let Some(end) = self.waiting.windows(4).position(|window| window == b"\r\n\r\n") else {
                return passed;
            };
            passed.extend(self.waiting.drain(..end + 4));
            self.header_passed = true;
        }
        while let Some((frame, length)) = Frame::decode(&self.waiting) {
            let frame_bytes = self.waiting.drain(..length);
            if self.counts.takes(&frame) {
                drop(frame_bytes);
            } else {
                passed.extend(frame_bytes);
            }
        }
        passed
    }
}

impl Counts {
    fn takes(&self, frame: &Frame) -> bool {
        let is_message = frame.opcode() == Some(Opcode::Text) && frame.payload.starts_with(MESSAGE);
        let one_less = |due: u64| due.checked_sub(1);
        let taken = is_message && self.due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
        self.lost.fetch_add(u64::from(taken), Ordering::SeqCst);
        taken
    }
}
