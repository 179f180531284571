//! The cost of trimming, and the removal of idle channels.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::time::Timestamp;

use super::*;

/// Trims a namespace once. Returns the numbers of messages, of channels and of calls.
fn pass(log: &SqliteLog, keep: &Keep) -> (u32, u32, u32) {
    let namespace = Namespace::parse("trim").unwrap();
    let (mut from, mut sum) = (None, (0, 0, 0));
    loop {
        let (Trimmed { messages, channels }, next) = log.trim(&namespace, keep, from.as_ref(), 500).unwrap();
        sum = (sum.0 + messages, sum.1 + channels, sum.2 + 1);
        match next {
            Some(next) => from = Some(next),
            None => return sum,
        }
    }
}

/// Returns the number of SQLite steps needed to trim a namespace in which each channel has one message, and none is kept.
fn steps(channels: u64) -> u64 {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    let directory = tempfile::tempdir().unwrap();
    let log = open_quick(&directory);
    for first in (0..channels).step_by(1000) {
        let name = |number| format!("trim:{number}");
        let batch = (first..first + 1000).flat_map(|number| chats(&name(number), number..number + 1, 10));
        log.append(&batch.collect::<Vec<_>>()).unwrap();
    }
    let count = || {
        STEPS.fetch_add(1, Ordering::Relaxed);
        false
    };
    log.writer().connection.progress_handler(10, Some(count)).unwrap();
    log.readers.each(|connection| connection.progress_handler(10, Some(count)).unwrap());
    let before = STEPS.load(Ordering::Relaxed);
    let keep = Keep { since: Some(Timestamp(u64::MAX)), now: Timestamp(u64::MAX), ..Keep::default() };
    assert_eq!(pass(&log, &keep).0, u32::try_from(channels).unwrap());
    STEPS.load(Ordering::Relaxed) - before
}

#[test]
fn the_cost_of_a_pass_is_linear_in_the_number_of_channels() {
    let (few, many) = (steps(4_000), steps(40_000));
    assert!(few > 0);
    assert!(many < 12 * few, "ten times as many channels: {many} steps instead of {few}");
}

#[test]
fn one_call_looks_at_a_bounded_number_of_channels() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_quick(&directory);
    let batch = (0..1_100).flat_map(|number| chats(&format!("trim:{number:05}"), number..number + 1, 10));
    log.append(&batch.collect::<Vec<_>>()).unwrap();
    let nothing_to_do = Keep { messages: Some(1), now: Timestamp(5_000), ..Keep::default() };
    assert_eq!(pass(&log, &nothing_to_do), (0, 0, 3), "500, 500 and 100");
}

#[test]
fn an_empty_idle_channel_is_forgotten_and_continues_above_its_earlier_offsets() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    let (short, long) = (conformance::chat("trim:short", 1), chats("trim:long", 0..9, 10));
    log.append(&[std::slice::from_ref(&short), &long[..]].concat()).unwrap();
    let keep = |idle| Keep {
        since: Some(Timestamp(5_000)),
        now: Timestamp(6_000),
        idle_since: Some(Timestamp(idle)),
        ..Keep::default()
    };
    assert_eq!(pass(&log, &keep(1_001)), (10, 0, 1), "the messages are deleted first");
    // The newest message of `trim:short` has the time 1,001, that of `trim:long` 1,008.
    assert_eq!(pass(&log, &keep(1_001)), (0, 0, 1), "no channel has been idle long enough");
    assert_eq!(pass(&log, &keep(1_002)), (0, 1, 1));
    assert_eq!(pass(&log, &keep(5_000)), (0, 1, 1));
    assert_eq!(log.channels("", 10).unwrap(), []);
    // Readers of both channels get a gap with the reason `trimmed`, not `ahead`.
    let forgotten = Bounds { head: Offset(9), floor: Offset(9) };
    assert_eq!(log.bounds(&short.channel).unwrap(), forgotten);
    assert_eq!(log.bounds(&long[0].channel).unwrap(), forgotten);
    let appended =
        log.append(&[conformance::chat("trim:short", 2), conformance::chat("trim:long", 2)]).unwrap();
    assert_eq!(appended, [Appended::Accepted { offset: Offset(10), prev: Offset(9) }; 2]);
    assert_eq!(log.read(&short.channel, Offset(1), 10).unwrap().messages[0].prev, Offset(9));
    let other = log.append(&[conformance::chat("trimmed:short", 2)]).unwrap();
    assert_eq!(other, [Appended::Accepted { offset: Offset(1), prev: Offset(0) }], "another namespace");
    drop(log);
    assert_eq!(
        open(&directory).bounds(&short.channel).unwrap(),
        Bounds { head: Offset(10), floor: Offset(9) }
    );
}

#[test]
fn a_channel_that_gets_a_message_during_a_pass_is_not_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory);
    log.append(&[conformance::chat("trim:room", 1)]).unwrap();
    let all =
        Keep { messages: Some(0), since: None, now: Timestamp(5_000), idle_since: Some(Timestamp(5_000)) };
    assert_eq!(pass(&log, &all), (1, 0, 1));
    let namespace = Namespace::parse("trim").unwrap();
    let due = log.outdated(&namespace, &all, None, 500).unwrap();
    log.append(&[conformance::chat("trim:room", 2)]).unwrap();
    let applied =
        log.apply(&Entry { trims: vec![Trim { channels: due.channels }], ..Entry::default() }).unwrap();
    assert_eq!(applied.trims, [Trimmed::default()]);
    assert_eq!(
        log.append(&[conformance::chat("trim:room", 3)]).unwrap(),
        [Appended::Accepted { offset: Offset(3), prev: Offset(2) }]
    );
}
