//! Closes a connection so that the client can read the last response.
//!
//! actix's dispatcher closes a connection after it has answered a request whose body it did not read. The kernel resets
//! a connection that is closed while data arrives, and a reset discards the answer before the client has read it. So
//! the server keeps the stream, ends only its own direction, and reads on for a bounded time (RFC 9112 section 9.6).

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

/// Maximum number of bytes that are read and dropped after the answer. A body may be larger than any limit of the API:
/// its sender should still be able to read the refusal.
pub(crate) const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Maximum time for that, in milliseconds.
pub(crate) const LINGER_MS_MAX: u64 = 30_000;

/// Maximum time without a byte during that, in milliseconds.
pub(crate) const LINGER_IDLE_MS_MAX: u64 = 5_000;

/// Bytes dropped before a pause, so that many refused uploads do not occupy the worker.
const LINGER_BUDGET_BYTES: usize = 64 * 1024;

/// That pause, in milliseconds.
const LINGER_PAUSE_MS: u64 = 5;

/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// Ends the sending direction, then reads and drops what still arrives, until the peer ends its direction or one of the
/// limits above is reached.
pub(crate) async fn linger(stream: &TcpStream) {
    if SockRef::from(stream).shutdown(Shutdown::Write).is_err() {
        return;
    }
    let end = Instant::now() + Duration::from_millis(LINGER_MS_MAX);
    let (mut left, mut budget) = (LINGER_BYTES_MAX, LINGER_BUDGET_BYTES);
    while left > 0 {
        let idle = Instant::now() + Duration::from_millis(LINGER_IDLE_MS_MAX);
        if !matches!(timeout_at(idle.min(end), stream.readable()).await, Ok(Ok(()))) {
            return;
        }
        match discard(stream) {
            Ok(0) => return,
            Ok(length) => {
                left = left.saturating_sub(length);
                budget = budget.saturating_sub(length);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        if budget == 0 {
            sleep(Duration::from_millis(LINGER_PAUSE_MS)).await;
            budget = LINGER_BUDGET_BYTES;
        }
    }
}

/// Reads once and drops what it read. A function of its own, so that no future holds the buffer.
fn discard(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; CHUNK_BYTES])
}
