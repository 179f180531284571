//! Properties of the reads: runs, pages, bounds and the list of channels.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a property panics if the store does not have it"
)]

use shared::ids::{ChannelName, DisplayName, Offset};
use shared::protocol::{Payload, RawPayload};

use super::store::{AtOnce as _, Store, accepted, chat};
use crate::store::{Append, Bounds};

/// A channel without messages has bounds of 0 and no messages.
pub fn an_unknown_channel_is_empty(store: &dyn Store) {
    let log = store.open();
    let channel = ChannelName::parse("room:unknown").unwrap();
    assert_eq!(log.bounds(&channel).unwrap(), Bounds { head: Offset(0), floor: Offset(0) });
    let run = log.read(&channel, Offset::START, 10).unwrap();
    assert!(run.messages.is_empty() && !run.more);
}

/// Reading returns every field of an appended message unchanged.
pub fn an_appended_message_is_read_unchanged(store: &dyn Store) {
    let log = store.open();
    let entry = chat("room:read", 7);
    log.append(std::slice::from_ref(&entry)).unwrap();
    let run = log.read(&entry.channel, Offset::START, 10).unwrap();
    let read = run.messages.into_iter().next().unwrap();
    assert_eq!(
        (read.channel, read.id, read.at, read.from, read.payload),
        (entry.channel, entry.id, entry.at, entry.from, entry.payload)
    );
}

/// Reading page by page, in both directions, returns every message once and in order.
pub fn pages_follow_each_other_without_hole_or_overlap(store: &dyn Store) {
    let log = store.open();
    let batch: Vec<Append> = (1..=25).map(|number| chat("room:pages", number)).collect();
    let all: Vec<u64> =
        accepted(&log.append(&batch).unwrap()).into_iter().map(|(_, offset)| offset).collect();
    let channel = &batch[0].channel;

    let (mut forward, mut after) = (Vec::new(), Offset::START);
    loop {
        let run = log.read(channel, after, 10).unwrap();
        forward.extend(run.messages.iter().map(|message| message.offset.0));
        if !run.more {
            break;
        }
        after = run.messages.last().unwrap().offset;
    }
    assert_eq!(forward, all);

    let (mut backward, mut before) = (Vec::new(), None);
    loop {
        let run = log.read_before(channel, before, 10).unwrap();
        let page: Vec<u64> = run.messages.iter().map(|message| message.offset.0).collect();
        backward.splice(0..0, page);
        if !run.more {
            break;
        }
        before = Some(run.messages[0].offset);
    }
    assert_eq!(backward, all);
    assert_eq!(log.bounds(channel).unwrap().head.0, *all.last().unwrap());
}

/// Names and payloads of every kind are read as they were appended, in both directions.
pub fn names_and_payloads_are_read_unchanged(store: &dyn Store) {
    let log = store.open();
    let mut batch: Vec<Append> = (1..=10).map(|number| chat("room:read-unchanged", number)).collect();
    batch[3].from.name = DisplayName::parse(r#"Ada "\ L"#).unwrap();
    batch[4].payload = RawPayload::from(&Payload::chat("a \"b\" \\ \n \u{1} ü"));
    batch[5].payload = RawPayload::from(&Payload::Retract { of: batch[0].id });
    let data = serde_json::json!({ "a": [1, 2.5, null, { "b": "]}" }] });
    batch[6].payload = RawPayload::from(&Payload::Custom { name: "n".to_owned(), data });
    let channel = batch[0].channel.clone();
    log.append(&batch).unwrap();
    let appended: Vec<_> = batch.iter().map(|append| (append.from.clone(), append.payload.clone())).collect();
    for run in [log.read(&channel, Offset::START, 20), log.read_before(&channel, None, 20)] {
        let messages = run.unwrap().messages.into_iter();
        let read: Vec<_> = messages.map(|message| (message.from, message.payload)).collect();
        assert_eq!(read, appended);
    }
}

/// Channels are listed in the order of their names, after the given name.
pub fn channels_are_listed_by_name(store: &dyn Store) {
    let log = store.open();
    log.append(&[chat("zz:b", 1), chat("zz:a", 1), chat("zz:c", 1)]).unwrap();
    let names = |after: &str, limit| -> Vec<String> {
        log.channels(after, limit).unwrap().iter().map(|(name, _)| name.to_string()).collect()
    };
    assert_eq!(names("zz", 10), ["zz:a", "zz:b", "zz:c"]);
    assert_eq!(names("zz:a", 1), ["zz:b"]);
}

/// Every offset is a valid cursor: 0, 2^53 (above it, JavaScript cannot count), 2^63 - 1 and 2^63 (above it, SQLite
/// cannot), and the highest one. An offset above the head reads nothing after it and everything before it.
pub fn offsets_at_the_limits_are_valid_cursors(store: &dyn Store) {
    let log = store.open();
    let batch: Vec<Append> = (1..=3).map(|number| chat("room:limits", number)).collect();
    log.append(&batch).unwrap();
    let (channel, unknown) = (&batch[0].channel, ChannelName::parse("room:unknown").unwrap());

    let all = log.read(channel, Offset(0), u32::MAX).unwrap();
    assert_eq!((all.messages.len(), all.more), (3, false), "every message comes after offset 0");
    let none = log.read_before(channel, Some(Offset(0)), 2).unwrap();
    assert!(none.messages.is_empty() && !none.more, "no message comes before offset 0");

    let newest = log.read_before(channel, None, 2).unwrap();
    for offset in [1 << 53, i64::MAX.cast_unsigned(), 1 << 63, u64::MAX].map(Offset) {
        let after = log.read(channel, offset, 10).unwrap();
        assert!(after.messages.is_empty() && !after.more, "no message comes after {offset}");
        assert_eq!(log.read_before(channel, Some(offset), 2).unwrap(), newest, "all come before {offset}");
        for run in [log.read(&unknown, offset, 10), log.read_before(&unknown, Some(offset), 10)] {
            let run = run.unwrap();
            assert!(
                run.messages.is_empty() && !run.more,
                "an unknown channel has no message around {offset}"
            );
        }
    }
}
