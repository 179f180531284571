//! Finds the programs that a task needs, and installs or builds those that are missing.

mod apt;
pub(crate) mod bind;
pub(crate) mod browser;
mod consent;
mod esbuild;
pub(crate) mod nginx;
mod npm;
mod target;
pub(crate) mod trunk;
pub(crate) mod valgrind;
mod wasm_opt;

use std::path::PathBuf;

pub(crate) use target::{WASM32, ensure_components, ensure_wasm32};

use crate::workspace::Workspace;

/// The programs from npm that make the app smaller. The app works without them.
#[derive(Default)]
pub(crate) struct AppTools {
    /// Shrinks the WebAssembly.
    pub(crate) wasm_opt: Option<PathBuf>,
    /// Shrinks the JavaScript and the style sheets.
    pub(crate) esbuild: Option<PathBuf>,
}

impl AppTools {
    /// Finds or installs the programs for a shipped app. A quick one uses none.
    pub(crate) fn ensure(workspace: &Workspace) -> Self {
        Self { wasm_opt: wasm_opt::find_or_install(workspace), esbuild: esbuild::find_or_install(workspace) }
    }
}
