//! The plan of a run: its connections, the publisher of each, and the times of publishing.

use crate::dialect::{Place, Role};

/// Readers of a small room.
pub(in crate::scenario) const SMALL_ROOM: u32 = 10;

/// Divisor of the number of readers in the second measurement, which separates the publish's own cost.
const FEWER: u32 = 10;

/// The number of readers, and the messages for them.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rooms.
    pub rooms: u32,
    /// Readers in each room. If 0, each room has one connection, which receives its own messages.
    pub readers: u32,
    /// Publishers in each room.
    pub publishers: u32,
    /// The times of publishing.
    pub pace: Pace,
    /// Whether the time of each delivery is recorded.
    pub latency: bool,
    /// Whether publishers are among the readers.
    pub members: bool,
    /// Additional readers of the first room that never read.
    pub stalled: u32,
    /// Whether a subscriber of a silent room connects after each connection. A server that assigns connections to its
    /// workers in turn then has all connections of the plan on one of two workers.
    pub one_sided: bool,
    /// Size of each delivered frame, if it differs from the default.
    pub frame_bytes: Option<usize>,
    /// Whether another number of readers is measured first, to separate the publish's own cost.
    pub apart: bool,
}

/// When publishers publish.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// As soon as fewer than this number of their messages are in flight.
    Window(u32),
    /// This many times a second, all publishers in turn.
    PerSecond(u32),
    /// At half of the rate that this window reaches.
    HalfOfWindow(u32),
}

impl Plan {
    /// The same plan with another number of readers: a tenth, or nine more if the publisher is the only reader. `None` unless
    /// the publish is measured apart.
    pub(super) fn with_other_readers(self) -> Option<Self> {
        let other = match self.readers {
            0 => Self { readers: SMALL_ROOM, members: true, ..self },
            readers => Self { readers: (readers / FEWER).max(1), ..self },
        };
        (self.apart && other.readers != self.readers).then_some(other)
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let each = |role, number: u32| {
            (0..self.rooms).flat_map(move |room| (0..number).map(move |_| Place { role, room }))
        };
        if self.readers == 0 {
            return each(Role::Echo, 1).collect();
        }
        if self.members {
            let role = |number| if number < self.publishers { Role::Member } else { Role::Reader };
            let room = |room| (0..self.readers).map(move |number| Place { role: role(number), room });
            return (0..self.rooms).flat_map(room).collect();
        }
        each(Role::Reader, self.readers).chain(each(Role::Publisher, self.publishers)).collect()
    }

    pub(super) fn publishers(&self) -> usize {
        (self.rooms * if self.readers == 0 { 1 } else { self.publishers }) as usize
    }

    /// Number of connections that receive messages. They are the first ones.
    pub(super) fn hearing(&self) -> usize {
        (self.rooms * self.readers.max(1)) as usize
    }

    /// Returns the connection of a publisher.
    pub(super) fn connection(&self, publisher: usize) -> usize {
        if self.readers == 0 {
            return publisher;
        }
        if self.members {
            let publishers = self.publishers.max(1) as usize;
            return publisher / publishers * self.readers as usize + publisher % publishers;
        }
        self.hearing() + publisher
    }

    /// Returns the way from a publisher to a connection, or `None` if there is none.
    pub(super) fn way(&self, connection: usize, publisher: usize) -> Option<usize> {
        let publishers = self.publishers.max(1) as usize;
        let room = connection / self.readers.max(1) as usize;
        let hears = connection < self.hearing() && publisher / publishers == room;
        hears.then(|| connection * publishers + publisher % publishers)
    }

    /// Returns the publisher at the beginning of a way.
    pub(super) fn publisher(&self, way: usize) -> usize {
        let publishers = self.publishers.max(1) as usize;
        let room = way / publishers / self.readers.max(1) as usize;
        room * publishers + way % publishers
    }
}
