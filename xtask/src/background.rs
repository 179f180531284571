//! A command that runs beside others, with its output in a file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;

/// Lines of the output that a failure shows.
const LINES_SHOWN: usize = 40;

/// A running command. If this is dropped, the command is killed; compilers that it started finish.
pub(crate) struct Background {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts `command`, which failures call `name`. Its output goes to the file `log`.
    pub(crate) fn start(name: &'static str, mut command: Command, log: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(
                format!("{name} could not be started: {error}"),
                format!("Make {} writable.", log.display()),
            )
        };
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::create(log).map_err(failed)?;
        command.stdin(Stdio::null()).stdout(file.try_clone().map_err(failed)?).stderr(file);
        Ok(Self { name, child: command.spawn().map_err(failed)?, log: log.to_owned() })
    }

    /// Waits for its end. A failure prints the end of its output.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.child.wait().is_ok_and(|status| status.success()) {
            return Ok(());
        }
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(LINES_SHOWN)..] {
            eprintln!("{line}");
        }
        Err(Failure::new(format!("{} failed", self.name), format!("{} has its output.", self.log.display())))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(script: &str) -> (Result<(), Failure>, String) {
        let log =
            std::env::temp_dir().join(format!("xtask-background-{}-{}", script.len(), std::process::id()));
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        let outcome = Background::start("The shell", shell, &log).unwrap().finish();
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        (outcome, text)
    }

    #[test]
    fn a_failure_is_reported_and_names_the_output() {
        let (outcome, text) = run("echo out; echo err >&2; exit 3");
        assert_eq!(text, "out\nerr\n");
        let failure = outcome.unwrap_err().to_string();
        assert!(failure.contains("The shell failed") && failure.contains("xtask-background"), "{failure}");
        assert!(run("echo out").0.is_ok());
    }
}
