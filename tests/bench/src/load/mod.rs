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

/// Handshakes under way at a time: fewer than any server's backlog.
const OPENING_MAX: usize = 128;

/// How long opening may stand still.
const OPENING_WAIT: Duration = Duration::from_secs(20);

/// Events taken at once.
const EVENTS_MAX: usize = 64;

/// How long those that are read before all others may wait for what others have to tell.
const URGENT_WAIT: Duration = Duration::from_micros(500);

/// The largest read, and so the largest frame.
const READ_BYTES: usize = 256 * 1024;

/// What the timer is called among the connections.
const TIMER: u64 = u64::MAX;

/// Any key will do; the work of masking is the same.
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
    /// A message, and the frame around it.
    scratch: (Vec<u8>, Vec<u8>, Vec<u8>),
    last_answer: Vec<u8>,
    /// How many connections are open.
    ready: usize,
    /// The first connection that ended.
    failed: Option<usize>,
    /// How long it has looked for something to do and found nothing.
    idle: Duration,
}

/// What one turn brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn {
    /// How often the timer has fired.
    pub ticks: u64,
    /// How many connections had something to tell.
    pub events: usize,
}

/// A frame's content, and where and when it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The connection.
    pub connection: usize,
    /// What it says.
    pub heard: Heard<'a>,
    /// The size of the frame, with its header; 0 for all but the first content of a frame.
    pub frame_bytes: usize,
    /// When it was read, in ns since the generator began.
    pub at_ns: u64,
}

impl Load {
    /// A generator without connections.
    ///
    /// # Errors
    /// The operating system's.
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

    /// The time, in ns since the generator began.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// How connections opened from now on greet.
    pub fn speak(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// Opens a connection for each place, in order, a few at a time, and waits until all are ready. The numbers go on from those
    /// that are there.
    ///
    /// # Errors
    /// A refused handshake, or a server that does not answer.
    pub fn connect(
        &mut self,
        places: &[Place],
        sockets: Sockets,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> Result<(), Failure> {
        self.connect_at_once(places, sockets, OPENING_MAX, each)
    }

    /// The same with `most` handshakes under way at a time.
    ///
    /// # Errors
    /// A refused handshake, or a server that does not answer.
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

    /// Begins to open a connection for each place, and waits for none.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open_all(&mut self, places: &[Place], sockets: Sockets) -> Result<(), Failure> {
        for place in places {
            let connection = self.open(self.connections.len(), *place, sockets)?;
            self.connections.push(connection);
        }
        Ok(())
    }

    /// Closes a connection without a word, and begins to open another in its place.
    ///
    /// # Errors
    /// The operating system's.
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

    /// Reads these connections before all others, so that their delay shows the server and not this thread's work for the other
    /// connections.
    ///
    /// # Errors
    /// The operating system's.
    pub fn read_first(&mut self, connections: std::ops::Range<usize>) -> Result<(), Failure> {
        for index in connections {
            let stream = self.connections[index].stream();
            epoll::delete(&self.epoll, stream).map_err(Failure::os("no longer waiting for a connection"))?;
            add(&self.urgent, index, &self.connections[index])?;
        }
        Ok(())
    }

    /// How many connections have been opened and greeted.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Reads nothing more from a connection, but leaves it open.
    ///
    /// # Errors
    /// The operating system's.
    pub fn stall(&mut self, connection: usize) -> Result<(), Failure> {
        epoll::delete(&self.epoll, self.connections[connection].stream())
            .map_err(Failure::os("no longer waiting for a connection"))
    }

    /// Closes all connections at once, without a word.
    pub fn hang_up(&mut self) {
        self.connections.clear();
        (self.ready, self.failed) = (0, None);
    }

    /// How many connections have been opened.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// What the connections that are no longer open say.
    pub fn failure(&self) -> Option<&str> {
        self.failed.and_then(|index| self.connections.get(index)?.failure())
    }

    /// What the newest answer to a greeting was.
    pub fn last_answer(&self) -> &[u8] {
        &self.last_answer
    }

    /// Publishes `data_bytes` bytes that end in `stamp`, whose time is set to now. A publish's `request` is its number, and two more.
    ///
    /// # Errors
    /// A connection that cannot be written.
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

    /// Says something on a connection.
    ///
    /// # Errors
    /// A connection that cannot be written.
    pub fn say(&mut self, connection: usize, text: &str) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        frame::write(self.dialect.frame(), text.as_bytes(), Some(MASK), &mut bytes);
        self.connections[connection].send(&bytes)
    }

    /// Lets the timer fire every so often; zero stops it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn tick_every(&mut self, interval: Duration) -> Result<(), Failure> {
        let spec = timespec(interval);
        let spec = Itimerspec { it_interval: spec, it_value: spec };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec)
            .map(|_| ())
            .map_err(Failure::os("setting a timer"))
    }

    /// Waits until something comes, at most for `wait`, and hands it out.
    ///
    /// # Errors
    /// The operating system's.
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

    /// Looks until something has come. It does not sleep: waking this thread would be the server's work, several µs for each
    /// write where the two are on one machine, and none of it where clients are elsewhere.
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

    /// Sleeps and leaves the core to others, for scenarios that do not measure delays.
    pub fn sleep(&mut self, duration: Duration) {
        let begun = Instant::now();
        std::thread::sleep(duration);
        self.idle += begun.elapsed();
    }

    /// How long it has waited for something to come.
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

/// Looks what has happened, and does not wait.
fn poll(epoll: &OwnedFd, events: &mut Vec<epoll::Event>) -> Result<(), Failure> {
    match epoll::wait(epoll, rustix::buffer::spare_capacity(events), Some(&Timespec::default())) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(Failure::os("waiting")(errno)),
    }
}

/// Waits for what happens to a connection.
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
