//! Finds or builds the server program that the stories run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the program that `TIDINGS_BIN` names, or else builds the one of this workspace, once.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os("TIDINGS_BIN").map_or_else(build, PathBuf::from))
}

/// Builds the program with the profile and the target directory of this test program.
fn build() -> PathBuf {
    let profile_folder = profile_folder();
    let target = profile_folder.parent().expect("the profile's folder is in the target folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "backend", "--target-dir"]).arg(target);
    if profile_folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo can be started");
    assert!(status.success(), "the server cannot be built: cargo build -p backend: {status}");
    profile_folder.join("tidings")
}

/// Returns the directory of this test program, without `deps`.
pub(super) fn profile_folder() -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let deps = this.parent().expect("a program is in a folder");
    deps.parent().expect("a test's program is in deps").to_owned()
}
