//! What `cargo xtask count` counts the instructions and the allocations of: messages to readers, without a network and without a clock.
//!
//! Arguments: how many readers, and how many messages.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

#[path = "../benches/rig/mod.rs"]
mod rig;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (Some(readers), Some(messages)) = (numbers.next(), numbers.next()) else {
        // `cargo bench` and `cargo test` start it without.
        return;
    };
    let mut rig = rig::Rig::new(readers);
    let before = rig.written();
    for _ in 0..messages {
        rig.publish();
    }
    let bytes = rig.written() - before;
    assert!(bytes >= readers * messages * 128, "all have all: {bytes} bytes");
}
