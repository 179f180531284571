//! How a figure scales: tables and a chart for each curve.

use std::fmt::Write as _;

use super::figures::{label, number, servers, spread};
use crate::record::Record;
use crate::summary;

/// A figure at several sizes.
pub(super) struct Curve {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// Label of the x axis.
    pub(super) sizes: &'static str,
    /// Name of each scenario without the size at its end.
    pub(super) prefix: &'static str,
    pub(super) points: &'static [u32],
    /// Name and title.
    pub(super) figures: &'static [(&'static str, &'static str)],
    growth: Growth,
}

/// The sentence that summarizes a curve.
enum Growth {
    /// Cost of one more: the total figure, a factor for its unit, and the resulting unit.
    OneMore { figure: &'static str, factor: f64, one: &'static str, unit: &'static str },
    /// Ratio of the figure at the largest size to that at the smallest.
    Times { figure: &'static str, what: &'static str },
}

pub(super) const ALL: &[Curve] = &[
    Curve {
        file: "readers.svg",
        title: "Scaling: readers per room",
        about: "One message in flight, so each delivery is a write of its own.",
        sizes: "readers",
        prefix: "readers-",
        points: &[10, 100, 1000, 5000, 10_000, 19_000],
        figures: &[("cpu_us_per_delivery", "CPU µs per delivery")],
        growth: Growth::OneMore {
            figure: "cpu_us_per_publish",
            factor: 1.0,
            one: "one more reader",
            unit: "µs per message",
        },
    },
    Curve {
        file: "channels.svg",
        title: "Scaling: channels",
        about: "Silent channels with one subscriber each, 1000 channels per connection. With few channels, the figure shows whole pages of memory.",
        sizes: "channels",
        prefix: "channels-",
        points: &[1, 100, 1000, 10_000, 100_000],
        figures: &[
            ("memory_after_kib", "KiB of the server"),
            ("memory_bytes_per_subscription", "bytes per channel"),
            ("cpu_us_per_subscribe", "CPU µs per subscribe"),
        ],
        growth: Growth::OneMore {
            figure: "memory_after_kib",
            factor: 1024.0,
            one: "one more channel with its subscription",
            unit: "bytes",
        },
    },
    Curve {
        file: "log.svg",
        title: "Scaling: messages in the log",
        about: "One publish in flight; history pages of 100 messages from any position.",
        sizes: "messages",
        prefix: "log-",
        points: &[1, 1000, 100_000, 1_000_000],
        figures: &[
            ("accepted_p50_us", "publish p50 µs"),
            ("accepted_p99_us", "publish p99 µs"),
            ("page_p50_us", "page p50 µs"),
            ("page_p99_us", "page p99 µs"),
        ],
        growth: Growth::Times { figure: "accepted_p50_us", what: "a publish (p50)" },
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
        for server in &servers {
            if let Some(line) = self.growth(records, server) {
                let _ = writeln!(out, "\n{line}");
            }
        }
        for (figure, title) in self.figures {
            let titles: Vec<String> = self.points.iter().map(|point| size(f64::from(*point))).collect();
            let _ = write!(
                out,
                "\n| {title}, by number of {} | {} |\n|---|{}\n",
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

    /// Compares the smallest, the middle and the largest measured size.
    fn growth(&self, records: &[Record], server: &str) -> Option<String> {
        let (Growth::OneMore { figure, .. } | Growth::Times { figure, .. }) = self.growth;
        let value = |point: &u32| {
            let spread = summary::spread(records, &self.scenario(*point), server, figure)?;
            Some((f64::from(*point), spread.median))
        };
        let points: Vec<(f64, f64)> = self.points.iter().filter_map(value).collect();
        let (first, middle, last) = (*points.first()?, *points.get(points.len() / 2)?, *points.last()?);
        let label = label(server);
        match self.growth {
            Growth::OneMore { factor, one, unit, .. } => {
                let slope = |(from, low): (f64, f64), (to, high): (f64, f64)| {
                    let each = (high - low) / (to - from) * factor;
                    each.is_finite()
                        .then(|| format!("{} {unit} between {} and {}", number(each), size(from), size(to)))
                };
                Some(format!("{label}: {one} costs {}, {}.", slope(first, middle)?, slope(middle, last)?))
            }
            Growth::Times { what, .. } => {
                let times = number(last.1 / first.1);
                let (from, to, sizes) = (size(first.0), size(last.0), self.sizes);
                (points.len() > 1).then(|| {
                    format!("{label}: {what} takes {times} times as long with {to} {sizes} as with {from}.")
                })
            }
        }
    }
}

/// A whole number.
fn size(size: f64) -> String {
    number(size).replace(".00", "").replace(".0", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Measured;

    fn record(curve: &Curve, point: u32, figure: &str, value: f64) -> Record {
        let mut measured = Measured::default();
        measured.figure(figure, value);
        let (scenario, server) = (curve.scenario(point), "tidings");
        let line = serde_json::json!({
            "scenario": scenario, "server": server, "run": 1, "quick": false, "at": 0,
            "machine": { "processor": "", "cores": 2, "memory_kib": 0, "kernel": "" },
        });
        Record { measured: Some(measured), ..serde_json::from_value(line).unwrap() }
    }

    #[test]
    fn one_more_costs_the_slope() {
        let curve = &ALL[0];
        let points = [(10, 100.0), (5000, 5090.0), (19_000, 33_090.0)];
        let records = points.map(|(point, value)| record(curve, point, "cpu_us_per_publish", value));
        let line = curve.growth(&records, "tidings").unwrap();
        let expected = "**Tidings**: one more reader costs 1.00 µs per message between 10 and 5,000, 2.00 µs per message between 5,000 \
                        and 19,000.";
        assert_eq!(line, expected);
        assert_eq!(curve.growth(&records[..1], "tidings"), None);
    }

    #[test]
    fn the_end_is_told_as_times_of_the_beginning() {
        let curve = &ALL[2];
        let records = [(1, 200.0), (1_000_000, 300.0)]
            .map(|(point, value)| record(curve, point, "accepted_p50_us", value));
        let line = curve.growth(&records, "tidings").unwrap();
        assert_eq!(
            line,
            "**Tidings**: a publish (p50) takes 1.50 times as long with 1,000,000 messages as with 1."
        );
    }
}
