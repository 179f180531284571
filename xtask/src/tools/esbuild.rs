//! esbuild makes the page's JavaScript smaller: trunk's own minifier does not understand what wasm-bindgen writes today.
//! The page works without it.

use std::path::PathBuf;

use super::npm;
use crate::process;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;

/// The npm package and its version.
const PACKAGE: &str = "esbuild@0.28.2";
/// Older ones have not been tried.
const OLDEST: Version = Version(0, 28, 0);

/// The path of an esbuild that will do, if there is one or npm can bring it.
pub(crate) fn find_or_install(workspace: &Workspace) -> Option<PathBuf> {
    let suitable = || {
        let path = process::find("esbuild", &npm::folders(workspace))?;
        (Version::of(&path)? >= OLDEST).then_some(path)
    };
    let found = suitable().or_else(|| npm::install(workspace, PACKAGE).then(suitable).flatten());
    if found.is_none() {
        say("There is no esbuild, so the page will be larger; install Node.js with npm to change that.");
    }
    found
}
