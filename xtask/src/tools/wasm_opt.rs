//! wasm-opt makes the app smaller. It comes from npm, because cargo would build it for minutes. The app works without it,
//! so a failure here does not end a task.

use std::path::PathBuf;

use super::npm;
use crate::process;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;

/// The npm package and its version.
const PACKAGE: &str = "binaryen@132.0.0";
/// Older versions refuse WebAssembly features that Rust uses by default.
const OLDEST: Version = Version(123, 0, 0);

/// Returns a suitable wasm-opt, if there is one or npm can install it.
pub(crate) fn find_or_install(workspace: &Workspace) -> Option<PathBuf> {
    let folders = npm::folders(workspace);
    if let Some((path, version)) = suitable(&folders) {
        say(&format!("found {}", version.0));
        return Some(path);
    }
    let found = npm::install(workspace, PACKAGE).then(|| suitable(&folders)).flatten();
    if found.is_none() {
        say(
            "wasm-opt was not found, so the app will be larger. Install Node.js with npm, or binaryen, to change that.",
        );
    }
    found.map(|(path, _)| path)
}

fn suitable(folders: &[PathBuf]) -> Option<(PathBuf, Version)> {
    folders.iter().find_map(|folder| {
        let path = process::find("wasm-opt", std::slice::from_ref(folder))?;
        let version = Version::of(&path)?;
        (version >= OLDEST).then_some((path, version))
    })
}
