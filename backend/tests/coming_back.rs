//! Subscribers that resume with a large backlog, beside one that is live.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../benches/rig/mod.rs"]
mod rig;

use std::cell::RefCell;
use std::rc::Rc;

use backend::channel::feed::RING_BYTES_MAX;
use backend::channel::wire::Wire;
use rig::{Rig, Sink};

const MISSED: &str = "live:missed";
const LIVE: &str = "live:live";

/// Number of resuming subscribers.
const READERS: usize = 100;

/// Upper bound of the bytes of one write: the limit of a write, plus the frame that exceeds it.
const WRITE_BYTES_MAX: usize = 64 * 1024 + 1024;

/// The writes in order: the subscriber's number, and the bytes. The live subscriber has no number.
type Journal = Rc<RefCell<Vec<(Option<usize>, usize)>>>;

/// Returns the wire of a subscriber that records its writes.
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
fn a_live_subscriber_does_not_wait_for_resuming_ones_with_a_large_backlog() {
    let (mut rig, journal) = (Rig::empty(), Journal::default());
    rig.join(LIVE, reader(None, &journal));
    // One subscriber stays, so that the feed exists.
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
    assert!(before < 2 * READERS, "{before} writes until each resuming subscriber has something");

    rig.say(LIVE);
    let told = |journal: &[(Option<usize>, usize)]| journal.iter().any(|(number, _)| number.is_none());
    rig.until(|| told(&journal.borrow()));
    let meanwhile = journal.borrow().len() - before;
    assert!(meanwhile < READERS / 2, "{meanwhile} writes to resuming subscribers before the live one");

    let all = |journal: &[_]| (0..READERS).all(|reader| written_to(journal, reader) > RING_BYTES_MAX / 2);
    rig.until(|| all(&journal.borrow()));
}
