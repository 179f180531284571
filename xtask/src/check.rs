//! `cargo xtask check`: formatting and lints, without running anything.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::tools::{self, WASM32};
use crate::workspace::Workspace;

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

/// Runs the checks and stops at the first that fails.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(4);
    steps.must("Toolchain", || {
        tools::ensure_components(&workspace).and_then(|()| tools::ensure_wasm32(&workspace))
    })?;
    steps.must("Formatting", || {
        process::must(&mut workspace.cargo(["fmt", "--all", "--check"]), "Run `cargo fmt --all`.")
    })?;
    steps.must("Lints, native (1 to 3 min the first time)", || {
        let mut clippy = workspace.cargo(["clippy", "--workspace", "--all-targets"]);
        process::must(clippy.args(DENY_WARNINGS), "The messages above name the lines.")
    })?;
    steps.must("Lints, WebAssembly (1 to 2 min the first time)", || {
        let mut clippy = workspace.cargo(["clippy", "--package", "frontend", "--package", "shared"]);
        clippy.args(["--target", WASM32]).args(DENY_WARNINGS);
        process::must(&mut clippy, "The messages above name the lines.")
    })?;
    Ok(ExitCode::SUCCESS)
}
