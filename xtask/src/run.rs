//! `cargo xtask run`: builds and starts the server, also from a fresh clone.

use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::workspace::Workspace;
use crate::{hint, origins, page};

/// The option that selects the shipped build.
const RELEASE: &str = "--release";

/// Installs, builds, and replaces this program with the server. `arguments` are [`RELEASE`] and the server's.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let (profile, arguments) = read(arguments);
    let workspace = Workspace::find()?;
    println!("{}", introduction(profile, workspace.server(profile.server()).exists()));
    let mut steps = Steps::new(page::steps(profile) + 1);
    page::ensure(&workspace, profile, &mut steps)?;
    workspace.build_server(profile.server(), &mut steps)?;
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
        (Profile::Quick, false) => "the first time about 3 min on 2 cores, later seconds",
        (Profile::Shipped, false) => "the first time about 8 min on 2 cores, later seconds",
    };
    let other = match profile {
        Profile::Quick => {
            ". It is for a first try; `cargo xtask run --release` builds both as they are shipped"
        }
        Profile::Shipped => "",
    };
    // A quick build keeps a shipped app that is up to date; the step says so.
    format!("This is a {} build of the app and the server: {time}{other}.", name(profile))
}

fn name(profile: Profile) -> &'static str {
    match profile {
        Profile::Quick => "quick",
        Profile::Shipped => "shipped",
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
    use std::process::Stdio;

    let relay = std::env::current_exe().and_then(|this| {
        // In a separate process group, so that Ctrl-C ends the server only; the end of its output ends the relay.
        Command::new(this).args([hint::TASK, key]).stdin(Stdio::piped()).process_group(0).spawn()
    });
    if let Some(pipe) = relay.ok().and_then(|mut relay| relay.stdin.take()) {
        server.stdout(pipe);
    }
    Err(failed(&server.exec()))
}

/// Starts the server and waits for its end. Ctrl-C ends this program at once, while the server still closes its connections. So its
/// output goes through a separate process here too.
#[cfg(windows)]
fn start(mut server: Command, key: &str) -> Result<ExitCode, Failure> {
    use std::os::windows::io::OwnedHandle;
    use std::os::windows::process::CommandExt;

    /// The console sends no Ctrl-C to a process of a new group.
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

    // Not `Stdio::piped()`: if such a pipe is passed on, a thread of this program copies its bytes.
    let relay = std::io::pipe().and_then(|(output, input)| {
        let mut relay = Command::new(std::env::current_exe()?);
        relay.args([hint::TASK, key]).stdin(OwnedHandle::from(output));
        Ok((relay.creation_flags(CREATE_NEW_PROCESS_GROUP).spawn()?, OwnedHandle::from(input)))
    });
    let relay = relay.ok().map(|(relay, input)| {
        server.stdout(input);
        relay
    });
    let status = server.status().map_err(|error| failed(&error))?;
    // The command has a handle of the pipe. The relay ends when nobody can write to it any more.
    drop(server);
    if let Some(mut relay) = relay {
        let _ = relay.wait();
    }
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
