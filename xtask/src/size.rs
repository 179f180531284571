//! What the page weighs: every byte of it is paid by all its users.

use std::path::Path;

use crate::failure::Failure;
use crate::page;
use crate::steps::{Steps, say};
use crate::tools::PageTools;
use crate::workspace::Workspace;

/// Maximum bytes that a browser has to load for the page, compressed with brotli: 204 KiB.
const PAGE_BYTES_MAX: u64 = 208_896;

/// `cargo xtask page`: builds the page and weighs it.
pub(crate) fn run() -> Result<std::process::ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(PageTools::STEPS + 2);
    let tools = PageTools::ensure(&workspace, &mut steps)?;
    steps.must("Building the page (2 to 4 min the first time)", || page::build(&workspace, &tools))?;
    steps.must("Size of the page", || check(&workspace, &tools))?;
    Ok(std::process::ExitCode::SUCCESS)
}

/// Weighs the built page.
///
/// # Errors
/// [`Failure`] where it is heavier than it may be.
pub(crate) fn check(workspace: &Workspace, tools: &PageTools) -> Result<(), Failure> {
    let bytes = sent(&workspace.root.join(page::DIST));
    if tools.wasm_opt.is_none() || tools.esbuild.is_none() || bytes == 0 {
        say(
            "It cannot be told: without wasm-opt, esbuild and Node.js the page is larger, or not compressed.",
        );
        return Ok(());
    }
    say(&format!("{bytes} bytes of brotli, at most {PAGE_BYTES_MAX}"));
    if bytes > PAGE_BYTES_MAX {
        return Err(Failure::new(
            format!("the page has grown to {bytes} bytes, and {PAGE_BYTES_MAX} are allowed"),
            "docs/PERFORMANCE.md tells what its parts weigh and what made it smaller.",
        ));
    }
    Ok(())
}

/// The bytes of all compressed files in `folder`.
fn sent(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let compressed = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "br"));
    compressed.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}
