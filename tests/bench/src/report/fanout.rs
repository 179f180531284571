//! The tables of the eight fan-out scenarios: the cost of a delivery, and of a publish alone.

use std::fmt::Write as _;

use super::figures::{label, number, ratio, runs, servers, spread};
use crate::record::Record;
use crate::scenario::fanout::apart::{DELIVERY_ALONE, PUBLISH_ALONE};
use crate::server::Subject;
use crate::summary::{self, Spread};

/// The eight fan-out scenarios that compare servers, each with the title of its column.
const COLUMNS: [(&str, &str); 8] = [
    ("one", "1→1000, one"),
    ("sixteen", "1→1000, 16"),
    ("four", "4→1000, 16"),
    ("wide", "1→5000, 16"),
    ("rooms", "100 rooms of 10, one"),
    ("rooms-paced", "100 rooms of 10, 2000/s"),
    ("paced", "1→1000, 20/s"),
    ("echo", "echo"),
];

const OURS: &str = "tidings";
const HISTORY: &str = "tidings-full";

const CPU: &str = "cpu_us_per_delivery";

/// Rows of the table about history: title and figure.
const HISTORY_ROWS: [(&str, &str); 2] =
    [("delivery alone", DELIVERY_ALONE), ("delivery with its share of the publish", CPU)];

/// Writes the cost of a delivery with its share of the publish, and the ratio of Tidings to each server.
pub(super) fn write(records: &[Record], out: &mut String) {
    let table = Table::of(records);
    if table.rows.is_empty() {
        return;
    }
    *out += "\n## Processor time per delivery\n\nThe server's processor time, its own and the kernel's for it, in µs per delivered message. \
             \"one\" is one message in flight, so each delivery is a write of its own. \"16\" is up to 16 messages in flight per \
             publisher, so servers that batch queued messages gain.\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, CPU)
    });
    *out += "\n### Tidings compared to each server\n\nThe figure of Tidings divided by the server's, for runs of the same round. Below 1, Tidings \
             is cheaper.\n\n";
    table.write(out, "Tidings ÷", &table.others(), |scenario, server| {
        ratio(&runs(records, scenario, OURS, server, CPU), &runs(records, scenario, server, OURS, CPU))
    });
}

/// Writes the cost of a delivery and of a publish, measured separately.
pub(super) fn apart(records: &[Record], out: &mut String) {
    let has =
        |record: &Record| record.measured.as_ref().is_some_and(|it| it.figures.contains_key(DELIVERY_ALONE));
    if !records.iter().any(has) {
        return;
    }
    let table = Table::of(records);
    *out += "\n### Delivery and publish measured separately\n\nA message costs a server one publish and a number of deliveries. To separate these two \
             unknowns, each round also measures each server with a tenth of the readers (with `echo`: with nine more readers in each room). \
             The additional readers cost deliveries only. The rest is the publish, with its answer if the server answers (Tidings and \
             Centrifuge do). A tenth of the readers still takes longer than a publish, so as many messages queue.\n\nDelivery alone, in \
             µs:\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, DELIVERY_ALONE)
    });
    sums(records, &table, out);
    *out += "\nThe figure of Tidings divided by the server's:\n\n";
    table.write(out, "Tidings ÷", &table.others(), |scenario, server| {
        let alone = |server| runs(records, scenario, server, server, DELIVERY_ALONE);
        ratio(&alone(OURS), &alone(server))
    });
    *out += "\nPublish alone, in µs. The first table spreads it over the deliveries. A negative value means that it is smaller than the noise, or \
             that the cost of a delivery changes with the number of readers.\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, PUBLISH_ALONE)
    });
}

/// Writes the cost of storing each message on disk before it is delivered.
pub(super) fn history(records: &[Record], out: &mut String) {
    let table = Table::of(records);
    if !table.rows.contains(&HISTORY) || !table.rows.contains(&OURS) {
        return;
    }
    *out += "\n### Cost of history\n\nThe cost with history and `durability = full`, which stores each message on disk before it is delivered, \
             divided by the cost without history. The first row is the delivery alone, as above. The second row is the delivery with its \
             share of the publish.\n\n";
    table.write_titled(out, "with history ÷ without", &HISTORY_ROWS, |scenario, figure| {
        let of = |server| runs(records, scenario, server, server, figure);
        ratio(&of(HISTORY), &of(OURS))
    });
}

/// Writes the sum of a row's medians, for servers that have a figure in every column.
fn sums(records: &[Record], table: &Table<'_>, out: &mut String) {
    let median = |scenario: &str, server: &str| {
        Some(summary::spread(records, scenario, server, DELIVERY_ALONE)?.median)
    };
    let sum =
        |server: &&str| COLUMNS.iter().map(|(scenario, _)| median(scenario, server)).sum::<Option<f64>>();
    let sums = table.rows.iter().filter_map(|server| Some((label(server), sum(server)?)));
    let sums: Vec<String> = sums.map(|(server, sum)| format!("{server} {}", number(sum))).collect();
    if !sums.is_empty() {
        let _ = writeln!(out, "\nSum of the eight columns: {}.", sums.join(", "));
    }
}

/// The columns and rows that have figures.
struct Table<'a> {
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn of(records: &'a [Record]) -> Self {
        let measured = |scenario: &str| records.iter().any(|record| record.scenario == scenario);
        let columns: Vec<_> = COLUMNS.into_iter().filter(|(scenario, _)| measured(scenario)).collect();
        let scenarios: Vec<_> = columns.iter().map(|(scenario, _)| *scenario).collect();
        Self { rows: servers(records, &scenarios), columns }
    }

    /// Rows of the other servers.
    fn others(&self) -> Vec<&'a str> {
        let ours = |server: &&str| Subject::named(server).is_some_and(Subject::is_ours);
        self.rows.iter().copied().filter(|server| !ours(server)).collect()
    }

    /// Writes a row per server.
    fn write(
        &self,
        out: &mut String,
        first: &str,
        rows: &[&str],
        cell: impl Fn(&str, &str) -> Option<Spread>,
    ) {
        let rows: Vec<_> = rows.iter().map(|server| (label(server), *server)).collect();
        self.write_titled(out, first, &rows, cell);
    }

    /// Writes a row per title. Skips rows without any figure.
    fn write_titled(
        &self,
        out: &mut String,
        first: &str,
        rows: &[(&str, &str)],
        cell: impl Fn(&str, &str) -> Option<Spread>,
    ) {
        let titles: Vec<&str> = self.columns.iter().map(|(_, title)| *title).collect();
        let _ = writeln!(out, "| {first} | {} |\n|---|{}", titles.join(" | "), "---|".repeat(titles.len()));
        for (title, what) in rows {
            let cells: Vec<_> = self.columns.iter().map(|(scenario, _)| cell(scenario, what)).collect();
            if cells.iter().any(Option::is_some) {
                let cells: Vec<String> = cells.into_iter().map(spread).collect();
                let _ = writeln!(out, "| {title} | {} |", cells.join(" | "));
            }
        }
    }
}
