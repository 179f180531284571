//! One client's socket, from the first packet on.

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

/// What a far client's socket may hold of what it has not read, in bytes.
const RECEIVE_BYTES: usize = 4096;

/// What connecting without waiting is answered with.
const IN_PROGRESS: i32 = rustix::io::Errno::INPROGRESS.raw_os_error();

/// A client.
pub(super) struct Connection {
    stream: TcpStream,
    state: State,
    /// What it is for.
    pub(super) place: Place,
    /// What has been read of a frame that is not complete.
    partial: Vec<u8>,
    /// What the socket has not taken yet.
    unsent: Vec<u8>,
}

/// What the clients' own sockets are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    /// As the system makes them.
    Plain,
    /// Like those of a client behind a network that no longer reads: small segments, and room for little. Loopback's segments
    /// of 64 KiB make the kernel hold several MiB for each.
    Far,
}

enum State {
    /// The answer to the handshake has not come.
    Opening(VecDeque<Say>),
    /// The answer to the first of these has not come.
    Greeting(VecDeque<Say>),
    Open,
    /// It is over; this is why.
    Ended(String),
}

/// How much was read, and whether there may be more.
pub(super) struct Read {
    pub(super) bytes: usize,
    pub(super) more: bool,
}

impl Connection {
    /// Connects, and sends the request of the handshake.
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
        socket.set_nonblocking(true).map_err(Failure::io("making a socket not block"))?;
        match socket.connect(&address.into()) {
            // The request goes out when there is an answer.
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

    /// Sends, or keeps for when the socket has room.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.unsent.is_empty() {
            let sent = self.write(bytes)?;
            self.unsent.extend_from_slice(&bytes[sent..]);
        } else {
            self.unsent.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Sends what was kept.
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
                    // What the server said before it closed is still to be read, and says more.
                    self.state = State::Ended(error.to_string());
                    return Ok(bytes.len());
                }
            }
        }
        Ok(sent)
    }

    /// Reads into `buffer`, behind what was left over.
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

    /// Takes what was read. `each` is given the content of each frame. Returns what answered a greeting.
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
                    // What was missed may come in the answer, or before it.
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

    /// Says the next texts of the greeting, up to one that has to be answered.
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

    /// Whether a text answers the greeting. If so, goes on with it.
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
    // Closing resets: thousands of ports that wait would be missing in the next run.
    socket.set_linger(Some(Duration::ZERO))
}
