//! Readers that catch up on many missed messages, beside a live reader.

use std::cell::RefCell;
use std::rc::Rc;

use backend::channel::feed::RING_BYTES_MAX;
use backend::channel::wire::Wire;

use crate::rig::{Rig, Sink};

const MISSED: &str = "live:missed";
const LIVE: &str = "live:live";

/// Number of readers that catch up.
const READERS: usize = 100;

/// Maximum size of one write, plus one frame above it.
const WRITE_BYTES_MAX: usize = 64 * 1024 + 1024;

/// The writes in order: the reader's number, `None` for the live reader, and the size in bytes.
type Journal = Rc<RefCell<Vec<(Option<usize>, usize)>>>;

/// A reader that records each write.
fn reader(number: Option<usize>, journal: &Journal) -> Rc<Wire> {
    let journal = Rc::clone(journal);
    Wire::new(Sink(move |bytes: &[u8]| {
        if String::from_utf8_lossy(bytes).contains(r#""type":"message""#) {
            journal.borrow_mut().push((number, bytes.len()));
        }
    }))
}

fn written_to(journal: &[(Option<usize>, usize)], reader: usize) -> usize {
    journal.iter().filter(|(number, _)| *number == Some(reader)).map(|(_, bytes)| bytes).sum()
}

#[test]
fn a_live_reader_does_not_wait_for_readers_that_catch_up() {
    let (mut rig, journal) = (Rig::empty(), Journal::default());
    rig.join(LIVE, reader(None, &journal));
    // One reader stays, so the worker keeps the feed.
    rig.gather(1, &[MISSED]);
    let before = rig.written();
    while rig.written() < before + RING_BYTES_MAX {
        rig.say(MISSED);
        rig.turns(1);
    }
    (0..READERS).for_each(|number| rig.come_back(MISSED, reader(Some(number), &journal)));
    let begun = |journal: &[_]| (0..READERS).all(|reader| written_to(journal, reader) > 0);
    rig.until(|| begun(&journal.borrow()));
    let largest = journal.borrow().iter().map(|(_, bytes)| *bytes).max();
    assert!(largest < Some(WRITE_BYTES_MAX), "{largest:?} bytes in one write");
    let before = journal.borrow().len();
    assert!(before < 2 * READERS, "{before} writes before every reader had some");

    rig.say(LIVE);
    let told = |journal: &[(Option<usize>, usize)]| journal.iter().any(|(number, _)| number.is_none());
    rig.until(|| told(&journal.borrow()));
    let meanwhile = journal.borrow().len() - before;
    assert!(meanwhile < READERS / 2, "{meanwhile} writes to the readers that catch up");

    let all = |journal: &[_]| (0..READERS).all(|reader| written_to(journal, reader) > RING_BYTES_MAX / 2);
    rig.until(|| all(&journal.borrow()));
}
