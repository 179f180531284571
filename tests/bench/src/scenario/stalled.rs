//! Cost of readers that never read, while messages are published.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Span, Stopwatch};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::check::Check;
use crate::load::stamp::Stamp;
use crate::load::{Load, Sockets};
use crate::machine::process::{Tree, tcp_memory_kib};
use crate::record::Measured;

const MESSAGES: u32 = 100_000;
const DATA_BYTES: usize = 1024;

/// Maximum number of publishes that are not accepted, or that the one active reader has not received yet.
const WINDOW: u64 = 64;

/// Interval between two memory readings.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(
    readers: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect)?;
    let (reader, publisher) = (0, 1);
    let awake = [Place { role: Role::Reader, room: 0 }, Place { role: Role::Publisher, room: 0 }];
    load.connect(&awake, Sockets::Plain, &mut |_| {})?;
    let empty_kib = tree.memory_kib();
    let stalled = vec![Place { role: Role::Reader, room: 0 }; readers as usize];
    load.connect(&stalled, Sockets::Far, &mut |_| {})?;
    for connection in awake.len()..load.connections() {
        load.stall(connection)?;
    }
    let (before_kib, kernel_before_kib) = (tree.memory_kib(), tcp_memory_kib());

    let messages = u64::from(span.of(MESSAGES));
    let (mut sent, mut accepted, mut delivered) = (0_u64, 0_u64, 0_u64);
    let (mut check, mut peak_kib, mut looked) = (Check::new(1), before_kib, Instant::now());
    let watch = Stopwatch::start(tree, &load);
    while accepted < messages || delivered < messages {
        while sent < messages && sent - accepted.min(delivered) < WINDOW {
            load.publish(publisher, Stamp { publisher: 0, number: sent, sent_ns: 0 }, DATA_BYTES)?;
            sent += 1;
        }
        let turn = load.turn(span.silence, &mut |arrival| match arrival.heard {
            Heard::Accepted(_) => accepted += 1,
            Heard::Delivery(data) if arrival.connection == reader => {
                let number = Stamp::read(data).map_or(u64::MAX, |stamp| stamp.number);
                delivered += u64::from(check.take(0, number));
            }
            Heard::Delivery(_) | Heard::Subscribed | Heard::Page(_) | Heard::Refused(_) | Heard::Other => {}
        })?;
        if turn.events == 0 {
            break;
        }
        if looked.elapsed() > LOOK {
            (peak_kib, looked) = (peak_kib.max(tree.memory_kib()), Instant::now());
        }
    }
    let (mut measured, server_us) = watch.stop(&load);
    let after_kib = tree.memory_kib();
    measured.figure("readers", f64::from(readers));
    measured.figure("messages", messages as f64);
    measured.figure("memory_empty_kib", empty_kib as f64);
    measured.figure("memory_before_kib", before_kib as f64);
    measured.figure("memory_peak_kib", peak_kib.max(after_kib) as f64);
    measured.figure("memory_after_kib", after_kib as f64);
    measured.figure("memory_kib_per_reader", (after_kib as f64 - empty_kib as f64) / f64::from(readers));
    measured.figure("kernel_kib", tcp_memory_kib().saturating_sub(kernel_before_kib) as f64);
    measured.figure("publishes_per_second", accepted as f64 / measured.seconds);
    measured.figure("cpu_us_per_publish", server_us / accepted.max(1) as f64);
    measured.faults = check.finish(|_| messages);
    Ok(measured)
}
