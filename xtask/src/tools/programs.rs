//! Programs from `cargo install`: trunk and wasm-bindgen.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{cargo, lock, process};

/// The version of trunk to install if there is none. Newer ones need a newer Rust than this workspace.
const TRUNK: Version = Version(0, 21, 14);

/// A program of one crate.
struct Program<'a> {
    name: &'a str,
    /// The crate and its version, as `cargo install` takes them.
    krate: String,
    /// Whether to use the lock file of the crate's author.
    locked: bool,
    /// How long the installation takes, for the waiting user.
    duration: &'a str,
    /// Returns whether an installed version is suitable.
    accepts: fn(Version, Version) -> bool,
    wanted: Version,
}

/// Finds or installs a trunk that understands this workspace's `Trunk.toml`.
pub(crate) fn trunk(workspace: &Workspace) -> Result<PathBuf, Failure> {
    Program {
        name: "trunk",
        krate: format!("trunk@{TRUNK}"),
        locked: true,
        duration: "3 to 5 min",
        accepts: |found, _| accepts_trunk(found),
        wanted: TRUNK,
    }
    .ensure(workspace)
}

/// Finds or installs the wasm-bindgen of exactly the version in `Cargo.lock`: its output format changes with every patch.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let wanted = lock::wasm_bindgen(workspace)?;
    Program {
        name: "wasm-bindgen",
        krate: format!("wasm-bindgen-cli@{wanted}"),
        // Its lock file can name versions that the registry has withdrawn.
        locked: false,
        duration: "2 to 3 min",
        accepts: |found, wanted| found == wanted,
        wanted,
    }
    .ensure(workspace)
}

/// Removes the build directory of the installations, which nothing needs afterwards.
pub(crate) fn forget_build(workspace: &Workspace) {
    // The directory usually does not exist; if it cannot be removed, it only takes disk space.
    let _ = std::fs::remove_dir_all(build_folder(workspace));
}

/// 0.22 reads the same `Trunk.toml` and takes the same options; 0.20 has no `--cargo-profile`.
fn accepts_trunk(found: Version) -> bool {
    found >= Version(0, 21, 0) && found < Version(0, 23, 0)
}

/// Returns the build directory. It is kept after an interruption, so that the installation continues.
fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.tools.join("build")
}

impl Program<'_> {
    fn ensure(&self, workspace: &Workspace) -> Result<PathBuf, Failure> {
        let folders = self.folders(workspace);
        if let Some((path, version)) = self.suitable(&folders) {
            say(&format!("found {version}"));
            return Ok(path);
        }
        say(&format!("Installing {} ({} the first time)", self.krate, self.duration));
        let mut install = cargo::install();
        install
            .arg(&self.krate)
            .env("CARGO_TARGET_DIR", build_folder(workspace))
            .current_dir(&workspace.root);
        if self.locked {
            install.arg("--locked");
        }
        if process::find(self.name, &folders).is_some() {
            // Another project may need the installed version, so install ours in a separate directory.
            install.arg("--root").arg(&workspace.tools);
        }
        let cure =
            format!("Check the network and a C compiler, or install {} {} by hand.", self.name, self.wanted);
        process::must(&mut install, &cure)?;
        self.suitable(&folders).map(|(path, _)| path).ok_or_else(|| {
            Failure::new(
                format!("{} was installed but does not start", self.krate),
                "Run it by hand to see why.",
            )
        })
    }

    fn folders(&self, workspace: &Workspace) -> Vec<PathBuf> {
        let mut folders = vec![workspace.tools.join("bin")];
        folders.extend(process::path_folders());
        folders.extend(cargo::bin_folder());
        folders
    }

    /// Returns the first program of this name with a suitable version.
    fn suitable(&self, folders: &[PathBuf]) -> Option<(PathBuf, Version)> {
        folders.iter().find_map(|folder| {
            let path = process::find(self.name, std::slice::from_ref(folder))?;
            let version = Version::of(&path)?;
            (self.accepts)(version, self.wanted).then_some((path, version))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_is_accepted_when_it_reads_the_same_settings() {
        assert!(accepts_trunk(TRUNK));
        assert!(accepts_trunk(Version(0, 22, 1)));
        assert!(!accepts_trunk(Version(0, 20, 3)));
        assert!(!accepts_trunk(Version(0, 23, 0)));
    }
}
