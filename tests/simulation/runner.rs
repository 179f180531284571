//! Runs many seeds on all cores and reports the results.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use std::time::Instant;

use crate::profile::Profile;
use crate::world::{Counts, World};

/// Default number of seeds.
const SEEDS: u64 = 20_000;

/// Maximum number of failures that are shown; more are counted.
const SHOWN_FAILURES_MAX: usize = 3;

thread_local! {
    /// The panic of this thread. A task's handle swallows it otherwise.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Returns the seeds that the environment asks for.
pub(crate) fn asked_for() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse().expect(name));
    match number("TIDINGS_SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => {
            let from: u64 = number("TIDINGS_SIMULATION_FROM").unwrap_or(0);
            (from..from + number("TIDINGS_SIMULATION_SEEDS").unwrap_or(SEEDS)).collect()
        }
    }
}

/// Runs all seeds and panics if one fails. Returns the sums of their counts.
pub(crate) fn run_all(seeds: Vec<u64>) -> Counts {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let (counts, failed) = (Mutex::new(Counts::default()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match run(seed, false, false).0 {
                        Ok(seen) => counts.lock().unwrap().add(seen),
                        Err(broken) => failed.lock().unwrap().push((seed, broken)),
                    }
                }
            });
        }
    });
    let (counts, mut failed) = (counts.into_inner().unwrap(), failed.into_inner().unwrap());
    failed.sort();
    // Written past the test's output capture, because it is useful in every run.
    let summary = format!(
        "{} seeds, {} messages, {} deliveries, {} crashes, {} dead parts, {} backups, {} full batches, {} messages of another server, {} cuts, {} gaps, passed: {} ({:.1} s)",
        seeds.len(),
        counts.messages,
        counts.delivered,
        counts.crashes,
        counts.deaths,
        counts.copies,
        counts.full_batches,
        counts.elsewhere,
        counts.cuts,
        counts.gaps,
        if failed.is_empty() { "yes" } else { "NO" },
        begun.elapsed().as_secs_f64(),
    );
    writeln!(std::io::stdout().lock(), "{summary}").unwrap();
    for (seed, broken) in failed.iter().take(SHOWN_FAILURES_MAX) {
        // The replay of a single seed shows the whole record.
        let (_, record) = run(*seed, true, seeds.len() == 1);
        println!(
            "{}\nseed {seed}: {broken}; replay with: cargo xtask simulate --seed {seed}\n",
            record.join("\n")
        );
    }
    let all: Vec<String> = failed.iter().map(|(seed, broken)| format!("seed {seed}: {broken}")).collect();
    assert!(
        failed.is_empty(),
        "{} of {} seeds failed:\n{}",
        failed.len(),
        seeds.len(),
        all[..all.len().min(20)].join("\n")
    );
    counts
}

/// Returns the whole record of a seed's run, and its result in the last line.
pub(crate) fn trace(seed: u64) -> String {
    let (result, record) = run(seed, true, true);
    format!("{}\n{result:?}\n", record.join("\n"))
}

fn run(seed: u64, recorded: bool, whole: bool) -> (Result<Counts, String>, Vec<String>) {
    catch_panics();
    PANIC.take();
    RUNNING.set(true);
    let mut record = Vec::new();
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime without IO").block_on(async {
            let mut world = World::new(seed, Profile::of(seed), recorded, whole);
            let ran = world.run(|| PANIC.take()).await;
            record = world.ether.record();
            ran.map(|()| world.counts)
        })
    }));
    RUNNING.set(false);
    (ran.unwrap_or_else(|_| Err(PANIC.take().unwrap_or_default())), record)
}

/// Records panics instead of printing them: a failed seed is reported with its record.
fn catch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if RUNNING.get() {
                PANIC.set(Some(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.delivered += other.delivered;
        self.gaps += other.gaps;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
        self.deaths += other.deaths;
        self.elsewhere += other.elsewhere;
        self.copies += other.copies;
        self.full_batches += other.full_batches;
    }
}
