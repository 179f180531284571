//! Time until many resuming readers have received their missed messages.

use std::net::SocketAddr;

use super::{Span, Stopwatch, missed};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::check::Check;
use crate::load::stamp::Stamp;
use crate::load::{Arrival, Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

const READERS: u32 = 1000;

pub(super) fn run(
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let (readers, messages) = (span.of(READERS) as usize, u64::from(span.of(missed::MESSAGES)));
    let mut load = Load::new(address, dialect.clone())?;
    let back = missed::publish(&mut load, &dialect, (0, 0), messages, span)?;
    load.hang_up();
    load.speak(back);
    let places = vec![Place { role: Role::Reader, room: 0 }; readers];
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
