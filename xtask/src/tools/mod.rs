//! Finds the programs that a task needs, and installs those that are missing.

mod apt;
pub(crate) mod browser;
mod esbuild;
pub(crate) mod nginx;
mod npm;
mod programs;
mod target;
pub(crate) mod valgrind;
mod wasm_opt;

use std::path::{Path, PathBuf};

pub(crate) use target::{ensure_components, ensure_wasm32};

use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The tools that build the page.
pub(crate) struct PageTools {
    /// The bundler.
    pub(crate) trunk: PathBuf,
    /// Generates the JavaScript side of the WebAssembly. Its test runner is beside it.
    pub(crate) wasm_bindgen: PathBuf,
    /// Shrinks the WebAssembly. The page works without it.
    pub(crate) wasm_opt: Option<PathBuf>,
    /// Shrinks the JavaScript. The page works without it.
    pub(crate) esbuild: Option<PathBuf>,
}

impl PageTools {
    /// Number of steps of [`PageTools::ensure`].
    pub(crate) const STEPS: usize = 5;

    /// Finds or installs every tool, one step each.
    pub(crate) fn ensure(workspace: &Workspace, steps: &mut Steps) -> Result<Self, Failure> {
        steps.must("Target wasm32-unknown-unknown", || ensure_wasm32(workspace))?;
        let trunk = steps.must("trunk", || programs::trunk(workspace))?;
        let wasm_bindgen = steps.must("wasm-bindgen", || programs::wasm_bindgen(workspace))?;
        let wasm_opt = steps.must("wasm-opt", || Ok(wasm_opt::find_or_install(workspace)))?;
        let esbuild = steps.must("esbuild", || Ok(esbuild::find_or_install(workspace)))?;
        programs::forget_build(workspace);
        Ok(Self { trunk, wasm_bindgen, wasm_opt, esbuild })
    }

    /// Returns PATH with these tools first: trunk looks for the others there, and downloads missing ones.
    pub(crate) fn path(&self) -> std::ffi::OsString {
        let tools = [Some(&self.wasm_bindgen), self.wasm_opt.as_ref()];
        process::path_with(
            tools.into_iter().flatten().filter_map(|tool| tool.parent()).map(Path::to_path_buf).collect(),
        )
    }
}
