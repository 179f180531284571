//! The tables of the eight ways of delivering: what a delivery costs, and what the publish alone does.

use std::fmt::Write as _;

use super::figures::{label, number, ratio, runs, servers, spread};
use crate::record::Record;
use crate::scenario::fanout::apart::{DELIVERY_ALONE, PUBLISH_ALONE};
use crate::server::Subject;
use crate::summary::{self, Spread};

/// The eight ways in which servers are compared, with a column's title.
const COLUMNS: [(&str, &str); 8] = [
    ("one", "1→1000, one"),
    ("sixteen", "1→1000, 16"),
    ("four", "4→1000, 16"),
    ("wide", "1→5000, 16"),
    ("rooms", "100 rooms of 10, one"),
    ("rooms-paced", "the same, 2000/s"),
    ("paced", "1→1000, 20/s"),
    ("echo", "echo"),
];

const OURS: &str = "tidings";
const HISTORY: &str = "tidings-full";

const CPU: &str = "cpu_us_per_delivery";

/// What history is told about: a row's title, and its figure.
const HISTORY_ROWS: [(&str, &str); 2] =
    [("a delivery alone", DELIVERY_ALONE), ("with its part of the publish", CPU)];

/// What a delivery costs with its part of the publish, and ours beside each.
pub(super) fn write(records: &[Record], out: &mut String) {
    let table = Table::of(records);
    if table.rows.is_empty() {
        return;
    }
    *out += "\n## What a delivery costs\n\nThe server's processor time, its own and the kernel's for it, in µs for each delivered message. \
             \"one\" is one message in flight, so each is a write of its own; \"16\" are up to 16 for each publisher, so that servers which \
             join what has queued gain.\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, CPU)
    });
    *out += "\n### Tidings beside each of them\n\nThe same figure of Tidings divided by the server's, for the runs of the same round: below \
             1, Tidings is cheaper.\n\n";
    table.write(out, "Tidings ÷", &table.others(), |scenario, server| {
        ratio(&runs(records, scenario, OURS, server, CPU), &runs(records, scenario, server, OURS, CPU))
    });
}

/// The same with the publish counted apart.
pub(super) fn apart(records: &[Record], out: &mut String) {
    let has =
        |record: &Record| record.measured.as_ref().is_some_and(|it| it.figures.contains_key(DELIVERY_ALONE));
    if !records.iter().any(has) {
        return;
    }
    let table = Table::of(records);
    *out += "\n### The publish counted apart\n\nA message costs a server the publish and so many deliveries: two unknowns. So each round measures \
             each server with a tenth of the readers too, all else the same (with `echo`, with nine readers more in each room). What the \
             additional readers add is the deliveries'; what both have in common is the publish's, with its answer where a server answers \
             (Tidings and Centrifuge do). A tenth of the readers still takes longer than a publish, so that as many messages queue.\n\nµs of a \
             delivery alone:\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, DELIVERY_ALONE)
    });
    sums(records, &table, out);
    *out += "\nThat of Tidings divided by the server's:\n\n";
    table.write(out, "Tidings ÷", &table.others(), |scenario, server| {
        let alone = |server| runs(records, scenario, server, server, DELIVERY_ALONE);
        ratio(&alone(OURS), &alone(server))
    });
    *out += "\nµs of a publish alone, which the first table spreads over its deliveries:\n\n";
    table.write(out, "server", &table.rows, |scenario, server| {
        summary::spread(records, scenario, server, PUBLISH_ALONE)
    });
}

/// What it costs that each message is on disk before it is delivered.
pub(super) fn history(records: &[Record], out: &mut String) {
    let table = Table::of(records);
    if !table.rows.contains(&HISTORY) || !table.rows.contains(&OURS) {
        return;
    }
    *out += "\n### With history\n\nWhat it costs with history and `durability = full`, where each message is on disk before it is delivered, \
             divided by what it costs without: the delivery alone, with the publish taken off as above, and the delivery with its part of the \
             publish.\n\n";
    table.write_titled(out, "history ÷ without", &HISTORY_ROWS, |scenario, figure| {
        let of = |server| runs(records, scenario, server, server, figure);
        ratio(&of(HISTORY), &of(OURS))
    });
}

/// The sum of a row's medians, for those servers that have a figure in each column.
fn sums(records: &[Record], table: &Table<'_>, out: &mut String) {
    let median = |scenario: &str, server: &str| {
        Some(summary::spread(records, scenario, server, DELIVERY_ALONE)?.median)
    };
    let sum =
        |server: &&str| COLUMNS.iter().map(|(scenario, _)| median(scenario, server)).sum::<Option<f64>>();
    let sums = table.rows.iter().filter_map(|server| Some((label(server), sum(server)?)));
    let sums: Vec<String> = sums.map(|(server, sum)| format!("{server} {}", number(sum))).collect();
    if !sums.is_empty() {
        let _ = writeln!(out, "\nThe sum of the eight: {}.", sums.join(", "));
    }
}

/// The columns and rows that there are figures for.
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

    /// The rows of servers that are not ours.
    fn others(&self) -> Vec<&'a str> {
        let ours = |server: &&str| Subject::named(server).is_some_and(Subject::is_ours);
        self.rows.iter().copied().filter(|server| !ours(server)).collect()
    }

    /// A row for each server.
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

    /// A row for each title, of what it stands for. Those in which nothing is known are left out.
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
