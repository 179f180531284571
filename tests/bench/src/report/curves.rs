//! What grows: a table and a chart for each curve.

use std::fmt::Write as _;

use super::figures::{label, servers, spread};
use crate::record::Record;
use crate::summary;

/// A figure at several sizes.
pub(super) struct Curve {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// What is on the axis of sizes.
    pub(super) sizes: &'static str,
    /// The name of each scenario but for the size at its end.
    pub(super) prefix: &'static str,
    pub(super) points: &'static [u32],
    /// Name and title.
    pub(super) figures: &'static [(&'static str, &'static str)],
}

pub(super) const ALL: &[Curve] = &[
    Curve {
        file: "readers.svg",
        title: "Growth: readers of a room",
        about: "One message in flight, so each delivery is a write.",
        sizes: "readers",
        prefix: "readers-",
        points: &[10, 100, 1000, 5000, 10_000, 19_000],
        figures: &[("cpu_us_per_delivery", "CPU µs per delivery")],
    },
    Curve {
        file: "channels.svg",
        title: "Growth: channels",
        about: "Silent channels with one subscriber each; 1000 of them to a connection. With few, the figure is that of the memory's pages.",
        sizes: "channels",
        prefix: "channels-",
        points: &[1, 100, 1000, 10_000, 100_000],
        figures: &[
            ("memory_after_kib", "KiB of the server"),
            ("memory_bytes_per_subscription", "bytes per channel"),
            ("cpu_us_per_subscribe", "CPU µs per subscribe"),
        ],
    },
    Curve {
        file: "log.svg",
        title: "Growth: messages in the log",
        about: "One publish in flight; pages of 100 messages from anywhere.",
        sizes: "messages",
        prefix: "log-",
        points: &[1, 1000, 100_000, 1_000_000],
        figures: &[
            ("accepted_p50_us", "publish p50 µs"),
            ("accepted_p99_us", "publish p99 µs"),
            ("page_p50_us", "page p50 µs"),
            ("page_p99_us", "page p99 µs"),
        ],
    },
];

impl Curve {
    pub(super) fn scenario(&self, point: u32) -> String {
        format!("{}{point}", self.prefix)
    }

    pub(super) fn servers<'a>(&self, records: &'a [Record]) -> Vec<&'a str> {
        let scenarios: Vec<String> = self.points.iter().map(|point| self.scenario(*point)).collect();
        servers(records, &scenarios.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub(super) fn write(&self, records: &[Record], out: &mut String) {
        let servers = self.servers(records);
        if servers.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n## {}\n\n{}", self.title, self.about);
        for (figure, title) in self.figures {
            let titles: Vec<String> = self
                .points
                .iter()
                .map(|point| super::figures::number(f64::from(*point)).replace(".00", ""))
                .collect();
            let _ = write!(
                out,
                "\n| {title}, at {} of | {} |\n|---|{}\n",
                self.sizes,
                titles.join(" | "),
                "---|".repeat(titles.len())
            );
            for server in &servers {
                let cells = self
                    .points
                    .iter()
                    .map(|point| spread(summary::spread(records, &self.scenario(*point), server, figure)));
                let _ = writeln!(out, "| {} | {} |", label(server), cells.collect::<Vec<_>>().join(" | "));
            }
        }
    }
}
