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
    /// Be the server that the others are compared with: epoll by hand
    Reference,
}

/// What to measure.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// The scenarios; all where none is named
    pub scenarios: Vec<String>,
    /// The servers, parted by commas; all where none is named
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub servers: Vec<String>,
    /// How often each is measured; tables show the median
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub repeat: u32,
    /// Only see whether all works: short runs, whose figures mean nothing
    #[arg(long)]
    pub quick: bool,
    /// The file that the lines are added to [default: bench/results.jsonl in cargo's target folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
