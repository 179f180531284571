//! Runs two programs until one of them ends, and then ends the other.
//!
//! Ctrl-C reaches both, because a terminal signals every process of the foreground group.

use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;

use crate::failure::Failure;
use crate::process;

/// Runs `commands` together. Returns the index of the first that ended and whether it succeeded, after all have ended.
pub(crate) fn run(commands: [(&'static str, Command); 2]) -> Result<(usize, bool), Failure> {
    let (ended, ends) = mpsc::channel();
    let mut running: Vec<u32> = Vec::new();
    for (index, (name, mut command)) in commands.into_iter().enumerate() {
        match command.spawn() {
            Ok(child) => {
                running.push(child.id());
                wait(index, child, ended.clone());
            }
            Err(error) => {
                running.iter().for_each(|&id| end(id));
                return Err(Failure::new(
                    format!("{name} could not be started: {error}"),
                    "Run it by hand to see why.",
                ));
            }
        }
    }
    drop(ended);
    let mut first = None;
    // The channel closes after the last has ended.
    for (index, succeeded) in ends {
        if first.is_none() {
            first = Some((index, succeeded));
            running.iter().enumerate().filter(|(other, _)| *other != index).for_each(|(_, &id)| end(id));
        }
    }
    first.ok_or_else(|| Failure::new("nothing was started", "Try again."))
}

/// Waits for the end of `child` in a thread, and reports it.
fn wait(index: usize, mut child: Child, ended: mpsc::Sender<(usize, bool)>) {
    thread::spawn(move || {
        let succeeded = child.wait().is_ok_and(|status| status.success());
        // The receiver waits for all.
        let _ = ended.send((index, succeeded));
    });
}

/// Asks a process to end.
fn end(id: u32) {
    let id = id.to_string();
    let mut kill = if cfg!(windows) {
        let mut kill = Command::new("taskkill");
        kill.args(["/F", "/T", "/PID", &id]);
        kill
    } else {
        let mut kill = Command::new("kill");
        kill.arg(&id);
        kill
    };
    // If it has ended meanwhile, there is nothing to do.
    let _ = process::output(&mut kill);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn shell(script: &str, folder: &PathBuf) -> (&'static str, Command) {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(folder);
        ("sh", shell)
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-together-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Notes when it is ready, and that it was asked to end. Without being asked it ends after a while without a note.
    const WAITS: &str = "trap 'echo > asked; exit 0' TERM; echo > ready; sleep 20 & wait";

    #[test]
    fn if_one_ends_the_other_is_ended() {
        for (name, is_first) in [("first", true), ("second", false)] {
            let folder = folder(name);
            let ends = shell("until [ -e ready ]; do sleep 0.01; done; exit 3", &folder);
            let waits = shell(WAITS, &folder);
            let outcome = run(if is_first { [ends, waits] } else { [waits, ends] }).unwrap();
            assert_eq!(outcome, (usize::from(!is_first), false));
            assert!(folder.join("asked").exists(), "the other was not asked to end");
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }

    #[test]
    fn a_program_that_cannot_be_started_is_named() {
        let folder = folder("missing");
        let missing = ("missing", Command::new("/no/such/program"));
        let failure = run([shell("exec sleep 20", &folder), missing]).unwrap_err().to_string();
        assert!(failure.contains("missing"), "{failure}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
