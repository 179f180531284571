//! Cost of an idle connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::Stopwatch;
use crate::dialect::{Dialect, Place, Role};
use crate::failure::Failure;
use crate::load::{Load, Sockets};
use crate::machine::process::{Tree, tcp_memory_kib};
use crate::record::Measured;

/// Wait until the memory is stable.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn run(
    connections: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect)?;
    let place = Place { role: Role::Reader, room: 0 };
    // Memory that is allocated once, for the first connection, is not part of the cost of one more.
    load.connect(&[place], Sockets::Plain, &mut |_| {})?;
    settle(&mut load)?;
    let (before, kernel_before) = (tree.memory_kib(), tcp_memory_kib());
    let watch = Stopwatch::start(tree, &load);
    load.connect(&vec![place; connections as usize], Sockets::Plain, &mut |_| {})?;
    let (mut measured, server_us) = watch.stop(&load);
    settle(&mut load)?;
    if let Some(why) = load.failure() {
        return Err(Failure::Server(format!("a connection ended: {why}")));
    }
    let (after, kernel_after) = (tree.memory_kib(), tcp_memory_kib());
    let number = f64::from(connections);
    measured.figure("connections", number);
    measured.figure("memory_kib_per_connection", after.saturating_sub(before) as f64 / number);
    measured.figure("memory_before_kib", before as f64);
    measured.figure("memory_after_kib", after as f64);
    measured.figure("kernel_kib", kernel_after.saturating_sub(kernel_before) as f64);
    measured.figure("cpu_us_per_connect", server_us / number);
    Ok(measured)
}

fn settle(load: &mut Load) -> Result<(), Failure> {
    let until = std::time::Instant::now() + SETTLE;
    while std::time::Instant::now() < until {
        load.turn(Duration::from_millis(100), &mut |_| {})?;
    }
    Ok(())
}
