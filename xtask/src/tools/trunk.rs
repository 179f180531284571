//! trunk, which builds and serves the app in development.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{cargo, process};

/// The version of trunk to install if there is none. Newer ones need a newer Rust than this workspace.
const TRUNK: Version = Version(0, 21, 14);

/// Finds a trunk that understands this workspace's `Trunk.toml`, or installs it into the target directory.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf, Failure> {
    if let Some(trunk) = find(workspace) {
        return Ok(trunk);
    }
    say(&format!("Installing trunk {TRUNK} into target/xtask (5 to 8 min on 2 cores, once)"));
    let build = workspace.tools.join("build");
    let mut install = cargo::install();
    install
        .arg(format!("trunk@{TRUNK}"))
        .args(["--locked", "--root"])
        .arg(&workspace.tools)
        .env("CARGO_TARGET_DIR", &build)
        .current_dir(&workspace.root);
    process::must(&mut install, "Check the network and a C compiler, or install trunk by hand.")?;
    // It is kept after an interruption, so that the installation continues. If it cannot be removed, it only takes disk space.
    let _ = std::fs::remove_dir_all(build);
    find(workspace)
        .ok_or_else(|| Failure::new("trunk was installed but does not start", "Run it by hand to see why."))
}

/// Returns the first trunk with a suitable version.
pub(crate) fn find(workspace: &Workspace) -> Option<PathBuf> {
    workspace.program_folders().into_iter().find_map(|folder| {
        let path = process::find("trunk", &[folder])?;
        let version = Version::of(&path)?;
        if accepts(version) {
            say(&format!("found {version}"));
        }
        accepts(version).then_some(path)
    })
}

/// 0.22 reads the same `Trunk.toml` and takes the same options; 0.20 has no `--cargo-profile`.
fn accepts(found: Version) -> bool {
    found >= Version(0, 21, 0) && found < Version(0, 23, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_is_accepted_when_it_reads_the_same_settings() {
        assert!(accepts(TRUNK));
        assert!(accepts(Version(0, 22, 1)));
        assert!(!accepts(Version(0, 20, 3)));
        assert!(!accepts(Version(0, 23, 0)));
    }
}
