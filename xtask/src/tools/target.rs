//! Adds the WebAssembly target and the components for checks with rustup.

use std::path::Path;
use std::process::Command;

use super::consent;
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// The compilation target of the app.
pub(crate) const WASM32: &str = "wasm32-unknown-unknown";

/// Adds the target unless it is installed. `rust-toolchain.toml` lists it too, but rustup ignores that if automatic
/// installation is turned off.
pub(crate) fn ensure_wasm32(workspace: &Workspace) -> Result<(), Failure> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM32]).current_dir(&workspace.root);
    let installed = process::output(&mut rustc)
        .and_then(|folder| Path::new(folder.trim()).read_dir().ok())
        .is_some_and(|mut files| files.next().is_some());
    if installed {
        return Ok(());
    }
    const CURE: &str =
        "Install Rust from https://rustup.rs, or your distribution's standard library for wasm32";
    consent::ask(&format!("Rust's target {WASM32}"), "rustup", &format!("{CURE}."))?;
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", WASM32]).current_dir(&workspace.root);
    added(&mut rustup, CURE)
}

/// Adds rustfmt and clippy unless they are installed: a minimal toolchain does not have them.
pub(crate) fn ensure_components(workspace: &Workspace) -> Result<(), Failure> {
    const CURE: &str = "Install Rust from https://rustup.rs, or your distribution's package of the component";
    for (component, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if process::output(&mut workspace.cargo([command, "--version"])).is_none() {
            consent::ask(component, "rustup", &format!("{CURE}."))?;
            let mut rustup = Command::new("rustup");
            rustup.args(["component", "add", component]).current_dir(&workspace.root);
            added(&mut rustup, CURE)?;
        }
    }
    Ok(())
}

fn added(rustup: &mut Command, cure: &str) -> Result<(), Failure> {
    process::must(rustup, &format!("{cure}, then run the command again.")).map_err(|failure| {
        if process::find("rustup", &process::path_folders()).is_some() {
            failure
        } else {
            Failure::new("rustup is not on PATH", format!("{cure}, then run the command again."))
        }
    })
}
