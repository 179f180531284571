//! wasm-bindgen, compiled from the workspace: see `xtask/bind` and `xtask/wasm-bindgen`.
//!
//! As members of the workspace they have the version of the app's wasm-bindgen, which their output format needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::profile::Profile;
use crate::workspace::Workspace;

/// The file with the JavaScript side.
pub(crate) const SCRIPT: &str = "frontend.js";
/// The file with the WebAssembly module.
pub(crate) const MODULE: &str = "frontend_bg.wasm";

const PACKAGE: &str = "xtask-bind";
/// The package with the programs for trunk and for the WebAssembly tests.
const PROGRAMS: &str = "xtask-wasm-bindgen";

const CURE: &str = "Check the network, and that a C compiler is installed.";

/// Compiles wasm-bindgen.
pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<(), Failure> {
    let mut build = workspace.cargo(["build", "--profile", profile.bind()]);
    process::must(build.args(profile.select(PACKAGE, PACKAGE)), CURE)
}

/// Writes [`SCRIPT`] and [`MODULE`] for the WebAssembly file `input` to `folder`.
pub(crate) fn run(
    workspace: &Workspace,
    profile: Profile,
    input: &Path,
    folder: &Path,
) -> Result<(), Failure> {
    let program = format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX);
    let mut bind = Command::new(workspace.programs(profile.bind()).join(program));
    process::must(bind.arg(input).arg(folder), "The messages above say why.")
}

/// Compiles the programs `wasm-bindgen` and `wasm-bindgen-test-runner`, and returns their directory.
pub(crate) fn programs(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let profile = Profile::Shipped.bind();
    let mut build = workspace.cargo(["build", "--package", PROGRAMS, "--profile", profile]);
    process::must(&mut build, CURE)?;
    Ok(workspace.programs(profile))
}
