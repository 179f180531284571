//! Tests of the board together with clients that apply its updates, without workers.

use std::sync::Barrier;
use std::thread;

use shared::ids::DisplayName;
use shared::presence::Roster;
use shared::protocol::{Presence, PresenceChange, ServerMessage, codec};

use super::*;
use crate::connection::pending_signals::{PendingSignal, PendingSignals};

fn lobby() -> ChannelName {
    ChannelName::parse("room:lobby").unwrap()
}

fn member(user: &str) -> Sender {
    Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(user).unwrap() }
}

fn guest(number: usize) -> Sender {
    member(&format!("guest-{number}"))
}

fn board() -> PresenceBoard {
    PresenceBoard::new(1, PRESENCE_MEMBERS_MAX)
}

/// The guests with these numbers join, each with one connection.
fn join_all(board: &PresenceBoard, channel: &ChannelName, guests: std::ops::Range<usize>) {
    for number in guests {
        board.join(channel, &guest(number));
    }
}

/// The same guests lose their connections.
fn leave_all(board: &PresenceBoard, channel: &ChannelName, guests: std::ops::Range<usize>) {
    for number in guests {
        board.leave(channel, &guest(number).user);
    }
}

/// Removes all members without a connection.
fn sweep(board: &PresenceBoard) -> usize {
    board.sweep(Duration::ZERO, usize::MAX)
}

/// A subscriber that gets every update, with the state that a client keeps.
struct Client {
    version: u64,
    roster: Roster,
    frames: usize,
}

impl Client {
    fn new(board: &PresenceBoard) -> Self {
        let mut client = Self { version: 0, roster: Roster::default(), frames: 0 };
        client.read(&board.members_frame(None, &lobby()));
        client
    }

    /// Applies the update since its version.
    fn update(&mut self, board: &PresenceBoard) {
        if let Some(news) = board.update_since(&lobby(), self.version) {
            self.read(&news.changes.unwrap_or_else(|| board.members_frame(None, &lobby())));
            assert_eq!(self.version, news.version);
        }
    }

    /// Applies what waits in a connection's pending signals.
    fn read_pending(&mut self, board: &PresenceBoard, signals: &mut PendingSignals) {
        while let Some(news) = signals.pop() {
            match news {
                PendingSignal::Frames(frames) => self.read(&frames),
                PendingSignal::Members(channel) => self.read(&board.members_frame(None, &channel)),
            }
        }
    }

    /// Applies frames. Stale ones are ignored; a skipped version is a failure.
    fn read(&mut self, frames: &[u8]) {
        for presence in presences(frames) {
            let version = presence.version.unwrap();
            if version > self.version || self.frames == 0 {
                let is_list = matches!(presence.change, PresenceChange::Members(_));
                assert!(is_list || version == self.version + 1, "{version} after {}", self.version);
                self.version = version;
                self.roster.apply(presence.change);
                self.frames += 1;
            }
        }
    }

    fn members(&self) -> Vec<Sender> {
        let members = self.roster.iter();
        members.map(|(user, name)| Sender { user: user.clone(), name: name.clone() }).collect()
    }
}

/// The messages in some frames.
fn presences(mut frames: &[u8]) -> Vec<Presence> {
    let mut presences = Vec::new();
    while let [_, length, rest @ ..] = frames {
        let (length, rest) = match length {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (usize::try_from(u64::from_be_bytes(rest[..8].try_into().unwrap())).unwrap(), &rest[8..]),
            short => (usize::from(*short), rest),
        };
        let (text, rest) = rest.split_at(length);
        match codec::decode_server(std::str::from_utf8(text).unwrap()).unwrap() {
            ServerMessage::Presence(presence) => presences.push(presence),
            other => panic!("{other:?}"),
        }
        frames = rest;
    }
    presences
}

#[test]
fn a_user_with_two_connections_joins_once_and_leaves_once() {
    let board = board();
    assert_eq!(board.join(&lobby(), &member("ada")), 1);
    assert_eq!(board.join(&lobby(), &member("ada")), 1, "no change");
    let bob = member("bob");
    board.join(&lobby(), &bob);
    board.leave(&lobby(), &member("ada").user);
    assert_eq!(sweep(&board), 0);
    board.leave(&lobby(), &member("ada").user);
    assert_eq!((sweep(&board), board.members(&lobby())), (1, vec![bob]));
}

#[test]
fn a_user_that_reconnects_within_the_grace_period_stays_a_member() {
    let board = board();
    board.join(&lobby(), &member("ada"));
    board.leave(&lobby(), &member("ada").user);
    assert_eq!(board.sweep(Duration::from_secs(60), usize::MAX), 0);
    assert_eq!(board.join(&lobby(), &member("ada")), 1);
    assert_eq!((sweep(&board), board.members(&lobby()).len()), (0, 1));
    // The user leaves for the second time. The first departure must not count.
    board.leave(&lobby(), &member("ada").user);
    assert_eq!((sweep(&board), board.lock().departures.len()), (1, 0));
}

#[test]
fn a_changed_name_is_announced() {
    let board = board();
    board.join(&lobby(), &member("ada"));
    let mut client = Client::new(&board);
    let renamed = Sender { name: DisplayName::parse("Lovelace").unwrap(), ..member("ada") };
    board.join(&lobby(), &renamed);
    client.update(&board);
    assert_eq!(client.members(), [renamed]);
}

#[test]
fn a_list_with_a_request_id_equals_the_encoded_message() {
    let board = board();
    for members in [0, 1, 5, 700] {
        join_all(&board, &lobby(), 0..members);
        let id = Some(RequestId(42));
        let frame = board.members_frame(id, &lobby());
        let version = presences(&board.members_frame(None, &lobby()))[0].version;
        let change = PresenceChange::Members(board.members(&lobby()));
        let presence = Presence { id, channel: lobby(), version, change };
        assert_eq!(frame, crate::message::server_frame(&ServerMessage::Presence(presence)));
    }
}

#[test]
fn many_joins_are_sent_as_one_list_and_a_few_as_changes() {
    let board = board();
    join_all(&board, &lobby(), 0..100);
    let mut client = Client::new(&board);
    assert_eq!((client.members().len(), client.frames), (100, 1));
    join_all(&board, &lobby(), 100..103);
    client.update(&board);
    assert_eq!((client.members().len(), client.frames), (103, 4), "three changes");
    leave_all(&board, &lobby(), 0..90);
    sweep(&board);
    client.update(&board);
    assert_eq!((client.members(), client.frames), (board.members(&lobby()), 5), "one list");
}

#[test]
fn a_channel_that_shrinks_to_the_limit_is_announced_again() {
    let board = board();
    join_all(&board, &lobby(), 0..PRESENCE_MEMBERS_MAX);
    let mut early = Client::new(&board);
    board.take_unannounced(0);
    let large = board.join(&lobby(), &guest(PRESENCE_MEMBERS_MAX));
    let mut late = Client::new(&board);
    assert_eq!((early.version, late.version), (large, large), "above the limit the version does not grow");
    assert_eq!(board.counts([&lobby()]), [PRESENCE_MEMBERS_MAX + 1]);
    assert!(board.take_unannounced(0).is_empty(), "and nothing is announced");

    for number in [7, 8] {
        board.leave(&lobby(), &guest(number).user);
        sweep(&board);
        assert_eq!(board.take_unannounced(0).into_iter().collect::<Vec<_>>(), [lobby()]);
        for client in [&mut early, &mut late] {
            client.update(&board);
            assert_eq!(client.members(), board.members(&lobby()), "without guest {number}");
        }
    }
}

#[test]
fn a_channel_that_is_created_again_has_a_higher_version() {
    let board = board();
    join_all(&board, &lobby(), 0..3);
    let last = Client::new(&board);
    leave_all(&board, &lobby(), 0..3);
    sweep(&board);
    assert!(board.join(&lobby(), &member("ada")) > last.version);
}

#[test]
fn above_the_limit_the_longest_deserted_channels_are_dropped() {
    let (board, channel) = (board(), |number: usize| ChannelName::parse(&format!("room:{number}")).unwrap());
    let (ada, bob) = (member("ada"), member("bob"));
    let pass_through = |number| {
        board.join(&channel(number), &ada);
        board.leave(&channel(number), &ada.user);
    };
    board.join(&channel(0), &bob);
    pass_through(0);
    let version = board.join(&channel(1), &ada);
    board.leave(&channel(1), &ada.user);
    (2..=DESERTED_CHANNELS_MAX).for_each(pass_through);
    assert_eq!(board.members(&channel(1)), std::slice::from_ref(&ada), "the limit itself is allowed");
    pass_through(DESERTED_CHANNELS_MAX + 1);
    assert_eq!(board.members(&channel(1)), [], "the channel that was deserted first is dropped");
    assert_eq!(board.members(&channel(2)), std::slice::from_ref(&ada));
    assert_eq!(
        board.members(&channel(0)),
        [ada.clone(), bob],
        "a channel with a connected member is not deserted"
    );
    assert!(board.join(&channel(1), &ada) > version, "its version continues above the old one");

    board.join(&channel(2), &ada);
    pass_through(DESERTED_CHANNELS_MAX + 2);
    pass_through(DESERTED_CHANNELS_MAX + 3);
    assert_eq!(board.members(&channel(2)), [ada], "a user that came back is connected");
    let left = board.sweep(Duration::ZERO, usize::MAX);
    assert_eq!(left, DESERTED_CHANNELS_MAX + 1, "members of dropped channels do not leave again");
}

#[test]
fn a_sweep_does_not_visit_members_that_are_connected() {
    const MEMBERS: usize = 100_000;
    const SWEEPS: usize = 10_000;
    let (board, start) = (board(), Instant::now());
    for number in 0..MEMBERS {
        let channel = ChannelName::parse(&format!("room:{}", number % 200)).unwrap();
        board.join(&channel, &member(&format!("user-{number}")));
    }
    let (joins, start) = (start.elapsed(), Instant::now());
    // If a sweep visited all members, all sweeps would take as long as thousands of such joins.
    let swept = (0..SWEEPS).take_while(|_| sweep(&board) == 0 && start.elapsed() < joins).count();
    assert_eq!(swept, SWEEPS, "in {joins:?}");
}

#[test]
fn five_thousand_departures_at_once_are_removed_in_slices() {
    const ROOMS: usize = 50;
    const GUESTS: usize = 100;
    const SLICE: usize = 512;
    let board = board();
    let rooms: Vec<_> = (0..ROOMS).map(|room| ChannelName::parse(&format!("room:{room}")).unwrap()).collect();
    for room in &rooms {
        board.join(room, &member("observer"));
        join_all(&board, room, 0..GUESTS);
    }
    board.take_unannounced(0);
    rooms.iter().for_each(|room| leave_all(&board, room, 0..GUESTS));
    let slices: Vec<_> =
        std::iter::from_fn(|| Some(board.sweep(Duration::ZERO, SLICE)).filter(|removed| *removed > 0))
            .collect();
    assert_eq!(slices.iter().sum::<usize>(), ROOMS * GUESTS);
    assert!(slices.iter().all(|slice| *slice <= SLICE), "{slices:?}");
    assert_eq!(board.take_unannounced(0).into_iter().collect::<Vec<_>>().len(), ROOMS, "each once");
    for room in &rooms {
        assert_eq!(board.members(room), [member("observer")]);
    }
}

/// One thread joins and leaves, a second one ends grace periods, and a third one queues updates for a connection that
/// writes now and then. In any interleaving, the client ends with the members of the board.
#[test]
fn concurrent_joins_and_leaves_end_with_the_right_members() {
    const ROUNDS: usize = 300;
    const USERS: usize = 8;
    for seed in 0..8 {
        let (board, start) = (board(), Barrier::new(3));
        board.join(&lobby(), &member("reader"));
        let mut client = Client::new(&board);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut random = fastrand::Rng::with_seed(seed);
                start.wait();
                for _ in 0..ROUNDS {
                    let user = guest(random.usize(..USERS));
                    board.join(&lobby(), &user);
                    if random.bool() {
                        thread::yield_now();
                    }
                    if random.bool() {
                        board.leave(&lobby(), &user.user);
                    }
                }
            });
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    sweep(&board);
                    thread::yield_now();
                }
            });
            start.wait();
            let (mut signals, mut random) = (PendingSignals::default(), fastrand::Rng::with_seed(seed + 100));
            let mut sent = client.version;
            for _ in 0..ROUNDS {
                if let Some(news) = board.update_since(&lobby(), sent) {
                    sent = news.version;
                    signals.put_presence(&lobby(), news.changes);
                }
                // The socket is full for a while.
                if random.u32(..4) == 0 {
                    client.read_pending(&board, &mut signals);
                }
            }
            client.read_pending(&board, &mut signals);
        });
        sweep(&board);
        client.update(&board);
        assert_eq!(client.members(), board.members(&lobby()), "seed {seed}");
    }
}
