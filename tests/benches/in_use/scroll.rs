//! Scrolling and new messages, with more and more messages loaded.

use std::time::Duration;

use serde_json::json;
use shared::protocol::Payload;
use tests::browser::{Person, story_with};
use tests::client::Client;
use tests::deadline::eventually;
use tests::pages::Timeline;
use tests::{LOBBY, Settings};
use tokio::time::{Instant, sleep};

use crate::browser::{ask, slow_down, whole};
use crate::machine::load;
use crate::options::Options;
use crate::talk::{came, say, talkers, text};
use crate::tasks::Tasks;
use crate::trace::Trace;

/// Number of messages beyond the loaded ones, so that scrolling up finds some.
const FURTHER_UP: u64 = 1_000;

/// Number of messages per client before the next client's turn.
const IN_A_ROW: usize = 8;

/// Number of wheel events, their distance in pixels, and the interval between them. Together they scroll ten pages of
/// history.
const WHEEL: (usize, f64, Duration) = (50, 400.0, Duration::from_millis(16));

/// Number of new messages while scrolling, and how many a second.
const INSERTED: (u64, u64) = (200, 50);

/// Maximum time until this number of messages is loaded.
const LOADED_MS_MAX: Duration = Duration::from_secs(1_800);

/// Scrolls up, one screen per frame, until the message of this number is rendered.
const CLIMB: &str = "\
const [goal] = arguments; \
const log = document.querySelector('[data-testid=timeline]'); \
window.first = () => parseInt(document.querySelector('[data-testid=message-text]').innerText); \
const climb = () => { \
  if (first() <= goal) return; \
  log.scrollTop -= log.clientHeight; \
  requestAnimationFrame(climb); \
}; \
climb()";

/// Measures and prints the results.
pub(crate) async fn run(options: &Options) {
    let mut levels: Vec<u64> = [1_000, 10_000].into_iter().filter(|level| *level < options.loaded).collect();
    levels.push(options.loaded);
    let before = options.loaded + FURTHER_UP;
    story_with(Settings::default().talkative(), async |stage| {
        let talkers = talkers(&stage.server, options.talkers).await;
        let mut last = before;
        fill(&talkers, last).await;
        let ada = stage.person_with_own_browser("Ada").await;
        ada.timeline().expect_part(&text(last)).await;
        slow_down(&ada, options.slow).await;
        println!("{last} messages in the room; load {}", load());
        println!("| loaded | | frames | the longest task, processor (clock) | the middle frame, processor | all, processor |");
        println!("|---|---|---|---|---|---|");
        for level in levels {
            let begun = Instant::now();
            climb(&ada, last + 1 - level).await;
            let took = begun.elapsed().as_secs_f64();
            measured(&ada, level, "the wheel, up", async || wheel(&ada, -1.0).await).await;
            let more = ada.run("return first()", Vec::new()).await.as_u64().expect("a number");
            measured(&ada, level, "the wheel, down", async || wheel(&ada, 1.0).await).await;
            measured(&ada, level, "while they come", async || {
                last = insert(&talkers, last).await;
            })
            .await;
            measured(&ada, level, "to the newest", async || {
                ada.click(Timeline::newest()).await;
                see(&ada, last).await;
            })
            .await;
            measured(&ada, level, "while they come, at the end", async || {
                last = insert(&talkers, last).await;
                see(&ada, last).await;
            })
            .await;
            eprintln!("{level} were loaded in {took:.0} s, and the wheel went on to message {more}; load {}", load());
        }
    })
    .await;
}

/// Publishes this number of messages as fast as the server accepts them, in the order of their numbers.
async fn fill(talkers: &[Client], count: u64) {
    let numbers: Vec<u64> = (1..=count).collect();
    for (some, talker) in numbers.chunks(IN_A_ROW).zip(talkers.iter().cycle()) {
        let mut last = None;
        for number in some {
            last = Some(talker.send_payload(LOBBY, Payload::chat(text(*number))).await);
        }
        talker.expect_accepted(last.expect("a chunk is not empty")).await;
    }
}

/// Scrolls up to the message of this number, loading pages as needed.
async fn climb(person: &Person, number: u64) {
    person.run(CLIMB, vec![number.into()]).await;
    eventually(LOADED_MS_MAX, "the messages are loaded", async || {
        let first = person.run("return first()", Vec::new()).await.as_u64().unwrap_or(u64::MAX);
        (first <= number).then_some(()).ok_or_else(|| first.to_string())
    })
    .await;
}

/// Turns the wheel over the timeline; up if `to` is negative.
async fn wheel(person: &Person, to: f64) {
    let (times, pixels, pause) = WHEEL;
    for _ in 0..times {
        let turn = json!({ "type": "mouseWheel", "x": 640, "y": 400, "deltaX": 0, "deltaY": to * pixels });
        ask(person, "Input.dispatchMouseEvent", turn).await;
        sleep(pause).await;
    }
}

/// Publishes messages. Returns the number of the last one.
async fn insert(talkers: &[Client], last: u64) -> u64 {
    let (count, rate) = INSERTED;
    say(talkers, last + 1..=last + count, rate).await;
    last + count
}

/// Waits until a message is visible.
async fn see(person: &Person, number: u64) {
    let there = came(number);
    eventually(LOADED_MS_MAX, "the message is shown", async || {
        let come = person.run(&there, Vec::new()).await == true;
        come.then_some(()).ok_or_else(|| there.clone())
    })
    .await;
}

/// Runs `what` and returns the tasks of the page's thread during it.
async fn measured(person: &Person, level: u64, what: &str, act: impl AsyncFnOnce()) {
    let trace = Trace::begin(&whole(person).await).await;
    act().await;
    let tasks = Tasks::of(&trace.end().await);
    let ([longest, by_clock], [middle, all]) = (tasks.longest(), tasks.of_frames());
    println!(
        "| {level} | {what} | {} | {longest:.1} ms ({by_clock:.0} ms) | {middle:.1} ms | {all:.0} ms |",
        tasks.drawn()
    );
}
