//! Minifies the page's JavaScript.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Minifies each script in `folder`. The hash in its name is of the original, which still distinguishes versions.
///
/// # Errors
/// [`Failure`] if a script cannot be read or parsed.
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
