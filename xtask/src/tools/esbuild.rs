//! esbuild makes the app's scripts and style sheets smaller. The app works without it.

use std::path::PathBuf;

use super::npm;
use crate::process;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;

/// The npm package and its version.
const PACKAGE: &str = "esbuild@0.28.2";
/// Older versions have not been tried.
const OLDEST: Version = Version(0, 28, 0);

/// Returns a suitable esbuild, if there is one or npm can install it.
pub(crate) fn find_or_install(workspace: &Workspace) -> Option<PathBuf> {
    let suitable = || {
        let path = process::find("esbuild", &npm::folders(workspace))?;
        (Version::of(&path)? >= OLDEST).then_some(path)
    };
    let found = suitable().or_else(|| npm::install(workspace, PACKAGE).then(suitable).flatten());
    if found.is_none() {
        say("esbuild was not found, so the app will be larger. Install Node.js with npm to change that.");
    }
    found
}
