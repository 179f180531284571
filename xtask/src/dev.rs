//! `cargo xtask dev`: the back end and `trunk serve` together, for development.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::profile::DEV;
use crate::steps::{Steps, say};
use crate::tools::{self, WASM32, bind, trunk};
use crate::workspace::Workspace;
use crate::{process, together};

/// Installs trunk if it is missing, builds, and runs both until Ctrl-C. `arguments` are the server's.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    expect_usual_address(arguments)?;
    let workspace = Workspace::find()?;
    println!("The first time this takes 8 to 11 min on 2 cores, most of it for trunk; later seconds.");
    let mut steps = Steps::new(4);
    steps.must(&format!("Target {WASM32}"), || tools::ensure_wasm32(&workspace))?;
    let trunk = steps.must("trunk", || trunk::ensure(&workspace))?;
    let programs =
        steps.must("Building wasm-bindgen (1 min the first time)", || bind::programs(&workspace))?;
    workspace.build_server(DEV, &mut steps)?;
    // Cargo has set TIDINGS_ORIGINS, so that the server accepts the app of `trunk serve`.
    let mut server = Command::new(workspace.server(DEV));
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

/// Refuses `--listen`, because `trunk serve` forwards to the address in `Trunk.toml`.
fn expect_usual_address(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().find(|argument| argument.starts_with("--listen")) {
        Some(option) => Err(Failure::new(
            format!("`{option}` is not possible here, because `trunk serve` forwards to 127.0.0.1:9501"),
            "Leave it out, or use `cargo xtask run`.",
        )),
        None => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_listens_where_trunk_forwards_to() {
        let is_accepted = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            expect_usual_address(&words).is_ok()
        };
        assert!(is_accepted(&[]) && is_accepted(&["--data", "d"]));
        assert!(!is_accepted(&["--listen", "9000"]) && !is_accepted(&["--data", "d", "--listen=9000"]));
        let settings = include_str!("../../Trunk.toml");
        assert!(settings.contains("\"http://127.0.0.1:9501/api\""), "{settings}");
    }
}
