//! The load generator: one thread, one epoll, all connections.

pub mod check;
mod connection;
pub mod flights;
pub mod stamp;

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};

pub use self::connection::Sockets;
use self::connection::{Connection, Read};
use self::stamp::Stamp;
use crate::dialect::{Dialect, Heard, Place};
use crate::failure::Failure;
use crate::wire::frame;

/// Maximum number of concurrent handshakes: below the backlog of every server.
const OPENING_MAX: usize = 128;

/// Maximum time without an event while connections are opened.
const OPENING_WAIT: Duration = Duration::from_secs(20);

/// Maximum number of events per poll.
const EVENTS_MAX: usize = 64;

/// Maximum time between two polls of the urgent connections while other connections are read.
const URGENT_WAIT: Duration = Duration::from_micros(500);

/// Size of the read buffer, and so the maximum size of a frame.
const READ_BYTES: usize = 256 * 1024;

/// Event data of the timer. The event data of a connection is its index.
const TIMER: u64 = u64::MAX;

/// Masking key. Any value works, because masking costs the same.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// All connections to one server.
pub struct Load {
    address: SocketAddr,
    dialect: Dialect,
    epoll: OwnedFd,
    /// The timer, and the connections that are read before all others.
    urgent: OwnedFd,
    timer: OwnedFd,
    begun: Instant,
    connections: Vec<Connection>,
    events: Vec<epoll::Event>,
    urgent_events: Vec<epoll::Event>,
    buffer: Vec<u8>,
    /// Buffers for a message's data, its text and its frame.
    scratch: (Vec<u8>, Vec<u8>, Vec<u8>),
    last_answer: Vec<u8>,
    /// Number of open connections.
    ready: usize,
    /// The first connection that ended.
    failed: Option<usize>,
    /// Total time of polling without an event.
    idle: Duration,
}

/// The events of one iteration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn {
    /// Number of expirations of the timer.
    pub ticks: u64,
    /// Number of connections with an event.
    pub events: usize,
}

/// A frame's content, with its connection and time.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The connection's index.
    pub connection: usize,
    /// The decoded content.
    pub heard: Heard<'a>,
    /// The size of the frame, with its header; 0 for all but the first content of a frame.
    pub frame_bytes: usize,
    /// Time of the read, in ns since the generator was created.
    pub at_ns: u64,
}

impl Load {
    /// Creates a generator without connections.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn new(address: SocketAddr, dialect: Dialect) -> Result<Self, Failure> {
        let new = || epoll::create(epoll::CreateFlags::CLOEXEC).map_err(Failure::os("making an epoll"));
        let (epoll, urgent) = (new()?, new()?);
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)
            .map_err(Failure::os("making a timer"))?;
        epoll::add(&urgent, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)
            .map_err(Failure::os("waiting for a timer"))?;
        Ok(Self {
            address,
            dialect,
            epoll,
            urgent,
            timer,
            begun: Instant::now(),
            connections: Vec::new(),
            events: Vec::with_capacity(EVENTS_MAX),
            urgent_events: Vec::with_capacity(EVENTS_MAX),
            buffer: vec![0; READ_BYTES],
            scratch: Default::default(),
            last_answer: Vec::new(),
            ready: 0,
            failed: None,
            idle: Duration::ZERO,
        })
    }

    /// Returns the time in ns since the generator was created.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Sets the dialect of connections that are opened from now on.
    pub fn speak(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// Opens a connection for each place, in order, a few at a time, and waits until all are ready. Their indices
    /// follow those of the existing connections.
    ///
    /// # Errors
    /// If a handshake is refused, or if the server does not answer.
    pub fn connect(
        &mut self,
        places: &[Place],
        sockets: Sockets,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> Result<(), Failure> {
        self.connect_at_once(places, sockets, OPENING_MAX, each)
    }

    /// The same with at most `most` concurrent handshakes.
    ///
    /// # Errors
    /// If a handshake is refused, or if the server does not answer.
    pub fn connect_at_once(
        &mut self,
        places: &[Place],
        sockets: Sockets,
        most: usize,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> Result<(), Failure> {
        let (first, ready_before) = (self.connections.len(), self.ready);
        let mut heard_at = Instant::now();
        loop {
            let (ready, begun) = (self.ready - ready_before, self.connections.len() - first);
            if ready == places.len() {
                return Ok(());
            }
            self.open_all(&places[begun..places.len().min(ready + most)], sockets)?;
            if self.turn(Duration::from_secs(1), each)?.events > 0 {
                heard_at = Instant::now();
            }
            if let Some(why) = self.failure() {
                return Err(Failure::Server(format!("a connection was not opened: {why}")));
            }
            if heard_at.elapsed() > OPENING_WAIT {
                let what = format!("{} of {} connections had been opened", ready, places.len());
                return Err(Failure::Silence { seconds: OPENING_WAIT.as_secs(), what });
            }
        }
    }

    /// Starts to open a connection for each place and does not wait.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn open_all(&mut self, places: &[Place], sockets: Sockets) -> Result<(), Failure> {
        for place in places {
            let connection = self.open(self.connections.len(), *place, sockets)?;
            self.connections.push(connection);
        }
        Ok(())
    }

    /// Closes a connection without a close frame, and starts to open another with the same index.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn reopen(&mut self, index: usize, sockets: Sockets) -> Result<(), Failure> {
        self.ready -= usize::from(self.connections[index].is_open());
        self.connections[index] = self.open(index, self.connections[index].place, sockets)?;
        Ok(())
    }

    fn open(&self, index: usize, place: Place, sockets: Sockets) -> Result<Connection, Failure> {
        let (greeting, path) = (self.dialect.greeting(place), self.dialect.path(place));
        let connection = Connection::open(self.address, &path, place, greeting, sockets)?;
        add(&self.epoll, index, &connection)?;
        Ok(connection)
    }

    /// Reads these connections before all others. Their delay then shows the server, not this thread's work for the
    /// other connections.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn read_first(&mut self, connections: std::ops::Range<usize>) -> Result<(), Failure> {
        for index in connections {
            let stream = self.connections[index].stream();
            epoll::delete(&self.epoll, stream).map_err(Failure::os("removing a connection from epoll"))?;
            add(&self.urgent, index, &self.connections[index])?;
        }
        Ok(())
    }

    /// Returns the number of open connections that have finished their greeting.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Stops reading from a connection, but leaves it open.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn stall(&mut self, connection: usize) -> Result<(), Failure> {
        epoll::delete(&self.epoll, self.connections[connection].stream())
            .map_err(Failure::os("removing a connection from epoll"))
    }

    /// Closes all connections at once, without close frames.
    pub fn hang_up(&mut self) {
        self.connections.clear();
        (self.ready, self.failed) = (0, None);
    }

    /// Returns the number of connections in any state.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Returns why the first ended connection ended. `None` if none has ended.
    pub fn failure(&self) -> Option<&str> {
        self.failed.and_then(|index| self.connections.get(index)?.failure())
    }

    /// Returns the newest answer to a greeting.
    pub fn last_answer(&self) -> &[u8] {
        &self.last_answer
    }

    /// Publishes `data_bytes` bytes that end in `stamp` with the current time. The id of the request is the message's
    /// number plus 2.
    ///
    /// # Errors
    /// If the connection cannot be written.
    pub fn publish(&mut self, connection: usize, stamp: Stamp, data_bytes: usize) -> Result<(), Failure> {
        let sent_ns = self.now_ns();
        let (data, text, bytes) = &mut self.scratch;
        data.clear();
        text.clear();
        bytes.clear();
        Stamp { sent_ns, ..stamp }.write(data_bytes, data);
        let connection = &mut self.connections[connection];
        self.dialect.publish(connection.place, stamp.number + 2, data, text);
        frame::write(self.dialect.frame(), text, Some(MASK), bytes);
        connection.send(bytes)
    }

    /// Sends a text on a connection.
    ///
    /// # Errors
    /// If the connection cannot be written.
    pub fn say(&mut self, connection: usize, text: &str) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        frame::write(self.dialect.frame(), text.as_bytes(), Some(MASK), &mut bytes);
        self.connections[connection].send(&bytes)
    }

    /// Sets the interval of the timer. Zero stops it.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn tick_every(&mut self, interval: Duration) -> Result<(), Failure> {
        let spec = timespec(interval);
        let spec = Itimerspec { it_interval: spec, it_value: spec };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec)
            .map(|_| ())
            .map_err(Failure::os("setting a timer"))
    }

    /// Waits for events, at most for `wait`, and calls `each` with each received content.
    ///
    /// # Errors
    /// If a system call fails.
    pub fn turn(&mut self, wait: Duration, each: &mut impl FnMut(Arrival<'_>)) -> Result<Turn, Failure> {
        let mut events = std::mem::take(&mut self.events);
        self.look(&mut events, wait)?;
        let (mut turn, mut looked) = (Turn::default(), Instant::now());
        for event in &events {
            self.take(event, &mut turn, each)?;
            if looked.elapsed() >= URGENT_WAIT {
                self.take_urgent(&mut turn, each)?;
                looked = Instant::now();
            }
        }
        self.events = events;
        Ok(turn)
    }

    fn take_urgent(&mut self, turn: &mut Turn, each: &mut impl FnMut(Arrival<'_>)) -> Result<(), Failure> {
        let mut events = std::mem::take(&mut self.urgent_events);
        events.clear();
        poll(&self.urgent, &mut events)?;
        for event in &events {
            self.take(event, turn, each)?;
        }
        self.urgent_events = events;
        Ok(())
    }

    fn take(
        &mut self,
        event: &epoll::Event,
        turn: &mut Turn,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> Result<(), Failure> {
        let (data, flags) = (event.data, event.flags);
        match data.u64() {
            TIMER => turn.ticks += self.fired(),
            index => {
                turn.events += 1;
                let index = index as usize;
                let was_open = self.connections.get(index).is_some_and(Connection::is_open);
                self.serve(index, flags, each)?;
                self.note(index, was_open);
            }
        }
        Ok(())
    }

    /// Polls until there is an event. It does not sleep: waking this thread would cost the server several µs per write
    /// on the same machine, and nothing if the clients were on other machines.
    fn look(&mut self, events: &mut Vec<epoll::Event>, wait: Duration) -> Result<(), Failure> {
        events.clear();
        let mut begun = None;
        loop {
            for epoll in [&self.urgent, &self.epoll] {
                if events.len() == events.capacity() {
                    break;
                }
                poll(epoll, events)?;
            }
            let waited = begun.get_or_insert_with(Instant::now).elapsed();
            if !events.is_empty() || waited >= wait {
                self.idle += waited;
                return Ok(());
            }
        }
    }

    /// Sleeps, so that others can use the core. For scenarios that do not measure delays.
    pub fn sleep(&mut self, duration: Duration) {
        let begun = Instant::now();
        std::thread::sleep(duration);
        self.idle += begun.elapsed();
    }

    /// Returns the total time of waiting for events.
    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// Updates the number of open connections.
    fn note(&mut self, index: usize, was_open: bool) {
        let Some(connection) = self.connections.get(index) else { return };
        match (was_open, connection.is_open()) {
            (false, true) => self.ready += 1,
            (true, false) => self.ready -= 1,
            (true, true) | (false, false) => {}
        }
        if connection.failure().is_some() {
            self.failed.get_or_insert(index);
        }
    }

    fn fired(&self) -> u64 {
        let mut count = [0; 8];
        rustix::io::read(&self.timer, &mut count).map_or(0, |_| u64::from_ne_bytes(count))
    }

    fn serve(
        &mut self,
        index: usize,
        flags: epoll::EventFlags,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> Result<(), Failure> {
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        if flags.contains(epoll::EventFlags::OUT) {
            connection.flush()?;
        }
        if !flags.intersects(
            epoll::EventFlags::IN
                | epoll::EventFlags::RDHUP
                | epoll::EventFlags::HUP
                | epoll::EventFlags::ERR,
        ) {
            return Ok(());
        }
        loop {
            let read = connection.read(&mut self.buffer);
            let at_ns = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let Read { bytes, more } = read;
            let dialect = &self.dialect;
            let answered = connection.take(&self.buffer[..bytes], |payload, mut frame_bytes| {
                dialect.read(payload, &mut |heard| {
                    each(Arrival { connection: index, heard, frame_bytes, at_ns });
                    frame_bytes = 0;
                });
            })?;
            if let Some(answer) = answered {
                self.last_answer = answer;
            }
            if !more {
                return Ok(());
            }
        }
    }
}

/// Adds the events that are ready, without waiting.
fn poll(epoll: &OwnedFd, events: &mut Vec<epoll::Event>) -> Result<(), Failure> {
    match epoll::wait(epoll, rustix::buffer::spare_capacity(events), Some(&Timespec::default())) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(Failure::os("waiting")(errno)),
    }
}

/// Registers a connection for its events.
fn add(epoll: &OwnedFd, index: usize, connection: &Connection) -> Result<(), Failure> {
    let flags =
        epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
    epoll::add(epoll, connection.stream(), epoll::EventData::new_u64(index as u64), flags)
        .map_err(Failure::os("waiting for a connection"))
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
