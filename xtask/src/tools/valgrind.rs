//! valgrind, which counts instructions and allocations.

use std::path::PathBuf;
use std::process::Command;

use super::apt::Apt;
use crate::failure::Failure;
use crate::process;
use crate::steps::say;

const CURE: &str = "Install valgrind; Debian's package has the same name.";

/// Finds valgrind, or installs it with apt-get.
pub(crate) fn ensure() -> Result<PathBuf, Failure> {
    if let Some(valgrind) = find() {
        return Ok(valgrind);
    }
    let Some(apt) = Apt::usable() else {
        return Err(Failure::new("valgrind was not found, and apt-get is missing or needs a password", CURE));
    };
    apt.install(&["valgrind"], CURE)?;
    find().ok_or_else(|| Failure::new("valgrind was installed but does not start", CURE))
}

/// Returns a valgrind that starts.
fn find() -> Option<PathBuf> {
    let path = process::find("valgrind", &process::path_folders())?;
    let version = process::output(Command::new(&path).arg("--version"))?;
    say(&format!("found {}", version.trim()));
    Some(path)
}
