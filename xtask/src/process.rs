//! Starts and finds other programs.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Runs `command` with its output shown. If it does not succeed, returns a failure with `cure`.
pub(crate) fn must(command: &mut Command, cure: &str) -> Result<(), Failure> {
    if succeeds(command)? { Ok(()) } else { Err(Failure::new(format!("`{}` failed", shown(command)), cure)) }
}

/// Runs `command` with its output shown, and returns whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, Failure> {
    let status = command.status();
    status.map(|status| status.success()).map_err(|error| not_started(command, &error))
}

/// Runs tests with `command`, with their output shown, and returns whether they passed.
///
/// # Errors
/// A [`Failure`] with `cure` if no test ran: cargo succeeds if a filter selects none.
pub(crate) fn tests_pass(command: &mut Command, cure: &str) -> Result<bool, Failure> {
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| not_started(command, &error))?;
    let output = child.stdout.take().into_iter();
    let mut ran = false;
    for line in output.flat_map(|output| BufReader::new(output).split(b'\n')).map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        ran |= line.starts_with("test result:") && !line.contains(" 0 passed");
        println!("{line}");
    }
    let passed = child.wait().map_err(|error| not_started(command, &error))?.success();
    if passed && !ran {
        return Err(Failure::new("no test ran", cure));
    }
    Ok(passed)
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("`{}` could not be started: {error}", shown(command)),
        "Install it, or put it on PATH.",
    )
}

/// Returns the output of `command` on stdout, or `None` if it cannot be started or fails. For queries only.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the first program called `name` in `folders`.
pub(crate) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let in_folder = |folder: &PathBuf| {
        ENDINGS.iter().map(|ending| folder.join(format!("{name}{ending}"))).find(|path| is_program(path))
    };
    folders.iter().find_map(in_folder)
}

/// The endings of programs, best first. npm installs its programs on Windows as `.cmd`.
const ENDINGS: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };

/// Returns the directories of PATH.
pub(crate) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// Returns PATH with `first` before everything else, or PATH itself if it cannot contain the name of a directory.
pub(crate) fn path_with(first: Vec<PathBuf>) -> OsString {
    let all = first.into_iter().chain(path_folders());
    std::env::join_paths(all).unwrap_or_else(|_| std::env::var_os("PATH").unwrap_or_default())
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_each_ending_of_this_system() {
        let folder = std::env::temp_dir().join(format!("xtask-find-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let folders = [folder.join("missing"), folder.clone()];
        for ending in ENDINGS {
            let path = folder.join(format!("tool{ending}"));
            std::fs::write(&path, "").unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(find("tool", &folders), None, "it may not be executed");
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            }
            assert_eq!(find("tool", &folders), Some(path.clone()));
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn tests_pass_only_if_at_least_one_has_run() {
        let pass = |script: &str| {
            let mut shell = Command::new("sh");
            tests_pass(shell.args(["-c", script]), "Choose another name.")
        };
        assert!(pass("echo 'test result: ok. 10 passed; 0 failed'").unwrap());
        let two = "echo 'test result: ok. 0 passed; 0 failed'; echo 'test result: ok. 1 passed; 0 failed'";
        assert!(pass(two).unwrap(), "one program has a test");
        assert!(!pass("echo 'test result: FAILED. 0 passed; 1 failed'; exit 1").unwrap());
        let none = pass("echo 'test result: ok. 0 passed; 0 failed; 0 ignored; 9 filtered out'");
        let failure = none.unwrap_err().to_string();
        assert!(failure.contains("no test ran") && failure.contains("Choose another name."), "{failure}");
    }
}
