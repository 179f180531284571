//! Programs that come from npm. Where it is missing, so are they; nothing here ends a task.

use std::path::PathBuf;
use std::process::Command;

use crate::process;
use crate::steps::say;
use crate::workspace::Workspace;

/// Where its programs are looked for: those that were installed here first.
pub(super) fn folders(workspace: &Workspace) -> Vec<PathBuf> {
    let mut folders = vec![workspace.tools.join("node_modules/.bin")];
    folders.extend(process::path_folders());
    folders
}

/// Installs a package, and says whether it did.
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
        .arg(package);
    // npm wants the folder to be there.
    std::fs::create_dir_all(&workspace.tools).is_ok() && process::succeeds(&mut command).unwrap_or(false)
}
