//! How long it takes until many who were away have what they missed.

use std::net::SocketAddr;

use super::{Span, Stopwatch};
use crate::dialect::tidings::{Tidings, position};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::check::Check;
use crate::load::stamp::Stamp;
use crate::load::{Arrival, Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

const READERS: u32 = 1000;
const MESSAGES: u32 = 1000;
const DATA_BYTES: usize = 128;

/// Publishes on their way while nobody reads.
const WINDOW: u64 = 64;

pub(super) fn run(
    namespace: &'static str,
    address: SocketAddr,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut tidings = Tidings::new(namespace);
    let (readers, messages) = (span.of(READERS) as usize, u64::from(span.of(MESSAGES)));
    let mut load = Load::new(address, Dialect::Tidings(tidings.clone()))?;
    let places = vec![Place { role: Role::Reader, room: 0 }; readers];
    load.connect(&places, Sockets::Plain, &mut |_| {})?;
    tidings.since = position(load.last_answer());
    if tidings.since.is_none() {
        return Err(Failure::Server("no position was told".to_owned()));
    }
    load.hang_up();
    publish(&mut load, messages, span)?;
    load.hang_up();

    load.speak(Dialect::Tidings(tidings));
    let mut taken = Taken { check: Check::new(readers), delivered: 0, bytes: 0 };
    let watch = Stopwatch::start(tree, &load);
    load.connect(&places, Sockets::Plain, &mut |arrival| taken.take(&arrival))?;
    let connected = watch.begun.elapsed().as_secs_f64();
    let all = readers as u64 * messages;
    while taken.delivered < all && load.turn(span.silence, &mut |arrival| taken.take(&arrival))?.events > 0 {}
    let (mut measured, server_us) = watch.stop(&load);
    if let Some(why) = load.failure() {
        return Err(Failure::Server(format!("a connection ended: {why}")));
    }
    let delivered = taken.delivered as f64;
    measured.figure("readers", readers as f64);
    measured.figure("messages_each", messages as f64);
    measured.figure("seconds_to_resume", measured.seconds);
    measured.figure("connected_after_seconds", connected);
    measured.figure("deliveries_per_second", delivered / measured.seconds);
    measured.figure("cpu_us_per_delivery", server_us / delivered.max(1.0));
    measured.figure("frame_bytes", taken.bytes as f64 / delivered.max(1.0));
    measured.faults = taken.check.finish(|_| messages);
    Ok(measured)
}

struct Taken {
    check: Check,
    delivered: u64,
    bytes: u64,
}

impl Taken {
    fn take(&mut self, arrival: &Arrival<'_>) {
        if let Heard::Delivery(data) = arrival.heard
            && let Some(stamp) = Stamp::read(data)
            && self.check.take(arrival.connection, stamp.number)
        {
            self.delivered += 1;
            self.bytes += arrival.frame_bytes as u64;
        }
    }
}

/// Publishes all while nobody reads, and waits for the answers.
fn publish(load: &mut Load, messages: u64, span: &Span) -> Result<(), Failure> {
    load.connect(&[Place { role: Role::Publisher, room: 0 }], Sockets::Plain, &mut |_| {})?;
    let (mut sent, mut accepted) = (0, 0);
    while accepted < messages {
        while sent < messages && sent - accepted < WINDOW {
            load.publish(0, Stamp { publisher: 0, number: sent, sent_ns: 0 }, DATA_BYTES)?;
            sent += 1;
        }
        let turn = load.turn(span.silence, &mut |arrival| {
            accepted += u64::from(matches!(arrival.heard, Heard::Accepted(_)));
        })?;
        if turn.events == 0 {
            let what = format!("{accepted} of {messages} messages had been accepted");
            return Err(Failure::Silence { seconds: span.silence.as_secs(), what });
        }
    }
    Ok(())
}
