//! Cost of a silent channel with a subscriber, and of one more subscription.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Span, Stopwatch};
use crate::dialect::tidings::Tidings;
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::{Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

/// Number of subscriptions per connection.
const PER_CONNECTION: u32 = 1000;

/// Maximum number of unanswered subscribe requests per connection.
const WINDOW: usize = 32;

/// Measures `subscriptions` subscriptions to `channels` different channels.
pub(super) fn run(
    subscriptions: u32,
    channels: u32,
    address: SocketAddr,
    tidings: Tidings,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut load = Load::new(address, Dialect::Tidings(tidings.clone()))?;
    let connections = subscriptions.div_ceil(PER_CONNECTION) as usize;
    load.connect(&vec![Place { role: Role::Publisher, room: 0 }; connections], Sockets::Plain, &mut |_| {})?;
    settle(&mut load)?;
    let before = tree.memory_kib();
    let watch = Stopwatch::start(tree, &load);
    let (mut sent, mut answered) = (0, 0);
    while answered < subscriptions as usize {
        while sent < (subscriptions as usize).min(answered + WINDOW) {
            let channel = sent as u32 % channels;
            let connection = sent / PER_CONNECTION as usize;
            load.say(connection, &tidings.subscribe(sent as u64 + 2, channel))?;
            sent += 1;
        }
        let mut refused = None;
        let turn = load.turn(span.silence, &mut |arrival| match arrival.heard {
            Heard::Subscribed => answered += 1,
            Heard::Refused(why) => refused = Some(String::from_utf8_lossy(why).into_owned()),
            Heard::Accepted(_) | Heard::Page(_) | Heard::Delivery(_) | Heard::Other => {}
        })?;
        if let Some(why) = refused {
            return Err(Failure::Server(format!("refused: {why}")));
        }
        if turn.events == 0 {
            let what = format!("{answered} of {subscriptions} had been answered");
            return Err(Failure::Silence { seconds: span.silence.as_secs(), what });
        }
    }
    let (mut measured, server_us) = watch.stop(&load);
    settle(&mut load)?;
    let after = tree.memory_kib();
    measured.figure("subscriptions", f64::from(subscriptions));
    measured.figure("channels", f64::from(channels));
    measured.figure("memory_before_kib", before as f64);
    measured.figure("memory_after_kib", after as f64);
    measured.figure(
        "memory_bytes_per_subscription",
        (after as f64 - before as f64) * 1024.0 / f64::from(subscriptions),
    );
    measured.figure("cpu_us_per_subscribe", server_us / f64::from(subscriptions));
    Ok(measured)
}

fn settle(load: &mut Load) -> Result<(), Failure> {
    const SETTLE: Duration = Duration::from_secs(1);
    let until = std::time::Instant::now() + SETTLE;
    while std::time::Instant::now() < until {
        load.turn(Duration::from_millis(100), &mut |_| {})?;
    }
    Ok(())
}
