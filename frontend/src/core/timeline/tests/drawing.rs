//! Which rows are drawn, and how many at a time.

use std::collections::HashSet;

use super::*;

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
