//! What is unread, and what a reader further up sees.

use super::*;

#[test]
fn mentions_are_counted_apart() {
    let mut timeline = timeline();
    timeline.set_me(&sender("me").user, "Ada Lovelace");
    for message in
        [said(1, "bob", "@Ada Lovelace, look"), said(2, "bob", "Ada"), said(3, "me", "@ada lovelace")]
    {
        timeline.receive(&message);
    }
    assert_eq!(timeline.unread_after(Offset(0)), Unread { count: 2, mentions: 1 });
    assert_eq!(timeline.unread_after(Offset(1)), Unread { count: 1, mentions: 0 });
    timeline.receive(&message(4, "bob", Payload::Retract { of: id(1) }));
    assert_eq!(timeline.unread_after(Offset(0)), Unread { count: 1, mentions: 0 });
}

#[test]
fn unread_messages_are_counted_up_to_a_limit() {
    let mut timeline = timeline();
    (1..=150).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    assert_eq!(timeline.unread_after(Offset(0)).count, UNREAD_MAX);
    assert_eq!(timeline.unread_after(Offset(51)).count, 99);
}

#[test]
fn the_new_line_is_above_the_first_unread_message_or_nowhere() {
    let mut timeline = timeline();
    let line = |after, upto| Some(Line { after: Offset(after), upto: Offset(upto) });
    for message in [said(6, "me", "f"), said(7, "bob", "g"), said(8, "bob", "h"), said(9, "bob", "i")] {
        timeline.receive(&message);
    }
    let shown = |timeline: &Timeline, line| seen_with(timeline, View::Following, line);
    assert_eq!(shown(&timeline, line(5, 8)), "| f * g +h +i", "not above an own message");
    assert_eq!(shown(&timeline, line(7, 8)), "| f g * h +i");
    assert_eq!(shown(&timeline, line(8, 8)), "| f g +h +i", "what came later is not new");
    assert_eq!(shown(&timeline, line(3, 8)), "| f g +h +i", "the first unread message may not be loaded");
    timeline.receive(&message(10, "bob", Payload::Retract { of: id(7) }));
    assert_eq!(shown(&timeline, line(5, 8)), "| f (gone) * h +i", "not above a deleted one");
}

#[test]
fn a_reader_further_up_sees_the_same_while_messages_come() {
    let mut timeline = timeline();
    (1..=250_u64).for_each(|n| {
        let mut message = said(1, "ada", "x");
        (message.offset, message.prev) = (Offset(n), Offset(n - 1));
        message.id = MessageId::new(n, &[0; 10]);
        timeline.receive(&message);
    });
    let drawn = |timeline: &Timeline, view| {
        all_rows(timeline, view, Pace::Calm).iter().filter(|row| matches!(row, Row::Entry { .. })).count()
    };
    assert_eq!(drawn(&timeline, View::Following), 100);
    let view = timeline.leave_end();
    assert!(timeline.has_older_loaded(view));
    let view = timeline.older(timeline.older(view));
    assert_eq!(drawn(&timeline, view), 250);
    assert!(!timeline.has_older_loaded(view));
    timeline.receive(&{
        let mut message = said(1, "ada", "y");
        (message.offset, message.prev) = (Offset(251), Offset(250));
        message.id = MessageId::new(251, &[0; 10]);
        message
    });
    assert_eq!(drawn(&timeline, view), 251);
    assert_eq!(timeline.newer(view), View::Following);
}
