//! The floors of the back end. The same table is in `backend/src/lib.rs` and in the architecture document.

use std::fs;

use super::imports::{expect_floors, expect_no_cycle, folder, sources};

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

fn floor(module: &str) -> usize {
    let floor = FLOORS.iter().position(|modules| modules.contains(&module));
    floor.unwrap_or_else(|| panic!("{module} is on no floor: name it in FLOORS and in src/lib.rs"))
}

#[test]
fn a_module_imports_only_from_lower_floors() {
    expect_floors("backend", &FLOORS, &BESIDE);
}

#[test]
fn no_file_is_part_of_an_import_cycle() {
    for krate in ["backend", "shared"] {
        expect_no_cycle(krate);
    }
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
fn the_table_of_floors_in_the_documentation_matches_this_one() {
    let text = fs::read_to_string(folder("backend").join("src/lib.rs")).unwrap();
    for line in text.lines().filter(|line| line.starts_with("//! | ") && line.contains('`')) {
        let mut cells = line.trim_start_matches("//! | ").split(" | ");
        let number: usize = cells.next().unwrap().parse().unwrap();
        for name in cells.next().unwrap().split(", ") {
            let name = name.trim_matches(['[', ']', '`']);
            assert_eq!(number, floor(name), "{name}");
        }
    }
}
