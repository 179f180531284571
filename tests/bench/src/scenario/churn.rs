//! Clients connect and disconnect: checks whether memory grows with closed connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Span, Stopwatch};
use crate::dialect::{Dialect, Place, Role};
use crate::failure::Failure;
use crate::load::{Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

/// Number of connects per second. The number of closes is the same.
const PER_SECOND: u32 = 100;

/// The first memory reading is after this fraction (1/n) of the time.
const WARM_UP: u32 = 6;

/// Sleep between two polls. This scenario measures no delays, and a busy core for an hour would be a waste.
const NAP: Duration = Duration::from_millis(2);

pub(super) fn run(
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect)?;
    let places = vec![Place { role: Role::Reader, room: 0 }; PER_SECOND as usize];
    load.connect(&places, Sockets::Plain, &mut |_| {})?;
    load.tick_every(Duration::from_secs(1) / PER_SECOND)?;
    churn(&mut load, span.churn / WARM_UP)?;
    let before = tree.memory_kib();
    let watch = Stopwatch::start(tree, &load);
    let connects = churn(&mut load, span.churn)?;
    let (mut measured, server_us) = watch.stop(&load);
    let after = tree.memory_kib();
    measured.figure("connects", connects as f64);
    measured.figure("cpu_us_per_connect", server_us / (connects as f64).max(1.0));
    measured.figure("memory_before_kib", before as f64);
    measured.figure("memory_after_kib", after as f64);
    measured
        .figure("memory_growth_bytes_per_connect", (after as f64 - before as f64) * 1024.0 / connects as f64);
    Ok(measured)
}

/// Each connection is open for a second. Then another one replaces it.
fn churn(load: &mut Load, duration: Duration) -> Result<u64, Failure> {
    let (until, mut connects) = (Instant::now() + duration, 0);
    while Instant::now() < until {
        let ticks = load.turn(Duration::ZERO, &mut |_| {})?.ticks;
        for _ in 0..ticks {
            let index = (connects % u64::from(PER_SECOND)) as usize;
            load.reopen(index, Sockets::Plain)?;
            connects += 1;
        }
        if let Some(why) = load.failure() {
            return Err(Failure::Server(format!("a connection ended: {why}")));
        }
        load.sleep(NAP);
    }
    Ok(connects)
}
