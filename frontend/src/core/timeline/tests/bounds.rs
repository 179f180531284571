//! What a timeline keeps in memory.

use super::*;

#[test]
fn a_reader_further_up_keeps_their_rows_while_a_flood_is_bounded() {
    let mut timeline = timeline();
    (1..=200).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    let view = View::Reading { first: Some(Place::At(Offset(100))) };
    let before = seen(&timeline, view).split(' ').take(100).map(str::to_owned).collect::<Vec<_>>();
    for offset in 201..=20_000 {
        timeline.receive(&numbered(offset));
        timeline.bound(view);
        assert!(timeline.entries.len() <= 4_001);
    }
    assert!(seen(&timeline, view).split(' ').take(100).eq(before.iter().map(String::as_str)));
    assert_eq!(timeline.newest(), Some(Offset(20_000)));
    assert!((19_900..=20_000).all(|n| timeline.entry(numbered(n).id).is_some()), "the newest stay too");
    assert_eq!(
        timeline.segments.hole_between(Offset(100), Offset(20_000)).map(|hole| hole.after),
        Some(Offset(700))
    );
    assert_eq!(timeline.unread_after(Offset(200)).count, UNREAD_MAX);
}

#[test]
fn long_messages_are_bounded_in_bytes() {
    let mut timeline = timeline();
    for offset in 1..=1_900 {
        let mut long = numbered(offset);
        long.payload = Payload::chat("x".repeat(16_000));
        timeline.receive(&long);
        timeline.bound(View::Following);
        assert!(timeline.bytes <= 16 * 1024 * 1024 + 20_000);
    }
    let counted: usize = timeline.entries.iter().map(|(_, entry)| entry.bytes()).sum();
    assert_eq!(timeline.bytes, counted);
    assert_eq!(timeline.newest(), Some(Offset(1_900)));
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let mut timeline = timeline();
    for n in 1..=2_001_u64 {
        let mut message = said(1, "ada", "x");
        (message.offset, message.prev) = (Offset(n), Offset(n - 1));
        message.id = MessageId::new(n, &[0; 10]);
        timeline.receive(&message);
    }
    assert!(timeline.bound(View::Following));
    assert_eq!(timeline.oldest(), Some(Offset(502)));
    assert!(!timeline.bound(View::Following));
}
