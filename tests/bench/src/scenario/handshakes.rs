//! Many clients connect at the same moment: time until all have subscribed to a room, and its cost.

use std::net::SocketAddr;

use super::Stopwatch;
use crate::dialect::{Dialect, Place, Role};
use crate::failure::Failure;
use crate::load::{Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

pub(super) fn run(
    connections: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, dialect)?;
    let places = vec![Place { role: Role::Reader, room: 0 }; connections as usize];
    let watch = Stopwatch::start(tree, &load);
    load.connect_at_once(&places, Sockets::Plain, places.len(), &mut |_| {})?;
    let (mut measured, server_us) = watch.stop(&load);
    let number = f64::from(connections);
    measured.figure("connections", number);
    measured.figure("seconds_to_connect", measured.seconds);
    measured.figure("cpu_us_per_connect", server_us / number);
    Ok(measured)
}
