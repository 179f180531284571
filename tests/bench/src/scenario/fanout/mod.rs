//! Messages to readers: cost and latency of a delivery.

pub mod apart;
mod plan;

pub(super) use plan::SMALL_ROOM;
pub use plan::{Pace, Plan};

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Span, Stopwatch};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::check::Check;
use crate::load::flights::Flights;
use crate::load::stamp::{STAMP_BYTES, Stamp};
use crate::load::{Arrival, Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

/// Maximum number of messages in flight per publisher if the clock sets the rate. At the limit the server is too slow
/// for the rate, and the run reports it.
const PACED_WINDOW: u32 = 4096;

/// Maximum number of probe messages until all readers receive one, because some servers subscribe after they have
/// answered.
const PROBES_MAX: u64 = 10;

/// A probe message counts as not received after this time without any message.
const PROBE_WAIT: Duration = Duration::from_secs(1);

/// Approximate size of a Tidings frame without its text.
const ENVELOPE_BYTES: usize = 256;

/// Time without messages before the measurement.
const QUIET: Duration = Duration::from_millis(100);

/// Runs a plan against the server at `address`, whose processes are `tree`.
///
/// # Errors
/// The reason for a missing figure. Lost, duplicated and late messages are not errors but part of the result.
pub fn run(
    plan: Plan,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let other = plan.with_other_readers();
    let other =
        other.map(|other| measure(other, address, dialect.clone(), tree, &apart::span(other, span), 0));
    let (other, base) = other.transpose()?.unzip();
    let (mut measured, _) = measure(plan, address, dialect, tree, span, base.unwrap_or(0))?;
    if let Some(other) = other {
        apart::tell(&other, &mut measured);
    }
    Ok(measured)
}

/// Measures with messages whose numbers begin with `base`. Also returns the first unused number.
fn measure(
    plan: Plan,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
    base: u64,
) -> Result<(Measured, u64), Failure> {
    let mut fan = Fan::open(plan, address, dialect, *span, base)?;
    fan.probe()?;
    let window = match plan.pace {
        Pace::Window(window) | Pace::HalfOfWindow(window) => window,
        Pace::PerSecond(_) => PACED_WINDOW,
    };
    fan.begin(window);
    let (mut pace, warm_up) = (plan.pace, Instant::now());
    fan.publish_for(pace, span.warm_up)?;
    if let Pace::HalfOfWindow(_) = pace {
        let rate = fan.tally.flights.sent_by_all() as f64 / warm_up.elapsed().as_secs_f64();
        pace = Pace::PerSecond(((rate / 2.0) as u32).max(1));
        fan.begin(PACED_WINDOW);
    }
    fan.tally.begin_counting(plan.latency);
    let sent = fan.tally.flights.sent_by_all();
    let memory = tree.memory_kib();
    let watch = Stopwatch::start(tree, &fan.load);
    fan.publish_for(pace, span.measure)?;
    let (mut measured, server_us) = watch.stop(&fan.load);
    if plan.stalled > 0 {
        let more = tree.memory_kib() as f64 - memory as f64;
        measured.figure("memory_kib_per_stalled", more / f64::from(plan.stalled));
    }
    measured.figure("readers", f64::from(plan.readers.max(1)));
    let published = fan.tally.flights.sent_by_all() - sent;
    let Tally { delivered, frame_bytes, delays, held_back, .. } = &fan.tally;
    let delivered = *delivered as f64;
    measured.figure("published", published as f64);
    measured.figure("delivered", delivered);
    measured.figure("cpu_us_per_delivery", server_us / delivered.max(1.0));
    measured.figure("cpu_us_per_publish", server_us / (published as f64).max(1.0));
    measured.figure("deliveries_per_second", delivered / measured.seconds);
    measured.figure("frame_bytes", *frame_bytes as f64 / delivered.max(1.0));
    if let Some(delays) = delays {
        measured.quantiles("delay", delays);
        measured.figure("held_back", *held_back as f64);
    }
    let next = fan.base + fan.tally.most_sent();
    measured.faults = fan.finish()?;
    Ok((measured, next))
}

struct Fan {
    plan: Plan,
    span: Span,
    load: Load,
    /// Subscribers of a silent room, if the plan has any. They only stay connected.
    _aside: Option<Load>,
    data_bytes: usize,
    /// Number of messages of each publisher before the counting began.
    base: u64,
    tally: Tally,
}

/// Counts of received messages.
struct Tally {
    plan: Plan,
    base: u64,
    check: Check,
    flights: Flights,
    /// Publishers that may publish again.
    ready: Vec<usize>,
    delivered: u64,
    frame_bytes: u64,
    delays: Option<Histogram<u64>>,
    /// Number of clock ticks without a publish, because too many messages were in flight.
    held_back: u64,
    /// Another failure than lost, duplicated or late messages.
    trouble: Option<String>,
}

impl Fan {
    fn open(
        plan: Plan,
        address: SocketAddr,
        dialect: Dialect,
        span: Span,
        base: u64,
    ) -> Result<Self, Failure> {
        let mut load = Load::new(address, dialect.clone())?;
        let mut aside = plan.one_sided.then(|| Load::new(address, dialect)).transpose()?;
        match &mut aside {
            None => load.connect(&plan.places(), Sockets::Plain, &mut |_| {})?,
            Some(aside) => {
                let silent = Place { role: Role::Reader, room: plan.rooms };
                for place in plan.places() {
                    load.connect(&[place], Sockets::Plain, &mut |_| {})?;
                    aside.connect(&[silent], Sockets::Plain, &mut |_| {})?;
                }
            }
        }
        let stalled = vec![Place { role: Role::Reader, room: 0 }; plan.stalled as usize];
        let first = load.connections();
        load.connect(&stalled, Sockets::Far, &mut |_| {})?;
        for connection in first..load.connections() {
            load.stall(connection)?;
        }
        while load.turn(QUIET, &mut |_| {})?.events > 0 {}
        // The text is almost as long as the frame, so that the headers have their final size.
        let data_bytes = plan.frame_bytes.unwrap_or(span.frame_bytes).saturating_sub(ENVELOPE_BYTES);
        let data_bytes = data_bytes.max(STAMP_BYTES);
        let tally = Tally::new(plan, base, 1);
        Ok(Self { plan, span, load, _aside: aside, data_bytes, base, tally })
    }

    /// Publishes until all readers receive a message, and computes the length of the text for the requested frame size.
    fn probe(&mut self) -> Result<(), Failure> {
        let ways = self.plan.hearing() * self.plan.publishers.max(1) as usize;
        for number in self.base..self.base + PROBES_MAX {
            for publisher in 0..self.plan.publishers() {
                let stamp = Stamp { publisher: publisher as u16, number, sent_ns: 0 };
                self.load.publish(self.plan.connection(publisher), stamp, self.data_bytes)?;
            }
            let (mut heard, mut bytes) = (0, 0);
            let mut until = Instant::now() + PROBE_WAIT;
            while heard < ways && Instant::now() < until {
                let turn = self.load.turn(QUIET, &mut |arrival| {
                    if let Some(stamp) = stamp_of(&arrival)
                        && stamp.number == number
                        && self.plan.way(arrival.connection, stamp.publisher.into()).is_some()
                    {
                        (heard, bytes) = (heard + 1, arrival.frame_bytes);
                    }
                })?;
                if turn.events > 0 {
                    until = Instant::now() + PROBE_WAIT;
                }
            }
            if heard == ways {
                let wanted = self.plan.frame_bytes.unwrap_or(self.span.frame_bytes);
                let more = wanted as isize - bytes as isize;
                self.data_bytes = self.data_bytes.saturating_add_signed(more).max(STAMP_BYTES);
                self.base = number + 1;
                return Ok(());
            }
            if let Some(why) = self.load.failure() {
                return Err(Failure::Server(format!("a connection ended: {why}")));
            }
        }
        Err(Failure::Server(format!("not all readers heard one of {PROBES_MAX} messages")))
    }

    /// Restarts the counting.
    fn begin(&mut self, window: u32) {
        self.base += self.tally.flights.sent(0).max(self.tally.most_sent());
        self.tally = Tally::new(self.plan, self.base, window);
    }

    /// Publishes for `duration`, then waits for the messages in flight.
    fn publish_for(&mut self, pace: Pace, duration: Duration) -> Result<(), Failure> {
        let (until, least) = (Instant::now() + duration, self.tally.flights.sent_by_all() + self.span.least);
        let goes_on = |tally: &Tally| Instant::now() < until || tally.flights.sent_by_all() < least;
        match pace {
            Pace::Window(_) | Pace::HalfOfWindow(_) => {
                self.tally.ready = (0..self.plan.publishers()).collect();
                while goes_on(&self.tally) {
                    while let Some(publisher) = self.tally.ready.pop() {
                        while self.publish(publisher)? {}
                    }
                    if !self.turn()? {
                        break;
                    }
                }
            }
            Pace::PerSecond(rate) => {
                self.load.tick_every(Duration::from_secs(1) / rate)?;
                let mut next = 0;
                while goes_on(&self.tally) {
                    let ticks =
                        self.load.turn(self.span.silence, &mut |arrival| self.tally.take(&arrival))?.ticks;
                    for _ in 0..ticks {
                        if !self.publish(next)? {
                            self.tally.held_back += 1;
                        }
                        next = (next + 1) % self.plan.publishers();
                    }
                }
                self.load.tick_every(Duration::ZERO)?;
            }
        }
        while !self.tally.flights.all_landed() && self.turn()? {}
        Ok(())
    }

    /// Publishes one message, unless the maximum number is in flight.
    fn publish(&mut self, publisher: usize) -> Result<bool, Failure> {
        let Some(number) = self.tally.flights.take_off(publisher) else { return Ok(false) };
        let stamp = Stamp { publisher: publisher as u16, number: self.base + number, sent_ns: 0 };
        self.load.publish(self.plan.connection(publisher), stamp, self.data_bytes)?;
        Ok(true)
    }

    /// Handles received messages. Returns `false` if none arrived within the maximum time.
    fn turn(&mut self) -> Result<bool, Failure> {
        let turn = self.load.turn(self.span.silence, &mut |arrival| self.tally.take(&arrival))?;
        Ok(turn.events > 0)
    }

    /// Waits for late duplicates and returns the faults.
    fn finish(mut self) -> Result<crate::load::check::Faults, Failure> {
        while self.load.turn(QUIET, &mut |arrival| self.tally.take(&arrival))?.events > 0 {}
        if let Some(why) = self.load.failure() {
            return Err(Failure::Server(format!("a connection ended: {why}")));
        }
        if let Some(trouble) = self.tally.trouble {
            return Err(Failure::Server(trouble));
        }
        let (plan, flights) = (self.plan, self.tally.flights);
        Ok(self.tally.check.finish(|way| flights.sent(plan.publisher(way))))
    }
}

impl Tally {
    fn new(plan: Plan, base: u64, window: u32) -> Self {
        let ways = plan.hearing() * plan.publishers.max(1) as usize;
        Self {
            plan,
            base,
            check: Check::new(ways),
            flights: Flights::new(plan.publishers(), plan.readers.max(1), window),
            ready: Vec::new(),
            delivered: 0,
            frame_bytes: 0,
            delays: None,
            held_back: 0,
            trouble: None,
        }
    }

    fn most_sent(&self) -> u64 {
        (0..self.plan.publishers()).map(|publisher| self.flights.sent(publisher)).max().unwrap_or(0)
    }

    fn begin_counting(&mut self, latency: bool) {
        (self.delivered, self.frame_bytes, self.held_back) = (0, 0, 0);
        self.delays = latency.then(histogram);
    }

    fn take(&mut self, arrival: &Arrival<'_>) {
        let Some(stamp) = stamp_of(arrival) else {
            if let Heard::Refused(why) = arrival.heard {
                self.trouble = Some(format!("refused: {}", String::from_utf8_lossy(why)));
            }
            return;
        };
        let publisher = usize::from(stamp.publisher);
        let Some(way) = self.plan.way(arrival.connection, publisher) else {
            // Some servers also send a publisher its own messages. Count only the readers.
            if arrival.connection < self.plan.hearing() {
                self.trouble = Some("a message came to a reader of another room".to_owned());
            }
            return;
        };
        // Skip messages that were published before the counting began.
        let Some(number) = stamp.number.checked_sub(self.base) else { return };
        if !self.check.take(way, number) {
            return;
        }
        self.delivered += 1;
        self.frame_bytes += arrival.frame_bytes as u64;
        if let Some(delays) = &mut self.delays {
            delays.saturating_record(arrival.at_ns.saturating_sub(stamp.sent_ns));
        }
        if self.flights.land(publisher, number) {
            self.ready.push(publisher);
        }
    }
}

fn stamp_of(arrival: &Arrival<'_>) -> Option<Stamp> {
    match arrival.heard {
        Heard::Delivery(data) => Stamp::read(data),
        Heard::Accepted(_) | Heard::Subscribed | Heard::Page(_) | Heard::Refused(_) | Heard::Other => None,
    }
}

/// Times in ns, up to a minute, to three digits.
pub(super) fn histogram() -> Histogram<u64> {
    const MINUTE_NS: u64 = 60_000_000_000;
    // Only bounds in the wrong order or more than five digits are refused.
    Histogram::new_with_bounds(1, MINUTE_NS, 3).unwrap_or_else(|_| unreachable!("constant bounds are legal"))
}
