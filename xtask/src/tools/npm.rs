//! Programs from npm. They are optional: a failure here does not end a task.

use std::path::PathBuf;
use std::process::Command;

use crate::process;
use crate::steps::say;
use crate::workspace::Workspace;

/// Returns the directories of its programs, beginning with those that were installed here.
pub(super) fn folders(workspace: &Workspace) -> Vec<PathBuf> {
    let mut folders = vec![workspace.tools.join("node_modules/.bin")];
    folders.extend(process::path_folders());
    folders
}

/// Installs a package and returns whether that succeeded.
pub(super) fn install(workspace: &Workspace, package: &str) -> bool {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if process::output(Command::new(npm).arg("--version")).is_none() {
        return false;
    }
    say(&format!("Installing {package} with npm (a few seconds)"));
    let mut command = Command::new(npm);
    command
        .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--prefix"])
        .arg(&workspace.tools)
        // The usual cache is in the user's home directory.
        .arg("--cache")
        .arg(workspace.tools.join("npm-cache"))
        .arg(package);
    // The directory must exist for npm.
    std::fs::create_dir_all(&workspace.tools).is_ok() && process::succeeds(&mut command).unwrap_or(false)
}
