//! A room with many readers beside one with few, on one worker.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../benches/rig/mod.rs"]
mod rig;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use backend::hub::feed::RING_FRAMES_MAX;
use backend::hub::socket::Socket;
use backend::hub::wire::Wire;
use rig::Rig;

const LARGE: &str = "live:large";
const SMALL: &str = "live:small";
const READERS: usize = 1000;

/// In which order messages were written to readers: the room, and the reader's number.
type Journal = Rc<RefCell<Vec<(&'static str, usize)>>>;

/// Where a reader's messages go.
struct Reader {
    room: &'static str,
    number: usize,
    journal: Journal,
}

impl Socket for Reader {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        for _ in text.match_indices(r#""type":"message""#) {
            self.journal.borrow_mut().push((self.room, self.number));
        }
        Ok(bytes.len())
    }

    fn poll_room(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A large room, and a small one.
fn gather() -> (Rig, Journal) {
    let (mut rig, journal) = (Rig::empty(), Journal::default());
    for (room, readers) in [(LARGE, READERS), (SMALL, 1)] {
        for number in 0..readers {
            let journal = Rc::clone(&journal);
            rig.join(room, Wire::new(Reader { room, number, journal }));
        }
    }
    // A turn of the runtime is one of some sixty tasks.
    rig.turns(READERS);
    (rig, journal)
}

/// Lets the worker go on until `done`.
#[track_caller]
fn until(rig: &Rig, journal: &Journal, done: impl Fn(&[(&str, usize)]) -> bool) {
    for _ in 0..READERS {
        if done(&journal.borrow()) {
            return;
        }
        rig.turns(1);
    }
    panic!("after {READERS} turns: {} messages", journal.borrow().len());
}

#[test]
fn who_speaks_in_a_small_room_does_not_wait_for_a_large_one() {
    let (mut rig, journal) = gather();
    rig.say(LARGE);
    until(&rig, &journal, |told| !told.is_empty());
    assert!(journal.borrow().len() < READERS, "the large room is told piece by piece");

    rig.say(SMALL);
    rig.turns(1);
    until(&rig, &journal, |told| told.len() == READERS + 1);
    let place = journal.borrow().iter().position(|(room, _)| *room == SMALL).unwrap();
    assert!(place < READERS / 2, "the small room was told as number {place}");
}

#[test]
fn what_comes_while_a_large_room_is_told_comes_to_each_reader_after_it_and_in_one_write() {
    let (mut rig, journal) = gather();
    rig.say(LARGE);
    until(&rig, &journal, |told| !told.is_empty());
    for _ in 0..3 {
        rig.say(LARGE);
    }
    rig.turns(1);
    until(&rig, &journal, |told| told.len() == 4 * READERS);
    let numbers: Vec<_> = journal.borrow().iter().map(|(_, number)| *number).collect();
    let (first, rest) = numbers.split_at(READERS);
    assert!(first.iter().copied().eq(0..READERS), "the first message, to all");
    assert!(rest.iter().copied().eq((0..READERS).flat_map(|number| [number; 3])), "then the others at once");
}

/// The bytes that a publisher and so many readers are sent while more is said than a feed holds, and than the last readers of
/// a large room can be told meanwhile. They follow two channels, so that each is told from the ring.
fn flooded(readers: usize) -> usize {
    const TURNS: usize = 40;
    let mut rig = Rig::empty();
    rig.gather(readers, &[LARGE, SMALL]);
    let before = rig.written();
    for _ in 0..TURNS {
        (0..2 * RING_FRAMES_MAX / TURNS).for_each(|_| rig.say(LARGE));
        rig.turns(1);
    }
    // Until a while brings nothing more.
    loop {
        let written = rig.written();
        rig.turns(1000);
        if rig.written() == written {
            return written - before;
        }
    }
}

#[test]
fn the_last_reader_of_a_large_room_misses_nothing_while_it_is_flooded() {
    const READERS: usize = 2560;
    let answers = flooded(0);
    let messages = flooded(1) - answers;
    assert!(messages > RING_FRAMES_MAX * 100, "a reader is sent all of it: {messages} bytes");
    // In a channel without history, a gap would stand for what has left the ring, and is shorter.
    assert_eq!(flooded(READERS) - answers, READERS * messages);
}
