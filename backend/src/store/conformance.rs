//! The test suite that every store must pass: one function per property of the contract of [`Log`].

#![allow(clippy::unwrap_used, reason = "a suite of tests: one that cannot go on fails")]

use shared::ids::{ChannelName, DisplayName, MessageId, Namespace, Offset, UserId};
use shared::protocol::{Payload, RawPayload, Sender};
use shared::time::Timestamp;

use crate::store::{Append, Appended, Bounds, Keep, Log, RunJson, Trimmed};

/// Checks the whole contract. The log must be empty.
///
/// # Panics
/// If the log breaks the contract.
pub fn check(log: &dyn Log) {
    an_unknown_channel_is_empty(log);
    offsets_grow_in_order(log);
    a_retry_is_recognised(log);
    retries_among_new_messages_use_no_offset(log);
    a_channel_accepts_an_id_once(log);
    an_appended_message_can_be_read(log);
    consecutive_pages_have_no_hole_and_no_overlap(log);
    a_page_equals_the_read_before_the_same_offset(log);
    channels_are_listed_by_name(log);
    messages_outside_the_retention_rule_are_trimmed(log);
    a_time_in_the_future_protects_no_message(log);
    a_pass_continues_where_the_last_call_stopped(log);
    impossible_offsets_are_after_all_messages(log);
}

/// Returns a chat message whose id is made of `number`.
///
/// # Panics
/// If `channel` is not a valid channel name.
pub fn chat(channel: &str, number: u8) -> Append {
    Append {
        channel: ChannelName::parse(channel).unwrap(),
        id: MessageId::new(u64::from(number), &[number; 10]),
        at: Timestamp(1_000 + u64::from(number)),
        from: Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada Ä").unwrap() },
        payload: RawPayload::from(&Payload::chat(format!("message {number}"))),
    }
}

/// Returns the payload of a chat message.
pub fn chat_payload(text: &str) -> RawPayload {
    RawPayload::from(&Payload::chat(text))
}

fn accepted(appended: &[Appended]) -> Vec<(u64, u64)> {
    let pair = |appended: &Appended| match appended {
        Appended::Accepted { offset, prev } => (prev.0, offset.0),
        Appended::Duplicate { .. } => panic!("{appended:?}"),
    };
    appended.iter().map(pair).collect()
}

fn an_unknown_channel_is_empty(log: &dyn Log) {
    let channel = ChannelName::parse("room:unknown").unwrap();
    assert_eq!(log.bounds(&channel).unwrap(), Bounds { head: Offset(0), floor: Offset(0) });
    let run = log.read(&channel, Offset::START, 10).unwrap();
    assert!(run.messages.is_empty() && !run.more);
}

fn offsets_grow_in_order(log: &dyn Log) {
    let batch = [chat("room:order", 1), chat("room:order-too", 2), chat("room:order", 3)];
    let first = accepted(&log.append(&batch).unwrap());
    let second = accepted(&log.append(&[chat("room:order", 4)]).unwrap());
    assert_eq!(first[0].0, 0, "the first message has no previous one");
    assert_eq!(first[2].0, first[0].1, "prev names the previous message in the same batch");
    assert_eq!(second[0].0, first[2].1, "and in the previous batch");
    assert!(first[0].1 < first[2].1 && first[2].1 < second[0].1);
}

fn a_retry_is_recognised(log: &dyn Log) {
    let entry = chat("room:retry", 1);
    let batch = [entry.clone(), entry.clone()];
    let appended = log.append(&batch).unwrap();
    let [Appended::Accepted { offset, .. }, Appended::Duplicate { offset: again }] = appended[..] else {
        panic!("{appended:?}");
    };
    assert_eq!(offset, again);
    assert_eq!(log.append(&[entry]).unwrap(), [Appended::Duplicate { offset }]);
}

fn retries_among_new_messages_use_no_offset(log: &dyn Log) {
    let (here, other) = ("room:retries", "room:retries-too");
    log.append(&[chat(here, 1), chat(other, 1)]).unwrap();
    // One message was appended before and one occurs twice in the batch; all others are new, in two channels.
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
        assert_eq!(before, all_but_last.collect::<Vec<_>>(), "each message names the previous one");
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
        assert_eq!(next[0].0, read.last().unwrap().offset.0, "no offset is skipped");
    }
}

fn a_channel_accepts_an_id_once(log: &dyn Log) {
    let batch = [chat("room:here", 9), chat("room:there", 9)];
    assert_eq!(accepted(&log.append(&batch).unwrap()).len(), 2);
}

fn an_appended_message_can_be_read(log: &dyn Log) {
    let entry = chat("room:read", 7);
    log.append(std::slice::from_ref(&entry)).unwrap();
    let run = log.read(&entry.channel, Offset::START, 10).unwrap();
    let read = run.messages.into_iter().next().unwrap();
    assert_eq!(
        (read.channel, read.id, read.at, read.from, read.payload),
        (entry.channel, entry.id, entry.at, entry.from, entry.payload)
    );
}

fn consecutive_pages_have_no_hole_and_no_overlap(log: &dyn Log) {
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

fn a_page_equals_the_read_before_the_same_offset(log: &dyn Log) {
    let name = "room:page-as-json";
    let mut batch: Vec<Append> = (1..=10).map(|number| chat(name, number)).collect();
    batch[3].from.name = DisplayName::parse(r#"Ada "\ L"#).unwrap();
    batch[4].payload = RawPayload::from(&Payload::chat("a \"b\" \\ \n \u{1} ü"));
    batch[5].payload = RawPayload::from(&Payload::Retract { of: batch[0].id });
    let data = serde_json::json!({ "a": [1, 2.5, null, { "b": "]}" }] });
    batch[6].payload = RawPayload::from(&Payload::Custom { name: "n".to_owned(), data });
    let channel = batch[0].channel.clone();
    log.append(&batch).unwrap();
    let last = log.bounds(&channel).unwrap().head;
    for (before, limit) in [(None, 4), (None, 10), (Some(last), 20), (Some(Offset(1)), 5)] {
        let run = log.read_before(&channel, before, limit).unwrap();
        let messages = serde_json::to_string(&run.messages).unwrap();
        assert_eq!(log.page(&channel, before, limit).unwrap(), RunJson { messages, more: run.more });
    }
}

fn messages_outside_the_retention_rule_are_trimmed(log: &dyn Log) {
    let batch: Vec<Append> = (1..=20).map(|number| chat("trim:room", number)).collect();
    let other = chat("trimmed:room", 1);
    log.append(&batch).unwrap();
    log.append(std::slice::from_ref(&other)).unwrap();
    let channel = &batch[0].channel;
    let namespace = Namespace::parse("trim").unwrap();
    let oldest = || log.read(channel, Offset::START, 1).unwrap().messages.first().map(|message| message.at);

    let now = Timestamp(1_000_000);
    let trim = |keep: &Keep, most| {
        let Trimmed { messages, next, .. } = log.trim(&namespace, keep, None, most).unwrap();
        (messages, next)
    };

    let by_count = Keep { messages: Some(15), now, ..Keep::default() };
    assert_eq!(trim(&by_count, 3), (3, Some(channel.clone())), "at most the requested number");
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
    assert_eq!((oldest(), bounds.floor), (None, bounds.head), "the head stays, so that readers get a gap");
    assert_eq!(
        log.bounds(&other.channel).unwrap().floor,
        Offset::START,
        "a namespace with a similar name is not trimmed"
    );
    let next = accepted(&log.append(&[chat("trim:room", 99)]).unwrap());
    assert_eq!(next[0].0, bounds.head.0, "offsets continue");
}

fn a_time_in_the_future_protects_no_message(log: &dyn Log) {
    // The clock was ten years fast for the first and the fourth message.
    let mut batch: Vec<Append> = (1..=6).map(|number| chat("future:room", number)).collect();
    let ahead = Timestamp(1_000 + 10 * 365 * 24 * 60 * 60 * 1000);
    (batch[0].at, batch[3].at) = (ahead, ahead);
    log.append(&batch).unwrap();
    let namespace = Namespace::parse("future").unwrap();
    let trim = |since: Timestamp, now: Timestamp| {
        let keep = Keep { since: Some(since), now, ..Keep::default() };
        log.trim(&namespace, &keep, None, 100).unwrap().messages
    };
    assert_eq!(trim(batch[1].at, batch[5].at), 0, "the second message is kept, and so are those before it");
    assert_eq!(trim(batch[2].at, batch[5].at), 2);
    assert_eq!(trim(batch[5].at, batch[5].at), 3, "the third, the fourth and the fifth");
    let left = log.read(&batch[0].channel, Offset::START, 10).unwrap().messages;
    assert_eq!(left.iter().map(|message| message.id).collect::<Vec<_>>(), [batch[5].id]);
}

fn a_pass_continues_where_the_last_call_stopped(log: &dyn Log) {
    const CHANNELS: u8 = 20;
    let name = |number| format!("pass:{number:03}");
    let batch: Vec<Append> =
        (0..CHANNELS).flat_map(|number| [chat(&name(number), 1), chat(&name(number), 2)]).collect();
    log.append(&batch).unwrap();
    let namespace = Namespace::parse("pass").unwrap();
    let keep = Keep { messages: Some(0), now: Timestamp(1_000_000), ..Keep::default() };
    let (mut from, mut messages) = (None, Vec::new());
    loop {
        let trimmed = log.trim(&namespace, &keep, from.as_ref(), 3).unwrap();
        messages.push(trimmed.messages);
        match trimmed.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(messages.iter().sum::<u32>(), 2 * u32::from(CHANNELS));
    assert!(messages.iter().all(|count| *count <= 3), "{messages:?}");
}

fn impossible_offsets_are_after_all_messages(log: &dyn Log) {
    let batch: Vec<Append> = (1..=3).map(|number| chat("room:beyond", number)).collect();
    log.append(&batch).unwrap();
    let channel = &batch[0].channel;
    let newest = log.read_before(channel, None, 2).unwrap();
    let page = log.page(channel, None, 2).unwrap();
    for offset in [1 << 53, i64::MAX.cast_unsigned(), 1 << 63, u64::MAX].map(Offset) {
        let after = log.read(channel, offset, 10).unwrap();
        assert!(after.messages.is_empty() && !after.more, "nothing comes after {offset}");
        assert_eq!(
            log.read_before(channel, Some(offset), 2).unwrap(),
            newest,
            "all messages are before {offset}"
        );
        assert_eq!(log.page(channel, Some(offset), 2).unwrap(), page);
    }
}

fn channels_are_listed_by_name(log: &dyn Log) {
    log.append(&[chat("zz:b", 1), chat("zz:a", 1), chat("zz:c", 1)]).unwrap();
    let names = |after: &str, limit| -> Vec<String> {
        log.channels(after, limit).unwrap().iter().map(|(name, _)| name.to_string()).collect()
    };
    assert_eq!(names("zz", 10), ["zz:a", "zz:b", "zz:c"]);
    assert_eq!(names("zz:a", 1), ["zz:b"]);
}
