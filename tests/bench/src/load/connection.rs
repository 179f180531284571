//! A client's connection: handshake, greeting and frames.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::MASK;
use crate::dialect::{Place, Say};
use crate::failure::Failure;
use crate::wire::frame::{self, Header, Kind};
use crate::wire::handshake;

/// The largest segment over an ordinary network, in bytes.
const SEGMENT_BYTES: u32 = 1460;

/// Receive buffer of a [`Sockets::Far`] client, in bytes.
const RECEIVE_BYTES: usize = 4096;

/// Error of a non-blocking connect that is still in progress.
const IN_PROGRESS: i32 = rustix::io::Errno::INPROGRESS.raw_os_error();

/// A client's connection.
pub(super) struct Connection {
    stream: TcpStream,
    state: State,
    /// Its role and its room.
    pub(super) place: Place,
    /// Received bytes of an incomplete frame or handshake response.
    partial: Vec<u8>,
    /// Bytes that the socket has not accepted yet.
    unsent: Vec<u8>,
}

/// Buffer and segment sizes of the clients' sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    /// The system's defaults.
    Plain,
    /// Small segments and a small receive buffer, as of a client behind a network that no longer reads. The loopback's
    /// segments of 64 KiB make the kernel buffer several MiB for each.
    Far,
}

enum State {
    /// Waits for the handshake response, and then sends this greeting.
    Opening(VecDeque<Say>),
    /// Waits for the answer to the first of these texts.
    Greeting(VecDeque<Say>),
    Open,
    /// Ended, with the reason.
    Ended(String),
}

/// Number of bytes in the buffer after a read, and whether the socket may have more.
pub(super) struct Read {
    pub(super) bytes: usize,
    pub(super) more: bool,
}

impl Connection {
    /// Connects and sends the handshake request.
    pub(super) fn open(
        address: SocketAddr,
        path: &str,
        place: Place,
        greeting: Vec<Say>,
        sockets: Sockets,
    ) -> Result<Self, Failure> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)
            .map_err(Failure::io("making a socket"))?;
        prepare(&socket, sockets).map_err(Failure::io("preparing a socket"))?;
        socket.set_nonblocking(true).map_err(Failure::io("making a socket non-blocking"))?;
        match socket.connect(&address.into()) {
            // The request is buffered until the connection is established.
            Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
            outcome => outcome.map_err(Failure::io("connecting"))?,
        }
        let stream = TcpStream::from(socket);
        let state = State::Opening(greeting.into());
        let mut connection = Self { stream, state, place, partial: Vec::new(), unsent: Vec::new() };
        connection.send(handshake::request(&address.to_string(), path).as_bytes())?;
        Ok(connection)
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    pub(super) fn failure(&self) -> Option<&str> {
        match &self.state {
            State::Ended(why) => Some(why),
            State::Opening(_) | State::Greeting(_) | State::Open => None,
        }
    }

    /// Sends bytes. Buffers the rest if the socket is full.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.unsent.is_empty() {
            let sent = self.write(bytes)?;
            self.unsent.extend_from_slice(&bytes[sent..]);
        } else {
            self.unsent.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Sends the buffered bytes.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            let sent = self.write(&unsent)?;
            self.unsent = unsent;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(more) => sent += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Not an error: the server's last frames can still be read, and they say more.
                    self.state = State::Ended(error.to_string());
                    return Ok(bytes.len());
                }
            }
        }
        Ok(sent)
    }

    /// Reads into `buffer`, after the bytes of an incomplete frame.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Read {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        self.partial.clear();
        let room = &mut buffer[kept..];
        match self.stream.read(room) {
            Ok(0) => {
                self.end("the server has closed the connection");
                Read { bytes: kept, more: false }
            }
            Ok(bytes) => Read { bytes: kept + bytes, more: bytes == room.len() },
            Err(error) if error.kind() == ErrorKind::WouldBlock => Read { bytes: kept, more: false },
            Err(error) if error.kind() == ErrorKind::Interrupted => Read { bytes: kept, more: true },
            Err(error) => {
                self.end(&error.to_string());
                Read { bytes: kept, more: false }
            }
        }
    }

    /// Handles received bytes. Calls `each` with the payload and the size of each frame. Returns the answer to a
    /// greeting, if there is one.
    pub(super) fn take(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8], usize),
    ) -> Result<Option<Vec<u8>>, Failure> {
        let mut answer = None;
        if let State::Opening(greeting) = &mut self.state {
            match handshake::head_bytes(bytes)
                .and_then(|end| end.map(|end| handshake::check(&bytes[..end]).map(|()| end)).transpose())
            {
                Ok(None) => {
                    self.partial.extend_from_slice(bytes);
                    return Ok(None);
                }
                Ok(Some(end)) => {
                    bytes = &bytes[end..];
                    self.state = State::Greeting(std::mem::take(greeting));
                    self.greet()?;
                }
                Err(line) => {
                    self.end(&format!("the handshake was answered with {line:?}"));
                    return Ok(None);
                }
            }
        }
        while let Some(header) = Header::read(bytes) {
            let Some((frame, rest)) = bytes.split_at_checked(header.frame_bytes()) else { break };
            let payload = &frame[header.bytes..];
            match header.kind {
                Kind::Text | Kind::Binary => {
                    if !self.is_open() && self.answered(payload)? {
                        answer = Some(payload.to_vec());
                    }
                    // Missed messages may be in the answer or arrive before it.
                    each(payload, frame.len());
                }
                Kind::Ping => {
                    let mut pong = Vec::new();
                    frame::write(Kind::Pong, payload, Some(MASK), &mut pong);
                    self.send(&pong)?;
                }
                Kind::Close => self.end(&format!(
                    "closed: {}",
                    String::from_utf8_lossy(payload.get(2..).unwrap_or_default())
                )),
                Kind::Pong => {}
                Kind::Other => return Err(Failure::Server("a fragment or an unknown frame came".to_owned())),
            }
            bytes = rest;
        }
        self.partial.extend_from_slice(bytes);
        Ok(answer)
    }

    /// Sends the next texts of the greeting, up to one that needs an answer.
    fn greet(&mut self) -> Result<(), Failure> {
        loop {
            let State::Greeting(greeting) = &mut self.state else { return Ok(()) };
            let Some(say) = greeting.front() else {
                self.state = State::Open;
                return Ok(());
            };
            let mut bytes = Vec::new();
            frame::write(Kind::Text, say.text.as_bytes(), Some(MASK), &mut bytes);
            let answered = !say.answer.is_empty();
            if !answered {
                greeting.pop_front();
            }
            self.send(&bytes)?;
            if answered {
                return Ok(());
            }
        }
    }

    /// Returns whether a text is the expected answer to the greeting. If so, continues the greeting.
    fn answered(&mut self, text: &[u8]) -> Result<bool, Failure> {
        let State::Greeting(greeting) = &mut self.state else { return Ok(false) };
        let due = greeting.front().is_some_and(|say| text.starts_with(say.answer.as_bytes()));
        if !due {
            return Ok(false);
        }
        greeting.pop_front();
        self.greet()?;
        Ok(true)
    }

    fn end(&mut self, why: &str) {
        if self.failure().is_none() {
            self.state = State::Ended(why.to_owned());
        }
    }
}

fn prepare(socket: &Socket, sockets: Sockets) -> std::io::Result<()> {
    if sockets == Sockets::Far {
        socket.set_tcp_mss(SEGMENT_BYTES)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    }
    socket.set_tcp_nodelay(true)?;
    // Close with a reset: thousands of ports in TIME_WAIT would be missing in the next run.
    socket.set_linger(Some(Duration::ZERO))
}
