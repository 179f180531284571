//! The tables of the page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::figures::{label, number, servers, spread};
use super::svg::Chart;
use super::{curves, fanout};

use crate::record::Record;
use crate::scenario::Scenario;
use crate::summary;

/// A table of one figure for each server and scenario, or of several figures of one.
struct Section {
    title: &'static str,
    about: &'static str,
    scenarios: &'static [&'static str],
    /// Name, and a column's title.
    figures: &'static [(&'static str, &'static str)],
}

const DELAYS: &[(&str, &str)] = &[
    ("delay_p50_us", "p50 µs"),
    ("delay_p99_us", "p99 µs"),
    ("delay_p999_us", "p99.9 µs"),
    ("delay_max_us", "max µs"),
    ("cpu_us_per_delivery", "CPU µs per delivery"),
];

const SECTIONS: &[Section] = &[
    Section {
        title: "Latency",
        about: "From a publish to its delivery, as the generator sees both. A message goes to 1000 readers one after the other, so that of \
                the reader in the middle is half of a fan-out even where nothing waits. `latency-25` gives each server the same, about half of \
                what the slowest of them can carry; `latency-100` gives the same to all, and to some more than they can carry; \
                `latency-500` is about half of the highest load that any of them carries, and only few carry it; \
                `latency-half` is at half of what each server itself reaches with 16 in flight, so the faster a server, the more it is given.",
        scenarios: &["latency-25", "latency-100", "latency-500", "latency-half"],
        figures: &[
            ("delay_p50_us", "p50 µs"),
            ("delay_p99_us", "p99 µs"),
            ("delay_p999_us", "p99.9 µs"),
            ("delay_max_us", "max µs"),
            ("deliveries_per_second", "deliveries/s"),
        ],
    },
    Section {
        title: "Memory of idle connections",
        about: "One subscription each, all to the same room. The memory is the processes' own (VmRSS); the kernel's is not in it.",
        scenarios: &["idle-10000", "idle-19000"],
        figures: &[
            ("memory_kib_per_connection", "KiB per connection"),
            ("cpu_us_per_connect", "CPU µs per connect"),
        ],
    },
    Section {
        title: "Subscriptions",
        about: "To 1000 channels, 1000 of one connection.",
        scenarios: &["subscriptions-100000"],
        figures: &[
            ("memory_bytes_per_subscription", "bytes per subscription"),
            ("cpu_us_per_subscribe", "CPU µs per subscribe"),
        ],
    },
    Section {
        title: "The log",
        about: "Acknowledged publishes with nobody to deliver to. `full` waits for the disk, once for all that have queued.",
        scenarios: &["publish-1", "publish-8", "publish-64", "publish-64x16"],
        figures: &[
            ("publishes_per_second", "publishes/s"),
            ("cpu_us_per_publish", "CPU µs per publish"),
            ("accepted_p50_us", "p50 µs"),
            ("accepted_p99_us", "p99 µs"),
        ],
    },
    Section {
        title: "A publisher among the readers, large messages, stalled readers",
        about: "`half-stalled` counts the deliveries to those who read; the others' memory is for each of them.",
        scenarios: &["member", "large", "half-stalled"],
        figures: &[
            ("cpu_us_per_delivery", "CPU µs per delivery"),
            ("delay_p50_us", "p50 µs"),
            ("delay_p99_us", "p99 µs"),
            ("memory_kib_per_stalled", "KiB per stalled reader"),
        ],
    },
    Section {
        title: "Small frames in a row",
        about: "Everybody in a room of ten talks: each is sent ten small frames between two of its own, so that its system puts off \
                acknowledging them. Where Nagle's algorithm is on, a server's next frame waits for that.",
        scenarios: &["talk"],
        figures: DELAYS,
    },
    Section {
        title: "All readers of a room with one worker",
        about: "Two workers, on the one core that all servers here have: what is compared is what the room costs, not what a second core would do.",
        scenarios: &["one-sided", "both-sided"],
        figures: DELAYS,
    },
    Section {
        title: "A small room beside something large",
        about: "The delays are the small room's: 10 readers, 100 messages a second.",
        scenarios: &["flooded", "resuming"],
        figures: DELAYS,
    },
    Section {
        title: "Readers that never read",
        about: "Their sockets take little, as those behind a network do; what is left is the server's.",
        scenarios: &["stalled-300", "stalled-5000"],
        figures: &[
            ("memory_kib_per_reader", "KiB per reader"),
            ("memory_peak_kib", "peak KiB of the server"),
            ("publishes_per_second", "publishes/s"),
        ],
    },
    Section {
        title: "Coming back",
        about: "1000 readers, 1000 missed messages each.",
        scenarios: &["resume", "resume-room"],
        figures: &[
            ("seconds_to_resume", "s until all have all"),
            ("deliveries_per_second", "deliveries/s"),
            ("cpu_us_per_delivery", "CPU µs per delivery"),
        ],
    },
    Section {
        title: "10,000 handshakes at once",
        about: "Until each follows the room. A connection that finds the kernel's queue full tries again after a second.",
        scenarios: &["handshakes"],
        figures: &[("seconds_to_connect", "s"), ("cpu_us_per_connect", "CPU µs per connect")],
    },
    Section {
        title: "Churn",
        about: "100 connects and 100 closes a second, each connection with a subscription.",
        scenarios: &["churn"],
        figures: &[
            ("connects", "connects"),
            ("memory_before_kib", "KiB before"),
            ("memory_after_kib", "KiB after"),
            ("memory_growth_bytes_per_connect", "bytes per connect"),
        ],
    },
];

/// All that the tool writes in the page.
pub(super) fn part(records: &[Record], charts: &[Chart]) -> String {
    let mut out = circumstances(records);
    let chart = |out: &mut String, file: &str| {
        for chart in charts.iter().filter(|chart| chart.file == file) {
            let _ = writeln!(out, "\n![{}](bench/{file})", chart.title);
        }
    };
    fanout::write(records, &mut out);
    chart(&mut out, "one.svg");
    fanout::apart(records, &mut out);
    fanout::history(records, &mut out);
    for section in SECTIONS {
        let before = out.len();
        section.write(records, &mut out);
        if out.len() > before {
            match section.title {
                "Latency" => chart(&mut out, "latency.svg"),
                "Memory of idle connections" => chart(&mut out, "memory.svg"),
                _ => {}
            }
        }
    }
    for curve in curves::ALL {
        let before = out.len();
        curve.write(records, &mut out);
        if out.len() > before {
            chart(&mut out, curve.file);
        }
    }
    failures(records, &mut out);
    out
}

/// What the figures were taken on, when, how, and of which versions.
fn circumstances(records: &[Record]) -> String {
    let mut out = "## The run\n\n".to_owned();
    let Some(first) = records.first() else { return out + "There is none yet.\n" };
    let machine = &first.machine;
    let _ = writeln!(
        out,
        "{}, {} cores, {:.0} GiB, Linux {}. The server has a core of its own, the generator another; frames of {} bytes where nothing \
         else is said. A server's processor time is the clock that the kernel keeps for each of its processes, in nanoseconds: the \
         server's own work and the kernel's for it, so also what a write does on the other side of the loopback, and that of threads that \
         have ended. Each figure is the median of its runs, with the lowest and the highest in brackets. In each \
         round all servers run one after the other, and every second round goes the other way about: what the machine does more and \
         more of meets all alike.\n",
        machine.processor,
        machine.cores,
        machine.memory_kib as f64 / 1024.0 / 1024.0,
        machine.kernel,
        crate::scenario::FRAME_BYTES,
    );
    for command in records.iter().map(|record| record.command.as_str()).collect::<BTreeSet<_>>() {
        let _ = writeln!(out, "    cargo xtask bench {command}");
    }
    if records.iter().any(|record| record.quick) {
        let _ = writeln!(out, "\n**Quick runs are among them: their figures only show that all works.**");
    }
    let _ = writeln!(out, "\n| server | version |\n|---|---|");
    let versions: BTreeMap<&str, &str> = records
        .iter()
        .filter(|record| !record.version.is_empty())
        .map(|record| (record.server.as_str(), record.version.as_str()))
        .collect();
    for server in crate::server::Subject::ALL.map(|subject| subject.name()) {
        if let Some(version) = versions.get(server) {
            let _ = writeln!(out, "| {} | {version} |", label(server));
        }
    }
    out
}

impl Section {
    fn write(&self, records: &[Record], out: &mut String) {
        let scenarios: Vec<&str> = self
            .scenarios
            .iter()
            .copied()
            .filter(|scenario| !servers(records, &[scenario]).is_empty())
            .collect();
        if scenarios.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n## {}\n\n{}", self.title, self.about);
        for scenario in scenarios {
            let about = Scenario::named(scenario).map_or("", |scenario| scenario.about);
            let titles: Vec<&str> = self.figures.iter().map(|(_, title)| *title).collect();
            let _ = write!(
                out,
                "\n`{scenario}`: {about}\n\n| server | {} |\n|---|{}\n",
                titles.join(" | "),
                "---|".repeat(titles.len())
            );
            for server in servers(records, &[scenario]) {
                let cells = self.figures.iter().map(|(figure, _)| {
                    let found = summary::spread(records, scenario, server, figure);
                    found.map_or_else(|| "–".to_owned(), |found| spread(Some(found)))
                });
                let _ = writeln!(out, "| {} | {} |", label(server), cells.collect::<Vec<_>>().join(" | "));
            }
        }
    }
}

/// What has no figure, and what has one that is not quite what it says.
fn failures(records: &[Record], out: &mut String) {
    let mut notes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for record in records {
        let mut note = |what: String| {
            notes.entry(format!("{}: {what}", label(&record.server))).or_default().insert(&record.scenario);
        };
        if let Some(failure) = &record.failure {
            note(failure.clone());
        }
        let Some(measured) = &record.measured else { continue };
        let faults = measured.faults;
        if !faults.none() {
            note("lost, doubled or late messages".to_owned());
        }
        if measured.generator_bound {
            note("the generator had no time left, and the server had".to_owned());
        }
        let held_back = measured.figures.get("held_back").copied().unwrap_or(0.0);
        if held_back > 0.0 {
            note(format!("too slow for the rate, {} times", number(held_back)));
        }
    }
    if notes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## What has no figure, or one with a reservation\n");
    for (what, scenarios) in notes {
        let scenarios: Vec<String> = scenarios.into_iter().map(|scenario| format!("`{scenario}`")).collect();
        let _ = writeln!(out, "- {what} ({})", scenarios.join(", "));
    }
}
