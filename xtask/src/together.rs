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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> (&'static str, Command) {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        ("sh", shell)
    }

    #[test]
    fn if_one_ends_the_other_is_ended() {
        // Without being ended, `cat` would wait for its input for ever.
        let waits = || shell("exec sleep 1000000");
        assert_eq!(run([shell("exit 3"), waits()]).unwrap(), (0, false));
        assert_eq!(run([waits(), shell("exit 0")]).unwrap(), (1, true));
    }

    #[test]
    fn if_one_cannot_be_started_the_other_is_ended() {
        let missing = ("missing", Command::new("/no/such/program"));
        let failure = run([shell("exec sleep 1000000"), missing]).unwrap_err().to_string();
        assert!(failure.contains("missing"), "{failure}");
    }
}
