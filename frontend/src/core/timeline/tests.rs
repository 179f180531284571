use std::collections::HashSet;

use shared::ids::{ChannelName, DisplayName, Epoch};
use shared::protocol::{ErrorCode, GapReason, Refusal};

use super::*;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn timeline() -> Timeline {
    let mut timeline = Timeline::new(|at| i64::try_from(at.0 / DAY_MS).unwrap());
    timeline.set_me(&sender("me").user, "me");
    timeline
}

fn sender(user: &str) -> Sender {
    Sender { user: user.parse().unwrap(), name: DisplayName::parse(user).unwrap() }
}

fn id(n: u8) -> MessageId {
    MessageId::from_bytes([n; 16])
}

fn message(offset: u64, user: &str, payload: Payload) -> Message {
    Message {
        channel: ChannelName::parse("room:x").unwrap(),
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id: id(u8::try_from(offset).unwrap()),
        at: Timestamp(offset * 1000),
        from: sender(user),
        payload,
    }
}

fn said(offset: u64, user: &str, text: &str) -> Message {
    message(offset, user, Payload::chat(text))
}

fn text_of(entry: &Entry) -> String {
    match &entry.body {
        Body::Chat { text, .. } => text.clone(),
        Body::Notice(notice) => format!("[{}]", notice.title),
        Body::Retracted => "(gone)".to_owned(),
        Body::Custom { name } => format!("<{name}>"),
        Body::Unsupported { kind } => format!("<?{kind}>"),
    }
}

/// Draws the rows in view as one line: `|` is a day, `~` a loss, `…` a hole, `*` the "New" line, and `+` continues a group.
fn seen(timeline: &Timeline, view: View) -> String {
    seen_with(timeline, view, None)
}

fn seen_with(timeline: &Timeline, view: View, line: Option<Line>) -> String {
    let shown = |row: &Row| match row {
        Row::Day { .. } => "|".to_owned(),
        Row::Lost(..) => "~".to_owned(),
        Row::Hole(_) => "…".to_owned(),
        Row::New => "*".to_owned(),
        Row::Entry { entry, grouped } => format!("{}{}", if *grouped { "+" } else { "" }, text_of(entry)),
    };
    let (rows, _) = timeline.rows(view, Pace::Calm, line, |_| true);
    rows.iter().map(shown).collect::<Vec<_>>().join(" ")
}

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

/// A reaction of the n-th of many users.
fn reaction(offset: u64, emoji: &str, on: bool) -> Message {
    let payload = Payload::Reaction { of: id(1), emoji: emoji.to_owned(), on };
    let mut message = message(1, &format!("user-{offset}"), payload);
    (message.offset, message.prev) = (Offset(offset), Offset(offset - 1));
    message.id = MessageId::new(offset, &[0; 10]);
    message
}

/// The page that ends before `before`.
fn load(timeline: &mut Timeline, before: u64, messages: &[Message], more: bool) -> bool {
    timeline.load(Some(Offset(before)), messages, more)
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
fn what_was_dropped_is_requested_again() {
    let mut timeline = timeline();
    load(&mut timeline, 2, &[reaction(1, "👍", true)], false);
    (2..=2_002).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    assert!(timeline.reaches_start());
    assert!(timeline.bound(View::Following));
    assert_eq!(timeline.oldest(), Some(Offset(503)));
    assert!(!timeline.reaches_start());
}

#[test]
fn a_page_that_comes_late_leaves_a_hole_that_can_be_seen() {
    let mut timeline = timeline();
    (51..=2_051).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    timeline.bound(View::Following);
    let oldest = timeline.oldest().unwrap();
    let late: Vec<Message> = (1..=50).map(numbered).collect();
    load(&mut timeline, 51, &late, false);
    let view = View::Reading { first: Some(Place::At(Offset(49))) };
    assert!(seen(&timeline, view).starts_with(&format!("| 49 +50 … {oldest} ")));
    assert_eq!(timeline.hole_in_view(view), Some((Hole { after: Offset(50), before: oldest }, false)));
    // Filled from above, page by page, until the parts meet.
    let mut pages = 0;
    while let Some((hole, _)) = timeline.hole_in_view(view) {
        let page: Vec<Message> = (hole.after.0 + 1..hole.before.0).take(50).map(numbered).collect();
        load(&mut timeline, (hole.after.0 + 51).min(hole.before.0), &page, true);
        pages += 1;
    }
    assert!(pages > 5 && (1..=100).all(|n| timeline.entry(numbered(n).id).is_some()));
}

#[test]
fn a_page_of_a_subscription_that_has_ended_does_not_join_the_next_one() {
    let mut timeline = timeline();
    let position = |offset| Position { epoch: Epoch(1), offset: Offset(offset) };
    timeline.begin(position(5), None);
    timeline.forget_subscription();
    load(&mut timeline, 6, &[said(4, "ada", "d"), said(5, "ada", "e")], true);
    timeline.begin(position(8), None);
    timeline.receive(&said(9, "ada", "i"));
    assert_eq!(seen(&timeline, View::Following), "| d +e … i");
}

#[test]
fn offsets_that_leave_numbers_out_are_no_hole() {
    let mut timeline = timeline();
    let mut later = said(9, "bob", "i");
    later.prev = Offset(4);
    timeline.receive(&said(4, "ada", "d"));
    timeline.receive(&later);
    assert_eq!(seen(&timeline, View::Following), "| d i");
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

/// A message of many, whose text is its offset.
fn numbered(offset: u64) -> Message {
    let mut message = said(1, "ada", &offset.to_string());
    (message.offset, message.prev) = (Offset(offset), Offset(offset - 1));
    message.id = MessageId::new(offset, &[0; 10]);
    message
}

/// The rows of a page that has them drawn already.
fn all_rows(timeline: &Timeline, view: View, pace: Pace) -> Vec<Row> {
    let (rows, is_all) = timeline.rows(view, pace, None, |_| true);
    assert!(is_all);
    rows
}

fn texts(timeline: &Timeline, view: View, pace: Pace) -> Vec<u64> {
    let rows = all_rows(timeline, view, pace);
    assert!(rows.len() <= 610, "{} rows", rows.len());
    let text = |row: &Row| match row {
        Row::Entry { entry, .. } => text_of(entry).parse().ok(),
        _ => None,
    };
    rows.iter().filter_map(text).collect()
}

#[test]
fn a_hundred_thousand_are_seen_a_window_at_a_time() {
    const MANY: u64 = 100_000;
    let mut timeline = timeline();
    (1..=MANY).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    assert!(texts(&timeline, View::Following, Pace::Calm).into_iter().eq(MANY - 99..=MANY));

    // All the way up: each window begins above the last and overlaps it, so nothing is left out.
    let mut view = timeline.leave_end();
    let mut top = MANY - 99;
    while timeline.has_older_loaded(view) {
        view = timeline.older(view);
        let window = texts(&timeline, view, Pace::Calm);
        assert!(
            window[0] < top && window.contains(&top) && window.windows(2).all(|two| two[0] + 1 == two[1])
        );
        top = window[0];
    }
    assert_eq!(top, 1);

    // And all the way down again.
    let mut bottom = 0;
    while view != View::Following {
        let window = texts(&timeline, view, Pace::Calm);
        assert!(window[0] <= bottom + 1 && *window.last().unwrap() > bottom);
        bottom = *window.last().unwrap();
        view = timeline.newer(view);
    }
    assert_eq!(bottom, MANY);

    // At the end again, the rest is dropped.
    let steps = std::iter::from_fn(|| timeline.bound(View::Following).then_some(())).count();
    assert_eq!((steps, timeline.oldest()), (1, Some(Offset(MANY - 1_499))));
}

/// What a page has drawn, and how it comes to more.
#[derive(Default)]
struct Page {
    drawn: Vec<u64>,
    ids: HashSet<MessageId>,
    /// The most that it has ever drawn anew at a time.
    new_max: usize,
}

impl Page {
    /// Draws once. Returns whether all is drawn that is in view.
    fn draw(&mut self, timeline: &Timeline, view: View, pace: Pace) -> bool {
        let (rows, is_all) = timeline.rows(view, pace, None, |id| self.ids.contains(&id));
        let entries = rows.iter().filter_map(|row| match row {
            Row::Entry { entry, .. } => Some(entry),
            _ => None,
        });
        let ids: HashSet<_> = entries.clone().map(|entry| entry.id).collect();
        let drawn: Vec<_> = entries.filter_map(|entry| Some(entry.offset()?.0)).collect();
        assert!(drawn.windows(2).all(|two| two[0] + 1 == two[1]), "no hole: {drawn:?}");
        assert!(rows.len() <= drawn.len() + 3, "and few lines between them");
        self.new_max = self.new_max.max(ids.difference(&self.ids).count());
        (self.ids, self.drawn) = (ids, drawn);
        is_all
    }

    /// Draws until all is drawn. Returns how often that was.
    fn draw_all(&mut self, timeline: &Timeline, view: View) -> usize {
        1 + std::iter::from_fn(|| (!self.draw(timeline, view, Pace::Calm)).then_some(())).count()
    }
}

#[test]
fn however_many_come_and_are_there_few_are_drawn_anew_at_a_time() {
    const MANY: u64 = 100_000;
    const A_FRAME: u64 = 1_000;
    let (mut timeline, mut page) = (timeline(), Page::default());
    for first in (1..=MANY).step_by(1_000) {
        (first..first + A_FRAME).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
        assert!(page.draw(&timeline, View::Following, Pace::of(1_000)), "a flood has no more than that");
        assert_eq!((page.drawn.len(), page.drawn.last()), (24, Some(&(first + A_FRAME - 1))));
    }
    // When it is over, the rest comes, some at a time.
    assert_eq!((page.draw_all(&timeline, View::Following), page.drawn.len()), (4, 100));

    // Whoever scrolls up finds a step of older ones above what they see, however many there are; a few at a time, from
    // what they see upwards.
    let mut view = timeline.leave_end();
    for step in 1..=20 {
        (view, page.new_max) = (timeline.older(view), 0);
        let top = page.drawn[0];
        assert!(!page.draw(&timeline, view, Pace::Calm));
        assert!(page.drawn[0] == top - 24 && page.drawn.contains(&top));
        assert_eq!(page.draw_all(&timeline, view), 4);
        assert_eq!((page.drawn[0], page.new_max), (MANY - 99 - step * 100, 24));
    }
    // On the way down, and at the end, it is the same.
    for _ in 0..10 {
        view = timeline.newer(view);
        let end = *page.drawn.last().unwrap();
        page.draw_all(&timeline, view);
        assert!(page.drawn.contains(&end) && *page.drawn.last().unwrap() > end);
    }
    page.draw_all(&timeline, View::Following);
    assert_eq!((page.drawn.last(), page.new_max), (Some(&MANY), 24));
}

#[test]
fn what_comes_above_an_unsent_message_is_drawn_a_few_at_a_time_too() {
    let (mut timeline, mut page) = (timeline(), Page::default());
    (1..=50).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    timeline.write(MessageId::new(1_000, &[1; 10]), &Payload::chat("51"), sender("me"), Timestamp(1));
    let view = timeline.leave_end();
    page.draw_all(&timeline, view);
    (51..=250).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    page.draw_all(&timeline, view);
    assert_eq!((page.drawn.len(), page.ids.len(), page.new_max), (250, 251, 24));
}

#[test]
fn of_a_flood_only_the_last_are_drawn() {
    let mut timeline = timeline();
    (1..=200).for_each(|offset| assert!(timeline.receive(&numbered(offset))));
    assert_eq!((Pace::of(1), Pace::of(500)), (Pace::Calm, Pace::Flood));
    assert_eq!((Pace::Calm.wait_ms(0), Pace::Flood.wait_ms(30), Pace::Flood.wait_ms(5_000)), (0, 70, 0));
    assert!(texts(&timeline, View::Following, Pace::Flood).into_iter().eq(177..=200));
    let reading = timeline.older(View::Following);
    assert!(
        texts(&timeline, reading, Pace::Flood).into_iter().eq(1..=200),
        "a reader further up sees the same at any pace"
    );
}
