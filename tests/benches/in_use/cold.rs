//! The time from opening the page with an empty cache to the first message on the screen.

use std::time::Duration;

use serde_json::Value;
use tests::browser::story_with;
use tests::{LOBBY, Settings};

use crate::browser::slow_down;
use crate::machine::{load, spread};
use crate::options::Options;

/// Number of messages in the room.
const BEFORE: u32 = 100;

/// Records when the first message has been painted: a task that is started in a frame runs after it.
const WATCH: &str = "\
new MutationObserver((_, watch) => { \
  if (!document.querySelector('[data-testid=message]')) return; \
  watch.disconnect(); \
  requestAnimationFrame(() => { \
    const after = new MessageChannel(); \
    after.port1.onmessage = () => { window.firstMessage = performance.now(); }; \
    after.port2.postMessage(0); \
  }); \
}).observe(document, {childList: true, subtree: true})";

/// The moments in milliseconds since the start of the visit.
const TIMES: &str = "\
const resource = performance.getEntriesByType('resource').find(e => e.name.endsWith('.wasm')); \
const paint = performance.getEntriesByName('first-contentful-paint')[0]; \
return window.firstMessage && [resource?.responseEnd ?? 0, paint?.startTime ?? 0, window.firstMessage]";

/// Measures and prints the results.
pub(crate) async fn run(options: &Options) {
    let begin = load();
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..options.repeat {
        story_with(Settings::default().talkative(), async |stage| {
            let bob = stage.server.join("Bob").await;
            for number in 1..=BEFORE {
                bob.publish(LOBBY, &format!("{number}: it is raining again, and the harbour is grey")).await;
            }
            let ada = stage.stranger_with_own_browser("Ada").await;
            // Nothing of the page is cached except the person's name, as after an update.
            ada.visit("/favicon.svg").await;
            ada.run("localStorage.setItem('tidings.name', 'Ada')", Vec::new()).await;
            ada.runs_first(WATCH).await;
            slow_down(&ada, options.slow).await;
            ada.visit("/").await;
            let told = ada.expect_of("the first message", TIMES, |value| value.as_array().cloned()).await;
            let told = told.iter().filter_map(Value::as_f64);
            times.iter_mut().zip(told).for_each(|(times, time)| times.push(time));
        })
        .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let [loaded, painted, first] = times.map(spread);
    println!(
        "cold, on a processor {} times slower, {} times; ms, middle (lowest to highest); load {begin} to {}",
        options.slow,
        options.repeat,
        load()
    );
    println!("  the code is there: {loaded}");
    println!("  something is painted: {painted}");
    println!("  the first message is painted: {first}");
}
