//! What the session knows about requests that the server cannot read. `blame` decides with it.

use crate::protocol::{ClientMessage, ErrorCode, Refusal, codec};

/// What is known of requests that the server cannot read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    /// The largest message that the server accepts, in bytes, as its last `welcome` said.
    pub(super) frame_bytes_max: Option<u64>,
    /// The last connection was closed because of a request. Until none waits, only one is sent at a time, so that the
    /// next close identifies it.
    pub(super) one_at_a_time: bool,
    /// How many connections in a row were closed because of their `hello`.
    pub(super) hellos: u32,
    /// How many requests of this connection were refused with an `error` that could not name them.
    pub(super) unnamed: usize,
    /// The last error of this connection that names no request, and may be for one.
    pub(super) error: Option<Refusal>,
}

impl Unreadable {
    /// The server has accepted `hello`, and announced the largest frame it accepts.
    pub(super) fn greeted(&mut self, frame_bytes_max: u64) {
        self.frame_bytes_max = Some(frame_bytes_max);
        self.hellos = 0;
    }

    /// The connection is gone, and the errors that belonged to it.
    pub(super) fn forget_connection(&mut self) {
        self.unnamed = 0;
        self.error = None;
    }

    /// All requests are answered, and none waits.
    pub(super) fn all_answered(&mut self) {
        self.one_at_a_time = false;
    }

    /// Maximum number of unanswered requests, if `window` is that of the flow control.
    pub(super) fn window(&self, window: usize) -> usize {
        if self.unnamed > 0 {
            0
        } else if self.one_at_a_time {
            1
        } else {
            window
        }
    }

    /// Why the server would not accept `message`, if its frame is too large. The frame is measured as it is sent: JSON
    /// writes some characters with six bytes.
    pub(super) fn too_large(&self, message: &ClientMessage) -> Option<Refusal> {
        let (bytes, bytes_max) = (codec::encode_client(message).len(), self.frame_bytes_max?);
        (u64::try_from(bytes).is_ok_and(|bytes| bytes > bytes_max)).then(|| {
            let message = format!("The message has {bytes} bytes; the server accepts {bytes_max}.");
            Refusal::new(ErrorCode::PayloadTooLarge, message)
        })
    }
}
