//! Very many messages: few are rendered, and all can be reached.

use serde_json::Value;
use tests::browser::{Person, story_with};
use tests::client::Client;
use tests::deadline::{PATIENCE, eventually};
use tests::{LOBBY, Settings};

/// Maximum number of rendered messages.
const DRAWN_MAX: usize = 600;

/// Maximum number of messages that are inserted at a time.
const MADE_MAX: u64 = 24;

/// Publishes all of these numbers, as fast as the server accepts them.
async fn says_numbers(client: &Client, numbers: std::ops::RangeInclusive<usize>) {
    const AT_A_TIME: usize = 500;
    let numbers: Vec<usize> = numbers.collect();
    for some in numbers.chunks(AT_A_TIME) {
        let mut last = None;
        for number in some {
            last = Some(client.send(LOBBY, &number.to_string()).await);
        }
        client.expect_accepted(last.expect("a chunk is not empty")).await;
    }
}

/// Returns the first and the last rendered number, after asserting that they are in order, without a hole that has no row, and not
/// too many. Above the limit of what it keeps, the app drops messages below a reader, and loads them when their row is in view:
/// returns `None` while such a row is rendered.
async fn drawn(person: &Person) -> Option<(usize, usize)> {
    let script = "return Array.from(document.querySelectorAll('.log__lost, [data-testid=message-text]'), \
        e => e.matches('.log__lost') ? null : Number(e.innerText))";
    let shown = person.run(script, Vec::new()).await;
    let shown: Vec<Option<usize>> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().map(|number| usize::try_from(number).unwrap()))
        .collect();
    assert!(shown.len() <= DRAWN_MAX + 2, "{} rows are rendered", shown.len());
    let follows = |two: &[Option<usize>]| two[0].zip(two[1]).is_none_or(|(one, next)| one + 1 == next);
    assert!(shown.windows(2).all(follows), "{shown:?}");
    let all: Option<Vec<usize>> = shown.into_iter().collect();
    let all = all?;
    Some((*all.first()?, *all.last()?))
}

/// The same as soon as no row of missing messages is rendered.
async fn drawn_whole(person: &Person) -> (usize, usize) {
    eventually(PATIENCE, "all messages in view are loaded", async || {
        drawn(person).await.ok_or_else(|| "a row of missing messages is rendered".to_owned())
    })
    .await
}

/// Returns the top of the message with this text on the screen.
fn place_of(number: usize) -> String {
    format!(
        "[...document.querySelectorAll('[data-testid=message]')]\
         .find(e => e.querySelector('[data-testid=message-text]').innerText.trim() === '{number}')\
         ?.getBoundingClientRect().top"
    )
}

#[tokio::test]
async fn a_flood_passes_a_reader_by_who_can_follow_it_afterwards() {
    const BEFORE: usize = 150;
    const MANY: usize = 10_000;
    story_with(Settings::default().talkative(), async |stage| {
        let bob = stage.server.join("Bob").await;
        says_numbers(&bob, 1..=BEFORE).await;
        let ada = stage.person("Ada").await;
        ada.timeline().expect_text(&BEFORE.to_string()).await;
        ada.timeline().expect_at_end().await;

        // Ada reads an older message during the flood.
        let read = BEFORE - 40;
        let scroll = format!(
            "[...document.querySelectorAll('[data-testid=message]')].at(-41).scrollIntoView(true); return {}",
            place_of(read)
        );
        let before = ada.run(&scroll, Vec::new()).await.as_f64().unwrap();
        ada.timeline().expect_away_from_end().await;
        says_numbers(&bob, BEFORE + 1..=MANY).await;
        // The app shows more than 99 as "99+".
        ada.timeline().expect_new(99).await;
        let (first, last) = drawn_whole(&ada).await;
        assert!(first <= read && last >= read && last < MANY, "{first} to {last}");
        let after = ada.run(&format!("return {}", place_of(read)), Vec::new()).await.as_f64().unwrap();
        assert!((after - before).abs() < 2.0, "the read message does not move: {before}, {after}");

        // Down, window by window: no message is missing.
        let mut reached = last;
        eventually(PATIENCE, "some windows further down", async || {
            let Some((first, last)) = drawn(&ada).await else {
                return Err("a row of missing messages is rendered".to_owned());
            };
            assert!(first <= reached + 1, "{first} after {reached}");
            reached = reached.max(last);
            if reached > BEFORE + 1_000 {
                return Ok(());
            }
            ada.timeline().scroll_down().await;
            Err(format!("{first} to {last}"))
        })
        .await;

        // To the end at once, and up again.
        ada.timeline().show_new().await;
        ada.timeline().expect_text(&MANY.to_string()).await;
        ada.timeline().expect_at_end().await;
        let mut reached = MANY;
        eventually(PATIENCE, "some windows further up", async || {
            let Some((first, last)) = drawn(&ada).await else {
                return Err("a row of missing messages is rendered".to_owned());
            };
            assert!(last + 1 >= reached, "{last} before {reached}");
            reached = reached.min(first);
            if reached < MANY - 1_000 {
                return Ok(());
            }
            ada.timeline().scroll_up().await;
            Err(format!("{first} to {last}"))
        })
        .await;
        // The page still renders new messages.
        says_numbers(&bob, MANY + 1..=MANY + 1).await;
        ada.timeline().expect_new(1).await;
        ada.timeline().show_new().await;
        ada.timeline().expect_text(&(MANY + 1).to_string()).await;
    })
    .await;
}

/// Counts the messages on the wire.
const COUNT_HEARD: &str = "\
window.heard = 0; \
window.WebSocket = class extends WebSocket { \
  constructor(...how) { super(...how); this.addEventListener('message', () => heard++); } \
}";

/// Holds the callbacks of the next frame.
const HOLD_FRAMES: &str = "\
window.held = []; \
window.frame = requestAnimationFrame; \
window.requestAnimationFrame = what => held.push(what)";

/// Records how many messages are inserted into the timeline each time.
const COUNT_MADE: &str = "\
window.made = []; \
const isMessage = node => node.matches?.('[data-testid=message]'); \
new MutationObserver(changes => { \
  made.push(changes.flatMap(change => [...change.addedNodes]).filter(isMessage).length); \
}).observe(document.querySelector('.log__list'), {childList: true});";

/// Runs the held callbacks and all later ones.
const LET_FRAMES_PASS: &str = "\
window.requestAnimationFrame = frame; \
held.forEach(what => frame(what))";

/// Scrolls up so that older messages are loaded, and records after each frame how far the read message has moved. A
/// person sees only the state after a frame: a task that is started in a frame runs after it.
const WATCH_READING: &str = "\
const log = document.querySelector('[role=log]'); \
log.scrollTop = 200; \
const read = [...document.querySelectorAll('[data-testid=message]')].find(e => e.getBoundingClientRect().top >= 120); \
const before = read.getBoundingClientRect().top; \
window.moved = 0; \
window.frames = 0; \
const after = new MessageChannel(); \
after.port1.onmessage = () => { \
  moved = Math.max(moved, Math.abs(read.getBoundingClientRect().top - before)); \
  frames++; \
}; \
const watch = () => { after.port2.postMessage(0); requestAnimationFrame(watch); }; \
watch()";

/// Returns how many messages were rendered each time, since the recording started.
async fn made(person: &Person) -> Vec<u64> {
    let made = person.run("return made", Vec::new()).await;
    made.as_array().unwrap().iter().filter_map(Value::as_u64).collect()
}

#[tokio::test]
async fn scrolling_up_renders_a_few_at_a_time_and_nothing_moves() {
    const BEFORE: usize = 200;
    const PAGE: u64 = 50;
    story_with(Settings::default().talkative(), async |stage| {
        let bob = stage.server.join("Bob").await;
        says_numbers(&bob, 1..=BEFORE).await;
        let ada = stage.person("Ada").await;
        ada.timeline().expect_text(&BEFORE.to_string()).await;
        let drawn_count = "document.querySelectorAll('[data-testid=message]').length";
        ada.expect_that("a page is rendered", &format!("{drawn_count} === {PAGE}"), drawn_count).await;
        ada.timeline().expect_at_end().await;

        ada.run(COUNT_MADE, Vec::new()).await;
        ada.run(WATCH_READING, Vec::new()).await;
        let more = format!("{drawn_count} === 2 * {PAGE}");
        ada.expect_that("another page is rendered", &more, drawn_count).await;
        let frames = ada.run("return frames", Vec::new()).await;
        ada.expect_that("two frames have been rendered", &format!("frames > {frames} + 1"), "frames").await;

        let made = made(&ada).await;
        assert!(made.iter().all(|made| *made <= MADE_MAX), "{made:?}");
        assert_eq!(made.iter().sum::<u64>(), PAGE, "only new messages were inserted: {made:?}");
        let moved = ada.run("return moved", Vec::new()).await.as_f64().unwrap();
        assert!(moved < 1.0, "the read message has moved by {moved} pixels");
    })
    .await;
}

#[tokio::test]
async fn a_thousand_messages_in_one_frame_are_applied_once_and_few_of_them_are_drawn_at_a_time() {
    const BEFORE: usize = 150;
    const MANY: usize = 1_000;
    story_with(Settings::default().talkative(), async |stage| {
        let bob = stage.server.join("Bob").await;
        says_numbers(&bob, 1..=BEFORE).await;
        let ada = stage.stranger("Ada").await;
        ada.runs_first(COUNT_HEARD).await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        ada.timeline().expect_text(&BEFORE.to_string()).await;
        let drawn_count = "document.querySelectorAll('[data-testid=message]').length";
        ada.expect_that("all loaded messages are rendered", &format!("{drawn_count} === 50"), drawn_count)
            .await;

        ada.run(HOLD_FRAMES, Vec::new()).await;
        let heard = ada.run("return heard", Vec::new()).await.as_u64().unwrap();
        says_numbers(&bob, BEFORE + 1..=BEFORE + MANY).await;
        ada.expect_that("all messages have arrived", &format!("heard >= {heard} + {MANY}"), "heard").await;
        assert_eq!(ada.run("return held.length", Vec::new()).await, 1, "one frame was requested");
        assert_eq!(drawn_whole(&ada).await.1, BEFORE, "nothing was rendered before it");

        ada.run(COUNT_MADE, Vec::new()).await;
        ada.run(LET_FRAMES_PASS, Vec::new()).await;
        ada.timeline().expect_text(&(BEFORE + MANY).to_string()).await;
        ada.expect_that("a hundred are drawn", &format!("{drawn_count} === 100"), drawn_count).await;
        assert_eq!(drawn_whole(&ada).await, (BEFORE + MANY - 99, BEFORE + MANY));
        let made = made(&ada).await;
        assert!(made.iter().all(|made| *made <= MADE_MAX), "{made:?}");
        assert_eq!(
            made.iter().sum::<u64>(),
            100,
            "each rendered message was inserted once and not moved: {made:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_reader_at_the_end_of_a_flood_sees_its_end_and_what_was_before_it() {
    const MANY: usize = 3_000;
    story_with(Settings::default().talkative(), async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        says_numbers(&bob, 1..=MANY).await;
        ada.timeline().expect_text(&MANY.to_string()).await;
        ada.timeline().expect_at_end().await;
        // Afterwards, the number of rendered messages is as usual.
        let all_drawn = "document.querySelectorAll('[data-testid=message]').length === 100";
        ada.expect_that(
            "a hundred are drawn",
            all_drawn,
            "document.querySelectorAll('[data-testid=message]').length",
        )
        .await;
        assert_eq!(drawn_whole(&ada).await, (MANY - 99, MANY));
    })
    .await;
}

/// Counts how often the button that leads back to the newest messages appears.
const COUNT_LEAVING: &str = "\
window.left = 0; \
new MutationObserver(changes => { \
  left += changes.flatMap(change => [...change.addedNodes]).filter(node => node.matches?.('.log__newest')).length; \
}).observe(document.querySelector('.log'), {childList: true});";

#[tokio::test]
async fn a_reader_at_the_end_stays_there_on_a_slow_machine_while_messages_come_in_bursts() {
    const BURSTS: usize = 40;
    story_with(Settings::default().talkative(), async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.run(COUNT_LEAVING, Vec::new()).await;
        ada.slows_down(6).await;
        // Some bursts are drawn as calm messages and some as a flood, which has fewer rows.
        let mut last = 0;
        for burst in 0..BURSTS {
            let first = last + 1;
            last += [3, 60, 8, 200][burst % 4];
            says_numbers(&bob, first..=last).await;
        }
        ada.slows_down(1).await;
        ada.timeline().expect_text(&last.to_string()).await;
        ada.timeline().expect_at_end().await;
        assert_eq!(ada.run("return left", Vec::new()).await, 0, "the app took nothing for scrolling up");
    })
    .await;
}
