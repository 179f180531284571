//! The floors of the back end. The same table is in `backend/src/lib.rs` and in `docs/ARCHITECTURE.md`.

use std::fs;

use super::imports::{expect_floors, expect_table, folder, section, sources};

/// The floors, from the lowest. A module imports only from lower floors.
const FLOORS: [&[&str]; 10] = [
    &["config", "telemetry", "clock", "random", "rate", "file_rights"],
    &["message", "auth"],
    &["store"],
    &["sequencer", "mailbox", "backup"],
    &["channel", "presence", "dialect", "projection"],
    &["connection"],
    &["shard", "fanout"],
    &["client"],
    &["edge", "lifecycle"],
    &["app"],
];

/// Allowed imports within one floor. `config` writes its key files with `file_rights` and `random`, `random` reads
/// `clock`, and `telemetry` limits log lines with `rate`.
const BESIDE: [(&str, &str); 4] =
    [("config", "file_rights"), ("config", "random"), ("random", "clock"), ("telemetry", "rate")];

#[test]
fn a_module_imports_only_from_lower_floors() {
    expect_floors("backend", &FLOORS, &BESIDE);
}

/// A counter that belongs to an event is incremented together with the event's log line and all other uses of the
/// event.
#[test]
fn counters_are_incremented_by_events_only() {
    // Measurements, not events of a client or a channel: batches, and a gauge that a worker updates once per second.
    let allowed = [
        ("telemetry::counters", ""),
        ("fanout", "metrics.batches_written.inc();"),
        ("shard::care", "worker.parts.metrics.connections_stalled.inc_by(stalled - before);"),
    ];
    for (module, text) in sources("backend") {
        let module = module.join("::");
        let changes = text.lines().map(str::trim).filter(|line| {
            [".inc()", ".inc_by(", ".dec()", ".dec_by("].iter().any(|call| line.contains(call))
        });
        for line in changes {
            let is_allowed =
                |(file, what): &(&str, &str)| *file == module && (what.is_empty() || *what == line);
            assert!(allowed.iter().any(is_allowed), "{module} counts beside the events: {line}");
        }
    }
}

#[test]
fn the_tables_of_floors_in_the_documentation_match_this_one() {
    let text = fs::read_to_string(folder("backend").join("src/lib.rs")).unwrap();
    expect_table(&text, "//! | ", &FLOORS);
    expect_table(&section("The floors of the back end"), "| ", &FLOORS);
}
