//! The program whose instructions and allocations `cargo xtask count` counts: messages to subscribers, without a network and
//! without a clock.
//!
//! Arguments: the number of subscribers and the number of messages; or `connections` and the number of connections of one user
//! that are opened and then closed.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot continue must fail")]

#[path = "../benches/rig/mod.rs"]
mod rig;

use std::sync::Arc;
use std::time::Duration;

use backend::auth::Principal;
use backend::connection::registry::{ConnectionInfo, Registry};
use backend::dialect::Dialect;
use backend::presence::{PRESENCE_MEMBERS_MAX, PresenceBoard};
use shared::ids::{ChannelName, ConnectionId, DisplayName, UserId};
use shared::protocol::Sender;
use shared::time::Timestamp;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, number] = &arguments[..]
        && kind == "connections"
    {
        return open_and_close(number.parse().unwrap());
    }
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

/// Opens this number of connections of one user, and closes them in the same order. Each has a member of a channel and
/// a sweep of the members, who all stay.
fn open_and_close(connections: u64) {
    let registry = Registry::default();
    let board = PresenceBoard::new(1, PRESENCE_MEMBERS_MAX);
    let ada = Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada").unwrap() };
    let ada = Principal { sender: ada };
    let open = |number| {
        let info = ConnectionInfo::new(ConnectionId(number), Dialect::Typed, None, Timestamp(0), 0);
        let info = Arc::new(info);
        assert!(registry.add(&info, usize::MAX));
        registry.replace_principal(&info, ada.clone()).unwrap();
        let user = UserId::parse(&format!("user-{number}")).unwrap();
        let channel = ChannelName::parse(&format!("room:{}", number % 200)).unwrap();
        board.join(&channel, &Sender { user, name: ada.sender.name.clone() });
        assert_eq!(board.sweep(Duration::ZERO, usize::MAX), 0);
        info
    };
    let all: Vec<_> = (1..=connections).map(open).collect();
    all.iter().for_each(|info| registry.remove(info));
    assert_eq!(registry.count(), 0);
}
