//! `cargo xtask bench`: builds the server and the load generator for speed, and starts the generator.

use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::process;
use crate::profile::RELEASE;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The load generator's commands. If the first argument is not one of them, it gets the command `run`.
const COMMANDS: [&str; 4] = ["list", "page", "help", "--help"];

/// Builds, then runs the load generator with `arguments`; `--help` lists them.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(2);
    // One after the other: in one command, cargo would join their features, and the server would not be the one that `run`
    // builds.
    workspace.build_server(RELEASE, &mut steps)?;
    steps.must("Building the load generator (1 min the first time)", || {
        let mut build = workspace.cargo(["build", "--profile", RELEASE, "--package", "bench"]);
        process::must(&mut build, "The messages above say why.")
    })?;
    let program = workspace.programs(RELEASE).join(format!("bench{}", std::env::consts::EXE_SUFFIX));
    let mut bench = Command::new(program);
    if !arguments.first().is_some_and(|first| COMMANDS.contains(&first.as_str())) {
        bench.arg("run");
    }
    bench.args(arguments);
    Ok(if process::succeeds(&mut bench)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
