//! The directories of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::profile::{DEV, Profile, RELEASE};
use crate::steps::Steps;
use crate::{cargo, process};

/// The directories that the tasks use.
pub(crate) struct Workspace {
    /// The directory of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the user's settings put it.
    pub(crate) target: PathBuf,
    /// Programs and stamps of this crate. It is inside the target directory, so `cargo clean` removes it.
    pub(crate) tools: PathBuf,
}

impl Workspace {
    /// Finds the workspace by asking cargo.
    pub(crate) fn find() -> Result<Self, Failure> {
        // Cargo sets the variable at run time; the constant serves a program started without cargo.
        let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = here.parent().unwrap_or(Path::new(".")).to_path_buf();

        let mut metadata = Command::new(cargo::program());
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root);
        let target = process::output(&mut metadata).and_then(|json| json_string(&json, "target_directory"));
        let target = target.map(PathBuf::from).ok_or_else(|| {
            Failure::new("`cargo metadata` failed", "Run it by hand in the project's directory to see why.")
        })?;
        Ok(Self { tools: target.join("xtask"), root, target })
    }

    /// Returns the directory of the programs of a Cargo profile.
    pub(crate) fn programs(&self, profile: &str) -> PathBuf {
        // The directory of this profile has another name, for historical reasons.
        self.target.join(if profile == DEV { "debug" } else { profile })
    }

    /// Returns the server's program of a Cargo profile.
    pub(crate) fn server(&self, profile: &str) -> PathBuf {
        self.programs(profile).join(format!("tidings{}", std::env::consts::EXE_SUFFIX))
    }

    /// Builds the server of a Cargo profile, as a step of a task.
    pub(crate) fn build_server(&self, profile: &str, steps: &mut Steps) -> Result<(), Failure> {
        // A quick server is selected with the other quick programs: see `Profile::select`.
        let (selection, minutes) = match profile {
            DEV => (Profile::Shipped, "2 min"),
            RELEASE => (Profile::Shipped, "4 min"),
            _ => (Profile::Quick, "1 min"),
        };
        steps.must(&format!("Building the server ({minutes} the first time)"), || {
            let mut build = self.cargo(["build", "--profile", profile]);
            build.args(selection.select("backend", "tidings"));
            process::must(&mut build, "The messages above say why; the server's code is in backend/.")
        })
    }

    /// Returns the directories in which to look for a program: first that of the programs that were installed here.
    pub(crate) fn program_folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.tools.join("bin")];
        folders.extend(process::path_folders());
        folders.extend(cargo::bin_folder());
        folders
    }

    /// Returns a cargo command that runs in the project's directory.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(cargo::program());
        command.current_dir(&self.root).args(arguments);
        command
    }
}

/// Returns the string under `key` in machine-written JSON. It is enough for one path, and saves compiling a JSON parser.
fn json_string(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{key}\":\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_metadata() {
        let json = r#"{"packages":[],"target_directory":"/tmp/a b/target","version":1}"#;
        assert_eq!(json_string(json, "target_directory").as_deref(), Some("/tmp/a b/target"));
        let windows = r#"{"target_directory":"C:\\x\\target"}"#;
        assert_eq!(json_string(windows, "target_directory").as_deref(), Some("C:\\x\\target"));
        assert_eq!(json_string(json, "workspace_root"), None);
    }
}
