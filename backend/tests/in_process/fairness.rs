//! Work that grows with a client's frames, or with the number of connections, is done in pieces: the worker's other tasks
//! run in between.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll};

use backend::channel::wire::Wire;
use backend::client::frames::{Incoming, Received};
use shared::protocol::CloseCode;

use crate::rig::{CHANNEL, Rig, Sink};

/// The frames that a client has sent before the worker reads.
#[derive(Clone)]
struct Frames(Rc<RefCell<VecDeque<Received>>>);

impl Frames {
    fn new(frames: impl IntoIterator<Item = Received>) -> Self {
        Self(Rc::new(RefCell::new(frames.into_iter().collect())))
    }

    /// Number of frames that were not read yet.
    fn left(&self) -> usize {
        self.0.borrow().len()
    }
}

impl Incoming for Frames {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Received> {
        self.0.borrow_mut().pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// A socket that accepts everything.
fn wire() -> Rc<Wire> {
    Wire::new(Sink(|_: &[u8]| {}))
}

/// Number of frames that a client sends at once.
const FRAMES: usize = 10_000;

/// Returns the maximum number of frames that were read in one iteration of the event loop, and the number that were
/// left when a message of another client had been delivered.
fn flooded(first: Option<Received>, frame: fn() -> Received) -> (usize, usize) {
    let mut rig = Rig::empty();
    rig.gather(1, &[CHANNEL]);
    let (written, frames) = (rig.written(), Frames::new(std::iter::repeat_with(frame).take(FRAMES)));
    if let Some(first) = first {
        frames.0.borrow_mut().push_front(first);
    }
    rig.say(CHANNEL);
    rig.connect(frames.clone(), wire());
    let (mut before, mut most, mut left) = (frames.left(), 0, None);
    rig.wait_until(|| {
        let now = frames.left();
        most = most.max(before - now);
        before = now;
        // The publisher gets its answer, and the subscriber the message.
        if rig.written() > written + 2 * 128 {
            left.get_or_insert(now);
        }
        now == 0
    });
    (most, left.unwrap_or(0))
}

#[test]
fn a_client_that_sends_many_frames_at_once_delays_no_message_of_another() {
    let check = |name, first, frame, most_max| {
        let (most, left) = flooded(first, frame);
        assert!(most <= most_max, "{name}: {most} frames at once");
        assert!(left > FRAMES / 2, "{name}: the message was delivered when {left} frames were left");
    };
    // A few times the number that is handled without a break, because an iteration may run a connection more than once.
    check("pongs", None, || Received::Pong, 128);
    check("empty parts", None, || Received::Part(0), 128);
    check("parts of 8 KiB", None, || Received::Part(8 * 1024), 16);
    let broken = Received::Broken { code: CloseCode::PROTOCOL, error: String::new() };
    check("frames after a protocol error", Some(broken), || Received::Part(0), 128);
}

#[test]
fn the_periodic_work_visits_connections_in_slices() {
    const READERS: usize = 4096;
    let mut rig = Rig::empty();
    rig.gather(READERS, &[CHANNEL]);
    let connections = rig.connections();
    // The periodic work adds the written bytes to the figures of each connection.
    let visited = || connections.iter().filter(|info| info.view().sent > 0).count();
    rig.say(CHANNEL);
    let (mut before, mut most) = (0, 0);
    rig.wait_until(|| {
        let now = visited();
        most = most.max(now - before);
        before = now;
        now == READERS
    });
    assert!(most < READERS / 4, "{most} of {READERS} connections were visited at once");
}

/// The rooms that a presence change and a message were written to, in their order.
type Journal = Rc<RefCell<Vec<&'static str>>>;

/// A socket that notes `room` when a write contains `text`.
fn noting(room: &'static str, text: &'static str, journal: &Journal) -> Rc<Wire> {
    let journal = Rc::clone(journal);
    Wire::new(Sink(move |bytes: &[u8]| {
        if String::from_utf8_lossy(bytes).contains(text) {
            journal.borrow_mut().push(room);
        }
    }))
}

/// The texts of a client that subscribes to a channel.
fn subscriber(name: &str, token: &str, channel: &str) -> Frames {
    let texts = [
        format!(r#"{{"type":"hello","version":1,"name":"{name}","token":"{token}"}}"#),
        format!(r#"{{"type":"subscribe","id":1,"channel":"{channel}"}}"#),
    ];
    Frames::new(texts.map(|text| Received::Text(text.into())))
}

#[test]
fn a_message_to_a_small_room_does_not_wait_for_a_presence_change_of_a_large_room() {
    const READERS: usize = 10_000;
    const LARGE: &str = "room:large";
    let (mut rig, journal) = (Rig::empty(), Journal::default());
    rig.connect(subscriber("Small", &rig.guest(), CHANNEL), noting("small", r#""type":"message""#, &journal));
    // Changes of a room with so many members would not be announced, so they are connections of one user.
    let token = rig.guest();
    for _ in 0..READERS {
        rig.connect(subscriber("Ada", &token, LARGE), noting("large", "Zoe", &journal));
    }
    let connections = rig.connections();
    let subscribed = || connections.iter().filter(|info| info.view().subscriptions > 0).count();
    rig.wait_until(|| subscribed() == READERS + 1);
    rig.connect(subscriber("Zoe", &rig.guest(), LARGE), wire());
    rig.wait_until(|| !journal.borrow().is_empty());
    assert!(journal.borrow().len() < READERS, "the change is announced in pieces");

    rig.say(CHANNEL);
    rig.wait_until(|| journal.borrow().len() == READERS + 1);
    let before = journal.borrow().iter().position(|room| *room == "small").unwrap();
    assert!(before < READERS / 2, "the message was written after {before} announcements");
}
