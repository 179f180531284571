//! Makes the shipped app smaller: wasm-opt for the module, esbuild for scripts and style sheets.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::compile::read;
use crate::failure::Failure;
use crate::process;

/// A text that esbuild makes smaller.
#[derive(Clone, Copy)]
pub(super) enum Text {
    /// The JavaScript side of the app.
    Module,
    /// A script for old browsers, which say in it that they are too old.
    Script,
    /// A style sheet.
    Styles,
}

/// Runs esbuild on `content`.
pub(super) fn text(esbuild: &Path, kind: Text, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut command = Command::new(esbuild);
    command.args(["--minify", "--log-level=warning"]).args(match kind {
        Text::Module => ["--loader=js", "--format=esm"],
        Text::Script => ["--loader=js", "--target=es5"],
        Text::Styles => ["--loader=css", "--charset=utf8"],
    });
    let failed = |error| {
        Failure::new(format!("esbuild failed: {error}"), "Remove target/xtask/node_modules, then try again.")
    };
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| failed(error.to_string()))?;
    // esbuild reads everything before it writes, so neither waits for the other.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(content));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    written.map(|()| output.stdout).map_err(|error| failed(error.to_string()))
}

/// Runs wasm-opt on the file `module` and returns the smaller module. `level` is its optimisation, such as `s`.
pub(super) fn module(wasm_opt: &Path, level: &str, module: &Path) -> Result<Vec<u8>, Failure> {
    let smaller = module.with_extension("opt.wasm");
    let mut command = Command::new(wasm_opt);
    command.arg(format!("-O{level}")).arg(module).arg("-o").arg(&smaller);
    process::must(&mut command, "Remove target/xtask/node_modules, then try again.")?;
    read(&smaller)
}
