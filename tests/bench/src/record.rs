//! The result of a run, as a line of JSON.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::load::check::Faults;
use crate::machine::Machine;

/// From this share of its core on, a process is saturated.
const BUSY: f64 = 0.95;

/// Below this share of its core, a server is not saturated.
const IDLE: f64 = 0.90;

/// One run of one scenario against one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The scenario's name.
    pub scenario: String,
    /// The server's name.
    pub server: String,
    /// Version that the server reports.
    #[serde(default)]
    pub version: String,
    /// Number of the repetition, from 1.
    pub run: u32,
    /// In older lines, the other server that it was measured in alternation with; empty if all servers were.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pair: String,
    /// Whether it was a short run, whose figures only show that everything works.
    pub quick: bool,
    /// Arguments of the run.
    #[serde(default)]
    pub command: String,
    /// Time of its end, in seconds since 1970.
    pub at: u64,
    /// The machine.
    pub machine: Machine,
    /// The figures; missing if the run failed.
    #[serde(flatten)]
    pub measured: Option<Measured>,
    /// The reason for missing figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The measurements of a scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Duration in seconds.
    pub seconds: f64,
    /// The share of a core that the server used.
    pub server_share: f64,
    /// The share of a core that the generator used.
    pub generator_share: f64,
    /// Whether the generator may have been the bottleneck: it had no idle time, and the server had some.
    pub generator_bound: bool,
    /// Lost, duplicated and late messages.
    pub faults: Faults,
    /// The figures by name; the unit ends the name.
    pub figures: BTreeMap<String, f64>,
}

impl Measured {
    /// Creates the measurements of a run of `seconds` with the processor time of server and generator.
    pub fn new(seconds: f64, server_seconds: f64, generator_seconds: f64) -> Self {
        let (server_share, generator_share) = (server_seconds / seconds, generator_seconds / seconds);
        let generator_bound = generator_share > BUSY && server_share < IDLE;
        Self { seconds, server_share, generator_share, generator_bound, ..Self::default() }
    }

    /// Adds a figure.
    pub fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), rounded(value));
    }

    /// Adds the quantiles of times that were recorded in ns.
    pub fn quantiles(&mut self, name: &str, times: &Histogram<u64>) {
        for (suffix, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            let us = times.value_at_quantile(quantile) as f64 / 1000.0;
            self.figure(&format!("{name}_{suffix}_us"), us);
        }
        self.figure(&format!("{name}_max_us"), times.max() as f64 / 1000.0);
    }
}

/// Rounded to five digits: more digits are noise, and each run is stored.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 10_f64.powi(4 - value.abs().log10().floor() as i32);
    (value * digits).round() / digits
}

/// Appends a record to a file of lines.
///
/// # Errors
/// If the file cannot be written.
pub fn append(path: &Path, record: &Record) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(record).map_err(|error| Failure::Server(error.to_string()))?;
    line.push(b'\n');
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(&line)).map_err(Failure::io("writing the results"))
}

/// Header above printed records.
pub const HEADING: &str = "scenario        server          run  server  load  figures";

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:15} {:15} {:3}", self.scenario, self.server, self.run)?;
        let Some(measured) = &self.measured else {
            return write!(f, "  FAILED: {}", self.failure.as_deref().unwrap_or("no reason is known"));
        };
        write!(f, "  {:5.0}% {:4.0}%", measured.server_share * 100.0, measured.generator_share * 100.0)?;
        for (name, value) in &measured.figures {
            write!(f, "  {name} {}", short(*value))?;
        }
        let Faults { lost, duplicated, reordered } = measured.faults;
        if !measured.faults.none() {
            write!(f, "  LOST {lost} DUPLICATED {duplicated} REORDERED {reordered}")?;
        }
        if measured.generator_bound {
            write!(f, "  (the generator was the bottleneck)")?;
        }
        Ok(())
    }
}

/// Formats a number with its significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
