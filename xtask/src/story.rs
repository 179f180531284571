//! Runs one story of the `process` tests with a release build of the server, for `crash` and `hostile`.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::process;
use crate::profile::RELEASE;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Builds the server and runs the tests whose names contain `name`, with these environment variables and their output shown.
/// `title` is shown while they run.
pub(crate) fn run(
    name: &str,
    title: &str,
    variables: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<ExitCode, Failure> {
    const CURE: &str = "These stories do not run on this system: see tests/process/main.rs.";
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(2);
    workspace.build_server(RELEASE, &mut steps)?;
    // The whole workspace, as in `cargo xtask test`: the tests are then compiled once for both.
    let mut test = workspace.cargo(["test", "--workspace", "--test", "process", "--", name, "--nocapture"]);
    test.env("TIDINGS_BIN", workspace.server(RELEASE)).envs(variables);
    steps.note(title, || process::tests_pass(&mut test, CURE))?;
    Ok(if steps.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
