//! The scenarios. Each has a maximum duration and a maximum number of messages.

mod channels;
mod churn;
pub mod fanout;
mod handshakes;
mod history;
mod idle;
mod missed;
mod neighbour;
mod publish;
mod resume;
mod stalled;

use std::time::{Duration, Instant};

use self::fanout::{Pace, Plan, SMALL_ROOM};
use crate::dialect::Dialect;
use crate::dialect::tidings::Tidings;
use crate::failure::Failure;
use crate::load::Load;
use crate::machine::process::Tree;
use crate::record::Measured;
use crate::server::{Running, Subject};

/// Default size of each delivered frame with its header, in bytes: that of a Tidings frame with a text of 128 bytes.
pub const FRAME_BYTES: usize = 384;

/// Duration and size of a run.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Warm-up time, which is not measured.
    pub warm_up: Duration,
    /// Measured time.
    pub measure: Duration,
    /// After this time without a message, missing messages count as lost.
    pub silence: Duration,
    /// Minimum number of published messages, however long that takes.
    pub least: u64,
    /// All large numbers are divided by this.
    pub divisor: u32,
    /// The size of each delivered frame.
    pub frame_bytes: usize,
    /// Duration of `churn`.
    pub churn: Duration,
}

impl Span {
    /// A run that is long enough for figures.
    pub const FULL: Self = Self {
        warm_up: Duration::from_millis(500),
        measure: Duration::from_secs(3),
        silence: Duration::from_secs(5),
        least: 10,
        divisor: 1,
        frame_bytes: FRAME_BYTES,
        churn: Duration::from_secs(60),
    };

    /// A run that only checks that everything works.
    pub const QUICK: Self = Self {
        warm_up: Duration::from_millis(50),
        measure: Duration::from_millis(200),
        silence: Duration::from_secs(2),
        least: 10,
        divisor: 20,
        frame_bytes: FRAME_BYTES,
        churn: Duration::from_secs(1),
    };

    fn of(&self, number: u32) -> u32 {
        (number / self.divisor).max(1)
    }

    fn of_plan(&self, plan: Plan) -> Plan {
        // Small rooms, and rooms of one, keep their size.
        let readers = self.of(plan.readers).max(SMALL_ROOM).min(plan.readers);
        Plan { readers, stalled: plan.stalled / self.divisor, ..plan }
    }
}

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Name on the command line and in the output.
    pub name: &'static str,
    /// Description.
    pub about: &'static str,
    work: Work,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    FanOut(Plan),
    /// The same, to measure the effect of Nagle's algorithm on small frames.
    SmallFrames(Plan),
    /// The same, to compare distributions of connections over two workers.
    TwoWorkers(Plan),
    Idle {
        connections: u32,
    },
    Stalled {
        readers: u32,
    },
    Resume {
        presence: bool,
    },
    Publish {
        publishers: u32,
        window: u32,
    },
    Handshakes {
        connections: u32,
    },
    Flooded {
        readers: u32,
    },
    Resuming {
        readers: u32,
    },
    Channels {
        subscriptions: u32,
        channels: u32,
    },
    History {
        messages: u32,
    },
    Churn,
}

const ROOM: Plan = Plan {
    rooms: 1,
    readers: 1000,
    publishers: 1,
    pace: Pace::Window(1),
    latency: false,
    members: false,
    stalled: 0,
    one_sided: false,
    frame_bytes: None,
    apart: false,
};
/// 64 KiB with the header.
const LARGE_BYTES: usize = 64 * 1024;

/// One of the eight fan-out scenarios that compare servers.
const COLUMN: Plan = Plan { apart: true, ..ROOM };
const ROOMS: Plan = Plan { rooms: 100, readers: SMALL_ROOM, ..COLUMN };

macro_rules! scenarios {
    ($($name:literal, $about:literal, $work:expr;)*) => {
        /// All scenarios.
        pub const ALL: &[Scenario] = &[$(Scenario { name: $name, about: $about, work: $work }),*];
    };
}

scenarios! {
    "one", "1 publisher to 1000 readers, one message in flight", Work::FanOut(COLUMN);
    "sixteen", "1 publisher to 1000 readers, 16 messages in flight", Work::FanOut(Plan { pace: Pace::Window(16), ..COLUMN });
    "four", "4 publishers to 1000 readers, 16 messages in flight each",
        Work::FanOut(Plan { publishers: 4, pace: Pace::Window(16), ..COLUMN });
    "wide", "1 publisher to 5000 readers, 16 messages in flight",
        Work::FanOut(Plan { readers: 5000, pace: Pace::Window(16), ..COLUMN });
    "rooms", "100 rooms of 10 readers, one message in flight in each", Work::FanOut(ROOMS);
    "rooms-paced", "100 rooms of 10 readers, 2000 messages a second in all",
        Work::FanOut(Plan { pace: Pace::PerSecond(2000), ..ROOMS });
    "paced", "1 publisher to 1000 readers, 20 messages a second",
        Work::FanOut(Plan { pace: Pace::PerSecond(20), ..COLUMN });
    "echo", "100 connections that each get back what they send, one message in flight",
        Work::FanOut(Plan { rooms: 100, readers: 0, ..COLUMN });
    "idle-10000", "memory of 10000 connections with one subscription each", Work::Idle { connections: 10_000 };
    "idle-19000", "memory of 19000 connections with one subscription each", Work::Idle { connections: 19_000 };
    "latency-25", "1 publisher to 1000 readers, 25 messages a second: 25000 deliveries",
        Work::FanOut(Plan { pace: Pace::PerSecond(25), latency: true, ..ROOM });
    "latency-half", "1 publisher to 1000 readers, at half of the rate that the server reaches with 16 in flight",
        Work::FanOut(Plan { pace: Pace::HalfOfWindow(16), latency: true, ..ROOM });
    "latency-100", "1 publisher to 1000 readers, 100 messages a second: 100000 deliveries",
        Work::FanOut(Plan { pace: Pace::PerSecond(100), latency: true, ..ROOM });
    "latency-500", "1 publisher to 1000 readers, 500 messages a second: 500000 deliveries",
        Work::FanOut(Plan { pace: Pace::PerSecond(500), latency: true, ..ROOM });
    "large", "1 publisher to 100 readers, frames of 64 KiB, one in flight",
        Work::FanOut(Plan { readers: 100, frame_bytes: Some(LARGE_BYTES), latency: true, ..ROOM });
    "member", "1000 readers, one of which is the publisher, one message in flight",
        Work::FanOut(Plan { members: true, latency: true, ..ROOM });
    "talk", "10 rooms of 10 clients that all publish, 100 messages a second in each room",
        Work::SmallFrames(Plan {
            rooms: 10,
            readers: SMALL_ROOM,
            publishers: SMALL_ROOM,
            members: true,
            pace: Pace::PerSecond(1000),
            latency: true,
            ..ROOM
        });
    "one-sided", "1 publisher to 1000 readers, 16 in flight, all on one of two workers; as many silent connections on the other",
        Work::TwoWorkers(Plan { pace: Pace::Window(16), latency: true, one_sided: true, ..ROOM });
    "both-sided", "the same readers, spread evenly over both workers",
        Work::TwoWorkers(Plan { pace: Pace::Window(16), latency: true, ..ROOM });
    "half-stalled", "1 publisher to 500 readers that read and 500 that never read, frames of 1 KiB, one in flight",
        Work::FanOut(Plan { readers: 500, stalled: 500, frame_bytes: Some(1024), latency: true, ..ROOM });
    "handshakes", "10000 clients that connect at the same moment", Work::Handshakes { connections: 10_000 };
    "flooded", "a room of 10 readers, 100 messages a second, next to a room of 5000 readers with 16 in flight",
        Work::Flooded { readers: 5000 };
    "resuming", "a room of 10 readers, 100 messages a second, while 1000 other readers resume 1000 messages each",
        Work::Resuming { readers: 1000 };
    "readers-10", "1 publisher to 10 readers, one message in flight", Work::FanOut(Plan { readers: 10, ..ROOM });
    "readers-100", "1 publisher to 100 readers, one message in flight", Work::FanOut(Plan { readers: 100, ..ROOM });
    "readers-1000", "1 publisher to 1000 readers, one message in flight", Work::FanOut(ROOM);
    "readers-5000", "1 publisher to 5000 readers, one message in flight", Work::FanOut(Plan { readers: 5000, ..ROOM });
    "readers-10000", "1 publisher to 10000 readers, one message in flight", Work::FanOut(Plan { readers: 10_000, ..ROOM });
    "readers-19000", "1 publisher to 19000 readers, one message in flight", Work::FanOut(Plan { readers: 19_000, ..ROOM });
    "channels-1", "memory of 1 channel with one subscriber", Work::Channels { subscriptions: 1, channels: 1 };
    "channels-100", "memory of 100 channels with one subscriber each", Work::Channels { subscriptions: 100, channels: 100 };
    "channels-1000", "memory of 1000 channels with one subscriber each", Work::Channels { subscriptions: 1000, channels: 1000 };
    "channels-10000", "memory of 10000 channels with one subscriber each",
        Work::Channels { subscriptions: 10_000, channels: 10_000 };
    "channels-100000", "memory of 100000 channels with one subscriber each",
        Work::Channels { subscriptions: 100_000, channels: 100_000 };
    "subscriptions-100000", "memory of 100000 subscriptions to 1000 channels",
        Work::Channels { subscriptions: 100_000, channels: 1000 };
    "log-1", "1 publisher, one publish in flight, with 1 message in the log", Work::History { messages: 1 };
    "log-1000", "the same with 1000 messages, and history pages of 100 from any position", Work::History { messages: 1000 };
    "log-100000", "the same with 100000 messages", Work::History { messages: 100_000 };
    "log-1000000", "the same with 1000000 messages", Work::History { messages: 1_000_000 };
    "churn", "100 clients a second connect and disconnect", Work::Churn;
    "stalled-300", "300 readers that never read, while 100000 messages of 1 KiB pass", Work::Stalled { readers: 300 };
    "stalled-5000", "5000 readers that never read, while 100000 messages of 1 KiB pass", Work::Stalled { readers: 5000 };
    "resume", "1000 readers reconnect at once, each with 1000 missed messages", Work::Resume { presence: false };
    "resume-room", "the same in a room that announces each join to its members", Work::Resume { presence: true };
    "publish-1", "1 publisher, one publish in flight, no readers", Work::Publish { publishers: 1, window: 1 };
    "publish-8", "8 publishers, one publish in flight each, no readers", Work::Publish { publishers: 8, window: 1 };
    "publish-64", "64 publishers, one publish in flight each, no readers", Work::Publish { publishers: 64, window: 1 };
    "publish-64x16", "64 publishers, 16 publishes in flight each, no readers", Work::Publish { publishers: 64, window: 16 };
}

impl Scenario {
    /// Returns the scenario with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|scenario| scenario.name == name).copied()
    }

    /// Returns whether a server supports the scenario: only Tidings acknowledges, and only rooms with a history can be
    /// resumed.
    pub fn fits(&self, subject: Subject) -> bool {
        match (self.work, subject) {
            // Two workers change the cost of a room, its neighbours, and scaling; the rest is the same.
            (Work::FanOut(plan), Subject::TidingsTwo) => !plan.latency && plan.frame_bytes.is_none(),
            (Work::Flooded { .. } | Work::Channels { .. } | Work::History { .. }, Subject::TidingsTwo) => {
                true
            }
            (Work::TwoWorkers(_), subject) => subject == Subject::TidingsTwo,
            (_, Subject::TidingsTwo) => false,
            (Work::SmallFrames(_), subject) => subject != Subject::TidingsNormal,
            (_, Subject::ReferenceNagle) => false,
            (Work::FanOut(plan), Subject::TidingsFull) if plan.rooms == 1 && self.is_growth() => false,
            (Work::FanOut(_), Subject::Peer(_)) if self.is_growth() => false,
            (Work::FanOut(_) | Work::Flooded { .. }, subject) => subject != Subject::TidingsNormal,
            (Work::Idle { .. } | Work::Handshakes { .. }, subject) => {
                subject == Subject::Tidings || !subject.is_ours()
            }
            (Work::Resume { presence: false } | Work::Resuming { .. }, Subject::Peer(peer)) => {
                peer.with_history().is_some()
            }
            (Work::Stalled { .. } | Work::Resume { .. } | Work::Resuming { .. }, subject) => {
                subject == Subject::TidingsFull
            }
            (Work::History { .. }, subject) => {
                matches!(subject, Subject::TidingsFull | Subject::TidingsNormal)
            }
            (Work::Channels { .. }, subject) => matches!(subject, Subject::Tidings | Subject::TidingsFull),
            (Work::Churn, subject) => subject == Subject::Tidings,
            (Work::Publish { .. }, subject) => subject.is_ours(),
        }
    }

    /// Returns whether it is a point of a curve for Tidings. Peers are compared at one point.
    fn is_growth(&self) -> bool {
        self.name.starts_with("readers-")
    }

    /// Runs the scenario.
    ///
    /// # Errors
    /// The reason for missing figures.
    pub fn run(&self, subject: Subject, server: &Running, span: &Span) -> Result<Measured, Failure> {
        let Running { address, .. } = *server;
        let (tree, dialect) = (server.tree(), subject.dialect());
        let history = || {
            let none = || Failure::Server("its rooms have no history".to_owned());
            subject.with_history().ok_or_else(none)
        };
        match self.work {
            Work::FanOut(plan) | Work::SmallFrames(plan) | Work::TwoWorkers(plan) => {
                fanout::run(span.of_plan(plan), address, dialect, tree, span)
            }
            Work::Idle { connections } => idle::run(span.of(connections), address, dialect, tree),
            Work::Stalled { readers } => stalled::run(span.of(readers), address, dialect, tree, span),
            Work::Resume { presence } => {
                let dialect = if presence { Dialect::Tidings(Tidings::new("room")) } else { history()? };
                resume::run(address, dialect, tree, span)
            }
            Work::Publish { publishers, window } => {
                publish::run(publishers, window, address, dialect, tree, span)
            }
            Work::Handshakes { connections } => handshakes::run(span.of(connections), address, dialect, tree),
            Work::Flooded { readers } => neighbour::flooded(span.of(readers), address, dialect, tree, span),
            Work::Resuming { readers } => {
                neighbour::resuming(span.of(readers), address, history()?, tree, span)
            }
            Work::Channels { subscriptions, channels } => {
                let Dialect::Tidings(tidings) = dialect else {
                    return Err(Failure::Server("it does not speak of channels".to_owned()));
                };
                channels::run(span.of(subscriptions), span.of(channels), address, tidings, tree, span)
            }
            Work::History { messages } => {
                history::run(span.of(messages), address, Tidings::new("log"), tree, span)
            }
            Work::Churn => churn::run(address, dialect, tree, span),
        }
    }
}

/// Measures the processor time of server and generator from its start.
struct Stopwatch {
    tree: Tree,
    server: Duration,
    idle: Duration,
    begun: Instant,
}

impl Stopwatch {
    fn start(tree: Tree, load: &Load) -> Self {
        Self { tree, server: tree.cpu(), idle: load.idle(), begun: Instant::now() }
    }

    /// Returns the processor time since the start, and the server's part in µs.
    fn stop(self, load: &Load) -> (Measured, f64) {
        let took = self.begun.elapsed();
        // Count all time without waiting, including time in which other programs used the core, because that delayed
        // the server as well.
        let generator = took.saturating_sub(load.idle() - self.idle);
        let server = self.tree.cpu().saturating_sub(self.server);
        let measured = Measured::new(took.as_secs_f64(), server.as_secs_f64(), generator.as_secs_f64());
        (measured, server.as_secs_f64() * 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_has_fewer_readers_in_large_rooms_only() {
        let readers = |readers| Span::QUICK.of_plan(Plan { readers, ..ROOM }).readers;
        assert_eq!([1000, 100, 10, 0].map(readers), [50, 10, 10, 0]);
        assert_eq!(Span::FULL.of_plan(ROOM).readers, 1000);
    }
}
