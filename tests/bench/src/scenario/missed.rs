//! Publishes the messages that resuming readers have missed.

use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::stamp::Stamp;
use crate::load::{Load, Sockets};

use super::Span;

/// Missed messages of each reader.
pub(super) const MESSAGES: u32 = 1000;

const DATA_BYTES: usize = 128;

/// Number of messages in flight.
const WINDOW: u64 = 64;

/// Publishes `messages` in a room, as `publisher`, and waits until a reader has received the last one. Returns the
/// dialect of readers that resume from the position where this reader began.
pub(super) fn publish(
    load: &mut Load,
    dialect: &Dialect,
    (room, publisher): (u32, u16),
    messages: u64,
    span: &Span,
) -> Result<Dialect, Failure> {
    let reader = load.connections();
    load.connect(&[Place { role: Role::Reader, room }], Sockets::Plain, &mut |_| {})?;
    let none = || Failure::Server("no position was told".to_owned());
    let back = dialect.back(load.last_answer()).ok_or_else(none)?;
    load.connect(&[Place { role: Role::Publisher, room }], Sockets::Plain, &mut |_| {})?;
    let (mut sent, mut heard) = (0, 0);
    while heard < messages {
        while sent < messages && sent - heard < WINDOW {
            load.publish(reader + 1, Stamp { publisher, number: sent, sent_ns: 0 }, DATA_BYTES)?;
            sent += 1;
        }
        let turn = load.turn(span.silence, &mut |arrival| match arrival.heard {
            Heard::Delivery(data) if arrival.connection == reader => {
                heard = Stamp::read(data).map_or(heard, |stamp| stamp.number + 1);
            }
            _ => {}
        })?;
        if turn.events == 0 {
            let what = format!("{heard} of {messages} messages had been heard");
            return Err(Failure::Silence { seconds: span.silence.as_secs(), what });
        }
    }
    Ok(back)
}
