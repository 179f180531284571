//! The minimal work of a push server: hand-written epoll, one thread, no protocol, no checks, no log.
//!
//! In each iteration it reads all received frames, joins each room's new frames, and writes them to each reader with
//! one call. Other servers need more time for their features.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{Timespec, epoll};

use crate::failure::Failure;
use crate::wire::frame::{self, Header, Kind};
use crate::wire::handshake;

/// Event data of the listener. The event data of a client is its index.
const LISTENER: u64 = u64::MAX;

/// Maximum number of unsent bytes per client. Above it, the client is disconnected.
const UNSENT_BYTES_MAX: usize = 4 * 1024 * 1024;

const EVENTS_MAX: usize = 1024;
const READ_BYTES: usize = 256 * 1024;

/// Interval of checking the stop flag.
const STOP_CHECK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Fault that is injected for a message. Only tests use one other than [`Send`](Self::Send).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// None: the message is sent once.
    Send,
    /// The message is dropped.
    Drop,
    /// The message is sent twice.
    Twice,
    /// The message is sent after the next one.
    Late,
}

/// Handling of a small frame while an earlier frame is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallFrames {
    /// The kernel sends it at once (TCP_NODELAY).
    AtOnce,
    /// The kernel delays it: Nagle's algorithm (RFC 1122 section 4.2.3.4), the default of a socket.
    HeldBack,
}

/// The reference server.
pub struct Reference<T> {
    epoll: OwnedFd,
    listener: TcpListener,
    small_frames: SmallFrames,
    clients: Vec<Option<Client>>,
    free: Vec<usize>,
    rooms: Vec<Room>,
    names: HashMap<String, usize>,
    dirty: Vec<usize>,
    tamper: T,
    published: u64,
}

#[derive(Default)]
struct Room {
    readers: Vec<usize>,
    pending: Vec<u8>,
    held: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    role: Role,
    partial: Vec<u8>,
    unsent: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Role {
    New,
    Reader(usize),
    Publisher(usize),
    Member(usize),
    Echo,
}

impl<T: FnMut(u64) -> Tamper> Reference<T> {
    /// Creates a server on `listener`. It calls `tamper` with the number of each message.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn new(listener: TcpListener, small_frames: SmallFrames, tamper: T) -> Result<Self, Failure> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(Failure::os("making an epoll"))?;
        listener.set_nonblocking(true).map_err(Failure::io("making a listener non-blocking"))?;
        epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)
            .map_err(Failure::os("waiting for clients"))?;
        Ok(Self {
            epoll,
            listener,
            small_frames,
            clients: Vec::new(),
            free: Vec::new(),
            rooms: Vec::new(),
            names: HashMap::new(),
            dirty: Vec::new(),
            tamper,
            published: 0,
        })
    }

    /// Serves until `stop` is set.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn serve(mut self, stop: &AtomicBool) -> Result<(), Failure> {
        let (mut events, mut buffer) = (Vec::with_capacity(EVENTS_MAX), vec![0; READ_BYTES]);
        while !stop.load(Ordering::Relaxed) {
            events.clear();
            let room = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, room, Some(&STOP_CHECK)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(Failure::os("waiting")(errno)),
            }
            for event in &events {
                let (data, flags) = (event.data, event.flags);
                if data.u64() == LISTENER {
                    self.accept();
                } else {
                    let index = data.u64() as usize;
                    if flags.contains(epoll::EventFlags::OUT) {
                        self.flush(index);
                    }
                    self.read(index, &mut buffer);
                }
            }
            self.fan_out();
        }
        Ok(())
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let index = self.free.pop().unwrap_or(self.clients.len());
            let flags = epoll::EventFlags::IN
                | epoll::EventFlags::OUT
                | epoll::EventFlags::RDHUP
                | epoll::EventFlags::ET;
            let data = epoll::EventData::new_u64(index as u64);
            let at_once = self.small_frames == SmallFrames::AtOnce;
            let ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(at_once)).is_ok()
                && epoll::add(&self.epoll, &stream, data, flags).is_ok();
            if !ready {
                self.free.push(index);
                continue;
            }
            let client = Client { stream, role: Role::New, partial: Vec::new(), unsent: Vec::new() };
            match self.clients.get_mut(index) {
                Some(slot) => *slot = Some(client),
                None => self.clients.push(Some(client)),
            }
        }
    }

    fn read(&mut self, index: usize, buffer: &mut [u8]) {
        loop {
            let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
            let kept = client.partial.len();
            buffer[..kept].copy_from_slice(&client.partial);
            client.partial = Vec::new();
            let room = buffer.len() - kept;
            match client.stream.read(&mut buffer[kept..]) {
                Ok(0) => return self.remove(index),
                Ok(bytes) => {
                    self.take(index, &mut buffer[..kept + bytes]);
                    if bytes < room {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    client.partial.extend_from_slice(&buffer[..kept]);
                    return;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    client.partial.extend_from_slice(&buffer[..kept]);
                }
                Err(_) => return self.remove(index),
            }
        }
    }

    fn take(&mut self, index: usize, mut bytes: &mut [u8]) {
        let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
        let mut role = client.role;
        if let Role::New = role {
            let Ok(Some(end)) = handshake::head_bytes(bytes) else {
                client.partial.extend_from_slice(bytes);
                return;
            };
            let Some((path, answer)) = handshake::answer(&bytes[..end]) else { return self.remove(index) };
            role = self.role(&path);
            if let Role::Reader(room) | Role::Member(room) = role {
                self.rooms[room].readers.push(index);
            }
            let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
            client.role = role;
            client.unsent.extend_from_slice(answer.as_bytes());
            self.flush(index);
            bytes = &mut bytes[end..];
        }
        let mut echo = Vec::new();
        let mut closed = false;
        while let Some(header) = Header::read(bytes) {
            if bytes.len() < header.frame_bytes() {
                break;
            }
            let (frame, rest) = bytes.split_at_mut(header.frame_bytes());
            let payload = &mut frame[header.bytes..];
            frame::apply(header.mask.unwrap_or_default(), payload);
            match (header.kind, role) {
                (Kind::Text | Kind::Binary, Role::Publisher(room) | Role::Member(room)) => {
                    self.publish(room, header.kind, payload)
                }
                (Kind::Text | Kind::Binary, Role::Echo) => {
                    frame::write(header.kind, payload, None, &mut echo)
                }
                (Kind::Ping, _) => frame::write(Kind::Pong, payload, None, &mut echo),
                (Kind::Close | Kind::Other, _) => closed = true,
                (Kind::Text | Kind::Binary | Kind::Pong, _) => {}
            }
            bytes = rest;
        }
        let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
        client.partial.extend_from_slice(bytes);
        if !echo.is_empty() {
            self.send(index, &echo);
        }
        if closed {
            self.remove(index);
        }
    }

    fn role(&mut self, path: &str) -> Role {
        let Some((verb, name)) = path.trim_start_matches('/').split_once('/') else { return Role::Echo };
        if verb == "echo" {
            return Role::Echo;
        }
        let next = self.rooms.len();
        let room = *self.names.entry(name.to_owned()).or_insert(next);
        if room == next {
            self.rooms.push(Room::default());
        }
        match verb {
            "sub" => Role::Reader(room),
            "both" => Role::Member(room),
            _ => Role::Publisher(room),
        }
    }

    fn publish(&mut self, index: usize, kind: Kind, payload: &[u8]) {
        let tamper = (self.tamper)(self.published);
        self.published += 1;
        let room = &mut self.rooms[index];
        if room.pending.is_empty() {
            self.dirty.push(index);
        }
        match tamper {
            Tamper::Send | Tamper::Twice => frame::write(kind, payload, None, &mut room.pending),
            Tamper::Drop => {}
            Tamper::Late => return frame::write(kind, payload, None, &mut room.held),
        }
        if tamper == Tamper::Twice {
            frame::write(kind, payload, None, &mut room.pending);
        }
        room.pending.append(&mut room.held);
    }

    fn fan_out(&mut self) {
        for room in std::mem::take(&mut self.dirty) {
            let pending = std::mem::take(&mut self.rooms[room].pending);
            let readers = std::mem::take(&mut self.rooms[room].readers);
            let gone: Vec<usize> =
                readers.iter().copied().filter(|reader| !self.send(*reader, &pending)).collect();
            self.rooms[room].readers = readers;
            gone.into_iter().for_each(|reader| self.remove(reader));
            self.rooms[room].pending = pending;
            self.rooms[room].pending.clear();
        }
    }

    /// Writes to the socket and buffers the rest. Returns `false` if the client has to be removed.
    fn send(&mut self, index: usize, bytes: &[u8]) -> bool {
        let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return false };
        let sent = if client.unsent.is_empty() { write(&client.stream, bytes) } else { Some(0) };
        let Some(sent) = sent else { return false };
        client.unsent.extend_from_slice(&bytes[sent..]);
        client.unsent.len() <= UNSENT_BYTES_MAX
    }

    fn flush(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index).and_then(Option::as_mut) else { return };
        if client.unsent.is_empty() {
            return;
        }
        match write(&client.stream, &client.unsent) {
            Some(sent) if sent == client.unsent.len() => client.unsent = Vec::new(),
            Some(sent) => drop(client.unsent.drain(..sent)),
            None => self.remove(index),
        }
    }

    fn remove(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index).and_then(Option::take) else { return };
        self.free.push(index);
        if let Role::Reader(room) | Role::Member(room) = client.role {
            self.rooms[room].readers.retain(|reader| *reader != index);
        }
    }
}

/// Listens with the maximum accept queue of the system.
///
/// # Errors
/// If a system call fails.
pub fn listen(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(Failure::io("listening"))
}

/// Returns the number of bytes that the socket accepted, or `None` if it is broken.
fn write(mut stream: &TcpStream, bytes: &[u8]) -> Option<usize> {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(more) => sent += more,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(sent)
}
