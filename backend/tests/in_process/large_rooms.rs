//! A room with many readers beside a room with one, on one worker.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use backend::channel::feed::RING_MESSAGES_MAX;
use backend::channel::wire::Wire;
use backend::shard::round::{NEWS_PER_ROUND_MAX, PIECE_BYTES_MAX};

use crate::rig::{Rig, Sink};

const LARGE: &str = "live:large";
const SMALL: &str = "live:small";
const READERS: usize = 1000;

/// The messages and signals in the order in which they were written: the room and the reader's number.
type Journal = Rc<RefCell<Vec<(&'static str, usize)>>>;

/// A reader that records each write.
fn reader(room: &'static str, number: usize, journal: &Journal) -> Rc<Wire> {
    let journal = Rc::clone(journal);
    Wire::new(Sink(move |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let news = [r#""type":"message""#, r#""type":"signal""#].map(|kind| text.matches(kind).count());
        journal.borrow_mut().extend((0..news.iter().sum()).map(|_| (room, number)));
    }))
}

/// A large room and a small room.
fn gather() -> (Rig, Journal) {
    gather_many(READERS)
}

fn gather_many(readers: usize) -> (Rig, Journal) {
    let (mut rig, journal) = (Rig::empty(), Journal::default());
    for (room, readers) in [(LARGE, readers), (SMALL, 1)] {
        for number in 0..readers {
            rig.join(room, reader(room, number, &journal));
        }
    }
    // One iteration of the runtime runs about sixty tasks.
    rig.turns(readers);
    (rig, journal)
}

#[test]
fn a_message_to_a_small_room_does_not_wait_for_a_large_room() {
    let (mut rig, journal) = gather();
    rig.say(LARGE);
    rig.until(|| !journal.borrow().is_empty());
    assert!(journal.borrow().len() < READERS, "the fan-out to the large room is in pieces");

    rig.say(SMALL);
    rig.turns(1);
    rig.until(|| journal.borrow().len() == READERS + 1);
    let place = journal.borrow().iter().position(|(room, _)| *room == SMALL).unwrap();
    assert!(place < READERS / 2, "the message to the small room was number {place}");
}

#[test]
fn a_message_to_a_small_room_does_not_wait_for_the_typing_signal_of_a_large_room() {
    let (mut rig, journal) = gather();
    rig.type_in(LARGE);
    rig.until(|| !journal.borrow().is_empty());
    assert!(journal.borrow().len() < READERS, "the fan-out to the large room is in pieces");

    rig.say(SMALL);
    rig.turns(1);
    rig.until(|| journal.borrow().len() == READERS + 1);
    let place = journal.borrow().iter().position(|(room, _)| *room == SMALL).unwrap();
    assert!(place < READERS * 3 / 4, "the message to the small room was number {place}");
}

#[test]
fn no_reader_gets_a_typing_signal_after_the_message() {
    let (mut rig, kinds) = (Rig::empty(), Rc::new(RefCell::new(vec![String::new(); READERS])));
    for number in 0..READERS {
        let kinds = Rc::clone(&kinds);
        rig.join(
            LARGE,
            Wire::new(Sink(move |bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                let kinds = &mut kinds.borrow_mut()[number];
                kinds.extend(text.contains(r#""type":"signal""#).then_some("s"));
                kinds.extend(text.contains(r#""type":"message""#).then_some("m"));
            })),
        );
    }
    rig.turns(READERS);
    rig.type_in(LARGE);
    rig.until(|| kinds.borrow().iter().any(|kinds| kinds == "s"));
    rig.say(LARGE);
    rig.until(|| kinds.borrow().iter().all(|kinds| kinds.contains('m')));
    rig.turns(READERS);
    let kinds = kinds.borrow();
    assert!(kinds.iter().all(|kinds| kinds == "m" || kinds == "sm"), "signals precede the message");
    assert!(kinds.iter().any(|kinds| kinds == "m"), "some readers get the message without a signal");
}

#[test]
fn typing_signals_that_wait_to_be_sent_become_one() {
    let (mut rig, journal) = gather();
    (0..100).for_each(|_| rig.type_in(SMALL));
    rig.turns(100);
    let told = journal.borrow().len();
    assert!((1..50).contains(&told), "{told} signals were sent");
}

#[test]
fn messages_that_arrive_during_a_round_join_it() {
    let (mut rig, journal) = gather();
    rig.say(LARGE);
    rig.until(|| !journal.borrow().is_empty());
    for _ in 0..3 {
        rig.say(LARGE);
    }
    rig.turns(1);
    rig.until(|| journal.borrow().len() == 4 * READERS);
    let numbers: Vec<_> = journal.borrow().iter().map(|(_, number)| *number).collect();
    let before = numbers.windows(2).position(|pair| pair[0] == pair[1]).unwrap();
    assert!(before < READERS / 2, "{before} got the first message before the others were published");
    let (early, rest) = numbers.split_at(before);
    assert!(early.iter().copied().eq(0..before), "the first message alone, to some");
    let (late, rest) = rest.split_at(4 * (READERS - before));
    assert!(
        late.iter().copied().eq((before..READERS).flat_map(|number| [number; 4])),
        "all four together, to the others"
    );
    assert!(
        rest.iter().copied().eq((0..before).flat_map(|number| [number; 3])),
        "the other three, to the first"
    );
}

#[test]
fn a_round_admits_a_limited_number_of_new_messages() {
    const PIECES: usize = 40;
    const READERS: usize = PIECES * 128;
    let (mut rig, journal) = gather_many(READERS);
    for _ in 0..2 * PIECES {
        rig.say(LARGE);
        rig.turns(1);
    }
    let journal = journal.borrow();
    let told = journal.chunk_by(|one, next| one == next).take(READERS).map(<[_]>::len);
    let mut amounts: Vec<_> = told.collect();
    assert_eq!(amounts.len(), READERS, "a round has ended");
    assert!(amounts.is_sorted(), "the later a reader is in the first round, the more messages it gets");
    amounts.dedup();
    assert!(amounts.len() > NEWS_PER_ROUND_MAX / 2, "{amounts:?}");
    assert!(amounts.len() <= NEWS_PER_ROUND_MAX, "{amounts:?}");
}

#[test]
fn a_piece_of_a_round_is_bounded_in_bytes() {
    let (mut rig, journal) = gather();
    // A reader gets no more than these at a time.
    (0..200).for_each(|_| rig.say(LARGE));
    let (before, most) = (Cell::new(0), Cell::new(0));
    rig.until(|| {
        let now = journal.borrow().len();
        most.set(most.get().max(now - before.replace(now)));
        now == 200 * READERS
    });
    let (most, messages_max) = (most.get(), PIECE_BYTES_MAX / 128);
    assert!(most > 200 && most < messages_max, "{most} messages of more than 128 bytes");
}

/// Returns the bytes written to a publisher and `readers` readers while more messages are published than a feed's ring
/// holds and than the fan-out can keep up with. The readers follow two channels, so each is served from the ring.
fn flooded(readers: usize) -> usize {
    const TURNS: usize = 40;
    let mut rig = Rig::empty();
    rig.gather(readers, &[LARGE, SMALL]);
    let before = rig.written();
    for _ in 0..TURNS {
        (0..2 * RING_MESSAGES_MAX / TURNS).for_each(|_| rig.say(LARGE));
        rig.turns(1);
    }
    // Until nothing more is written.
    loop {
        let written = rig.written();
        rig.turns(1000);
        if rig.written() == written {
            return written - before;
        }
    }
}

#[test]
fn the_last_reader_of_a_flooded_large_room_misses_nothing() {
    const READERS: usize = 2560;
    let answers = flooded(0);
    let messages = flooded(1) - answers;
    assert!(messages > RING_MESSAGES_MAX * 100, "a single reader gets all messages: {messages} bytes");
    // In a channel without history, a reader that falls out of the ring would get a gap, which is shorter.
    assert_eq!(flooded(READERS) - answers, READERS * messages);
}
