//! Many messages a second, and the work of the page's thread.

use std::time::Duration;

use serde_json::{Value, json};
use tests::Settings;
use tests::browser::{Person, story_with};
use tests::deadline::eventually;
use tokio::time::Instant;

use crate::browser::{ask, slow_down, whole};
use crate::machine::load;
use crate::options::Options;
use crate::talk::{came, say, talkers, text};
use crate::tasks::Tasks;
use crate::trace::Trace;

/// Number of earlier messages, so that the timeline can be scrolled.
const BEFORE: u64 = 300;

/// Maximum time after the last message was accepted. It is long, because a busy machine is not a failure.
const LATE_MAX: Duration = Duration::from_secs(180);

/// Counts the long tasks that the page itself observes.
const WATCH: &str = "\
window.longTasks = []; \
new PerformanceObserver(list => longTasks.push(...list.getEntries().map(e => e.duration))).observe({type: 'longtask'})";

/// Measures and prints the results.
pub(crate) async fn run(options: &Options) {
    story_with(Settings::default().talkative(), async |stage| {
        let talkers = talkers(&stage.server, options.talkers).await;
        say(&talkers, 1..=BEFORE, options.rate).await;
        let ada = stage.person_with_own_browser("Ada").await;
        ada.timeline().expect_part(&text(BEFORE)).await;
        if options.reading {
            read_further_up(&ada).await;
        }
        if options.wire {
            ada.wire().toggle().await;
        }
        slow_down(&ada, options.slow).await;
        ada.run(WATCH, Vec::new()).await;
        let begin = load();
        if options.profile.is_some() {
            ask(&ada, "Profiler.enable", json!({})).await;
            ask(&ada, "Profiler.setSamplingInterval", json!({ "interval": 1000 })).await;
            ask(&ada, "Profiler.start", json!({})).await;
        }
        let trace = Trace::begin(&whole(&ada).await).await;
        let begun = Instant::now();
        let last = BEFORE + options.rate * options.seconds;
        say(&talkers, BEFORE + 1..=last, options.rate).await;
        let said = begun.elapsed();
        let all_came = if options.reading { came_unseen(last - BEFORE) } else { came(last) };
        eventually(LATE_MAX, "the last message is shown", async || {
            let come = ada.run(&all_came, Vec::new()).await == true;
            come.then_some(()).ok_or_else(|| all_came.clone())
        })
        .await;
        let shown = begun.elapsed();
        let events = trace.end().await;
        println!(
            "{}, {} messages in {:.1} s, all on the page {:.1} s later; load {begin} to {}",
            if options.reading { "reading further up" } else { "following the end" },
            last - BEFORE,
            said.as_secs_f64(),
            (shown - said).as_secs_f64(),
            load(),
        );
        let long = ada.run("return longTasks", Vec::new()).await;
        println!("  long tasks that the page observed: {}", long.as_array().map_or(0, Vec::len));
        Tasks::of(&events).describe().iter().for_each(|line| println!("  {line}"));
        keep(options.trace.as_deref(), &json!({ "traceEvents": events }));
        if options.profile.is_some() {
            let profile = ask(&ada, "Profiler.stop", json!({})).await;
            keep(options.profile.as_deref(), &profile["profile"]);
        }
    })
    .await;
}

/// A script that returns whether the page announces this number of new messages.
fn came_unseen(count: u64) -> String {
    format!(
        "return document.querySelector('[data-testid=new-messages]')?.innerText.replaceAll(',', '').trim() === '{count} new'"
    )
}

async fn read_further_up(person: &Person) {
    let up = "[...document.querySelectorAll('[data-testid=message]')].at(-30).scrollIntoView(true)";
    person.run(up, Vec::new()).await;
    person.timeline().expect_away_from_end().await;
}

fn keep(file: Option<&std::path::Path>, what: &Value) {
    if let Some(file) = file {
        std::fs::write(file, what.to_string()).expect("the file can be written");
    }
}
