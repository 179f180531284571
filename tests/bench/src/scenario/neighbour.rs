//! Latency of a small room next to a heavy load.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::fanout::histogram;
use super::{Span, Stopwatch, missed};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::flights::Flights;
use crate::load::stamp::Stamp;
use crate::load::{Arrival, Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

/// Readers of the small room.
const READERS: usize = 10;

/// Its messages a second.
const PER_SECOND: u32 = 100;

/// Publisher numbers of the two rooms in stamps.
const SMALL: u16 = 0;
const LARGE: u16 = 1;

const DATA_BYTES: usize = 128;

/// Number of resuming readers opened at a time. In between, the generator reads the small room.
const OPENED_AT_ONCE: usize = 16;

/// Messages of the large room in flight.
const WINDOW: u32 = 16;

/// A small room of which each delivery is timed.
struct Small {
    publisher: usize,
    sent: u64,
    /// The first number that counts.
    base: u64,
    delivered: u64,
    delays: Histogram<u64>,
}

impl Small {
    fn open(load: &mut Load) -> Result<Self, Failure> {
        let mut places = vec![Place { role: Role::Reader, room: 0 }; READERS];
        places.push(Place { role: Role::Publisher, room: 0 });
        load.connect(&places, Sockets::Plain, &mut |_| {})?;
        load.read_first(0..places.len())?;
        Ok(Self { publisher: READERS, sent: 0, base: 0, delivered: 0, delays: histogram() })
    }

    fn publish(&mut self, load: &mut Load, times: u64) -> Result<(), Failure> {
        for _ in 0..times {
            let stamp = Stamp { publisher: SMALL, number: self.sent, sent_ns: 0 };
            load.publish(self.publisher, stamp, DATA_BYTES)?;
            self.sent += 1;
        }
        Ok(())
    }

    fn take(&mut self, arrival: &Arrival<'_>, stamp: Stamp) {
        if arrival.connection < READERS && stamp.number >= self.base {
            self.delivered += 1;
            self.delays.saturating_record(arrival.at_ns.saturating_sub(stamp.sent_ns));
        }
    }

    fn begin(&mut self) {
        (self.base, self.delivered, self.delays) = (self.sent, 0, histogram());
    }

    /// Waits for the messages in flight and adds the figures.
    fn finish(mut self, load: &mut Load, measured: &mut Measured, span: &Span) -> Result<(), Failure> {
        let due = (self.sent - self.base) * READERS as u64;
        let until = Instant::now() + span.silence;
        while self.delivered < due && Instant::now() < until {
            load.turn(Duration::from_millis(100), &mut |arrival| match stamp_of(&arrival) {
                Some(stamp) if stamp.publisher == SMALL => self.take(&arrival, stamp),
                _ => {}
            })?;
        }
        if let Some(why) = load.failure() {
            return Err(Failure::Server(format!("a connection ended: {why}")));
        }
        measured.figure("small_delivered", self.delivered as f64);
        measured.quantiles("delay", &self.delays);
        measured.faults.lost = due.saturating_sub(self.delivered);
        Ok(())
    }
}

/// Measures while another room of `readers` is flooded.
pub(super) fn flooded(
    readers: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect)?;
    let mut small = Small::open(&mut load)?;
    let publisher = load.connections();
    let mut places = vec![Place { role: Role::Publisher, room: 1 }];
    places.resize(readers as usize + 1, Place { role: Role::Reader, room: 1 });
    load.connect(&places, Sockets::Plain, &mut |_| {})?;
    let mut flights = Flights::new(1, readers, WINDOW);
    load.tick_every(Duration::from_secs(1) / PER_SECOND)?;
    let mut flood = |load: &mut Load, small: &mut Small, duration| -> Result<u64, Failure> {
        let (until, mut delivered) = (Instant::now() + duration, 0);
        while Instant::now() < until {
            while let Some(number) = flights.take_off(0) {
                load.publish(publisher, Stamp { publisher: LARGE, number, sent_ns: 0 }, DATA_BYTES)?;
            }
            let ticks = load.turn(Duration::from_millis(100), &mut |arrival| match stamp_of(&arrival) {
                Some(stamp) if stamp.publisher == SMALL => small.take(&arrival, stamp),
                Some(stamp) if arrival.connection > publisher => {
                    flights.land(0, stamp.number);
                    delivered += 1;
                }
                _ => {}
            })?;
            small.publish(load, ticks.ticks)?;
        }
        Ok(delivered)
    };
    let before = flood(&mut load, &mut small, span.warm_up)?;
    small.begin();
    let watch = Stopwatch::start(tree, &load);
    let delivered = flood(&mut load, &mut small, span.measure)?;
    let (mut measured, server_us) = watch.stop(&load);
    if before + delivered == 0 {
        return Err(Failure::Server("the large room heard nothing".to_owned()));
    }
    load.tick_every(Duration::ZERO)?;
    measured.figure("large_deliveries_per_second", delivered as f64 / measured.seconds);
    measured.figure("cpu_us_per_delivery", server_us / (delivered as f64).max(1.0));
    small.finish(&mut load, &mut measured, span)?;
    Ok(measured)
}

/// Measures while `readers` resume in another room, each with 1000 missed messages.
pub(super) fn resuming(
    readers: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect.clone())?;
    let mut small = Small::open(&mut load)?;
    let missed = u64::from(span.of(missed::MESSAGES));
    let back = missed::publish(&mut load, &dialect, (1, LARGE), missed, span)?;
    load.speak(back);
    load.tick_every(Duration::from_secs(1) / PER_SECOND)?;
    let first = load.connections();
    let all = u64::from(readers) * missed;
    let watch = Stopwatch::start(tree, &load);
    let places = vec![Place { role: Role::Reader, room: 1 }; readers as usize];
    let mut to_open = places.chunks(OPENED_AT_ONCE);
    let (mut delivered, mut heard_at) = (0, Instant::now());
    while delivered < all {
        // Opening all of them at once takes this thread about 40 ms, in which it would read nothing.
        load.open_all(to_open.next().unwrap_or_default(), Sockets::Plain)?;
        let mut new = 0;
        let turn = load.turn(Duration::from_millis(100), &mut |arrival| match stamp_of(&arrival) {
            Some(stamp) if stamp.publisher == SMALL => small.take(&arrival, stamp),
            Some(_) if arrival.connection >= first => new += 1,
            _ => {}
        })?;
        small.publish(&mut load, turn.ticks)?;
        delivered += new;
        if new > 0 {
            heard_at = Instant::now();
        } else if heard_at.elapsed() > span.silence {
            let what = format!("{delivered} of {all} missed messages had come");
            return Err(Failure::Silence { seconds: span.silence.as_secs(), what });
        }
    }
    let (mut measured, server_us) = watch.stop(&load);
    load.tick_every(Duration::ZERO)?;
    measured.figure("seconds_to_resume", measured.seconds);
    measured.figure("cpu_us_per_delivery", server_us / delivered as f64);
    small.finish(&mut load, &mut measured, span)?;
    Ok(measured)
}

fn stamp_of(arrival: &Arrival<'_>) -> Option<Stamp> {
    match arrival.heard {
        Heard::Delivery(data) => Stamp::read(data),
        Heard::Accepted(_) | Heard::Subscribed | Heard::Page(_) | Heard::Refused(_) | Heard::Other => None,
    }
}
