//! Many clients of one worker send large messages at the same time.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../benches/rig/mod.rs"]
mod rig;

use rig::Rig;

const CLIENTS: usize = 40;

/// Maximum number of large messages handled in one event loop iteration. An iteration runs about 60 tasks, more than there are
/// here.
const A_TURN_MAX: usize = CLIENTS / 4;

fn most_in_a_turn(bytes: usize) -> usize {
    let mut rig = Rig::empty();
    rig.say_at_once(CLIENTS, bytes);
    let (mut handled, mut most) = (0, 0);
    while handled < CLIENTS {
        rig.turns(1);
        let publications = rig.publications();
        handled += publications;
        most = most.max(publications);
    }
    most
}

#[test]
fn sockets_are_polled_between_large_messages_of_many_clients() {
    let most = most_in_a_turn(60_000);
    assert!(most <= A_TURN_MAX, "{most} large messages were handled before any socket was polled again");
}

#[test]
fn small_messages_of_many_clients_are_not_delayed() {
    assert!(most_in_a_turn(100) > A_TURN_MAX);
}
