//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measures Tidings and its peers.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What this program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure
    Run(RunOptions),
    /// List the scenarios and the servers
    List,
    /// Regenerate docs/PERFORMANCE.md from the result lines in docs/bench
    Page,
    /// Run the reference server: hand-written epoll
    Reference {
        /// Leave Nagle's algorithm on
        #[arg(long)]
        nagle: bool,
    },
}

impl RunOptions {
    /// Name of the result file for docs/PERFORMANCE.md, or `None` if the run is not stored there.
    pub fn page_name(&self) -> Option<&str> {
        let everything = self.scenarios.is_empty() && self.servers.is_empty() && !self.quick;
        self.page.as_deref().or(everything.then_some("run"))
    }
}

/// What to measure.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// The scenarios [default: all]
    pub scenarios: Vec<String>,
    /// The servers, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub servers: Vec<String>,
    /// Rounds: how often each server is measured, in alternation; tables show the median
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub repeat: u32,
    /// Short runs that only check that everything works; their figures mean nothing
    #[arg(long)]
    pub quick: bool,
    /// Size of each delivered frame, with its header
    #[arg(long, default_value_t = crate::scenario::FRAME_BYTES, value_name = "BYTES")]
    pub frame_bytes: usize,
    /// Duration of a measurement, if the scenario has no end of its own [default: 3; 0.2 with --quick]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,
    /// Duration of `churn` [default: 60; 1 with --quick]
    #[arg(long, value_name = "SECONDS")]
    pub churn_seconds: Option<u64>,
    /// Store the results in docs/bench under this name and regenerate docs/PERFORMANCE.md; a run of everything uses the name `run`
    #[arg(long, value_name = "NAME")]
    pub page: Option<String>,
    /// File to which the result lines are appended [default: bench/results.jsonl in cargo's target folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
