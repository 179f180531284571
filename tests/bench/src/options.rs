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
    /// Tell the names of scenarios and servers
    List,
    /// Write the page of figures anew from the lines that are kept beside it
    Page,
    /// Be the server that the others are compared with: epoll by hand
    Reference {
        /// Leave Nagle's algorithm on, as a server does that forgets about it
        #[arg(long)]
        nagle: bool,
    },
}

impl RunOptions {
    /// The name under which the lines are kept beside the page of figures, where they are.
    pub fn page_name(&self) -> Option<&str> {
        let everything = self.scenarios.is_empty() && self.servers.is_empty() && !self.quick;
        self.page.as_deref().or(everything.then_some("run"))
    }
}

/// What to measure.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// The scenarios; all where none is named
    pub scenarios: Vec<String>,
    /// The servers, parted by commas; all where none is named
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub servers: Vec<String>,
    /// How often each server is measured, all in turn; tables show the median
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub repeat: u32,
    /// Only see whether all works: short runs, whose figures mean nothing
    #[arg(long)]
    pub quick: bool,
    /// The size of each delivered frame, with its header
    #[arg(long, default_value_t = crate::scenario::FRAME_BYTES, value_name = "BYTES")]
    pub frame_bytes: usize,
    /// How long a message's way is measured for, where a scenario has no end of its own [default: 3; 0.2 with --quick]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,
    /// How long clients come and go in `churn` [default: 60; 1 with --quick]
    #[arg(long, value_name = "SECONDS")]
    pub churn_seconds: Option<u64>,
    /// Keep the lines beside the page of figures under this name, and write the page anew; a run of everything does so under `run`
    #[arg(long, value_name = "NAME")]
    pub page: Option<String>,
    /// The file that the lines are added to [default: bench/results.jsonl in cargo's target folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
