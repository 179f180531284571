//! `cargo xtask run`: builds and starts the server, also from a fresh clone.

use std::process::{Command, ExitCode, Stdio};

use crate::failure::Failure;
use crate::steps::{Steps, say};
use crate::tools::PageTools;
use crate::workspace::Workspace;
use crate::{hint, page, process};

/// Installs, builds, and replaces this program with the server. `arguments` are the server's.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(PageTools::STEPS + 2);
    let tools = PageTools::ensure(&workspace, &mut steps)?;
    steps.must("Building the page (2 to 4 min the first time)", || page::build(&workspace, &tools))?;
    steps.must("Building the server (2 to 5 min the first time)", || {
        let mut build = workspace.cargo(["build", "--release", "--package", "backend"]);
        process::must(&mut build, "The messages above say why; the server's code is in backend/.")
    })?;
    say("Starting the server");
    let origins = std::env::var(ORIGINS).ok();
    start(
        server(&workspace, arguments, origins.as_deref()),
        &hint::key(arguments, |name| std::env::var(name).ok()),
    )
}

/// Returns the command that starts the release server. Cargo passes the `[env]` of `.cargo/config.toml`, which is for
/// `trunk serve`, to every program that it starts. In the server it would override the origins of a config file.
fn server(workspace: &Workspace, arguments: &[String], origins: Option<&str>) -> Command {
    let mut server = Command::new(workspace.server("release"));
    server.args(arguments);
    // A different value was set by the user, so keep it.
    if origins.is_some() && origins == origins_for_trunk(CONFIG) {
        server.env_remove(ORIGINS);
    }
    server
}

/// The variable with the other origins whose pages may connect.
const ORIGINS: &str = "TIDINGS_ORIGINS";

/// Cargo's settings for this workspace.
const CONFIG: &str = include_str!("../../.cargo/config.toml");

/// Returns the value of [`ORIGINS`] in `config`.
fn origins_for_trunk(config: &str) -> Option<&str> {
    let value = config.lines().find_map(|line| line.strip_prefix(ORIGINS)?.trim_start().strip_prefix('='));
    value.map(|value| value.trim().trim_matches('"'))
}

/// Replaces this process with the server, which keeps the process id: every signal reaches it and its exit status is ours, without
/// code that passes them on. Its output goes through a small process that adds the hint.
#[cfg(unix)]
fn start(mut server: Command, key: &str) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt;

    let relay = std::env::current_exe().and_then(|this| {
        // In a separate process group, so that Ctrl-C ends the server only; the end of its output ends the relay.
        Command::new(this).args([hint::TASK, key]).stdin(Stdio::piped()).process_group(0).spawn()
    });
    if let Some(pipe) = relay.ok().and_then(|mut relay| relay.stdin.take()) {
        server.stdout(pipe);
    }
    Err(failed(&server.exec()))
}

/// Without `exec` the console sends Ctrl-C to both; this program waits for the server to end.
#[cfg(not(unix))]
fn start(mut server: Command, key: &str) -> Result<ExitCode, Failure> {
    let mut server = server.stdout(Stdio::piped()).spawn().map_err(|error| failed(&error))?;
    if let Some(output) = server.stdout.take() {
        hint::relay(output, std::io::stdout(), key);
    }
    let status = server.wait().map_err(|error| failed(&error))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(
        format!("The server was built but could not be started: {error}"),
        "Look for it in cargo's target directory; a `build.target` in cargo's settings puts it elsewhere.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origins_for_trunk_are_not_passed_to_the_server() {
        let workspace = Workspace::find().unwrap();
        let arguments = ["--listen".to_owned(), "9000".to_owned()];
        let is_removed = |origins| {
            let server = server(&workspace, &arguments, origins);
            assert!(server.get_args().eq(["--listen", "9000"]));
            server.get_envs().any(|(name, value)| name == ORIGINS && value.is_none())
        };
        assert!(is_removed(Some("http://127.0.0.1:8080,http://localhost:8080")), "{CONFIG}");
        assert!(!is_removed(Some("https://chat.example")), "a person has set it");
        assert!(!is_removed(None));
    }
}
