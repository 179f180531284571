//! Properties of trims: [`Log::outdated`](crate::store::Log::outdated) and the command.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a property panics if the store does not have it"
)]

use shared::ids::{Namespace, Offset};
use shared::time::Timestamp;

use super::store::{AtOnce as _, Store, accepted, chat};
use crate::store::{Append, Deletion, Entry, Keep, Outdated, Trim, Trimmed};

/// Trimming deletes by count and by age, never more than asked, and keeps the head.
pub fn trimming_deletes_only_outdated_messages(store: &dyn Store) {
    let log = store.open();
    let batch: Vec<Append> = (1..=20).map(|number| chat("trim:room", number)).collect();
    let other = chat("trimmed:room", 1);
    log.append(&batch).unwrap();
    log.append(std::slice::from_ref(&other)).unwrap();
    let channel = &batch[0].channel;
    let namespace = Namespace::parse("trim").unwrap();
    let oldest = || log.read(channel, Offset::START, 1).unwrap().messages.first().map(|message| message.at);

    let now = Timestamp(1_000_000);
    let trim = |keep: &Keep, most| {
        let (trimmed, next) = log.trim(&namespace, keep, None, most).unwrap();
        (trimmed.messages, next)
    };

    let by_count = Keep { messages: Some(15), now, ..Keep::default() };
    assert_eq!(trim(&by_count, 3), (3, Some(channel.clone())), "no more than was asked");
    assert_eq!(trim(&by_count, 10), (2, None));
    assert_eq!(trim(&by_count, 10), (0, None));
    assert_eq!(oldest(), Some(batch[5].at));

    let by_age = Keep { since: Some(batch[10].at), now, ..Keep::default() };
    assert_eq!(trim(&by_age, 2), (2, Some(channel.clone())));
    assert_eq!(trim(&by_age, 100), (3, None));
    assert_eq!(oldest(), Some(batch[10].at));
    let bounds = log.bounds(channel).unwrap();
    assert!(bounds.floor < bounds.head);

    let nothing = Keep { messages: Some(0), now, ..Keep::default() };
    trim(&nothing, 100);
    let bounds = log.bounds(channel).unwrap();
    assert_eq!(
        (oldest(), bounds.floor),
        (None, bounds.head),
        "the head stays, so that readers learn of the gap"
    );
    assert_eq!(
        log.bounds(&other.channel).unwrap().floor,
        Offset::START,
        "another namespace with a like name"
    );
    let next = accepted(&log.append(&[chat("trim:room", 99)]).unwrap());
    assert_eq!(next[0].0, bounds.head.0, "offsets go on");
}

/// A message from a time in the future does not protect the messages before it from a trim by age.
pub fn a_time_in_the_future_protects_no_message(store: &dyn Store) {
    let log = store.open();
    // The clock was ten years ahead for the first message and the fourth.
    let mut batch: Vec<Append> = (1..=6).map(|number| chat("future:room", number)).collect();
    let ahead = Timestamp(1_000 + 10 * 365 * 24 * 60 * 60 * 1000);
    (batch[0].at, batch[3].at) = (ahead, ahead);
    log.append(&batch).unwrap();
    let namespace = Namespace::parse("future").unwrap();
    let trim = |since: Timestamp, now: Timestamp| {
        let keep = Keep { since: Some(since), now, ..Keep::default() };
        log.trim(&namespace, &keep, None, 100).unwrap().0.messages
    };
    assert_eq!(trim(batch[1].at, batch[5].at), 0, "the second is kept, and so is what comes before");
    assert_eq!(trim(batch[2].at, batch[5].at), 2);
    assert_eq!(trim(batch[5].at, batch[5].at), 3, "the third, the fourth and the fifth");
    let left = log.read(&batch[0].channel, Offset::START, 10).unwrap().messages;
    assert_eq!(left.iter().map(|message| message.id).collect::<Vec<_>>(), [batch[5].id]);
}

/// Repeated calls that continue at [`Due::next`](crate::store::Due::next) trim the whole namespace.
pub fn trimming_continues_at_the_returned_channel(store: &dyn Store) {
    let log = store.open();
    const CHANNELS: u8 = 20;
    let name = |number| format!("pass:{number:03}");
    let batch: Vec<Append> =
        (0..CHANNELS).flat_map(|number| [chat(&name(number), 1), chat(&name(number), 2)]).collect();
    log.append(&batch).unwrap();
    let namespace = Namespace::parse("pass").unwrap();
    let keep = Keep { messages: Some(0), now: Timestamp(1_000_000), ..Keep::default() };
    let (mut from, mut messages) = (None, Vec::new());
    loop {
        let (trimmed, next) = log.trim(&namespace, &keep, from.as_ref(), 3).unwrap();
        messages.push(trimmed.messages);
        match next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(messages.iter().sum::<u32>(), 2 * u32::from(CHANNELS));
    assert!(messages.iter().all(|count| *count <= 3), "{messages:?}");
}

/// An entry of appends and trims is applied as a whole or not at all. The appends come first.
pub fn an_entry_of_appends_and_trims_is_applied_as_a_whole(store: &dyn Store) {
    let log = store.open();
    let [first, second, third] = [1, 2, 3].map(|number| chat("whole:room", number));
    let channel = first.channel.clone();
    let kept = || -> Vec<_> {
        log.read(&channel, Offset::START, 10).unwrap().messages.iter().map(|message| message.id).collect()
    };
    log.append(std::slice::from_ref(&first)).unwrap();
    let deletion = Deletion::Through(log.bounds(&channel).unwrap().head);
    let trim = |deletion| Trim { channels: vec![Outdated { channel: channel.clone(), deletion }] };
    let entry = Entry { appends: vec![second.clone()], trims: vec![trim(deletion)] };
    store.fail_appends_of(Some(&second));
    assert!(log.apply(&entry).is_err());
    assert_eq!(kept(), [first.id], "nothing is appended, and nothing trimmed");
    store.fail_appends_of(None);
    let applied = log.apply(&entry).unwrap();
    assert_eq!((applied.appends.len(), applied.trims), (1, vec![Trimmed { messages: 1, channels: 0 }]));
    assert_eq!(kept(), [second.id]);

    let all = Deletion::Through(Offset(1_000));
    let applied = log.apply(&Entry { appends: vec![third], trims: vec![trim(all)] }).unwrap();
    assert_eq!(applied.trims[0].messages, 2, "the message of the same entry, too");
    assert_eq!(kept(), []);
}
