//! What a store keeps over its own end, over a failed append, and while others read.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a property panics if the store does not have it"
)]

use std::sync::atomic::{AtomicU64, Ordering};

use shared::ids::{ChannelName, Offset};
use shared::protocol::{Message, RawPayload};

use super::store::{AtOnce as _, Store, accepted, chat};
use crate::store::{Append, Appended, Log};

/// All messages of a channel.
fn contents(log: &dyn Log, channel: &ChannelName) -> Vec<Message<RawPayload>> {
    let run = log.read(channel, Offset::START, u32::MAX).unwrap();
    assert!(!run.more, "the suite's channels fit in one run");
    run.messages
}

/// A log that is closed and opened again has the same epoch, messages, bounds and ids, and its offsets continue.
pub fn a_reopened_log_has_what_was_appended(store: &dyn Store) {
    reopen(store, |log| log.close().unwrap());
}

/// The same for a log that was not closed: the process ended.
pub fn a_log_that_was_not_closed_has_what_was_appended(store: &dyn Store) {
    reopen(store, |_| ());
}

fn reopen(store: &dyn Store, end: fn(&dyn Log)) {
    let log = store.open();
    let batch: Vec<Append> = (1..=10).map(|number| chat("room:reopen", number)).collect();
    let channel = &batch[0].channel;
    let last = *accepted(&log.append(&batch).unwrap()).last().unwrap();
    let state = |log: &dyn Log| {
        (log.epoch(), contents(log, channel), log.bounds(channel).unwrap(), log.channels("", 100).unwrap())
    };
    let before = state(&*log);
    let connections = log.reserve_connections(7).unwrap();
    end(&*log);
    drop(log);

    let log = store.open();
    assert_eq!(state(&*log), before);
    assert_eq!(log.append(&batch[9..]).unwrap(), [Appended::Duplicate { offset: Offset(last.1) }]);
    let next = accepted(&log.append(&[chat("room:reopen", 11)]).unwrap());
    assert_eq!(next[0].0, last.1, "the offsets continue");
    assert!(log.reserve_connections(1).unwrap() >= connections + 7, "a connection's number is used once");
}

/// A failed append leaves nothing of its batch: no message, no id, no channel and no used offset. The same batch is
/// accepted when the store works again.
pub fn a_failed_append_leaves_nothing(store: &dyn Store) {
    let (here, new) = ("room:failing", "room:failing-new");
    let log = store.open();
    let first = accepted(&log.append(&[chat(here, 1)]).unwrap());
    // The last entry fails, after all others were written. Ten, because a store may write several in one statement.
    let mut batch: Vec<Append> = (2..=10).map(|number| chat(here, number)).collect();
    batch.insert(4, chat(new, 1));
    let channels = [&chat(here, 0).channel, &chat(new, 0).channel].map(ChannelName::clone);
    let state = |log: &dyn Log| {
        let held = channels.each_ref().map(|channel| (contents(log, channel), log.bounds(channel).unwrap()));
        (held, log.channels("", 100).unwrap())
    };
    let before = state(&*log);

    store.fail_appends_of(batch.last());
    for _ in 0..2 {
        assert!(log.append(&batch).is_err(), "the store was asked to fail");
        assert_eq!(state(&*log), before);
    }
    store.fail_appends_of(None);
    assert_eq!(state(&*log), before);

    let next = accepted(&log.append(&batch[..1]).unwrap());
    assert_eq!(next[0].0, first[0].1, "the offsets continue as if nothing had failed");
    let again = log.append(&batch).unwrap();
    assert_eq!(again[0], Appended::Duplicate { offset: Offset(next[0].1) });
    accepted(&again[1..]);
    let all = contents(&*log, &channels[0]);
    assert_eq!(all.len(), 10);
    assert!(all.windows(2).all(|pair| pair[1].prev == pair[0].offset), "{all:?}");

    let state_before = state(&*log);
    drop(log);
    assert_eq!(state(&*store.open()), state_before);
}

/// Readers on other threads see, while batches are appended, a growing prefix of the channel without holes; and they see
/// each batch as soon as its append has returned.
pub fn concurrent_readers_see_a_growing_prefix(store: &dyn Store) {
    const BATCHES: u8 = 60;
    const READERS: usize = 2;
    let log = store.open();
    let channel = chat("room:readers", 0).channel;
    // The offset that the last append returned, and u64::MAX after the last of all.
    let (appended, ended) = (AtomicU64::new(0), AtomicU64::new(0));
    let read_all = || {
        let (mut seen, mut head) = (0, 0);
        loop {
            let last_round = ended.load(Ordering::Acquire) != 0;
            let promised = appended.load(Ordering::Acquire);
            let bounds = log.bounds(&channel).unwrap();
            assert!(bounds.head.0 >= promised.max(head), "{bounds:?} after an append returned {promised}");
            head = bounds.head.0;
            // From the reader's position, and all of the newest.
            let run = log.read(&channel, Offset(seen), 1_000).unwrap();
            for message in &run.messages {
                assert_eq!(message.prev.0, seen, "a hole before {}", message.offset);
                seen = message.offset.0;
            }
            assert!(run.more || seen >= head, "read up to {seen}, but the head was {head}");
            let newest = log.read_before(&channel, None, 5).unwrap().messages;
            assert!(newest.windows(2).all(|pair| pair[1].prev == pair[0].offset), "{newest:?}");
            assert!(newest.last().is_none_or(|newest| newest.offset.0 >= head));
            if last_round && !run.more {
                return seen;
            }
        }
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read_all)).collect();
        for number in 0..BATCHES {
            let batch =
                [3 * number, 3 * number + 1, 3 * number + 2].map(|number| chat(channel.as_str(), number));
            let last = *accepted(&log.append(&batch).unwrap()).last().unwrap();
            appended.store(last.1, Ordering::Release);
        }
        ended.store(1, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), appended.load(Ordering::Acquire));
        }
    });
    assert_eq!(contents(&*log, &channel).len(), 3 * usize::from(BATCHES));
}
