//! Starts and finds other programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Runs `command` with its output shown. If it does not succeed, returns a failure with `cure`.
pub(crate) fn must(command: &mut Command, cure: &str) -> Result<(), Failure> {
    if succeeds(command)? { Ok(()) } else { Err(Failure::new(format!("`{}` failed", shown(command)), cure)) }
}

/// Runs `command` with its output shown, and returns whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, Failure> {
    match command.status() {
        Ok(status) => Ok(status.success()),
        Err(error) => Err(Failure::new(
            format!("`{}` could not be started: {error}", shown(command)),
            "Install it, or put it on PATH.",
        )),
    }
}

/// Returns the output of `command` on stdout, or `None` if it cannot be started or fails. For queries only.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the first program called `name` in `folders`.
pub(crate) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    folders.iter().map(|folder| folder.join(&file)).find(|path| is_program(path))
}

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
