//! Limits the bytes of incomplete request headers, per request and per worker.
//!
//! An unauthenticated client can send an incomplete header. Therefore each header has a limit, and so have all incomplete headers
//! of a worker together. A header that arrives in one read, as most do, is never refused because of other clients.

use std::cell::Cell;
use std::rc::Rc;

use tokio::net::TcpStream;

use super::framing::Body;
use crate::telemetry::{Event, Events};

/// Maximum bytes of one request's header, including its first line. nginx passes on up to 8 KiB per line, and browsers send up to
/// 4 KiB per cookie.
pub(crate) const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Maximum bytes of the incomplete headers of one worker's connections.
pub(crate) const HEADERS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The response to a header above a limit (RFC 6585 section 5). It closes the connection.
const TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The response to bytes that are not an HTTP/1 request. It closes the connection.
pub(crate) const MALFORMED: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The response while too many headers are incomplete. It closes the connection.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";

/// Counts the bytes of the incomplete headers of one worker's connections. Clones share the count.
#[derive(Debug, Clone)]
#[cfg_attr(test, derive(Default))]
pub struct Headers(Rc<Counted>);

#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
struct Counted {
    bytes: Cell<usize>,
    events: Events,
}

impl Headers {
    /// Creates a count of zero. Refusals go to `events`.
    pub fn new(events: Events) -> Self {
        Self(Rc::new(Counted { bytes: Cell::default(), events }))
    }

    /// Emits the refusal of a header: a browser does not show the response to its user.
    pub(crate) fn report(&self, refused: &Refused, stream: &TcpStream) {
        let address = stream.peer_addr().ok();
        self.0.events.emit(match refused {
            Refused::TooLarge => Event::HeaderTooLarge { address, header_bytes_max: HEADER_BYTES_MAX },
            Refused::TooMany => Event::TooManyHeaders { address, headers_bytes_max: HEADERS_BYTES_MAX },
        });
    }

    /// Begins an empty header.
    pub(crate) fn begin(&self) -> Header {
        Header {
            all: self.clone(),
            bytes: 0,
            line: Line::None,
            line_start: Vec::new(),
            body: Body::Length(0),
        }
    }
}

/// A header that is being received. When it is dropped, its bytes no longer count.
#[derive(Debug)]
pub(crate) struct Header {
    all: Headers,
    bytes: usize,
    line: Line,
    /// The beginning of the current line, in lower case.
    line_start: Vec<u8>,
    body: Body,
}

/// Number of bytes of each line that are parsed: enough for the two fields that give the length of the body.
const LINE_START_BYTES: usize = 48;

/// The state of the line parser. An empty line ends the header (RFC 9112 section 2.1). Empty lines before the first are
/// skipped, and a line may end without a carriage return (section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Before the first line.
    None,
    /// After a line.
    Ended,
    /// In a line.
    Begun,
}

/// Why a header is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It has more than [`HEADER_BYTES_MAX`].
    TooLarge,
    /// All incomplete headers together have more than [`HEADERS_BYTES_MAX`].
    TooMany,
}

impl Refused {
    /// The whole response. The connection closes with it.
    pub(crate) fn response(&self) -> &'static [u8] {
        match self {
            Self::TooLarge => TOO_LARGE,
            Self::TooMany => TOO_MANY,
        }
    }
}

impl Header {
    /// Emits the refusal of this header.
    pub(crate) fn report(&self, refused: &Refused, stream: &TcpStream) {
        self.all.report(refused, stream);
    }

    /// The body that follows the complete header.
    pub(crate) fn body(&self) -> Body {
        self.body
    }

    /// Reads the length of the body from the current line, if the line gives it.
    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line_start);
        if let Some((name, value)) = line.split_once(':') {
            match name {
                "content-length" => {
                    if let (Ok(length), Body::Length(_)) = (value.trim().parse(), self.body) {
                        self.body = Body::Length(length);
                    }
                }
                // No other coding comes last in a request (RFC 9112 section 6.3).
                "transfer-encoding" => self.body = Body::CHUNKED,
                _ => {}
            }
        }
        self.line_start.clear();
    }

    /// Adds the next bytes of the request. If they complete the header, returns how many of them belong to it.
    ///
    /// # Errors
    /// [`Refused`] if a limit is exceeded.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<Option<usize>, Refused> {
        let ended_at = chunk.iter().position(|byte| {
            let before = self.line;
            match (byte, before) {
                (b'\r', _) | (b'\n', Line::None) => {}
                (b'\n', Line::Begun | Line::Ended) => {
                    self.end_line();
                    self.line = Line::Ended;
                }
                _ => {
                    self.line = Line::Begun;
                    if self.line_start.len() < LINE_START_BYTES {
                        self.line_start.push(byte.to_ascii_lowercase());
                    }
                }
            }
            (*byte, before) == (b'\n', Line::Ended)
        });
        let bytes = ended_at.map_or(chunk.len(), |last| last + 1);
        if self.bytes + bytes > HEADER_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        if ended_at.is_some() {
            return Ok(Some(bytes));
        }
        let all = self.all.0.bytes.get() + bytes;
        if all > HEADERS_BYTES_MAX {
            return Err(Refused::TooMany);
        }
        self.all.0.bytes.set(all);
        self.bytes += bytes;
        Ok(None)
    }
}

impl Drop for Header {
    fn drop(&mut self) {
        self.all.0.bytes.set(self.all.0.bytes.get() - self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_with_an_empty_line_however_it_is_split() {
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
    fn a_header_of_the_maximum_size_is_accepted_and_a_larger_one_is_refused() {
        let headers = Headers::default();
        let of = |bytes: usize| format!("{}\r\n\r\n", "x".repeat(bytes - 4)).into_bytes();
        assert_eq!(headers.begin().take(&of(HEADER_BYTES_MAX)), Ok(Some(HEADER_BYTES_MAX)));
        assert_eq!(headers.begin().take(&of(HEADER_BYTES_MAX + 1)), Err(Refused::TooLarge));
        let mut header = headers.begin();
        assert_eq!(header.take(&[b'x'; HEADER_BYTES_MAX]), Ok(None));
        assert_eq!(header.take(b"x"), Err(Refused::TooLarge));
    }

    #[test]
    fn the_header_gives_the_length_of_the_body() {
        for (fields, body) in [
            ("", Body::Length(0)),
            ("Host: content-length: 5\r\n", Body::Length(0)),
            ("Content-Length: 5\r\nX: y\r\n", Body::Length(5)),
            ("content-length:7\r\n", Body::Length(7)),
            ("TRANSFER-ENCODING: chunked\r\nContent-Length: 3\r\n", Body::CHUNKED),
            ("Content-Length: -5\r\n", Body::Length(0)),
        ] {
            let mut header = Headers::default().begin();
            assert!(header.take(format!("POST / HTTP/1.1\r\n{fields}\r\n").as_bytes()).is_ok());
            assert_eq!(header.body(), body, "{fields:?}");
        }
    }

    #[test]
    fn bytes_after_a_header_do_not_count() {
        let request = format!("POST / HTTP/1.1\r\n\r\n{}", "x".repeat(HEADER_BYTES_MAX));
        let end = request.find("x").unwrap_or_default();
        assert_eq!(Headers::default().begin().take(request.as_bytes()), Ok(Some(end)));
    }

    #[test]
    fn incomplete_headers_of_all_connections_are_limited_and_complete_ones_are_always_accepted() {
        let headers = Headers::default();
        let mut held: Vec<Header> = Vec::new();
        for _ in 0..HEADERS_BYTES_MAX / HEADER_BYTES_MAX {
            let mut header = headers.begin();
            assert_eq!(header.take(&[b'x'; HEADER_BYTES_MAX]), Ok(None));
            held.push(header);
        }
        assert_eq!(headers.begin().take(b"x"), Err(Refused::TooMany));
        assert!(headers.begin().take(b"GET / HTTP/1.1\r\n\r\n").is_ok());
        held.pop();
        assert_eq!(headers.begin().take(b"x"), Ok(None));
        drop(held);
        assert_eq!(headers.0.bytes.get(), 0);
    }
}
