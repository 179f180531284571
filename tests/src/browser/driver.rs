//! The programs that control browsers.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

/// Kills the program and all that it started when this process ends for any reason: the pipe to `cat` then closes. A
/// static is not dropped, so they would stay. They are one process group: `kill 0`.
const WATCHED: &str = r#"exec 3<&0; "$0" "$@" 3<&- & cat <&3 >/dev/null; kill 0"#;

/// The same for a program with a folder, the variable `FOLDER`, which is removed after the program has ended.
const WATCHED_WITH_FOLDER: &str = r#"exec 3<&0; "$0" "$@" 3<&- & cat <&3 >/dev/null
kill $!; wait $!; rm -rf "$FOLDER"; kill 0"#;

/// A program that runs beside the stories. It ends, with all that it started, when this is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    name: String,
    child: Mutex<Child>,
}

impl Helper {
    /// Starts a program.
    pub(super) fn start(
        program: &OsStr,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &str)],
    ) -> Self {
        Self::run(WATCHED, Command::new("sh"), program, arguments, variables)
    }

    /// Starts a program that keeps its data in `folder`, which is removed after it has ended.
    pub(super) fn start_with_folder(
        program: &OsStr,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &str)],
        folder: &Path,
    ) -> Self {
        let mut shell = Command::new("sh");
        shell.env("FOLDER", folder);
        Self::run(WATCHED_WITH_FOLDER, shell, program, arguments, variables)
    }

    fn run(
        script: &str,
        mut shell: Command,
        program: &OsStr,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &str)],
    ) -> Self {
        shell.args(["-c", script]).arg(program).args(arguments).envs(variables.iter().copied());
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = Mutex::new(shell.spawn().expect("a shell"));
        Self { name: program.display().to_string(), child }
    }

    /// Waits for the first line that `look` accepts. The rest of the output is read and dropped, so that the pipe never
    /// fills up.
    pub(super) fn first_line<T>(&mut self, look: impl Fn(&str) -> Option<T>) -> T {
        let output = self.child.get_mut().expect("its own child").stdout.take();
        let mut lines = BufReader::new(output.expect("its output is a pipe")).lines().map_while(Result::ok);
        let found = lines.find_map(|line| look(&line));
        thread::spawn(move || lines.for_each(drop));
        found.unwrap_or_else(|| panic!("{} does not start; is it installed?", self.name))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            // Closing the pipe ends the group; see `WATCHED`.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

/// A program that controls browsers by WebDriver.
#[derive(Debug)]
pub(super) struct Driver {
    url: String,
    _helper: Helper,
}

impl Driver {
    /// Wraps a program that listens on a port of this machine.
    pub(super) fn at(port: u16, helper: Helper) -> Self {
        Self { url: format!("http://127.0.0.1:{port}"), _helper: helper }
    }

    /// Starts a driver that prints `ready` and its port when it is ready. `variable` can name another program.
    pub(super) fn that_prints_its_port(variable: &str, name: &str, arguments: &[&str], ready: &str) -> Self {
        let mut helper = Helper::start(&program(variable, name), arguments, &[]);
        let port = helper.first_line(|line| {
            let (_, port) = line.split_once(ready)?;
            port.trim_end_matches('.').trim().parse::<u16>().ok()
        });
        Self::at(port, helper)
    }

    /// Returns its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// Returns the program that a variable names, or else the one of this name on PATH.
pub(super) fn program(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).filter(|value| !value.is_empty()).unwrap_or_else(|| name.into())
}
