//! Edits, retractions and reactions, whatever comes first.

use super::*;

#[test]
fn only_the_sender_edits_and_retracts() {
    let mut timeline = timeline();
    timeline.receive(&message(3, "bob", Payload::Edit { of: id(1), text: "forged".to_owned() }));
    timeline.receive(&message(2, "ada", Payload::Edit { of: id(1), text: "better".to_owned() }));
    timeline.receive(&said(1, "ada", "good"));
    assert_eq!(seen(&timeline, View::Following), "| better");
    timeline.receive(&message(4, "bob", Payload::Retract { of: id(1) }));
    assert_eq!(seen(&timeline, View::Following), "| better");
    timeline.receive(&message(5, "ada", Payload::Retract { of: id(1) }));
    assert_eq!(seen(&timeline, View::Following), "| (gone)");
}

#[test]
fn the_newest_edit_holds_even_if_it_is_heard_first() {
    let mut timeline = timeline();
    timeline.receive(&said(1, "ada", "one"));
    timeline.receive(&message(3, "ada", Payload::Edit { of: id(1), text: "three".to_owned() }));
    timeline.receive(&message(2, "ada", Payload::Edit { of: id(1), text: "two".to_owned() }));
    assert_eq!(seen(&timeline, View::Following), "| three");
}

#[test]
fn reactions_are_counted_once_a_user_and_can_be_taken_back() {
    let mut timeline = timeline();
    let react = |on| Payload::Reaction { of: id(1), emoji: "👍".to_owned(), on };
    timeline.receive(&said(1, "ada", "good"));
    for message in
        [message(2, "bob", react(true)), message(3, "bob", react(true)), message(4, "me", react(true))]
    {
        timeline.receive(&message);
    }
    let reactions = timeline.entry(id(1)).unwrap().reactions.clone();
    assert_eq!((reactions.len(), reactions[0].users.len(), reactions[0].mine), (1, 2, true));
    timeline.receive(&message(5, "me", react(false)));
    timeline.receive(&message(6, "bob", react(false)));
    assert!(timeline.entry(id(1)).unwrap().reactions.is_empty());
}

#[test]
fn a_page_of_reactions_moves_the_oldest_offset_and_shows_on_the_message_when_that_comes() {
    let mut timeline = timeline();
    let thumbs: Vec<Message> = (2..=51).map(|offset| reaction(offset, "👍", true)).collect();
    assert!(!load(&mut timeline, 52, &thumbs, true));
    assert_eq!(timeline.oldest(), Some(Offset(2)));
    assert!(load(&mut timeline, 2, &[said(1, "ada", "hello")], false));
    let reactions = &timeline.entry(id(1)).unwrap().reactions;
    assert_eq!((reactions.len(), reactions[0].users.len()), (1, 50));
    assert!(timeline.reaches_start());
}

#[test]
fn edits_and_retractions_move_the_oldest_offset_too() {
    let mut timeline = timeline();
    timeline.receive(&said(9, "ada", "newest"));
    let edit = message(8, "me", Payload::Edit { of: id(1), text: "better".to_owned() });
    assert!(!load(&mut timeline, 9, &[message(7, "bob", Payload::Retract { of: id(2) }), edit], true));
    assert_eq!(timeline.oldest(), Some(Offset(7)));
    load(&mut timeline, 7, &[said(1, "me", "good"), said(2, "bob", "gone")], true);
    assert_eq!(seen(&timeline, View::Following), "| better (gone) newest");
    assert_eq!(timeline.unread_after(Offset(0)).count, 1, "own and deleted messages do not count");
}

#[test]
fn emojis_keep_their_order_and_only_so_many_are_shown() {
    let mut timeline = timeline();
    let shown = |timeline: &Timeline| {
        timeline
            .entry(id(1))
            .unwrap()
            .reactions
            .iter()
            .map(|reaction| reaction.emoji.clone())
            .collect::<Vec<_>>()
    };
    timeline.receive(&said(1, "ada", "good"));
    for (offset, emoji) in [(2, "z"), (3, "a"), (4, "z")] {
        timeline.receive(&reaction(offset, emoji, true));
    }
    let mut taken_back = reaction(5, "z", false);
    taken_back.from = reaction(2, "z", false).from;
    timeline.receive(&taken_back);
    assert_eq!(shown(&timeline), ["z", "a"], "the first who used it has taken it back");
    (100..200).for_each(|offset| assert!(!timeline.receive(&reaction(offset, &format!("e{offset}"), true))));
    assert_eq!((shown(&timeline).len(), shown(&timeline)[19].as_str()), (20, "e117"));
}

#[test]
fn much_said_about_one_message_is_kept_within_limits() {
    let mut timeline = timeline();
    timeline.receive(&said(1, "ada", "good"));
    let on_and_off: Vec<Message> = (0..20_000_u64)
        .map(|n| {
            let mut message = reaction(n + 2, "👍", n % 2 == 0);
            message.from = sender("bob");
            message
        })
        .collect();
    timeline.load(None, &on_and_off, true);
    assert!(timeline.entry(id(1)).unwrap().reactions.is_empty());
    assert!(timeline.amendments.kept() == 1, "of one user's the newest");
    let many: Vec<Message> = (30_000..40_000).map(|offset| reaction(offset, "👍", true)).collect();
    timeline.load(None, &many, true);
    assert_eq!(
        (timeline.amendments.kept(), timeline.entry(id(1)).unwrap().reactions[0].users.len()),
        (5_000, 4_999)
    );
}

#[test]
fn amendments_of_loaded_messages_are_bounded_in_bytes_too() {
    let mut timeline = timeline();
    for number in 1..=100 {
        let mut message = numbered(number);
        message.from = sender("ada");
        timeline.receive(&message);
    }
    let long = "x".repeat(16_000);
    for round in 1..=5 {
        for number in 1..=100 {
            let of = numbered(number).id;
            let mut edit = numbered(round * 1_000 + number);
            edit.prev = Offset(edit.offset.0 - 1);
            (edit.from, edit.payload) =
                (sender(&format!("eve{round}")), Payload::Edit { of, text: long.clone() });
            timeline.receive(&edit);
        }
    }
    assert_eq!(timeline.amendments.kept(), 0, "only its sender may edit a message");
    for number in 1..=100 {
        let of = numbered(number).id;
        for emoji in 0..400 {
            let mut reaction = numbered(10_000 + number * 1_000 + emoji);
            let emoji = format!("{emoji}{}", "x".repeat(56));
            (reaction.from, reaction.payload) = (sender("eve"), Payload::Reaction { of, emoji, on: true });
            timeline.receive(&reaction);
        }
        timeline.bound(View::Following);
    }
    let kept = timeline.amendments.kept();
    assert!(kept < 30_000 && kept > 10_000, "{kept} of 40,000 are kept");
    assert!(timeline.entry(numbered(100).id).is_some_and(|entry| !entry.reactions.is_empty()));
}

#[test]
fn what_is_said_about_messages_that_are_not_loaded_goes_when_it_is_too_much() {
    let mut timeline = timeline();
    timeline.receive(&said(1, "ada", "good"));
    timeline.receive(&reaction(2, "👍", true));
    for offset in 3..=400 {
        let mut edit = message(
            1,
            "bob",
            Payload::Edit { of: MessageId::new(offset, &[7; 10]), text: "x".repeat(16_384) },
        );
        (edit.offset, edit.id) = (Offset(offset), MessageId::new(offset, &[0; 10]));
        timeline.receive(&edit);
    }
    assert_eq!(timeline.amendments.kept(), 399);
    timeline.bound(View::Following);
    assert_eq!(timeline.amendments.kept(), 1);
    assert_eq!(timeline.entry(id(1)).unwrap().reactions.len(), 1);
}
