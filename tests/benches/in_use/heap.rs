//! The memory of the app's tab during a long flood.

use std::time::Duration;

use serde_json::{Value, json};
use tests::Settings;
use tests::browser::{Person, story_with};
use tests::deadline::eventually;
use tokio::time::Instant;

use crate::browser::ask;
use crate::machine::load;
use crate::options::Options;
use crate::talk::{came, say, talkers, text};

/// Number of earlier messages, so that the timeline can be scrolled.
const BEFORE: u64 = 300;

/// Number of samples after the first. The flood's rows appear between two of them.
const SAMPLES: u64 = 10;

/// Number of intervals that the growth does not include: the app's buffers reach their size in them.
const WARM_UP: usize = 2;

/// Maximum time after the last message of an interval was accepted. It is long, because a busy machine is not a failure.
const LATE_MAX: Duration = Duration::from_secs(180);

/// Counts the rows that are drawn.
const COUNT: &str = "\
window.rowsDrawn = 0; \
new MutationObserver(changes => { \
  for (const change of changes) window.rowsDrawn += change.addedNodes.length; \
}).observe(document.querySelector('.log__list'), {childList: true})";

/// The figures of one moment, after a garbage collection.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    /// Number of rows that were drawn so far.
    rows: u64,
    /// JavaScript objects, in bytes.
    script: u64,
    /// The browser's own objects for the page, in bytes.
    browser: u64,
    /// The memory of the WebAssembly, in bytes. It never shrinks.
    wasm: u64,
    /// Number of nodes of the document.
    nodes: u64,
}

/// Measures and prints the results.
pub(crate) async fn run(options: &Options) {
    story_with(Settings::default().talkative(), async |stage| {
        let talkers = talkers(&stage.server, options.talkers).await;
        say(&talkers, 1..=BEFORE, options.rate).await;
        let ada = stage.person_with_own_browser("Ada").await;
        ada.expect_text("[data-testid=timeline]", &text(BEFORE)).await;
        if options.wire {
            ada.wire().toggle().await;
        }
        ada.run(COUNT, Vec::new()).await;
        ask(&ada, "HeapProfiler.enable", json!({})).await;
        let (begun, begin) = (Instant::now(), load());
        let mut samples = vec![sample(&ada, begun).await];
        let messages = (options.rate * options.seconds / SAMPLES).max(1);
        println!("| minute | rows drawn | WebAssembly, KiB | script, KiB | browser, KiB | nodes |");
        println!("|---|---|---|---|---|---|");
        print(samples[0]);
        for interval in 0..SAMPLES {
            let first = BEFORE + interval * messages + 1;
            let last = first + messages - 1;
            say(&talkers, first..=last, options.rate).await;
            let there = came(last);
            eventually(LATE_MAX, "the last message is shown", async || {
                let come = ada.run(&there, Vec::new()).await == true;
                come.then_some(()).ok_or_else(|| there.clone())
            })
            .await;
            let next = sample(&ada, begun).await;
            print(next);
            samples.push(next);
        }
        println!("{} messages a second; load {begin} to {}", options.rate, load());
        if let (Some(first), Some(last)) = (samples.get(WARM_UP), samples.last()) {
            growth("WebAssembly", first, last, |sample| sample.wasm);
            growth("script", first, last, |sample| sample.script);
            growth("browser", first, last, |sample| sample.browser);
        }
    })
    .await;
}

async fn sample(person: &Person, begun: Instant) -> Sample {
    // The second collection finds what the finalizers of the first have freed.
    for _ in 0..2 {
        ask(person, "HeapProfiler.collectGarbage", json!({})).await;
    }
    let heap = ask(person, "Runtime.getHeapUsage", json!({})).await;
    let document = ask(person, "Memory.getDOMCounters", json!({})).await;
    let rows = person.run("return window.rowsDrawn", Vec::new()).await;
    Sample {
        at: begun.elapsed(),
        rows: number(&rows),
        script: number(&heap["usedSize"]),
        browser: number(&heap["embedderHeapUsedSize"]),
        wasm: wasm_bytes(person).await,
        nodes: number(&document["nodes"]),
    }
}

/// Returns the size of the page's WebAssembly memory, which only the app's own module can reach by name.
async fn wasm_bytes(person: &Person) -> u64 {
    let prototype = json!({ "expression": "WebAssembly.Memory.prototype" });
    let prototype = ask(person, "Runtime.evaluate", prototype).await;
    let all = json!({ "prototypeObjectId": prototype["result"]["objectId"] });
    let all = ask(person, "Runtime.queryObjects", all).await;
    let sum = json!({
        "objectId": all["objects"]["objectId"],
        "functionDeclaration": "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }",
        "returnByValue": true,
    });
    number(&ask(person, "Runtime.callFunctionOn", sum).await["result"]["value"])
}

fn number(value: &Value) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes and counts")]
    value.as_f64().map_or(0, |value| value as u64)
}

fn print(sample: Sample) {
    let kib = |bytes: u64| bytes / 1024;
    println!(
        "| {:.1} | {} | {} | {} | {} | {} |",
        sample.at.as_secs_f64() / 60.0,
        sample.rows,
        kib(sample.wasm),
        kib(sample.script),
        kib(sample.browser),
        sample.nodes
    );
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a tab and rows stay below 2^52")]
fn growth(name: &str, first: &Sample, last: &Sample, bytes: fn(&Sample) -> u64) {
    let grown = bytes(last) as f64 - bytes(first) as f64;
    let hours = (last.at - first.at).as_secs_f64() / 3_600.0;
    let rows = last.rows.saturating_sub(first.rows).max(1) as f64;
    println!(
        "  {name}: {:.1} MiB an hour, {:.1} bytes per row",
        grown / hours / 1024.0 / 1024.0,
        grown / rows
    );
}
