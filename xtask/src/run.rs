//! `cargo xtask run`: builds and starts the server, also from a fresh clone.

use std::process::{Command, ExitCode, Stdio};

use crate::failure::Failure;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::workspace::Workspace;
use crate::{hint, origins, page, process};

/// The option that selects the shipped build.
const RELEASE: &str = "--release";

/// Installs, builds, and replaces this program with the server. `arguments` are [`RELEASE`] and the server's.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let (profile, arguments) = read(arguments);
    let workspace = Workspace::find()?;
    println!("{}", introduction(profile, workspace.server(profile.server()).exists()));
    let mut steps = Steps::new(page::steps(profile) + 1);
    page::ensure(&workspace, profile, &mut steps)?;
    steps.must(&format!("Building the server ({} the first time)", minutes(profile)), || {
        let mut build = workspace.cargo(["build", "--profile", profile.server()]);
        build.args(profile.select("backend", "tidings"));
        process::must(&mut build, "The messages above say why; the server's code is in backend/.")
    })?;
    say(&format!("Starting the {} server", name(profile)));
    start(server(&workspace, profile, arguments), &hint::key(arguments, |name| std::env::var(name).ok()))
}

/// Separates our option from the server's arguments.
fn read(arguments: &[String]) -> (Profile, &[String]) {
    let (profile, rest) = match arguments.split_first() {
        Some((first, rest)) if first == RELEASE => (Profile::Shipped, rest),
        _ => (Profile::Quick, arguments),
    };
    (profile, rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest))
}

/// Says what is built, and how long that takes. `is_built` is whether it was built before.
fn introduction(profile: Profile, is_built: bool) -> String {
    let time = match (profile, is_built) {
        (_, true) => "only what has changed is built again",
        (Profile::Quick, false) => "the first time about 5 min on 2 cores, later seconds",
        (Profile::Shipped, false) => "the first time about 8 min on 2 cores, later seconds",
    };
    let other = match profile {
        Profile::Quick => {
            ". It is built for a first try; `cargo xtask run --release` builds it as it is shipped"
        }
        Profile::Shipped => "",
    };
    format!("Building the {} app and server: {time}{other}.", name(profile))
}

fn name(profile: Profile) -> &'static str {
    match profile {
        Profile::Quick => "quick",
        Profile::Shipped => "shipped",
    }
}

fn minutes(profile: Profile) -> &'static str {
    match profile {
        Profile::Quick => "2 min",
        Profile::Shipped => "4 min",
    }
}

/// Returns the command that starts the server.
fn server(workspace: &Workspace, profile: Profile, arguments: &[String]) -> Command {
    let mut server = Command::new(workspace.server(profile.server()));
    server.args(arguments);
    origins::forget_those_of_trunk(&mut server, std::env::var(origins::VARIABLE).ok().as_deref());
    server
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

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn the_profile_is_quick_unless_the_shipped_one_is_asked_for() {
        let listen = ["--listen", "9000"];
        for (given, profile) in [
            (words(&listen), Profile::Quick),
            (words(&["--release", "--listen", "9000"]), Profile::Shipped),
            (words(&["--release", "--", "--listen", "9000"]), Profile::Shipped),
        ] {
            let (read_profile, arguments) = read(&given);
            assert_eq!((read_profile, arguments), (profile, words(&listen).as_slice()), "{given:?}");
        }
    }

    #[test]
    fn the_introduction_says_which_profile_is_built() {
        let quick = introduction(Profile::Quick, false);
        assert!(
            quick.contains("quick") && quick.contains("first time") && quick.contains("run --release"),
            "{quick}"
        );
        assert!(!introduction(Profile::Quick, true).contains("first time"));
        assert!(introduction(Profile::Shipped, false).contains("shipped"));
    }
}
