//! Many clients that send large messages at the same time, on one worker.

use crate::rig::Rig;

const CLIENTS: usize = 40;

/// Maximum number of large messages in one iteration of the runtime, which runs about sixty tasks: more than there are here.
const ITERATION_MAX: usize = CLIENTS / 4;

fn most_in_an_iteration(bytes: usize) -> usize {
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
    let most = most_in_an_iteration(60_000);
    assert!(most <= ITERATION_MAX, "{most} large messages were handled before a socket was polled");
}

#[test]
fn small_messages_of_many_clients_are_handled_without_a_pause() {
    assert!(most_in_an_iteration(100) > ITERATION_MAX);
}
