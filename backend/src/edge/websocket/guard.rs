//! Checks each frame's header when it arrives, before the frame is complete.
//!
//! The decoder behind it compares a frame's length with the limit only when the frame is complete, and buffers it until then. A
//! client that declares a gigabyte would get memory for it. The guard ends the stream at such a header, so the frames before it
//! are still decoded and answered.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_core::Stream;
use shared::protocol::CloseCode;

/// The close code for the violation that the guard found. Shared with the connection, which sends it to the client.
pub(super) type Verdict = Rc<Cell<Option<CloseCode>>>;

/// A stream of bytes that ends at the first invalid header.
pub(super) struct FrameGuard<S> {
    inner: S,
    scanner: Scanner,
    verdict: Verdict,
}

impl<S> FrameGuard<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
{
    pub(super) fn new(inner: S, message_bytes_max: usize, verdict: Verdict) -> Self {
        Self { inner, scanner: Scanner::new(message_bytes_max), verdict }
    }

    pub(super) fn boxed(self) -> Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> {
        Box::pin(self)
    }
}

impl<S> Stream for FrameGuard<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.verdict.get().is_some() {
            return Poll::Ready(None);
        }
        let mut chunk = match Pin::new(&mut self.inner).poll_next(context) {
            Poll::Ready(Some(Ok(chunk))) => chunk,
            // The client sends no more. After an error the decoder would drop the frames that came with the end.
            Poll::Ready(Some(Err(_))) => return Poll::Ready(None),
            polled => return polled,
        };
        if let Err(Found { code, at }) = self.scanner.scan(&chunk) {
            self.verdict.set(Some(code));
            chunk.truncate(at);
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

/// An invalid header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) code: CloseCode,
    /// Number of bytes of the chunk before the header.
    pub(super) at: usize,
}

/// Parses the headers of frames (RFC 6455 section 5.2) in chunks that may be split anywhere.
#[derive(Debug)]
pub(super) struct Scanner {
    message_bytes_max: u64,
    header: [u8; HEADER_BYTES_MAX],
    header_len: usize,
    /// Payload bytes of the current message so far. A message may have several frames.
    message_bytes: u64,
    /// Number of remaining bytes of mask and payload.
    skip: u64,
}

/// Maximum bytes of a header without its mask: two, and up to eight of a long length.
const HEADER_BYTES_MAX: usize = 10;

const MASK_BYTES: u64 = 4;

impl Scanner {
    pub(super) fn new(message_bytes_max: usize) -> Self {
        let message_bytes_max = u64::try_from(message_bytes_max).unwrap_or(u64::MAX);
        Self { message_bytes_max, header: [0; HEADER_BYTES_MAX], header_len: 0, message_bytes: 0, skip: 0 }
    }

    pub(super) fn scan(&mut self, chunk: &[u8]) -> Result<(), Found> {
        let (mut at, mut begin) = (0, 0);
        while at < chunk.len() {
            if self.skip > 0 {
                let here = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len() - at);
                self.skip -= here as u64;
                at += here;
                continue;
            }
            if self.header_len == 0 {
                begin = at;
            }
            self.header[self.header_len] = chunk[at];
            self.header_len += 1;
            at += 1;
            self.look().map_err(|code| Found { code, at: begin })?;
        }
        Ok(())
    }

    /// Checks the header as far as it has arrived.
    fn look(&mut self) -> Result<(), CloseCode> {
        let [first, second, long @ ..] = &self.header;
        if self.header_len < 2 {
            // Reserved bits belong to extensions, and this server negotiates none.
            return if first & 0x70 == 0 { Ok(()) } else { Err(CloseCode::PROTOCOL) };
        }
        if second & 0x80 == 0 {
            return Err(CloseCode::PROTOCOL);
        }
        let is_control = first & 0x08 != 0;
        let is_whole = first & 0x80 != 0;
        let (length, header) = match (second & 0x7f, long) {
            (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
            (127, long) => (u64::from_be_bytes(*long), 10),
            (short, _) => (u64::from(short), 2),
        };
        if is_control && (second & 0x7f > 125 || !is_whole) {
            return Err(CloseCode::PROTOCOL);
        }
        if self.header_len < header {
            return Ok(());
        }
        if !is_control {
            let continues = first & 0x0f == 0;
            let before = if continues { self.message_bytes } else { 0 };
            self.message_bytes = before.saturating_add(length);
            if self.message_bytes > self.message_bytes_max {
                return Err(CloseCode::TOO_BIG);
            }
        }
        self.skip = MASK_BYTES + length;
        self.header_len = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 70_000;

    fn frame(length: usize) -> Vec<u8> {
        let mut bytes = vec![0x81];
        match length {
            0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(vec![0; 4 + length]);
        bytes
    }

    fn scan_in_chunks(bytes: &[u8], size: usize) -> Option<(CloseCode, usize)> {
        let mut scanner = Scanner::new(LIMIT);
        for (index, chunk) in bytes.chunks(size).enumerate() {
            if let Err(found) = scanner.scan(chunk) {
                return Some((found.code, index * size + found.at));
            }
        }
        None
    }

    #[tokio::test]
    async fn frames_that_came_with_the_end_of_the_connection_are_not_lost() {
        let came = [Ok(Bytes::from(frame(3))), Err(PayloadError::Incomplete(None))];
        let guard = FrameGuard::new(futures_util::stream::iter(came), LIMIT, Verdict::default());
        let passed: Vec<_> = futures_util::StreamExt::collect(guard).await;
        assert!(matches!(&passed[..], [Ok(bytes)] if *bytes == frame(3)), "{passed:?}");
    }

    #[test]
    fn frames_up_to_the_limit_are_valid_however_they_are_split() {
        let bytes: Vec<u8> = [0, 1, 125, 126, 65_535, 65_536, LIMIT].into_iter().flat_map(frame).collect();
        for size in [1, 2, 3, 7, 1024, bytes.len()] {
            assert_eq!(scan_in_chunks(&bytes, size), None, "in chunks of {size}");
        }
    }

    #[test]
    fn a_frame_above_the_limit_is_detected_at_its_header() {
        let good = frame(10);
        let mut bytes = good.clone();
        bytes.extend(&frame(LIMIT + 1)[..HEADER_BYTES_MAX]);
        assert_eq!(scan_in_chunks(&bytes, bytes.len()), Some((CloseCode::TOO_BIG, good.len())));
        assert_eq!(scan_in_chunks(&bytes, 1).unwrap().0, CloseCode::TOO_BIG);
    }

    #[test]
    fn the_frames_of_a_message_count_together() {
        let part = |first: u8, length: usize| {
            let mut bytes = frame(length);
            bytes[0] = first;
            bytes
        };
        let (begin, ping, rest) = (part(0x01, LIMIT - 5), part(0x89, 100), part(0x80, 5));
        let whole = [begin.clone(), ping.clone(), rest].concat();
        assert_eq!(scan_in_chunks(&whole, 1000), None);
        let too_much = [begin, ping, part(0x80, 6)].concat();
        assert_eq!(scan_in_chunks(&too_much, 1000).unwrap().0, CloseCode::TOO_BIG);
    }

    #[test]
    fn invalid_headers_are_detected() {
        let unmasked = [0x81, 0x05];
        let reserved = [0xc1, 0x85];
        let long_ping = [0x89, 0x80 | 126];
        let torn_ping = [0x09, 0x80];
        for header in [unmasked, reserved, long_ping, torn_ping] {
            assert_eq!(scan_in_chunks(&header, 1).unwrap().0, CloseCode::PROTOCOL, "{header:x?}");
        }
    }

    #[test]
    fn random_bytes_cause_no_panic() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..2_000 {
            let length = random.usize(..64);
            let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            let _ = scan_in_chunks(&bytes, 1 + random.usize(..8));
        }
    }
}
