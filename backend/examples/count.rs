//! The program whose instructions and allocations `cargo xtask count` counts: messages to subscribers, without a network and
//! without a clock.
//!
//! Arguments: the number of subscribers and the number of messages.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot continue must fail")]

#[path = "../benches/rig/mod.rs"]
mod rig;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (Some(readers), Some(messages)) = (numbers.next(), numbers.next()) else {
        // `cargo bench` and `cargo test` start it without arguments.
        return;
    };
    let mut rig = rig::Rig::new(readers);
    let before = rig.written();
    for _ in 0..messages {
        rig.publish();
    }
    let bytes = rig.written() - before;
    assert!(bytes >= readers * messages * 128, "not all subscribers got all messages: {bytes} bytes");
}
