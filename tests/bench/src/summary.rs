//! Median and range of a figure over several runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::record::Record;

/// The main figure of a scenario is the first of these that its records have.
const LEADING: [&str; 10] = [
    "seconds_to_connect",
    "memory_bytes_per_subscription",
    "memory_growth_bytes_per_connect",
    "memory_kib_per_connection",
    "memory_kib_per_reader",
    "accepted_p50_us",
    "delay_p99_us",
    "seconds_to_resume",
    "cpu_us_per_delivery",
    "cpu_us_per_publish",
];

/// Lowest, middle and highest of several runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Lowest.
    pub min: f64,
    /// Median; for an even number of runs the mean of the middle two.
    pub median: f64,
    /// Highest.
    pub max: f64,
}

impl Spread {
    /// Spread of these values, or `None` if there are none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (lower, upper) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self { min, median: f64::midpoint(lower, upper), max })
    }
}

/// The spread of a figure over the runs of a scenario against a server.
pub fn spread(records: &[Record], scenario: &str, server: &str, figure: &str) -> Option<Spread> {
    let runs = records.iter().filter(|record| record.scenario == scenario && record.server == server);
    Spread::of(runs.filter_map(|record| record.measured.as_ref()?.figures.get(figure).copied()).collect())
}

/// Formats one line per scenario and server, with the main figure and its ratio to the reference.
pub fn table(records: &[Record]) -> String {
    let mut rows: BTreeMap<(usize, &str, usize, &str), ()> = BTreeMap::new();
    let (scenarios, servers) = (
        crate::scenario::ALL.iter().map(|scenario| scenario.name).collect::<Vec<_>>(),
        crate::server::Subject::ALL.map(|subject| subject.name()),
    );
    let place = |name: &str, all: &[&str]| all.iter().position(|known| *known == name).unwrap_or(usize::MAX);
    for record in records {
        let (scenario, server) = (place(&record.scenario, &scenarios), place(&record.server, &servers));
        rows.insert((scenario, &record.scenario, server, &record.server), ());
    }
    let mut table = format!(
        "{:15} {:15} {:27} {:>9} {:>9} {:>9}  of the reference's\n",
        "scenario", "server", "figure", "min", "median", "max"
    );
    for (_, scenario, _, server) in rows.into_keys() {
        let found =
            LEADING.iter().find_map(|figure| Some((*figure, spread(records, scenario, server, figure)?)));
        let Some((figure, Spread { min, median, max })) = found else {
            let _ = writeln!(table, "{scenario:15} {server:15} no figure");
            continue;
        };
        let reference = spread(records, scenario, "reference", figure).filter(|spread| spread.median > 0.0);
        let ratio = reference.map_or_else(String::new, |spread| format!("{:.2}", median / spread.median));
        let _ = writeln!(
            table,
            "{scenario:15} {server:15} {figure:27} {min:9.2} {median:9.2} {max:9.2}  {ratio}"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_is_between_the_two() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 2.5, max: 4.0 });
        assert_eq!(Spread::of(vec![]), None);
    }
}
