//! `cargo xtask dev`: the back end and `trunk serve` together, for development.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::steps::{Steps, say};
use crate::tools::{self, bind, trunk};
use crate::workspace::Workspace;
use crate::{process, together};

/// Installs trunk if it is missing, builds, and runs both until Ctrl-C. `arguments` are the server's.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(4);
    steps.must("Target wasm32-unknown-unknown", || tools::ensure_wasm32(&workspace))?;
    let trunk = steps.must("trunk", || trunk::ensure(&workspace))?;
    let programs =
        steps.must("Building wasm-bindgen (1 min the first time)", || bind::programs(&workspace))?;
    steps.must("Building the back end (2 min the first time)", || {
        let mut build = workspace.cargo(["build", "--package", "backend"]);
        process::must(&mut build, "The messages above say why; the server's code is in backend/.")
    })?;
    // Cargo has set TIDINGS_ORIGINS, so that the server accepts the app of `trunk serve`.
    let mut server = Command::new(workspace.server("dev"));
    server.args(arguments).current_dir(&workspace.root);
    let mut serve = command(&workspace, &trunk, &programs);
    serve.arg("serve");
    say(
        "Starting the back end on http://127.0.0.1:9501 and the app on http://127.0.0.1:8080; Ctrl-C stops both",
    );
    let names = ["The back end", "trunk"];
    let (first, succeeded) = together::run([(names[0], server), (names[1], serve)])?;
    if succeeded {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new(
        format!("{} has ended", names[first]),
        "The messages above say why. The other was stopped.",
    ))
}

/// Returns a command of trunk that finds the workspace's wasm-bindgen in `programs` and does not download one.
pub(crate) fn command(workspace: &Workspace, trunk: &Path, programs: &Path) -> Command {
    let mut command = Command::new(trunk);
    command.current_dir(&workspace.root).env("TRUNK_SKIP_VERSION_CHECK", "true");
    command.env("PATH", process::path_with(vec![programs.to_path_buf()]));
    // trunk reads the variable as its own option and refuses its usual value, 1.
    command.env_remove("NO_COLOR");
    command
}
