//! Properties of [`Log::append`](crate::store::Log::append): order, prev and duplicates.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a property panics if the store does not have it"
)]

use shared::ids::{ChannelName, Offset};

use super::store::{AtOnce as _, Store, accepted, chat};
use crate::store::{Append, Appended};

/// Offsets grow within a batch and from batch to batch, and `prev` is the offset before.
pub fn offsets_grow_in_order(store: &dyn Store) {
    let log = store.open();
    let batch = [chat("room:order", 1), chat("room:order-too", 2), chat("room:order", 3)];
    let first = accepted(&log.append(&batch).unwrap());
    let second = accepted(&log.append(&[chat("room:order", 4)]).unwrap());
    assert_eq!(first[0].0, 0, "nothing is before the first message");
    assert_eq!(first[2].0, first[0].1, "prev names the one before, in the same batch");
    assert_eq!(second[0].0, first[2].1, "and in the batch before");
    assert!(first[0].1 < first[2].1 && first[2].1 < second[0].1);
}

/// A message id that the channel already has is a duplicate with the first offset, within a batch and later.
pub fn a_retry_is_recognised(store: &dyn Store) {
    let log = store.open();
    let entry = chat("room:retry", 1);
    let batch = [entry.clone(), entry.clone()];
    let appended = log.append(&batch).unwrap();
    let [Appended::Accepted { offset, .. }, Appended::Duplicate { offset: again }] = appended[..] else {
        panic!("{appended:?}");
    };
    assert_eq!(offset, again);
    assert_eq!(log.append(&[entry]).unwrap(), [Appended::Duplicate { offset }]);
}

/// Duplicates inside of a batch of new messages leave no hole and do not change the order.
pub fn retries_among_new_messages_use_no_offset(store: &dyn Store) {
    let log = store.open();
    let (here, other) = ("room:retries", "room:retries-too");
    log.append(&[chat(here, 1), chat(other, 1)]).unwrap();
    // One was there before; one comes twice in the batch; all around them is new, in two channels.
    let numbers = (2..=12).chain([1, 5]).chain(13..=40);
    let batch: Vec<Append> = numbers.flat_map(|number| [chat(here, number), chat(other, number)]).collect();
    let appended = log.append(&batch).unwrap();
    for name in [here, other] {
        let channel = ChannelName::parse(name).unwrap();
        let read = log.read(&channel, Offset::START, 100).unwrap().messages;
        assert_eq!(
            read.iter().map(|message| message.id).collect::<Vec<_>>(),
            (1..=40).map(|number| chat(name, number).id).collect::<Vec<_>>()
        );
        let before: Vec<Offset> = read.iter().map(|message| message.prev).collect();
        let offsets = read.iter().map(|message| message.offset);
        let all_but_last = std::iter::once(Offset::START).chain(offsets).take(read.len());
        assert_eq!(before, all_but_last.collect::<Vec<_>>(), "each names the one before");
        let place = |entry: &Append| {
            let message = read.iter().find(|message| message.id == entry.id).unwrap();
            (message.offset, message.prev)
        };
        let mut seen = vec![chat(name, 1).id];
        for (entry, appended) in batch.iter().zip(&appended).filter(|(entry, _)| entry.channel == channel) {
            let (offset, prev) = place(entry);
            let expected = if seen.contains(&entry.id) {
                Appended::Duplicate { offset }
            } else {
                Appended::Accepted { offset, prev }
            };
            assert_eq!(*appended, expected);
            seen.push(entry.id);
        }
        let next = accepted(&log.append(&[chat(name, 41)]).unwrap());
        assert_eq!(next[0].0, read.last().unwrap().offset.0, "nothing is between them");
    }
}

/// A message id is unique within one channel only.
pub fn two_channels_may_use_the_same_message_id(store: &dyn Store) {
    let log = store.open();
    let batch = [chat("room:here", 9), chat("room:there", 9)];
    assert_eq!(accepted(&log.append(&batch).unwrap()).len(), 2);
}
