//! Programs that `cargo install` brings: trunk and wasm-bindgen.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::steps::say;
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{cargo, lock, process};

/// The trunk that is installed when none is there. Newer ones want a newer Rust than this workspace does.
const TRUNK: Version = Version(0, 21, 14);

/// A program of one crate.
struct Program<'a> {
    name: &'a str,
    /// The crate and its version, as `cargo install` takes them.
    krate: String,
    /// Whether to build with the versions the crate's author locked.
    locked: bool,
    /// How long the installation takes, for the user who waits.
    duration: &'a str,
    /// Which versions found on the machine will do.
    accepts: fn(Version, Version) -> bool,
    wanted: Version,
}

/// A trunk that understands this workspace's `Trunk.toml`.
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

/// The wasm-bindgen of exactly the version in `Cargo.lock`: its output format changes with every patch.
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

/// Removes what installing left behind; nothing needs it once the programs are there.
pub(crate) fn forget_build(workspace: &Workspace) {
    // The folder is usually not there, and one that stays costs only disk space.
    let _ = std::fs::remove_dir_all(build_folder(workspace));
}

/// 0.22 reads the same `Trunk.toml` and takes the same options; 0.20 has no `--cargo-profile`.
fn accepts_trunk(found: Version) -> bool {
    found >= Version(0, 21, 0) && found < Version(0, 23, 0)
}

/// Inside the target folder, so that an installation that was interrupted goes on where it was.
fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.tools.join("build")
}

impl Program<'_> {
    fn ensure(&self, workspace: &Workspace) -> Result<PathBuf, Failure> {
        let folders = self.folders(workspace);
        if let Some((path, version)) = self.suitable(&folders) {
            say(&format!("{version} is here"));
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
            // Another project may need the version that is there; ours goes where only we look.
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

    /// The first program of the name, in any folder, whose version will do.
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
