//! `cargo xtask page`: checks the size of the app, which every user has to load.

use std::path::Path;

use crate::failure::Failure;
use crate::page;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::tools::AppTools;
use crate::workspace::Workspace;

/// Maximum bytes that a browser has to load for the app, compressed with brotli: 240 KiB.
const APP_BYTES_MAX: u64 = 245_760;

/// Builds the app and checks its size.
pub(crate) fn run() -> Result<std::process::ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(page::steps(Profile::Shipped) + 1);
    let tools = page::ensure(&workspace, Profile::Shipped, &mut steps)?;
    steps.must("Size of the app", || check(&workspace, &tools))?;
    Ok(std::process::ExitCode::SUCCESS)
}

/// Checks the size of the built app.
///
/// # Errors
/// [`Failure`] if the app is larger than the limit.
pub(crate) fn check(workspace: &Workspace, tools: &AppTools) -> Result<(), Failure> {
    let bytes = sent(&workspace.root.join(page::DIST));
    if tools.wasm_opt.is_none() || tools.esbuild.is_none() || bytes == 0 {
        say(
            "The size cannot be checked: without wasm-opt, esbuild and Node.js the app is larger or uncompressed.",
        );
        return Ok(());
    }
    say(&format!("{bytes} bytes of brotli, limit {APP_BYTES_MAX}"));
    if bytes > APP_BYTES_MAX {
        return Err(Failure::new(
            format!("the app has {bytes} bytes; the limit is {APP_BYTES_MAX}"),
            "docs/PERFORMANCE.md lists the size of its parts and what made it smaller.",
        ));
    }
    Ok(())
}

/// Returns the size of all compressed files in `folder`, in bytes.
fn sent(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let compressed = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "br"));
    compressed.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}
