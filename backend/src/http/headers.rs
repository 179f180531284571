//! How many bytes of requests' headers a worker holds while their ends have not come.
//!
//! A client needs no name to send half a header. So one header has a limit, and so have all that a worker waits for
//! together. A header that comes in one piece, as most do, is never refused for what others send.

use std::cell::Cell;
use std::rc::Rc;

use tokio::net::TcpStream;

/// Maximum bytes of one request's header, with its first line. nginx passes on up to 8 KiB a line, and browsers send 4 KiB a cookie.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Maximum bytes of the unfinished headers of one worker's connections.
pub const HEADERS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The answer to a header above a limit (RFC 6585 section 5). The connection closes with it.
pub(crate) const TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The answer to what is no HTTP/1 request. The connection closes with it.
pub(crate) const MALFORMED: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Tells the operator that a header was refused: a browser shows its user nothing of the answer.
pub(crate) fn log_too_large(stream: &TcpStream) {
    let address = stream.peer_addr().ok().map(tracing::field::display);
    tracing::info!(
        address,
        header_bytes_max = HEADER_BYTES_MAX,
        "a request's header is too large; large cookies may be the cause"
    );
}

/// The unfinished headers of one worker's connections. Clones share their count.
#[derive(Debug, Clone, Default)]
pub struct Headers(Rc<Cell<usize>>);

impl Headers {
    /// A header of which nothing has come yet.
    pub(crate) fn begin(&self) -> Header {
        Header { all: self.clone(), bytes: 0, line: Line::None, first: None }
    }
}

/// A header that is coming in. When it is dropped, its bytes no longer count.
#[derive(Debug)]
pub(crate) struct Header {
    all: Headers,
    bytes: usize,
    line: Line,
    /// The first byte of the first line.
    first: Option<u8>,
}

/// Where in its lines a header is. An empty line ends it (RFC 9112 section 2.1); one that comes before the first does not,
/// and a line may end without a carriage return (section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// None has begun.
    None,
    /// One has ended, and the next has not begun.
    Ended,
    /// One has begun.
    Begun,
}

/// A header that needs more bytes than are allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Header {
    /// Whether its method is one with a body: not GET or HEAD. A body that one of these has all the same is taken for the next
    /// request, and reaches the dispatcher after the response.
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.first, Some(b'G' | b'H'))
    }

    /// Takes the next bytes of the request. Returns how many of them belong to the header, where they complete it.
    ///
    /// # Errors
    /// [`TooLarge`] where [`HEADER_BYTES_MAX`] or [`HEADERS_BYTES_MAX`] is exceeded.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<Option<usize>, TooLarge> {
        let ended_at = chunk.iter().position(|byte| {
            let before = self.line;
            match (byte, before) {
                (b'\r', _) | (b'\n', Line::None) => {}
                (b'\n', Line::Begun | Line::Ended) => self.line = Line::Ended,
                _ => {
                    self.first.get_or_insert(*byte);
                    self.line = Line::Begun;
                }
            }
            (*byte, before) == (b'\n', Line::Ended)
        });
        let bytes = ended_at.map_or(chunk.len(), |last| last + 1);
        if self.bytes + bytes > HEADER_BYTES_MAX {
            return Err(TooLarge);
        }
        if ended_at.is_some() {
            return Ok(Some(bytes));
        }
        let all = self.all.0.get() + bytes;
        if all > HEADERS_BYTES_MAX {
            return Err(TooLarge);
        }
        self.all.0.set(all);
        self.bytes += bytes;
        Ok(None)
    }
}

impl Drop for Header {
    fn drop(&mut self) {
        self.all.0.set(self.all.0.get() - self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_with_an_empty_line_however_it_is_cut() {
        for request in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
        ] {
            for cut in 1..request.len() {
                let mut header = Headers::default().begin();
                let (first, second) = request.as_bytes().split_at(cut);
                let taken = (header.take(first), header.take(second));
                assert_eq!(taken, (Ok(None), Ok(Some(second.len()))), "{request:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_header_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
        let headers = Headers::default();
        let of = |bytes: usize| format!("{}\r\n\r\n", "x".repeat(bytes - 4)).into_bytes();
        assert_eq!(headers.begin().take(&of(HEADER_BYTES_MAX)), Ok(Some(HEADER_BYTES_MAX)));
        assert_eq!(headers.begin().take(&of(HEADER_BYTES_MAX + 1)), Err(TooLarge));
        let mut header = headers.begin();
        assert_eq!(header.take(&[b'x'; HEADER_BYTES_MAX]), Ok(None));
        assert_eq!(header.take(b"x"), Err(TooLarge));
    }

    #[test]
    fn what_comes_behind_a_header_does_not_count() {
        let request = format!("POST / HTTP/1.1\r\n\r\n{}", "x".repeat(HEADER_BYTES_MAX));
        let end = request.find("x").unwrap_or_default();
        assert_eq!(Headers::default().begin().take(request.as_bytes()), Ok(Some(end)));
    }

    #[test]
    fn unfinished_headers_of_all_connections_are_bounded_and_whole_ones_always_pass() {
        let headers = Headers::default();
        let mut held: Vec<Header> = Vec::new();
        for _ in 0..HEADERS_BYTES_MAX / HEADER_BYTES_MAX {
            let mut header = headers.begin();
            assert_eq!(header.take(&[b'x'; HEADER_BYTES_MAX]), Ok(None));
            held.push(header);
        }
        assert_eq!(headers.begin().take(b"x"), Err(TooLarge));
        assert!(headers.begin().take(b"GET / HTTP/1.1\r\n\r\n").is_ok());
        held.pop();
        assert_eq!(headers.begin().take(b"x"), Ok(None));
        drop(held);
        assert_eq!(headers.0.get(), 0);
    }
}
