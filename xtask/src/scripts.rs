//! Makes the page's JavaScript small.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Rewrites each script in `folder`. Its name, made of what it was, still tells one version from another.
///
/// # Errors
/// [`Failure`] where a script cannot be read, or is not understood.
pub(crate) fn minify(folder: &Path, esbuild: &Path) -> Result<(), Failure> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    for script in files.filter(|path| path.extension().is_some_and(|kind| kind == "js")) {
        let mut command = Command::new(esbuild);
        command.arg(&script).arg(format!("--outfile={}", script.display())).args([
            "--allow-overwrite",
            "--minify",
            "--format=esm",
            "--log-level=warning",
        ]);
        process::must(&mut command, "The messages above say why.")?;
    }
    Ok(())
}
