//! Pages of history, and the holes between them.

use super::*;

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
