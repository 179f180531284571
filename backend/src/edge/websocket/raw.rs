//! A connection directly on its TCP stream, outside of actix's HTTP/1 dispatcher: it needs no buffers while it is idle, and no
//! wake-up between the fan-out and the socket.

mod handshake;
mod incoming;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::Request;
use actix_web::ResponseError as _;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::upgrade;
use crate::channel::socket::Socket;
use crate::client::connection::Connection;
use crate::client::services::Services;
use crate::client::typed;
use crate::dialect::Dialect;
use crate::edge::refused::report;
use crate::edge::tcp::headers::Headers;
use crate::edge::tcp::linger::linger;
use handshake::{Handshake, NoRequest};
use incoming::RawIncoming;

/// Maximum time that a client may take to send its handshake, in milliseconds.
const HANDSHAKE_MS_MAX: u64 = 5_000;

const HANDSHAKE: Duration = Duration::from_millis(HANDSHAKE_MS_MAX);

/// Maximum bytes per connection that the kernel holds unsent. Bytes in flight are not counted, so a distant client is served as
/// fast as its network allows.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_BYTES_MAX: u32 = 128 * 1024;

/// The first bytes of a request for a typed connection, without the space after the path.
const BEGINNING: &[u8] = b"GET /ws";

/// Returns whether a stream begins with a request for a typed connection. The stream is only peeked. If a client sends its first
/// bytes one by one, the dispatcher serves it, which has the same effect and needs more memory.
pub(crate) async fn is_wanted(stream: &TcpStream) -> bool {
    let mut beginning = [0; BEGINNING.len() + 1];
    let whole = matches!(timeout(HANDSHAKE, stream.peek(&mut beginning)).await, Ok(Ok(length)) if length == beginning.len());
    whole && beginning.starts_with(BEGINNING) && beginning.ends_with(b" ")
}

/// Serves a typed connection: the handshake, and then the messages. The header of its request counts among `headers`.
pub async fn serve(services: Rc<Services>, stream: TcpStream, headers: Headers) {
    bound_unsent(&stream);
    let address = stream.peer_addr().ok();
    let mut handshake = Handshake::new(stream, &headers);
    let end = Instant::now() + HANDSHAKE;
    // A client that stops sending, or fails, gets no response.
    while let Ok(Ok(())) = timeout_at(end, handshake.heard()).await {
        let answered = services.worker.sources.gates.openings.pass(async {
            match handshake.read() {
                Ok(None) => Answer::NotYet,
                Ok(Some(request)) => open(&services, &mut handshake, &request, address).await,
                Err(NoRequest::Refused(response)) => {
                    handshake.answer(response);
                    Answer::Refused
                }
                Err(NoRequest::Gone) => Answer::None,
            }
        });
        match answered.await {
            Answer::NotYet => {}
            Answer::Refused => {
                // Linger outside of the gate, so that other connections can be opened.
                let wire = handshake.wire();
                drop(handshake);
                return linger(wire.socket()).await;
            }
            Answer::Opened | Answer::None => return,
        }
    }
}

/// The result of one read of a handshake.
enum Answer {
    /// The request is not complete yet.
    NotYet,
    /// The client is gone, so there is no response.
    None,
    /// A connection was opened. It runs in its own task.
    Opened,
    /// A refusal was sent. The client must be able to read it before the stream closes.
    Refused,
}

async fn open(
    services: &Rc<Services>,
    handshake: &mut Handshake,
    request: &Request,
    address: Option<SocketAddr>,
) -> Answer {
    let registered = upgrade::check(request.head(), &services.settings, &services.events)
        .and_then(|()| Ok(services.open(address, Dialect::Typed, Some(handshake.wire()))?));
    let outbound = match registered {
        Ok(outbound) => outbound,
        Err(refused) => {
            let response = refused.error_response();
            report(&response, request.method(), request.path(), &services.events);
            // A client that does not read the refusal in time does not get it.
            let _ = timeout(HANDSHAKE, handshake.refuse(response)).await;
            return Answer::Refused;
        }
    };
    let frame_bytes_max = services.settings.frame_bytes_max;
    // From here on, dropping the connection removes it everywhere, however this ends.
    let connection = Connection::new(Rc::clone(services), outbound);
    if let Ok(Ok((wire, begun))) = timeout(HANDSHAKE, handshake.accept(request)).await {
        let incoming = RawIncoming::new(wire, &begun, frame_bytes_max);
        // Use a new task, because the task of the handshake has a larger future.
        actix_web::rt::spawn(connection.run(incoming, typed::Typed));
    }
    Answer::Opened
}

/// Limits what the kernel buffers for a client that does not read. The log holds the same bytes once for thousands of such
/// clients.
fn bound_unsent(stream: &TcpStream) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "cannot limit the unsent bytes of a stream");
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = stream;
}

impl Socket for TcpStream {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        // Bypass tokio, which first reads its state of the socket: in a large room that is one more cache miss per subscriber.
        match SockRef::from(self).send(bytes) {
            // Retry through tokio so that it clears its cached readiness.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Self::try_write(self, bytes),
            sent => sent,
        }
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_ready(context)
    }
}
