//! Messages to a channel with history, for callgrind: measures the cost of a logged publish without a network and without a
//! clock.
//!
//! Arguments: the number of batches and the number of messages in each.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot continue must fail")]

#[path = "../benches/rig/mod.rs"]
mod rig;

/// A channel with history.
const CHANNEL: &str = "room:bench";

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (Some(batches), Some(messages)) = (numbers.next(), numbers.next()) else {
        // `cargo bench` and `cargo test` start it without arguments.
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
    assert!(bytes >= batches * messages * 30, "not all messages were answered: {bytes} bytes");
}
