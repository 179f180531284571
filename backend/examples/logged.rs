//! Messages to a channel with history, for callgrind: what a logged publish costs, without a network and without a clock.
//!
//! Arguments: how many batches, and how many messages in each.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

#[path = "../benches/rig/mod.rs"]
mod rig;

/// A channel with history.
const CHANNEL: &str = "room:bench";

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (Some(batches), Some(messages)) = (numbers.next(), numbers.next()) else {
        // `cargo bench` and `cargo test` start it without.
        return;
    };
    let mut rig = rig::Rig::empty();
    let before = rig.written();
    for _ in 0..batches {
        (0..messages).for_each(|_| rig.say(CHANNEL));
        rig.turns(messages);
        rig.commit();
        rig.turn();
    }
    let bytes = rig.written() - before;
    assert!(bytes >= batches * messages * 30, "all are answered: {bytes} bytes");
}
