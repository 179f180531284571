//! A connection on a TCP stream of its own, outside of actix's HTTP/1 dispatcher: no buffers while it is idle, no
//! wake-up between the fan-out and the socket.

mod handshake;
mod incoming;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::Request;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::upgrade;
use crate::channel::socket::Socket;
use crate::client::connection::Connection;
use crate::client::services::Services;
use crate::client::typed;
use crate::dialect::Dialect;
use crate::edge::tcp::headers::Headers;
use crate::edge::tcp::linger::linger;
use handshake::{Handshake, NoRequest};
use incoming::RawIncoming;

/// How long a client may take to send its handshake, in milliseconds.
const HANDSHAKE_MS_MAX: u64 = 5_000;

const HANDSHAKE: Duration = Duration::from_millis(HANDSHAKE_MS_MAX);

/// Most bytes that the kernel holds of a connection before it sends them. What is under way is not counted, so that a far
/// client is served as quickly as its network allows.
const UNSENT_BYTES_MAX: u32 = 128 * 1024;

/// How a request for a typed connection begins.
const BEGINNING: &[u8] = b"GET /ws";

/// Whether a stream begins with a request for a typed connection. Nothing is taken from the stream. A client that sends
/// its first bytes singly is served by the dispatcher, which does the same in more memory.
pub async fn is_wanted(stream: &TcpStream) -> bool {
    let mut beginning = [0; BEGINNING.len() + 1];
    let whole = matches!(timeout(HANDSHAKE, stream.peek(&mut beginning)).await, Ok(Ok(length)) if length == beginning.len());
    whole && beginning.starts_with(BEGINNING) && beginning.ends_with(b" ")
}

/// Serves a typed connection: the handshake, and what follows. The header of its request counts among `headers`.
pub async fn serve(services: Rc<Services>, stream: TcpStream, headers: Headers) {
    bound_unsent(&stream);
    let address = stream.peer_addr().ok();
    let mut handshake = Handshake::new(stream, &headers);
    let end = Instant::now() + HANDSHAKE;
    // Who sends nothing any more, or no HTTP, is not told anything.
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
                // Outside of the gate: others open connections at the same time.
                let wire = handshake.wire();
                drop(handshake);
                return linger(wire.socket()).await;
            }
            Answer::Opened | Answer::None => return,
        }
    }
}

/// What a request was answered with.
enum Answer {
    /// It is not complete yet.
    NotYet,
    /// Nothing: there is nobody to answer.
    None,
    /// A connection, which goes on by itself.
    Opened,
    /// A refusal, which the client has to be able to read.
    Refused,
}

async fn open(
    services: &Rc<Services>,
    handshake: &mut Handshake,
    request: &Request,
    address: Option<SocketAddr>,
) -> Answer {
    let registered = upgrade::check(request.head(), &services.settings)
        .and_then(|()| Ok(services.open(address, Dialect::Typed, Some(handshake.wire()))?));
    let outbound = match registered {
        Ok(outbound) => outbound,
        Err(refused) => {
            // Whoever does not take the refusal in time does not want it.
            let _ = timeout(HANDSHAKE, handshake.refuse(&refused)).await;
            return Answer::Refused;
        }
    };
    let frame_bytes_max = services.settings.frame_bytes_max;
    // From here on, however it ends, dropping the connection takes it out everywhere.
    let connection = Connection::new(Rc::clone(services), outbound);
    if let Ok(Ok((wire, begun))) = timeout(HANDSHAKE, handshake.accept(request)).await {
        let incoming = RawIncoming::new(wire, &begun, frame_bytes_max);
        // A task of its own: the one that made the handshake is larger.
        actix_web::rt::spawn(connection.run(incoming, typed::Typed));
    }
    Answer::Opened
}

/// Has the kernel take no more for a client that does not read: what it would hold for each of thousands of them, the
/// log holds once.
fn bound_unsent(stream: &TcpStream) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "a stream keeps the kernel's own limit");
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = stream;
}

impl Socket for TcpStream {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        // Not by way of the runtime, which first looks up what it knows of the socket: in a large room that is one more place in
        // memory for each reader.
        match SockRef::from(self).send(bytes) {
            // It is to know that there is no room, so that it waits for some.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Self::try_write(self, bytes),
            sent => sent,
        }
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_ready(context)
    }
}
