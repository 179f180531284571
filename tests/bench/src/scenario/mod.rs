//! What is measured. Each scenario is bounded in time and in number.

pub mod fanout;
mod idle;
mod publish;
mod resume;
mod stalled;

use std::time::{Duration, Instant};

use self::fanout::{Pace, Plan};
use crate::failure::Failure;
use crate::load::Load;
use crate::machine::process::Tree;
use crate::record::Measured;
use crate::server::{Running, Subject};

/// The size of each delivered frame, with its header, in bytes: that of ours with a text of 128 bytes.
pub const FRAME_BYTES: usize = 384;

/// How long a run lasts.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Before it counts.
    pub warm_up: Duration,
    /// While it counts.
    pub measure: Duration,
    /// After so long without anything, what is missing is lost.
    pub silence: Duration,
    /// Messages that are published at least, however long that takes.
    pub least: u64,
    /// All large numbers are divided by this.
    pub divisor: u32,
}

impl Span {
    /// Long enough for figures.
    pub const FULL: Self = Self {
        warm_up: Duration::from_millis(500),
        measure: Duration::from_secs(3),
        silence: Duration::from_secs(5),
        least: 10,
        divisor: 1,
    };

    /// Only long enough to see that it works.
    pub const QUICK: Self = Self {
        warm_up: Duration::from_millis(50),
        measure: Duration::from_millis(200),
        silence: Duration::from_secs(2),
        least: 10,
        divisor: 20,
    };

    fn of(&self, number: u32) -> u32 {
        (number / self.divisor).max(1)
    }
}

/// Something to measure.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// What it is called on the command line and in the output.
    pub name: &'static str,
    /// A sentence about it.
    pub about: &'static str,
    work: Work,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    FanOut(Plan),
    Idle { connections: u32 },
    Stalled { readers: u32 },
    Resume { namespace: &'static str },
    Publish { publishers: u32, window: u32 },
}

const ROOM: Plan = Plan { rooms: 1, readers: 1000, publishers: 1, pace: Pace::Window(1), latency: false };
const ROOMS: Plan = Plan { rooms: 100, readers: 10, ..ROOM };

macro_rules! scenarios {
    ($($name:literal, $about:literal, $work:expr;)*) => {
        /// All scenarios.
        pub const ALL: &[Scenario] = &[$(Scenario { name: $name, about: $about, work: $work }),*];
    };
}

scenarios! {
    "one", "1 publisher to 1000 readers, one message in flight", Work::FanOut(ROOM);
    "sixteen", "1 publisher to 1000 readers, 16 messages in flight", Work::FanOut(Plan { pace: Pace::Window(16), ..ROOM });
    "four", "4 publishers to 1000 readers, 16 messages in flight each",
        Work::FanOut(Plan { publishers: 4, pace: Pace::Window(16), ..ROOM });
    "wide", "1 publisher to 5000 readers, 16 messages in flight",
        Work::FanOut(Plan { readers: 5000, pace: Pace::Window(16), ..ROOM });
    "rooms", "100 rooms of 10 readers, one message in flight in each", Work::FanOut(ROOMS);
    "rooms-paced", "100 rooms of 10 readers, 2000 messages a second in all",
        Work::FanOut(Plan { pace: Pace::PerSecond(2000), ..ROOMS });
    "paced", "1 publisher to 1000 readers, 20 messages a second",
        Work::FanOut(Plan { pace: Pace::PerSecond(20), ..ROOM });
    "echo", "100 connections, each of which gets back what it sends, one message in flight",
        Work::FanOut(Plan { rooms: 100, readers: 0, ..ROOM });
    "idle-10000", "memory of 10000 connections with one subscription each", Work::Idle { connections: 10_000 };
    "idle-19000", "memory of 19000 connections with one subscription each", Work::Idle { connections: 19_000 };
    "latency-half", "1 publisher to 1000 readers, at half of the rate that 16 in flight reach",
        Work::FanOut(Plan { pace: Pace::HalfOfWindow(16), latency: true, ..ROOM });
    "latency-100", "1 publisher to 1000 readers, 100 messages a second: 100000 deliveries",
        Work::FanOut(Plan { pace: Pace::PerSecond(100), latency: true, ..ROOM });
    "stalled-300", "300 readers that never read, while 100000 messages of 1 KiB pass", Work::Stalled { readers: 300 };
    "stalled-5000", "5000 readers that never read, while 100000 messages of 1 KiB pass", Work::Stalled { readers: 5000 };
    "resume", "1000 readers come back at once, each to 1000 missed messages", Work::Resume { namespace: "log" };
    "resume-room", "the same in a room whose members are told of each that comes", Work::Resume { namespace: "room" };
    "publish-1", "1 publisher, one publish in flight, no readers", Work::Publish { publishers: 1, window: 1 };
    "publish-8", "8 publishers, one publish in flight each, no readers", Work::Publish { publishers: 8, window: 1 };
    "publish-64", "64 publishers, one publish in flight each, no readers", Work::Publish { publishers: 64, window: 1 };
    "publish-64x16", "64 publishers, 16 publishes in flight each, no readers", Work::Publish { publishers: 64, window: 16 };
}

impl Scenario {
    /// The one with that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|scenario| scenario.name == name).copied()
    }

    /// Whether a server can do what is measured: only ours acknowledges, and only history can be resumed.
    pub fn fits(&self, subject: Subject) -> bool {
        match self.work {
            Work::FanOut(_) => subject != Subject::TidingsNormal,
            Work::Idle { .. } => matches!(subject, Subject::Tidings) || !subject.is_ours(),
            Work::Stalled { .. } | Work::Resume { .. } => subject == Subject::TidingsFull,
            Work::Publish { .. } => subject.is_ours(),
        }
    }

    /// Measures.
    ///
    /// # Errors
    /// What kept it from a figure.
    pub fn run(&self, subject: Subject, server: &Running, span: &Span) -> Result<Measured, Failure> {
        let Running { address, .. } = *server;
        let tree = server.tree();
        match self.work {
            Work::FanOut(plan) => fanout::run(plan, address, subject.dialect(), tree, span),
            Work::Idle { connections } => idle::run(span.of(connections), address, subject.dialect(), tree),
            Work::Stalled { readers } => {
                stalled::run(span.of(readers), address, subject.dialect(), tree, span)
            }
            Work::Resume { namespace } => resume::run(namespace, address, tree, span),
            Work::Publish { publishers, window } => {
                publish::run(publishers, window, address, subject.dialect(), tree, span)
            }
        }
    }
}

/// What both sides do from one moment on.
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

    /// What was used since, and the server's part in µs.
    fn stop(self, load: &Load) -> (Measured, f64) {
        let took = self.begun.elapsed();
        // All time that it did not wait: also what other programs took from it, for that held up the server as well.
        let generator = took.saturating_sub(load.idle() - self.idle);
        let server = self.tree.cpu().saturating_sub(self.server);
        let measured = Measured::new(took.as_secs_f64(), server.as_secs_f64(), generator.as_secs_f64());
        (measured, server.as_secs_f64() * 1e6)
    }
}
