//! The tables of the page, one section per group of scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::figures::{label, number, servers, spread};
use super::svg::Chart;
use super::{curves, fanout};

use crate::record::Record;
use crate::scenario::Scenario;
use crate::summary;

/// A section of the page: one table per scenario, with a row per server and a column per figure.
struct Section {
    title: &'static str,
    about: &'static str,
    scenarios: &'static [&'static str],
    /// Names of figures, each with the title of its column.
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
        about: "Time from a publish to its delivery, seen by the generator. The server writes a message to 1000 readers one after the other, \
                so the median reader waits for half of the fan-out even if nothing queues. `latency-25` gives every server the same load, \
                about half of what the slowest server can carry. `latency-100` gives every server the same load, which is too much for \
                some of them. `latency-500` is about half of the highest load that any server carries; few servers carry it. \
                `latency-half` is half of the rate that each server reaches with 16 messages in flight, so a faster server gets more load.",
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
        about: "Each connection has one subscription, all to the same room. Memory is the resident set of the processes (VmRSS), without the kernel's memory.",
        scenarios: &["idle-10000", "idle-19000"],
        figures: &[
            ("memory_kib_per_connection", "KiB per connection"),
            ("cpu_us_per_connect", "CPU µs per connect"),
        ],
    },
    Section {
        title: "Memory of subscriptions",
        about: "There are 1000 channels. Each connection has 1000 subscriptions.",
        scenarios: &["subscriptions-100000"],
        figures: &[
            ("memory_bytes_per_subscription", "bytes per subscription"),
            ("cpu_us_per_subscribe", "CPU µs per subscribe"),
        ],
    },
    Section {
        title: "Publish rate and latency of the log",
        about: "Acknowledged publishes without readers. With `full`, the log waits for the disk once for all publishes that have queued (group commit).",
        scenarios: &["publish-1", "publish-8", "publish-64", "publish-64x16"],
        figures: &[
            ("publishes_per_second", "publishes/s"),
            ("cpu_us_per_publish", "CPU µs per publish"),
            ("accepted_p50_us", "p50 µs"),
            ("accepted_p99_us", "p99 µs"),
        ],
    },
    Section {
        title: "Publisher as reader, large messages, stalled readers",
        about: "`half-stalled` counts only deliveries to the readers that read. Its memory column is per stalled reader.",
        scenarios: &["member", "large", "half-stalled"],
        figures: &[
            ("cpu_us_per_delivery", "CPU µs per delivery"),
            ("delay_p50_us", "p50 µs"),
            ("delay_p99_us", "p99 µs"),
            ("memory_kib_per_stalled", "KiB per stalled reader"),
        ],
    },
    Section {
        title: "Small frames and Nagle's algorithm",
        about: "Everybody in a room of ten publishes. Each client receives ten small frames between two of its own, so its operating system \
                delays acknowledgements. If Nagle's algorithm is on, the server's next frame waits for that acknowledgement.",
        scenarios: &["talk"],
        figures: DELAYS,
    },
    Section {
        title: "All readers of a room on one worker",
        about: "Two workers on the one core that every server has here. The tables compare the cost of the room, not the gain of a second core.",
        scenarios: &["one-sided", "both-sided"],
        figures: DELAYS,
    },
    Section {
        title: "Small room next to a heavy load",
        about: "The delays are those of the small room: 10 readers, 100 messages a second.",
        scenarios: &["flooded", "resuming"],
        figures: DELAYS,
    },
    Section {
        title: "Readers that never read",
        about: "The readers' sockets accept little data, as sockets behind a network do, so the memory is the server's own.",
        scenarios: &["stalled-300", "stalled-5000"],
        figures: &[
            ("memory_kib_per_reader", "KiB per reader"),
            ("memory_peak_kib", "peak KiB of the server"),
            ("publishes_per_second", "publishes/s"),
        ],
    },
    Section {
        title: "Resume after a disconnect",
        about: "1000 readers resume at once. Each has missed 1000 messages.",
        scenarios: &["resume", "resume-room"],
        figures: &[
            ("seconds_to_resume", "s until all are up to date"),
            ("deliveries_per_second", "deliveries/s"),
            ("cpu_us_per_delivery", "CPU µs per delivery"),
        ],
    },
    Section {
        title: "10,000 handshakes at once",
        about: "Time until every client has subscribed to the room. If the kernel's accept queue is full, the client's kernel tries again after a second.",
        scenarios: &["handshakes"],
        figures: &[("seconds_to_connect", "s"), ("cpu_us_per_connect", "CPU µs per connect")],
    },
    Section {
        title: "Connect and disconnect (churn)",
        about: "100 connects and 100 closes a second. Each connection has one subscription.",
        scenarios: &["churn"],
        figures: &[
            ("connects", "connects"),
            ("memory_before_kib", "KiB before"),
            ("memory_after_kib", "KiB after"),
            ("memory_growth_bytes_per_connect", "bytes per connect"),
        ],
    },
];

/// Returns the generated part of the page.
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

/// Describes the machine, the method, the commands and the versions of the servers.
fn circumstances(records: &[Record]) -> String {
    let mut out = "## Test setup\n\n".to_owned();
    let Some(first) = records.first() else { return out + "There is no run yet.\n" };
    let machine = &first.machine;
    let _ = writeln!(
        out,
        "{}, {} cores, {:.0} GiB, Linux {}. The server runs on one core and the load generator on the other. Frames have {} bytes unless \
         a table says otherwise. Processor time is the kernel's clock of each server process, in nanoseconds. It includes the server's own \
         work, the kernel's work for it (also the receiving side of a write to the loopback), and threads that have ended. Each figure \
         is the median of its runs, with the lowest and the highest in brackets. In each round all servers run one after the other. \
         Every second round reverses the order, so that a drift of the machine affects all servers equally.\n",
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
        let _ =
            writeln!(out, "\n**Some runs are quick runs. Their figures only show that everything works.**");
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

/// Lists the scenarios without a figure, and those whose figure is uncertain, with the reason.
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
            note("lost, duplicated or late messages".to_owned());
        }
        if measured.generator_bound {
            note("the generator was the bottleneck, not the server".to_owned());
        }
        let held_back = measured.figures.get("held_back").copied().unwrap_or(0.0);
        if held_back > 0.0 {
            note(format!("slower than the requested rate, {} times", number(held_back)));
        }
    }
    if notes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## Missing or uncertain figures\n");
    for (what, scenarios) in notes {
        let scenarios: Vec<String> = scenarios.into_iter().map(|scenario| format!("`{scenario}`")).collect();
        let _ = writeln!(out, "- {what} ({})", scenarios.join(", "));
    }
}
