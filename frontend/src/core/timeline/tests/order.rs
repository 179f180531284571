//! Messages stand in the order of the log, and own ones at the end until they are in it.

use super::*;

#[test]
fn messages_stand_in_the_order_of_the_log_however_they_come() {
    let mut timeline = timeline();
    for message in [said(3, "bob", "c"), said(1, "ada", "a"), said(2, "ada", "b"), said(3, "bob", "c")] {
        timeline.receive(&message);
    }
    assert_eq!(seen(&timeline, View::Following), "| a +b c");
    assert_eq!((timeline.oldest(), timeline.newest()), (Some(Offset(1)), Some(Offset(3))));
}

#[test]
fn an_own_message_appears_at_once_and_becomes_one_with_its_copy_in_the_log() {
    let mut timeline = timeline();
    timeline.write(id(2), &Payload::chat("hi"), sender("me"), Timestamp(1));
    assert_eq!(timeline.entry(id(2)).unwrap().delivery, Delivery::Local);
    timeline.receive(&said(1, "ada", "before"));
    assert_eq!(seen(&timeline, View::Following), "| before hi");
    assert!(!timeline.receive(&said(2, "me", "hi")), "it is no new entry");
    let entry = timeline.entry(id(2)).unwrap();
    assert_eq!((entry.delivery.clone(), entry.mine), (Delivery::Accepted { offset: Offset(2) }, true));
    timeline.deliver(id(2), Delivery::Accepted { offset: Offset(2) });
    assert_eq!(seen(&timeline, View::Following), "| before hi");
}

#[test]
fn a_message_of_a_later_version_has_its_place() {
    let mut timeline = timeline();
    for message in [said(1, "ada", "a"), said(3, "ada", "c")] {
        timeline.receive(&message);
    }
    assert!(timeline.receive(&message(2, "ada", Payload::Unknown { kind: "poll".to_owned() })));
    assert_eq!(seen(&timeline, View::Following), "| a +<?poll> +c");
}

#[test]
fn the_acknowledgement_may_come_before_the_copy() {
    let mut timeline = timeline();
    timeline.write(id(2), &Payload::chat("hi"), sender("me"), Timestamp(1));
    timeline.deliver(id(2), Delivery::Accepted { offset: Offset(2) });
    timeline.receive(&said(3, "ada", "after"));
    timeline.receive(&said(2, "me", "hi"));
    assert_eq!(seen(&timeline, View::Following), "| hi after");
}

#[test]
fn a_failed_message_can_be_tried_again_or_forgotten() {
    let mut timeline = timeline();
    timeline.write(id(1), &Payload::chat("hi"), sender("me"), Timestamp(1));
    let refusal = Refusal::new(ErrorCode::Forbidden, "No.");
    timeline.deliver(id(1), Delivery::Failed { refusal });
    assert!(matches!(timeline.entry(id(1)).unwrap().delivery, Delivery::Failed { .. }));
    timeline.deliver(id(1), Delivery::Local);
    assert_eq!(timeline.entry(id(1)).unwrap().delivery, Delivery::Local);
    timeline.discard(id(1));
    assert!(timeline.entries.is_empty());
}

#[test]
fn an_own_message_takes_the_time_of_the_log() {
    let mut timeline = timeline();
    timeline.write(id(2), &Payload::chat("hi"), sender("me"), Timestamp(9 * DAY_MS));
    timeline.deliver(id(2), Delivery::Accepted { offset: Offset(2) });
    assert!(!timeline.receive(&said(2, "me", "hi")), "it is no new entry");
    let entry = timeline.entry(id(2)).unwrap();
    assert_eq!((entry.at, entry.day, entry.mine), (Timestamp(2_000), 0, true));
}

#[test]
fn what_is_lost_has_a_line_of_its_own() {
    let mut timeline = timeline();
    let position = |offset| Position { epoch: Epoch(1), offset: Offset(offset) };
    timeline.begin(position(1), None);
    timeline.receive(&said(1, "ada", "a"));
    timeline.begin(position(7), Some(Gap { oldest: Offset(8), reason: GapReason::Trimmed }));
    assert_eq!(seen(&timeline, View::Following), "| a ~", "also while nothing follows");
    timeline.receive(&said(8, "ada", "h"));
    timeline.receive(&said(9, "ada", "i"));
    assert_eq!(seen(&timeline, View::Following), "| a ~ h +i");
    assert!(all_rows(&timeline, View::Following, Pace::Calm).contains(&Row::Lost(Offset(7), Loss::UpTo(6))));
}

#[test]
fn another_log_replaces_what_was_loaded_but_not_what_is_unsent() {
    let mut timeline = timeline();
    timeline.begin(Position { epoch: Epoch(1), offset: Offset(0) }, None);
    timeline.receive(&said(5, "ada", "old"));
    timeline.write(id(9), &Payload::chat("mine"), sender("me"), Timestamp(1));
    let gap = Gap { oldest: Offset(1), reason: GapReason::Epoch };
    timeline.begin(Position { epoch: Epoch(2), offset: Offset(0) }, Some(gap));
    timeline.receive(&said(1, "ada", "new"));
    assert_eq!(seen(&timeline, View::Following), "| ~ new mine");
}

#[test]
fn days_and_the_new_line_divide_groups() {
    let mut timeline = timeline();
    let mut later = said(3, "ada", "c");
    later.at = Timestamp(DAY_MS + 1);
    for message in [said(1, "ada", "a"), said(2, "ada", "b"), later] {
        timeline.receive(&message);
    }
    let line = Line { after: Offset(1), upto: Offset(3) };
    assert_eq!(seen_with(&timeline, View::Following, Some(line)), "| a * b | c");
}
